/**
 * One data plane's session as a pure state machine: (state, event) → {state, effects}. It decides who may say what when,
 * what is sent next (one transfer at a time, then the newest: never a queue), and when the other side counts as gone. session.ts
 * carries the effects out. The table at the end is total: the compiler demands every cell, session-state.test.ts walks them.
 */
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { OLDEST_PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Applied, FellBack, Hello, Rejected, SyncMessage } from '../../shared/wire/sync-message.ts';
import type { PublishedVersion } from '../publish/publisher.ts';
import type { AlarmCode, Link, Peer, SessionEffect, SessionEvent, SessionState, Step, TransferInHand } from './session-events.ts';

/** Telemetry batches that may be on their way at once. */
export const TELEMETRY_CREDIT = 8;
/** Likewise of access records, which are larger: one is hundreds of records, and a quarter of a megabyte at most. */
export const RECORDS_CREDIT = 2;
/** Both sides ping at this interval and give up after three without a word. */
export const PING_INTERVAL_MS = 10_000;
const SILENT_INTERVALS = 3;
/** Bytes of a transfer in one frame. */
export const CHUNK_BYTES = 64 * 1024;
/** More than this is no window but a mistake. */
const MAXIMUM_CHUNK_CREDIT = 100_000;
const UNWANTED_KEPT = 16;
/**
 * Refusals that say nothing against a configuration, with the ticks after which it is offered again: the disk was full and may
 * not be any more; it was signed by a key that was replaced while it was on its way.
 */
const PASSING_REFUSALS: ReadonlyMap<string, number> = new Map([['CONFIG_NOT_PERSISTED', 6], ['TRUST_KEY_UNKNOWN', 1]]);
/** From the connection to Hello, or to Renew where the certificate has expired; looked at with every tick. */
const GREETING_TIMEOUT_MS = 15_000;
/** How long an answer may take once all bytes are out: a large configuration on a busy machine takes a minute or two. */
const CONFIRMING_TICKS = 30;
/** How long the bytes may take: a minute, and at this rate. Who is slower goes on where it was, in another session. */
const SENDING_TICKS = 6;
const SLOWEST_BYTES_PER_TICK = 160 * 1024;
/** After a session that got nowhere. */
const RETRY_AFTER_MS = 10_000;
/**
 * What is taken between two ticks. Some answers cost a query each; a data plane that gets twenty changes a second, or a snapshot at
 * 100 MB/s, sends less than half of these frames; of its targets it tells once a second at most, of its counts in four frames a second. A renewal costs two signatures and a write.
 */
const PER_TICK = { frameAllowance: 5_000, noticeAllowance: 20, healthAllowance: 20, countsAllowance: 64, renewAllowance: 3 } as const;

