/**
 * S3, S4: whatever arrives over a session and is not genuine is refused, the old configuration serves, the reason is logged
 * and reported. One data plane process; its control plane holds the real keys, so that each kind of tampering is wrong in
 * one thing alone. After each kind a good configuration is applied. Cache and certificates: tampering-at-rest and
 * tampering-identity.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { newId, type GatewayId, type TenantId } from '../shared/model/ids.ts';
import { formatVersion, type ConfigVersion } from '../shared/model/version.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';
import { signBundle } from '../shared/trust/root-set.ts';
import type { Transfer } from '../shared/trust/verify-transfer.ts';
import { encodeSnapshotContent } from '../shared/wire/content-codec.ts';
import { encodeFrame } from '../shared/wire/sync-codec.ts';
import type { Leaf, Welcome } from '../shared/wire/sync-message.ts';
import type { DataPlaneProcess } from './support/data-plane-process.ts';
import { claimsIn, forgeStatement } from './support/forge-statement.ts';
import { createTestTrust, signDelta, signEpoch, signSnapshot, someLeaves, type Alterations, type TestTrust } from './support/signed-content.ts';
import { DEADLINE_MS, logs, TamperingScene } from './support/tampering-scene.ts';

/** The smallest cap there is, so that what is above it is small too. */
const MAXIMUM_BYTES = 1_048_576;
const CHUNK_BYTES = 1_000;

let scene: TamperingScene;
let dataPlane: DataPlaneProcess;
let trust: TestTrust;
/** Another installation's, for the same tenant and gateway. */
let stranger: TestTrust;
/** What serves: the newest good version. */
let serving: ConfigVersion;
/** What every Welcome brings: a delegation that is not the first one, so that an older one exists. */
let delegationStatement: string;

before(async () => {
  scene = await TamperingScene.start();
  ({ trust } = scene.controlPlane.installation);
  stranger = { ...(await createTestTrust()), audience: trust.audience };
  delegationStatement = await signDelegation(2);
  scene.controlPlane.alterWelcome = (welcome) => ({ ...welcome, delegationStatement });
  for (let version = 0; version < 3; version++) serving = await scene.publishGood();
  dataPlane = await scene.startDataPlane({ HOLDFAST_MAX_CONFIG_BYTES: String(MAXIMUM_BYTES) });
  await dataPlane.ready(DEADLINE_MS);
  await scene.serves(dataPlane, serving);
});
after(() => scene.stop());

/** How a refusal shows: what the control plane hears, and the line in the data plane's log. */
const SHOWN = {
  'Rejected': { event: 'config-rejected', reports: 'Rejected to the control plane' },
  'session ended': { event: 'disconnected', reports: 'Bye to the control plane' },
  'head refused': { event: 'head-refused', reports: 'status page' },
} as const;

interface Tampering {
  readonly kind: string;
  readonly shown: keyof typeof SHOWN;
  readonly code: string;
  /** What the reason must name. */
  readonly reason: RegExp;
  readonly arrives: () => Promise<void>;
}

function rejected(code: string, reason: RegExp, kind: string, transfer: () => Promise<Transfer>, as: 'snapshot' | 'delta' = 'snapshot'): Tampering {
  return { kind, shown: 'Rejected', code, reason, arrives: async () => scene.controlPlane.offer(await transfer(), as) };
}

function ended(reason: RegExp, kind: string, arrives: () => Promise<void>): Tampering {
  return { kind, shown: 'session ended', code: 'SYNC_VIOLATED', reason, arrives };
}

function headRefused(code: string, reason: RegExp, kind: string, head: () => Promise<string>): Tampering {
  return { kind, shown: 'head refused', code, reason, arrives: async () => send({ kind: 'head', headStatement: await head() }) };
}

const next = (): ConfigVersion => ({ ...serving, sequence: serving.sequence + 1 });
const otherGateway = (): TestTrust => ({ ...trust, audience: { ...trust.audience, gatewayId: newId<GatewayId>() } });
const otherTenant = (): TestTrust => ({ ...trust, audience: { ...trust.audience, tenantId: newId<TenantId>() } });

/** The forged configuration as the next version, signed by the real key unless `by` says otherwise. */
function forged(alterations: Alterations = {}, by = trust, version = next()): Promise<Transfer> {
  return signSnapshot(by, version, scene.forgedLeaves, alterations);
}

