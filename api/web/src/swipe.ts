import type { Territory } from './api';
import { CoverageMap, type Ground, type Listener } from './map';

/**
 * A second map beneath the page's own, of which as much is seen as the first is
 * cut off at the right. Both move together.
 */
export class Swipe {
  readonly under: CoverageMap;
  private leading: CoverageMap | null = null; // the one that the other follows

  constructor(private readonly map: CoverageMap, container: HTMLElement, territory: Territory, ground: Ground, labels: Record<string, string>, listener: Listener) {
    const { lng, lat } = map.gl.getCenter();
    this.under = new CoverageMap(container, territory, { zoom: map.gl.getZoom(), lat, lon: lng }, labels, listener, map);
    void this.under.showGround(ground);
    map.gl.on('move', this.follow);
    this.under.gl.on('move', this.lead);
  }

  destroy(): void {
    this.map.gl.off('move', this.follow);
    this.under.destroy();
  }

  private readonly follow = (): void => this.move(this.map, this.under);
  private readonly lead = (): void => this.move(this.under, this.map);

  private move(from: CoverageMap, to: CoverageMap): void {
    if (this.leading) return; // it is moved by us
    this.leading = from;
    to.gl.jumpTo({ center: from.gl.getCenter(), zoom: from.gl.getZoom() });
    this.leading = null;
  }

  /** Both as one picture, as they are seen: cut is the share of the first. */
  picture(cut: number): string {
    const canvas = document.createElement('canvas');
    const c = canvas.getContext('2d')!;
    for (const [map, from, to] of [[this.map, 0, cut], [this.under, cut, 1]] as const) {
      map.gl.redraw(); // the buffer can only be read in the task that drew it
      const drawn = map.gl.getCanvas();
      if (map === this.map) [canvas.width, canvas.height] = [drawn.width, drawn.height];
      const [x, width] = [Math.round(from * drawn.width), Math.round((to - from) * drawn.width)];
      if (width > 0) c.drawImage(drawn, x, 0, width, drawn.height, x, 0, width, drawn.height);
    }
    c.fillStyle = '#1c2730';
    c.fillRect(cut * canvas.width - 2, 0, 4, canvas.height);
    return canvas.toDataURL();
  }
}
