import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { defined } from '../../shared/assert.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId } from '../../shared/model/ids.ts';
import { decodeRecordBatch } from '../../shared/wire/access-record-codec.ts';
import { accessRecord, requestIdOf } from '../../test/support/access-record.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ALONE_BATCH_MS, BATCH_MS, RecordAgent } from './record-agent.ts';
import { BUNCH_MS, MAX_OUTSTANDING_BYTES, RecordOutbox } from './record-outbox.ts';
import type { FsyncPolicy } from './spool-segments.ts';
import type { SpooledBatch } from './spool.ts';

/** The least that the setting allows is much more; what is dropped is an eighth of it at a time. */
const SMALL = 16 * 1024;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-records-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data plane with one proxy thread, as far as records go, and a control plane that stores each batch once. */
class Scene {
  readonly clock = new ManualClock();
  readonly logger = createMemoryLogger('data-plane');
  readonly stored = new Map<string, ReturnType<typeof decodeRecordBatch>>();
  readonly sent: SpooledBatch[] = [];
  agent: RecordAgent;
  outbox: RecordOutbox;
  made = 0;
  readonly #folder: string;
  readonly #maxSpoolBytes: number;
  readonly #fsync: FsyncPolicy;
  #threads = 0;

  constructor(folder: string, maxSpoolBytes = 1e9, fsync: FsyncPolicy = 'never') {
    this.#folder = folder;
    this.#fsync = fsync;
    this.#maxSpoolBytes = maxSpoolBytes;
    this.agent = this.#start();
    this.outbox = this.#startThread();
  }

