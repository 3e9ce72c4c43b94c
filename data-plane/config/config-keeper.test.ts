/** S3–S6 at the place where they are decided: which configuration serves, and what survives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type EntityId } from '../../shared/model/ids.ts';
import { formatVersion, NO_VERSION } from '../../shared/model/version.ts';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { verifyTransfer, type Transfer } from '../../shared/trust/verify-transfer.ts';
import type { Leaf } from '../../shared/wire/sync-message.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { createTestTrust, signDelta, signSnapshot, someLeaves, type Alterations, type TestTrust } from '../../test/support/signed-content.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { dataPlaneSettings } from '../settings.ts';
import { CrashRecord } from '../state/crash-record.ts';
import { HighestAccepted } from '../state/highest-accepted.ts';
import type { PrepareOutcome } from '../threads/proxy-pool.ts';
import type { Quarantined } from './compile-contract.ts';
import type { ConfigContent } from './config-content.ts';
import { ConfigKeeper, type ApplyResult, type FallBack, type KeeperNotice } from './config-keeper.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { createRecordVerifier } from './verify-record.ts';

/** As they are where nothing is set. */
const CRASH_WINDOW_MS = 120_000;
const KNOWN_GOOD_AFTER_MS = 120_000;
const leaves = someLeaves(20);
const seal = newStateSeal();

/** The threads, as far as the keeper sees them: what they serve, and whether they take the next one. */
class FakeThreads {
  serving: string | undefined;
  readonly order: string[] = [];
  refuse: (content: ConfigContent) => boolean = () => false;
  /** Called while a configuration is being prepared. */
  during: (content: ConfigContent) => void = () => undefined;
  quarantined: readonly Quarantined[] = [];
  #prepared: ConfigContent | undefined;

  prepare(content: ConfigContent): Promise<PrepareOutcome> {
    this.order.push(`prepare ${formatVersion(content.version)}`);
    this.during(content);
    if (this.refuse(content)) return Promise.resolve({ kind: 'refused', code: 'CONFIG_ENTITY_UNREADABLE', reasons: ['a plugin can not be read'] });
    this.#prepared = content;
    return Promise.resolve({ kind: 'prepared', quarantined: this.quarantined });
  }

  commit(): Promise<void> {
    this.serving = this.#prepared === undefined ? undefined : formatVersion(this.#prepared.version);
    this.order.push(`commit ${this.serving}`);
    return Promise.resolve();
  }

  discard(): void {
    this.order.push('discard');
  }
}

interface Run {
  readonly keeper: ConfigKeeper;
  readonly threads: FakeThreads;
  readonly highest: HighestAccepted;
  readonly cache: SnapshotCache;
  readonly crashes: CrashRecord;
  readonly clock: ManualClock;
  readonly falls: readonly FallBack[];
  readonly notices: readonly KeeperNotice[];
  readonly lines: () => readonly string[];
}

/** One life of the process on a disk. Ending it without `stop` is a crash. */
async function start(trust: TestTrust, disk: CrashDisk, threads = new FakeThreads()): Promise<Run> {
  const clock = new ManualClock();
  const { log, lines } = createMemoryLogger('test');
  const highest = await HighestAccepted.open(disk, '/state/highest-accepted.json', seal);
  const crashes = await CrashRecord.open(disk, '/state', seal);
  const verify = createRecordVerifier({ audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), highest: () => highest.current, delegationSerial: () => undefined, softwareVersion: '1.0.0', maximumInflatedBytes: 1e7 });
  const cache = await SnapshotCache.open({ disk, folder: '/state/cache', slots: 3, verify, seal });
  const falls: FallBack[] = [];
  const notices: KeeperNotice[] = [];
  const keeper = new ConfigKeeper({ cache, highest, crashes, threads, clock, log, knownGoodAfterMs: KNOWN_GOOD_AFTER_MS, crashWindowMs: CRASH_WINDOW_MS, onFellBack: (fall) => falls.push(fall), onNotice: (notice) => notices.push(notice) });
  await keeper.startFromCache();
  return { keeper, threads, highest, cache, crashes, clock, falls, notices, lines };
}

