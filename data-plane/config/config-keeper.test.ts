/** S3–S6 at the place where they are decided: which configuration serves, and what survives. Crash loops: crash-loop.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, type EntityId } from '../../shared/model/ids.ts';
import type { Transfer } from '../../shared/trust/verify-transfer.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { FakeThreads, KNOWN_GOOD_AFTER_MS, leaves, push, pushed, seal, snapshot, start } from '../../test/support/keeper-scene.ts';
import { createTestTrust, signDelta, someLeaves, type TestTrust } from '../../test/support/signed-content.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { HighestAccepted } from '../state/highest-accepted.ts';
import type { Quarantined } from './compile-contract.ts';

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
