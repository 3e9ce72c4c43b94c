/** Sessions over a real TLS server and a real database: what a data plane is sent, when, and what is known of it after. */
import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import type { EntityScope } from '../control-plane/store/scope.ts';
import { HoldfastError } from '../shared/errors.ts';
import { newId, type EntityId } from '../shared/model/ids.ts';
import { NO_VERSION, type ConfigVersion } from '../shared/model/version.ts';
import { unwrapContentKey } from '../shared/trust/content-key.ts';
import { identityOfCertificate } from '../shared/trust/identity.ts';
import { verifyDelegation, verifyRootChain, type PublishKeys, type RootSet } from '../shared/trust/root-set.ts';
import { verifyStatement } from '../shared/trust/statements.ts';
import { verifyTransfer, type VerifiedTransfer } from '../shared/trust/verify-transfer.ts';
import { startControlPlaneParts, type ControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, newName, TEST_ACTOR } from './support/store-scene.ts';
import { connectSync, leafOf, type Credentials, type SyncClient } from './support/sync-client.ts';
import { waitUntil } from './support/wait-until.ts';

const { store } = await openTestStore();
const parts = await startControlPlaneParts(store);
after(() => parts.stop());

interface Joined {
  readonly scope: EntityScope;
  readonly credentials: Credentials;
  readonly client: SyncClient;
}

/** A gateway with a data plane that is connected and has not said anything. */
async function join(at: ControlPlaneParts = parts): Promise<Joined> {
  const scope = await createGateway(store);
  const credentials = await at.enrol(scope);
  return { scope, credentials, client: await connectSync(at.port, credentials) };
}

function addService(scope: EntityScope, host = 'origin.internal'): Promise<{ readonly version: ConfigVersion }> {
  return insert(store, scope, 'services', { name: newName(), host });
}

async function released(scope: EntityScope, version: ConfigVersion): Promise<void> {
  await waitUntil('the release', async () => (await parts.publisher.published(scope))?.version.sequence === version.sequence);
}

/** Verifies statements as a data plane does. */
async function trustOf({ scope, credentials }: Pick<Joined, 'scope' | 'credentials'>): Promise<{ readonly rootSet: RootSet; readonly publishKeys: PublishKeys }> {
  const root = await verifyRootChain(credentials.answer.rootStatements, parts.signing.rootSet.fingerprint);
  assert.ok(root.kind === 'verified');
  const delegation = await verifyDelegation(credentials.answer.delegationStatement, root.rootSet, scope);
  assert.ok(delegation.kind === 'verified');
  return { rootSet: root.rootSet, publishKeys: delegation.publishKeys };
}

async function receive(joined: Joined, base?: VerifiedTransfer): Promise<VerifiedTransfer> {
  const { announced, wireBytes } = await joined.client.nextTransfer();
  const verdict = await verifyTransfer(
    {
      manifestStatement: announced.manifestStatement, framing: { kind: 'signed', transferStatement: announced.transferStatement },
      epochStatement: announced.kind === 'snapshot' ? announced.epochStatement : '', wireBytes,
    },
    { ...(await trustOf(joined)), highest: undefined, base, acceptOlder: false, softwareVersion: '0.1.0', maximumInflatedBytes: 1e8 },
  );
  assert.ok(verdict.kind === 'verified', JSON.stringify(verdict));
  assert.equal(announced.kind, verdict.content.kind);
  return verdict;
}

function confirm({ client }: Joined, { version, contentRoot }: VerifiedTransfer): void {
  client.send({ kind: 'applied', version, contentRoot, tookMs: 3, quarantined: [], already: false });
}

async function stateOf({ scope, credentials }: Pick<Joined, 'scope' | 'credentials'>) {
  const dataPlane = await store.dataPlanes.get(scope, credentials.answer.dataPlaneId);
  assert.ok(dataPlane !== undefined);
  return dataPlane;
}

