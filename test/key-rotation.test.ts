/**
 * Keys that change while everything runs: two control planes on one database, sessions that live, and the data plane's own
 * classes for what it believes. Root, publish and content keys, certificate authorities, epochs.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { KeyDesk } from '../control-plane/keys/key-desk.ts';
import { signStatements, type StatementFile } from '../control-plane/keys/statement-file.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { isIssuedByNewest, refuseAuthorities } from '../data-plane/sync/identity-store.ts';
import { TrustAnchor } from '../data-plane/sync/trust-anchor.ts';
import { systemClock } from '../shared/clock.ts';
import { compareVersions, type ConfigVersion } from '../shared/model/version.ts';
import { createCertificateRequest } from '../shared/trust/certificate-request.ts';
import { fingerprintOfRootBundle, signBundle } from '../shared/trust/root-set.ts';
import { generateSigningKey, type SigningKey } from '../shared/trust/statement-keys.ts';
import { keyIdOfStatement, signStatement, verifyStatement } from '../shared/trust/statements.ts';
import { verifyTransfer } from '../shared/trust/verify-transfer.ts';
import { CrashDisk } from './support/crash-disk.ts';
import { startControlPlaneParts, type ControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, TEST_ACTOR, newName } from './support/store-scene.ts';
import { connectSync, leafOf, type Credentials, type SyncClient } from './support/sync-client.ts';
import { waitUntil } from './support/wait-until.ts';

const VERSION_3 = { protocolVersion: 3 };

/** Two control planes of one installation, with one published gateway. */
async function scene(options: { readonly clock?: typeof systemClock } = {}) {
  const { store } = await openTestStore();
  const [one, two] = [await startControlPlaneParts(store, options), await startControlPlaneParts(store, options)];
  after(async () => {
    await one.stop();
    await two.stop();
  });
  const scope = await createGateway(store);
  const change = { tenantId: scope.tenantId, actor: TEST_ACTOR };
  const deskOf = ({ signing, authority }: ControlPlaneParts): KeyDesk => new KeyDesk({ store, signing, authority, clock: systemClock });
  await insert(store, scope, 'services', { name: newName(), host: 'a.test' });
  await published(one, scope, { epoch: 1, sequence: 1 });
  return { store, one, two, scope, change, desk: deskOf(one), otherDesk: deskOf(two) };
}

function published(parts: ControlPlaneParts, scope: GatewayScope, least: ConfigVersion): Promise<ConfigVersion> {
  return waitUntil(`version ${least.epoch}.${least.sequence}`, async () => {
    const version = (await parts.publisher.published(scope))?.version;
    return version !== undefined && compareVersions(version, least) >= 0 ? version : undefined;
  }, 10_000);
}

/** What a data plane believes, by its own class. */
function anchorOf({ answer }: Credentials): Promise<TrustAnchor> {
  const audience = { tenantId: answer.tenantId, gatewayId: answer.gatewayId };
  return TrustAnchor.open({ disk: new CrashDisk(), path: '/state/trust.json', audience, rootFingerprint: fingerprintOfRootBundle(answer.rootStatements[0] ?? '') });
}

async function learn(anchor: TrustAnchor, statements: { readonly rootStatements: readonly string[]; readonly delegationStatement: string }): Promise<string> {
  const learnt = await anchor.learn(statements);
  return learnt.kind === 'trusted' ? 'trusted' : learnt.code;
}

/** Verifies the newest configuration from nothing, as a data plane does. */
async function verifySnapshot(client: SyncClient, anchor: TrustAnchor, highest?: { readonly version: ConfigVersion; readonly contentRoot: string }) {
  const { announced, wireBytes } = await client.nextTransfer();
  assert.ok(announced.kind === 'snapshot' && anchor.current !== undefined);
  const { manifestStatement, transferStatement, epochStatement } = announced;
  const { rootSet, publishKeys } = anchor.current;
  const context = { rootSet, publishKeys, highest, base: undefined, acceptOlder: false, softwareVersion: '0.1.0', maximumInflatedBytes: 1e8 };
  const transfer = { manifestStatement, framing: { kind: 'signed', transferStatement }, epochStatement, wireBytes } as const;
  const [verdict, unproven] = [await verifyTransfer(transfer, context), await verifyTransfer({ ...transfer, epochStatement: '' }, context)];
  return { announced, verdict, unproven };
}

