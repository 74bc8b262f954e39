import { untrack } from 'svelte';
import { ApiError, type Coverage, type Question } from './api';
import { nothingTried, type Tried } from './hash';
import { applied, Live, rounded, type AllWork, type At, type LiveSite, type LiveState, type Places, type Roadwork, type Step } from './live';
import type { Try } from './tries';

/** What a trial needs of the page around it. */
interface Page {
  question(): Question;
  /** The answer without anything tried; null before the first. */
  base(): Coverage | null;
  /** A question is on its way. It begins the session itself. */
  busy(): boolean;
  /** The times of some cells are others. */
  changed(answer: Coverage, cells: number[]): void;
  /** All times are those of the base again. */
  forget(): void;
  /** A site that was asked for is there. */
  added(index: number): void;
}

const asMapped: Roadwork = { close: [], per_mille: {} };

/**
 * What is tried against the territory as it is: new sites, closed ones, other
 * numbers of places, closed roads and other speeds. The fields say what the
 * page wants; the server's answers correct them. A session begins when the
 * first thing is tried, and whenever one is lost it begins anew with all of it.
 */
export class Trial {
  tries = $state.raw<Try[]>([]);
  /** Ids of closed facilities, of whatever service. */
  closed = $state.raw<string[]>([]);
  /** Places of facilities that have others than before, by id. */
  resized = $state.raw<Record<string, number>>({});
  roads = $state.raw<Roadwork>(asMapped);
  /** Classes of road whose speed can be changed; known once a session has begun. */
  classes = $state.raw<string[]>([]);
  /** The session's facilities by id, as they were before. */
  facilities = $state.raw(new Map<string, LiveSite>());
  /** Facilities too far from any open road. */
  away = $state.raw<string[]>([]);
  /** Places of the open sites now. */
  places = $state.raw<Places | null>(null);
  steps = $state(0);
  /** Why the figures do not follow: '' for a lost connection. */
  failure = $state.raw<string | null>(null);
  /** No road was near enough to be closed. */
  noRoad = $state(false);
  /** A marker or a slider is being held. */
  dragging = $state(false);
  /** The answer to the question with all of this; null where nothing is tried. */
  answer = $state.raw<Coverage | null>(null);

  /** Closed facilities that would count. */
  readonly shut = $derived(this.closed.filter((id) => this.facilities.has(id)));
  readonly otherPlaces = $derived(Object.keys(this.resized).filter((id) => this.facilities.has(id)));
  readonly otherSpeeds = $derived(Object.keys(this.roads.per_mille).length > 0);
  readonly onRoads = $derived(this.roads.close.length > 0 || this.otherSpeeds);
  readonly empty = $derived(!this.tries.length && !this.shut.length && !this.otherPlaces.length && !this.onRoads);
  private before = $state.raw<Tried | null>(null); // what a reset put away
  readonly undoable = $derived(this.steps > 0 || this.before !== null);

  private readonly live: Live;
  /** Which facility a site of the session is: its own, or one added where it was closed. */
  private facilityOf = new Map<number, string>();
  private roadsAt: At[] = []; // where to close a road, once there is a session
  /** Roads and speeds the question's mode does not know: of use again with another. */
  private aside: AllWork = { close: [], per_mille: {} };
  private inForce: Roadwork = asMapped; // as last answered
  private begun: Roadwork = asMapped; // what the session was asked to begin with
  private adding = false;
  private looking = false;

  constructor(private readonly page: Page) {
    this.live = new Live({
      state: (state, step) => this.follow(state, step),
      failed: (error, step) => {
        if (step?.type === 'close' && error.where === 'lon') this.noRoad = true;
        else this.failure = error.message;
        if (step?.type === 'roadwork') this.roads = this.inForce;
      },
    });
  }

  /** Everything asked for is answered. */
  get idle(): boolean {
    return this.live.idle;
  }

  /** There is something to begin a session for. */
  get wanted(): boolean {
    return this.looking || this.roadsAt.length > 0 || triesAnything(this.view());
  }

  /** What a link has to say of it. */
  view(): Tried {
    const { close, per_mille } = this.allWork();
    return { tries: this.tries.map((t) => t.at), closed: this.closed, places: this.resized, roads: close, speeds: per_mille };
  }

  /** Takes over what a link says; the question must then be asked again. */
  take({ tries, closed, places, roads, speeds }: Tried): void {
    this.tries = tries.map((at) => ({ site: -1, at: rounded(at), on: true }));
    this.closed = closed;
    this.resized = places;
    this.aside = { close: [], per_mille: {} };
    this.roads = { close: roads.map((way) => ({ way, name: '', class: '', line: [] })), per_mille: speeds };
  }