/** The forged configuration under a manifest made from the genuine next one. */
async function underManifest(make: (manifestStatement: string, forgedManifest: string) => string | Promise<string>): Promise<Transfer> {
  const lie = await forged();
  const genuine = await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence));
  return { ...lie, manifestStatement: await make(genuine.manifestStatement, lie.manifestStatement) };
}

/** Other bytes, for which the real key signed a transfer statement, under the genuine manifest of the next version. */
async function resigned(leaves: readonly Leaf[]): Promise<Transfer> {
  const genuine = await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence));
  return { ...(await signSnapshot(trust, next(), leaves)), manifestStatement: genuine.manifestStatement };
}

/** Wire bytes of one's choice with a transfer statement that fits them. */
async function withWireBytes(content: Uint8Array, inflatedLength: number): Promise<Transfer> {
  const wireBytes = zstdCompressSync(content);
  const wireHash = createHash('sha256').update(wireBytes).digest('hex');
  return { ...(await forged({ transfer: { wireHash, wireLength: wireBytes.length, inflatedLength } })), wireBytes };
}

function withFraming(transfer: Transfer, transferStatement: string): Transfer {
  return { ...transfer, framing: { kind: 'signed', transferStatement } };
}

function transferStatementOf({ framing }: Transfer): string {
  return framing.kind === 'signed' ? framing.transferStatement : '';
}

function signDelegation(serial: number, by = trust, keys = [trust.publishKey.publicKey]): Promise<string> {
  const { tenantId, gatewayId } = trust.audience;
  return signBundle('delegation', { format: 1, tenant: tenantId, gateway: gatewayId, serial, keys, issuedAt: Date.now() }, [by.rootKey]);
}

function send(...messages: Parameters<NonNullable<ReturnType<typeof latestSession>>['send']>[0][]): void {
  for (const message of messages) latestSession().send(message);
}

function latestSession() {
  const session = scene.controlPlane.sessions.at(-1);
  assert.ok(session, 'a data plane is connected');
  return session;
}

let transferIds = 1_000_000;

/** Announces a transfer and sends its chunks as `arrange` has them. */
function sendChunks({ manifestStatement, framing, wireBytes }: Transfer, arrange: (chunks: readonly { readonly offset: number; readonly bytes: Uint8Array }[]) => readonly { readonly offset: number; readonly bytes: Uint8Array }[], kind: 'snapshot' | 'delta' = 'snapshot'): void {
  const transferId = (transferIds += 1);
  const announced = { transferId, manifestStatement, transferStatement: framing.kind === 'signed' ? framing.transferStatement : '', compression: 'zstd', startOffset: 0 };
  const size = Math.min(CHUNK_BYTES, Math.ceil(wireBytes.length / 2));
  const chunks = Array.from({ length: Math.ceil(wireBytes.length / size) }, (_, index) => ({ offset: index * size, bytes: wireBytes.subarray(index * size, (index + 1) * size) }));
  send(kind === 'snapshot' ? { kind, ...announced, epochStatement: '' } : { kind, ...announced }, ...arrange(chunks).map((chunk) => ({ kind: 'chunk' as const, transferId, ...chunk })));
}

/** The next session begins with this Welcome; those after it are as they should be. */
async function welcomeWith(altered: Partial<Welcome>): Promise<void> {
  const { alterWelcome } = scene.controlPlane;
  scene.controlPlane.alterWelcome = (welcome) => {
    scene.controlPlane.alterWelcome = alterWelcome;
    return { ...alterWelcome(welcome), ...altered };
  };
  latestSession().cut();
}

