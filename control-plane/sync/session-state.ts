/**
 * One data plane's session as a pure state machine: (state, event) → {state, effects}. It decides who may say what when,
 * what is sent next (one transfer at a time, then the newest: never a queue), and when the other side counts as gone. session.ts
 * carries the effects out. The table at the end is total: the compiler demands every cell, session-state.test.ts walks them.
 */
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { OLDEST_PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Answer, Applied, FellBack, Hello, Notice, Rejected, Renew, SyncMessage, Telemetry } from '../../shared/wire/sync-message.ts';
import type { PublishedVersion } from '../publish/publisher.ts';

/** What is being sent, without its bytes. */
export interface TransferInHand {
  readonly transferId: number;
  readonly kind: 'snapshot' | 'delta';
  readonly published: PublishedVersion;
  readonly length: number;
}

/** What every state knows of the connection. */
interface Link {
  /** Monotonic milliseconds of the last frame. */
  readonly heardAtMs: number;
  readonly pings: number;
  /** Chunks that the data plane still takes. */
  readonly chunkCredit: number;
  /** Telemetry batches that it may still send. */
  readonly telemetryAllowance: number;
}

/** What is known of the data plane after its Hello. */
interface Peer {
  /** What it serves; the root is unknown after it fell back. */
  readonly active: { readonly version: ConfigVersion; readonly contentRoot: string | undefined } | undefined;
  /** Versions it fell back from or refused for good: not offered again. */
  readonly unwanted: readonly ConfigVersion[];
  /** What it could not keep for want of disk: offered again after so many ticks. */
  readonly postponed: { readonly version: ConfigVersion; readonly ticks: number } | undefined;
  /** Whether the next offer must be a snapshot, because a delta did not fit. */
  readonly needsSnapshot: boolean;
  readonly newest: PublishedVersion | undefined;
  readonly transfers: number;
}

export type SessionState =
  /** The certificate is good; nothing was said yet. */
  | { readonly kind: 'awaiting-hello'; readonly link: Link }
  /** The certificate has expired: Renew is all that is taken. */
  | { readonly kind: 'renewing-only'; readonly link: Link }
  /** Hello came, Welcome is being prepared. */
  | { readonly kind: 'greeting'; readonly link: Link; readonly hello: Hello; readonly newest: PublishedVersion | undefined }
  | { readonly kind: 'settled'; readonly link: Link; readonly peer: Peer }
  /** The bytes of a transfer are being fetched. */
  | { readonly kind: 'preparing'; readonly link: Link; readonly peer: Peer }
  /** Announced; chunks go out one after the other. */
  | { readonly kind: 'sending'; readonly link: Link; readonly peer: Peer; readonly transfer: TransferInHand; readonly offset: number; readonly chunkOnItsWay: boolean }
  /** All bytes are out, the answer is not in. */
  | { readonly kind: 'confirming'; readonly link: Link; readonly peer: Peer; readonly transfer: TransferInHand }
  | { readonly kind: 'closed'; readonly link: Link };

export type SessionEvent =
  | { readonly kind: 'frame'; readonly message: SyncMessage; readonly nowMs: number }
  /** Welcome is ready to be sent; `newest` is what is published. */
  | { readonly kind: 'welcome-ready'; readonly welcome: SyncMessage; readonly newest: PublishedVersion | undefined }
  | { readonly kind: 'released'; readonly published: PublishedVersion }
  | { readonly kind: 'transfer-ready'; readonly transfer: Omit<TransferInHand, 'transferId'> | undefined }
  /** What was being prepared could not be had; the reason is logged. */
  | { readonly kind: 'transfer-failed' }
  | { readonly kind: 'chunk-sent'; readonly transferId: number }
  | { readonly kind: 'telemetry-stored'; readonly bootId: string; readonly sequence: number }
  | { readonly kind: 'tick'; readonly nowMs: number }
  /** To be ended by us: shutdown, revocation, a broken rule, another session of the same data plane. */
  | { readonly kind: 'end'; readonly code: string; readonly reason: string; readonly retryAfterMs: number }
  | { readonly kind: 'disconnected' };

