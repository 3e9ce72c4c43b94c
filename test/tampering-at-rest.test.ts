/**
 * S3, S4: whatever lies in a data plane's state folder and does not verify is not served. A data plane process is stopped,
 * its cache or its record of the highest accepted version is tampered with, and it starts again, with or without a control
 * plane. Each refused file is named in the log and on the status page.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { SealedJson } from '../data-plane/state/sealed-json.ts';
import { systemDisk } from '../data-plane/state/disk.ts';
import { decodeRecord, encodeRecord, recordNameOf, type CacheRecord } from '../data-plane/config/cache-record.ts';
import { newId, type GatewayId } from '../shared/model/ids.ts';
import { formatVersion, type ConfigVersion } from '../shared/model/version.ts';
import { signBundle } from '../shared/trust/root-set.ts';
import { encodeSnapshotContent } from '../shared/wire/content-codec.ts';
import type { DataPlaneProcess } from './support/data-plane-process.ts';
import { createTestTrust, signEpoch, signSnapshot, type TestTrust } from './support/signed-content.ts';
import { DEADLINE_MS, logs, TamperingScene } from './support/tampering-scene.ts';
import { stateSealOf } from './support/state-seals.ts';
import { waitUntil } from './support/wait-until.ts';

/** Versions on disk; each is one slot. */
const VERSIONS = 11;
/** Where nobody listens. */
const NO_CONTROL_PLANE = { HOLDFAST_CONTROL_PLANE_URLS: 'https://127.0.0.1:1' };
const SLOTS = { HOLDFAST_CACHE_SLOTS: '16' };

let scene: TamperingScene;
let dataPlane: DataPlaneProcess;
/** What was applied last. */
let newest: ConfigVersion;

before(async () => {
  scene = await TamperingScene.start();
  newest = await scene.publishGood();
  dataPlane = await scene.startDataPlane(SLOTS);
  await dataPlane.ready(DEADLINE_MS);
  while (newest.sequence < VERSIONS) await applyNext();
  await scene.serves(dataPlane, newest);
});
after(() => scene.stop());

/** A good configuration more, and its slot. */
async function applyNext(): Promise<void> {
  const told = scene.told.length;
  newest = await scene.publishGood();
  assert.deepEqual((await scene.tells('applied', told)).version, newest);
  await waitUntil('the slot', () => slots().has(newest.sequence), DEADLINE_MS);
}

/** Slots by sequence. */
function slots(): ReadonlyMap<number, string> {
  const names = readdirSync(cacheFolder()).filter((name) => /^\d+\.\d+-[0-9a-f]{16}\.config$/.test(name));
  return new Map(names.map((name) => [Number(name.split(/[.-]/)[1]), join(cacheFolder(), name)]));
}

function slot(sequence: number): string {
  const path = slots().get(sequence);
  assert.ok(path, `version 1.${sequence} has a slot`);
  return path;
}

function cacheFolder(): string {
  return join(dataPlane.stateFolder, 'cache');
}

function highestFile(): string {
  return join(dataPlane.stateFolder, 'highest-accepted.json');
}

/** The record of the highest version, its mark right, as if the forger had the key. */
function writeHighest(version: ConfigVersion): Promise<void> {
  return new SealedJson(systemDisk, highestFile(), stateSealOf(dataPlane.stateFolder)).replace({ version, contentRoot: 'c'.repeat(64) });
}

function recordOf(sequence: number): CacheRecord {
  const decoded = decodeRecord(readFileSync(slot(sequence)), stateSealOf(dataPlane.stateFolder));
  assert.ok(typeof decoded !== 'string', 'the slot can be read');
  return decoded.record;
}

/** A cache file under the name that its header claims; its seal is right, as if the forger had the key. */
function writeRecord(record: CacheRecord): void {
  writeFileSync(join(cacheFolder(), recordNameOf(record).name), Buffer.concat(encodeRecord(record, stateSealOf(dataPlane.stateFolder))));
}

/** Ends in good order, so that nothing counts as a crash. */
async function stop(): Promise<void> {
  dataPlane.signal('SIGTERM');
  assert.equal(await dataPlane.exited, 0);
}

async function startAgain(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  dataPlane = await scene.startDataPlane({ ...SLOTS, ...environment }, dataPlane);
}