test('from Hello to Applied: Welcome, snapshot, then the change alone, and the store knows', async () => {
  const joined = await join();
  const { scope, client } = joined;
  await addService(scope);
  const welcome = await client.greet();
  assert.deepEqual(welcome.rootStatements, joined.credentials.answer.rootStatements);
  const snapshot = await receive(joined);
  assert.equal(snapshot.tree.size, 1);
  confirm(joined, snapshot);
  await waitUntil('applied', async () => (await stateOf(joined)).applied.sequence === 1);
  const { version } = await addService(scope);
  const delta = await receive(joined, snapshot);
  assert.ok(delta.content.kind === 'delta' && delta.content.changes.length === 1);
  assert.deepEqual(delta.version, version);
  await waitUntil('desired before applied', async () => (await stateOf(joined)).desired.sequence === 2);
  confirm(joined, delta);
  const state = await waitUntil('applied', async () => {
    const now = await stateOf(joined);
    return now.applied.sequence === 2 ? now : undefined;
  });
  assert.deepEqual([state.connected, state.hostname, state.softwareVersion, state.bootId], [true, 'test-host', '0.1.0', client.bootId]);
  assert.equal(Buffer.from(state.appliedRoot ?? []).toString('hex'), delta.contentRoot);
  client.cut();
});

test('Welcome brings the content key for this data plane alone, a fresh head and its labels', async () => {
  const scope = await createGateway(store);
  const credentials = await parts.enrol(scope, { labels: { region: 'us-east' } });
  const client = await connectSync(parts.port, credentials);
  const welcome = await client.greet();
  assert.deepEqual(welcome.labels, { region: 'us-east' });
  const [key] = await store.signingKeys.listContentKeys(scope);
  const [wrapped] = welcome.contentKeys;
  const identity = identityOfCertificate(leafOf(credentials.certificatePem), parts.trustDomain);
  assert.ok(wrapped !== undefined && identity !== undefined && key !== undefined);
  assert.deepEqual(unwrapContentKey({ wrapped, privateKey: createPrivateKey(credentials.keyPem), identity }), Buffer.from(key.key));
  const head = await verifyStatement('head', welcome.headStatement, (await trustOf({ scope, credentials })).publishKeys.keys, scope);
  assert.ok(head.kind === 'verified' && head.claims.sequence === 0 && Math.abs(head.claims.issuedAt - Date.now()) < 60_000);
  client.cut();
});

test('a data plane that is up to date is sent nothing; one that is behind gets one merged change', async () => {
  const joined = await join();
  const { scope, credentials } = joined;
  await addService(scope);
  await joined.client.greet();
  const snapshot = await receive(joined);
  confirm(joined, snapshot);
  joined.client.cut();
  const active = { version: snapshot.version, contentRoot: snapshot.contentRoot };
  const same = await connectSync(parts.port, credentials);
  await same.greet({ active, highestAccepted: active.version });
  same.send({ kind: 'ping', nonce: 5, answer: false });
  await same.next('ping');
  assert.deepEqual(same.waiting, []);
  same.cut();
  await addService(scope);
  await addService(scope);
  await released(scope, (await addService(scope)).version);
  const behind = await connectSync(parts.port, credentials);
  await behind.greet({ active, highestAccepted: active.version });
  const delta = await receive({ ...joined, client: behind }, snapshot);
  assert.ok(delta.content.kind === 'delta' && delta.content.changes.length === 3);
  behind.cut();
});

test('a slow data plane gets only the newest, never a queue', async () => {
  const joined = await join();
  const { scope, client } = joined;
  await addService(scope);
  await client.greet();
  const snapshot = await receive(joined);
  let last = snapshot.version;
  for (let index = 0; index < 4; index += 1) last = (await addService(scope)).version;
  await released(scope, last);
  assert.ok(client.waiting.every((message) => message.kind !== 'delta'), 'nothing was sent before the answer');
  confirm(joined, snapshot);
  const delta = await receive(joined, snapshot);
  assert.deepEqual(delta.version, last);
  client.cut();
});

