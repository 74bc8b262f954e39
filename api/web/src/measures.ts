import type { ExpressionSpecification, FilterSpecification, GeoJSONSource } from 'maplibre-gl';
import type { Shapes, Table } from './api';
import type { CoverageMap } from './map';
import { classOf } from './tables';

/** What has no class. */
export const plainColour = '#62b8a8';
const noClass = '#d5cdbd';

const isA = (...kinds: string[]): FilterSpecification => ['in', ['geometry-type'], ['literal', kinds.flatMap((k) => [k, `Multi${k}`])]];

/** Draws a layer of an answer in the place of the coverage. */
export class MeasureLayer {
  private readonly layers = ['measure-areas', 'measure-lines', 'measure-points'];

  /** tip: what is said of the i-th row. */
  constructor(private readonly map: CoverageMap, private readonly tip: (table: Table, i: number) => HTMLElement) {}

  show(table: Table, shapes: Shapes): void {
    const { gl } = this.map;
    const data = {
      type: 'FeatureCollection' as const,
      features: shapes.features.flatMap((f, i) => (f.geometry ? [{ type: 'Feature' as const, geometry: f.geometry, properties: { i, c: classOf(table, i) } }] : [])),
    };
    const source = gl.getSource('measure') as GeoJSONSource | undefined;
    if (source) source.setData(data);
    else this.add(data);
    const colour = colourOf(table);
    gl.setPaintProperty('measure-areas', 'fill-color', colour);
    gl.setPaintProperty('measure-lines', 'line-color', colour);
    gl.setPaintProperty('measure-points', 'circle-color', colour);
    this.map.showCoverage(false);
    this.map.over = (point) => {
      const f = gl.queryRenderedFeatures([point.x, point.y], { layers: this.layers })[0];
      return f ? this.tip(table, f.properties.i as number) : null;
    };
  }

  /** Gives the map back to the coverage. */
  clear(): void {
    const { gl } = this.map;
    if (!gl.getSource('measure')) return;
    this.map.over = null;
    this.map.tip(null);
    for (const id of this.layers) gl.removeLayer(id);
    gl.removeSource('measure');
    this.map.showCoverage(true);
  }

  private add(data: Parameters<GeoJSONSource['setData']>[0]): void {
    const { gl } = this.map;
    const [areas, lines, points] = this.layers as [string, string, string];
    gl.addSource('measure', { type: 'geojson', data, tolerance: 0, buffer: 8, maxzoom: 13 });
    // Under the roads, as the cells of the coverage are; what is small lies over all but the names.
    gl.addLayer({ id: areas, type: 'fill', source: 'measure', filter: isA('Polygon'), paint: { 'fill-antialias': false } }, 'roads');
    gl.addLayer({ id: lines, type: 'line', source: 'measure', filter: isA('LineString'), paint: { 'line-width': 4 } }, 'names');
    gl.addLayer({
      id: points, type: 'circle', source: 'measure', filter: isA('Point'),
      paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 4.5, 11, 7, 15, 11], 'circle-stroke-color': '#fffdf7', 'circle-stroke-width': 2 },
    }, 'names');
  }
}

function colourOf({ classes }: Table): ExpressionSpecification | string {
  const colours = new Map(classes?.values.map((c) => [c.value, c.colour]));
  return colours.size ? (['match', ['get', 'c'], ...[...colours].flat(), noClass] as unknown as ExpressionSpecification) : plainColour;
}