/** A slot of version 1.`sequence` with forged content that others signed. */
async function forgedRecord(sequence: number, by: TestTrust, proof: { readonly rootStatement: string; readonly delegationStatement: string }): Promise<CacheRecord> {
  const transfer = await signSnapshot(by, { epoch: 1, sequence }, scene.forgedLeaves);
  const genuine = recordOf(Math.min(sequence, newest.sequence));
  return {
    // The name stays that of the genuine slot where there is one.
    ...(sequence > newest.sequence ? { version: { epoch: 1, sequence }, contentRoot: 'a'.repeat(64) } : { version: genuine.version, contentRoot: genuine.contentRoot }),
    base: null, framing: transfer.framing, body: transfer.wireBytes,
    proof: { manifestStatement: transfer.manifestStatement, epochStatement: '', rootStatements: [proof.rootStatement], delegationStatement: proof.delegationStatement },
  };
}

interface Tampering {
  readonly kind: string;
  /** The slot of version 1.`sequence`. */
  readonly sequence: number;
  readonly reason: RegExp;
  readonly spoil: () => Promise<void> | void;
}

const slotTamperings: readonly Tampering[] = [
  {
    kind: 'slot: newer than any, by a foreign installation', sequence: VERSIONS + 1, reason: /^TRUST_ROOT_UNPINNED: /,
    spoil: async () => {
      const stranger = { ...(await createTestTrust()), audience: scene.controlPlane.installation.trust.audience };
      writeRecord(await forgedRecord(VERSIONS + 1, stranger, stranger));
    },
  },
  {
    kind: 'slot: replaced, keys delegated by a foreign root set', sequence: 11, reason: /^TRUST_KEY_UNKNOWN: the delegation/,
    spoil: async () => {
      const { trust } = scene.controlPlane.installation;
      const stranger = { ...(await createTestTrust()), audience: trust.audience };
      const delegationStatement = await signBundle('delegation', { format: 1, tenant: trust.audience.tenantId, gateway: trust.audience.gatewayId, serial: 9, keys: [stranger.publishKey.publicKey], issuedAt: 0 }, [stranger.rootKey]);
      writeRecord(await forgedRecord(11, stranger, { rootStatement: trust.rootStatement, delegationStatement }));
    },
  },
  {
    kind: 'slot: replaced by one of another gateway of the same installation', sequence: 10, reason: /^TRUST_AUDIENCE_MISMATCH: /,
    spoil: async () => {
      const { trust } = scene.controlPlane.installation;
      const other: TestTrust = { ...trust, audience: { ...trust.audience, gatewayId: newId<GatewayId>() } };
      const delegationStatement = await signBundle('delegation', { format: 1, tenant: other.audience.tenantId, gateway: other.audience.gatewayId, serial: 1, keys: [trust.publishKey.publicKey], issuedAt: 0 }, [trust.rootKey]);
      writeRecord(await forgedRecord(10, other, { rootStatement: trust.rootStatement, delegationStatement }));
    },
  },
  {
    kind: 'slot: forged entities, seal made right', sequence: 9, reason: /^TRANSFER_ROOT_MISMATCH: /,
    spoil: () => {
      const content = encodeSnapshotContent(scene.forgedLeaves);
      writeRecord({ ...recordOf(9), framing: { kind: 'local', inflatedLength: content.length }, body: zstdCompressSync(content) });
    },
  },
  {
    kind: 'slot: forged entities beside the genuine ones, seal made right', sequence: 8, reason: /^TRANSFER_CONTENT_MALFORMED: .*an entity comes twice/,
    spoil: () => {
      const content = encodeSnapshotContent([...scene.forgedLeaves.slice(0, 1), ...scene.genuineLeaves(8)]);
      writeRecord({ ...recordOf(8), framing: { kind: 'local', inflatedLength: content.length }, body: zstdCompressSync(content) });
    },
  },
  {
    kind: 'slot: inflates far beyond its length, seal made right', sequence: 7, reason: /^TRANSFER_INFLATE_FAILED: .*larger than/,
    spoil: () => writeRecord({ ...recordOf(7), framing: { kind: 'local', inflatedLength: 100 }, body: zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)) }),
  },
  {
    kind: 'slot: an older configuration under its own manifest, seal made right', sequence: 6, reason: /^its manifest is not for what its name says/,
    spoil: () => {
      const { version, contentRoot } = recordOf(6);
      writeRecord({ ...recordOf(1), version, contentRoot });
    },
  },
  { kind: 'slot: replaced by an older one', sequence: 5, reason: /^it is not what its name says/, spoil: () => writeFileSync(slot(5), readFileSync(slot(1))) },
  {
    kind: 'slot: a byte flipped', sequence: 4, reason: /^its seal does not hold/,
    spoil: () => {
      const bytes = readFileSync(slot(4));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 60) ^ 1, bytes.length - 60);
      writeFileSync(slot(4), bytes);
    },
  },
  { kind: 'slot: cut off', sequence: 3, reason: /^its seal does not hold/, spoil: () => writeFileSync(slot(3), readFileSync(slot(3)).subarray(0, -10)) },
];
/** The newest slot that nobody touched. */
const UNTOUCHED: ConfigVersion = { epoch: 1, sequence: 2 };

