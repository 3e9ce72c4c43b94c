import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decodeEnvelope, encodeEnvelope, openEnvelope, sealEnvelope } from './envelope.ts';

const key = randomBytes(32);
const place = Buffer.from('tenant|gateway|keyauth_credentials|id|key');
const sealed = sealEnvelope({ key, keyId: 7, plaintext: Buffer.from('open sesame'), associatedData: place });

test('what was sealed opens again, also through its encoded form', () => {
  const decoded = decodeEnvelope(encodeEnvelope(sealed));
  assert.equal(decoded.keyId, 7);
  assert.equal(openEnvelope({ key, envelope: decoded, associatedData: place }).toString(), 'open sesame');
});

test('an empty secret can be sealed', () => {
  const empty = decodeEnvelope(encodeEnvelope(sealEnvelope({ key, keyId: 1, plaintext: Buffer.alloc(0), associatedData: place })));
  assert.equal(openEnvelope({ key, envelope: empty, associatedData: place }).length, 0);
});

test('the same secret sealed twice looks different', () => {
  const again = sealEnvelope({ key, keyId: 7, plaintext: Buffer.from('open sesame'), associatedData: place });
  assert.notDeepEqual(again.ciphertext, sealed.ciphertext);
});

test('T2: an envelope moved to another place does not open, nor does one under another key', () => {
  assert.throws(() => openEnvelope({ key, envelope: sealed, associatedData: Buffer.from('tenant|gateway|keyauth_credentials|other|key') }), { code: 'TRUST_ENVELOPE_UNOPENED' });
  assert.throws(() => openEnvelope({ key: randomBytes(32), envelope: sealed, associatedData: place }), { code: 'TRUST_ENVELOPE_UNOPENED' });
});

test('no byte of nonce, ciphertext or tag can be changed', () => {
  const encoded = encodeEnvelope(sealed);
  for (let index = 5; index < encoded.length; index += 1) {
    const altered = Buffer.from(encoded);
    altered[index] = (altered[index] ?? 0) ^ 1;
    assert.throws(() => openEnvelope({ key, envelope: decodeEnvelope(altered), associatedData: place }), { code: 'TRUST_ENVELOPE_UNOPENED' });
  }
});

test('bytes of another version, without a key id or too short are refused', () => {
  const encoded = encodeEnvelope(sealed);
  const otherVersion = Buffer.from(encoded);
  otherVersion[0] = 2;
  const noKeyId = Buffer.from(encoded);
  noKeyId.fill(0, 1, 5);
  for (const bytes of [otherVersion, noKeyId, encoded.subarray(0, 32), Buffer.alloc(0)]) assert.throws(() => decodeEnvelope(bytes), { code: 'TRUST_ENVELOPE_MALFORMED' });
});