const statements: readonly Tampering[] = [
  rejected('TRUST_SIGNATURE_INVALID', /signature of the manifest/, 'manifest: payload altered', () =>
    underManifest((genuine, lie) => forgeStatement(genuine, { claims: claimsIn(lie) }))),
  rejected('TRUST_SIGNATURE_INVALID', /signature of the manifest/, 'manifest: signature of zeros', () => underManifest((_, lie) => forgeStatement(lie, { sign: () => Buffer.alloc(64) }))),
  rejected('TRUST_KEY_UNKNOWN', /manifest statement is signed by a key that may not/, 'manifest: signed by another key', () => forged({}, stranger)),
  rejected('TRUST_SIGNATURE_INVALID', /signature of the manifest/, 'manifest: signed by another key that claims the id of ours', () =>
    forged({}, { ...stranger, publishKey: { ...stranger.publishKey, keyId: trust.publishKey.keyId } })),
  rejected('TRUST_KEY_UNKNOWN', /manifest statement is signed by a key that may not/, 'manifest: signed by the root key itself, which may not publish', () => forged({}, { ...trust, publishKey: trust.rootKey })),
  rejected('TRUST_STATEMENT_MALFORMED', /algorithm is not Ed25519/, 'manifest: algorithm "none"', () => underManifest((_, lie) => forgeStatement(lie, { header: { alg: 'none' } }))),
  rejected('TRUST_STATEMENT_MALFORMED', /not a compact JWS/, 'manifest: algorithm "none", no signature', () => underManifest((_, lie) => forgeStatement(lie, { header: { alg: 'none' }, sign: () => Buffer.alloc(0) }))),
  rejected('TRUST_STATEMENT_MALFORMED', /algorithm is not Ed25519/, 'manifest: HMAC with our public key as the secret', () =>
    underManifest((_, lie) => forgeStatement(lie, { header: { alg: 'HS256' }, sign: (input) => createHmac('sha256', Buffer.from(trust.publishKey.publicKey, 'base64url')).update(input).digest() }))),
  rejected('TRUST_STATEMENT_MALFORMED', /must have alg, typ and kid and nothing else/, 'manifest: brings its own key in the header', async () =>
    underManifest(async () => forgeStatement((await forged({}, stranger)).manifestStatement, { header: { jwk: { kty: 'OKP', crv: 'Ed25519', x: stranger.publishKey.publicKey } } }))),
  rejected('TRUST_STATEMENT_MALFORMED', /type is not holdfast-manifest/, 'manifest: another kind of statement by the right key', () => underManifest(() => scene.controlPlane.headStatement())),
  rejected('TRUST_AUDIENCE_MISMATCH', /manifest statement is for another tenant or gateway/, 'manifest: for another gateway', () => forged({}, otherGateway())),
  rejected('TRUST_AUDIENCE_MISMATCH', /manifest statement is for another tenant or gateway/, 'manifest: for another tenant', () => forged({}, otherTenant())),
  rejected('TRUST_STATEMENT_MALFORMED', /transfer statement/, 'transfer: no statement', async () => withFraming(await forged(), '')),
  rejected('TRUST_AUDIENCE_MISMATCH', /transfer statement is for another/, 'transfer: for another gateway', async () => withFraming(await forged(), transferStatementOf(await forged({}, otherGateway())))),
  rejected('TRUST_SIGNATURE_INVALID', /signature of the transfer/, 'transfer: payload altered', async () => {
    const lie = await forged();
    return withFraming(lie, forgeStatement(transferStatementOf(lie), { claims: { inflatedLength: 1 } }));
  }),
  rejected('TRANSFER_TARGET_MISMATCH', /the transfer leads to 1\.\d+, the manifest is for 1\.\d+/, 'transfer: for another target', async () =>
    withFraming(await forged(), transferStatementOf(await forged({}, trust, { ...next(), sequence: next().sequence + 1 })))),
];

const versions: readonly Tampering[] = [
  rejected('TRANSFER_VERSION_OLDER', /version 1\.2 is older than 1\.\d+, which was accepted before/, 'rollback: an older version', () => signSnapshot(trust, { epoch: 1, sequence: 2 }, scene.genuineLeaves(2))),
  rejected('TRANSFER_VERSION_CONFLICT', /was accepted before with other content/, 'equivocation: the same version with other content', () => forged({}, trust, serving)),
  rejected('TRANSFER_EPOCH_UNPROVEN', /root set has not begun epoch 2/, 'epoch: a new one that nobody allowed', () => forged({}, trust, { epoch: 2, sequence: 1 })),
  rejected('TRANSFER_EPOCH_UNPROVEN', /epoch 2: .*key that may not sign it/, 'epoch: allowed by the publish key, not the root key', async () =>
    ({ ...(await forged({}, trust, { epoch: 2, sequence: 1 })), epochStatement: await signEpoch(trust, 2, [trust.publishKey]) })),
  rejected('TRANSFER_EPOCH_UNPROVEN', /epoch 2: .*another tenant or gateway/, 'epoch: allowed for another gateway', async () =>
    ({ ...(await forged({}, trust, { epoch: 2, sequence: 1 })), epochStatement: await signEpoch(otherGateway(), 2) })),
];