  /** Begins with all that is tried; null when that fails. */
  async begin(q: Question): Promise<LiveState | null> {
    this.begun = this.roads;
    const work = this.allWork();
    const aside: AllWork = { close: [], per_mille: {} };
    for (;;) {
      try {
        const some = work.close.length > 0 || Object.keys(work.per_mille).length > 0;
        const state = await this.live.start(q, this.tries.map((t) => t.at), some ? work : null);
        this.failure = null;
        this.aside = aside;
        return state;
      } catch (e) {
        const error = e as ApiError;
        if (putAside(error.where, work, aside)) continue;
        if (error.status >= 0) this.failure = error.message;
        return null;
      }
    }
  }

  /** Begins anew after the connection was lost, or for the first thing tried. */
  async resume(): Promise<void> {
    this.before = null;
    if (this.page.busy()) return;
    const state = await this.begin(this.page.question());
    if (state && !this.page.busy()) this.started(state);
  }

  /** Takes over the first state of a session, and tries in it what a start does not say. */
  started(state: LiveState): void {
    const wanted = this.tries; // a marker or a slider may have been moved meanwhile
    const roads = this.roads === this.begun ? null : this.roads;
    const own = state.sites.filter((s) => s.facility !== undefined);
    this.facilities = new Map(own.map((s) => [s.facility!, s]));
    this.facilityOf = new Map(own.map((s) => [s.site, s.facility!]));
    this.away = own.filter((s) => !s.on_network).map((s) => s.facility!);
    this.classes = state.classes ?? [];
    this.answer = null;
    this.tries = [];
    this.page.forget();
    this.follow(state, null);
    this.tries.forEach((t, k) => {
      const at = wanted[k]?.at;
      if (at && (at[0] !== t.at[0] || at[1] !== t.at[1])) this.move(k, at, true);
    });
    if (roads) this.changeRoads(roads, true);
    for (const id of this.otherPlaces) this.resize(id, this.resized[id]!);
    for (const id of this.shut) this.shutDown(id);
    for (const at of this.roadsAt.splice(0)) this.closeRoad(at);
  }

  /** Ends the session. */
  end(): void {
    this.live.close();
    this.steps = 0;
    this.answer = null;
    this.places = null;
    this.away = [];
  }

  /** Ends the session because the question is another one. */
  leave(): void {
    this.end();
    this.facilities = new Map();
    this.classes = [];
  }

  add(at: At): void {
    this.adding = true;
    if (this.live.open) return this.send({ type: 'add', lon: at[0], lat: at[1] });
    this.tries = [...this.tries, { site: -1, at, on: true }];
    void this.resume();
  }

  /** continues: part of the movement before it. */
  move(k: number, at: At, continues: boolean): void {
    const t = this.tries[k];
    if (!t) return;
    this.tries = this.tries.with(k, { ...t, at });
    if (this.live.open) this.send({ type: 'move', site: t.site, lon: at[0], lat: at[1], continue: continues });
    else if (this.live.idle) void this.resume();
  }

  remove(k: number): void {
    const t = this.tries[k];
    if (!t) return;
    if (this.live.open) return this.send({ type: 'remove', site: t.site });
    this.tries = this.tries.toSpliced(k, 1);
    void this.resume();
  }

  /** Closes a facility. */
  shutDown(id: string): void {
    const site = this.siteOf(id);
    if (this.live.open && site !== undefined) return this.send({ type: 'remove', site });
    this.closed = withID(this.closed, id);
    void this.resume();
  }

  /** Opens a closed facility again. A session has no such step: a site of the same place and size stands for it. */
  reopen(id: string): void {
    const was = this.facilities.get(id);
    if (this.live.open && was) {
      const capacity = this.resized[id] ?? was.capacity;
      return this.send({ type: 'add', lon: was.location![0], lat: was.location![1], ...(capacity == null ? {} : { capacity }), reopens: id });
    }
    this.closed = without(this.closed, id);
    void this.resume();
  }

  /** Gives a facility another number of places; null: as many as it has. */
  resize(id: string, capacity: number | null): void {
    const site = this.siteOf(id);
    const known = capacity ?? this.facilities.get(id)?.capacity;
    if (this.live.open && site !== undefined) return this.send({ type: 'resize', site, ...(known == null ? {} : { capacity: known }) });
    this.resized = withPlaces(this.resized, id, capacity);
    void this.resume();
  }

  /** Closes the road nearest to a point. */
  closeRoad(at: At): void {
    this.noRoad = false;
    if (this.live.open) return this.send({ type: 'close', lon: at[0], lat: at[1] });
    this.roadsAt.push(at);
    void this.resume();
  }

  openRoad(way: number): void {
    this.changeRoads({ ...this.roads, close: this.roads.close.filter((r) => r.way !== way) }, false);
  }

  /** Sets the speed on some classes of road, in thousandths; continues: part of the slide before it. */
  slow(classes: string[], perMille: number, continues: boolean): void {
    const others = Object.entries(this.roads.per_mille).filter(([name]) => !classes.includes(name));
    const these = perMille === 1000 ? [] : classes.map((name) => [name, perMille] as const);
    this.changeRoads({ ...this.roads, per_mille: Object.fromEntries([...others, ...these]) }, continues);
  }

