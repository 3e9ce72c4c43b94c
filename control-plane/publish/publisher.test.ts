import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemoryStore } from '../../test/support/memory-store.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type EntityId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import { verifyDelegation } from '../../shared/trust/root-set.ts';
import { toKeySet } from '../../shared/trust/statement-keys.ts';
import { verifyStatement } from '../../shared/trust/statements.ts';
import { verifyTransfer, type VerifiedTransfer } from '../../shared/trust/verify-transfer.ts';
import type { GatewayScope } from '../store/scope.ts';
import { startPublisher, type OutgoingTransfer, type Publisher } from './publisher.ts';
import { loadSigningMaterial, type SigningMaterial } from './signing-material.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-publisher-'));
after(() => rmSync(folder, { recursive: true }));

interface Instance {
  readonly publisher: Publisher;
  readonly signing: SigningMaterial;
  readonly lines: () => readonly string[];
  /** Versions told to sessions. */
  readonly told: readonly ConfigVersion[];
}

async function startInstance(store: MemoryStore, rootKeyPath = join(folder, `${newId()}.pem`)): Promise<Instance> {
  const { log, lines } = createMemoryLogger('control-plane');
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath, clock: systemClock, log });
  const publisher = await startPublisher({ releases: store.releases, changes: store.changes, ahead: store.ahead, alarms: store.alarms, signing, clock: systemClock, log, random: () => 0, listenForChanges: store.listenForChanges, transferCacheBytes: 1024 * 1024 });
  const told: ConfigVersion[] = [];
  publisher.subscribe({ onRelease: (_, { version }) => told.push(version), onDataPlanesChanged: () => undefined });
  after(() => publisher.stop());
  return { publisher, signing, lines, told };
}

function newGateway(store: MemoryStore): GatewayScope {
  const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
  store.addGateway(scope);
  return scope;
}

async function waitForRelease(instance: Instance, version: ConfigVersion): Promise<void> {
  await waitUntil(`release ${version.sequence}`, () => instance.told.some((told) => compareVersions(told, version) >= 0));
}

/** Verifies as a data plane does. */
async function verify(store: MemoryStore, scope: GatewayScope, transfer: OutgoingTransfer | undefined, base?: VerifiedTransfer): Promise<VerifiedTransfer> {
  assert.ok(transfer !== undefined);
  const { log } = createMemoryLogger('data-plane');
  const { rootSet } = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'none.pem'), clock: systemClock, log });
  const [delegation] = await store.signingKeys.listStatements('delegation', scope);
  const delegated = await verifyDelegation(delegation?.statement ?? '', rootSet, scope);
  assert.ok(delegated.kind === 'verified');
  const verdict = await verifyTransfer(
    { manifestStatement: transfer.manifestStatement, framing: { kind: 'signed', transferStatement: transfer.transferStatement }, epochStatement: transfer.epochStatement, wireBytes: transfer.bytes },
    { rootSet, publishKeys: delegated.publishKeys, highest: undefined, base, acceptOlder: false, softwareVersion: '0.1.0', maximumInflatedBytes: 1e8 },
  );
  assert.ok(verdict.kind === 'verified', JSON.stringify(verdict));
  assert.deepEqual(verdict.version, transfer.version);
  return verdict;
}

const ids = Array.from({ length: 20 }, () => newId<EntityId>());
const [one, two, three] = ids;
assert.ok(one !== undefined && two !== undefined && three !== undefined);

