import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../model/ids.ts';
import { unwrapContentKey, wrapContentKey } from './content-key.ts';
import type { DataPlaneIdentity } from './identity.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const identity: DataPlaneIdentity = { trustDomain: 'holdfast.test', tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>(), dataPlaneId: newId<DataPlaneId>() };
const contentKey = randomBytes(32);
const wrapped = wrapContentKey({ contentKey, keyId: 3, recipient: pair.publicKey, identity });

test('the data plane unwraps what was wrapped for it', () => {
  assert.deepEqual(unwrapContentKey({ wrapped, privateKey: pair.privateKey, identity }), contentKey);
});

test('wrapping twice gives different bytes', () => {
  assert.notDeepEqual(wrapContentKey({ contentKey, keyId: 3, recipient: pair.publicKey, identity }).ciphertext, wrapped.ciphertext);
});

test('another key, data plane, gateway, tenant or key id does not open it', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  assert.throws(() => unwrapContentKey({ wrapped, privateKey: other.privateKey, identity }), { code: 'TRUST_ENVELOPE_UNOPENED' });
  for (const wrong of [{ dataPlaneId: newId<DataPlaneId>() }, { gatewayId: newId<GatewayId>() }, { tenantId: newId<TenantId>() }]) {
    assert.throws(() => unwrapContentKey({ wrapped, privateKey: pair.privateKey, identity: { ...identity, ...wrong } }), { code: 'TRUST_ENVELOPE_UNOPENED' });
  }
  assert.throws(() => unwrapContentKey({ wrapped: { ...wrapped, keyId: 4 }, privateKey: pair.privateKey, identity }), { code: 'TRUST_ENVELOPE_UNOPENED' });
});

test('altered bytes do not open', () => {
  for (const field of ['ephemeralPublicKey', 'nonce', 'ciphertext'] as const) {
    const bytes = Buffer.from(wrapped[field]);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    assert.throws(() => unwrapContentKey({ wrapped: { ...wrapped, [field]: bytes }, privateKey: pair.privateKey, identity }), /TRUST_|sealed|wrapped/);
    assert.throws(() => unwrapContentKey({ wrapped: { ...wrapped, [field]: Buffer.alloc(0) }, privateKey: pair.privateKey, identity }), /sealed|wrapped/);
  }
});

test('a key that is not on P-256 is refused on either side', () => {
  const wrongCurve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  assert.throws(() => wrapContentKey({ contentKey, keyId: 1, recipient: wrongCurve.publicKey, identity }), { code: 'TRUST_CONTENT_KEY_MALFORMED' });
  const notOnCurve = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]);
  assert.throws(() => unwrapContentKey({ wrapped: { ...wrapped, ephemeralPublicKey: notOnCurve }, privateKey: pair.privateKey, identity }), { code: 'TRUST_CONTENT_KEY_MALFORMED' });
});

test('what was wrapped must be a 32-byte key', () => {
  const short = wrapContentKey({ contentKey: randomBytes(16), keyId: 3, recipient: pair.publicKey, identity });
  assert.throws(() => unwrapContentKey({ wrapped: short, privateKey: pair.privateKey, identity }), { code: 'TRUST_CONTENT_KEY_MALFORMED' });
});