async function signedBy(file: StatementFile, keys: readonly SigningKey[]): Promise<StatementFile> {
  let signed = file;
  for (const key of keys) signed = (await signStatements(signed, key)).file;
  return signed;
}

function rootFile(rootStatements: readonly string[], keys: readonly SigningKey[], threshold: number): StatementFile {
  const claims = { format: 1, version: rootStatements.length + 1, threshold, keys: keys.map(({ publicKey }) => publicKey), issuedAt: Date.now() } as const;
  return { rootStatements, statements: [{ kind: 'root', claims, signatures: [], about: 'the next' }] };
}

/** As a data plane shows it of what it accepted. */
function manifestOf({ tenantId, gatewayId }: GatewayScope, { version, contentRoot }: { readonly version: ConfigVersion; readonly contentRoot: string }, key: SigningKey): Promise<string> {
  return signStatement('manifest', { format: 1, tenant: tenantId, gateway: gatewayId, ...version, contentRoot, entityCount: 1, allowEmpty: false, issuedAt: 0, minimumDataPlaneVersion: '0.1.0' }, key);
}

function installationKey({ signing }: ControlPlaneParts): SigningKey {
  assert.ok(signing.rootKey);
  return signing.rootKey;
}

test('a stolen publish key: every live session at every control plane learns the new one, and what the old one signs is refused', async () => {
  const { one, two, scope, desk, change } = await scene();
  const credentials = [await one.enrol(scope), await two.enrol(scope)];
  const [first, second] = credentials;
  assert.ok(first && second);
  const sessions = [await connectSync(one.port, first), await connectSync(two.port, second)];
  const anchors = await Promise.all(credentials.map(anchorOf));
  for (const [index, session] of sessions.entries()) assert.equal(await learn(anchors[index] ?? assert.fail(), await session.greet(VERSION_3)), 'trusted');
  const before = await verifySnapshot(sessions[0] ?? assert.fail(), anchors[0] ?? assert.fail());
  assert.equal(before.verdict.kind, 'verified');
  const stolen = one.signing.publishKey;

  const { keyId, pending } = await desk.rotatePublish(change);
  assert.equal(pending.statements.length, 0);
  for (const [index, session] of sessions.entries()) {
    const anchor = anchors[index] ?? assert.fail();
    const update = await session.next('trust');
    assert.equal(await learn(anchor, update), 'trusted');
    assert.deepEqual([...(anchor.current?.publishKeys.keys.keys() ?? [])], [keyId]);
    await waitUntil('a head by the new key', async () => keyIdOfStatement((await session.next('head')).headStatement) === keyId);
  }
  // What the thief has, or signs from now on.
  const [anchor] = anchors;
  assert.ok(anchor?.current);
  const { keys, audience } = anchor.current.publishKeys;
  for (const kind of ['manifest', 'transfer'] as const) {
    const statement = kind === 'manifest' ? before.announced.manifestStatement : before.announced.transferStatement;
    const verdict = await verifyStatement(kind, statement, keys, audience);
    assert.equal(verdict.kind === 'refused' && verdict.code, 'TRUST_KEY_UNKNOWN');
  }
  assert.equal(await learn(anchor, first.answer), 'SYNC_TRUST_OLDER');
  // The stored release is signed again, with the same claims, and the same everywhere.
  const again = await Promise.all([one, two].map((parts) => parts.publisher.transferFrom(scope, undefined)));
  assert.equal(again[0]?.manifestStatement, again[1]?.manifestStatement);
  const resigned = await verifyStatement('manifest', again[0]?.manifestStatement ?? '', keys, audience);
  assert.ok(resigned.kind === 'verified');
  assert.deepEqual(JSON.parse(resigned.payload), JSON.parse(Buffer.from(before.announced.manifestStatement.split('.')[1] ?? '', 'base64url').toString()));
  // A data plane that was away learns it all at once.
  const late = await connectSync(two.port, first);
  const awayAnchor = await anchorOf(first);
  assert.equal(await learn(awayAnchor, await late.greet(VERSION_3)), 'trusted');
  assert.equal((await verifySnapshot(late, awayAnchor)).verdict.kind, 'verified');
  await desk.retirePublish(stolen.keyId, change);
  await assert.rejects(desk.retirePublish(keyId, change), { code: 'KEYS_STILL_NEEDED' });
  for (const session of [...sessions, late]) session.cut();
});

