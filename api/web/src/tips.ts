import type { Feature, Point } from 'geojson';
import type { Coverage, FacilityProperties, Service, Table } from './api';
import { capital, decimal, messages, people, phrase, weekHours, wholeMinutes, type Lang } from './i18n';
import { classColumn, columnsOf, labelOf, rowName, valueText } from './tables';

// What the map says of a cell or a facility. Built from text nodes, never from
// markup: names come from files.

function line(parent: HTMLElement, tag: string, content: string, className = ''): HTMLElement {
  const e = parent.appendChild(document.createElement(tag));
  e.textContent = content;
  if (className) e.className = className;
  return e;
}

interface CellQuestion {
  answer: Coverage;
  index: number;
  service: Service;
  lang: Lang;
  people: Map<string, number>;
  facilities: Feature<Point, { name: string }>[];
  /** A click shows the way there. */
  route: boolean;
}

export function cellTip({ answer, index, service, lang, people: peopleOf, facilities, route }: CellQuestion): HTMLElement {
  const m = messages[lang];
  const { id, demand, seconds, facility, state, commune } = answer.cells;
  const box = document.createElement('div');
  const s = seconds[index];
  line(box, 'strong', s != null ? m.minutesLong(wholeMinutes(s)) : state[index] === 'off_network' ? m.offNetwork : m.unreachable);
  const to = facilities.find((f) => String(f.id) === facility[index]);
  if (to) line(box, 'p', m.cellTo(to.properties.name));
  // Shares of age bands make fractions of people: one decimal tells 0.4 from none.
  const few = (n: number) => (n < 10 ? decimal(n, lang) : people(n, lang));
  const all = peopleOf.get(id[index]!) ?? 0;
  const who = phrase(service, lang).public;
  const concerned = demand[index] ?? 0;
  line(box, 'p', m.cellPeople(few(all)), 'quiet');
  if (concerned !== all) line(box, 'p', m.cellConcerned(few(concerned), capital(who)), 'quiet');
  const place = answer.communes.find((c) => c.code === commune[index]);
  if (place) line(box, 'p', place.name.fr, 'quiet');
  if (to && route) line(box, 'p', m.cellRoute, 'quiet');
  return box;
}

/** shut: closed on trial. */
export function facilityTip(f: FacilityProperties, shut: boolean, lang: Lang): HTMLElement {
  const box = document.createElement('div');
  line(box, 'strong', f.name);
  box.append(...facilityFacts(f, shut, lang));
  return box;
}

/** What is known of a facility beside its name. */
export function facilityFacts(f: FacilityProperties, shut: boolean, lang: Lang): Element[] {
  const m = messages[lang];
  const box = document.createElement('div');
  line(box, 'p', shut ? m.shutState : f.itinerant ? m.itinerant : (m.status[f.status] ?? f.status), 'status ' + (f.itinerant ? 'itinerant' : f.status));
  if (f.capacity != null) line(box, 'p', m.capacity(people(f.capacity, lang)));
  if (f.accessible && m.accessible[f.accessible]) line(box, 'p', m.accessible[f.accessible]!);
  if (f.hours) {
    const list = box.appendChild(document.createElement('dl'));
    for (const { day, spans } of weekHours(f.hours, lang)) {
      line(list, 'dt', day);
      line(list, 'dd', spans);
    }
  }
  if (f.note) line(box, 'p', f.note, 'quiet');
  if (f.source) line(box, 'p', f.source, 'quiet');
  return [...box.children];
}

const mostFacts = 10; // more would hide the map

/** The i-th row of a layer. names: what stands for an id. */
export function rowTip(table: Table, i: number, lang: Lang, names: Map<string, string>): HTMLElement {
  const box = document.createElement('div');
  line(box, 'strong', rowName(table, i, names));
  const coloured = classColumn(table);
  if (coloured >= 0) line(box, 'p', valueText(table, coloured, i, lang, names));
  const list = box.appendChild(document.createElement('dl'));
  for (const k of columnsOf(table).filter((k) => k !== coloured && table.columns[k]![i] !== null).slice(0, mostFacts)) {
    line(list, 'dt', labelOf(table.fields[k]!, lang));
    line(list, 'dd', valueText(table, k, i, lang, names));
  }
  return box;
}
