import type { Asked, Scenario, SiteModel, SiteQuestion } from './api';
import type { Lang } from './i18n';
import { candidateKinds, mostKept, mostSites, siteModels, type Pair, type Side } from './scenarios';
import { readWeek, type WeekQuestion } from './week';

/** What a link to the page carries. */
export interface View {
  service?: string;
  mode?: string;
  minutes?: number;
  planned?: boolean;
  commune?: string;
  lang?: Lang;
  trial?: Tried;
  measure?: Asked;
  /** Scenarios that are kept. */
  kept?: Scenario[];
  /** Which of them are compared. */
  pair?: Pair;
  /** Which best places are asked for. */
  sites?: SiteQuestion;
  /** Which week of tours is asked for. */
  week?: WeekQuestion;
  camera?: { zoom: number; lat: number; lon: number };
}

/** What is tried against the territory as it is; all of it may be empty. */
export interface Tried {
  /** New sites, longitude first. */
  tries: [number, number][];
  /** Ids of closed facilities. */
  closed: string[];
  /** Places of facilities, by their id. */
  places: Record<string, number>;
  /** Ids of closed roads. */
  roads: number[];
  /** Speeds by class of road, in thousandths of those of the profile. */
  speeds: Record<string, number>;
}

export const nothingTried: Tried = { tries: [], closed: [], places: {}, roads: [], speeds: {} };

const most = 20; // of a kind in a link; a session takes more

