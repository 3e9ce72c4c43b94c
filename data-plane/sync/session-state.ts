/**
 * The life of the connection to a control plane as a pure state machine: (state, event) → state and effects. A total
 * table, so that the compiler demands an answer for every event in every phase. session.ts carries the effects out.
 * No phase of it touches what is served (S1).
 *
 *   idle → connecting → greeting → live
 *              ↑  ↑         |        |
 *              |  └─────────┴────────┴──→ waiting (backoff) ──→ connecting, next address
 *              └── a renewed certificate reconnects at once          any phase → stopped
 */
export type SessionPhase = 'idle' | 'connecting' | 'greeting' | 'live' | 'waiting' | 'stopped';

export interface SessionState {
  readonly phase: SessionPhase;
  /** Index of the control-plane address in use or next to try. */
  readonly address: number;
}

export type SessionEventKind =
  /** Begin; also after `stopped` nothing begins again. */
  | 'start'
  /** The WebSocket stands. */
  | 'opened'
  /** Welcome came and its signed statements held. */
  | 'welcomed'
  /** The connection could not be made, or ended. */
  | 'closed'
  /** Nothing was heard for too long, in whatever phase. */
  | 'silent'
  /** The other side broke the protocol, or a statement of its Welcome does not hold. */
  | 'violated'
  /** The other side says goodbye, perhaps with a time to stay away. */
  | 'bye'
  /** A new certificate has come, because the old one had expired. */
  | 'renewed'
  | 'retry-due'
  | 'stop';

export interface SessionEvent {
  readonly kind: SessionEventKind;
  /** For the log and the status page: why, in words. */
  readonly reason?: string;
  /** How long the other side asks us to stay away. */
  readonly retryAfterMs?: number;
}

export type SessionEffect =
  | { readonly kind: 'connect'; readonly address: number }
  | { readonly kind: 'greet' }
  /** The other side has proved itself: the backoff begins anew, pings begin, the owner is told. */
  | { readonly kind: 'go-live' }
  | { readonly kind: 'leave-live'; readonly reason: string }
  /** Close the socket, with a Bye of this code where it can still be sent. */
  | { readonly kind: 'hang-up'; readonly code: ByeCode; readonly reason: string }
  | { readonly kind: 'schedule-retry'; readonly reason: string; readonly atLeastMs: number }
  | { readonly kind: 'cancel-retry' };

/** What we say when we hang up: listed in ERRORS.md, but for `shutting-down`. */
export type ByeCode = 'shutting-down' | 'SYNC_SILENT' | 'SYNC_VIOLATED' | 'SYNC_CERTIFICATE_RENEWED';

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

type Cell = (state: SessionState, event: SessionEvent, addresses: number) => Step;
export type SessionTable = { readonly [P in SessionPhase]: { readonly [E in SessionEventKind]: Cell } };

/** No control plane, whatever is wrong with it, can send a data plane away for longer. */
const LONGEST_AWAY_MS = 10 * 60_000;

export const INITIAL_STATE: SessionState = { phase: 'idle', address: 0 };

/** One step. `addresses` is how many control-plane addresses there are, at least one. */
export function stepSession(state: SessionState, event: SessionEvent, addresses: number): Step {
  return SESSION_TABLE[state.phase][event.kind](state, event, addresses);
}

/** Late news of a connection that is no longer ours, and events that mean nothing in a phase. */
const ignore: Cell = (state) => ({ state, effects: [] });

const connect: Cell = (state) => ({ state: { ...state, phase: 'connecting' }, effects: [{ kind: 'connect', address: state.address }] });

const greet: Cell = (state) => ({ state: { ...state, phase: 'greeting' }, effects: [{ kind: 'greet' }] });

const goLive: Cell = (state) => ({ state: { ...state, phase: 'live' }, effects: [{ kind: 'go-live' }] });

/** The socket is gone: wait, then try the next address. */
const lost: Cell = (state, event, addresses) => retry(state, event, addresses, []);