test('a data plane of an older version is sent away and is told when it comes back', async () => {
  const { one, scope, desk, change } = await scene();
  const credentials = await one.enrol(scope);
  const old = await connectSync(one.port, credentials);
  await old.greet({ protocolVersion: 2 });
  await desk.rotatePublish(change);
  assert.equal((await old.next('bye')).code, 'SYNC_TRUST_CHANGED');
  const back = await connectSync(one.port, credentials);
  const anchor = await anchorOf(credentials);
  assert.equal(await learn(anchor, await back.greet({ protocolVersion: 2 })), 'trusted');
  assert.equal(anchor.current?.publishKeys.serial, 2);
  back.cut();
});

test('half of a fleet was offline for two root rotations and a publish rotation: it walks the chain; stolen keys of an old set fork nothing', async () => {
  const { store, one, two, scope, desk, otherDesk, change } = await scene();
  const credentials = await one.enrol(scope);
  const [online, offline] = [await anchorOf(credentials), await anchorOf(credentials)];
  for (const anchor of [online, offline]) assert.equal(await learn(anchor, credentials.answer), 'trusted');
  const first = installationKey(one);
  const holders = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
  const [alice, bob, carol] = holders;
  assert.ok(alice && bob && carol);

  // 1 of 1 at the control plane → 2 of 3, offline.
  const toThree = await signedBy(rootFile(one.signing.rootStatements, holders, 2), [alice, first]);
  await assert.rejects(desk.import(toThree, change), /1 of 2 signatures that count/);
  await desk.import(await signedBy(toThree, [carol]), change);
  assert.equal(one.signing.rootKey, undefined);
  // Under the new set the gateway has no delegation yet: it goes on under the old one, on both control planes.
  await waitUntil('the other control plane to hear of it', () => two.signing.rootSet.version === 2);
  assert.equal((await two.signing.trustFor(scope)).rootSet.version, 1);
  const session = await connectSync(two.port, credentials);
  assert.equal(await learn(online, await session.greet(VERSION_3)), 'trusted');
  assert.equal(online.current?.rootSet.version, 1);
  await insert(store, scope, 'services', { name: newName(), host: 'b.test' });
  await published(two, scope, { epoch: 1, sequence: 2 });

  const { pending } = await desk.rotatePublish(change);
  assert.deepEqual(pending.statements.map(({ kind }) => kind), ['delegation']);
  await assert.rejects(desk.import(await signedBy(pending, [bob]), change), { code: 'KEYS_IMPORT_REFUSED' });
  await desk.import(await signedBy(pending, [bob, alice]), change);
  assert.equal(await learn(online, await session.next('trust')), 'trusted');
  assert.equal(online.current?.rootSet.version, 2);

  // Carol's key was lost: 2 of 2 with Dave.
  const dave = generateSigningKey();
  await otherDesk.import(await signedBy(rootFile(two.signing.rootStatements, [alice, dave], 2), [dave, alice, bob]), change);
  await otherDesk.import(await signedBy(await otherDesk.pending(), [alice, dave]), change);
  const latest = await session.next('trust');
  assert.equal(await learn(online, latest), 'trusted');
  assert.equal(await learn(offline, latest), 'trusted');
  assert.deepEqual([online.current?.rootSet.version, offline.current?.rootSet.version, offline.current?.publishKeys.serial], [3, 3, online.current?.publishKeys.serial]);

  // Whoever has the keys of set 2 by now signs another history.
  const mallory = generateSigningKey();
  const forked = await signedBy(rootFile(two.signing.rootStatements.slice(0, 2), [mallory], 1), [bob, carol, mallory]);
  const [root] = forked.statements;
  const delegationStatement = await signBundle('delegation', { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, serial: 99, keys: [mallory.publicKey], issuedAt: 0 }, [mallory]);
  assert.equal(await learn(online, { rootStatements: [...two.signing.rootStatements.slice(0, 2), root?.signatures.join('~') ?? ''], delegationStatement }), 'SYNC_TRUST_FORKED');
  assert.equal(await learn(online, { rootStatements: two.signing.rootStatements.slice(0, 2), delegationStatement: latest.delegationStatement }) === 'trusted', false);
  session.cut();
});