/** Pushes a transfer as the sync client does. */
function push(trust: TestTrust, { keeper }: Run, transfer: Transfer): Promise<ApplyResult> {
  return keeper.apply({
    transfer,
    proof: { manifestStatement: transfer.manifestStatement, epochStatement: transfer.epochStatement, rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement },
    beganAtMs: 0,
    verify: (given, base, highest) => verifyTransfer(given, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest, base, acceptOlder: false, softwareVersion: '1.0.0', maximumInflatedBytes: 1e7 }),
  });
}

function snapshot(trust: TestTrust, sequence: number, content: readonly Leaf[] = leaves.slice(0, sequence), alterations: Alterations = {}): Promise<Transfer> {
  return signSnapshot(trust, { epoch: 1, sequence }, content, alterations);
}

async function pushed(trust: TestTrust, run: Run, sequence: number): Promise<string> {
  const result = await push(trust, run, await snapshot(trust, sequence));
  return result.kind === 'rejected' ? result.code : result.kind;
}

/** Serves for a moment and dies, because nobody stops it. */
const crashWith = start;

test('a good configuration is prepared, made durable, swapped and answered, in this order', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  run.threads.during = () => run.threads.order.push(`on disk: ${run.cache.slots}`);
  assert.equal(await pushed(trust, run, 1), 'applied');
  run.threads.during = () => undefined;
  const durable = disk.operations.filter((operation) => operation.startsWith('sync-folder')).length;
  assert.deepEqual(run.threads.order, ['prepare 1.1', 'on disk: 0', 'commit 1.1']);
  assert.ok(durable >= 2 && run.cache.slots === 1 && run.highest.current?.version.sequence === 1);
});

test('S6: what the threads refuse leaves the old one serving and nothing on disk', async () => {
  const trust = await createTestTrust();
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 1);
  run.threads.refuse = () => true;
  const result = await push(trust, run, await snapshot(trust, 2));
  assert.deepEqual(result, { kind: 'rejected', version: { epoch: 1, sequence: 2 }, code: 'CONFIG_ENTITY_UNREADABLE', reasons: ['a plugin can not be read'] });
  assert.equal(run.threads.serving, '1.1');
  assert.equal(run.highest.current?.version.sequence, 1);
  assert.equal(run.keeper.active?.version.sequence, 1);
  assert.equal(run.cache.slots, 1);
});

test('S3: what does not verify never reaches a thread', async () => {
  const trust = await createTestTrust();
  const stranger: TestTrust = { ...(await createTestTrust()), audience: trust.audience };
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 1);
  const before = run.threads.order.length;
  const good = await snapshot(trust, 2);
  const bad: readonly [Transfer, string][] = [
    [await snapshot(stranger, 2), 'TRUST_KEY_UNKNOWN'],
    [{ ...good, wireBytes: Buffer.from(good.wireBytes).fill(0, 10, 12) }, 'TRANSFER_HASH_MISMATCH'],
    [{ ...good, wireBytes: good.wireBytes.subarray(1) }, 'TRANSFER_LENGTH_MISMATCH'],
    [await snapshot(trust, 2, leaves, { manifest: { contentRoot: 'a'.repeat(64) } }), 'TRANSFER_ROOT_MISMATCH'],
    [await snapshot(trust, 2, []), 'TRANSFER_EMPTY_REFUSED'],
    [await snapshot(trust, 2, leaves, { manifest: { minimumDataPlaneVersion: '9.0.0' } }), 'TRANSFER_DATA_PLANE_TOO_OLD'],
  ];
  for (const [transfer, code] of bad) {
    const result = await push(trust, run, transfer);
    assert.equal(result.kind === 'rejected' && result.code, code);
  }
  assert.equal(run.threads.order.length, before);
  assert.equal(run.threads.serving, '1.1');
});