test('a large configuration comes in chunks against credit, and a ping is answered in between', async () => {
  const joined = await join();
  const { scope, client } = joined;
  await insert(store, scope, 'consumers', { username: newName(), tags: Array.from({ length: 2500 }, () => randomBytes(60).toString('hex')) });
  client.autoCredit = false;
  await client.greet({}, 1);
  await client.next('snapshot');
  const first = await client.next('chunk');
  assert.equal(first.bytes.length, 64 * 1024);
  client.send({ kind: 'ping', nonce: 9, answer: false });
  assert.equal((await client.next('ping')).nonce, 9);
  assert.deepEqual(client.waiting, [], 'no chunk without credit');
  client.send({ kind: 'credit', chunks: 2, telemetry: 0, records: 0 });
  assert.equal((await client.next('chunk')).offset, 64 * 1024);
  assert.equal((await client.next('chunk')).offset, 128 * 1024);
  client.cut();
});

test('a refused delta is followed by the whole; a refused configuration shows with its reasons until it is got past', async () => {
  const joined = await join();
  const { scope, client } = joined;
  await addService(scope);
  await client.greet();
  const snapshot = await receive(joined);
  confirm(joined, snapshot);
  const { version } = await addService(scope);
  await receive(joined, snapshot);
  client.send({ kind: 'rejected', version, code: 'TRANSFER_ROOT_MISMATCH', reasons: ['the root is another'] });
  const whole = await receive(joined);
  assert.ok(whole.content.kind === 'snapshot');
  client.send({ kind: 'rejected', version, code: 'CONFIG_INVALID', reasons: ['the regex of route x', 'and another'] });
  const state = await waitUntil('the rejection', async () => {
    const { rejection } = await stateOf(joined);
    return rejection?.code === 'CONFIG_INVALID' ? rejection : undefined;
  });
  assert.deepEqual(state, { code: 'CONFIG_INVALID', reasons: ['the regex of route x', 'and another'], ...version });
  await addService(scope);
  confirm(joined, await receive(joined, snapshot));
  await waitUntil('the rejection to go', async () => (await stateOf(joined)).rejection === undefined);
  client.cut();
});

test('a fall-back shows, and the version it fell back from is not offered again', async () => {
  const joined = await join();
  const { scope, client } = joined;
  await addService(scope);
  await client.greet();
  const first = await receive(joined);
  confirm(joined, first);
  await addService(scope);
  const second = await receive(joined, first);
  confirm(joined, second);
  client.send({ kind: 'fell-back', from: second.version, to: first.version, fromRoot: second.contentRoot, reason: 'three crashes within a minute' });
  // As it does at once, where it could not use all of what it fell back to.
  const quarantined = [{ entityKind: 'services', id: newId<EntityId>(), code: 'X', reason: 'odd' }];
  client.send({ kind: 'applied', version: first.version, contentRoot: first.contentRoot, tookMs: 0, quarantined, already: true });
  const state = await waitUntil('the fall-back', async () => {
    const now = await stateOf(joined);
    return now.rejection === undefined || now.applied.sequence !== 1 ? undefined : now;
  });
  assert.deepEqual([state.rejection?.code, state.rejection?.sequence, state.applied], ['SYNC_FELL_BACK', 2, first.version]);
  assert.deepEqual(state.quarantined.map(({ code }) => code), ['X']);
  await addService(scope);
  assert.equal((await receive(joined, first)).version.sequence, 3);
  client.cut();
});

test('quarantined entities are known after a reconnect too', async () => {
  const joined = await join();
  const { scope, client, credentials } = joined;
  const { id } = await insert(store, scope, 'services', { name: newName(), host: 'a.internal' });
  await client.greet();
  const snapshot = await receive(joined);
  const { version, contentRoot } = snapshot;
  client.send({ kind: 'applied', version, contentRoot, tookMs: 1, already: false, quarantined: [{ entityKind: 'services', id, code: 'X', reason: 'odd' }] });
  await waitUntil('the quarantine', async () => (await stateOf(joined)).quarantined.length === 1);
  client.cut();
  const again = await connectSync(parts.port, credentials);
  await again.greet({ active: { version, contentRoot }, highestAccepted: version });
  await waitUntil('the new boot', async () => (await stateOf(joined)).bootId === again.bootId);
  assert.deepEqual((await stateOf(joined)).quarantined, [{ kind: 'services', id, code: 'X', reason: 'odd' }]);
  again.cut();
});

