import { Marker, type Map as GLMap } from 'maplibre-gl';
import { rounded, type At } from './live';

/** A site being tried. */
export interface Try { site: number; at: At; on: boolean }

interface Handlers {
  /** continues: part of the movement before it, for undoing both at once. */
  move(index: number, at: At, continues: boolean): void;
  remove(index: number): void;
  dragging(on: boolean): void;
}

const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The markers of the tried sites: dragged by mouse or finger, moved by the arrow keys. */
export class Tries {
  private markers: Marker[] = [];
  private held = -1; // the one being dragged

  constructor(private readonly gl: GLMap, private readonly handlers: Handlers) {}

  show(tries: Try[], label: (n: number) => string): void {
    while (this.markers.length > tries.length) this.markers.pop()!.remove();
    tries.forEach((t, k) => {
      const marker = this.markers[k] ?? this.make(k, t.at);
      if (k !== this.held) marker.setLngLat(t.at);
      const element = marker.getElement();
      element.classList.toggle('off', !t.on);
      element.setAttribute('aria-label', label(k + 1));
      element.title = label(k + 1);
      element.textContent = tries.length > 1 ? String(k + 1) : '';
    });
  }

  focus(index: number): void {
    this.markers[index]?.getElement().focus();
  }

  private make(k: number, at: At): Marker {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'try';
    const marker = new Marker({ element, draggable: true, anchor: 'bottom' }).setLngLat(at).addTo(this.gl);
    this.markers[k] = marker;
    const here = (): At => {
      const p = marker.getLngLat();
      return rounded([p.lng, p.lat]);
    };
    let moved = false;
    marker.on('dragstart', () => {
      this.held = k;
      moved = false;
      this.handlers.dragging(true);
    });
    marker.on('drag', () => {
      this.handlers.move(k, here(), moved);
      moved = true;
    });
    marker.on('dragend', () => {
      this.held = -1;
      this.handlers.dragging(false);
    });
    element.addEventListener('click', (e) => e.stopPropagation()); // the map would show the cell under it
    element.addEventListener('keydown', (e) => {
      const way = arrows[e.key];
      if (way) {
        const stride = e.shiftKey ? 60 : 12;
        const from = this.gl.project(marker.getLngLat());
        const to = this.gl.unproject([from.x + way[0] * stride, from.y + way[1] * stride]);
        marker.setLngLat(to);
        if (!this.gl.getBounds().contains(to)) this.gl.panTo(to);
        this.handlers.dragging(e.repeat); // held down
        this.handlers.move(k, here(), e.repeat);
      } else if (e.key === 'Delete' || e.key === 'Backspace') {
        this.handlers.remove(k);
      } else {
        return;
      }
      e.preventDefault();
      e.stopPropagation(); // the arrows would move the map
    });
    for (const end of ['keyup', 'blur']) element.addEventListener(end, () => this.held < 0 && this.handlers.dragging(false));
    return marker;
  }
}
