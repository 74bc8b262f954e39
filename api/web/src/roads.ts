import type { Feature, FeatureCollection, LineString } from 'geojson';
import type { GeoJSONSource, Map as GLMap } from 'maplibre-gl';
import type { ClosedRoad } from './live';

/** The classes of road whose speeds a slider sets, slip roads with what they lead to. */
const groups: Record<string, string[]> = {
  motorway: ['motorway', 'motorway_link'], trunk: ['trunk', 'trunk_link'], primary: ['primary', 'primary_link'],
  secondary: ['secondary', 'secondary_link'], tertiary: ['tertiary', 'tertiary_link'],
  unclassified: ['unclassified'], residential: ['residential'], service: ['service'],
};

/** Those of the classes that there are, by slider; all others are one more. */
export function speedGroups(classes: string[]): { id: string; classes: string[] }[] {
  const named = Object.entries(groups).map(([id, all]) => ({ id, classes: all.filter((c) => classes.includes(c)) }));
  const known = new Set(Object.values(groups).flat());
  return [...named, { id: 'other', classes: classes.filter((c) => !known.has(c)) }].filter((g) => g.classes.length > 0);
}

const dark = '#1c2730';
const bright = '#ffd24d'; // on every colour of the cells

/** Draws closed roads as barrier tape. */
export class RoadLines {
  constructor(private readonly gl: GLMap) {}

  show(roads: ClosedRoad[]): void {
    const source = this.gl.getSource('closed-roads') as GeoJSONSource | undefined;
    if (source) return void source.setData(lines(roads));
    if (roads.length === 0) return;
    this.gl.addSource('closed-roads', { type: 'geojson', data: lines(roads) });
    const line = (id: string, color: string, width: number, dash?: number[]): void => {
      this.gl.addLayer({
        id, type: 'line', source: 'closed-roads', layout: { 'line-cap': dash ? 'butt' : 'round', 'line-join': 'round' },
        paint: { 'line-color': color, 'line-width': width, ...(dash ? { 'line-dasharray': dash } : {}) },
      }, 'names');
    };
    line('closed-case', dark, 9);
    line('closed', bright, 6);
    line('closed-bars', dark, 6, [0.7, 1.1]);
  }
}

function lines(roads: ClosedRoad[]): FeatureCollection<LineString> {
  const features = roads.filter((r) => r.line.length > 1).map((r): Feature<LineString> => ({
    type: 'Feature', geometry: { type: 'LineString', coordinates: r.line }, properties: {},
  }));
  return { type: 'FeatureCollection', features };
}
