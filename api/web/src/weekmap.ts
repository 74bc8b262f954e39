import { Marker, type GeoJSONSource } from 'maplibre-gl';
import { rounded, type At } from './live';
import type { CoverageMap } from './map';
import { vehicleColour, type Tour, type Vehicle } from './week';

/** A stop on the map. says: lines below its name. */
export interface SeenStop { id: string; name: string; at: At; visited: boolean; says: string[] }

interface Handlers {
  /** Under the pointer or with the focus; null: no longer. */
  hot(id: string | null): void;
  pick(id: string): void;
  moved(id: string, to: At): void;
  /** What its marker is called. */
  label(stop: SeenStop): string;
}

const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const lines = ['tour-case', 'tour'];

/** The stops and ways of a week of tours; stops are dragged by mouse or finger, and moved by the arrow keys. */
export class WeekMap {
  private markers = new Map<string, { marker: Marker; stop: SeenStop }>();

  constructor(private readonly map: CoverageMap, private readonly handlers: Handlers) {}

  showStops(stops: SeenStop[]): void {
    const ids = new Set(stops.map((s) => s.id));
    for (const [id, { marker }] of this.markers) {
      if (ids.has(id)) continue;
      marker.remove();
      this.markers.delete(id);
    }
    for (const stop of stops) {
      const known = this.markers.get(stop.id) ?? this.make(stop);
      known.stop = stop;
      known.marker.setLngLat(stop.at);
      const element = known.marker.getElement();
      element.classList.toggle('visited', stop.visited);
      element.setAttribute('aria-label', this.handlers.label(stop));
    }
  }

  /** Marks the stop under the pointer, and the one that is spoken of. */
  mark(hot: string | null, picked: string | null): void {
    for (const [id, { marker }] of this.markers) {
      marker.getElement().classList.toggle('hot', id === hot);
      marker.getElement().setAttribute('aria-pressed', String(id === picked));
    }
  }

  /** week, day: those of the tours that stand out; null for all. */
  showTours(tours: Tour[], vehicles: Vehicle[], chosen: { week: number; day: string } | null): void {
    const { gl } = this.map;
    const data = {
      type: 'FeatureCollection' as const,
      features: tours.flatMap((t) => {
        const on = chosen === null || (t.week === chosen.week && t.day === chosen.day);
        const colour = vehicleColour(vehicles.findIndex((v) => v.id === t.vehicle));
        return t.legs.flatMap((l) => (l.line && l.line.length > 1 ? [{ type: 'Feature' as const, geometry: { type: 'LineString' as const, coordinates: l.line }, properties: { on, colour } }] : []));
      }),
    };
    const source = gl.getSource('tour') as GeoJSONSource | undefined;
    if (source) return void source.setData(data);
    gl.addSource('tour', { type: 'geojson', data });
    const layout = { 'line-cap': 'round', 'line-join': 'round' } as const;
    gl.addLayer({ id: 'tour-case', type: 'line', source: 'tour', filter: ['get', 'on'], layout, paint: { 'line-color': '#fffdf7', 'line-width': 6 } }, 'names');
    gl.addLayer({ id: 'tour', type: 'line', source: 'tour', layout, paint: { 'line-color': ['get', 'colour'], 'line-width': ['case', ['get', 'on'], 3.5, 1.5], 'line-opacity': ['case', ['get', 'on'], 1, 0.45] } }, 'names');
  }

  clear(): void {
    const { gl } = this.map;
    for (const { marker } of this.markers.values()) marker.remove();
    this.markers.clear();
    if (!gl.getSource('tour')) return;
    for (const id of lines) gl.removeLayer(id);
    gl.removeSource('tour');
    this.map.tip(null);
  }

  private make(stop: SeenStop): { marker: Marker; stop: SeenStop } {
    const { gl } = this.map;
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'tourstop';
    element.dataset.stop = stop.id;
    const marker = new Marker({ element, draggable: true }).setLngLat(stop.at).addTo(gl);
    const one = { marker, stop };
    this.markers.set(stop.id, one);
    const here = (): At => {
      const p = marker.getLngLat();
      return rounded([p.lng, p.lat]);
    };
    const tell = (): void => {
      this.handlers.hot(stop.id);
      this.map.tip(tipOf(one.stop), here());
    };
    const leave = (): void => {
      this.handlers.hot(null);
      this.map.tip(null);
    };
    // The map would tell of the cell under it; while it is dragged the map has to know.
    element.addEventListener('mousemove', (e) => { if (e.buttons === 0) e.stopPropagation(); });
    element.addEventListener('mouseenter', tell);
    element.addEventListener('focus', tell);
    element.addEventListener('mouseleave', leave);
    element.addEventListener('blur', leave);
    element.addEventListener('click', (e) => {
      e.stopPropagation();
      this.handlers.pick(stop.id);
    });
    marker.on('dragstart', () => this.map.tip(null));
    marker.on('dragend', () => this.handlers.moved(stop.id, here()));
    let moving = false; // by the arrow keys
    element.addEventListener('keydown', (e) => {
      const way = arrows[e.key];
      if (!way) return;
      const stride = e.shiftKey ? 60 : 12;
      const from = gl.project(marker.getLngLat());
      marker.setLngLat(gl.unproject([from.x + way[0] * stride, from.y + way[1] * stride]));
      moving = true;
      e.preventDefault();
      e.stopPropagation(); // the arrows would move the map
    });
    // As soon as it is left alone for a moment: each move is a search.
    let rest = 0;
    element.addEventListener('keyup', () => {
      clearTimeout(rest);
      if (moving) rest = window.setTimeout(() => {
        moving = false;
        this.handlers.moved(stop.id, here());
      }, 500);
    });
    return one;
  }
}

function tipOf({ name, says }: SeenStop): HTMLElement {
  const box = document.createElement('div');
  box.appendChild(document.createElement('strong')).textContent = name;
  for (const line of says) box.appendChild(document.createElement('p')).textContent = line;
  return box;
}
