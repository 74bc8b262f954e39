import type { FeatureCollection, Geometry, LineString, MultiLineString, MultiPolygon, Point, Polygon } from 'geojson';

// What the server answers; the Go types of the same names describe the fields.

export interface Text { fr: string; en?: string }
export interface Source { layer: string; name: string; publisher?: string; licence?: string; vintage?: string }
export interface Service {
  id: string;
  label: Text;
  public: Text;
  within: Record<string, number[]>;
  facilities: Record<Status, number>;
}
export interface Mode { id: string; label: Text; available: boolean; timed: boolean; first?: string; last?: string }
export type Status = 'existing' | 'planned' | 'candidate';

export interface Territory {
  id: string;
  name: string;
  modelled: boolean;
  snapshot: string;
  version: string;
  bbox: [number, number, number, number];
  grid: { name: string; cell_size: number; vintage: number };
  counts: { communes: number; cells: number; population: number };
  services: Service[];
  modes: Mode[];
  sources: Source[];
}

export interface Row {
  code: string;
  name: Text;
  population: number;
  demand: number;
  covered: number[];
  unreachable: number;
  off_network: number;
  imputed: number;
  mean_seconds: number | null;
  median_seconds: number | null;
  share_percent: (number | null)[];
}

export interface Coverage {
  params: { service: string; mode: string; within: string[]; statuses: Status[] };
  estimated: boolean;
  left_out: Record<string, number> | null;
  territory: Row;
  communes: Row[];
  ages: Row[];
  cells: { id: string[]; commune: string[]; demand: number[]; seconds: (number | null)[]; facility: string[]; state: CellState[] };
  provenance: { notes?: Text[] };
}
export type CellState = 'reached' | 'unreachable' | 'off_network';

export type Communes = FeatureCollection<Polygon | MultiPolygon, { name: string; population: number | null; study: boolean }>;
export type Cells = FeatureCollection<Polygon | Point, { commune: string | null; ind?: number; imputed?: boolean }>;
export type Roads = FeatureCollection<LineString | MultiLineString, { class: string; ref: string; name: string }>;
export interface FacilityProperties {
  name: string;
  service: string;
  commune: string | null;
  status: Status;
  hours: string | null;
  capacity: number | null;
  accessible: string | null;
  itinerant: boolean;
  note: string | null;
  source: string | null;
}
export type Facilities = FeatureCollection<Point, FacilityProperties>;

/** A way, a line per road; arrival is the time since leaving home. */
export type Route = FeatureCollection<LineString, {
  road: string; road_en: string; name: string; ref: string; class: string; metres: number; seconds: number; arrival: number; walk: boolean;
}>;

/** An analysis that can be asked by its name, and what it is asked with. */
export interface Analysis { name: string; title: Text; parameters: Param[] }
export interface Param {
  name: string;
  doc: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  list: boolean;
  required: boolean;
  default?: unknown;
}

/** The answer of any analysis: its layers as tables. */
export interface Tables { name: string; title: Text; provenance: { notes?: Text[] }; layers: Table[] }
export interface Table {
  name: string;
  title: Text;
  geometry: boolean;
  fields: Field[];
  classes?: { field: string; values: { value: string; label: Text; colour: string }[] };
  id: string[];
  columns: Value[][];
}
export interface Field { name: string; unit?: string; label: Text; kind: 'string' | 'integer' | 'number' | 'boolean' }
export type Value = string | number | boolean | null;
export type Shapes = FeatureCollection<Geometry | null, Record<string, Value>>;

/** An analysis with its parameters as they are written in an address. */
export interface Asked { name: string; words: Record<string, string> }

/** A scenario as analyses/scenario writes it; each change has one field, such as create. */
export interface Scenario { name?: Text; note?: string; cost?: { investment?: number; yearly?: number }; changes: Record<string, Record<string, unknown>>[] }

