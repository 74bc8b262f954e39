import type { GeoJSONSource, Map as GLMap } from 'maplibre-gl';
import type { Route } from './api';

const colour = '#b8431f'; // brick: what people can go to

/** Draws the way from a cell to a facility. */
export class RouteLine {
  constructor(private readonly gl: GLMap) {}

  show(route: Route | null): void {
    const data = route ?? { type: 'FeatureCollection' as const, features: [] };
    const source = this.gl.getSource('route') as GeoJSONSource | undefined;
    if (source) return void source.setData(data);
    if (!route) return;
    this.gl.addSource('route', { type: 'geojson', data });
    const layout = { 'line-cap': 'round', 'line-join': 'round' } as const;
    this.gl.addLayer({ id: 'route-case', type: 'line', source: 'route', layout, paint: { 'line-color': '#fffdf7', 'line-width': 8 } }, 'names');
    this.gl.addLayer({ id: 'route', type: 'line', source: 'route', filter: ['!', ['get', 'walk']], layout, paint: { 'line-color': colour, 'line-width': 4 } }, 'names');
    this.gl.addLayer({ id: 'route-walk', type: 'line', source: 'route', filter: ['get', 'walk'], layout, paint: { 'line-color': colour, 'line-width': 3, 'line-dasharray': [0.5, 2] } }, 'names');
  }
}