export type SessionEffect =
  | { readonly kind: 'send'; readonly message: SyncMessage }
  | { readonly kind: 'greet'; readonly hello: Hello }
  /** Fetch the bytes from `base` (undefined: a snapshot) to the newest release. */
  | { readonly kind: 'prepare'; readonly base: ConfigVersion | undefined }
  | { readonly kind: 'announce'; readonly transferId: number }
  | { readonly kind: 'send-chunk'; readonly transferId: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'store-telemetry'; readonly telemetry: Telemetry }
  | { readonly kind: 'renew'; readonly renew: Renew }
  | { readonly kind: 'take-answer'; readonly answer: Answer }
  | { readonly kind: 'report-desired'; readonly version: ConfigVersion }
  /** Said at Hello: it serves this. */
  | { readonly kind: 'report-active'; readonly active: PublishedVersion }
  | { readonly kind: 'report-applied'; readonly applied: Applied }
  | { readonly kind: 'report-rejected'; readonly rejected: Rejected }
  | { readonly kind: 'report-fell-back'; readonly fellBack: FellBack }
  | { readonly kind: 'report-notice'; readonly notice: Notice }
  /** What serves elsewhere does not fit what is published: for the operator (S4). */
  | { readonly kind: 'alarm'; readonly event: string; readonly text: string }
  | { readonly kind: 'close'; readonly code: string; readonly reason: string; readonly retryAfterMs: number };

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** Telemetry batches that may be on their way at once. */
export const TELEMETRY_CREDIT = 8;
/** Both sides ping at this interval and give up after three without a word. */
export const PING_INTERVAL_MS = 10_000;
const SILENT_INTERVALS = 3;
/** Bytes of a transfer in one frame. */
export const CHUNK_BYTES = 64 * 1024;
/** More than this is no window but a mistake. */
const MAXIMUM_CHUNK_CREDIT = 100_000;
const UNWANTED_KEPT = 16;
/** Says nothing against a configuration: the disk was full, and may not be any more. */
const PASSING_REFUSAL = 'CONFIG_NOT_PERSISTED';
const POSTPONED_TICKS = 6;

/** The first state of a connection whose certificate was checked. */
export function initialState(certificate: 'valid' | 'expired', nowMs: number): SessionState {
  const link: Link = { heardAtMs: nowMs, pings: 0, chunkCredit: 0, telemetryAllowance: TELEMETRY_CREDIT };
  return { kind: certificate === 'valid' ? 'awaiting-hello' : 'renewing-only', link };
}

type Cell<S extends SessionState['kind'], E extends SessionEvent['kind']> = (state: Extract<SessionState, { kind: S }>, event: Extract<SessionEvent, { kind: E }>) => Step;
type SessionTable = { readonly [S in SessionState['kind']]: { readonly [E in SessionEvent['kind']]: Cell<S, E> } };
type Working = Extract<SessionState, { peer: Peer }>;

/** One step. Total: every event has a meaning in every state, often none. */
export function stepSession(state: SessionState, event: SessionEvent): Step {
  const cell: (state: never, event: never) => Step = SESSION_TABLE[state.kind][event.kind];
  // The table's type ties each cell to its state and event; the compiler can't follow that through two look-ups.
  return cell(state as never, event as never);
}

const ignore = (state: SessionState): Step => ({ state, effects: [] });

const end = (state: SessionState, { code, reason, retryAfterMs }: Extract<SessionEvent, { kind: 'end' }>): Step => ({
  state: { kind: 'closed', link: state.link },
  effects: [{ kind: 'send', message: { kind: 'bye', code, reason, retryAfterMs } }, { kind: 'close', code, reason, retryAfterMs }],
});

const violate = (state: SessionState, broken: { readonly code: string; readonly reason: string }): Step => end(state, { kind: 'end', ...broken, retryAfterMs: 0 });

const disconnect = (state: SessionState): Step => ({ state: { kind: 'closed', link: state.link }, effects: [] });

/** Liveness: a ping each interval; three of them without a frame and the session is over. */
const tick = (state: SessionState, { nowMs }: { readonly nowMs: number }): Step => {
  if (nowMs - state.link.heardAtMs > PING_INTERVAL_MS * SILENT_INTERVALS) return violate(state, { code: 'SYNC_SILENT', reason: `nothing was heard for ${Math.round((nowMs - state.link.heardAtMs) / 1000)} s` });
  const nonce = state.link.pings + 1;
  return { state: { ...state, link: { ...state.link, pings: nonce } }, effects: [{ kind: 'send', message: { kind: 'ping', nonce, answer: false } }] };
};

/** What could not be prepared is tried again (C1). */
const tickSettled = (state: Extract<SessionState, { kind: 'settled' }>, event: { readonly nowMs: number }): Step => {
  const step = tick(state, event);
  return step.state.kind === 'settled' ? offer(step.state.link, passTick(step.state.peer), step.effects) : step;
};

const heard = <S extends SessionState>(state: S, nowMs: number): S => ({ ...state, link: { ...state.link, heardAtMs: nowMs } });

