import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContentSeal, type ContentKeyRing, type ContentPlace } from './content-seal.ts';

const ring: ContentKeyRing = { tenantId: 't', gatewayId: 'g', keys: [{ keyId: 1, key: Buffer.alloc(32, 1) }] };
const place: ContentPlace = { kind: 'certificates', id: 'i', field: 'key' };
const seal = new ContentSeal(ring);
const SECRET = Buffer.from('a private key');
const unopened = { code: 'TRUST_ENVELOPE_UNOPENED' };

test('what was sealed opens at its place, and shows nothing of itself', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (secret) => {
      assert.deepEqual(new Uint8Array(seal.open(place, seal.seal(place, secret))), secret);
    }),
  );
  assert.equal(Buffer.from(seal.seal(place, SECRET)).includes('private'), false);
});

test('the same secret at the same place gives the same bytes; another secret or place another nonce', () => {
  const nonceOf = (sealed: Uint8Array): string => Buffer.from(sealed).subarray(5, 17).toString('hex');
  const sealed = seal.seal(place, SECRET);
  assert.deepEqual(new ContentSeal(ring).seal(place, SECRET), sealed);
  const others = [seal.seal(place, Buffer.from('another')), seal.seal({ ...place, field: 'key_alt' }, SECRET), seal.seal({ ...place, id: 'j' }, SECRET), new ContentSeal({ ...ring, keys: [{ keyId: 1, key: Buffer.alloc(32, 2) }] }).seal(place, SECRET)];
  assert.equal(new Set([sealed, ...others].map(nonceOf)).size, 5);
  // Where place and secret meet must not be open to doubt.
  assert.notEqual(nonceOf(seal.seal({ ...place, field: 'ab' }, Buffer.from('c'))), nonceOf(seal.seal({ ...place, field: 'a' }, Buffer.from('bc'))));
});

test('it opens nowhere else: field, entity, kind, gateway, tenant, key, a flipped bit', () => {
  const sealed = seal.seal(place, SECRET);
  for (const elsewhere of [{ ...place, field: 'key_alt' }, { ...place, id: 'j' }, { ...place, kind: 'snis' }]) assert.throws(() => seal.open(elsewhere, sealed), unopened);
  for (const other of [{ ...ring, gatewayId: 'h' }, { ...ring, tenantId: 'u' }, { ...ring, keys: [{ keyId: 1, key: Buffer.alloc(32, 2) }] }]) assert.throws(() => new ContentSeal(other).open(place, sealed), unopened);
  for (const at of [6, 17, sealed.length - 1]) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    assert.throws(() => seal.open(place, altered), unopened);
  }
  assert.throws(() => seal.open(place, sealed.subarray(0, 20)), { code: 'TRUST_ENVELOPE_MALFORMED' });
});

test('after a new key came, what the old one sealed still opens, and new secrets are under the new one', () => {
  const sealed = seal.seal(place, SECRET);
  const rotated = new ContentSeal({ ...ring, keys: [{ keyId: 2, key: Buffer.alloc(32, 2) }, ...ring.keys] });
  assert.deepEqual(rotated.open(place, sealed), SECRET);
  const renewed = rotated.seal(place, SECRET);
  assert.equal(Buffer.from(renewed).readUInt32BE(1), 2);
  assert.throws(() => seal.open(place, renewed), { code: 'TRUST_CONTENT_KEY_UNKNOWN', message: /content key 2/ });
});

test('golden: the form that data planes in the field open', () => {
  const golden = '0100000001dda02fe0392dae8b6083a0cef2ccf60974325b1caff2fad130665e4f6ce453e546f601e59ef07e84b0';
  assert.equal(Buffer.from(seal.seal(place, SECRET)).toString('hex'), golden);
});
