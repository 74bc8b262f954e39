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
export interface Mode { id: string; label: Text }
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

export interface Question { service: string; mode: string; within: number[]; statuses: Status[] }

/** An answer the server refused, in its own words (RFC 9457), or none at all. */
export class ApiError extends Error {
  /** where: the value at fault, where the answer names one. */
  constructor(readonly status: number, detail: string, readonly where = '') {
    super(detail);
  }
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal: signal ?? null, headers: { Accept: 'application/json, application/geo+json' } });
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
