/**
 * S5 in numbers: the process dies at random instants of writing a configuration, cached files are cut or flipped at many places,
 * the disk is full at every write. What was answered for as applied is served again, or, where it is gone, something older that verifies.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { verifyTransfer, type Transfer, type VerifiedTransfer } from '../../shared/trust/verify-transfer.ts';
import type { LeafChange } from '../../shared/wire/sync-message.ts';
import { CrashDisk, PowerCut, type Loss } from '../../test/support/crash-disk.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { createTestTrust, signDelta, signSnapshot, someLeaves, type TestTrust } from '../../test/support/signed-content.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { CrashRecord } from '../state/crash-record.ts';
import { HighestAccepted } from '../state/highest-accepted.ts';
import type { PrepareOutcome } from '../threads/proxy-pool.ts';
import type { ConfigContent } from './config-content.ts';
import { ConfigKeeper, type ApplyResult } from './config-keeper.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { createRecordVerifier } from './verify-record.ts';

const VERSIONS = 5;
const SLOTS = 3;
const INSTANTS = 500;
const PLACES = 100;
const MAXIMUM_BYTES = 1e7;
const seal = newStateSeal();

let trust: TestTrust;
/** Versions 1.1 (a snapshot) to 1.5 (changes), verified once: what is shown here is what happens to them on disk. */
let history: readonly { readonly transfer: Transfer; readonly verified: VerifiedTransfer }[];

before(async () => {
  trust = await createTestTrust();
  const made: { transfer: Transfer; verified: VerifiedTransfer }[] = [];
  for (let sequence = 1; sequence <= VERSIONS; sequence += 1) {
    const base = made.at(-1)?.verified;
    const changes: readonly LeafChange[] = someLeaves(3).map((leaf) => ({ op: 'put', ...leaf }));
    const version = { epoch: 1, sequence };
    const transfer = base === undefined ? await signSnapshot(trust, version, someLeaves(30)) : await signDelta(trust, base, version, changes);
    const verified = await verifyTransfer(transfer, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest: undefined, base, acceptOlder: false, softwareVersion: '1.0.0', maximumInflatedBytes: MAXIMUM_BYTES });
    assert.ok(verified.kind === 'verified', JSON.stringify(verified));
    made.push({ transfer, verified });
  }
  history = made;
});

/** Mulberry32: a run can be repeated from its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Run {
  readonly keeper: ConfigKeeper;
  readonly highest: HighestAccepted;
  readonly lines: () => readonly string[];
}

/** One life of the agent on a disk; its threads take everything. Without `stop` its end is a crash. */
async function start(disk: CrashDisk): Promise<Run> {
  const { log, lines } = createMemoryLogger('test');
  const highest = await HighestAccepted.open(disk, '/state/highest-accepted.json', seal);
  const crashes = await CrashRecord.open(disk, '/state', seal);
  const verify = createRecordVerifier({ audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), highest: () => highest.current, delegationSerial: () => undefined, softwareVersion: '1.0.0', maximumInflatedBytes: MAXIMUM_BYTES });
  const cache = await SnapshotCache.open({ disk, folder: '/state/cache', slots: SLOTS, verify, seal });
  const prepared: PrepareOutcome = { kind: 'prepared', quarantined: [] };
  const threads = { prepare: () => Promise.resolve(prepared), commit: () => Promise.resolve(), discard: () => undefined };
  const keeper = new ConfigKeeper({ cache, highest, crashes, threads, clock: new ManualClock(), log, knownGoodAfterMs: 1e6, crashWindowMs: 1e6, onFellBack: () => undefined, onNotice: () => undefined });
  await keeper.startFromCache();
  return { keeper, highest, lines };
}

function push({ keeper }: Run, sequence: number): Promise<ApplyResult> {
  const entry = history[sequence - 1];
  assert.ok(entry);
  const { transfer, verified } = entry;
  const { manifestStatement, epochStatement } = transfer;
  return keeper.apply({ transfer, proof: { manifestStatement, epochStatement, rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement }, beganAtMs: 0, verify: () => Promise.resolve(verified) });
}

function rootOf(sequence: number): string | undefined {
  return history[sequence - 1]?.verified.contentRoot;
}

/** What serves must be one of the history, with its content. */
function sequenceOf(active: ConfigContent | undefined): number {
  if (active === undefined) return 0;
  assert.equal(active.contentRoot, rootOf(active.version.sequence));
  assert.equal(active.tree.rootHex(), active.contentRoot);
  return active.version.sequence;
}

/** A disk on which these versions were applied, and everything in the background ended. */
async function diskWith(upTo: number): Promise<CrashDisk> {
  const disk = new CrashDisk();
  const run = await start(disk);
  for (let sequence = 1; sequence <= upTo; sequence += 1) assert.equal((await push(run, sequence)).kind, 'applied');
  await run.keeper.stop();
  return disk;
}