/** Frames that mean the same wherever a session lives; the others go to `rest`. */
function takeFrame(state: SessionState, { message }: Extract<SessionEvent, { kind: 'frame' }>, rest: (message: SyncMessage) => Step | undefined): Step {
  if (message.kind === 'ping') return message.answer ? ignore(state) : { state, effects: [{ kind: 'send', message: { kind: 'ping', nonce: message.nonce, answer: true } }] };
  if (message.kind === 'bye') return { state: { kind: 'closed', link: state.link }, effects: [{ kind: 'close', code: message.code, reason: message.reason, retryAfterMs: 0 }] };
  if (message.kind === 'renew') return { state, effects: [{ kind: 'renew', renew: message }] };
  return rest(message) ?? violate(state, { code: 'SYNC_UNEXPECTED_FRAME', reason: `a ${message.kind} frame does not belong here (${state.kind})` });
}

function awaitHello(before: Extract<SessionState, { kind: 'awaiting-hello' }>, event: Extract<SessionEvent, { kind: 'frame' }>): Step {
  const state = heard(before, event.nowMs);
  return takeFrame(state, event, (message) => {
    if (message.kind !== 'hello') return undefined;
    if (message.protocolVersion < OLDEST_PROTOCOL_VERSION) {
      return violate(state, { code: 'SYNC_PROTOCOL_UNSUPPORTED', reason: `protocol version ${message.protocolVersion} is not spoken here any more; upgrade the data plane` });
    }
    return { state: { kind: 'greeting', link: state.link, hello: message, newest: undefined }, effects: [{ kind: 'greet', hello: message }] };
  });
}

function onlyRenew(before: Extract<SessionState, { kind: 'renewing-only' }>, event: Extract<SessionEvent, { kind: 'frame' }>): Step {
  const state = heard(before, event.nowMs);
  return takeFrame(state, event, () => violate(state, { code: 'SYNC_CERTIFICATE_EXPIRED', reason: 'the certificate has expired: only Renew is taken' }));
}

/** Credit for chunks may come early; credit for telemetry is given by Welcome, so telemetry can't. */
function awaitWelcome(before: Extract<SessionState, { kind: 'greeting' }>, event: Extract<SessionEvent, { kind: 'frame' }>): Step {
  const state = heard(before, event.nowMs);
  return takeFrame(state, event, (message) => (message.kind === 'credit' ? addCredit(state, message.chunks) : undefined));
}

function welcome(state: Extract<SessionState, { kind: 'greeting' }>, event: Extract<SessionEvent, { kind: 'welcome-ready' }>): Step {
  const { hello } = state;
  const newest = newerOf(state.newest, event.newest);
  const active = hello.active;
  const peer: Peer = { active, unwanted: hello.barred.map((barred) => barred.from), postponed: undefined, needsSnapshot: false, newest, transfers: 0 };
  const effects: SessionEffect[] = [{ kind: 'send', message: event.welcome }];
  if (active !== undefined) effects.push({ kind: 'report-active', active });
  const alarm = alarmOf(hello, newest);
  if (alarm !== undefined) effects.push(alarm);
  return offer(state.link, peer, effects);
}

/** What is odd about what a data plane has, compared with what is published (S4). */
function alarmOf({ active, highestAccepted }: Hello, newest: PublishedVersion | undefined): SessionEffect | undefined {
  const newestVersion = newest?.version ?? NO_VERSION;
  if (compareVersions(highestAccepted, newestVersion) > 0) {
    return { kind: 'alarm', event: 'data-plane-ahead', text: `it accepted ${formatVersion(highestAccepted)}, newer than ${formatVersion(newestVersion)}, which is the newest here` };
  }
  if (active === undefined || newest === undefined || compareVersions(active.version, newestVersion) !== 0 || active.contentRoot === newest.contentRoot) return undefined;
  return { kind: 'alarm', event: 'data-plane-diverged', text: `it serves ${formatVersion(active.version)} with other content than was published` };
}

/** Begins the next transfer where the data plane needs one and wants it. */
function offer(link: Link, peer: Peer, effects: readonly SessionEffect[]): Step {
  const { active, newest } = peer;
  const settled: Step = { state: { kind: 'settled', link, peer }, effects };
  if (newest === undefined || [...peer.unwanted, peer.postponed?.version].some((version) => version !== undefined && compareVersions(version, newest.version) === 0)) return settled;
  const order = active === undefined ? -1 : compareVersions(active.version, newest.version);
  if (order > 0 || (order === 0 && (active?.contentRoot ?? newest.contentRoot) === newest.contentRoot)) return settled;
  const base = peer.needsSnapshot || order === 0 ? undefined : active?.version;
  return {
    state: { kind: 'preparing', link, peer },
    effects: [...effects, { kind: 'report-desired', version: newest.version }, { kind: 'prepare', base }],
  };
}

