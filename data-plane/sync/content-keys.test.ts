import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { generateDataPlaneKey } from '../../shared/trust/certificate-request.ts';
import { wrapContentKey } from '../../shared/trust/content-key.ts';
import type { WrappedKey } from '../../shared/wire/sync-message.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { ContentKeys } from './content-keys.ts';

const identity = { trustDomain: 'holdfast.test', tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>(), dataPlaneId: newId<DataPlaneId>() };
const privateKey = createPrivateKey(generateDataPlaneKey());
const [first, second] = [randomBytes(32), randomBytes(32)];

function wrap(contentKey: Uint8Array, keyId: number): WrappedKey {
  return wrapContentKey({ contentKey, keyId, recipient: createPublicKey(privateKey), identity });
}

async function open(disk: CrashDisk) {
  const { log, lines } = createMemoryLogger('test');
  return { keys: await ContentKeys.open({ disk, path: '/state/content-keys.json', privateKey, identity, log }), lines };
}

test('S2, T2: keys are kept wrapped, and used again after a restart; the newest counts', async () => {
  const disk = new CrashDisk();
  const { keys } = await open(disk);
  await keys.learn([wrap(second, 2), wrap(first, 1)]);
  assert.deepEqual(Buffer.from(keys.ring?.keys[0]?.key ?? []), second);
  const { tenantId, gatewayId } = identity;
  assert.deepEqual((await open(disk)).keys.ring, { tenantId, gatewayId, keys: [{ keyId: 2, key: second }, { keyId: 1, key: first }] }, 'older ones open what they sealed');
  for (const file of disk.files().values()) {
    for (const form of ['base64', 'hex', 'latin1'] as const) assert.equal(file.includes(second.toString(form)), false);
  }
});

test('keys that are known cost no write, though they are wrapped anew each time; a new one does', async () => {
  const disk = new CrashDisk();
  const { keys } = await open(disk);
  await keys.learn([wrap(first, 1)]);
  const operations = disk.operations.length;
  await keys.learn([wrap(first, 1)]);
  assert.equal(disk.operations.length, operations);
  await keys.learn([wrap(second, 2), wrap(first, 1)]);
  assert.ok(disk.operations.length > operations);
  assert.deepEqual(Buffer.from(keys.ring?.keys[0]?.key ?? []), second);
});

test('S1: what a control plane does not tell of stays: it may be restored from an old backup, and a cached configuration may stand under it', async () => {
  const disk = new CrashDisk();
  const { keys } = await open(disk);
  const numbers = (): readonly number[] | undefined => keys.ring?.keys.map(({ keyId }) => keyId);
  await keys.learn([wrap(second, 2), wrap(first, 1)]);
  assert.equal(await keys.learn([wrap(first, 1)]), false, 'the control plane does not know of the second');
  assert.deepEqual(numbers(), [2, 1]);
  assert.equal(await keys.learn([wrap(second, 2)]), false, 'the first was retired');
  assert.deepEqual(numbers(), [2, 1]);
  // After a restore the same number is given again.
  const other = randomBytes(32);
  assert.equal(await keys.learn([wrap(other, 2), wrap(first, 1)]), true);
  assert.deepEqual(keys.ring?.keys, [{ keyId: 2, key: other }, { keyId: 1, key: first }]);
  for (let keyId = 3; keyId <= 9; keyId += 1) await keys.learn([wrap(randomBytes(32), keyId)]);
  assert.deepEqual(numbers(), [9, 8, 7, 6]);
  assert.deepEqual((await open(disk)).keys.ring, keys.ring);
});

test('a key that was wrapped for somebody else is logged, and what was there stays', async () => {
  const disk = new CrashDisk();
  const { keys, lines } = await open(disk);
  await keys.learn([wrap(first, 1)]);
  const forOther = wrapContentKey({ contentKey: second, keyId: 2, recipient: createPublicKey(generateDataPlaneKey()), identity });
  await keys.learn([forOther]);
  assert.deepEqual(Buffer.from(keys.ring?.keys[0]?.key ?? []), first);
  assert.ok(lines().some((line) => line.includes('content-key-unusable')));
});

test('a damaged file is no key, and no reason not to start', async () => {
  const disk = new CrashDisk();
  for (const text of ['', '{', '[1]', '[{"keyId":1,"ephemeralPublicKey":"AA","nonce":"","ciphertext":""}]']) {
    disk.put('/state/content-keys.json', Buffer.from(text));
    assert.equal((await open(disk)).keys.ring, undefined, text);
  }
});
