/** Two phases over all threads, and what happens when one of them dies. The workers are stand-ins. */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { ProxyPool } from './proxy-pool.ts';
import type { WorkerEvents } from './thread-link.ts';
import type { FromThread, Prepare, ToThread } from './thread-messages.ts';

const STATS = { connections: 1, acceptedConnections: 10, activeRequests: 1, endedRequests: 20, idleUpstream: 1, busyUpstream: 1, shedding: 0, openedUpstream: 2, socketIo: 'documented' as const, pluginErrors: {}, refusals: { ROUTE_NOT_FOUND: 3 }, retries: 0, retriesOverBudget: 0, refreshes: 0, refreshesSkipped: 0, circuitsOpened: 0, circuitsClosed: 0, outputs: { 'http-log': { sent: 3, failedDeliveries: 1, waiting: 2, waitingBytes: 20, dropped: { 'entries-full': 1 } } } };

/** A worker that does as it is told at once, unless `answer` says otherwise. */
class StandIn {
  readonly heard: ToThread[] = [];
  readonly threadId: number;
  readonly #events: WorkerEvents;
  readonly #answer: (order: ToThread, worker: StandIn) => FromThread | undefined;
  dead = false;

  constructor(threadId: number, events: WorkerEvents, answer: (order: ToThread, worker: StandIn) => FromThread | undefined) {
    this.threadId = threadId;
    this.#events = events;
    this.#answer = answer;
  }

  post(order: ToThread): void {
    if (this.dead) return;
    this.heard.push(order);
    const answer = this.#answer(order, this);
    if (answer !== undefined) queueMicrotask(() => this.say(answer));
  }

  say(message: FromThread): void {
    if (!this.dead) this.#events.said(message);
  }

  die(reason: string): void {
    this.dead = true;
    this.#events.exited(reason);
  }

  terminate(): void {
    queueMicrotask(() => {
      if (!this.dead) this.die('it was ended');
    });
  }

  /** Of what it heard, but for the keys that every thread is given first, and who leads. */
  get kinds(): readonly string[] {
    return this.heard.map(({ kind }) => kind).filter((kind) => kind !== 'ticket-keys' && kind !== 'lead');
  }

  get lastPrepare(): Prepare | undefined {
    return this.heard.filter((order) => order.kind === 'prepare').at(-1);
  }
}

const VITALS = { heapUsedBytes: 1, heapTotalBytes: 2, externalBytes: 3, loopDelayP99: 0.01, loopBusySeconds: 1, gcRuns: 1, gcSeconds: 0.001 };

function obedient(order: ToThread): FromThread | undefined {
  switch (order.kind) {
    case 'prepare':
      return { kind: 'prepared', applyId: order.applyId, quarantined: [] };
    case 'commit':
      return { kind: 'committed', applyId: order.applyId };
    case 'listen':
      return { kind: 'listening', ports: order.ports.map((port) => (port === 0 ? 4_711 : port)) };
    case 'drain':
      return { kind: 'drained' };
    case 'explain':
      return { kind: 'explained', explainId: order.explainId, explanation: { asked: order.question.url } };
    case 'ask-labels':
      return { kind: 'labels', labelsId: order.labelsId, rows: order.pairs.map((pair) => ({ ...pair, route: `named ${pair.routeId}`, service: '', consumer: '', kong: undefined })) };
    case 'peer-changes':
    case 'log-levels':
    case 'node-labels':
    case 'purge':
    case 'lead':
    case 'discard':
    case 'ticket-keys':
    case 'vault-values':
      return undefined;
  }
}

function scene(threads: number, answer: (order: ToThread, worker: StandIn) => FromThread | undefined = obedient) {
  const clock = new ManualClock();
  const workers: StandIn[] = [];
  const news = { keys: new Uint8Array(48), crashes: 0, gone: [] as number[], failed: [] as string[] };
  const { log, lines } = createMemoryLogger('test');
  const pool = new ProxyPool({
    threads,
    ports: [0],
    ticketKeys: () => news.keys,
    startWorker: (_index, events) => {
      const worker = new StandIn(workers.length + 1, events, answer);
      workers.push(worker);
      return worker;
    },
    clock,
    random: () => 0.5,
    log,
    threadLog: () => log,
    prepareTimeoutMs: 60_000,
    contentKeys: () => undefined,
    onTelemetryTable: () => undefined,
    onThreadGone: (threadId) => news.gone.push(threadId),
    onCrash: () => (news.crashes += 1),
    onListenFailed: (reason) => news.failed.push(reason),
  });
  pool.start();
  const serve = async (content: ConfigContent): Promise<void> => {
    assert.equal((await pool.prepare(content)).kind, 'prepared');
    await pool.commit();
  };
  return { pool, clock, workers, news, serve, lines };
}

