/**
 * S1, S3 against a real control plane process: a man in the middle who has every certificate but no key that signs
 * configurations, then client certificates that are not the data plane's own. What is refused shows in `/v1/data-planes` or in
 * the control plane's log; the data plane's old configuration serves, and a good one is applied afterwards.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import 'reflect-metadata';
import { PublicKey } from '@peculiar/x509';
import { createAuthority, openAuthority, type CertificateAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { RENEWAL_GRACE_MS } from '../control-plane/sync/peer-certificate.ts';
import { defined } from '../shared/assert.ts';
import { newId, type DataPlaneId, type GatewayId } from '../shared/model/ids.ts';
import { identityOfCertificate, type DataPlaneIdentity } from '../shared/trust/identity.ts';
import type { Snapshot, SyncMessage } from '../shared/wire/sync-message.ts';
import { DataPlaneProcess, type LogLine } from './support/data-plane-process.ts';
import { forgeStatement } from './support/forge-statement.ts';
import { startInstallation, type TestInstallation } from './support/installation.ts';
import { ManInTheMiddle } from './support/man-in-the-middle.ts';
import { leafOf } from './support/sync-client.ts';
import { DEADLINE_MS, logs } from './support/tampering-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const DAY_MS = 86_400_000;
const TRUST_DOMAIN = 'holdfast';
const folder = mkdtempSync(join(tmpdir(), 'holdfast-tampering-'));

let authority: CertificateAuthority;
let installation: TestInstallation;
let man: ManInTheMiddle;
let dataPlane: DataPlaneProcess;
/** Paths that the newest applied configuration routes. */
const good: string[] = [];

