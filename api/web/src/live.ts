import { ApiError, type Coverage, type Question, type Row } from './api';

// The live questions of api/LIVE.md: sites are tried, and the answer follows.

export type At = [lon: number, lat: number];
interface Count { code: string; covered: number[]; unreachable: number; off_network: number }
export interface LiveSite { site: number; gone?: boolean; facility?: string; location?: At; on_network?: boolean; open?: boolean; capacity?: number | null }
/** Places of the open sites. */
export interface Places { total: number; unknown: number; per_person: number | null }
export interface ClosedRoad { way: number; name: string; class: string; line: At[] }
/** Roads closed, and speeds by class in thousandths of the usual. */
export interface Roadwork { close: ClosedRoad[]; per_mille: Record<string, number> }
export interface LiveState {
  type: 'state';
  seq: number;
  sites: LiveSite[];
  steps: number;
  totals: { territory: Row; communes: Count[]; ages: Count[]; places: Places };
  changed: { cell: number[]; seconds: (number | null)[]; site: number[]; off_network?: number[] };
  roadwork?: Roadwork;
  /** Of the roads, after a start. */
  classes?: string[];
}
interface LiveProblem { type: 'problem'; seq: number; problem: { status: number; detail?: string; errors?: { location?: string }[] } }

export type Step =
  /** reopens: the closed facility that it stands for; the server is not told. */
  | { type: 'add'; lon: number; lat: number; capacity?: number; reopens?: string }
  | { type: 'move'; site: number; lon: number; lat: number; continue: boolean }
  | { type: 'remove'; site: number }
  | { type: 'resize'; site: number; capacity?: number }
  | ({ type: 'roadwork'; continue: boolean } & AllWork)
  | { type: 'close'; lon: number; lat: number }
  | { type: 'undo' };
/** The whole roadwork in force: closed ways, and speeds. */
export interface AllWork { close: number[]; per_mille: Record<string, number> }

interface Handlers {
  state(state: LiveState, step: Step): void;
  /** A step failed, or, without one, the connection. */
  failed(error: ApiError, step: Step | null): void;
}

/** A connection with one session. Steps are sent when the last is answered; of moves that wait, only the newest of a site, of speeds the newest. */
export class Live {
  private socket: WebSocket | null = null;
  private waiting: Step[] = [];
  private pending = 0;
  private asked: Step | null = null; // the step pending
  private seq = 0;
  private started: { seq: number; resolve: (s: LiveState) => void; reject: (e: ApiError) => void } | null = null;

  constructor(private readonly handlers: Handlers) {}