function content(sequence: number, base?: ConfigContent): ConfigContent {
  const part = new SharedArrayBuffer(8);
  return {
    version: { epoch: 1, sequence },
    contentRoot: String(sequence).padStart(64, '0'),
    tree: new ContentTree(),
    parts: [...(base?.parts ?? []), part],
    change: base === undefined ? undefined : { base, packed: part },
    proof: { manifestStatement: '', epochStatement: '', rootStatements: [], delegationStatement: '' },
  };
}

test('no thread accepts connections before it serves a configuration; the first settles the port', async () => {
  const { pool, workers, serve } = scene(3);
  assert.equal(pool.serving, false);
  await serve(content(1));
  assert.deepEqual(workers.map((worker) => worker.kinds), Array(3).fill(['prepare', 'commit', 'listen']));
  assert.deepEqual(workers.map((worker) => worker.heard.find(({ kind }) => kind === 'listen')), [{ kind: 'listen', ports: [0] }, { kind: 'listen', ports: [4_711] }, { kind: 'listen', ports: [4_711] }]);
  assert.deepEqual(pool.ports, [4_711]);
  assert.equal(pool.serving, true);
});

test('a change goes to threads that serve its base, the whole to any other', async () => {
  const { workers, serve } = scene(2);
  const first = content(1);
  await serve(first);
  const second = content(2, first);
  await serve(second);
  assert.deepEqual([workers[0]?.lastPrepare?.reset, workers[0]?.lastPrepare?.parts], [false, [second.change?.packed]]);
  await serve(content(4, content(3, second)));
  assert.equal(workers[0]?.lastPrepare?.reset, true);
  assert.equal(workers[0]?.lastPrepare?.parts.length, 4);
});

test('what a thread serves already is prepared again without its entities, for content keys that changed', async () => {
  const { workers, serve, pool } = scene(2);
  const first = content(1);
  const second = content(2, first);
  await serve(first);
  await serve(second);
  await serve(second);
  assert.deepEqual([workers[0]?.lastPrepare?.reset, workers[0]?.lastPrepare?.parts], [false, []]);
  assert.equal(pool.serving, true);
});

test('while threads go over to the next configuration the pool serves: readiness does not flap with every change', async () => {
  const { pool, workers, serve } = scene(2, (order, worker) => (order.kind === 'commit' && worker.threadId === 2 && worker.lastPrepare?.version.sequence === 2 ? undefined : obedient(order)));
  const first = content(1);
  await serve(first);
  await pool.prepare(content(2, first));
  const committed = pool.commit();
  await nextTurn();
  assert.equal(pool.serving, true, 'one thread has the next, the other the one before');
  const order = workers[1]?.heard.findLast(({ kind }) => kind === 'commit');
  assert.ok(order?.kind === 'commit');
  workers[1]?.say({ kind: 'committed', applyId: order.applyId });
  await committed;
  assert.equal(pool.serving, true);
});

test('nobody commits what one thread refuses, and those that had prepared it are told', async () => {
  const refusing = scene(2, (order, worker) =>
    order.kind === 'prepare' && worker.threadId === 2 && order.version.sequence === 2 ? { kind: 'refused', applyId: order.applyId, code: 'CONFIG_ENTITY_UNREADABLE', reasons: ['no'] } : obedient(order));
  const first = content(1);
  await refusing.serve(first);
  assert.deepEqual(await refusing.pool.prepare(content(2, first)), { kind: 'refused', code: 'CONFIG_ENTITY_UNREADABLE', reasons: ['no'] });
  await refusing.pool.commit();
  assert.deepEqual(refusing.workers[0]?.kinds.slice(3), ['prepare', 'discard']);
  assert.deepEqual(refusing.workers[1]?.kinds.slice(3), ['prepare']);
  assert.equal(refusing.pool.status()[0]?.version, '1.1');
});

/** Lets time pass until the promise settles. */
async function whileTimePasses<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  void promise.finally(() => (settled = true));
  for (let turns = 0; !settled && turns < 10_000; turns++) {
    clock.advance(20);
    await nextTurn();
  }
  return promise;
}