test('a write becomes a release whose delta and snapshot both verify', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  await instance.signing.trustFor(scope);
  const first = store.write(scope, [{ id: one, entity: 'a' }, { id: two, entity: 'b' }]);
  await waitForRelease(instance, first);
  const snapshot = await verify(store, scope, await instance.publisher.transferFrom(scope, undefined));
  assert.equal(snapshot.tree.size, 2);
  const second = store.write(scope, [{ id: two }, { id: three, entity: 'c' }], 'bob');
  await waitForRelease(instance, second);
  const delta = await instance.publisher.transferFrom(scope, first);
  assert.equal(delta?.kind, 'delta');
  const verified = await verify(store, scope, delta, snapshot);
  assert.deepEqual((await instance.publisher.published(scope))?.contentRoot, verified.contentRoot);
  assert.equal(store.releasesOf(scope).at(-1)?.author, 'bob');
  const whole = await instance.publisher.transferFrom(scope, undefined);
  assert.equal(whole?.kind, 'snapshot');
  assert.equal((await verify(store, scope, whole)).contentRoot, verified.contentRoot);
});

test('a burst of writes becomes few releases, and the last one has everything', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  let last = store.write(scope, [{ id: one, entity: 'first' }]);
  for (let index = 0; index < 100; index += 1) {
    last = store.write(scope, [{ id: ids[index % ids.length] ?? one, entity: `entity ${index}` }]);
    if (index % 10 === 0) await new Promise(setImmediate);
  }
  await waitForRelease(instance, last);
  assert.ok(store.releasesOf(scope).length <= 5, `${store.releasesOf(scope).length} releases`);
  assert.deepEqual(store.releasesOf(scope).at(-1)?.version, last);
});

test('C2: everything is read once, then only what changed', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  store.write(scope, ids.map((id) => ({ id, entity: 'x' })));
  const instance = await startInstance(store);
  for (let index = 0; index < 5; index += 1) await waitForRelease(instance, store.write(scope, [{ id: one, entity: `${index}` }]));
  assert.equal(store.calls.get('readAllLeaves'), 1);
  const [snapshot, again] = await Promise.all([instance.publisher.transferFrom(scope, undefined), instance.publisher.transferFrom(scope, undefined)]);
  assert.equal(snapshot?.bytes, again?.bytes, 'one packing for all who ask');
  assert.equal(store.calls.get('readAllLeaves'), 1);
});

test('a data plane some releases behind gets one merged delta, packed once', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  await instance.signing.trustFor(scope);
  const base = store.write(scope, [{ id: one, entity: 'a' }, { id: two, entity: 'b' }]);
  await waitForRelease(instance, base);
  const start = await verify(store, scope, await instance.publisher.transferFrom(scope, undefined));
  for (const entity of ['c', 'd', 'e']) await waitForRelease(instance, store.write(scope, [{ id: one, entity }]));
  await waitForRelease(instance, store.write(scope, [{ id: two }]));
  const [delta, again] = await Promise.all([instance.publisher.transferFrom(scope, base), instance.publisher.transferFrom(scope, base)]);
  assert.equal(delta?.kind, 'delta');
  assert.equal(delta?.bytes, again?.bytes);
  const verified = await verify(store, scope, delta, start);
  assert.ok(verified.content.kind === 'delta' && verified.content.changes.length === 2, 'the last state of each entity, once');
});

test('instances that learned of a configuration in different ways make the same bytes of it, found by their hash', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const rootKeyPath = join(folder, 'same-bytes.pem');
  const first = await startInstance(store, rootKeyPath);
  let from = store.write(scope, [{ id: one, entity: 'first' }]);
  for (const id of ids.toReversed()) from = store.write(scope, [{ id, entity: `first of ${id}` }]);
  await waitForRelease(first, from);
  const version = store.write(scope, [...ids.slice(5).map((id) => ({ id, entity: `entity ${id}` })), { id: two }, { kind: 'consumers', id: one, entity: 'c' }]);
  await waitForRelease(first, version);
  const second = await startInstance(store, rootKeyPath);
  const snapshots = await Promise.all([first, second].map(({ publisher }) => publisher.transferFrom(scope, undefined)));
  assert.deepEqual(snapshots[0]?.bytes, snapshots[1]?.bytes);
  assert.equal(snapshots[0]?.transferStatement, snapshots[1]?.transferStatement);
  assert.equal(snapshots[0]?.wireHash, createHash('sha256').update(snapshots[0]?.bytes ?? '').digest('hex'));
  const delta = await first.publisher.transferFrom(scope, from);
  assert.equal(delta?.kind, 'delta');
  for (const sent of [snapshots[0], delta]) assert.deepEqual(await first.publisher.packedByHash(scope, sent?.wireHash ?? ''), sent);
  assert.equal(await first.publisher.packedByHash(newGateway(store), snapshots[0]?.wireHash ?? ''), undefined);
  assert.equal(await second.publisher.packedByHash(scope, 'ff'), undefined);
  // What was begun goes on although something newer was released meanwhile.
  await waitForRelease(first, store.write(scope, [{ id: one, entity: 'later' }]));
  assert.deepEqual((await first.publisher.packedByHash(scope, snapshots[0]?.wireHash ?? ''))?.version, version);
});

