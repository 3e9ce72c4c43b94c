/** S2, S3, S5: what is on disk survives a crash at any instant, and nothing that does not verify is loaded from it. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { verifyTransfer, type Transfer } from '../../shared/trust/verify-transfer.ts';
import type { LeafChange } from '../../shared/wire/sync-message.ts';
import { CrashDisk, PowerCut, type Loss } from '../../test/support/crash-disk.ts';
import { createTestTrust, signDelta, signSnapshot, someLeaves, type TestTrust } from '../../test/support/signed-content.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { decodeRecord, encodeRecord, type CacheRecord } from './cache-record.ts';
import { leavesOf, nextContent, type ConfigContent, type ContentProof } from './config-content.ts';
import { packLeaves } from './packed-changes.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { createRecordVerifier } from './verify-record.ts';

const FOLDER = '/state/cache';
const MAXIMUM_BYTES = 10_000_000;
const seal = newStateSeal();

let trust: TestTrust;
/** Versions 1.1 (a snapshot) and 1.2 … 1.8 (deltas), each verified on top of the one before. */
let history: readonly { readonly content: ConfigContent; readonly base: ConfigContent | undefined; readonly transfer: Transfer }[];

before(async () => {
  trust = await createTestTrust();
  const made: { content: ConfigContent; base: ConfigContent | undefined; transfer: Transfer }[] = [];
  let base: ConfigContent | undefined;
  for (let sequence = 1; sequence <= 8; sequence++) {
    const version = { epoch: 1, sequence };
    const changes: readonly LeafChange[] = someLeaves(2).map((leaf) => ({ op: 'put', ...leaf }));
    const transfer = base === undefined ? await signSnapshot(trust, version, someLeaves(50)) : await signDelta(trust, base, version, changes);
    const content: ConfigContent = await accept(transfer, base);
    made.push({ content, base, transfer });
    base = content;
  }
  history = made;
});

async function accept(transfer: Transfer, base: ConfigContent | undefined): Promise<ConfigContent> {
  const verified = await verifyTransfer(transfer, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest: undefined, base, acceptOlder: true, softwareVersion: '1.0.0', maximumInflatedBytes: MAXIMUM_BYTES });
  assert.equal(verified.kind, 'verified', JSON.stringify(verified));
  assert.ok(verified.kind === 'verified');
  return nextContent(base, verified, proofOf(transfer));
}

function proofOf({ manifestStatement, epochStatement }: Transfer): ContentProof {
  return { manifestStatement, epochStatement, rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement };
}

function open(disk: CrashDisk, slots = 3, verifyOptions: { readonly softwareVersion?: string; readonly rootFingerprint?: string } = {}): Promise<SnapshotCache> {
  const verify = createRecordVerifier({
    audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), highest: () => undefined, delegationSerial: () => undefined, softwareVersion: '1.0.0', maximumInflatedBytes: MAXIMUM_BYTES, ...verifyOptions,
  });
  return SnapshotCache.open({ disk, folder: FOLDER, slots, verify, seal });
}

/** Saves version 1.`sequence`, as the keeper does. */
async function save(cache: SnapshotCache, sequence: number): Promise<void> {
  const entry = history[sequence - 1];
  assert.ok(entry);
  const { content, base, transfer } = entry;
  await cache.save(content, transfer.framing.kind === 'signed' && content.change !== undefined ? (base ?? null) : null, { framing: transfer.framing, wireBytes: transfer.wireBytes });
}

async function saveAndTidy(cache: SnapshotCache, upTo: number): Promise<void> {
  for (let sequence = 1; sequence <= upTo; sequence++) {
    await save(cache, sequence);
    await cache.tidy(contentOf(sequence));
  }
}

function contentOf(sequence: number): ConfigContent {
  const entry = history[sequence - 1];
  assert.ok(entry);
  return entry.content;
}