test('S3: slots of the cache that were tampered with are refused one by one, and the newest that verifies serves', async (t) => {
  await stop();
  // Without the files of changes there is no way around a slot.
  for (const name of readdirSync(cacheFolder())) if (name.includes('.from-')) rmSync(join(cacheFolder(), name));
  const names = new Map<number, string>();
  for (const { sequence, spoil } of slotTamperings) {
    await spoil();
    names.set(sequence, slot(sequence));
  }
  await startAgain(NO_CONTROL_PLANE);
  await dataPlane.ready(DEADLINE_MS);

  for (const { kind, sequence, reason } of slotTamperings) {
    await t.test(kind, async (each) => {
      const file = String(names.get(sequence)).split('/').at(-1);
      const line = await logs(dataPlane, 'cache-file-refused', 0, (refused) => refused['file'] === file);
      assert.match(String(line['reason']), reason);
      const shown = (await dataPlane.status()).holdfast.cache.refused.find((refused) => refused.file === file);
      assert.equal(shown?.reason, line['reason']);
      each.diagnostic(`${kind} → ${String(line['reason']).split(':')[0]} → log and status page of the data plane`);
    });
  }
  await scene.serves(dataPlane, UNTOUCHED);
  const { holdfast } = await dataPlane.status();
  assert.equal(holdfast.config?.source, 'cache');
  assert.equal(holdfast.cache.refused.length, slotTamperings.length);
  assert.equal(holdfast.highest_accepted, formatVersion(newest), 'S4: falling back to an older slot forgets nothing');
});

test('S4: what was accepted before the cache was spoilt still bars older versions, and the control plane brings the newest again', async (t) => {
  await stop();
  scene.controlPlane.offersAtWelcome = false;
  const told = scene.told.length;
  const sessions = scene.controlPlane.sessions.length;
  await startAgain();
  const { hello } = await scene.controlPlane.session(sessions + 1);
  assert.deepEqual([hello.active?.version, hello.highestAccepted], [UNTOUCHED, newest]);
  const older = { epoch: 1, sequence: VERSIONS - 1 };
  scene.controlPlane.offer(await signSnapshot(scene.controlPlane.installation.trust, older, scene.genuineLeaves(older.sequence)), 'snapshot');
  const rejected = await scene.tells('rejected', told);
  assert.deepEqual([rejected.code, rejected.version], ['TRANSFER_VERSION_OLDER', older]);
  await logs(dataPlane, 'config-rejected', 0, ({ code }) => code === 'TRANSFER_VERSION_OLDER');
  await scene.serves(dataPlane, UNTOUCHED);
  t.diagnostic('rollback between what a spoilt cache serves and what was accepted → TRANSFER_VERSION_OLDER → Rejected to the control plane, log of the data plane');

  scene.controlPlane.offer(await scene.controlPlane.snapshot(), 'snapshot');
  assert.deepEqual((await scene.tells('applied', told)).version, newest);
  await scene.serves(dataPlane, newest);
  scene.controlPlane.offersAtWelcome = true;
});

test('S3: where no file of the cache verifies it waits, serves nothing, says so, and comes back with the control plane', async (t) => {
  await applyNext();
  await stop();
  for (const name of readdirSync(cacheFolder())) if (name.endsWith('.config')) writeFileSync(join(cacheFolder(), name), readFileSync(join(cacheFolder(), name)).fill(0, 0, 40));
  await startAgain(NO_CONTROL_PLANE);
  await logs(dataPlane, 'cache-file-refused', 0);
  await logs(dataPlane, 'nothing-cached', 0);
  await scene.servesNothing(dataPlane);
  t.diagnostic('every file of the cache spoilt → it is cut off or not a cache file → log and status page; not ready');
  await stop();
  const told = scene.told.length;
  await startAgain();
  assert.deepEqual((await scene.tells('applied', told)).version, newest);
  await scene.serves(dataPlane, newest);
});