test('S4: an older version is refused, also after a restart that lost the cache', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 5);
  assert.equal(await pushed(trust, run, 4), 'TRANSFER_VERSION_OLDER');
  await run.keeper.stop();
  for (const path of disk.paths('/state/cache')) await disk.remove(path);
  const again = await start(trust, disk);
  assert.equal(again.keeper.active, undefined);
  assert.equal(await pushed(trust, again, 4), 'TRANSFER_VERSION_OLDER');
  assert.equal(await pushed(trust, again, 5), 'applied');
});

test('S4: the same version with other content is refused and raised as an alarm', async () => {
  const trust = await createTestTrust();
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 3);
  const result = await push(trust, run, await snapshot(trust, 3, leaves));
  assert.equal(result.kind === 'rejected' && result.code, 'TRANSFER_VERSION_CONFLICT');
  assert.ok(run.lines().some((line) => line.includes('ALARM') && line.includes('"level":50')));
  assert.equal(run.threads.serving, '1.3');
});

test('S4: a damaged record of the highest version is an alarm, and the cache says what it was at least', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 3);
  await run.keeper.stop();
  disk.put('/state/highest-accepted.json', Buffer.from('{'));
  const again = await start(trust, disk);
  assert.ok(again.lines().some((line) => line.includes('highest-accepted-damaged')));
  assert.equal(again.highest.current?.version.sequence, 3);
  assert.equal(await pushed(trust, again, 2), 'TRANSFER_VERSION_OLDER');
});

test('S4: what is accepted while the state of an earlier release is sealed stays the highest, at whatever moment it comes', async () => {
  const trust = await createTestTrust();
  for (let moment = 0; moment < 40; moment += 1) {
    const disk = new CrashDisk();
    const run = await start(trust, disk);
    await pushed(trust, run, 1);
    await run.keeper.stop();
    const again = await start(trust, disk);
    let sealing: Promise<void> | undefined;
    // Just before it is written.
    again.threads.during = () => {
      sealing = (async () => {
        for (let turn = 0; turn < moment; turn += 1) await Promise.resolve();
        await again.keeper.sealState();
      })();
    };
    const kind = await pushed(trust, again, 2);
    await sealing;
    assert.deepEqual([kind, (await HighestAccepted.open(disk, '/state/highest-accepted.json', seal)).current?.version.sequence], ['applied', 2], `moment ${moment}`);
  }
});

test('S4: a missing record of the highest version is an alarm, whatever else of what was accepted is left', async () => {
  const trust = await createTestTrust();
  const full = new CrashDisk();
  const run = await start(trust, full);
  await pushed(trust, run, 1);
  const base = run.keeper.active;
  assert.ok(base);
  assert.equal((await push(trust, run, await signDelta(trust, base, { epoch: 1, sequence: 2 }, [{ op: 'delete', kind: 'routes', id: newId<EntityId>() }, ...leaves.map((leaf) => ({ op: 'put' as const, ...leaf }))]))).kind, 'applied');
  run.clock.advance(KNOWN_GOOD_AFTER_MS);
  await run.keeper.stop();
  const isOfCache = (path: string): boolean => path.startsWith('/state/cache/');
  for (const isKept of [isOfCache, (path: string) => path.includes('.from-'), (path: string) => path.endsWith('known-good.json')]) {
    const disk = CrashDisk.afterCrash(full, 'nothing');
    for (const path of [...disk.files().keys()]) if (!isKept(path)) await disk.remove(path);
    assert.ok(disk.files().size > 0);
    assert.deepEqual((await start(trust, disk)).notices[0]?.code, 'STATE_RECORD_MISSING', [...disk.files().keys()].join());
  }
  assert.deepEqual((await start(trust, new CrashDisk())).notices, []);
});