async function loadedSequence(disk: CrashDisk): Promise<number | undefined> {
  const { content } = await (await open(disk)).load(() => false);
  if (content !== undefined) assert.deepEqual(entitiesOf(content), entitiesOf(contentOf(content.version.sequence)));
  return content?.version.sequence;
}

function entitiesOf(content: ConfigContent): readonly string[] {
  return [...leavesOf(content.parts)].map(({ kind, id, entity }) => `${kind}/${id}/${Buffer.from(entity).toString('hex')}`).sort();
}

test('the newest configuration comes back with the same content, root and tree', async () => {
  const disk = new CrashDisk();
  await saveAndTidy(await open(disk), 8);
  const { content, passedOver } = await (await open(disk)).load(() => false);
  assert.equal(content?.contentRoot, contentOf(8).contentRoot);
  assert.equal(content.tree.rootHex(), contentOf(8).contentRoot);
  assert.deepEqual(entitiesOf(content), entitiesOf(contentOf(8)));
  assert.deepEqual(passedOver, []);
});

test('every file is written beside its place, synced, renamed and its folder synced, in this order', async () => {
  const disk = new CrashDisk();
  await save(await open(disk), 1);
  const [name] = await disk.list(FOLDER);
  assert.deepEqual(disk.operations, [
    `create .writing-${name}`, ...Array<string>(3).fill(`write .writing-${name}`), `sync .writing-${name}`, `rename .writing-${name} ${name}`, 'sync-folder cache',
  ]);
});

test('a change costs a file of its own size, however large the configuration is', async () => {
  const disk = new CrashDisk();
  const cache = await open(disk);
  await save(cache, 1);
  const large = disk.files().size;
  disk.operations.length = 0;
  await save(cache, 2);
  assert.equal(disk.files().size, large + 1);
  const bytes = [...disk.files().values()].map((file) => file.length);
  assert.ok((bytes.at(-1) ?? 0) < 4_000, `the file of a small change has ${bytes.at(-1)} bytes`);
  assert.equal(disk.operations.filter((operation) => operation.startsWith('create')).length, 1);
});

test('S5: the power may fail at any operation, whatever the disk loses: the last saved configuration or a newer one is loaded', async () => {
  for (const loss of ['everything', 'nothing', 'half'] satisfies Loss[]) {
    for (let operations = 0, isOver = false; !isOver; operations++) {
      const disk = new CrashDisk();
      const cache = await open(disk);
      await saveAndTidy(cache, 3);
      disk.cutAfter(operations);
      let saved = 3;
      try {
        for (const sequence of [4, 5]) {
          await save(cache, sequence);
          saved = sequence;
          await cache.markKnownGood(contentOf(sequence));
          await cache.tidy(contentOf(sequence));
        }
        isOver = true;
      } catch (thrown) {
        assert.ok(thrown instanceof PowerCut, String(thrown));
      }
      const found = await loadedSequence(CrashDisk.afterCrash(disk, loss));
      assert.ok(found !== undefined && found >= saved && found <= saved + 1, `cut after ${operations} operations, ${loss} lost: saved ${saved}, found ${found}; ${disk.operations.slice(-5).join(', ')}`);
    }
  }
});

test('what an interrupted write left behind is removed at the next start', async () => {
  const disk = new CrashDisk();
  const cache = await open(disk);
  await save(cache, 1);
  disk.cutAfter(3);
  await assert.rejects(save(cache, 2), PowerCut);
  const after = CrashDisk.afterCrash(disk, 'half');
  assert.ok((await after.list(FOLDER)).some((name) => name.startsWith('.writing-')));
  await open(after);
  assert.equal((await after.list(FOLDER)).some((name) => name.startsWith('.writing-')), false);
});

test('S3: a file that is cut anywhere is refused and the configuration before it is loaded', async () => {
  const disk = new CrashDisk();
  await saveAndTidy(await open(disk), 4);
  const newest = disk.paths(FOLDER).filter((path) => path.includes('/1.4-'));
  const whole = newest.map((path) => [path, disk.files().get(path) ?? Buffer.alloc(0)] as const);
  for (const share of [0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999]) {
    for (const [path, bytes] of whole) disk.put(path, bytes.subarray(0, Math.floor(bytes.length * share)));
    assert.equal(await loadedSequence(disk), 3, `cut to ${share}`);
  }
});

