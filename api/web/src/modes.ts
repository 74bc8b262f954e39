import type { Mode, Service } from './api';

/** A mode is its name and, of those that depend on when one leaves, words that say when: "transit Tu 07:00-09:00". */
export const modeName = (mode: string): string => mode.split(' ')[0]!;

export const days = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;

/** When one leaves; the rest are words the page has no fields for. */
export interface When { day: string; from: string; to: string; rest: string[] }

/** Reads the words; what is not said is what the server takes. */
export function whenOf(mode: string): When {
  const when: When = { day: 'Tu', from: '07:00', to: '09:00', rest: [] };
  for (const word of mode.split(' ').slice(1)) {
    const window = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(word);
    if (window) [when.from, when.to] = [window[1]!, window[2]!];
    else if (days.some((d) => d === word) || /^\d{4}-\d\d-\d\d$/.test(word)) when.day = word;
    else when.rest.push(word);
  }
  return when;
}

export const spellMode = (name: string, w: When): string => [name, w.day, `${w.from}-${w.to}`, ...w.rest].join(' ');

/** The modes of which the territory can tell. */
export const offered = (modes: Mode[]): Mode[] => modes.filter((m) => m.available);

/** A service's own thresholds in minutes; by public transport and on demand those the server takes where it has none. */
export function usualTimes(service: Service | null, mode: string): number[] {
  const name = modeName(mode);
  if (!service) return [];
  if (name === 'on-demand') return service.within[name] ?? service.within.car ?? [];
  return service.within[name] ?? (name.startsWith('transit') ? service.within.transit ?? [30, 45] : []);
}