test('a new gateway under offline root keys publishes nothing until its delegation is imported; others are not touched', async () => {
  const { store, one, scope, desk, change } = await scene();
  const [alice, bob] = [generateSigningKey(), generateSigningKey()];
  await desk.import(await signedBy(rootFile(one.signing.rootStatements, [alice, bob], 2), [installationKey(one), alice, bob]), change);
  const newcomer = await createGateway(store);
  await insert(store, newcomer, 'services', { name: newName(), host: 'c.test' });
  await insert(store, scope, 'services', { name: newName(), host: 'c.test' });
  await published(one, scope, { epoch: 1, sequence: 2 });
  await waitUntil('the log to say so', () => one.lines().some((line) => line.includes('publish-failed') && line.includes(newcomer.gatewayId) && line.includes('keys pending')));
  assert.equal(await one.publisher.published(newcomer), undefined);
  await assert.rejects(one.enrol(newcomer), /waits for a delegation|root keys/);
  const status = await desk.status();
  assert.deepEqual(status.gateways.filter(({ trust }) => trust === undefined).map(({ gateway }) => gateway.gatewayId), [newcomer.gatewayId]);
  await desk.import(await signedBy(await desk.pending(), [alice, bob]), change);
  await published(one, newcomer, { epoch: 1, sequence: 1 });
  assert.equal((await desk.pending()).statements.length, 0);
});

test('a new content key reaches data planes before the version that stands under it, and the old one stays as long as anybody needs it', async () => {
  const { store, one, two, scope, desk, change } = await scene();
  const consumer = await insert(store, scope, 'consumers', { username: newName() });
  const credential = await insert(store, scope, 'keyauth_credentials', { key: 'a-key-of-alice', consumer: { id: consumer.id } });
  await published(two, scope, credential.version);
  const dataPlane = await two.enrol(scope);
  const session = await connectSync(two.port, dataPlane);
  const welcome = await session.greet(VERSION_3);
  assert.equal(welcome.contentKeys.length, 1);
  const { announced } = await session.nextTransfer();
  assert.ok(announced.kind === 'snapshot');
  const root = (await two.publisher.published(scope))?.contentRoot ?? '';
  session.send({ kind: 'applied', version: credential.version, contentRoot: root, tookMs: 1, quarantined: [], already: false });

  const { version } = await desk.rotateContent(scope, change);
  assert.ok(version && compareVersions(version, credential.version) > 0);
  await waitUntil('the delta', () => session.waiting.some(({ kind }) => kind === 'delta'));
  const kinds = session.waiting.map(({ kind }) => kind);
  assert.ok(kinds.indexOf('trust') !== -1 && kinds.indexOf('trust') < kinds.indexOf('delta'), kinds.join());
  assert.deepEqual((await session.next('trust')).contentKeys.map(({ keyId }) => keyId), [2, 1]);
  // The other control plane writes under the new key too, and finds the key that was there.
  const other = await insert(store, scope, 'keyauth_credentials', { key: 'another-key', consumer: { id: consumer.id } });
  assert.ok(other.version);
  await assert.rejects(desk.retireContent(scope, 1, change), { code: 'KEYS_STILL_NEEDED' });
  await session.nextTransfer();
  await published(two, scope, other.version);
  session.send({ kind: 'applied', version: other.version, contentRoot: (await two.publisher.published(scope))?.contentRoot ?? '', tookMs: 1, quarantined: [], already: false });
  await waitUntil('the old key to be free', () => desk.retireContent(scope, 1, change).then(() => true, () => false));
  assert.deepEqual((await session.next('trust')).contentKeys.map(({ keyId }) => keyId), [2]);
  await assert.rejects(desk.retireContent(scope, 2, change), { code: 'KEYS_STILL_NEEDED' });
  assert.equal(one.lines().concat(two.lines()).some((line) => line.includes('PRIVATE KEY')), false);
  session.cut();
});

test('a new content key where there are no secrets asks no data plane for another version', async () => {
  const { one, store, scope, desk, change } = await scene();
  const session = await connectSync(one.port, await one.enrol(scope));
  const version = { epoch: 1, sequence: 1 };
  await session.greet({ ...VERSION_3, active: { version, contentRoot: (await one.publisher.published(scope))?.contentRoot ?? '' }, highestAccepted: version });
  await waitUntil('what it serves', async () => (await store.dataPlanes.list(scope))[0]?.applied.sequence === 1);
  assert.deepEqual(await desk.rotateContent(scope, change), { keyId: 2, version: undefined });
  await desk.retireContent(scope, 1, change);
  session.cut();
});