test('S3: one changed bit anywhere in a file is noticed', async () => {
  const disk = new CrashDisk();
  await save(await open(disk), 1);
  const [path = ''] = disk.paths(FOLDER);
  const bytes = disk.files().get(path) ?? Buffer.alloc(0);
  for (let at = 0; at < bytes.length; at += 97) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    disk.put(path, changed);
    assert.equal(await loadedSequence(disk), undefined, `bit 0 of byte ${at}`);
  }
});

test('S3: a forger who even has our key is refused by signature, hash or root', async () => {
  const forgeries: readonly [string, RegExp, (record: CacheRecord) => CacheRecord][] = [
    ['other bytes', /TRANSFER_HASH_MISMATCH/, (record) => ({ ...record, body: Buffer.from(record.body).fill(1, 20, 21) })],
    ['bytes cut off', /TRANSFER_LENGTH_MISMATCH/, (record) => ({ ...record, body: record.body.subarray(1) })],
    ['its own framing', /TRANSFER_INFLATE_FAILED|TRANSFER_ROOT_MISMATCH/, (record) => ({ ...record, framing: { kind: 'local', inflatedLength: 12 } })],
    ['a manifest of another version', /TRANSFER_TARGET_MISMATCH/, (record) => ({ ...record, proof: { ...record.proof, manifestStatement: contentOf(2).proof.manifestStatement } })],
    ['a broken signature', /TRUST_SIGNATURE_INVALID|TRUST_STATEMENT_MALFORMED/, (record) => ({ ...record, proof: { ...record.proof, manifestStatement: `${record.proof.manifestStatement.slice(0, -4)}AAAA` } })],
    ['no delegation', /TRUST_STATEMENT_MALFORMED/, (record) => ({ ...record, proof: { ...record.proof, delegationStatement: '' } })],
    ['root keys of its own', /TRUST_ROOT_UNPINNED/, (record) => ({ ...record, proof: { ...record.proof, rootStatements: [] } })],
  ];
  for (const [what, code, forge] of forgeries) {
    const disk = new CrashDisk();
    await save(await open(disk), 1);
    const [path = ''] = disk.paths(FOLDER);
    const decoded = decodeRecord(disk.files().get(path) ?? Buffer.alloc(0), seal);
    assert.ok(typeof decoded !== 'string');
    disk.put(path, Buffer.concat(encodeRecord(forge(decoded.record), seal)));
    const { content, passedOver } = await (await open(disk)).load(() => false);
    assert.equal(content, undefined, what);
    assert.match(passedOver[0]?.reason ?? '', code, what);
  }
});

test('S3: a genuine file under the name of another version is refused', async () => {
  const disk = new CrashDisk();
  await save(await open(disk), 1);
  const [path = ''] = disk.paths(FOLDER);
  disk.put(path.replace('/1.1-', '/1.9-'), disk.files().get(path) ?? Buffer.alloc(0));
  const { content, passedOver } = await (await open(disk)).load(() => false);
  assert.equal(content?.version.sequence, 1);
  assert.match(passedOver[0]?.reason ?? '', /not what its name says/);
});

test('there are at least three slots that stand for themselves: any two of them may be lost', async () => {
  const disk = new CrashDisk();
  await saveAndTidy(await open(disk), 6);
  const slots = disk.paths(FOLDER).filter((path) => path.endsWith('.config') && !path.includes('.from-'));
  assert.equal(slots.length, 3);
  for (const kept of slots) {
    const damaged = CrashDisk.afterCrash(disk, 'nothing');
    for (const path of slots) if (path !== kept) damaged.put(path, Buffer.from('rotten'));
    // The changes after it lead from the oldest slot to the newest version.
    assert.equal(await loadedSequence(damaged), 6, kept);
  }
});