test('a configuration that kills a thread each time it is prepared is refused for all, the old one serves', async () => {
  const dying = scene(2, (order, worker) => {
    const kills = order.kind === 'prepare' && order.version.sequence === 2;
    if (kills) queueMicrotask(() => worker.die('out of memory'));
    return kills ? undefined : obedient(order);
  });
  const first = content(1);
  await dying.serve(first);
  const outcome = await whileTimePasses(dying.clock, dying.pool.prepare(content(2, first)));
  assert.equal(outcome.kind === 'refused' && outcome.code, 'CONFIG_THREAD_DIED');
  assert.match(outcome.kind === 'refused' ? (outcome.reasons[0] ?? '') : '', /out of memory/);
  assert.ok(dying.news.crashes >= 3);
  await whileTimePasses(dying.clock, (async () => { while (!dying.pool.serving) await nextTurn(); })());
  assert.deepEqual(dying.pool.status().map(({ version }) => version), ['1.1', '1.1']);
});

test('a thread that dies of something else while it prepares does not get the configuration refused', async () => {
  let isFirst = true;
  const unlucky = scene(2, (order, worker) => {
    if (order.kind !== 'prepare' || worker.threadId !== 2 || !isFirst) return obedient(order);
    isFirst = false;
    queueMicrotask(() => worker.die('bad luck'));
    return undefined;
  });
  const outcome = await whileTimePasses(unlucky.clock, unlucky.pool.prepare(content(1)));
  assert.equal(outcome.kind, 'prepared');
  await unlucky.pool.commit();
  await whileTimePasses(unlucky.clock, (async () => { while (!unlucky.pool.serving) await nextTurn(); })());
});

test('a thread that does not answer in time refuses for all and is replaced', async () => {
  const hanging = scene(2, (order, worker) => (order.kind === 'prepare' && worker.threadId === 2 ? undefined : obedient(order)));
  const outcome = hanging.pool.prepare(content(1));
  await nextTurn();
  hanging.clock.advance(60_000);
  const settled = await outcome;
  assert.equal(settled.kind === 'refused' && settled.code, 'CONFIG_PREPARE_TIMEOUT');
  await nextTurn();
  assert.equal(hanging.workers[1]?.dead, true);
  hanging.clock.advance(10_000);
  assert.equal(hanging.workers.length, 3);
});

test('a thread that dies is replaced after a while by one that serves what the others serve', async () => {
  const { pool, clock, workers, news, serve, lines } = scene(2);
  const first = content(1);
  await serve(first);
  await serve(content(2, first));
  workers[0]?.say({ kind: 'stats', stats: STATS, vitals: VITALS });
  workers[0]?.die('a defect');
  assert.equal(pool.serving, false);
  assert.deepEqual([news.crashes, news.gone, pool.crashes], [1, [1], 1]);
  clock.advance(100);
  await nextTurn();
  assert.deepEqual(workers[2]?.kinds, ['prepare', 'commit', 'listen']);
  assert.equal(workers[2]?.lastPrepare?.reset, true);
  assert.equal(pool.serving, true);
  assert.ok(lines().some((line) => line.includes('proxy thread 0 died: a defect')));
  assert.deepEqual([pool.traffic().endedRequests, pool.traffic().connections, pool.traffic().refusals], [20, 0, { ROUTE_NOT_FOUND: 3 }]);
  assert.deepEqual(pool.traffic().outputs, { 'http-log': { sent: 3, failedDeliveries: 1, waiting: 0, waitingBytes: 0, dropped: { 'entries-full': 1 } } });
});

test('a thread that serves and gives no sign of life is silent, by the ticks of an agent that listened; one that is not there yet is not', async () => {
  const { pool, clock, workers, serve } = scene(2);
  const silence = (): readonly number[] => pool.status().map(({ silentSeconds }) => silentSeconds);
  clock.advance(5_000);
  assert.deepEqual(silence(), [0, 0]);
  await serve(content(1));
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1_000);
    workers[0]?.say({ kind: 'stats', stats: STATS, vitals: VITALS });
  }
  assert.deepEqual(silence(), [0, 3]);
  workers[1]?.say({ kind: 'stats', stats: STATS, vitals: VITALS });
  assert.deepEqual(silence(), [0, 0]);
  pool.stop();
});

test('what routes are called is asked of a thread that serves', async () => {
  const { pool, serve } = scene(1);
  assert.equal(await pool.labels([{ routeId: 'r', consumerId: '' }]), undefined);
  await serve(content(1));
  assert.deepEqual((await pool.labels([{ routeId: 'r', consumerId: '' }]))?.map(({ route }) => route), ['named r']);
});