test('content that nobody needs is let go, and read again for whoever does', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const clock = new ManualClock();
  const { log } = createMemoryLogger('control-plane');
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'idle.pem'), clock, log });
  store.write(scope, [{ id: one, entity: 'a' }]);
  const publisher = await startPublisher({
    releases: store.releases, changes: store.changes, ahead: store.ahead, alarms: store.alarms, signing, clock, log, random: () => 0,
    listenForChanges: store.listenForChanges, transferCacheBytes: 1024 * 1024,
  });
  after(() => publisher.stop());
  await waitUntil('it is about to publish', () => (store.calls.get('newest') ?? 0) > 0);
  await waitUntil('the release', async () => {
    clock.advance(100);
    return Promise.resolve(store.releasesOf(scope).length === 1);
  });
  const reads = (): number => store.calls.get('readAllLeaves') ?? 0;
  assert.equal(reads(), 1);
  // Sessions ask for heads now and then: then it stays.
  for (let minute = 0; minute < 30; minute += 1) {
    await publisher.headStatement(scope);
    clock.advance(60_000);
  }
  assert.ok(await publisher.transferFrom(scope, undefined));
  assert.equal(reads(), 1);
  for (let minute = 0; minute < 12; minute += 1) clock.advance(60_000);
  const next = store.write(scope, [{ id: two, entity: 'b' }]);
  await waitUntil('the next release', async () => {
    clock.advance(100);
    return Promise.resolve(compareVersions(store.releasesOf(scope).at(-1)?.version ?? { epoch: 0, sequence: 0 }, next) === 0);
  });
  assert.equal(reads(), 2);
});

test('a release is made at the start for what was written while no control plane ran', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const rootKeyPath = join(folder, 'restart.pem');
  const first = await startInstance(store, rootKeyPath);
  const base = store.write(scope, [{ id: one, entity: 'a' }]);
  await waitForRelease(first, base);
  await first.signing.trustFor(scope);
  const start = await verify(store, scope, await first.publisher.transferFrom(scope, undefined));
  await first.publisher.stop();
  const missed = store.write(scope, [{ id: two, entity: 'b' }]);
  const second = await startInstance(store, rootKeyPath);
  await waitUntil('the release', async () => compareVersions((await second.publisher.published(scope))?.version ?? base, missed) === 0);
  const delta = await second.publisher.transferFrom(scope, base);
  assert.equal(delta?.kind, 'delta');
  assert.equal((await verify(store, scope, delta, start)).tree.size, 2);
});

test('two instances that publish the same version send the same bytes', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const rootKeyPath = join(folder, 'two.pem');
  const [a, b] = [await startInstance(store, rootKeyPath), await startInstance(store, rootKeyPath)];
  const base = store.write(scope, [{ id: one, entity: 'a' }]);
  await Promise.all([waitForRelease(a, base), waitForRelease(b, base)]);
  const next = store.write(scope, [{ id: two, entity: 'b' }]);
  await Promise.all([waitForRelease(a, next), waitForRelease(b, next)]);
  assert.equal(store.releasesOf(scope).length, 2);
  assert.equal((await a.publisher.transferFrom(scope, base))?.bytes, (await b.publisher.transferFrom(scope, base))?.bytes);
});