/** The first state of a connection whose certificate was checked. */
export function initialState(certificate: 'valid' | 'expired', nowMs: number): SessionState {
  const link: Link = { openedAtMs: nowMs, heardAtMs: nowMs, pings: 0, ...PER_TICK, chunkCredit: 0, telemetryAllowance: TELEMETRY_CREDIT, recordsAllowance: RECORDS_CREDIT };
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

/** Liveness: a ping after an interval in which nothing was heard; three of them and the session is over. */
const tick = (state: SessionState, { nowMs }: { readonly nowMs: number }): Step => {
  const silentMs = nowMs - state.link.heardAtMs;
  if (silentMs > PING_INTERVAL_MS * SILENT_INTERVALS) return violate(state, { code: 'SYNC_SILENT', reason: `nothing was heard for ${Math.round(silentMs / 1000)} s` });
  const link: Link = { ...state.link, ...PER_TICK };
  if (silentMs < PING_INTERVAL_MS) return { state: { ...state, link }, effects: [] };
  const nonce = link.pings + 1;
  return { state: { ...state, link: { ...link, pings: nonce } }, effects: [{ kind: 'send', message: { kind: 'ping', nonce, answer: false } }] };
};

/** Whoever is let in has to say what for. */
const tickUngreeted = (state: SessionState, event: { readonly nowMs: number }): Step =>
  event.nowMs - state.link.openedAtMs > GREETING_TIMEOUT_MS
    ? end(state, { kind: 'end', code: 'SYNC_GREETING_LATE', reason: `no greeting came within ${GREETING_TIMEOUT_MS / 1000} s`, retryAfterMs: RETRY_AFTER_MS })
    : tick(state, event);

/** What could not be prepared is tried again (C1). */
const tickSettled = (state: Extract<SessionState, { kind: 'settled' }>, event: { readonly nowMs: number }): Step => {
  const step = tick(state, event);
  return step.state.kind === 'settled' ? offer(step.state.link, passTick(step.state.peer), step.effects) : step;
};

/** A data plane that takes a byte now and then must not hold a transfer for ever (R5). */
const tickSending = (state: Extract<SessionState, { kind: 'sending' }>, event: { readonly nowMs: number }): Step => {
  const { transfer, ticks } = state;
  if (ticks < SENDING_TICKS + transfer.length / SLOWEST_BYTES_PER_TICK) return tick({ ...state, ticks: ticks + 1 }, event);
  const reason = `${state.offset} of ${transfer.length} bytes in ${ticks} intervals of ${PING_INTERVAL_MS / 1000} s`;
  return end(state, { kind: 'end', code: 'SYNC_TRANSFER_SLOW', reason, retryAfterMs: RETRY_AFTER_MS });
};

/** All was received and nobody says what became of it. */
const tickConfirming = (state: Extract<SessionState, { kind: 'confirming' }>, event: { readonly nowMs: number }): Step => {
  const { transfer, ticks } = state;
  if (ticks < CONFIRMING_TICKS) return tick({ ...state, ticks: ticks + 1 }, event);
  const reason = `it was sent ${formatVersion(transfer.published.version)} and did not answer within ${(CONFIRMING_TICKS * PING_INTERVAL_MS) / 60_000} min`;
  const ended = end(state, { kind: 'end', code: 'SYNC_UNANSWERED', reason, retryAfterMs: RETRY_AFTER_MS });
  return { ...ended, effects: [{ kind: 'alarm', code: 'SYNC_UNANSWERED', detail: reason }, ...ended.effects] };
};

const heard = <S extends SessionState>(state: S, nowMs: number): S => ({ ...state, link: { ...state.link, heardAtMs: nowMs, frameAllowance: state.link.frameAllowance - 1 } });

/** Frames that mean the same wherever a session lives; the others go to `rest`. */
function takeFrame(state: SessionState, { message }: Extract<SessionEvent, { kind: 'frame' }>, rest: (message: SyncMessage) => Step | undefined): Step {
  const { frameAllowance, renewAllowance } = state.link;
  if (frameAllowance < 0) {
    return end(state, { kind: 'end', code: 'SYNC_FLOODED', reason: `more than ${PER_TICK.frameAllowance} frames came within ${PING_INTERVAL_MS / 1000} s`, retryAfterMs: RETRY_AFTER_MS });
  }
  if (message.kind === 'ping') return message.answer ? ignore(state) : { state, effects: [{ kind: 'send', message: { kind: 'ping', nonce: message.nonce, answer: true } }] };
  if (message.kind === 'bye') return { state: { kind: 'closed', link: state.link }, effects: [{ kind: 'close', code: message.code, reason: message.reason, retryAfterMs: 0 }] };
  if (message.kind === 'renew') {
    if (renewAllowance === 0) return ignore(state);
    return { state: { ...state, link: { ...state.link, renewAllowance: renewAllowance - 1 } }, effects: [{ kind: 'renew', renew: message }] };
  }
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
  const { active, partial, highestAccepted } = hello;
  const peer: Peer = {
    newcomer: active === undefined && compareVersions(highestAccepted, NO_VERSION) === 0, active, unwanted: hello.barred.map((barred) => barred.from), postponed: undefined, needsSnapshot: false, partial, newest,
  };
  const effects: SessionEffect[] = [{ kind: 'send', message: event.welcome }];
  if (active !== undefined) effects.push({ kind: 'report-active', active });
  effects.push(...judge(hello, newest));
  return offer(state.link, peer, effects);
}

/** What is odd about what a data plane has, compared with what is published (S4). Whether one that is ahead of us is ahead of all, the store knows. */
function judge({ active, highestAccepted }: Hello, newest: PublishedVersion | undefined): readonly SessionEffect[] {
  const newestVersion = newest?.version ?? NO_VERSION;
  if (compareVersions(highestAccepted, newestVersion) > 0) return [];
  if (isOther(active, newest)) return [settle('SYNC_DATA_PLANE_AHEAD'), diverged(newestVersion)];
  return [active === undefined ? settle('SYNC_DATA_PLANE_AHEAD') : settle('SYNC_DATA_PLANE_AHEAD', 'SYNC_DATA_PLANE_DIVERGED')];
}

/** The same version with other content. */
function isOther(active: Peer['active'], published: PublishedVersion | undefined): boolean {
  if (active?.contentRoot === undefined || published === undefined) return false;
  return compareVersions(active.version, published.version) === 0 && active.contentRoot !== published.contentRoot;
}

const settle = (...codes: readonly AlarmCode[]): SessionEffect => ({ kind: 'settle', codes });
const diverged = (version: ConfigVersion): SessionEffect => ({ kind: 'alarm', code: 'SYNC_DATA_PLANE_DIVERGED', detail: `it serves ${formatVersion(version)} with other content than was published` });

/** Begins the next transfer where the data plane needs one and wants it. */
function offer(link: Link, peer: Peer, effects: readonly SessionEffect[]): Step {
  const { active, newest } = peer;
  const settled: Step = { state: { kind: 'settled', link, peer }, effects };
  if (newest === undefined || [...peer.unwanted, peer.postponed?.version].some((version) => version !== undefined && compareVersions(version, newest.version) === 0)) return settled;
  const order = active === undefined ? -1 : compareVersions(active.version, newest.version);
  if (order > 0 || (order === 0 && (active?.contentRoot ?? newest.contentRoot) === newest.contentRoot)) return settled;
  const base = peer.needsSnapshot || order === 0 ? undefined : active?.version;
  return {
    state: { kind: 'preparing', link, peer: { ...peer, partial: undefined } },
    effects: [...effects, { kind: 'report-desired', version: newest.version }, { kind: 'prepare', base, partial: peer.partial, newcomer: peer.newcomer }],
  };
}

function announce(state: Extract<SessionState, { kind: 'preparing' }>, event: Extract<SessionEvent, { kind: 'transfer-ready' }>): Step {
  if (event.transfer === undefined) return { state: { kind: 'settled', link: state.link, peer: state.peer }, effects: [] };
  const { published } = event.transfer;
  const { active } = state.peer;
  // What a session before this one brought was still being applied at its Hello, and now it serves.
  if (active?.contentRoot === published.contentRoot && compareVersions(active.version, published.version) === 0) return offer(state.link, state.peer, []);
  const peer: Peer = { ...state.peer, newest: newerOf(state.peer.newest, published) };
  const { transfer } = event;
  return sendNext({ kind: 'sending', link: state.link, peer, transfer, offset: transfer.startOffset, chunkOnItsWay: false, ticks: 0 }, [{ kind: 'announce', startOffset: transfer.startOffset }]);
}

/** Sends the next chunk where credit allows and the one before has left, so that other frames wait behind one at most. */
function sendNext(state: Extract<SessionState, { kind: 'sending' }>, effects: readonly SessionEffect[]): Step {
  const { link, peer, transfer, offset } = state;
  if (state.chunkOnItsWay) return { state, effects };
  if (offset === transfer.length) return { state: { kind: 'confirming', link, peer, transfer, ticks: 0 }, effects };
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
        const allowance = message.records ? 'recordsAllowance' : 'telemetryAllowance';
        if (state.link[allowance] === 0) return violate(state, { code: 'SYNC_CREDIT_EXCEEDED', reason: `${message.records ? 'access records' : 'telemetry'} came without credit` });
        return { state: { ...state, link: { ...state.link, [allowance]: state.link[allowance] - 1 } }, effects: [{ kind: 'store-telemetry', telemetry: message }] };
      }
      case 'notice': {
        const { noticeAllowance } = state.link;
        if (noticeAllowance === 0) return ignore(state);
        return { state: { ...state, link: { ...state.link, noticeAllowance: noticeAllowance - 1 } }, effects: [{ kind: 'report-notice', notice: message }] };
      }
      case 'health': {
        const { healthAllowance } = state.link;
        if (healthAllowance === 0) return ignore(state);
        return { state: { ...state, link: { ...state.link, healthAllowance: healthAllowance - 1 } }, effects: [{ kind: 'report-health', health: message }] };
      }
      case 'counts': {
        const { countsAllowance } = state.link;
        if (countsAllowance === 0) return ignore(state);
        return { state: { ...state, link: { ...state.link, countsAllowance: countsAllowance - 1 } }, effects: [{ kind: 'take-counts', counts: message }] };
      }
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
  const effects: SessionEffect[] = [{ kind: 'report-applied', applied: message }];
  const peer: Peer = { ...state.peer, newcomer: false, active, needsSnapshot: false };
  if (isOther(active, transferOf(state)?.published ?? peer.newest)) {
    // Offered once more it would be answered alike: the operator has to look (S4).
    return afterAnswer(state, { ...peer, unwanted: addUnwanted(peer, message.version) }, message.version, [...effects, diverged(message.version)]);
  }
  return afterAnswer(state, peer, message.version, [...effects, settle('SYNC_DATA_PLANE_DIVERGED', 'SYNC_UNANSWERED')]);
}