before(async () => {
  const files = await createAuthority(Date.now());
  const [certificateFile, keyFile] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem')];
  writeFileSync(certificateFile, files.certificatePem);
  writeFileSync(keyFile, files.privateKeyPem, { mode: 0o600 });
  authority = await openAuthority(files);
  installation = await startInstallation({ regions: [], controlPlaneSettings: { HOLDFAST_AUTHORITY_CERTIFICATE_FILE: certificateFile, HOLDFAST_AUTHORITY_KEY_FILE: keyFile } });
  man = await ManInTheMiddle.start({ authority, controlPlanePort: installation.ports.sync, credentials: () => ({ key: keyOf(), cert: enrolment().certificateChain }) });
  const { token } = (await installation.admin.send('POST', '/v1/join-tokens', { gateway: 'default' })) as { readonly token: string };
  dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: token, HOLDFAST_CONTROL_PLANE_URLS: man.url });
  await dataPlane.ready(DEADLINE_MS);
  await publishesGood();
});
after(async () => {
  await dataPlane.destroy();
  await man.stop();
  await installation.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface ShownDataPlane {
  readonly id: string;
  readonly connected: boolean;
  readonly desired_version: string | null;
  readonly applied_version: string | null;
  readonly rejection: { readonly code: string; readonly reasons: readonly string[]; readonly version: string } | null;
  readonly revoked_at: string | null;
}

/** What the admin API says of the data plane. */
async function shown(): Promise<ShownDataPlane> {
  const { data } = (await installation.admin.read('/v1/data-planes')) as { readonly data: readonly ShownDataPlane[] };
  assert.equal(data.length, 1);
  return defined(data[0], 'the data plane');
}

function shownWhere(what: string, holds: (dataPlane: ShownDataPlane) => boolean): Promise<ShownDataPlane> {
  return waitUntil(what, async () => {
    const now = await shown();
    return holds(now) ? now : undefined;
  }, DEADLINE_MS);
}

/** The control plane's log, from its `after`th line on. */
function controlPlaneLog(after = 0): readonly LogLine[] {
  const lines = readFileSync(join(installation.stateFolder, 'logs', 'control-plane.log'), 'utf8').split('\n').slice(0, -1);
  return lines.slice(after).map((line): LogLine => JSON.parse(line));
}

/** Waits for the line of an event and a code after the `after`th. */
function controlPlaneLogs(event: string, code: string, after: number): Promise<LogLine> {
  return waitUntil(`the control plane's line "${event}" ${code}`, () => controlPlaneLog(after).find((line) => line.event === event && line['code'] === code), DEADLINE_MS);
}

/** Writes one route more; it reaches the data plane or not. Returns its path. */
async function publish(): Promise<string> {
  const path = `/good-${newId()}`;
  await installation.admin.send('POST', '/services/demo/routes', { paths: [path] });
  return path;
}

/** A good configuration is applied, and no rejection is left. */
async function publishesGood(): Promise<void> {
  const path = await publish();
  await waitUntil('the good configuration', async () => (await dataPlane.get(path)).status === 200, DEADLINE_MS);
  good.push(path);
  await shownWhere('applied and no rejection', ({ rejection, applied_version: applied, desired_version: desired, connected }) => rejection === null && connected && applied === desired);
}

/** The old configuration serves, whole; `refused` is a path of the refused one. */
async function serves(version: string | undefined, refused?: string): Promise<void> {
  for (const path of ['/demo', ...good]) assert.equal((await dataPlane.get(path)).status, 200, path);
  if (refused !== undefined) assert.equal((await dataPlane.get(refused)).status, 404);
  assert.equal((await dataPlane.status()).holdfast.config?.version, version);
}

async function servedVersion(): Promise<string | undefined> {
  return (await dataPlane.status()).holdfast.config?.version;
}

function keyOf(): string {
  return readFileSync(join(dataPlane.stateFolder, 'identity', 'key.pem'), 'utf8');
}

function enrolment(): { readonly certificateChain: string } {
  return JSON.parse(readFileSync(join(dataPlane.stateFolder, 'identity', 'enrolment.json'), 'utf8')) as { readonly certificateChain: string };
}

const honestly = (message: SyncMessage): readonly SyncMessage[] => [message];

/** Flips a bit of every chunk. */
function flipChunks(message: SyncMessage): readonly SyncMessage[] {
  if (message.kind !== 'chunk') return [message];
  const bytes = Buffer.from(message.bytes);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return [{ ...message, bytes }];
}

/** Another content root in every manifest. */
function alterManifests(message: SyncMessage): readonly SyncMessage[] {
  if (message.kind !== 'snapshot' && message.kind !== 'delta') return [message];
  return [{ ...message, manifestStatement: forgeStatement(message.manifestStatement, { claims: { contentRoot: 'e'.repeat(64) } }) }];
}

for (const { kind, code, tamper, offers } of [
  // What does not fit as a change may fit as a whole, so the control plane tries that too.
  { kind: 'man in the middle: content flipped, of the change and then of the whole', code: 'TRANSFER_HASH_MISMATCH', tamper: flipChunks, offers: ['delta', 'snapshot'] },
  { kind: 'man in the middle: manifest altered', code: 'TRUST_SIGNATURE_INVALID', tamper: alterManifests, offers: ['delta'] },
]) {
  test(`S3: ${kind}: refused, shown in /v1/data-planes, and the next one is applied`, async (t) => {
    const before = await servedVersion();
    const [heard, logged] = [man.fromControlPlane.length, dataPlane.log.length];
    man.tamper = tamper;
    t.after(() => (man.tamper = honestly));
    const refused = await publish();
    const { rejection, desired_version: desired, applied_version: applied } = await shownWhere('the rejection', (now) => now.rejection?.code === code);
    assert.deepEqual([rejection?.version, applied], [desired, before], 'the version that was wanted is not the one applied');
    assert.ok((rejection?.reasons.length ?? 0) > 0);
    const refusals = (): readonly LogLine[] => dataPlane.log.slice(logged).filter((line) => line.event === 'config-rejected');
    await waitUntil('every offer is refused', () => refusals().length >= offers.length, DEADLINE_MS);
    for (const line of refusals()) assert.deepEqual([line['code'], line['version'], line['reasons']], [code, desired, rejection?.reasons]);
    assert.deepEqual(man.fromControlPlane.slice(heard).flatMap(({ kind: offered }) => (offered === 'snapshot' || offered === 'delta' ? [offered] : [])), offers);
    await serves(before, refused);
    man.tamper = honestly;
    await publishesGood();
    t.diagnostic(`${kind} → ${code} → /v1/data-planes and log of the control plane, log of the data plane`);
  });
}

test('S4: an old configuration that a man in the middle recorded and plays again is refused and shown in /v1/data-planes', async (t) => {
  const before = await servedVersion();
  const recorded = man.fromControlPlane.find((message): message is Snapshot => message.kind === 'snapshot');
  assert.ok(recorded, 'the first configuration came whole');
  const transferId = 9_000_000;
  man.say({ ...recorded, transferId });
  for (const message of man.fromControlPlane) if (message.kind === 'chunk' && message.transferId === recorded.transferId) man.say({ ...message, transferId });
  const { rejection } = await shownWhere('the rejection', (now) => now.rejection?.code === 'TRANSFER_VERSION_OLDER');
  const line = await logs(dataPlane, 'config-rejected', 0, ({ code }) => code === 'TRANSFER_VERSION_OLDER');
  assert.deepEqual([line['version'], line['reasons']], [rejection?.version, rejection?.reasons]);
  await serves(before);
  await publishesGood();
  t.diagnostic('man in the middle: recorded configuration played again → TRANSFER_VERSION_OLDER → /v1/data-planes and log of the control plane, log of the data plane');
});

test('S3: chunks that a man in the middle swaps end the session, which the control plane logs', async (t) => {
  const before = await servedVersion();
  const after = controlPlaneLog().length;
  t.after(() => (man.tamper = honestly));
  man.tamper = (message) => (message.kind === 'chunk' ? [{ ...message, offset: message.offset + 1 }] : [message]);
  const refused = await publish();
  assert.match(String((await controlPlaneLogs('session-ended', 'SYNC_VIOLATED', after))['reason']), /out of order or too long/);
  await logs(dataPlane, 'disconnected', 0, ({ msg }) => /out of order or too long/.test(msg));
  await serves(before, refused);
  man.tamper = honestly;
  await publishesGood();
  t.diagnostic('man in the middle: chunks moved → SYNC_VIOLATED → log of the control plane, log of the data plane');
});

/** Ends in good order and starts again, straight to the control plane. */
async function restart(): Promise<void> {
  dataPlane.signal('SIGTERM');
  assert.equal(await dataPlane.exited, 0);
  dataPlane = await DataPlaneProcess.start({}, dataPlane);
  await dataPlane.ready(DEADLINE_MS);
}

/** The data plane's own key, certified for whom and when one likes. */
async function certify(by: CertificateAuthority, identity: DataPlaneIdentity, nowMs = Date.now()): Promise<string> {
  const publicKey = new PublicKey(createPublicKey(createPrivateKey(keyOf())).export({ type: 'spki', format: 'der' }));
  return (await by.signDataPlane({ publicKey, identity, nowMs, lifetimeMs: DAY_MS })).chainPem;
}

test('S1: a data plane whose certificate was exchanged is not let in, and proxies on', async (t) => {
  const own = enrolment();
  const identity = defined(identityOfCertificate(leafOf(own.certificateChain), TRUST_DOMAIN), 'the identity');
  const stranger = await openAuthority(await createAuthority(Date.now()));
  const exchanges: readonly { readonly kind: string; readonly event: string; readonly code: string; readonly tells: RegExp; readonly certificate: () => Promise<string> }[] = [
    { kind: 'certificate: of another certificate authority', event: 'session-refused', code: 'SYNC_CERTIFICATE_REFUSED', tells: /401 .*SYNC_CERTIFICATE_REFUSED/, certificate: () => certify(stranger, identity) },
    {
      kind: 'certificate: expired longer ago than may be renewed', event: 'session-refused', code: 'SYNC_CERTIFICATE_REFUSED', tells: /401 .*SYNC_CERTIFICATE_REFUSED/,
      certificate: () => certify(authority, identity, Date.now() - RENEWAL_GRACE_MS - 2 * DAY_MS),
    },
    { kind: 'certificate: of another trust domain', event: 'session-refused', code: 'SYNC_IDENTITY_INVALID', tells: /401 .*SYNC_IDENTITY_INVALID/, certificate: () => certify(authority, { ...identity, trustDomain: 'elsewhere' }) },
    { kind: 'certificate: of another gateway', event: 'session-ended', code: 'SYNC_GATEWAY_MISMATCH', tells: /frame for gateway/, certificate: () => certify(authority, { ...identity, gatewayId: newId<GatewayId>() }) },
    { kind: 'certificate: of a data plane that never joined', event: 'session-ended', code: 'SYNC_DATA_PLANE_UNKNOWN', tells: /SYNC_DATA_PLANE_UNKNOWN/, certificate: () => certify(authority, { ...identity, dataPlaneId: newId<DataPlaneId>() }) },
  ];
  const version = await servedVersion();
  const path = join(dataPlane.stateFolder, 'identity', 'enrolment.json');
  for (const { kind, event, code, tells, certificate } of exchanges) {
    await t.test(kind, async (each) => {
      writeFileSync(path, JSON.stringify({ ...own, certificateChain: await certificate() }));
      const after = controlPlaneLog().length;
      await restart();
      await controlPlaneLogs(event, code, after);
      await logs(dataPlane, 'disconnected', 0, ({ msg }) => tells.test(msg));
      assert.equal((await shown()).connected, false);
      await serves(version);
      assert.equal(dataPlane.log.some((line) => line.event === 'connected'), false);
      each.diagnostic(`${kind} → ${code} → log of the control plane, log of the data plane`);
    });
  }
  writeFileSync(path, JSON.stringify(own));
  await restart();
  await publishesGood();
});

test('S1: a data plane that is revoked is cut off at once, never let in again, and proxies on', async (t) => {
  const version = await servedVersion();
  const after = controlPlaneLog().length;
  const { id } = await shown();
  await installation.admin.send('POST', `/v1/data-planes/${id}/revoke`, { reason: 'its key was stolen' });
  await controlPlaneLogs('session-ended', 'SYNC_DATA_PLANE_REVOKED', after);
  await logs(dataPlane, 'disconnected', 0, ({ msg }) => msg.includes('SYNC_DATA_PLANE_REVOKED'));
  assert.notEqual((await shownWhere('the disconnection', ({ connected }) => !connected)).revoked_at, null);
  const refused = await publish();
  await serves(version, refused);

  const again = controlPlaneLog().length;
  await restart();
  await controlPlaneLogs('session-ended', 'SYNC_DATA_PLANE_REVOKED', again);
  await logs(dataPlane, 'disconnected', 0, ({ msg }) => msg.includes('SYNC_DATA_PLANE_REVOKED'));
  assert.equal((await shown()).connected, false);
  await serves(version, refused);
  t.diagnostic('certificate: revoked, live and at its next start → SYNC_DATA_PLANE_REVOKED → /v1/data-planes and log of the control plane, log of the data plane');
});