function announce(state: Extract<SessionState, { kind: 'preparing' }>, event: Extract<SessionEvent, { kind: 'transfer-ready' }>): Step {
  if (event.transfer === undefined) return { state: { kind: 'settled', link: state.link, peer: state.peer }, effects: [] };
  const { published } = event.transfer;
  const { active } = state.peer;
  // What a session before this one brought was still being applied at its Hello, and now it serves.
  if (active?.contentRoot === published.contentRoot && compareVersions(active.version, published.version) === 0) return offer(state.link, state.peer, []);
  const transferId = state.peer.transfers + 1;
  const peer: Peer = { ...state.peer, transfers: transferId, newest: newerOf(state.peer.newest, published) };
  const transfer: TransferInHand = { ...event.transfer, transferId };
  return sendNext({ kind: 'sending', link: state.link, peer, transfer, offset: 0, chunkOnItsWay: false }, [{ kind: 'announce', transferId }]);
}

/** Sends the next chunk where credit allows and the one before has left, so that other frames wait behind one at most. */
function sendNext(state: Extract<SessionState, { kind: 'sending' }>, effects: readonly SessionEffect[]): Step {
  const { link, peer, transfer, offset } = state;
  if (state.chunkOnItsWay) return { state, effects };
  if (offset === transfer.length) return { state: { kind: 'confirming', link, peer, transfer }, effects };
  if (link.chunkCredit === 0) return { state, effects };
  const length = Math.min(CHUNK_BYTES, transfer.length - offset);
  return {
    state: { ...state, link: { ...link, chunkCredit: link.chunkCredit - 1 }, offset: offset + length, chunkOnItsWay: true },
    effects: [...effects, { kind: 'send-chunk', transferId: transfer.transferId, offset, length }],
  };
}

function addCredit<S extends SessionState>(state: S, chunks: number): Step {
  const chunkCredit = state.link.chunkCredit + chunks;
  if (chunkCredit > MAXIMUM_CHUNK_CREDIT) return violate(state, { code: 'SYNC_UNEXPECTED_FRAME', reason: 'more chunk credit than makes sense' });
  return { state: { ...state, link: { ...state.link, chunkCredit } }, effects: [] };
}

/** Frames of a session that was welcomed. */
function work(before: Working, event: Extract<SessionEvent, { kind: 'frame' }>): Step {
  const state = heard(before, event.nowMs);
  return takeFrame(state, event, (message) => {
    switch (message.kind) {
      case 'credit': {
        const step = addCredit(state, message.chunks);
        return step.state.kind === 'sending' ? sendNext(step.state, step.effects) : step;
      }
      case 'telemetry': {
        const { telemetryAllowance } = state.link;
        if (telemetryAllowance === 0) return violate(state, { code: 'SYNC_CREDIT_EXCEEDED', reason: 'telemetry came without credit' });
        return { state: { ...state, link: { ...state.link, telemetryAllowance: telemetryAllowance - 1 } }, effects: [{ kind: 'store-telemetry', telemetry: message }] };
      }
      case 'notice':
        return { state, effects: [{ kind: 'report-notice', notice: message }] };
      case 'answer':
        return { state, effects: [{ kind: 'take-answer', answer: message }] };
      case 'applied':
        return applied(state, message);
      case 'rejected':
        return rejected(state, message);
      case 'fell-back':
        return fellBack(state, message);
      default:
        return undefined;
    }
  });
}

function applied(state: Working, message: Applied): Step {
  const active = { version: message.version, contentRoot: message.contentRoot };
  const peer: Peer = { ...state.peer, active, needsSnapshot: false };
  return afterAnswer(state, peer, message.version, [{ kind: 'report-applied', applied: message }]);
}

function rejected(state: Working, message: Rejected): Step {
  const inHand = transferOf(state);
  // A delta that does not fit what the data plane has says nothing against the version: the whole may fit.
  const retryWhole = inHand?.kind === 'delta' && compareVersions(inHand.published.version, message.version) === 0 && message.code.startsWith('TRANSFER_');
  const peer: Peer = { ...state.peer, ...(retryWhole ? { needsSnapshot: true } : putAside(state.peer, message)) };
  return afterAnswer(state, peer, message.version, [{ kind: 'report-rejected', rejected: message }]);
}