function rejected(state: Working, message: Rejected): Step {
  const inHand = transferOf(state);
  // A delta that does not fit what the data plane has, or the end of a transfer that does not fit its beginning, says
  // nothing against the version: the whole may fit.
  const isPart = inHand !== undefined && (inHand.kind === 'delta' || inHand.startOffset > 0);
  const retryWhole = isPart && compareVersions(inHand.published.version, message.version) === 0 && message.code.startsWith('TRANSFER_');
  const peer: Peer = { ...state.peer, ...(retryWhole ? { needsSnapshot: true } : putAside(state.peer, message)) };
  return afterAnswer(state, peer, message.version, [{ kind: 'report-rejected', rejected: message }]);
}

function putAside(peer: Peer, { version, code }: Rejected): Partial<Peer> {
  const ticks = PASSING_REFUSALS.get(code);
  return ticks === undefined ? { unwanted: addUnwanted(peer, version) } : { postponed: { version, ticks } };
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
const acknowledge = (state: Working, { bootId, sequence, records }: Extract<SessionEvent, { kind: 'telemetry-stored' }>): Step => {
  const allowance = records ? 'recordsAllowance' : 'telemetryAllowance';
  return {
    state: { ...state, link: { ...state.link, [allowance]: state.link[allowance] + 1 } },
    effects: [
      { kind: 'send', message: { kind: 'telemetry-ack', bootId, sequence, records } },
      { kind: 'send', message: { kind: 'credit', chunks: 0, telemetry: records ? 0 : 1, records: records ? 1 : 0 } },
    ],
  };
};

const everywhere = { tick, end, disconnected: disconnect };
const beforeWelcome = {
  ...everywhere, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore, 'telemetry-stored': ignore,
};
const welcomed = { ...everywhere, frame: work, 'welcome-ready': ignore, 'telemetry-stored': acknowledge };

export const SESSION_TABLE: SessionTable = {
  'awaiting-hello': { ...beforeWelcome, tick: tickUngreeted, frame: awaitHello, 'welcome-ready': ignore, released: ignore },
  'renewing-only': { ...beforeWelcome, tick: tickUngreeted, frame: onlyRenew, 'welcome-ready': ignore, released: ignore },
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
    ...welcomed, tick: tickSending, released: rememberRelease, 'transfer-ready': ignore, 'transfer-failed': ignore,
    'chunk-sent': (state, { transferId }) => (transferId === state.transfer.transferId ? sendNext({ ...state, chunkOnItsWay: false }, []) : ignore(state)),
  },
  confirming: { ...welcomed, tick: tickConfirming, released: rememberRelease, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore },
  closed: {
    frame: ignore, 'welcome-ready': ignore, released: ignore, 'transfer-ready': ignore, 'transfer-failed': ignore, 'chunk-sent': ignore,
    'telemetry-stored': ignore, tick: ignore, end: ignore, disconnected: ignore,
  },
};