test('the same version again is answered as applied already, without a swap', async () => {
  const trust = await createTestTrust();
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 1);
  const result = await push(trust, run, await snapshot(trust, 1));
  assert.equal(result.kind === 'applied' && result.already, true);
  assert.deepEqual(run.threads.order, ['prepare 1.1', 'commit 1.1']);
});

test('a delta on top of what serves is applied; one on top of something else is refused', async () => {
  const trust = await createTestTrust();
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 1);
  const base = run.keeper.active;
  assert.ok(base);
  const put = { op: 'put', kind: 'routes', id: '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39' as EntityId, entity: Buffer.from('new') } as const;
  const second = await push(trust, run, await signDelta(trust, base, { epoch: 1, sequence: 2 }, [put]));
  assert.equal(second.kind, 'applied');
  const third = await push(trust, run, await signDelta(trust, base, { epoch: 1, sequence: 3 }, [put]));
  assert.equal(third.kind === 'rejected' && third.code, 'TRANSFER_BASE_MISMATCH');
  assert.equal(run.threads.serving, '1.2');
});

test('a disk that refuses leaves the old one serving, and says so', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 1);
  await waitUntil('the background work to end', () => disk.operations.at(-1)?.startsWith('sync-folder'));
  disk.cutAfter(0);
  assert.equal(await pushed(trust, run, 2), 'CONFIG_NOT_PERSISTED');
  assert.equal(run.threads.serving, '1.1');
  assert.deepEqual(run.threads.order.slice(-2), ['prepare 1.2', 'discard']);
});

test('S2: a restart serves what was served, without anybody', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 1);
  await pushed(trust, run, 2);
  const root = run.keeper.active?.contentRoot;
  const again = await start(trust, disk);
  assert.equal(again.threads.serving, '1.2');
  assert.equal(again.keeper.active?.contentRoot, root);
  assert.equal(again.keeper.source, 'cache');
});

test('S5: a configuration with which three runs died is barred, an older one serves and stays, until a newer one comes', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(CRASH_WINDOW_MS);
  await pushed(trust, first, 2);
  for (const expected of ['1.2', '1.2']) assert.equal((await crashWith(trust, disk)).threads.serving, expected);
  const fourth = await start(trust, disk);
  assert.equal(fourth.threads.serving, '1.1');
  assert.deepEqual(fourth.falls.map(({ from, to }) => [formatVersion(from.version), formatVersion(to)]), [['1.2', '1.1']]);
  assert.equal(await pushed(trust, fourth, 2), 'CONFIG_BARRED');
  await fourth.keeper.stop();
  const fifth = await start(trust, disk);
  assert.equal(fifth.threads.serving, '1.1', 'the bar outlives the process');
  assert.equal(fifth.highest.current?.version.sequence, 2);
  assert.equal(await pushed(trust, fifth, 3), 'applied');
  assert.equal(fifth.keeper.fellBack, undefined);
  await fifth.keeper.stop();
  assert.equal((await start(trust, disk)).threads.serving, '1.3');
});

test('S5: the known good configuration is what a crash loop goes back to, past others that were never proved', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await waitUntil('it to be known good', () => first.cache.knownGood !== undefined);
  for (const sequence of [2, 3, 4]) await pushed(trust, first, sequence);
  for (let runs = 0; runs < 2; runs++) await crashWith(trust, disk);
  const last = await start(trust, disk);
  assert.equal(last.threads.serving, '1.1');
  await last.keeper.stop();
  assert.equal((await start(trust, disk)).threads.serving, '1.1', 'those in between stay barred too');
});

test('S5: a configuration that is known good is not blamed for a crash loop', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await waitUntil('it to be known good', () => first.cache.knownGood !== undefined);
  await first.keeper.stop();
  for (let runs = 0; runs < 5; runs++) assert.equal((await crashWith(trust, disk)).threads.serving, '1.2');
  const last = await start(trust, disk);
  assert.deepEqual(last.falls, []);
  assert.ok(last.lines().some((line) => line.includes('look for another cause')));
});