for (const { what, event, spoil } of [
  { what: 'edited', event: 'highest-accepted-damaged', spoil: () => writeFileSync(highestFile(), readFileSync(highestFile(), 'utf8').replace(/"sequence": \d+/, '"sequence": 1')) },
  { what: 'unmarked', event: 'highest-accepted-damaged', spoil: () => writeFileSync(highestFile(), JSON.stringify({ version: { epoch: 1, sequence: 1 }, contentRoot: 'c'.repeat(64) })) },
  { what: 'damaged', event: 'highest-accepted-damaged', spoil: () => writeFileSync(highestFile(), '{"version": {"epoch": 0}}') },
  { what: 'deleted', event: 'highest-accepted-missing', spoil: () => rmSync(highestFile()) },
]) {
  test(`S4: a ${what} record of the highest accepted version is an alarm, and is made anew from what verifies`, async (t) => {
    await stop();
    spoil();
    await startAgain();
    await dataPlane.ready(DEADLINE_MS);
    assert.match((await logs(dataPlane, event, 0)).msg, /^ALARM/);
    await scene.serves(dataPlane, newest);
    const { holdfast } = await dataPlane.status();
    assert.deepEqual([holdfast.config?.source, holdfast.highest_accepted], ['cache', formatVersion(newest)]);
    await applyNext();
    t.diagnostic(`highest accepted: ${what} → ${event} → alarm in the log; made anew from the cache`);
  });
}

test('S4: a record of the highest accepted version that names other content refuses the slot and every push of it', async (t) => {
  const older = newest;
  await applyNext();
  await stop();
  await writeHighest(newest);
  const told = scene.told.length;
  await startAgain();
  assert.match(String((await logs(dataPlane, 'cache-file-refused', 0))['reason']), /^TRANSFER_VERSION_CONFLICT/);
  const rejected = await scene.tells('rejected', told);
  assert.deepEqual([rejected.code, rejected.version], ['TRANSFER_VERSION_CONFLICT', newest]);
  assert.match((await logs(dataPlane, 'config-rejected', 0)).msg, /^ALARM/);
  await scene.serves(dataPlane, older);
  newest = await scene.publishGood();
  scene.controlPlane.offer(await scene.controlPlane.snapshot(), 'snapshot');
  assert.deepEqual((await scene.tells('applied', told)).version, newest);
  await scene.serves(dataPlane, newest);
  t.diagnostic('highest accepted: other content → TRANSFER_VERSION_CONFLICT → Rejected to the control plane, alarm in the log; a newer version heals it');
});

test('S3: where the record of the keys is gone, the cache says which were known at least: a delegation that was replaced is refused', async (t) => {
  const { controlPlane } = scene;
  const old = await controlPlane.rotatePublishKey();
  controlPlane.sessions.at(-1)?.cut();
  await applyNext();
  await stop();
  rmSync(join(dataPlane.stateFolder, 'identity', 'trust.json'));
  controlPlane.alterWelcome = (welcome) => ({ ...welcome, delegationStatement: old.delegationStatement });
  const told = scene.told.length;
  await startAgain();
  const { code, reason } = await scene.tells('bye', told);
  assert.match(`${code}: ${reason}`, /^SYNC_VIOLATED: .*SYNC_TRUST_OLDER/);
  controlPlane.alterWelcome = (welcome) => welcome;
  await waitUntil('the genuine Welcome', async () => (await dataPlane.status()).holdfast.control_plane.connected || undefined, DEADLINE_MS);
  await scene.serves(dataPlane, newest);
  t.diagnostic('record of the keys: deleted → SYNC_TRUST_OLDER → Bye to the control plane, log of the data plane');
});

test('S4: a record of the highest accepted version that was raised serves on and refuses what is below, until the root key begins an epoch', async (t) => {
  await stop();
  const raised = { epoch: 1, sequence: 1_000 };
  await writeHighest(raised);
  const sessions = scene.controlPlane.sessions.length;
  const told = scene.told.length;
  await startAgain();
  const { hello } = await scene.controlPlane.session(sessions + 1);
  assert.deepEqual([hello.active?.version, hello.highestAccepted], [newest, raised], 'the control plane sees that it is ahead');
  const refused = await scene.publishGood();
  const rejected = await scene.tells('rejected', told);
  assert.deepEqual([rejected.code, rejected.version], ['TRANSFER_VERSION_OLDER', refused]);
  await scene.serves(dataPlane, newest);
  const { trust } = scene.controlPlane.installation;
  const begun = { epoch: 2, sequence: 77 };
  scene.controlPlane.offer({ ...(await signSnapshot(trust, begun, scene.genuineLeaves(begun.sequence))), epochStatement: await signEpoch(trust, 2) }, 'snapshot');
  assert.deepEqual((await scene.tells('applied', told)).version, begun);
  await scene.serves(dataPlane, begun);
  t.diagnostic('highest accepted: raised → TRANSFER_VERSION_OLDER → Rejected to the control plane, log of the data plane; an epoch of the root key goes past it');
});
