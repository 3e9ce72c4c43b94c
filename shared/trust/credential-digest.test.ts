import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createCredentialDigester, credentialDigest, deriveLookupKey } from './credential-digest.ts';

/** RFC 5869 written out: extract with an empty salt, then one round of expand. */
function hkdfByHand(contentKey: Uint8Array, label: string): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(contentKey).digest();
  return createHmac('sha256', extracted).update(label).update(Buffer.of(1)).digest();
}

test('the lookup key is HKDF-SHA256 of the content key under its label', () => {
  const contentKey = Buffer.alloc(32, 7);
  assert.deepEqual(Buffer.from(deriveLookupKey(contentKey)), hkdfByHand(contentKey, 'holdfast credential lookup v1'));
});

test('a digest is a golden value: published credentials depend on it', () => {
  const lookupKey = deriveLookupKey(Buffer.alloc(32, 7));
  assert.equal(credentialDigest(lookupKey, 'supersecretapikey'), '46f4de39f7df138741e359868e07b16de9caa99be7e478ce28129b70d16af7b3');
});

test('digests differ between gateways and between keys', () => {
  const [one, two] = [deriveLookupKey(Buffer.alloc(32, 1)), deriveLookupKey(Buffer.alloc(32, 2))];
  assert.notEqual(credentialDigest(one, 'k'), credentialDigest(two, 'k'));
  assert.notEqual(credentialDigest(one, 'k'), credentialDigest(one, 'K'));
});

test('a digester gives the same digests, whatever is presented', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.string({ unit: 'binary', maxLength: 200 }), (key, presented) => {
      assert.equal(createCredentialDigester(key)(presented), credentialDigest(key, presented));
    }),
  );
  const key = new Uint8Array(32).fill(9);
  for (const odd of ['', '\ud800', 'x'.repeat(20_000)]) assert.equal(createCredentialDigester(key)(odd), credentialDigest(key, odd));
  assert.throws(() => createCredentialDigester(new Uint8Array(65)));
});
