import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import type { SyncMessage, Welcome } from '../../shared/wire/sync-message.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { FrameSocketEvents } from './frame-socket.ts';
import { Session, type SessionOptions } from './session.ts';

const WELCOME: Welcome = {
  kind: 'welcome', protocolVersion: 1, softwareVersion: '0.1.0', rootStatements: [], delegationStatement: '', headStatement: '', contentKeys: [],
  pingIntervalMs: 10_000, telemetryCredit: 1, recordsCredit: 0, labels: {}, authoritiesStatement: '',
};
const HELLO: SyncMessage = { kind: 'ping', nonce: 0, answer: false };

interface Connection extends FrameSocketEvents {
  readonly url: string;
  readonly sent: SyncMessage[];
  closed: (reason: string) => void;
  isClosed: boolean;
}

/** A session over connections that the test plays the other side of. `random` is 1: each wait is its ceiling. */
function scene(options: Partial<SessionOptions> = {}) {
  const clock = new ManualClock();
  const connections: Connection[] = [];
  const news: string[] = [];
  const { log, lines } = createMemoryLogger('test');
  const session = new Session({
    urls: ['https://a:1', 'https://b:2'],
    open: (url, events) => {
      const connection: Connection = { ...events, url, sent: [], isClosed: false };
      connections.push(connection);
      return { send: (message) => void connection.sent.push(message), close: () => (connection.isClosed = true) };
    },
    clock,
    random: () => 0.999_999,
    log,
    backoff: { initialMs: 1_000, maximumMs: 30_000 },
    greetingTimeoutMs: 15_000,
    greeting: () => HELLO,
    verifyWelcome: () => Promise.resolve(undefined),
    onLive: () => news.push('live'),
    onLost: () => news.push('lost'),
    onMessage: (message) => news.push(message.kind),
    ...options,
  });
  const latest = (): Connection => {
    const connection = connections.at(-1);
    assert.ok(connection);
    return connection;
  };
  const goLive = async (): Promise<void> => {
    latest().opened();
    latest().message(WELCOME);
    await nextTurn();
  };
  return { clock, connections, news, session, latest, goLive, lines };
}

/** Milliseconds until the next connection is opened. */
function waitFor(given: ReturnType<typeof scene>): number {
  const before = given.connections.length;
  for (let waitedMs = 0; waitedMs < 100_000; waitedMs += 1) {
    if (given.connections.length > before) return waitedMs;
    given.clock.advance(1);
  }
  throw new Error('it never tried again');
}

test('an answer that comes after its connection is gone reaches nobody, least of all the next connection', async () => {
  const { clock, session, latest, goLive, connections } = scene();
  session.start();
  await goLive();
  const [reply, answer] = [session.replier(), { kind: 'answer', id: 1, document: new Uint8Array(), problem: '' } as const];
  reply(answer);
  latest().closed('cut');
  clock.advance(2_000);
  await goLive();
  reply(answer);
  assert.deepEqual(connections.map(({ sent }) => sent.filter(({ kind }) => kind === 'answer').length), [1, 0]);
  assert.ok(session.live);
});

test('each round over the addresses waits twice as long up to the maximum; within a round the next address is tried soon', () => {
  const given = scene();
  given.session.start();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    given.latest().closed('refused');
    waits.push(waitFor(given));
  }
  assert.deepEqual(waits.map((ms) => Math.round(ms / 1000)), [1, 1, 1, 2, 1, 4, 1]);
  const alone = scene({ urls: ['https://a:1'] });
  alone.session.start();
  const waitsAlone = Array.from({ length: 7 }, () => {
    alone.latest().closed('refused');
    return Math.round(waitFor(alone) / 1000);
  });
  assert.deepEqual(waitsAlone, [1, 2, 4, 8, 16, 30, 30]);
  assert.deepEqual(given.connections.map(({ url }) => url.at(8)), ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
});

test('the backoff begins anew only after a Welcome whose statements hold', async () => {
  let verdict: string | undefined = 'the signature does not hold';
  const given = scene({ verifyWelcome: () => Promise.resolve(verdict) });
  given.session.start();
  for (const expected of [1, 1, 1, 2]) {
    await given.goLive();
    assert.equal(given.session.live, false);
    assert.equal(given.session.status.reason, 'the signature does not hold');
    assert.equal(Math.round(waitFor(given) / 1000), expected);
  }
  verdict = undefined;
  await given.goLive();
  assert.equal(given.session.live, true);
  given.latest().closed('gone');
  assert.equal(Math.round(waitFor(given) / 1000), 1);
  assert.deepEqual(given.news, ['live', 'lost']);
});