test('a second certificate authority: told in sessions, signs renewals at once, and the first is retired when nobody has a certificate by it', async () => {
  const { one, two, scope, desk, change } = await scene();
  const credentials = await one.enrol(scope);
  const tokenBefore = await one.joinToken(scope);
  const session = await connectSync(two.port, credentials);
  const anchor = await anchorOf(credentials);
  assert.equal(await learn(anchor, await session.greet(VERSION_3)), 'trusted');
  const [oldAuthority = ''] = one.authority.fingerprints;
  const newAuthority = await desk.rotateAuthority(change);
  await assert.rejects(desk.rotateAuthority(change), { code: 'KEYS_ROTATION_UNFINISHED' });
  const { authoritiesStatement } = await session.next('trust');
  const { publishKeys } = anchor.current ?? assert.fail();
  const told = await verifyStatement('authorities', authoritiesStatement, publishKeys.keys, publishKeys.audience);
  assert.ok(told.kind === 'verified');
  const { certificates: caCertificates } = told.claims;
  assert.equal(refuseAuthorities(caCertificates, credentials.certificatePem), undefined);
  const { trustDomain, tenantId, gatewayId, dataPlaneId } = credentials.answer;
  const enrolment = { trustDomain, tenantId, gatewayId, dataPlaneId, urls: [], rootFingerprint: '', caCertificates, certificateChain: credentials.certificatePem };
  assert.equal(isIssuedByNewest(enrolment), false);
  await assert.rejects(desk.retireAuthority(oldAuthority, change), (thrown: unknown) => String(thrown).includes(credentials.answer.dataPlaneId));

  session.send({ kind: 'renew', certificateRequest: await createCertificateRequest(credentials.keyPem) });
  const { certificateChain } = await session.next('renewed');
  assert.equal(isIssuedByNewest({ ...enrolment, certificateChain }), true);
  const renewed: Credentials = { ...credentials, certificatePem: certificateChain, answer: { ...credentials.answer, caCertificates } };
  // Both certificates are good at both control planes meanwhile, and the token from before still lets in.
  for (const [parts, given] of [[one, credentials], [two, renewed], [one, renewed]] as const) (await connectSync(parts.port, given)).cut();
  const joined = await one.enrol(scope);
  assert.equal(leafOf(joined.certificatePem).issuer, leafOf(certificateChain).issuer);
  assert.equal(tokenBefore.caFingerprint, oldAuthority);

  await desk.retireAuthority(oldAuthority, change);
  await waitUntil('the other control plane to hear of it', () => two.authority.fingerprints.join() === newAuthority);
  await waitUntil('a server certificate by the new authority', () => connectSync(two.port, { ...renewed, answer: { ...renewed.answer, caCertificates: two.authority.certificatePem } }).then((client) => (client.cut(), true), () => false));
  await assert.rejects(connectSync(two.port, { ...credentials, answer: renewed.answer }), /SYNC_CERTIFICATE_REFUSED/);
  assert.notEqual((await one.joinToken(scope)).caFingerprint, tokenBefore.caFingerprint);
  assert.match(refuseAuthorities(two.authority.certificatePem, credentials.certificatePem) ?? '', /signed our own certificate/);
});

test('S4: a data plane that only says to be ahead raises an alarm and keeps nobody from what is new', async () => {
  const { store, one, scope } = await scene();
  const far = { version: { epoch: 1, sequence: 1_000_000 }, contentRoot: 'c'.repeat(64) };
  const proofs = [
    '', 'x.y.z', await manifestOf(scope, far, generateSigningKey()), await manifestOf(scope, { ...far, version: { epoch: 1, sequence: 1 } }, one.signing.publishKey),
    await manifestOf(await createGateway(store), far, one.signing.publishKey),
  ];
  for (const highestManifest of proofs) {
    const credentials = await one.enrol(scope);
    const liar = await connectSync(one.port, credentials);
    await liar.greet({ ...VERSION_3, active: far, highestAccepted: far.version, highestManifest });
    const alarm = await waitUntil('the alarm', async () => (await store.alarms.list(scope, { cleared: false, limit: 10 })).find(({ dataPlaneId }) => dataPlaneId === credentials.answer.dataPlaneId));
    assert.deepEqual([alarm.code, /it shows no manifest/.test(alarm.detail)], ['SYNC_DATA_PLANE_AHEAD', true]);
    liar.cut();
  }
  assert.equal(await store.ahead.find(scope), undefined);
  await published(one, scope, (await insert(store, scope, 'services', { name: newName(), host: 'b.test' })).version);
});