test('an instance that lost against an earlier or later version goes on from there: one chain, every change in one release', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  const competitor = { manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 1, author: 'another instance' };
  // Whatever this instance is about to release first, another one releases an earlier version after the same release.
  let lost = 0;
  store.before = async (method) => {
    if (method !== 'insert' || lost === 2) return;
    const base = store.releasesOf(scope).at(-1)?.version;
    lost += 1;
    const { before } = store;
    store.before = () => undefined;
    await store.releases.insert(scope, { ...competitor, version: { epoch: 1, sequence: (base?.sequence ?? 0) + 1 }, base });
    store.before = before;
  };
  for (const entity of ['a', 'b', 'c', 'd']) store.write(scope, [{ id: one, entity }], entity);
  await waitForRelease(instance, { epoch: 1, sequence: 4 });
  assert.deepEqual(store.releasesOf(scope).map(({ version, base, author }) => [version.sequence, base?.sequence, author]), [[1, undefined, 'another instance'], [2, 1, 'another instance'], [4, 2, 'c, d']]);
  assert.ok(!instance.lines().some((line) => line.includes('publish-failed')));
});

test('another instance with other content for the same version is an error that is said, and its release stands', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  store.before = async (method) => {
    if (method !== 'insert') return;
    store.before = () => undefined;
    await store.releases.insert(scope, { version: { epoch: 1, sequence: 1 }, base: undefined, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 1, author: '' });
  };
  store.write(scope, [{ id: one, entity: 'a' }]);
  await waitUntil('the error', () => instance.lines().some((line) => line.includes('publish-failed') && line.includes('with other content')));
  assert.equal(store.releasesOf(scope).length, 1);
});

test('C1: a database that fails for a while delays a release and loses none', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  let failures = 0;
  for (const failing of ['readChangesSince', 'insert', 'newest']) {
    let left = 2;
    store.before = (method) => {
      if (method !== failing || left === 0) return;
      left -= 1;
      failures += 1;
      throw new Error('the database is away');
    };
    const version = store.write(scope, [{ id: one, entity: failing }]);
    await waitForRelease(instance, version);
  }
  assert.ok(failures >= 4);
  assert.ok(instance.lines().some((line) => line.includes('the database is away')));
  assert.equal((await instance.publisher.transferFrom(scope, undefined))?.version.sequence, 3);
});

test('a release whose storing was answered by a broken connection is told to sessions all the same', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  let broken = false;
  store.after = (method) => {
    if (method !== 'insert' || broken) return;
    broken = true;
    throw new Error('connection lost');
  };
  await waitForRelease(instance, store.write(scope, [{ id: one, entity: 'a' }]));
  assert.equal(store.releasesOf(scope).length, 1);
});

test('a release that was made while the newest one was being read is not forgotten', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  const held = Promise.withResolvers<void>();
  store.after = (method) => {
    if (method !== 'newest') return undefined;
    store.after = () => undefined;
    return held.promise;
  };
  const slow = instance.publisher.published(scope);
  await waitForRelease(instance, store.write(scope, [{ id: one, entity: 'a' }]));
  held.resolve();
  assert.equal((await slow)?.version.sequence, 1);
  assert.equal((await instance.publisher.published(scope))?.version.sequence, 1);
});

test('a gateway in which nothing was written yet has no release', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const other = newGateway(store);
  const instance = await startInstance(store);
  await waitForRelease(instance, store.write(other, [{ id: one, entity: 'a' }]));
  assert.equal(await instance.publisher.published(scope), undefined);
  assert.equal(await instance.publisher.transferFrom(scope, undefined), undefined);
  assert.equal(store.calls.get('insert'), 1);
});