function putAside(peer: Peer, { version, code }: Rejected): Partial<Peer> {
  return code === PASSING_REFUSAL ? { postponed: { version, ticks: POSTPONED_TICKS } } : { unwanted: addUnwanted(peer, version) };
}

function passTick(peer: Peer): Peer {
  const { postponed } = peer;
  return postponed === undefined ? peer : { ...peer, postponed: postponed.ticks <= 1 ? undefined : { ...postponed, ticks: postponed.ticks - 1 } };
}

function fellBack(state: Working, message: FellBack): Step {
  const active = compareVersions(message.to, NO_VERSION) === 0 ? undefined : { version: message.to, contentRoot: undefined };
  const peer: Peer = { ...state.peer, active, unwanted: addUnwanted(state.peer, message.from) };
  return afterAnswer(state, peer, undefined, [{ kind: 'report-fell-back', fellBack: message }]);
}

/** The answer ends the transfer it is about; what is newest by now comes next. */
function afterAnswer(state: Working, peer: Peer, about: ConfigVersion | undefined, effects: readonly SessionEffect[]): Step {
  const inHand = transferOf(state);
  const isOver = inHand === undefined ? state.kind === 'settled' : about !== undefined && compareVersions(inHand.published.version, about) === 0;
  return isOver ? offer(state.link, peer, effects) : { state: { ...state, peer }, effects };
}

function transferOf(state: Working): TransferInHand | undefined {
  return state.kind === 'sending' || state.kind === 'confirming' ? state.transfer : undefined;
}

function addUnwanted(peer: Peer, version: ConfigVersion): readonly ConfigVersion[] {
  return [...peer.unwanted, version].slice(-UNWANTED_KEPT);
}

function newerOf(a: PublishedVersion | undefined, b: PublishedVersion | undefined): PublishedVersion | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareVersions(a.version, b.version) >= 0 ? a : b;
}

/** Another transfer is under way: the newest is remembered, nothing queues. */
const rememberRelease = (state: Working, { published }: { readonly published: PublishedVersion }): Step => ({
  state: { ...state, peer: { ...state.peer, newest: newerOf(state.peer.newest, published) } },
  effects: [],
});

const offerRelease = (state: Working, { published }: { readonly published: PublishedVersion }): Step =>
  offer(state.link, { ...state.peer, newest: newerOf(state.peer.newest, published) }, []);

/** Stored: the data plane may forget it, and send one more. */
const acknowledge = (state: Working, { bootId, sequence }: { readonly bootId: string; readonly sequence: number }): Step => ({
  state: { ...state, link: { ...state.link, telemetryAllowance: state.link.telemetryAllowance + 1 } },
  effects: [
    { kind: 'send', message: { kind: 'telemetry-ack', bootId, sequence } },
    { kind: 'send', message: { kind: 'credit', chunks: 0, telemetry: 1 } },
  ],
});

const everywhere = { tick, end, disconnected: disconnect };
const beforeWelcome = {
  ...everywhere, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore, 'telemetry-stored': ignore,
};
const welcomed = { ...everywhere, frame: work, 'welcome-ready': ignore, 'telemetry-stored': acknowledge };

export const SESSION_TABLE: SessionTable = {
  'awaiting-hello': { ...beforeWelcome, frame: awaitHello, 'welcome-ready': ignore, released: ignore },
  'renewing-only': { ...beforeWelcome, frame: onlyRenew, 'welcome-ready': ignore, released: ignore },
  greeting: {
    ...beforeWelcome, frame: awaitWelcome, 'welcome-ready': welcome,
    released: (state, { published }) => ({ state: { ...state, newest: newerOf(state.newest, published) }, effects: [] }),
  },
  settled: { ...welcomed, tick: tickSettled, released: offerRelease, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore },
  preparing: {
    ...welcomed, released: rememberRelease, 'transfer-ready': announce, 'chunk-sent': ignore,
    // Tried again at the next tick.
    'transfer-failed': (state) => ({ state: { kind: 'settled', link: state.link, peer: state.peer }, effects: [] }),
  },
  sending: {
    ...welcomed, released: rememberRelease, 'transfer-ready': ignore, 'transfer-failed': ignore,
    'chunk-sent': (state, { transferId }) => (transferId === state.transfer.transferId ? sendNext({ ...state, chunkOnItsWay: false }, []) : ignore(state)),
  },
  confirming: { ...welcomed, released: rememberRelease, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore },
  closed: {
    frame: ignore, 'welcome-ready': ignore, released: ignore, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore,
    'telemetry-stored': ignore, tick: ignore, end: ignore, disconnected: ignore,
  },
};