test('what is barred is skipped, and what comes after it is still reached through it', async () => {
  const disk = new CrashDisk();
  const cache = await open(disk, 3);
  for (const sequence of [1, 2, 3, 4]) await save(cache, sequence);
  const skip = (barred: readonly number[]) => cache.load(({ version }) => barred.includes(version.sequence));
  assert.equal((await skip([4])).content?.version.sequence, 3);
  assert.equal((await skip([4, 3])).content?.version.sequence, 2);
  assert.equal((await skip([2, 3])).content?.version.sequence, 4);
});

test('the known good configuration is kept however many changes come, and found again', async () => {
  const disk = new CrashDisk();
  const cache = await open(disk);
  await save(cache, 1);
  await cache.tidy(contentOf(1));
  await cache.markKnownGood(contentOf(1));
  for (let sequence = 2; sequence <= 8; sequence++) {
    await save(cache, sequence);
    // A content that was folded into one part asks for a slot of its own each time.
    await cache.tidy({ ...contentOf(sequence), parts: [packed(sequence)] });
  }
  const reopened = await open(disk);
  assert.equal(reopened.knownGood?.version.sequence, 1);
  assert.equal((await reopened.load(({ version }) => version.sequence !== 1)).content?.version.sequence, 1);
  assert.equal(reopened.slots, 4);
});

test('files that nothing needs are removed, changes before the oldest slot among them', async () => {
  const disk = new CrashDisk();
  const cache = await open(disk);
  for (let sequence = 1; sequence <= 8; sequence++) {
    await save(cache, sequence);
    await cache.tidy({ ...contentOf(sequence), parts: [packed(sequence)] });
  }
  const versions = (await disk.list(FOLDER)).map((name) => Number(/^1\.(\d+)-/.exec(name)?.[1])).sort((a, b) => a - b);
  // A slot and the change that led to it, for each of the newest three.
  assert.deepEqual(versions, [6, 6, 7, 7, 8, 8]);
});

test('a damaged slot does not count as one, and is replaced', async () => {
  const disk = new CrashDisk();
  await saveAndTidy(await open(disk), 3);
  const [path = ''] = disk.paths(FOLDER).filter((name) => name.includes('/1.3-') && !name.includes('.from-'));
  disk.put(path, Buffer.from('rotten'));
  const cache = await open(disk);
  const { content } = await cache.load(() => false);
  assert.equal(content?.version.sequence, 3);
  assert.equal(cache.slots, 2);
  await cache.tidy(contentOf(3));
  assert.equal(cache.slots, 3);
  assert.equal(typeof decodeRecord(disk.files().get(path) ?? Buffer.alloc(0), seal), 'object');
});

test('a cache written for a newer version of the software is passed over with the reason', async () => {
  const disk = new CrashDisk();
  const transfer = await signSnapshot(trust, { epoch: 1, sequence: 1 }, someLeaves(1), { manifest: { minimumDataPlaneVersion: '9.0.0' } });
  const cache = await open(disk, 3, { softwareVersion: '9.0.0' });
  const verified = await verifyTransfer(transfer, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest: undefined, base: undefined, acceptOlder: true, softwareVersion: '9.0.0', maximumInflatedBytes: MAXIMUM_BYTES });
  assert.ok(verified.kind === 'verified');
  await cache.save(await nextContent(undefined, verified, proofOf(transfer)), null, { framing: transfer.framing, wireBytes: transfer.wireBytes });
  const { content, passedOver } = await (await open(disk)).load(() => false);
  assert.equal(content, undefined);
  assert.match(passedOver[0]?.reason ?? '', /TRANSFER_DATA_PLANE_TOO_OLD/);
});

/** The content as one part, as after folding. */
function packed(sequence: number): SharedArrayBuffer {
  return packLeaves(leavesOf(contentOf(sequence).parts));
}