const contents: readonly Tampering[] = [
  rejected('TRANSFER_HASH_MISMATCH', /bytes are not those that were signed/, 'content: a byte flipped on the way', async () => {
    const lie = await forged();
    const wireBytes = Buffer.from(lie.wireBytes);
    wireBytes.writeUInt8(wireBytes.readUInt8(20) ^ 1, 20);
    return { ...lie, wireBytes };
  }),
  rejected('TRANSFER_INFLATE_FAILED', /larger than/, 'content: inflates far beyond the signed length', () => withWireBytes(Buffer.alloc(64 * MAXIMUM_BYTES), 500)),
  rejected('TRANSFER_INFLATE_FAILED', /do not inflate to the 900 bytes announced/, 'content: inflates to less than the signed length', () => withWireBytes(Buffer.alloc(100), 900)),
  rejected('TRANSFER_TOO_LARGE', /the cap is 1048576/, 'content: signed length above the cap', () => forged({ transfer: { inflatedLength: MAXIMUM_BYTES + 1 } })),
  rejected('TRANSFER_ROOT_MISMATCH', /content has root .* signed is/, 'content: an entity changed, its transfer signed anew', () => resigned(scene.forgedLeaves)),
  rejected('TRANSFER_ROOT_MISMATCH', /over 1 entities, signed is .* over 2/, 'content: an entity left out, its transfer signed anew', () => resigned(scene.genuineLeaves(next().sequence).slice(0, 1))),
  rejected('TRANSFER_CONTENT_MALFORMED', /an entity comes twice/, 'content: an entity twice, the forged one first', async () => {
    const genuine = await signSnapshot(trust, next(), scene.genuineLeaves(next().sequence));
    const content = encodeSnapshotContent([...scene.forgedLeaves.slice(0, 1), ...scene.genuineLeaves(next().sequence)]);
    return { ...(await withWireBytes(content, content.length)), manifestStatement: genuine.manifestStatement };
  }),
  rejected('TRANSFER_EMPTY_REFUSED', /is empty and its manifest does not allow that/, 'content: empty, not allowed by the manifest', () => signSnapshot(trust, next(), [])),
  rejected('TRANSFER_EMPTY_REFUSED', /is empty and its manifest does not allow that/, 'delta: removes everything, not allowed by the manifest', () => {
    const leaves = scene.genuineLeaves(serving.sequence);
    return signDelta(trust, { version: serving, tree: treeOf(leaves) }, next(), leaves.map(({ kind, id }) => ({ op: 'delete', kind, id })));
  }, 'delta'),
  rejected('TRANSFER_BASE_MISMATCH', /the change is from 1\.2, active is 1\.\d+/, 'delta: on another version than the one that serves', () =>
    signDelta(trust, { version: { epoch: 1, sequence: 2 }, tree: treeOf(scene.genuineLeaves(2)) }, next(), forgedChanges()), 'delta'),
  rejected('TRANSFER_ROOT_MISMATCH', /content has root/, 'delta: on other content than what serves', () =>
    signDelta(trust, { version: serving, tree: treeOf([...scene.genuineLeaves(2), ...someLeaves(1)]) }, next(), forgedChanges()), 'delta'),
];

const frames: readonly Tampering[] = [
  ended(/out of order or too long/, 'chunks: out of order', async () => sendChunks(await forged(), (chunks) => chunks.toReversed())),
  ended(/out of order or too long/, 'chunks: more bytes than signed', async () =>
    sendChunks(await forged(), (chunks) => chunks.map(({ offset, bytes }, index) => ({ offset, bytes: index === chunks.length - 1 ? Buffer.concat([bytes, Buffer.of(0)]) : bytes })))),
  ended(/announced a delta whose transfer statement says otherwise/, 'chunks: a snapshot announced as a delta', async () => sendChunks(await forged(), (chunks) => chunks, 'delta')),
  ended(/sent a frame for gateway/, 'frame: for another gateway', async () =>
    latestSession().sendBytes(encodeFrame({ gatewayId: newId<GatewayId>(), message: { kind: 'head', headStatement: await scene.controlPlane.headStatement() } }))),
  ended(/a frame is not in the form of the protocol/, 'frame: bytes that are none', async () => latestSession().sendBytes(Buffer.from('not a frame'))),
  ended(/statements do not hold: TRUST_KEY_UNKNOWN/, 'Welcome: keys delegated by a foreign root set', async () => welcomeWith({ delegationStatement: await signDelegation(9, stranger, [stranger.publishKey.publicKey]) })),
  ended(/statements do not hold: TRUST_ROOT_UNPINNED/, 'Welcome: a foreign root set with its delegation', async () =>
    welcomeWith({ rootStatements: [stranger.rootStatement], delegationStatement: await signDelegation(9, stranger, [stranger.publishKey.publicKey]) })),
  ended(/statements do not hold: SYNC_TRUST_OLDER: delegation 1 was offered, 2 is known/, 'Welcome: a delegation that was replaced', async () => welcomeWith({ delegationStatement: trust.delegationStatement })),
];