test('S5: runs that lived long enough, or ended cleanly, count against nothing', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  for (let runs = 0; runs < 4; runs++) {
    const run = await start(trust, disk);
    run.clock.advance(CRASH_WINDOW_MS);
    await waitUntil('the run to be settled', async () => (await disk.read('/state/run.json'))?.includes('"running": null'));
  }
  for (let runs = 0; runs < 4; runs++) await (await start(trust, disk)).keeper.stop();
  assert.equal((await start(trust, disk)).threads.serving, '1.2');
});

test('S5: a process that is told to end and is killed while it drains counts against nothing, whatever is pushed meanwhile', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  await first.keeper.ending();
  for (let runs = 0; runs < 4; runs++) {
    const run = await start(trust, disk);
    await run.keeper.ending();
    await pushed(trust, run, 3 + runs);
    assert.match(String(await disk.read('/state/run.json')), /"running": null/);
  }
  const last = await start(trust, disk);
  assert.deepEqual([last.threads.serving, last.falls], ['1.6', []]);
});

test('S5: a pushed configuration that kills the process while it is prepared is refused at the fourth try', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(CRASH_WINDOW_MS);
  await first.keeper.stop();
  for (let runs = 0; runs < 3; runs++) {
    const run = await start(trust, disk);
    const dead = new Promise<void>((resolve) => {
      // Dies here: never returns.
      run.threads.prepare = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    void pushed(trust, run, 2);
    await dead;
  }
  const last = await start(trust, disk);
  assert.equal(last.threads.serving, '1.1');
  assert.equal(await pushed(trust, last, 2), 'CONFIG_BARRED');
  assert.equal(await pushed(trust, last, 3), 'applied');
});

test('S5: a configuration that keeps killing threads is left while the process lives', async () => {
  const trust = await createTestTrust();
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 1);
  await pushed(trust, run, 2);
  for (let crashes = 0; crashes < 3; crashes++) run.keeper.threadCrashed();
  await waitUntil('the fall-back', () => run.threads.serving === '1.1');
  assert.equal(run.falls.length, 1);
});

test('with nothing older to go back to, what crashed before serves on: better than nothing', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  for (let runs = 0; runs < 4; runs++) assert.equal((await crashWith(trust, disk)).threads.serving, '1.1');
});

test('S5: crashes of what was known good send nobody back past what came after it', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await first.keeper.stop();
  for (let runs = 0; runs < 3; runs++) await crashWith(trust, disk);
  const healed = await start(trust, disk);
  assert.equal(await pushed(trust, healed, 3), 'applied');
  healed.clock.advance(KNOWN_GOOD_AFTER_MS);
  await healed.keeper.stop();
  assert.equal(formatVersion(healed.cache.knownGood?.version ?? NO_VERSION), '1.3');
  assert.equal((await start(trust, disk)).threads.serving, '1.3');
});

test('S5: a crash loop that had nothing to go back to is over once something newer has lived', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 1);
  for (let runs = 0; runs < 3; runs++) await crashWith(trust, disk);
  const healed = await start(trust, disk);
  assert.equal(await pushed(trust, healed, 2), 'applied');
  healed.clock.advance(CRASH_WINDOW_MS);
  await healed.keeper.stop();
  const after = await start(trust, disk);
  assert.equal(after.threads.serving, '1.2');
  assert.deepEqual(after.lines().filter((line) => line.includes('crash-loop')), []);
});

test('a cached configuration that the threads refuse is passed over for the one before', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  await first.keeper.stop();
  const threads = new FakeThreads();
  threads.refuse = (content) => content.version.sequence === 2;
  const again = await start(trust, disk, threads);
  assert.equal(again.threads.serving, '1.1');
  assert.ok(again.lines().some((line) => line.includes('cached-config-refused')));
});