/** What becomes of the people of a zone from one scenario to the other, per threshold or as a whole. */
export interface Difference {
  code: string; name: Text; demand: number; gained: number[]; lost: number[]; net: number[];
  newly_covered: number; nearer: number; same: number; farther: number; no_longer_covered: number;
}
interface Interval { low: number; median: number; high: number }
/** Of two scenarios. */
export interface Comparison {
  params: { within: string[]; draws: number };
  scenarios: { id: string; name: Text; territory: Row; notes?: Text[] }[];
  differences: { territory: Difference; communes: Difference[] }[];
  ranks: number[][];
  verdict?: { within: string; first_percent: number[]; shared_percent: number; holds_percent: number; pairs: { gain_people: Interval }[] }[];
  provenance: { notes?: Text[] };
}

/** Where a service may open, or is. */
export interface Site { id: string; name: string; commune: string; at: [number, number]; existing: boolean }
/** A candidate, and how much worse the best plan with it is; null where there is none. */
export interface Imposed extends Site { loss: number | null; status: Proof; why?: string }
export type Proof = 'optimal' | 'feasible' | 'infeasible' | 'unknown';
export type SiteModel = 'mclp' | 'p-median' | 'p-center' | 'lscp';
export interface Proposal {
  params: { model: SiteModel; p?: number; within: string };
  objective: number | null; bound: number | null; gap: number | null; status: Proof; why?: string; today: number | null;
  places: Site[]; candidates: number; losses?: Imposed[] | null; unreached_demand: number;
  territory: { demand: number; before: number; after: number };
  provenance: { notes?: Text[] };
}
/** Which best places are asked for. */
export interface SiteQuestion { p: number; model: SiteModel; candidates: string }

/** A layer as the map draws it: a table with a shape per row. */
export interface MapLayer { table: Table; shapes: Shapes }

/** Facilities that count, as a scenario has them. */
export type Places = FeatureCollection<Point, { name: string; status: Status }>;

export interface Question { service: string; mode: string; within: number[]; statuses: Status[] }

/** An answer the server refused, in its own words (RFC 9457), or none at all. */
export class ApiError extends Error {
  /** where: the value at fault, where the answer names one. */
  constructor(readonly status: number, detail: string, readonly where = '') {
    super(detail);
  }
}

const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask(path, {}, signal);
const post = <T>(path: string, body: string, signal?: AbortSignal, type = 'application/json'): Promise<T> =>
  ask(path, { method: 'POST', body, headers: { 'Content-Type': type } }, signal);

async function ask<T>(path: string, request: RequestInit, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...request, signal: signal ?? null, headers: { ...request.headers, Accept: 'application/json, application/geo+json' } });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, '');
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(response.status, problem.detail ?? response.statusText, problem.errors?.[0]?.location);
  }
  return response.json();
}

export const fetchTerritory = () => get<Territory>('/api/v1/territory');
export const fetchCommunes = () => get<Communes>('/api/v1/communes');
export const fetchCells = () => get<Cells>('/api/v1/cells');
export const fetchRoads = () => get<Roads>('/api/v1/roads');
export const fetchFacilities = () => get<Facilities>('/api/v1/facilities');
export const fetchCoverage = (q: Question, signal: AbortSignal) => get<Coverage>(coverageAddress(q), signal);
export const fetchRoute = (from: string, to: string, mode: string, signal: AbortSignal) =>
  get<Route>(`/api/v1/routes?${new URLSearchParams({ from, to, mode })}`, signal);

export const fetchAnalyses = () => get<Analysis[]>('/api/v1/analyses');
export const fetchTables = (asked: Asked, signal: AbortSignal) => get<Tables>(analysisAddress(asked, 'tables'), signal);
export const fetchShapes = (asked: Asked, layer: string, signal: AbortSignal) => get<Shapes>(analysisAddress(asked, 'geojson', layer), signal);

/** An analysis with parameters as JSON: its result, and the layer that is its map. */
export async function askAnalysis<T>(name: string, params: object, signal: AbortSignal): Promise<{ result: T; map: Table }> {
  const body = JSON.stringify(params);
  const path = `/api/v1/analyses/${name}`;
  const result = await post<T>(path, body, signal);
  const tables = await post<Tables>(`${path}?format=tables`, body, signal); // the server has the answer by now
  return { result, map: tables.layers.find((l) => l.geometry)! };
}