test('stopping does not wait for the next try', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const { log, lines } = createMemoryLogger('control-plane');
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'stopping.pem'), clock: systemClock, log });
  const publisher = await startPublisher({
    releases: store.releases, changes: store.changes, ahead: store.ahead, alarms: store.alarms, signing, clock: new ManualClock(), log, random: () => 0.5,
    listenForChanges: store.listenForChanges, transferCacheBytes: 1024,
  });
  store.before = () => {
    throw new Error('the database is away');
  };
  store.write(scope, [{ id: one, entity: 'a' }]);
  await waitUntil('the failure', () => lines().some((line) => line.includes('publish-failed')));
  await publisher.stop();
});

test('a configuration emptied by deletions may be empty', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  await instance.signing.trustFor(scope);
  const base = store.write(scope, [{ id: one, entity: 'a' }]);
  await waitForRelease(instance, base);
  const start = await verify(store, scope, await instance.publisher.transferFrom(scope, undefined));
  await waitForRelease(instance, store.write(scope, [{ id: one }]));
  assert.equal((await verify(store, scope, await instance.publisher.transferFrom(scope, base), start)).tree.size, 0);
  assert.equal((await verify(store, scope, await instance.publisher.transferFrom(scope, undefined))).tree.size, 0);
});

test('S4: a new epoch goes out as a snapshot with the root set behind it', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  await instance.signing.trustFor(scope);
  const base = store.write(scope, [{ id: one, entity: 'a' }]);
  await waitForRelease(instance, base);
  const before = await instance.publisher.transferFrom(scope, undefined);
  store.beginEpoch(scope);
  await waitForRelease(instance, { epoch: 2, sequence: 1 });
  assert.equal(await instance.publisher.packedByHash(scope, before?.wireHash ?? ''), undefined, 'nobody goes on with what was begun in the epoch before');
  const transfer = await instance.publisher.transferFrom(scope, base);
  assert.equal(transfer?.kind, 'snapshot');
  assert.deepEqual((await verify(store, scope, transfer)).version, { epoch: 2, sequence: 1 });
});

test('one write with more changes than one read brings is still one release', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  await waitForRelease(instance, store.write(scope, [{ id: one, entity: 'a' }]));
  store.write(scope, Array.from({ length: 30 }, (_, index) => ({ id: newId<EntityId>(), entity: `small ${index}` })));
  const version = store.write(scope, Array.from({ length: 5200 }, (_, index) => ({ id: newId<EntityId>(), entity: `many ${index}` })));
  await waitForRelease(instance, version);
  const release = store.releasesOf(scope).at(-1);
  assert.equal(release?.entityCount, 5231);
});

test('a head statement says what is newest and is renewed', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const instance = await startInstance(store);
  const { publishKey } = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'none.pem'), clock: systemClock, log: createMemoryLogger('x').log });
  const read = async () => {
    const verdict = await verifyStatement('head', await instance.publisher.headStatement(scope), toKeySet([publishKey.publicKey]), scope);
    assert.ok(verdict.kind === 'verified');
    return verdict.claims;
  };
  assert.equal((await read()).sequence, 0);
  await waitForRelease(instance, store.write(scope, [{ id: one, entity: 'a' }]));
  const claims = await read();
  assert.equal(claims.sequence, 1);
  assert.equal(claims.expiresAt - claims.issuedAt, 300_000);
});

test('the root key is in a file of mode 0600 and needed only for new gateways', async () => {
  const store = new MemoryStore();
  const scope = newGateway(store);
  const rootKeyPath = join(folder, 'offline.pem');
  const { log } = createMemoryLogger('control-plane');
  const online = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath, clock: systemClock, log });
  assert.equal(statSync(rootKeyPath).mode & 0o777, 0o600);
  const { delegationStatement } = await online.trustFor(scope);
  rmSync(rootKeyPath);
  const offline = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath, clock: systemClock, log });
  assert.equal(offline.rootSet.fingerprint, online.rootSet.fingerprint);
  assert.equal(offline.publishKey.keyId, online.publishKey.keyId);
  assert.equal((await offline.trustFor(scope)).delegationStatement, delegationStatement);
  await assert.rejects(offline.trustFor(newGateway(store)), { code: 'PUBLISH_DELEGATION_PENDING' });
});