  /** Says whether the speeds are looked at: which there are is known of a session. */
  look(on: boolean): void {
    this.looking = on;
    if (on && untrack(() => this.classes.length === 0)) void this.resume();
  }

  undo(): void {
    const { before } = this;
    if (before) {
      this.take(before);
      void this.resume();
    } else if (this.live.open) {
      this.send({ type: 'undo' });
    } else {
      void this.resume();
    }
  }

  /** Puts everything back as it is. */
  reset(): void {
    const before = this.view();
    this.end();
    this.take(nothingTried);
    this.failure = null;
    this.page.forget();
    this.before = before;
  }

  private send(step: Step): void {
    this.before = null;
    this.live.send(step);
  }

  private changeRoads(roads: Roadwork, continues: boolean): void {
    this.roads = roads;
    this.noRoad = false;
    if (this.live.open) this.send({ type: 'roadwork', close: roads.close.map((r) => r.way), per_mille: roads.per_mille, continue: continues });
    else if (this.live.idle) void this.resume();
  }

  /** The roadwork of every mode. */
  private allWork(): AllWork {
    return { close: [...this.roads.close.map((r) => r.way), ...this.aside.close], per_mille: { ...this.aside.per_mille, ...this.roads.per_mille } };
  }

  /** Shows what a step changed; without one, all that a session begins with. */
  private follow(state: LiveState, step: Step | null): void {
    const base = this.page.base();
    if (!base) return;
    for (const s of state.sites) {
      if (step?.type === 'add' && step.reopens) this.facilityOf.set(s.site, step.reopens);
      const id = this.facilityOf.get(s.site);
      if (id === undefined) this.followTry(s);
      else if (step) this.followFacility(id, s);
    }
    // What a slider says is newer than the answer while others are waited for.
    this.inForce = state.roadwork ?? this.inForce;
    if (state.roadwork) this.roads = this.live.idle ? state.roadwork : { ...state.roadwork, per_mille: this.roads.per_mille };
    this.steps = state.steps;
    this.places = state.totals.places;
    this.failure = null;
    const next = applied(this.answer ?? base, state, this.facilityOf);
    this.answer = this.empty ? null : next;
    this.page.changed(next, state.changed.cell);
    if (!this.adding) return;
    this.adding = false;
    this.page.added(this.tries.length - 1);
  }

  private followTry(s: LiveSite): void {
    const k = this.tries.findIndex((t) => t.site === s.site);
    if (s.gone || !s.open) this.tries = this.tries.filter((t) => t.site !== s.site);
    else if (k < 0) this.tries = [...this.tries, { site: s.site, at: s.location!, on: s.on_network! }];
    else this.tries = this.tries.with(k, { ...this.tries[k]!, on: s.on_network!, at: this.live.idle && !this.dragging ? s.location! : this.tries[k]!.at });
  }

  private followFacility(id: string, s: LiveSite): void {
    if (s.gone) this.facilityOf.delete(s.site);
    else if (s.site !== this.siteOf(id)) return; // one that another stands for
    if (s.gone || !s.open) {
      this.closed = withID(this.closed, id);
      return;
    }
    this.closed = without(this.closed, id);
    this.away = s.on_network ? without(this.away, id) : withID(this.away, id);
    const was = this.facilities.get(id)?.capacity ?? null;
    this.resized = withPlaces(this.resized, id, s.capacity === was ? null : s.capacity ?? null);
  }

  /** The number of the site that is, or last was, a facility. */
  private siteOf(id: string): number | undefined {
    let last: number | undefined;
    for (const [site, of] of this.facilityOf) if (of === id) last = site;
    return last;
  }
}

const triesAnything = (t: Tried): boolean =>
  t.tries.length + t.closed.length + t.roads.length + Object.keys(t.places).length + Object.keys(t.speeds).length > 0;

const without = (ids: string[], id: string): string[] => ids.filter((x) => x !== id);
const withID = (ids: string[], id: string): string[] => (ids.includes(id) ? ids : [...ids, id]);

function withPlaces(all: Record<string, number>, id: string, places: number | null): Record<string, number> {
  const { [id]: _, ...others } = all;
  return places === null ? others : { ...others, [id]: places };
}

/** Takes out of the work what an answer finds fault with; false when that is something else. */
function putAside(where: string, work: AllWork, aside: AllWork): boolean {
  const [, k] = /^roadwork\.close\[(\d+)\]$/.exec(where) ?? [];
  const [, name] = /^roadwork\.per_mille\.(.+)$/.exec(where) ?? [];
  if (k !== undefined && Number(k) < work.close.length) {
    aside.close.push(...work.close.splice(Number(k), 1));
    return true;
  }
  if (name === undefined || work.per_mille[name] === undefined) return false;
  aside.per_mille[name] = work.per_mille[name];
  delete work.per_mille[name];
  return true;
}