  get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN && this.started === null;
  }

  /** Everything asked for is answered. */
  get idle(): boolean {
    return this.pending === 0 && this.waiting.length === 0;
  }

  /** Begins, or begins anew, with sites already tried and roads already changed. */
  async start(q: Question, sites: At[], roadwork: AllWork | null): Promise<LiveState> {
    this.started?.reject(new ApiError(-1, 'begun anew'));
    this.waiting = [];
    const seq = ++this.seq;
    const answer = new Promise<LiveState>((resolve, reject) => { this.started = { seq, resolve, reject }; });
    const params = { service: q.service, mode: q.mode, within: q.within.map((m) => `${m}m`), statuses: q.statuses };
    const message = JSON.stringify({ type: 'start', seq, params, sites, roadwork: roadwork ?? undefined });
    this.pending = seq;
    this.asked = null;
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) {
      const { socket } = this;
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
      else socket.onopen = () => socket.send(message);
    } else {
      this.connect(message);
    }
    return answer;
  }

  send(step: Step): void {
    const last = this.waiting.at(-1);
    if (step.type === 'roadwork' && step.continue && last?.type === 'roadwork') {
      this.waiting.splice(-1, 1, { ...step, continue: last.continue });
      return;
    }
    if (step.type === 'move') {
      for (let k = this.waiting.length - 1; k >= 0; k--) {
        const old = this.waiting[k]!;
        if (old.type !== 'move') break;
        if (old.site !== step.site) continue;
        this.waiting[k] = { ...step, continue: step.continue && old.continue };
        return;
      }
    }
    this.waiting.push(step);
    this.next();
  }

  close(): void {
    const { socket } = this;
    this.socket = null;
    this.waiting = [];
    this.pending = 0;
    this.started?.reject(new ApiError(-1, 'closed'));
    this.started = null;
    socket?.close();
  }

  private connect(message: string): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
    this.socket = socket;
    socket.onopen = () => socket.send(message);
    socket.onmessage = (e) => {
      if (socket === this.socket) this.hear(JSON.parse(e.data as string) as LiveState | LiveProblem);
    };
    socket.onclose = (e) => {
      if (socket !== this.socket) return; // closed by us, or replaced
      this.socket = null;
      this.waiting = [];
      this.pending = 0;
      if (e.code === 1000 && !this.started) return; // nobody moved anything for a while: the next step begins anew
      this.fail(new ApiError(0, ''));
    };
  }

  private next(): void {
    if (this.pending || !this.open) return;
    const step = this.waiting.shift();
    if (!step) return;
    this.pending = ++this.seq;
    this.asked = step;
    this.socket!.send(JSON.stringify({ ...step, reopens: undefined, seq: this.pending }));
  }

  private hear(message: LiveState | LiveProblem): void {
    if (message.seq !== this.pending) return; // of a session that was begun anew
    this.pending = 0;
    const step = this.asked;
    this.asked = null;
    if (message.type === 'problem') {
      const { status, detail, errors } = message.problem;
      this.fail(new ApiError(status, detail ?? '', errors?.[0]?.location), step);
    } else if (this.started) {
      const { resolve } = this.started;
      this.started = null;
      resolve(message);
    } else if (step) {
      this.handlers.state(message, step);
    }
    this.next();
  }

  private fail(error: ApiError, step: Step | null = null): void {
    const { started } = this;
    this.started = null;
    if (started) started.reject(error);
    else this.handlers.failed(error, step);
  }
}

/** An answer with what a state changes in it. The first state after a start is applied to the answer without sites. */
export function applied(answer: Coverage, state: LiveState, facilities: Map<number, string>): Coverage {
  const rows = (old: Row[], counts: Count[]): Row[] => {
    const by = new Map(counts.map((c) => [c.code, c]));
    return old.map((row) => {
      const c = by.get(row.code);
      return c ? { ...row, covered: c.covered, unreachable: c.unreachable, off_network: c.off_network, share_percent: c.covered.map((n) => share(n, row.demand)), mean_seconds: null, median_seconds: null } : row;
    });
  };
  const { cell, seconds, site } = state.changed;
  const off = new Set(state.changed.off_network);
  const cells = { ...answer.cells, seconds: [...answer.cells.seconds], facility: [...answer.cells.facility], state: [...answer.cells.state] };
  cell.forEach((i, k) => {
    const s = seconds[k] ?? null;
    cells.seconds[i] = s;
    cells.facility[i] = s === null ? '' : (facilities.get(site[k]!) ?? triedID(site[k]!));
    cells.state[i] = off.has(i) ? 'off_network' : s === null ? 'unreachable' : 'reached';
  });
  return { ...answer, cells, territory: { ...state.totals.territory, name: answer.territory.name }, communes: rows(answer.communes, state.totals.communes), ages: rows(answer.ages, state.totals.ages) };
}

/** How cells name a tried site where they name facilities. */
export const triedID = (site: number): string => `~${site}`;

/** In percent, rounded to a hundredth as the server does. */
const share = (n: number, all: number): number | null => (all === 0 ? null : Math.floor((n / all) * 10000 + 0.5) / 100);

/** Where a site is put: to a metre, as links write it. */
export const rounded = ([lon, lat]: At): At => [Number(lon.toFixed(5)), Number(lat.toFixed(5))];
