import type { Lang } from './i18n';

/** What a link to the page carries. */
export interface View {
  service?: string;
  mode?: string;
  minutes?: number;
  planned?: boolean;
  commune?: string;
  lang?: Lang;
  /** Sites being tried, longitude first. */
  tries?: [number, number][];
  camera?: { zoom: number; lat: number; lon: number };
}

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
  const tries = (q.get('try') ?? '').split(';').filter(Boolean).map((at) => at.split('/').map(Number).reverse() as [number, number]);
  if (tries.length > 0 && tries.length <= 20 && tries.every(([lon, lat]) => Math.abs(lat ?? NaN) <= 90 && Math.abs(lon ?? NaN) <= 180)) view.tries = tries;
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
  if (view.tries?.length) parts.push(`try=${view.tries.map(([lon, lat]) => `${lat}/${lon}`).join(';')}`);
  if (view.lang && view.lang !== 'fr') parts.push(`lang=${view.lang}`);
  if (view.camera) {
    const { zoom, lat, lon } = view.camera;
    parts.push(`map=${zoom.toFixed(2)}/${lat.toFixed(4)}/${lon.toFixed(4)}`);
  }
  return '#' + parts.join('&');
}