const heads: readonly Tampering[] = [
  headRefused('SYNC_HEAD_EXPIRED', /the head expired \d+ s ago/, 'head: expired', () => scene.controlPlane.headStatement({ expiresAt: Date.now() - 600_000 })),
  headRefused('SYNC_HEAD_OLDER', /the head names 1\.2, 1\.\d+ was named before/, 'head: names an older version', () => scene.controlPlane.headStatement({ sequence: 2 })),
  headRefused('TRUST_SIGNATURE_INVALID', /signature of the head/, 'head: payload altered', async () => forgeStatement(await scene.controlPlane.headStatement(), { claims: { sequence: 999 } })),
];

function treeOf(leaves: readonly Leaf[]): ContentTree {
  const tree = new ContentTree();
  for (const { kind, id, entity } of leaves) tree.set(kind, id, entity);
  return tree;
}

function forgedChanges() {
  return scene.forgedLeaves.map((leaf) => ({ op: 'put' as const, ...leaf }));
}

for (const [group, tamperings] of Object.entries({ 'signed statements': statements, versions, 'content and deltas': contents, 'frames and greetings': frames, heads })) {
  test(`S3, S4: tampering with ${group} is refused, the old configuration serves`, async (t) => {
    for (const tampering of tamperings) await t.test(tampering.kind, async (each) => {
      await isRefused(tampering);
      each.diagnostic(`${tampering.kind} → ${tampering.code} → ${SHOWN[tampering.shown].reports}, log of the data plane`);
    });
  });
}

async function isRefused(tampering: Tampering): Promise<void> {
  const before = { told: scene.told.length, logged: dataPlane.log.length, status: await dataPlane.status() };
  await tampering.arrives();

  const line = await logs(dataPlane, SHOWN[tampering.shown].event, before.logged, ({ msg }) => tampering.shown !== 'session ended' || tampering.reason.test(msg));
  assert.match(line.msg, tampering.reason);
  await isReported(tampering, before.told, line);
  if (tampering.code === 'TRANSFER_VERSION_CONFLICT') assert.match(line.msg, /^ALARM/);

  await scene.serves(dataPlane, serving);
  const { holdfast } = await dataPlane.status();
  assert.equal(holdfast.config?.content_root, before.status.holdfast.config?.content_root);
  assert.equal(holdfast.highest_accepted, formatVersion(serving), 'what is refused is not accepted');

  const told = scene.told.length;
  serving = await scene.publishGood();
  assert.deepEqual((await scene.tells('applied', told)).version, serving, 'a good one is applied afterwards');
  await scene.serves(dataPlane, serving);
}

async function isReported({ shown, code, reason }: Tampering, after: number, line: Awaited<ReturnType<typeof logs>>): Promise<void> {
  if (shown === 'Rejected') {
    const message = await scene.tells('rejected', after);
    assert.equal(message.code, code);
    assert.match(message.reasons.join('\n'), reason);
    assert.deepEqual([line['code'], line['reasons']], [code, message.reasons]);
  } else if (shown === 'session ended') {
    const message = await scene.tells('bye', after);
    assert.equal(message.code, code);
    assert.match(message.reason, reason);
  } else {
    assert.equal(line['code'], code);
    const { holdfast } = await dataPlane.status();
    assert.equal(holdfast.control_plane.head_refused?.code, code);
    assert.match(holdfast.control_plane.head_refused.reasons.join('\n'), reason);
  }
}