test('session ticket keys: every thread has them before it listens, new ones reach all, a replacement begins with the newest', async () => {
  const { pool, clock, workers, news, serve } = scene(2);
  await serve(content(1));
  assert.deepEqual(workers.map(({ heard }) => heard[0]), Array(2).fill({ kind: 'ticket-keys', keys: new Uint8Array(48) }));
  news.keys = new Uint8Array(48).fill(1);
  pool.setTicketKeys(news.keys);
  assert.deepEqual(workers.map(({ heard }) => heard.at(-1)), Array(2).fill({ kind: 'ticket-keys', keys: news.keys }));
  workers[0]?.die('a defect');
  clock.advance(100);
  assert.deepEqual(workers[2]?.heard[0], { kind: 'ticket-keys', keys: news.keys });
});

test('one that dies again and again is replaced ever more slowly', async () => {
  const { clock, workers, serve } = scene(1);
  await serve(content(1));
  const waits: number[] = [];
  for (let deaths = 0; deaths < 8; deaths++) {
    const before = workers.length;
    workers.at(-1)?.die('a defect');
    let waitedMs = 0;
    for (; workers.length === before; waitedMs += 100) clock.advance(100);
    waits.push(waitedMs);
    await nextTurn();
  }
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

test('a replacement and a new configuration at the same time end with the new one everywhere', async () => {
  const { pool, clock, workers, serve } = scene(2);
  const first = content(1);
  await serve(first);
  workers[1]?.die('a defect');
  clock.advance(100);
  await serve(content(2, first));
  await nextTurn();
  assert.deepEqual(pool.status().map(({ version, listening }) => [version, listening]), [['1.2', true], ['1.2', true]]);
});

test('a cure is taken while all threads are dead, before they would die of the old one again', async () => {
  let isPoisonous = false;
  const { pool, clock, workers, serve } = scene(2, (order, worker) => {
    const kills = isPoisonous && order.kind === 'prepare' && order.version.sequence === 1;
    if (kills) queueMicrotask(() => worker.die('poisoned'));
    return kills ? undefined : obedient(order);
  });
  const first = content(1);
  await serve(first);
  isPoisonous = true;
  for (const worker of workers.slice(0, 2)) worker.die('poisoned');
  assert.equal((await whileTimePasses(clock, pool.prepare(content(2, first)))).kind, 'prepared');
  await pool.commit();
  await whileTimePasses(clock, (async () => { while (!pool.serving) await nextTurn(); })());
  assert.deepEqual(pool.status().map(({ version }) => version), ['1.2', '1.2']);
});

test('one thread runs the active checks; when it dies another does, and all hear what one finds', async () => {
  const { workers, serve } = scene(2);
  await serve(content(1));
  const leads = (): readonly number[] => workers.map((worker) => worker.heard.filter(({ kind }) => kind === 'lead').length);
  assert.deepEqual(leads(), [1, 0]);
  const change = { upstreamId: 'u', key: 'k', kind: 'open', cause: 'timeouts', attempt: 1, retryInMs: 1, episode: 'e', sinceMs: 1, switchedAtMs: 0 } as const;
  workers[0]?.say({ kind: 'peer-change', change });
  assert.deepEqual(workers.map((worker) => worker.heard.filter(({ kind }) => kind === 'peer-changes').length), [0, 1]);
  workers[0]?.die('a defect');
  assert.deepEqual(leads(), [1, 1]);
});

test('a port that can not be had is fatal', async () => {
  const { news, serve } = scene(1, (order) => (order.kind === 'listen' ? { kind: 'listen-failed', reason: 'EADDRINUSE' } : obedient(order)));
  await serve(content(1));
  assert.deepEqual(news.failed, ['EADDRINUSE']);
});

test('draining asks every thread, waits for it, and nothing is replaced any more', async () => {
  const { pool, clock, workers, serve, news } = scene(2);
  await serve(content(1));
  await pool.drain({ acceptForMs: 5, boundMs: 10 });
  await nextTurn();
  assert.deepEqual(workers.map((worker) => worker.heard.at(-1)), Array(2).fill({ kind: 'drain', acceptForMs: 5, boundMs: 10, flushMs: 5_000 }));
  assert.deepEqual([workers.every((worker) => worker.dead), news.crashes, news.gone], [true, 0, [1, 2]]);
  clock.advance(60_000);
  assert.equal(workers.length, 2);
});