test(`S5: killed at ${INSTANTS} random instants, it starts with what it had answered for, or newer`, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed);
  const losses: readonly Loss[] = ['everything', 'half', 'nothing'];
  const whole = (await diskWith(VERSIONS)).operations.length;
  for (let instant = 0; instant < INSTANTS; instant += 1) {
    const disk = new CrashDisk();
    const cut = random(whole);
    const loss = losses[random(losses.length)] ?? 'half';
    disk.cutAfter(cut);
    let answered = 0;
    let offered = 0;
    try {
      const run = await start(disk);
      while (offered < VERSIONS) {
        offered += 1;
        if ((await push(run, offered)).kind !== 'applied') break;
        answered = offered;
      }
      await run.keeper.stop();
    } catch (thrown) {
      assert.ok(thrown instanceof PowerCut, String(thrown));
    }
    const again = await start(CrashDisk.afterCrash(disk, loss));
    const served = sequenceOf(again.keeper.active);
    const what = `seed ${seed}, instant ${instant}: cut after ${cut} operations, ${loss} lost: answered ${answered}, offered ${offered}, serves ${served}`;
    assert.ok(served >= answered && served <= offered, what);
    assert.ok((again.highest.current?.version.sequence ?? 0) >= answered, `S4: ${what}`);
  }
});

test(`S5: cut or flipped at ${PLACES} places, a cache gives what verifies, and says what it refused`, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = randomFrom(seed);
  const good = await diskWith(VERSIONS);
  const files = good.paths('/state/cache').filter((path) => path.endsWith('.config'));
  for (let place = 0; place < PLACES; place += 1) {
    const disk = CrashDisk.afterCrash(good, 'nothing');
    const path = files[random(files.length)] ?? '';
    const bytes = Buffer.from(disk.files().get(path) ?? Buffer.alloc(0));
    const at = random(bytes.length);
    const isCut = place % 2 === 0;
    if (!isCut) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    disk.put(path, isCut ? bytes.subarray(0, at) : bytes);
    const run = await start(disk);
    // The first three versions stand by themselves, the others are changes on top: one damaged file leaves the third at least.
    const served = sequenceOf(run.keeper.active);
    const what = `seed ${seed}, place ${place}: ${path} ${isCut ? 'cut' : 'flipped'} at ${at}: serves ${served}`;
    assert.ok(served >= SLOTS, what);
    assert.ok(served === VERSIONS || run.lines().some((line) => line.includes('cache-file-refused')), what);
    assert.equal(run.highest.current?.version.sequence, VERSIONS, what);
  }
});

test('a disk that is full at any write refuses the new configuration, and takes it when there is space', async () => {
  let isApplied = false;
  for (let writes = 0; !isApplied; writes += 1) {
    assert.ok(writes < 50, 'at some point there is space enough');
    const disk = CrashDisk.afterCrash(await diskWith(1), 'nothing');
    const run = await start(disk);
    disk.fullAfter(writes);
    const result = await push(run, 2);
    await run.keeper.stop();
    isApplied = result.kind === 'applied';
    assert.deepEqual((await disk.list('/state/cache')).filter((name) => name.startsWith('.writing-')), [], 'nothing stands in the way');
    if (isApplied) continue;
    assert.ok(result.kind === 'rejected' && result.code === 'CONFIG_NOT_PERSISTED', JSON.stringify(result));
    assert.equal(sequenceOf(run.keeper.active), 1, 'the old one serves');
    disk.fullAfter(Infinity);
    assert.equal((await push(run, 2)).kind, 'applied', 'offered again');
    assert.equal(sequenceOf((await start(CrashDisk.afterCrash(disk, 'everything'))).keeper.active), 2);
  }
});

test('S2: whatever one file of the state folder can not be read any more, the rest serves, and it is said', async () => {
  const good = await diskWith(VERSIONS);
  for (const path of good.files().keys()) {
    const disk = CrashDisk.afterCrash(good, 'nothing');
    disk.unreadable.add(path);
    const run = await start(disk);
    assert.ok(sequenceOf(run.keeper.active) >= SLOTS, path);
    assert.equal(run.highest.current?.version.sequence, VERSIONS, path);
    assert.ok(sequenceOf(run.keeper.active) === VERSIONS || run.lines().some((line) => line.includes('EIO')), path);
    assert.ok(path.startsWith('/state/cache/') || run.lines().some((line) => line.includes('ALARM') && line.includes('EIO')), path);
  }
});

test('S2: a disk that takes no write any more, with an interrupted write on it, serves what it has', async () => {
  const disk = CrashDisk.afterCrash(await diskWith(VERSIONS), 'nothing');
  disk.put('/state/cache/.writing-1.6-0.config', Buffer.from('half'));
  disk.cutAfter(0);
  assert.equal(sequenceOf((await start(disk)).keeper.active), VERSIONS);
});