test('T3: telemetry is acknowledged in order and only when stored, also after failures', async () => {
  const stored: number[] = [];
  let failures = 2;
  const own = await startControlPlaneParts(store, {
    random: () => 0,
    ingest: (source, sequence) => {
      assert.match(source.bootId, /^[0-9a-f-]{36}$/);
      if (sequence === 2 && failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('the database is away'));
      }
      stored.push(sequence);
      return Promise.resolve();
    },
  });
  try {
    const { client } = await join(own);
    const { telemetryCredit } = await client.greet();
    for (let sequence = 1; sequence <= telemetryCredit; sequence += 1) client.send({ kind: 'telemetry', bootId: client.bootId, sequence, batch: Buffer.from('batch'), records: false });
    for (let sequence = 1; sequence <= telemetryCredit; sequence += 1) assert.equal((await client.next('telemetry-ack')).sequence, sequence);
    assert.deepEqual(stored, Array.from({ length: telemetryCredit }, (_, index) => index + 1));
    assert.equal(failures, 0);
    client.cut();
  } finally {
    await own.stop();
  }
});

test('T3: a batch that can never be stored is not acknowledged, nor what follows it, and configuration still flows', async () => {
  const own = await startControlPlaneParts(store, {
    ingest: (_, sequence) =>
      sequence === 1 ? Promise.reject(new HoldfastError({ code: 'TELEMETRY_MALFORMED', source: 'gateway', publicMessage: 'no batch' })) : Promise.resolve(),
  });
  try {
    const joined = await join(own);
    await joined.client.greet();
    for (const sequence of [1, 2]) joined.client.send({ kind: 'telemetry', bootId: joined.client.bootId, sequence, batch: Buffer.from('x'), records: false });
    await waitUntil('the log line', () => own.lines().some((line) => line.includes('telemetry-stuck')));
    await addService(joined.scope);
    await joined.client.next('snapshot');
    assert.ok(joined.client.waiting.every((message) => message.kind !== 'telemetry-ack'));
    joined.client.cut();
  } finally {
    await own.stop();
  }
});

test('revoking a data plane cuts its live session and keeps it out', async () => {
  const { scope, credentials, client } = await join();
  await client.greet();
  const { dataPlaneId } = credentials.answer;
  await store.dataPlanes.revoke(scope, dataPlaneId, 'stolen', TEST_ACTOR);
  assert.equal((await client.next('bye')).code, 'SYNC_DATA_PLANE_REVOKED');
  await client.closed();
  const again = await connectSync(parts.port, credentials);
  again.hello();
  assert.equal((await again.next('bye')).code, 'SYNC_DATA_PLANE_REVOKED');
  await again.closed();
});

test('a relabelled data plane is sent back at once and told its labels', async () => {
  const { scope, credentials, client } = await join();
  assert.deepEqual((await client.greet()).labels, {});
  await store.dataPlanes.setLabels(scope, credentials.answer.dataPlaneId, { ring: 'canary' }, TEST_ACTOR);
  const bye = await client.next('bye');
  assert.deepEqual([bye.code, bye.retryAfterMs], ['SYNC_LABELS_CHANGED', 0]);
  const again = await connectSync(parts.port, credentials);
  assert.deepEqual((await again.greet()).labels, { ring: 'canary' });
  again.cut();
});

test('labels that change while a Welcome is put together are in it', async () => {
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  const own = await startControlPlaneParts(store, {
    contentKeys: { listContentKeys: (scope) => gate.promise.then(() => store.signingKeys.listContentKeys(scope)) },
    dataPlanes: { ...store.dataPlanes, members: (scope, wanted) => store.dataPlanes.members(scope, wanted).finally(() => (reads += 1)) },
  });
  try {
    const { scope, credentials, client } = await join(own);
    client.hello();
    await waitUntil('the fleet', () => reads === 1);
    await store.dataPlanes.setLabels(scope, credentials.answer.dataPlaneId, { ring: 'canary' }, TEST_ACTOR);
    await waitUntil('the fleet once more', () => reads === 2);
    gate.resolve();
    assert.deepEqual((await client.next('welcome')).labels, { ring: 'canary' });
    client.cut();
  } finally {
    await own.stop();
  }
});

