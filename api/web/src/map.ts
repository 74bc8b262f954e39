import type { Feature, FeatureCollection, Point, Polygon } from 'geojson';
import {
  LngLatBounds, Map as GLMap, NavigationControl, Popup, ScaleControl, setWorkerUrl,
  type ExpressionSpecification, type GeoJSONSource, type MapGeoJSONFeature, type StyleSpecification,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { CellState, Cells, Communes, Coverage, Facilities, Roads, Shapes, Territory } from './api';
import { classColours, offNetworkInk, unreachableInk } from './palette';

setWorkerUrl(workerUrl);

const font = ['Source Sans'];
const paper = '#e9e3d6';
const ink = '#2b3a47';

/** One cell as the map knows it: its place in the answer's columns. */
export interface Listener {
  cell(index: number | null, at: [number, number], fixed: boolean): void;
  facility(id: string, at: [number, number], fixed: boolean): void;
  commune(code: string): void;
  moved(camera: { zoom: number; lat: number; lon: number }): void;
  /** A place that is seen instead of the territory's own was clicked. */
  seen?(id: string): void;
}

/** A cell's seconds: the answer's, or those of what is being tried; below zero for none. */
const time: ExpressionSpecification = ['number', ['feature-state', 's'], ['get', 's']];
/** Whether it is reached, likewise. */
const kind: ExpressionSpecification = ['string', ['feature-state', 'st'], ['get', 'st']];
const onlyIf = (state: CellState): ExpressionSpecification => ['case', ['==', kind, state], 1, 0];
/** The layers of cells that are not reached. */
const unreached = { unreachable: 'cells-unreachable', off_network: 'cells-off' } as const;
const isShut: ExpressionSpecification = ['boolean', ['feature-state', 'shut'], false];
/** A radius: what could be is small, what is spoken of large. */
const seenSize = (usual: number): ExpressionSpecification => ['match', ['get', 'kind'], 'possible', usual * 0.6, ['tried', 'picked'], usual * 1.25, usual];
const facilityLayers = ['facilities', 'shut', 'room'];

/** Everything the map stands on. */
export interface Ground { communes: Communes; cells: Cells; roads: Roads; facilities: Facilities }
/** A place that a scenario has, as today, new, or there no more; or one that could be, and the one of those that is spoken of. */
export interface SeenPlace { id: string; name: string; at: [number, number]; kind: 'existing' | 'tried' | 'shut' | 'possible' | 'picked'; says?: string }

const empty = (): FeatureCollection => ({ type: 'FeatureCollection', features: [] });

/** The map: outlines, roads, cells, facilities; nothing from elsewhere. */
export class CoverageMap {
  readonly gl: GLMap;
  private readonly popup: Popup;
  /** Resolves when layers can be added. */
  readonly ready: Promise<void>;
  private shapes = new Map<string, Polygon | Point>();
  private extents = new Map<string, LngLatBounds>();
  private readonly bounds: LngLatBounds;
  /** Which question's times the cells carry. */
  private times = '';
  /** The states of the answer's cells. */
  private states: CellState[] = [];
  private shut: string[] = [];
  /** Takes the next click, and Enter, instead of what is under it. */
  private picker: ((at: [number, number]) => void) | null = null;
  /** What lies over the coverage is asked first what is there; null where it has nothing. */
  over: ((point: { x: number; y: number }) => HTMLElement | null) | null = null;
  /** Places seen instead of the territory's own. */
  private seen: SeenPlace[] | null = null;
  private covered = true;

  /** beside: the map under this one, which shows the tips of both and has the controls. */
  constructor(container: HTMLElement, territory: Territory, camera: { zoom: number; lat: number; lon: number } | undefined, labels: Record<string, string>, private readonly listener: Listener, private readonly beside?: CoverageMap) {
    const [w, s, e, n] = territory.bbox;
    this.bounds = new LngLatBounds([w, s], [e, n]);
    this.gl = new GLMap({
      container, style: style(), attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false,
      minZoom: 6, maxZoom: 17, fadeDuration: 0, locale: labels,
      ...(camera
        ? { center: [camera.lon, camera.lat] as [number, number], zoom: camera.zoom }
        : { bounds: this.bounds, fitBoundsOptions: { padding: padding(container) } }),
    });
    this.gl.touchZoomRotate.disableRotation();
    this.gl.keyboard.disableRotation();
    if (!beside) {
      this.gl.addControl(new NavigationControl({ showCompass: false }), 'top-right');
      this.gl.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');
    }
    this.popup = new Popup({ closeButton: false, closeOnClick: false, maxWidth: '300px', className: 'tip', offset: 10, focusAfterOpen: false });
    this.ready = new Promise((resolve) => this.gl.once('load', () => resolve()));
    this.gl.on('moveend', () => {
      const c = this.gl.getCenter();
      listener.moved({ zoom: this.gl.getZoom(), lat: c.lat, lon: c.lng });
    });
    this.listen();
  }

  destroy(): void {
    this.gl.remove();
  }

  /** Resolves when everything asked for so far is on the screen. */
  async settled(): Promise<void> {
    await this.ready;
    if (this.gl.loaded() && !this.gl.isMoving()) return;
    await this.gl.once('idle');
  }

  async showGround({ communes, cells, roads, facilities }: Ground): Promise<void> {
    for (const f of cells.features) this.shapes.set(String(f.id), f.geometry);
    const names: Feature<Point>[] = [];
    for (const f of communes.features) {
      if (!f.geometry) continue;
      const parts = f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates;
      const box = new LngLatBounds();
      for (const part of parts) for (const p of part[0] ?? []) box.extend(p as [number, number]);
      this.extents.set(String(f.id), box);
      names.push({
        type: 'Feature', geometry: { type: 'Point', coordinates: labelPoint(parts) },
        properties: { ...f.properties, population: f.properties.population ?? 0 },
      });
    }
    await this.ready;
    this.source('communes').setData({ type: 'FeatureCollection', features: communes.features.map((f) => ({ ...f, properties: { ...f.properties, code: String(f.id) } })) });
    this.source('names').setData({ type: 'FeatureCollection', features: names });
    this.source('roads').setData(roads);
    this.source('facilities').setData({
      type: 'FeatureCollection', features: facilities.features.map((f) => ({ ...f, properties: { ...f.properties, key: String(f.id) } })),
    });
  }

  /** Colours the cells by an answer and shows its service's facilities. scenario: what tells it from other answers to the question. */
  async showAnswer(answer: Coverage, minutes: number[], scenario = ''): Promise<void> {
    const { id, seconds, state } = answer.cells;
    const squares: Feature[] = [];
    const points: Feature[] = [];
    for (let i = 0; i < id.length; i++) {
      const geometry = this.shapes.get(id[i]!);
      if (!geometry) continue;
      (geometry.type === 'Point' ? points : squares).push({ type: 'Feature', geometry, properties: { i, s: seconds[i] ?? -1, st: state[i] } });
    }
    await this.ready;
    const colours = classColours(minutes.length);
    // A bound is inclusive and step() starts a class at its bound: half a
    // millisecond later, the resolution of a time, is the first that is beyond.
    const colour = ['step', time, colours[0]!, ...minutes.flatMap((m, k) => [m * 60 + 0.0005, colours[k + 1]!])] as ExpressionSpecification;
    this.gl.setPaintProperty('cells', 'fill-color', colour);
    this.gl.setPaintProperty('cell-points', 'circle-color', ['case', ['<', time, 0], offNetworkInk, colour]);
    const { service, mode, statuses } = answer.params;
    this.mark(null);
    this.states = state;
    const times = [service, mode, ...statuses, scenario].join(' ');
    if (times !== this.times) { // other thresholds colour the same times
      this.times = times;
      this.forget();
      this.source('cells').setData({ type: 'FeatureCollection', features: squares });
      this.source('cell-points').setData({ type: 'FeatureCollection', features: points });
    }
    for (const layer of facilityLayers) this.gl.setFilter(layer, ['all', ['==', ['get', 'service'], service], ['any', ['in', ['get', 'status'], ['literal', statuses]], ['==', ['get', 'status'], 'existing']]]);
  }

  /** Recolours some cells by the times of an answer, over those they carry. */
  async showChanges(answer: Coverage, cells: number[]): Promise<void> {
    const { seconds, state } = answer.cells;
    await this.ready;
    for (const [kind, layer] of Object.entries(unreached)) {
      // A pattern over every cell is slow to draw: only where others than the answer's may need it.
      if (cells.some((id) => state[id] === kind && this.states[id] !== kind)) this.gl.setFilter(layer, null);
    }
    for (const id of cells) {
      for (const source of ['cells', 'cell-points']) this.gl.setFeatureState({ source, id }, { s: seconds[id] ?? -1, st: state[id] });
    }
  }

  /** Takes all other times back. */
  forget(): void {
    void this.ready.then(() => {
      for (const source of ['cells', 'cell-points']) this.gl.removeFeatureState({ source });
      for (const [kind, layer] of Object.entries(unreached)) this.gl.setFilter(layer, ['==', ['get', 'st'], kind]);
    });
  }

  /** Strikes closed facilities out. */
  showShut(ids: string[]): void {
    void this.ready.then(() => {
      const { shut } = this;
      this.shut = ids;
      for (const id of shut) this.gl.removeFeatureState({ source: 'facilities', id }, 'shut');
      for (const id of ids) this.gl.setFeatureState({ source: 'facilities', id }, { shut: true });
    });
  }

  /** Rings the facility that is spoken of. */
  showPlace(id: string | null): void {
    void this.ready.then(() => this.gl.setFilter('facility-chosen', ['==', ['get', 'key'], id ?? '']));
  }

  /** Hides what the coverage has on the map, for another answer to be seen. */
  showCoverage(on: boolean): void {
    this.covered = on;
    for (const layer of ['cells', 'cells-unreachable', 'cells-off', 'cell-points', 'cell-chosen']) this.see(layer, on);
    this.showOwn();
  }

  private see(layer: string, on: boolean): void {
    this.gl.setLayoutProperty(layer, 'visibility', on ? 'visible' : 'none');
  }

  /** The territory's own facilities, unless something else is to be seen. */
  private showOwn(): void {
    for (const layer of ['facility-chosen', ...facilityLayers]) this.see(layer, this.covered && this.seen === null);
  }

  /** Shows the places of a scenario instead of the territory's own; null: those again. */
  showPlaces(places: SeenPlace[] | null): void {
    this.seen = places;
    void this.ready.then(() => {
      if (this.seen !== places) return;
      this.showOwn();
      const features = (places ?? []).map((p, i): Feature<Point> => ({ type: 'Feature', geometry: { type: 'Point', coordinates: p.at }, properties: { i, kind: p.kind } }));
      this.source('seen').setData({ type: 'FeatureCollection', features });
    });
  }

  /** Goes to a place that is seen, and tells of it. */
  goToSeen(id: string): void {
    const place = this.seen?.find((p) => p.id === id);
    if (!place) return;
    this.goTo(place.at);
    this.tip(placeTip(place), place.at);
  }

  /** The place that is seen under a point. */
  private seenAt(point: { x: number; y: number }): SeenPlace | null {
    if (!this.seen?.length) return null;
    const f = this.gl.queryRenderedFeatures([point.x, point.y], { layers: ['seen', 'seen-gone'] })[0];
    return (f && this.seen[f.properties.i as number]) ?? null;
  }

  /** The shapes of cells, in the order of their ids. */
  shapesOf(ids: string[]): Shapes {
    return { type: 'FeatureCollection', features: ids.map((id) => ({ type: 'Feature', geometry: this.shapes.get(id) ?? null, properties: {} })) };
  }

  /** The next click, or Enter for the middle, tells a point; null: they ask again. */
  pick(picker: ((at: [number, number]) => void) | null): void {
    this.picker = picker;
    if (picker) this.listener.cell(null, [0, 0], false);
  }

  /** Outlines a commune and, if asked, goes there; null: the whole territory. */
  showCommune(code: string | null, go: boolean): void {
    void this.ready.then(() => this.gl.setFilter('commune-chosen', ['==', ['get', 'code'], code ?? '']));
    if (!go) return;
    const box = code ? this.extents.get(code) : this.bounds;
    if (box) this.gl.fitBounds(box, { padding: padding(this.gl.getContainer()), maxZoom: 13 });
  }

  /** Shows a line whole. */
  goAlong(line: [number, number][]): void {
    const box = line.reduce((all, p) => all.extend(p), new LngLatBounds());
    if (!box.isEmpty()) this.gl.fitBounds(box, { padding: 2 * padding(this.gl.getContainer()).left + 40, maxZoom: Math.max(this.gl.getZoom(), 12) });
  }

  get centre(): [number, number] {
    const { lng, lat } = this.gl.getCenter();
    return [lng, lat];
  }

  /** card: leave room for one, which on a phone lies over the lower half. */
  goTo(at: [number, number], card = false): void {
    const { clientWidth, clientHeight } = this.gl.getContainer();
    this.gl.easeTo({ center: at, zoom: Math.max(this.gl.getZoom(), 11.5), offset: [0, card && clientWidth < 600 ? -0.27 * clientHeight : 0] });
  }

  tip(content: HTMLElement | null, at?: [number, number]): void {
    if (this.beside) return this.beside.tip(content, at);
    if (!content || !at) this.popup.remove();
    else this.popup.setLngLat(at).setDOMContent(content).addTo(this.gl);
  }

  /** What is on the screen, as the address of an image: paper cannot hold a canvas that WebGL draws. */
  picture(): string {
    this.gl.redraw(); // the buffer can only be read in the task that drew it
    return this.gl.getCanvas().toDataURL();
  }

  private mark(index: number | null): void {
    this.gl.setFilter('cell-chosen', ['==', ['get', 'i'], index ?? -1]);
  }

  private source(name: string): GeoJSONSource {
    return this.gl.getSource(name) as GeoJSONSource;
  }

  private listen(): void {
    const layers = ['facilities', 'cells', 'cells-unreachable', 'cells-off', 'cell-points', 'communes'];
    const under = (point: { x: number; y: number }): MapGeoJSONFeature | undefined =>
      this.gl.getLayer('facilities') ? this.gl.queryRenderedFeatures([point.x, point.y], { layers })[0] : undefined;
    const act = (point: { x: number; y: number }, at: [number, number], click: boolean): void => {
      if (this.picker) {
        if (click) this.picker(at);
        return;
      }
      const place = this.seenAt(point);
      if (place) {
        this.gl.getCanvas().style.cursor = this.listener.seen ? 'pointer' : '';
        this.mark(null);
        if (click) this.listener.seen?.(place.id);
        return this.tip(placeTip(place), place.at);
      }
      const above = this.over?.(point);
      if (above) {
        this.gl.getCanvas().style.cursor = '';
        this.listener.cell(null, at, click);
        return this.tip(above, at);
      }
      const f = under(point);
      this.gl.getCanvas().style.cursor = f && (f.layer.id === 'facilities' || (click && f.layer.id === 'communes')) ? 'pointer' : '';
      if (f?.layer.id === 'facilities') {
        this.mark(null);
        this.listener.facility(String(f.properties.key), (f.geometry as Point).coordinates as [number, number], click);
      } else if (f && f.layer.id !== 'communes') {
        this.mark(f.properties.i as number);
        this.listener.cell(f.properties.i as number, at, click);
      } else {
        this.mark(null);
        this.listener.cell(null, at, click);
        if (click && f?.properties.study) this.listener.commune(String(f.properties.code));
      }
    };
    this.gl.on('mousemove', (e) => act(e.point, [e.lngLat.lng, e.lngLat.lat], false));
    this.gl.on('click', (e) => act(e.point, [e.lngLat.lng, e.lngLat.lat], true));
    // The keyboard's click: the arrows bring a place to the middle, Enter asks about it.
    this.gl.getCanvas().addEventListener('keydown', (e) => {
      if (e.key !== 'Enter') return;
      e.preventDefault(); // the focus may go to a button, which is not meant
      const c = this.gl.getCenter();
      act(this.gl.project(c), [c.lng, c.lat], true);
    });
    this.gl.on('mouseout', () => {
      this.mark(null);
      this.listener.cell(null, [0, 0], false);
    });
    this.gl.setMissingStyleImageResolver((id) => {
      if (id === 'hatch') this.gl.addImage(id, hatch(unreachableInk, true), { pixelRatio: 2 });
      if (id === 'dots') this.gl.addImage(id, hatch(offNetworkInk, false), { pixelRatio: 2 });
      if (id === 'strike') this.gl.addImage(id, strike(), { pixelRatio: 2 });
      if (id === 'room') this.gl.addImage(id, new ImageData(18, 18));
    });
  }
}

function placeTip({ name, says }: SeenPlace): HTMLElement {
  const box = document.createElement('div');
  box.appendChild(document.createElement('strong')).textContent = name;
  if (says) box.appendChild(document.createElement('p')).textContent = says;
  return box;
}

/** Room around the territory; on a phone the badge and the legend lie over the map. */
function padding(container: HTMLElement): { top: number; bottom: number; left: number; right: number } {
  return container.clientWidth < 600 ? { top: 44, bottom: 66, left: 12, right: 44 } : { top: 40, bottom: 40, left: 48, right: 56 };
}

/** Diagonal lines, or dots, that tile. */
function hatch(colour: string, lines: boolean): ImageData {
  const n = 16;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = n;
  const c = canvas.getContext('2d')!;
  c.fillStyle = '#efe9dd';
  c.fillRect(0, 0, n, n);
  c.strokeStyle = c.fillStyle = colour;
  if (lines) {
    c.lineWidth = 3;
    for (const d of [-n, 0, n]) {
      c.beginPath();
      c.moveTo(d - 2, n + 2);
      c.lineTo(d + n + 2, -2);
      c.stroke();
    }
  } else {
    for (const [x, y] of [[4, 4], [12, 12]] as const) {
      c.beginPath();
      c.arc(x, y, 2.4, 0, 7);
      c.fill();
    }
  }
  return c.getImageData(0, 0, n, n);
}

/** A bar across what is closed. */
function strike(): ImageData {
  const n = 40;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = n;
  const c = canvas.getContext('2d')!;
  c.lineCap = 'round';
  for (const [colour, width] of [['#fffdf7', 10], [ink, 5]] as const) {
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    c.moveTo(6, n - 6);
    c.lineTo(n - 6, 6);
    c.stroke();
  }
  return c.getImageData(0, 0, n, n);
}

/** The centroid of the largest ring: where a commune's name goes. */
function labelPoint(parts: number[][][][]): [number, number] {
  let best: [number, number] = [0, 0];
  let largest = -1;
  for (const part of parts) {
    const ring = part[0] ?? [];
    const [ox, oy] = (ring[0] ?? [0, 0]) as [number, number]; // near the ring, for precision
    let area = 0, x = 0, y = 0;
    for (let i = 0; i + 1 < ring.length; i++) {
      const ax = ring[i]![0]! - ox, ay = ring[i]![1]! - oy, bx = ring[i + 1]![0]! - ox, by = ring[i + 1]![1]! - oy;
      const cross = ax * by - bx * ay;
      area += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    }
    if (area !== 0 && Math.abs(area) > largest) {
      largest = Math.abs(area);
      best = [ox + x / (3 * area), oy + y / (3 * area)];
    }
  }
  return best;
}

function style(): StyleSpecification {
  const roadWidth = (base: number): ExpressionSpecification => ['interpolate', ['exponential', 1.5], ['zoom'], 8, base * 0.5, 11, base, 15, base * 5];
  const geojson = (options: object = {}) => ({ type: 'geojson' as const, data: empty(), ...options });
  return {
    version: 8,
    sources: {
      communes: geojson({ tolerance: 0.2 }), names: geojson(), roads: geojson(), 'cell-points': geojson({ promoteId: 'i' }), facilities: geojson({ promoteId: 'key' }),
      // Squares have nothing to simplify; a buffer of 8 keeps neighbours joined at tile borders.
      cells: geojson({ promoteId: 'i', tolerance: 0, buffer: 8, maxzoom: 13 }), seen: geojson(),
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': paper } },
      { id: 'communes', type: 'fill', source: 'communes', paint: { 'fill-color': ['case', ['get', 'study'], '#fbf8f1', '#e4ddcf'] } },
      { id: 'roads-case', type: 'line', source: 'roads', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': '#cfc5b2', 'line-width': roadWidth(2.2), 'line-opacity': 0.7 }, filter: ['in', ['get', 'class'], ['literal', ['motorway', 'trunk', 'primary', 'motorway_link', 'trunk_link']]] },
      { id: 'cells', type: 'fill', source: 'cells', paint: { 'fill-color': '#ccc', 'fill-antialias': false, 'fill-opacity': onlyIf('reached') } },
      { id: 'cells-unreachable', type: 'fill', source: 'cells', filter: ['==', ['get', 'st'], 'unreachable'], paint: { 'fill-pattern': 'hatch', 'fill-opacity': onlyIf('unreachable') } },
      { id: 'cells-off', type: 'fill', source: 'cells', filter: ['==', ['get', 'st'], 'off_network'], paint: { 'fill-pattern': 'dots', 'fill-opacity': onlyIf('off_network') } },
      { id: 'cell-points', type: 'circle', source: 'cell-points', paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 2, 14, 8], 'circle-color': '#ccc' } },
      { id: 'roads', type: 'line', source: 'roads', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': ['match', ['get', 'class'], ['motorway', 'motorway_link', 'trunk', 'trunk_link'], '#a3937a', '#a89c88'], 'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 8, 0.4, 11, 0.9, 15, 3], 'line-opacity': 0.75 } },
{ id: 'neighbour-lines', type: 'line', source: 'communes', filter: ['!', ['get', 'study']], paint: { 'line-color': '#fbf6ec', 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.8, 13, 1.6], 'line-opacity': 0.9 } },
      { id: 'commune-lines', type: 'line', source: 'communes', filter: ['get', 'study'], layout: { 'line-join': 'round' }, paint: { 'line-color': ink, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.7, 13, 1.6], 'line-opacity': 0.75 } },
      { id: 'commune-chosen', type: 'line', source: 'communes', filter: ['==', ['get', 'code'], ''], layout: { 'line-join': 'round' }, paint: { 'line-color': '#d9542b', 'line-width': 3 } },
      { id: 'cell-chosen', type: 'line', source: 'cells', filter: ['==', ['get', 'i'], -1], paint: { 'line-color': '#1c2730', 'line-width': 2 } },
      {
        id: 'names', type: 'symbol', source: 'names',
        layout: {
          'text-field': ['get', 'name'], 'text-font': font, 'text-max-width': 7, 'text-padding': 3,
          'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'], 'text-radial-offset': 0.9, 'text-justify': 'auto',
          'text-size': ['interpolate', ['linear'], ['zoom'], 8, ['case', ['get', 'study'], 11, 9], 10, ['case', ['get', 'study'], 14, 11.5], 13, ['case', ['get', 'study'], 18, 14]],
          'symbol-sort-key': ['-', ['case', ['get', 'study'], -1000000, 0], ['get', 'population']],
        },
        paint: { 'text-color': ['case', ['get', 'study'], '#1c2730', '#6d6558'], 'text-halo-color': ['case', ['get', 'study'], 'rgba(255,253,247,0.92)', 'rgba(233,227,214,0.9)'], 'text-halo-width': 1.8 },
      },
      { id: 'facility-chosen', type: 'circle', source: 'facilities', filter: ['==', ['get', 'key'], ''], paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 9, 11, 13, 15, 18], 'circle-opacity': 0, 'circle-stroke-color': '#1c2730', 'circle-stroke-width': 2.5 } },
      {
        id: 'facilities', type: 'circle', source: 'facilities', filter: ['==', ['get', 'service'], ''],
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 4.5, 11, 7, 15, 11],
          'circle-color': ['case', isShut, '#c9c2b4', ['any', ['!=', ['get', 'status'], 'existing'], ['get', 'itinerant']], '#fffdf7', '#d9542b'],
          'circle-stroke-color': ['case', isShut, '#5d6670', ['get', 'itinerant'], ink, ['!=', ['get', 'status'], 'existing'], '#d9542b', '#fffdf7'],
          'circle-stroke-width': ['case', ['any', ['!=', ['get', 'status'], 'existing'], ['get', 'itinerant']], 3, 2],
        },
      },
      {
        id: 'shut', type: 'symbol', source: 'facilities', filter: ['==', ['get', 'service'], ''],
        layout: { 'icon-image': 'strike', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.65, 11, 1, 15, 1.5] },
        paint: { 'icon-opacity': ['case', isShut, 1, 0] },
      },
      {
        id: 'seen-gone', type: 'circle', source: 'seen', filter: ['==', ['get', 'kind'], 'shut'],
        paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 4.5, 11, 7, 15, 11], 'circle-color': '#c9c2b4', 'circle-stroke-color': '#5d6670', 'circle-stroke-width': 2 },
      },
      {
        id: 'seen-shut', type: 'symbol', source: 'seen', filter: ['==', ['get', 'kind'], 'shut'],
        layout: { 'icon-image': 'strike', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.65, 11, 1, 15, 1.5] },
      },
      {
        id: 'seen', type: 'circle', source: 'seen', filter: ['!=', ['get', 'kind'], 'shut'],
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, seenSize(4.5), 11, seenSize(7), 15, seenSize(11)],
          'circle-color': ['match', ['get', 'kind'], ['tried', 'picked'], ink, 'possible', '#fffdf7', '#d9542b'],
          'circle-stroke-color': ['match', ['get', 'kind'], 'tried', '#ffd27d', 'possible', ink, '#fffdf7'],
          'circle-stroke-width': ['match', ['get', 'kind'], ['tried', 'picked'], 3, 2],
        },
      },
      // Nothing to see: it keeps names from being written over the facilities.
      { id: 'room', type: 'symbol', source: 'facilities', filter: ['==', ['get', 'service'], ''], layout: { 'icon-image': 'room', 'icon-allow-overlap': true } },
    ],
  };
}