export function readHash(hash: string): View {
  const q = new URLSearchParams(hash.replace(/^#/, ''));
  const view: View = {};
  const service = q.get('service');
  const mode = q.get('mode');
  const commune = q.get('commune');
  if (service) view.service = service;
  if (mode) view.mode = mode;
  if (commune) view.commune = commune;
  const minutes = Number(q.get('within'));
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 60) view.minutes = minutes;
  if (q.has('planned')) view.planned = q.get('planned') === '1';
  const lang = q.get('lang');
  if (lang === 'fr' || lang === 'en') view.lang = lang;
  view.trial = readTrial(hash);
  const measure = q.get('mesure');
  if (measure) view.measure = { name: measure, words: Object.fromEntries([...q].filter(([k]) => k.startsWith(ofMeasure)).map(([k, v]) => [k.slice(ofMeasure.length), v])) };
  view.kept = q.getAll('scenario').flatMap(readScenario).slice(0, mostKept);
  const pair = readPair(q.get('comparer') ?? '');
  if (pair) view.pair = pair;
  const sites = readSites(q.get('ouvrir') ?? '');
  if (sites) view.sites = sites;
  const week = readWeek(q.get('tournee') ?? '');
  if (week) view.week = week;
  const [zoom, lat, lon] = (q.get('map') ?? '').split('/').map(Number);
  if (Number.isFinite(zoom) && Math.abs(lat ?? NaN) <= 90 && Math.abs(lon ?? NaN) <= 180) {
    view.camera = { zoom: zoom!, lat: lat!, lon: lon! };
  }
  return view;
}

export function writeHash(view: View): string {
  const parts: string[] = [];
  if (view.service) parts.push(`service=${encodeURIComponent(view.service)}`);
  if (view.mode) parts.push(`mode=${encodeURIComponent(view.mode)}`);
  if (view.minutes) parts.push(`within=${view.minutes}`);
  if (view.planned) parts.push('planned=1');
  if (view.commune) parts.push(`commune=${encodeURIComponent(view.commune)}`);
  if (view.trial) parts.push(...writeTrial(view.trial));
  if (view.measure) parts.push(...writeMeasure(view.measure));
  for (const scenario of view.kept ?? []) parts.push(`scenario=${encodeURIComponent(JSON.stringify(scenario))}`);
  if (view.pair) parts.push(`comparer=${writePair(view.pair)}`);
  if (view.sites) parts.push(`ouvrir=${[view.sites.p, view.sites.model, view.sites.candidates].join(',')}`);
  if (view.week) parts.push(`tournee=${encodeURIComponent(JSON.stringify(view.week))}`);
  if (view.lang && view.lang !== 'fr') parts.push(`lang=${view.lang}`);
  if (view.camera) {
    const { zoom, lat, lon } = view.camera;
    parts.push(`map=${zoom.toFixed(2)}/${lat.toFixed(4)}/${lon.toFixed(4)}`);
  }
  return '#' + parts.join('&');
}

/** What cannot be read is left out; the server says what a scenario cannot be. */
function readScenario(text: string): Scenario[] {
  try {
    const scenario = JSON.parse(text) as Scenario | null;
    return Array.isArray(scenario?.changes) && typeof (scenario.name?.fr ?? '') === 'string' ? [scenario] : [];
  } catch {
    return [];
  }
}

const onTrial = 'essai';
const asDifference = 'difference';
const withDraws = 'tirages';

/** Reads `LEFT,RIGHT` and, behind, `difference` and `tirages`; a side is `essai`, 0 for today, or a scenario's number. */
function readPair(text: string): Pair | null {
  const [left, right, ...how] = text.split(',');
  const side = (s = ''): Side | null => (s === onTrial ? 'trial' : /^\d{1,2}$/.test(s) && Number(s) <= mostKept ? Number(s) : null);
  const [a, b] = [side(left), side(right)];
  if (a === null || b === null) return null;
  return { left: a, right: b, view: how.includes(asDifference) ? 'difference' : 'swipe', draws: how.includes(withDraws) };
}

export function writePair({ left, right, view, draws }: Pair): string {
  const sides = [left, right].map((s) => (s === 'trial' ? onTrial : String(s)));
  return [...sides, ...(view === 'difference' ? [asDifference] : []), ...(draws ? [withDraws] : [])].join(',');
}

/** Reads `PLACES,MODEL,CANDIDATES`. */
function readSites(text: string): SiteQuestion | null {
  const [places, model, candidates = ''] = text.split(',');
  const p = Number(places);
  const good = Number.isInteger(p) && p >= 1 && p <= mostSites && siteModels.includes(model as SiteModel) && candidates in candidateKinds;
  return good ? { p, model: model as SiteModel, candidates } : null;
}

const ofMeasure = 'mesure.';

/** `mesure=NAME` and `mesure.PARAMETER=WORDS`. */
export const writeMeasure = ({ name, words }: Asked): string[] =>
  [['mesure', name], ...Object.entries(words).map(([k, v]) => [ofMeasure + k, v])].map(([k, v]) => `${encodeURIComponent(k!)}=${encodeURIComponent(v!)}`);

/** Reads `try=LAT/LON;…`, `fermes=ID,…`, `places=ID:N,…` and `routes=WAY,…;CLASS:PER_MILLE;…`; what cannot be read is left out. */
function readTrial(hash: string): Tried {
  const pairs = hash.replace(/^#/, '').split('&').map((part) => part.split('='));
  /** Undecoded: an id may hold a separator. */
  const list = (key: string, separator: string): string[] => (pairs.find(([k]) => k === key)?.[1] ?? '').split(separator).filter(Boolean);
  const tries = list('try', ';').map((at) => at.split('/').map(Number).reverse() as [number, number]);
  const places = list('places', ',').map((pair) => pair.split(':')).map(([id, n]) => [decoded(id!), Number(n)] as const);
  const [roads, ...speeds] = (pairs.find(([k]) => k === 'routes')?.[1] ?? '').split(';');
  return {
    tries: tries.filter(([lon, lat]) => Math.abs(lat ?? NaN) <= 90 && Math.abs(lon ?? NaN) <= 180).slice(0, most),
    closed: [...new Set(list('fermes', ',').map(decoded))].filter(Boolean),
    places: Object.fromEntries(places.filter(([id, n]) => id && isPlaces(n))),
    roads: [...new Set((roads ?? '').split(',').filter(Boolean).map(Number))].filter(Number.isSafeInteger),
    speeds: Object.fromEntries(speeds.map((pair) => pair.split(':')).map(([name, n]) => [name!, Number(n)] as const)
      .filter(([name, n]) => /^[a-z_]+$/.test(name) && n >= slowest && n <= fastest && Number.isInteger(n))),
  };
}

function writeTrial({ tries, closed, places, roads, speeds }: Tried): string[] {
  const parts: string[] = [];
  if (tries.length) parts.push(`try=${tries.map(([lon, lat]) => `${lat}/${lon}`).join(';')}`);
  if (closed.length) parts.push(`fermes=${closed.map(encodeURIComponent).join(',')}`);
  const sized = Object.entries(places);
  if (sized.length) parts.push(`places=${sized.map(([id, n]) => `${encodeURIComponent(id)}:${n}`).join(',')}`);
  const byClass = Object.entries(speeds).map(([name, n]) => `;${name}:${n}`);
  if (roads.length || byClass.length) parts.push(`routes=${roads.join(',')}${byClass.join('')}`);
  return parts;
}

/** Speeds that can be tried, in thousandths. */
export const slowest = 500;
export const fastest = 1200;

export const isPlaces = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= 100_000;

/** '' where it is no text. */
function decoded(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return '';
  }
}