  #start(): RecordAgent {
    return new RecordAgent({ folder: this.#folder, bootId: newId(), maxSpoolBytes: this.#maxSpoolBytes, fsync: this.#fsync, clock: this.clock, log: this.logger.log });
  }

  #startThread(): RecordOutbox {
    const threadId = (this.#threads += 1);
    const { agent } = this;
    return new RecordOutbox({ builtIn: undefined, clock: this.clock, shareCounts: (counts) => agent.addThread(threadId, counts), hand: (records, bytes) => agent.take(threadId, records, bytes) });
  }

  make(records: number, pathLength = 1): void {
    for (let n = 0; n < records; n += 1) this.outbox.put(accessRecord({ requestId: requestIdOf((this.made += 1)), path: `/${'p'.repeat(pathLength)}` }));
  }

  /** Until all that was made is in the spool. */
  settle(): void {
    this.clock.advance(BUNCH_MS + ALONE_BATCH_MS);
  }

  /** As kill -9: nothing is written any more. */
  kill(): void {
    this.agent = this.#start();
    this.outbox = this.#startThread();
  }

  connect(credit = 4): void {
    this.agent.connected({ sendRecords: (batch) => void this.sent.push(batch) }, credit);
  }

  /** Stores what was sent, and says so or not. */
  answer(acknowledges = true): void {
    for (const { bootId, sequence, bytes } of this.sent.splice(0)) {
      const name = `${bootId}/${sequence}`;
      const batch = decodeRecordBatch(bytes);
      const before = this.stored.get(name);
      if (before !== undefined) assert.deepEqual(batch, before, 'a batch comes again as it was');
      this.stored.set(name, batch);
      if (!acknowledges) continue;
      this.agent.acknowledged(bootId, sequence);
      this.agent.addCredit(1);
    }
  }

  drain(): void {
    this.agent.disconnected();
    this.sent.length = 0;
    this.connect();
    while (this.sent.length > 0) this.answer();
  }

  get storedRecords(): number {
    return [...this.stored.values()].reduce((sum, { records }) => sum + records.length, 0);
  }

  /** All that batches told of drops. */
  get told(): ReadonlyMap<string, number> {
    const told = new Map<string, number>();
    for (const { reason, count } of [...this.stored.values()].flatMap(({ drops }) => drops)) told.set(reason, (told.get(reason) ?? 0) + count);
    return told;
  }
}

test('records come in batches, with credit only, and are forgotten when acknowledged', (t) => {
  const scene = new Scene(folderFor(t));
  scene.connect(1);
  scene.make(3);
  scene.clock.advance(BUNCH_MS - 1);
  assert.equal(scene.agent.totals().made, 0, 'they wait for others in their thread');
  scene.clock.advance(1 + BATCH_MS);
  assert.equal(scene.sent.length, 1);
  scene.make(2);
  scene.settle();
  assert.equal(scene.sent.length, 1, 'there is no more credit');
  assert.equal(scene.agent.totals().buffered, 5);
  scene.answer();
  scene.answer();
  assert.deepEqual([...scene.stored.values()].map(({ records }) => records.map(({ requestId }) => Number.parseInt(requestId, 16))), [[1, 2, 3], [4, 5]]);
  const { made, delivered, buffered, dropped } = scene.agent.totals();
  assert.deepEqual([made, delivered, buffered, dropped.size], [5, 5, 0, 0]);
});

test('a control plane that takes none is sent none, and nobody waits for it', (t) => {
  const scene = new Scene(folderFor(t));
  scene.make(1);
  scene.settle();
  scene.connect(0);
  scene.clock.advance(60_000);
  assert.deepEqual(scene.sent, []);
  assert.equal(scene.agent.hasWork, false);
});

test('above its bound the spool drops the oldest, counts them, and the next batch tells', (t) => {
  const scene = new Scene(folderFor(t), SMALL);
  for (let n = 0; n < 100; n += 1) {
    scene.make(5, 100);
    scene.settle();
    assert.ok(scene.agent.totals().spoolBytes <= SMALL, `${scene.agent.totals().spoolBytes} bytes`);
  }
  const dropped = scene.agent.totals().dropped.get('spool-full') ?? 0;
  assert.ok(dropped > 300, `${dropped}`);
  scene.settle();
  scene.drain();
  assert.equal(scene.storedRecords + dropped, 500);
  assert.equal(scene.told.get('spool-full'), dropped, 'also what dropped batches would have told');
  const newest = [...scene.stored.values()].flatMap(({ records }) => records.map(({ requestId }) => Number.parseInt(requestId, 16)));
  assert.deepEqual(newest, Array.from({ length: newest.length }, (_, n) => 500 - newest.length + 1 + n), 'the newest are there, in order');
});

for (const fsync of ['never', 'interval', 'always'] as const) test(`forced to the disk ${fsync}: all that was spooled is there after a kill`, (t) => {
  const folder = folderFor(t);
  const scene = new Scene(folder, SMALL, fsync);
  for (let n = 0; n < 20; n += 1) {
    scene.make(1, 100);
    scene.settle();
  }
  scene.kill();
  scene.drain();
  assert.equal(scene.storedRecords, 20);
  scene.agent.stop();
});

test('counts that need the room get it, as long as there is any', (t) => {
  const scene = new Scene(folderFor(t));
  scene.make(10);
  scene.settle();
  assert.equal(scene.agent.makeRoom(), true);
  assert.equal(scene.agent.totals().spoolBytes, 0);
  assert.equal(scene.agent.makeRoom(), false);
  scene.make(1);
  scene.settle();
  scene.drain();
  assert.deepEqual([scene.storedRecords, scene.told.get('spool-full')], [1, 10]);
});

test('what a thread drops is told by reason; what dies with it too', (t) => {
  const scene = new Scene(folderFor(t));
  for (let n = 0; n < 7; n += 1) scene.outbox.dropped('rate');
  scene.outbox.dropped('failed');
  scene.make(3);
  scene.agent.removeThread(1);
  scene.settle();
  scene.drain();
  assert.deepEqual([...scene.told].sort(), [['failed', 1], ['rate', 7], ['thread-ended', 3]]);
  assert.deepEqual([...scene.agent.totals().dropped].sort(), [['failed', 1], ['rate', 7], ['thread-ended', 3]]);
});

test('an agent that does not take what threads hand over is not flooded', () => {
  const handed: number[] = [];
  const outbox = new RecordOutbox({ builtIn: undefined, clock: new ManualClock(), shareCounts: () => undefined, hand: (_records, bytes) => void handed.push(bytes.length) });
  for (let n = 0; n < 10_000; n += 1) outbox.put(accessRecord({ path: `/${'p'.repeat(1_000)}` }));
  outbox.flush();
  const bytes = handed.reduce((sum, one) => sum + one, 0);
  assert.ok(bytes > MAX_OUTSTANDING_BYTES / 2 && bytes <= MAX_OUTSTANDING_BYTES + 2_000, `${bytes}`);
});

test('a torn last batch is left out; a crash is told in the log once', (t) => {
  const folder = folderFor(t);
  const first = new Scene(folder);
  first.make(4);
  first.settle();
  const [boot = ''] = readdirSync(folder);
  const [segment = ''] = readdirSync(join(folder, boot));
  appendFileSync(join(folder, boot, segment), Buffer.from([200, 0, 0, 0, 1, 2, 3]));
  const second = new Scene(folder);
  assert.equal(second.agent.totals().crashGaps, 1);
  second.agent.stop();
  const third = new Scene(folder);
  assert.equal(third.agent.totals().crashGaps, 0);
  third.drain();
  assert.equal(third.storedRecords, 4);
  third.agent.stop();
  assert.deepEqual(readdirSync(folder), [], 'nothing is left behind');
});

test('killed, cut off and short of room in any order: each record is stored once, or told as dropped, or was in the last moment before a kill', () => {
  type Step = { readonly kind: 'make'; readonly n: number } | { readonly kind: 'settle' | 'connect' | 'answer' | 'lose-answer' | 'disconnect' | 'kill' | 'room' };
  const step: fc.Arbitrary<Step> = fc.oneof(fc.record({ kind: fc.constant('make' as const), n: fc.integer({ min: 1, max: 9 }) }), fc.constantFrom('settle', 'connect', 'answer', 'lose-answer', 'disconnect', 'kill', 'room').map((kind) => ({ kind }) as const));
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-records-'));
    try {
      const scene = new Scene(folder, SMALL);
      let dropped = 0;
      let unsettled = 0;
      let lost = 0;
      for (const one of steps) {
        if (one.kind === 'make') {
          scene.make(one.n);
          unsettled += one.n;
        } else if (one.kind === 'settle') {
          scene.settle();
          unsettled = 0;
        } else if (one.kind === 'connect') scene.connect();
        else if (one.kind === 'answer') scene.answer();
        else if (one.kind === 'lose-answer') scene.answer(false);
        else if (one.kind === 'disconnect') {
          scene.agent.disconnected();
          scene.sent.length = 0;
        } else if (one.kind === 'room') scene.agent.makeRoom();
        else {
          dropped += scene.agent.totals().dropped.get('spool-full') ?? 0;
          lost += unsettled;
          unsettled = 0;
          scene.sent.length = 0;
          scene.kill();
        }
      }
      scene.settle();
      scene.drain();
      dropped += scene.agent.totals().dropped.get('spool-full') ?? 0;
      const ids = [...scene.stored.values()].flatMap(({ records }) => records.map(({ requestId }) => requestId));
      assert.equal(new Set(ids).size, ids.length, 'none twice');
      assert.ok(ids.length <= scene.made && ids.length + dropped + lost >= scene.made, `${ids.length} stored, ${dropped} dropped, ${lost} lost of ${scene.made}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }), { numRuns: 150 });
});

test('what the disk does not give back is told as dropped, what it does not let go stops nothing, and what was not sent is not acknowledged', (t) => {
  const folder = folderFor(t);
  const scene = new Scene(folder);
  for (let n = 0; n < 3; n += 1) {
    scene.make(4);
    scene.settle();
  }
  const [boot = ''] = readdirSync(folder);
  const path = join(folder, boot, defined(readdirSync(join(folder, boot)).find((name) => name.endsWith('.segment')), 'a segment'));
  const damaged = readFileSync(path);
  damaged[60] = (damaged[60] ?? 0) ^ 1;
  writeFileSync(path, damaged);
  scene.connect(1);
  assert.equal(scene.sent.length, 1, 'the one behind it');
  scene.agent.acknowledged(boot, 99);
  assert.deepEqual([scene.agent.totals().delivered, scene.agent.totals().buffered], [4, 4], 'the third was not sent yet');
  rmSync(path);
  // A folder is not removed as a file is.
  mkdirSync(path);
  while (scene.agent.makeRoom());
  scene.answer();
  scene.settle();
  while (scene.sent.length > 0) scene.answer();
  const { made, delivered, buffered, dropped } = scene.agent.totals();
  assert.deepEqual([made, delivered, buffered, dropped.get('spool-failed'), dropped.get('spool-full')], [12, 4, 0, 4, 4]);
  assert.deepEqual([scene.told.get('spool-failed'), scene.told.get('spool-full')], [4, 4]);
  scene.kill();
});