test('three ping intervals without a word end a session; a word keeps it', async () => {
  const given = scene();
  given.session.start();
  await given.goLive();
  given.clock.advance(29_000);
  given.latest().message({ kind: 'ping', nonce: 1, answer: true });
  given.clock.advance(29_999);
  assert.equal(given.session.live, true);
  given.clock.advance(1);
  assert.equal(given.session.live, false);
  assert.match(given.session.status.reason ?? '', /nothing was heard for 30000 ms/);
  assert.equal(given.latest().isClosed, true);
  assert.deepEqual(given.latest().sent.at(-1), { kind: 'bye', code: 'SYNC_SILENT', reason: 'nothing was heard for 30000 ms', retryAfterMs: 0 });
});

test('a control plane that accepts and says nothing is left for the next one', () => {
  const given = scene();
  given.session.start();
  given.latest().opened();
  given.clock.advance(15_000);
  assert.equal(given.session.status.failures, 1);
  waitFor(given);
  assert.equal(given.latest().url, 'https://b:2');
});

test('pings go out at the interval of the Welcome where nothing is heard, and are answered', async () => {
  const given = scene();
  given.session.start();
  await given.goLive();
  given.clock.advance(20_000);
  given.latest().message({ kind: 'ping', nonce: 7, answer: false });
  assert.deepEqual(given.latest().sent.slice(1), [
    { kind: 'ping', nonce: 1, answer: false }, { kind: 'ping', nonce: 2, answer: false }, { kind: 'ping', nonce: 7, answer: true },
  ]);
});

test('no ping goes out while the control plane speaks', async () => {
  const given = scene();
  given.session.start();
  await given.goLive();
  for (let nonce = 1; nonce <= 3; nonce += 1) {
    given.clock.advance(9_000);
    given.latest().message({ kind: 'ping', nonce, answer: false });
    given.clock.advance(1_000);
  }
  assert.deepEqual(given.latest().sent.slice(1).filter((message) => message.kind === 'ping' && !message.answer), []);
  given.clock.advance(10_000);
  assert.deepEqual(given.latest().sent.at(-1), { kind: 'ping', nonce: 1, answer: false });
});

test('what an earlier connection still says is not heard', async () => {
  const given = scene();
  given.session.start();
  await given.goLive();
  const first = given.latest();
  first.closed('gone');
  waitFor(given);
  first.message({ kind: 'head', headStatement: '' });
  first.closed('gone again');
  assert.deepEqual(given.news, ['live', 'lost']);
  assert.equal(given.session.status.failures, 1);
});

test('anything but Welcome before Welcome is a violation, a second Welcome too', async () => {
  const given = scene();
  given.session.start();
  given.latest().opened();
  given.latest().message({ kind: 'head', headStatement: '' });
  assert.match(given.session.status.reason ?? '', /it sent head before Welcome/);
  waitFor(given);
  await given.goLive();
  given.latest().message(WELCOME);
  assert.match(given.session.status.reason ?? '', /it sent Welcome twice/);
});

test('a renewed certificate while greeting connects again at once, to the same address', () => {
  const given = scene();
  given.session.start();
  given.latest().opened();
  given.latest().message({ kind: 'renewed', certificateChain: '' });
  assert.deepEqual(given.news, ['renewed']);
  given.session.renewed();
  assert.deepEqual(given.connections.map(({ url }) => url), ['https://a:1', 'https://a:1']);
});

test('after stop nothing is tried any more and nothing is left running', async () => {
  const given = scene();
  given.session.start();
  await given.goLive();
  given.session.stop();
  assert.deepEqual(given.latest().sent.at(-1)?.kind, 'bye');
  given.latest().closed('bye');
  given.clock.advance(1_000_000);
  assert.equal(given.connections.length, 1);
  assert.equal(given.clock.pendingTimers, 0);
});

test('an outage of hours fills no log: the first failure and every tenth are for the operator', () => {
  const given = scene();
  given.session.start();
  for (let attempt = 0; attempt < 20; attempt++) {
    given.latest().closed('refused');
    waitFor(given);
  }
  const levels = given.lines().map((line) => (JSON.parse(line) as { level: number }).level);
  assert.deepEqual([levels.filter((level) => level === 40).length, levels.filter((level) => level === 20).length], [2, 18]);
});