test('S5: a configuration that kills the process a minute after it began to serve is left at the third restart', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await waitUntil('version 1.1 to be known good', () => first.cache.knownGood);
  assert.equal(await pushed(trust, first, 2), 'applied');
  first.clock.advance(60_000);
  for (let restarts = 1; restarts <= 2; restarts += 1) {
    const run = await start(trust, disk);
    assert.equal(run.threads.serving, '1.2', `restart ${restarts}`);
    run.clock.advance(60_000);
  }
  const last = await start(trust, disk);
  assert.deepEqual([last.threads.serving, last.falls.length], ['1.1', 1]);
});

test('S5: what kills late counts, as the settings are where nobody sets them', () => {
  const { crashLoopWindow, knownGoodAfter } = dataPlaneSettings;
  assert.deepEqual([crashLoopWindow.default, knownGoodAfter.default], ['2m', '2m']);
});

test('a process that ends while it prepares a configuration answers nothing for it, and bars nothing', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 1);
  // The threads are ended under it.
  run.threads.during = () => void run.keeper.ending();
  run.threads.refuse = () => true;
  assert.equal(await pushed(trust, run, 2), 'given-up');
  assert.equal(run.threads.serving, '1.1');
  assert.equal(await pushed(trust, await start(trust, disk), 2), 'applied');
});

test('a file that is refused is told of once, however often the cache is searched', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  for (const sequence of [1, 2]) await pushed(trust, first, sequence);
  await first.keeper.stop();
  const files = disk.paths('/state/cache').filter((path) => path.endsWith('.config'));
  for (const path of files) disk.put(path, Buffer.from('rotten'));
  const { notices, lines, keeper } = await start(trust, disk);
  assert.equal(keeper.active, undefined);
  assert.equal(notices.length, files.length);
  assert.equal(lines().filter((line) => line.includes('cache-file-refused')).length, files.length);
});

test('what is refused on disk, or comes twice with other content, is for the operator to know', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  assert.deepEqual(first.notices, []);
  assert.equal((await push(trust, first, await snapshot(trust, 2, someLeaves(3)))).kind, 'rejected');
  assert.deepEqual(first.notices.map(({ code, version }) => [code, version]), [['TRANSFER_VERSION_CONFLICT', { epoch: 1, sequence: 2 }]]);
  await first.keeper.stop();
  const [newest = ''] = disk.paths('/state/cache').filter((path) => path.includes('/1.2-'));
  disk.put(newest, Buffer.from('rotten'));
  for (const file of ['highest-accepted.json', 'barred.json']) disk.put(`/state/${file}`, Buffer.from('{"version": {"epoch": 1, "sequence": 1}}'));
  const { notices } = await start(trust, disk);
  assert.deepEqual(notices.map(({ code, detail }) => [code, detail.split(' ')[0]]), [['STATE_RECORD_DAMAGED', 'the'], ['STATE_RECORD_DAMAGED', 'barred.json'], ['CACHE_FILE_REFUSED', `${newest.split('/').at(-1)}:`]]);
});

test('what new content keys change of what is quarantined is told, also where it is as much as before; the log names some of it', async () => {
  const isolated = (reason: string): readonly Quarantined[] => Array(100).fill({ kind: 'certificates', id: '1', code: 'CONFIG_CERTIFICATE_UNUSABLE', reason });
  const [trust, threads] = [await createTestTrust(), Object.assign(new FakeThreads(), { quarantined: isolated('under key 2') })];
  const run = await start(trust, new CrashDisk(), threads);
  await pushed(trust, run, 1);
  assert.deepEqual([run.lines().join().split('CONFIG_CERTIFICATE_UNUSABLE').length - 1, await run.keeper.contentKeysChanged()], [20, false]);
  threads.quarantined = isolated('under key 3');
  assert.equal(await run.keeper.contentKeysChanged(), true);
});
