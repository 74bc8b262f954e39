import type { Question, Text } from './api';
import { days } from './modes';

// A week of tours on the page: what is asked, and what is moved and locked by hand.

/** A stay of a vehicle at a stop, as the API has it. */
export interface Visit { vehicle: string; week: number; day: string; stop: string; from: string; to: string }
export interface Vehicle { id: string; name: string; shifts: string }
/** A candidate that is elsewhere. */
export interface MovedStop { id: string; name: string; lon: number; lat: number }

/** What is asked beside the page's own question. */
export interface WeekQuestion {
  weeks: number;
  every_commune: boolean;
  effort: number;
  vehicles: Vehicle[];
  stops: MovedStop[];
  lock: Visit[];
}

interface Row { code: string; name: Text; demand: number; gain_person_hours: number[] }
export interface Leg { from: string; to: string; line: [number, number][] | null }
export interface Tour { vehicle: string; week: number; day: string; legs: Leg[] }
export interface StopRow {
  id: string; name: string; commune: string; at: [number, number];
  reach: number; visits: number; minutes: number; loss_person_hours: number; dropped?: Text; best_person_hours: number;
}
/** tours.Result. */
export interface Week {
  params: { within: string; weeks: number; step: number; lock?: Visit[]; vehicles: Vehicle[] };
  status: 'proven' | 'gap';
  worth_person_hours: number; bound_person_hours: number; gap: number;
  start?: { worth_person_hours: number; gain_person_hours: number };
  vehicles: Vehicle[];
  visits: Visit[];
  tours: Tour[];
  stops: StopRow[];
  missing: { what: Text; id: string }[];
  cost: { km: number; crew_hours: number; open_hours: number; euros: number; co2_kg: number; gain_per_crew_hour: number };
  people: { territory: Row; communes: Row[]; sites: { id: string; name: string; location: [number, number]; stop: boolean }[] };
  provenance: { notes?: Text[] };
}
/** What the search has until now: tours.Found. */
export interface WeekFound { worth_person_hours: number; bound_person_hours: number; gap: number }

export const efforts = [3, 40, 200];
const mostVehicles = 6;

export const usualWeek: WeekQuestion = {
  weeks: 1, every_commune: true, effort: 40, vehicles: [{ id: 'minibus', name: 'Minibus', shifts: 'Mo-Fr 08:30-17:00' }], stops: [], lock: [],
};
/** The break of a shift that spans noon. */
const lunch = '45m 11:30-14:00';

/** Reads what a link says; null where it is no such question. What words mean is for the server. */
export function readWeek(text: string): WeekQuestion | null {
  let q: Partial<WeekQuestion> | null;
  try {
    q = JSON.parse(text) as Partial<WeekQuestion> | null;
  } catch {
    return null;
  }
  if (q === null || typeof q !== 'object') return null;
  const { weeks = 1, every_commune = true, effort = usualWeek.effort, vehicles = usualWeek.vehicles, stops = [], lock = [] } = q;
  const texts = (x: unknown, ...names: string[]): boolean => typeof x === 'object' && x !== null && names.every((n) => typeof (x as Record<string, unknown>)[n] === 'string');
  const good = (weeks === 1 || weeks === 2) && typeof every_commune === 'boolean' && Number.isInteger(effort) && effort >= 1
    && [vehicles, stops, lock].every(Array.isArray) && vehicles.length >= 1 && vehicles.length <= mostVehicles
    && vehicles.every((v) => texts(v, 'id', 'name', 'shifts')) && stops.every((s) => texts(s, 'id', 'name') && Number.isFinite(s.lon) && Number.isFinite(s.lat))
    && lock.every((v) => texts(v, 'vehicle', 'day', 'stop', 'from', 'to') && Number.isInteger(v.week));
  return good ? { weeks, every_commune, effort, vehicles, stops, lock } : null;
}

/** A question as the parameters of the analysis. start: a plan to begin with. */
export function weekParams(q: Question, minutes: number, w: WeekQuestion, start: Visit[] = []): Record<string, unknown> {
  return {
    service: q.service, mode: q.mode, statuses: q.statuses, within: `${minutes}m`,
    weeks: w.weeks, every_commune: w.every_commune, effort: w.effort, candidates: ['town_halls'],
    vehicles: w.vehicles.map((v) => ({ ...v, break: lunch })),
    ...(w.stops.length ? { stops: w.stops } : {}), ...(w.lock.length ? { lock: w.lock } : {}), ...(start.length ? { start } : {}),
  };
}