test('S4: restored from an old backup: nothing is numbered over what data planes have, and only a root-signed epoch gets past it', async () => {
  const { store, one, two, scope, desk, change } = await scene();
  const credentials = await one.enrol(scope);
  const anchor = await anchorOf(credentials);
  const accepted = { version: { epoch: 1, sequence: 100 }, contentRoot: 'c'.repeat(64) };
  const session = await connectSync(two.port, credentials);
  const proof = await manifestOf(scope, accepted, one.signing.publishKey);
  assert.equal(await learn(anchor, await session.greet({ ...VERSION_3, active: accepted, highestAccepted: accepted.version, highestManifest: proof })), 'trusted');
  const ahead = await waitUntil('the claim', () => store.ahead.find(scope));
  assert.deepEqual([ahead.version, ahead.dataPlaneId], [accepted.version, credentials.answer.dataPlaneId]);
  await waitUntil('the alarm', async () => (await store.alarms.list(scope, { cleared: false, limit: 10 })).some(({ code }) => code === 'SYNC_DATA_PLANE_AHEAD'));

  await insert(store, scope, 'services', { name: newName(), host: 'restored.test' });
  for (const parts of [one, two]) await waitUntil('both to refuse', () => parts.lines().some((line) => line.includes('accepted more than the database has') && line.includes('epoch bump')));
  assert.equal(session.waiting.some(({ kind }) => kind === 'snapshot' || kind === 'delta'), false);
  assert.deepEqual((await one.publisher.published(scope))?.version, { epoch: 1, sequence: 1 });

  const { epoch, pending } = await desk.bumpEpoch(scope, change);
  assert.deepEqual([epoch, pending.statements.length], [2, 0]);
  const { announced, verdict, unproven } = await verifySnapshot(session, anchor, accepted);
  assert.ok(verdict.kind === 'verified', JSON.stringify(verdict));
  assert.equal(verdict.version.epoch, 2);
  assert.equal(unproven.kind === 'refused' && unproven.code, 'TRANSFER_EPOCH_UNPROVEN');
  assert.ok(announced.kind === 'snapshot');
  const next = await insert(store, scope, 'services', { name: newName(), host: 'after.test' });
  assert.equal(next.version.epoch, 2);
  await published(one, scope, next.version);
  session.cut();
});

test('an epoch under offline root keys is signed by them, and a later root set says it again', async () => {
  const { one, scope, desk, change } = await scene();
  const [alice, bob, carol] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
  await desk.import(await signedBy(rootFile(one.signing.rootStatements, [alice, bob], 2), [installationKey(one), alice, bob]), change);
  await desk.import(await signedBy(await desk.pending(), [alice, bob]), change);
  const { epoch, pending } = await desk.bumpEpoch(scope, change);
  assert.equal(pending.statements.length, 1);
  await assert.rejects(desk.import(await signedBy(pending, [alice]), change), { code: 'KEYS_IMPORT_REFUSED' });
  await desk.import(await signedBy(pending, [alice, bob]), change);
  await published(one, scope, { epoch, sequence: 1 });
  await desk.import(await signedBy(rootFile(one.signing.rootStatements, [bob, carol], 2), [alice, bob, carol]), change);
  const again = await desk.pending();
  assert.deepEqual(again.statements.map(({ kind }) => kind), ['delegation', 'epoch']);
  const signed = await signedBy(again, [bob, carol]);
  // The delegation alone would leave the epoch without proof.
  await assert.rejects(desk.import({ ...signed, statements: signed.statements.filter(({ kind }) => kind === 'delegation') }, change), /import both together/);
  await desk.import(signed, change);
  assert.equal((await one.publisher.transferFrom(scope, undefined))?.epochStatement, await one.signing.epochStatementFor(scope, epoch));
});
