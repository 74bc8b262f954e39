import type { Scenario, SiteModel, Text } from './api';
import type { Tried } from './hash';

// Scenarios on the page: today, what is being tried, and those that are kept.

/** How many are kept: as many as can be compared. */
export const mostKept = 10;

/** What a scenario is chosen by: 0 for today, from 1 the kept ones. */
export type Side = number | 'trial';

/** Two scenarios, and how they are shown. */
export interface Pair { left: Side; right: Side; view: 'swipe' | 'difference'; draws: boolean }

export const today: Scenario = { changes: [] };

/** What is tried as a scenario. known: whether a facility is in the data, which a link may not know. */
export function ofTrial({ tries, closed, places, roads, speeds }: Tried, service: string, known: (id: string) => boolean): Scenario {
  return {
    changes: [
      ...tries.map((at, k) => ({ create: { id: `essai-${k + 1}`, service, at, name: `Essai ${k + 1}` } })),
      ...Object.entries(places).filter(([id]) => known(id) && !closed.includes(id)).map(([facility, capacity]) => ({ resize: { facility, capacity } })),
      ...closed.filter(known).map((facility) => ({ close: { facility } })),
      ...roads.map((way) => ({ close_road: { way } })),
      ...Object.entries(speeds).map(([name, perMille]) => ({ speed: { class: name, percent: perMille / 10 } })),
    ],
  };
}

export const named = (scenario: Scenario, name: Text): Scenario => ({ ...scenario, name });

export const siteModels: SiteModel[] = ['mclp', 'p-median', 'p-center', 'lscp'];
export const mostSites = 5;
/** Where a place may open, by what the API calls it. */
export const candidateKinds: Record<string, string[]> = {
  usual: ['planned', 'town_halls'], planned: ['planned'], town_halls: ['town_halls'], junctions: ['junctions'], cells: ['cells'],
};
/** Whether what another choice costs is worked out: of thousands of places it takes too long to wait for. */
export const priced = (candidates: string): boolean => candidates !== 'junctions' && candidates !== 'cells';