/** The socket is there but of no use: close it, wait, then try the next address. */
const abandoned: Cell = (state, event, addresses) => retry(state, event, addresses, [hangUp(event)]);

const lostLive: Cell = (state, event, addresses) => retry(state, event, addresses, [{ kind: 'leave-live', reason: reasonOf(event) }]);

const abandonedLive: Cell = (state, event, addresses) =>
  retry(state, event, addresses, [{ kind: 'leave-live', reason: reasonOf(event) }, hangUp(event)]);

/** The same address, at once, with the new certificate. */
const reconnect: Cell = (state) => ({
  state: { ...state, phase: 'connecting' },
  effects: [{ kind: 'hang-up', code: 'SYNC_CERTIFICATE_RENEWED', reason: 'coming back with the new certificate' }, { kind: 'connect', address: state.address }],
});

const stop: Cell = (state) => ({ state: { ...state, phase: 'stopped' }, effects: [] });
const stopWaiting: Cell = (state) => ({ state: { ...state, phase: 'stopped' }, effects: [{ kind: 'cancel-retry' }] });
const stopConnected: Cell = (state) => ({ state: { ...state, phase: 'stopped' }, effects: [{ kind: 'hang-up', code: 'shutting-down', reason: 'the data plane is stopping' }] });
const stopLive: Cell = (state) => ({
  state: { ...state, phase: 'stopped' },
  effects: [{ kind: 'leave-live', reason: 'shutting down' }, { kind: 'hang-up', code: 'shutting-down', reason: 'the data plane is stopping' }],
});

export const SESSION_TABLE: SessionTable = {
  idle: {
    start: connect, opened: ignore, welcomed: ignore, closed: ignore, silent: ignore,
    violated: ignore, bye: ignore, renewed: ignore, 'retry-due': ignore, stop,
  },
  connecting: {
    start: ignore, opened: greet, welcomed: ignore, closed: lost, silent: abandoned,
    violated: abandoned, bye: abandoned, renewed: ignore, 'retry-due': ignore, stop: stopConnected,
  },
  greeting: {
    start: ignore, opened: ignore, welcomed: goLive, closed: lost, silent: abandoned,
    violated: abandoned, bye: abandoned, renewed: reconnect, 'retry-due': ignore, stop: stopConnected,
  },
  live: {
    // A certificate renewed in time serves from the next connection on.
    start: ignore, opened: ignore, welcomed: ignore, closed: lostLive, silent: abandonedLive,
    violated: abandonedLive, bye: abandonedLive, renewed: ignore, 'retry-due': ignore, stop: stopLive,
  },
  waiting: {
    start: ignore, opened: ignore, welcomed: ignore, closed: ignore, silent: ignore,
    violated: ignore, bye: ignore, renewed: ignore, 'retry-due': connect, stop: stopWaiting,
  },
  stopped: {
    start: ignore, opened: ignore, welcomed: ignore, closed: ignore, silent: ignore,
    violated: ignore, bye: ignore, renewed: ignore, 'retry-due': ignore, stop: ignore,
  },
};

function retry(state: SessionState, event: SessionEvent, addresses: number, before: readonly SessionEffect[]): Step {
  return {
    state: { phase: 'waiting', address: (state.address + 1) % addresses },
    effects: [...before, { kind: 'schedule-retry', reason: reasonOf(event), atLeastMs: Math.min(event.retryAfterMs ?? 0, LONGEST_AWAY_MS) }],
  };
}

function hangUp(event: SessionEvent): SessionEffect {
  const said = event.kind === 'silent' ? ({ code: 'SYNC_SILENT' } as const) : ({ code: 'SYNC_VIOLATED' } as const);
  return { kind: 'hang-up', ...said, reason: reasonOf(event) };
}

function reasonOf(event: SessionEvent): string {
  return event.reason ?? event.kind;
}
