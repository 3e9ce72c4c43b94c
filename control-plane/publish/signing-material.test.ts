/** Keys that change under a running control plane: what counts then, what is signed again, what waits, and what a database that is away does not undo. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { signBundle } from '../../shared/trust/root-set.ts';
import { formatSigningKey, generateSigningKey, type SigningKey } from '../../shared/trust/statement-keys.ts';
import { keyIdOfStatement, signStatement } from '../../shared/trust/statements.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemoryStore } from '../../test/support/memory-store.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { GatewayScope } from '../store/scope.ts';
import { loadSigningMaterial, type SigningMaterial } from './signing-material.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-signing-'));
after(() => rmSync(folder, { recursive: true }));

interface Scene {
  readonly store: MemoryStore;
  readonly signing: SigningMaterial;
  readonly clock: ManualClock;
  readonly scope: GatewayScope;
  readonly lines: () => readonly string[];
  /** Another control plane of the same installation. */
  other(): Promise<SigningMaterial>;
}

async function scene(): Promise<Scene> {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const { log, lines } = createMemoryLogger('control-plane');
  const rootKeyPath = join(folder, `${newId()}.pem`);
  const other = (): Promise<SigningMaterial> => loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath, clock, log });
  const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
  return { store, clock, lines, scope, signing: await other(), other };
}

async function addPublishKey({ store }: Scene, key = generateSigningKey()): Promise<SigningKey> {
  await store.signingKeys.insertKey({ purpose: 'publish', keyId: key.keyId, scope: undefined, publicKey: key.publicKey, certificate: undefined, privateKey: formatSigningKey(key) });
  return key;
}

function transferClaims({ tenantId: tenant, gatewayId: gateway }: GatewayScope) {
  return { format: 1, tenant, gateway, base: null, target: { epoch: 1, sequence: 1 }, compression: 'zstd', wireHash: 'a'.repeat(64), wireLength: 1, inflatedLength: 1 } as const;
}

test('a new publish key signs as soon as it is delegated; what the old one signed is signed again, alike everywhere, and what nobody of ours signed is not', async () => {
  const given = await scene();
  const { signing, scope } = given;
  const before = await signing.trustFor(scope);
  const stored = await signStatement('transfer', transferClaims(scope), before.publishKey);
  assert.equal(await signing.currentStatement('transfer', scope, stored), stored);
  const heard: (GatewayScope | undefined)[] = [];
  signing.subscribe((changed) => heard.push(changed));
  const key = await addPublishKey(given);
  await signing.refresh();
  assert.deepEqual(heard, [undefined, scope]);
  const now = await signing.trustFor(scope);
  assert.deepEqual([now.publishKey.keyId, now.serial], [key.keyId, before.serial + 1]);
  const again = await signing.currentStatement('transfer', scope, stored);
  assert.equal(keyIdOfStatement(again), key.keyId);
  assert.equal(await (await given.other()).currentStatement('transfer', scope, stored), again);
  const foreign = await signStatement('transfer', transferClaims(scope), generateSigningKey());
  await assert.rejects(signing.currentStatement('transfer', scope, foreign), { code: 'PUBLISH_STATEMENT_FOREIGN' });
});

test('a control plane that has not heard of a rotation yet does not take it back', async () => {
  const given = await scene();
  const { signing, scope, store } = given;
  await signing.trustFor(scope);
  const late = await given.other();
  await late.trustFor(scope);
  const key = await addPublishKey(given);
  await signing.refresh();
  // It hears of the gateway's delegation, and not of the key it names.
  await late.refreshGateway(scope);
  assert.equal((await late.trustFor(scope)).publishKey.keyId, key.keyId);
  assert.equal((await store.signingKeys.listStatements('delegation', scope)).length, 2);
});

test('a database that is away while keys change leaves what was known in use, and they are read again', async () => {
  const given = await scene();
  const { signing, scope, store, clock } = given;
  const before = await signing.trustFor(scope);
  const key = await addPublishKey(given);
  store.before = () => {
    throw new Error('the database is away');
  };
  await signing.refresh();
  await signing.refreshGateway(scope);
  assert.equal((await signing.trustFor(scope)).publishKey.keyId, before.publishKey.keyId);
  store.before = () => undefined;
  clock.advance(1_000);
  await waitUntil('the new key', async () => (await signing.trustFor(scope)).publishKey.keyId === key.keyId);
});

test('under a root set that has not signed for a gateway yet, it is shown the chain up to the one that has', async () => {
  const given = await scene();
  const { signing, scope, store } = given;
  await signing.trustFor(scope);
  const [alice, bob] = [generateSigningKey(), generateSigningKey()];
  assert.ok(signing.rootKey);
  const claims = { format: 1, version: 2, threshold: 2, keys: [alice.publicKey, bob.publicKey], issuedAt: 0 } as const;
  await store.signingKeys.insertStatement('root', undefined, 2, await signBundle('root', claims, [signing.rootKey, alice, bob]));
  await signing.refresh();
  assert.deepEqual([signing.rootSet.version, signing.rootStatements.length, signing.rootKey], [2, 2, undefined]);
  const old = await signing.trustFor(scope);
  assert.deepEqual([old.rootSet.version, old.rootStatements.length], [1, 1]);
  const newcomer = { ...scope, gatewayId: newId<GatewayId>() };
  await assert.rejects(signing.trustFor(newcomer), { code: 'PUBLISH_DELEGATION_PENDING' });
  const delegation = { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, serial: 2, keys: [signing.publishKey.publicKey], issuedAt: 0 } as const;
  await store.signingKeys.insertStatement('delegation', scope, 2, await signBundle('delegation', delegation, [alice, bob]));
  await signing.refreshGateway(scope);
  assert.deepEqual([(await signing.trustFor(scope)).rootSet.version, (await signing.trustFor(scope)).rootStatements.length], [2, 2]);
});