/** One more vehicle, with a name of its own. */
export function anotherVehicle(vehicles: Vehicle[]): Vehicle[] {
  if (vehicles.length >= mostVehicles) return vehicles;
  let n = vehicles.length + 1;
  while (vehicles.some((v) => v.id === `minibus-${n}`)) n++;
  return [...vehicles, { ...vehicles.at(-1)!, id: `minibus-${n}`, name: `Minibus ${n}` }];
}

/** A visit on the calendar. key: it is the same block wherever it is moved. */
export interface Block { key: number; visit: Visit; locked: boolean; moved: boolean }

const same = (a: Visit, b: Visit): boolean => a.vehicle === b.vehicle && a.week === b.week && a.day === b.day && a.stop === b.stop && a.from === b.from && a.to === b.to;

export const blocksOf = (w: Week): Block[] =>
  w.visits.map((visit, key) => ({ key, visit, locked: (w.params.lock ?? []).some((l) => same(l, visit)), moved: false }));

/** Minutes since midnight of 09:30. */
export function minutesOf(clock: string): number {
  const [h, m] = clock.split(':').map(Number);
  return h! * 60 + m!;
}
export const clockOf = (minutes: number): string => [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, '0')).join(':');

/** What the calendar shows: days by their position in a week, and whole hours. */
export interface Frame { days: number[]; from: number; to: number }

/** Weekdays, and those of the weekend that a shift or a visit is on; the hours of all shifts and visits. */
export function frameOf(shifts: string[], visits: Visit[]): Frame {
  const all = shifts.join(' '), on = (day: string): boolean => all.includes(day) || visits.some((v) => v.day === day);
  const last = on('Su') ? 7 : on('Sa') ? 6 : 5;
  const clocks = [...all.matchAll(/\d\d:\d\d/g)].map((x) => x[0]).concat(visits.flatMap((v) => [v.from, v.to])).map(minutesOf);
  const from = Math.floor(Math.min(24 * 60, ...clocks) / 60), to = Math.min(24, Math.ceil(Math.max(0, ...clocks) / 60));
  return { days: Array.from({ length: last }, (_, k) => k), ...(to > from ? { from, to } : { from: 8, to: 18 }) };
}

/** A visit so many days and minutes later, on the step, as long as it was, and not beyond the calendar. */
export function shifted(v: Visit, byDays: number, byMinutes: number, step: number, frame: Frame): Visit {
  const long = minutesOf(v.to) - minutesOf(v.from);
  const clamp = (n: number, least: number, most: number): number => Math.min(Math.max(n, least), most);
  const day = clamp(days.indexOf(v.day as (typeof days)[number]) + byDays, 0, frame.days.length - 1);
  const from = clamp(minutesOf(v.from) + Math.round(byMinutes / step) * step, frame.from * 60, frame.to * 60 - long);
  return { ...v, day: days[day]!, from: clockOf(from), to: clockOf(from + long) };
}

const shiftOf = (v: Visit): string => `${v.vehicle} ${v.week} ${v.day}`;

/**
 * The visits that the search may begin with: those that can still be kept. On a day
 * that something was moved to only what is locked is known to fit, and nothing is known
 * of a stop that was moved itself.
 */
export function beginning(blocks: Block[], q: WeekQuestion, elsewhere: string[]): Visit[] {
  const touched = new Set(blocks.filter((b) => b.moved).map((b) => shiftOf(b.visit)));
  return blocks.filter((b) => b.locked || (!touched.has(shiftOf(b.visit)) && !elsewhere.includes(b.visit.stop))).map((b) => b.visit).filter(possible(q));
}

/** Those that are locked, of the weeks and vehicles that are asked for. */
export const lockedVisits = (blocks: Block[], q: WeekQuestion): Visit[] => blocks.filter((b) => b.locked).map((b) => b.visit).filter(possible(q));

const possible = (q: WeekQuestion) => (v: Visit): boolean => v.week <= q.weeks && q.vehicles.some((x) => x.id === v.vehicle);

/** Of vehicles, told apart by everybody; a ninth has the first's. The same as in the files. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#5b3a8c', '#4d4d4d'];
export const vehicleColour = (k: number): string => colours[Math.max(0, k) % colours.length]!;