/** How far a search is, with the best until now. */
export interface Progress<F = { objective: number | null; bound: number | null; gap: number | null; status: Proof }> { done: number; total: number; found?: F }

/** Parameters as words in an address: lists have commas between, objects and lists of them are JSON. */
export const inWords = (params: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([k, v]) => [k, typeof v === 'object' && (!Array.isArray(v) || v.some((x) => typeof x === 'object')) ? JSON.stringify(v) : String(v)]));

/** The same, told of its progress on the way; aborting ends the work. layer: the one that is its map, where that is not the first. */
export async function followAnalysis<T, F = NonNullable<Progress['found']>>(name: string, params: Record<string, unknown>, told: (p: Progress<F>) => void, signal: AbortSignal, layer = ''): Promise<{ result: T; map: Table }> {
  const words = new URLSearchParams(inWords(params));
  const result = await new Promise<T>((resolve, reject) => {
    const source = new EventSource(`/api/v1/analyses/${name}/stream?${words}`);
    const hear = (event: string, act: (data: string) => void): void => source.addEventListener(event, (e) => act((e as MessageEvent<string>).data));
    const end = (act: () => void): void => {
      source.close();
      act();
    };
    hear('progress', (data) => told(JSON.parse(data) as Progress<F>));
    hear('answer', (data) => end(() => resolve((JSON.parse(data) as { result: T }).result)));
    hear('problem', (data) => end(() => {
      const { status, detail, location } = JSON.parse(data) as { status: number; detail: string; location?: string };
      reject(new ApiError(status, detail, location));
    }));
    source.onerror = () => end(() => reject(new ApiError(0, '')));
    signal.addEventListener('abort', () => end(() => reject(new ApiError(-1, 'stopped'))));
  });
  const tables = await post<Tables>(`/api/v1/analyses/${name}?format=tables`, JSON.stringify(params), signal); // the server has the answer by now
  return { result, map: tables.layers.find((l) => (layer ? l.name === layer : l.geometry))! };
}

/** A coverage in a scenario, and the facilities that then count. */
export async function fetchScenario(q: Question, scenario: Scenario, signal: AbortSignal): Promise<{ answer: Coverage; places: Places }> {
  const body = JSON.stringify({ ...questionParams(q), scenario });
  const path = '/api/v1/analyses/coverage';
  const answer = await post<Coverage>(path, body, signal);
  return { answer, places: await post<Places>(`${path}?format=geojson&layer=facilities`, body, signal) };
}

/** A question as an analysis's parameters. */
export const questionParams = (q: Question) => ({ ...q, within: q.within.map((m) => `${m}m`) });

/** Reads a scenario that is written in YAML or JSON. */
export const checkScenario = async (text: string): Promise<Scenario> => (await post<{ scenario: Scenario }>('/api/v1/scenarios/check', text, undefined, 'application/yaml')).scenario;

/** The address of an analysis's answer; a GeoPackage has all layers, other files the named one. */
export function analysisAddress({ name, words }: Asked, format: string, layer = ''): string {
  return `/api/v1/analyses/${encodeURIComponent(name)}?${new URLSearchParams({ ...words, format, ...(layer ? { layer } : {}) })}`;
}

/** The address of an answer, also as a file. */
export function coverageAddress(q: Question, format?: string, layer = 'cells'): string {
  const query = new URLSearchParams({
    service: q.service, mode: q.mode, within: q.within.map((m) => `${m}m`).join(','), statuses: q.statuses.join(','),
  });
  if (format) query.set('format', format);
  if (format && format !== 'gpkg') query.set('layer', layer);
  return `/api/v1/coverage?${query}`;
}

/** "10m", "1h30m0s" and "90s" as minutes. */
export function parseMinutes(t: string): number {
  let total = 0;
  for (const [, n, unit] of t.matchAll(/([\d.]+)(h|ms|m|s)/g)) total += Number(n) * { h: 60, m: 1, s: 1 / 60, ms: 1 / 60000 }[unit as 'h' | 'm' | 's' | 'ms'];
  return total;
}