test('a second connection of the same data plane takes over, and it stays connected', async () => {
  const joined = await join();
  await joined.client.greet();
  const second = await connectSync(parts.port, joined.credentials);
  await second.greet();
  assert.equal((await joined.client.next('bye')).code, 'SYNC_SUPERSEDED');
  await joined.client.closed();
  await waitUntil('the second boot', async () => (await stateOf(joined)).bootId === second.bootId);
  assert.equal((await stateOf(joined)).connected, true);
  second.cut();
  await waitUntil('disconnected', async () => !(await stateOf(joined)).connected);
});

test('R5: a data plane that asks without end is sent away, whether it reads the answers or not', async () => {
  for (const reads of [true, false]) {
    const { client } = await join();
    await client.greet();
    if (!reads) client.pauseReading();
    const flood = async (): Promise<void> => {
      for (let nonce = 0; nonce < 400_000; nonce += 1000) {
        await Promise.all(Array.from({ length: 1000 }, (_, n) => client.sent({ kind: 'ping', nonce: nonce + n, answer: false })));
      }
    };
    await assert.rejects(flood(), 'the connection ends before all pings are sent');
  }
  assert.equal(parts.lines().filter((line) => line.includes('SYNC_FLOODED')).length, 2);
});

test('a stopping control plane says goodbye, spreads who comes back, and leaves nothing connected', async () => {
  const own = await startControlPlaneParts(store, { random: () => 0.5 });
  const joined = await join(own);
  await joined.client.greet();
  await own.stop();
  const bye = await joined.client.next('bye');
  assert.deepEqual([bye.code, bye.retryAfterMs], ['shutting-down', 1000]);
  await joined.client.closed();
  assert.equal((await stateOf(joined)).connected, false);
  await assert.rejects(connectSync(own.port, joined.credentials), /ECONNREFUSED/);
});

test('what breaks the protocol ends the session with its reason', async () => {
  const breaks: readonly { readonly name: string; readonly code: string; readonly send: (client: SyncClient) => void }[] = [
    { name: 'a text message', code: 'SYNC_UNEXPECTED_FRAME', send: (client) => client.sendRaw('hello') },
    { name: 'no protobuf', code: 'SYNC_UNEXPECTED_FRAME', send: (client) => client.sendRaw(randomBytes(50)) },
    { name: 'a frame of the control plane', code: 'SYNC_UNEXPECTED_FRAME', send: (client) => client.send({ kind: 'head', headStatement: 'x' }) },
    { name: 'Applied before Hello', code: 'SYNC_UNEXPECTED_FRAME', send: (client) => client.send({ kind: 'applied', version: NO_VERSION, contentRoot: 'a'.repeat(64), tookMs: 0, quarantined: [], already: false }) },
    { name: 'an old protocol', code: 'SYNC_PROTOCOL_UNSUPPORTED', send: (client) => client.hello({ protocolVersion: 0 }) },
  ];
  const { scope, credentials, client: first } = await join();
  first.cut();
  for (const { name, code, send } of breaks) {
    const client = await connectSync(parts.port, credentials);
    send(client);
    assert.equal((await client.next('bye')).code, code, name);
    await client.closed();
  }
  const other = await createGateway(store);
  const foreign = await connectSync(parts.port, credentials, { gatewayId: other.gatewayId });
  foreign.hello();
  assert.equal((await foreign.next('bye')).code, 'SYNC_GATEWAY_MISMATCH');
  const huge = await connectSync(parts.port, credentials);
  huge.sendRaw(Buffer.alloc(300 * 1024));
  assert.equal(await huge.closed(), 1009);
  assert.notEqual(scope.gatewayId, other.gatewayId);
});

test('two gateways do not see each other', async () => {
  const [a, b] = [await join(), await join()];
  await addService(a.scope, 'secret-of-a.internal');
  await a.client.greet();
  await b.client.greet();
  await receive(a);
  b.client.send({ kind: 'ping', nonce: 1, answer: false });
  await b.client.next('ping');
  assert.deepEqual(b.client.waiting, []);
  a.client.cut();
  b.client.cut();
});
