import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { accepted, assertHas, ID, NOW, OTHER_ID, refusal } from '../../../test/support/parse-outcome.ts';
import { firstBlock, testAuthority, testCertificate } from '../../../test/support/test-certificates.ts';
import { parseEntity } from '../parse-entity.ts';
import { definitionOf } from '../registry.ts';
import { createOptions } from '../../../test/support/parse-outcome.ts';
import type { JsonObject } from '../definition.ts';

const authority = await testAuthority();
const [ecdsa, other, chained, rsa, shortRsa] = await Promise.all([
  testCertificate({ names: ['a.test'] }), testCertificate({ names: ['b.test'] }), testCertificate({ names: ['c.test'], authority }),
  testCertificate({ keyType: 'rsa' }), testCertificate({ keyType: 'rsa', rsaBits: 1024 }),
]);
const expired = await testCertificate({ names: ['Old'], isAuthority: true, notBefore: new Date(0), notAfter: new Date(NOW * 1_000) });
const FORM = '; it has spaces where a + may have been: send forms with curl -F or --data-urlencode';
/** As URL decoding leaves it; the first line of Base64 certainly loses something. */
function withoutPlus(pem: string): string {
  return pem.replace(/^(M.{9})./m, '$1+').replaceAll('+', ' ');
}
const ENCRYPTED_KEY = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGb\n-----END ENCRYPTED PRIVATE KEY-----\n';

test('certificate and key are all it takes', () => {
  assert.deepEqual(accepted('certificates', { cert: ecdsa.cert, key: ecdsa.key }), {
    id: ID, created_at: NOW, updated_at: NOW, cert: ecdsa.cert, key: ecdsa.key, cert_alt: null, key_alt: null, tags: null,
  });
});

const good: readonly (readonly [string, JsonObject])[] = [
  ['a chain, the leaf first', { cert: chained.cert, key: chained.key }],
  ['two types of key', { cert: rsa.cert, key: rsa.key, cert_alt: ecdsa.cert, key_alt: ecdsa.key }],
  ['words between the blocks, as openssl writes them', { cert: `subject=CN = c.test\n${chained.cert}`, key: `Key Attributes\n${chained.key}` }],
  ['a certificate that has expired: whether clients mind is theirs', { cert: expired.cert, key: expired.key }],
];
for (const [what, input] of good) test(`accepted: ${what}`, () => assertHas(accepted('certificates', input), input));

const bad: readonly (readonly [string, JsonObject, string])[] = [
  ['no key', { cert: ecdsa.cert }, 'key: required field missing'],
  ['no certificate', { key: ecdsa.key }, 'cert: required field missing'],
  ['text that is no PEM', { cert: 'hello', key: ecdsa.key }, 'cert: invalid certificate: expected PEM (-----BEGIN CERTIFICATE-----)'],
  ['a broken block', { cert: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', key: ecdsa.key }, 'cert: invalid certificate: block 1 cannot be read'],
  ['a broken block in the chain', { cert: `${ecdsa.cert}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`, key: ecdsa.key }, 'cert: invalid certificate: block 2 cannot be read'],
  ['the key in the field of the certificate', { cert: ecdsa.cert + ecdsa.key, key: ecdsa.key }, 'cert: invalid certificate: it holds a private key, which belongs in a field of its own'],
  ['a request instead of a certificate', { cert: ecdsa.cert.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), key: ecdsa.key }, 'cert: invalid certificate: block 1 is no certificate'],
  ['a key that is none', { cert: ecdsa.cert, key: 'swordfish' }, 'key: invalid key: the key cannot be read: expected a private key in PEM'],
  ['a public key', { cert: ecdsa.cert, key: ecdsa.cert }, 'key: invalid key: the key cannot be read: expected a private key in PEM'],
  ['a key behind a passphrase', { cert: ecdsa.cert, key: ENCRYPTED_KEY }, 'key: invalid key: the key is protected by a passphrase: give it without (openssl pkey -in key.pem)'],
  ['the key of another', { cert: ecdsa.cert, key: other.key }, "key: does not go with 'cert': the key is not that of the certificate"],
  ['the chain in the wrong order', { cert: authority.cert + firstBlock(chained.cert), key: chained.key }, "key: does not go with 'cert': the key is not that of the certificate"],
  ['a key too short for TLS', { cert: shortRsa.cert, key: shortRsa.key }, "key: does not go with 'cert': TLS cannot be served with the certificate: its key is too short to be safe (RSA needs 2048 bits, ECDSA 224)"],
  ['a second certificate without its key', { cert: ecdsa.cert, key: ecdsa.key, cert_alt: rsa.cert }, "key_alt: must be given together with 'cert_alt'"],
  ['a second key without its certificate', { cert: ecdsa.cert, key: ecdsa.key, key_alt: rsa.key }, "cert_alt: must be given together with 'key_alt'"],
  ['a second key of another', { cert: rsa.cert, key: rsa.key, cert_alt: ecdsa.cert, key_alt: other.key }, "key_alt: does not go with 'cert_alt': the key is not that of the certificate"],
  ['two of one type', { cert: ecdsa.cert, key: ecdsa.key, cert_alt: other.cert, key_alt: other.key }, "cert_alt: must have a key of another type than 'cert' (such as RSA and ECDSA), both have ec"],
  ['a form that was not encoded', { cert: withoutPlus(rsa.cert), key: withoutPlus(rsa.key) }, `cert: invalid certificate: block 1 cannot be read${FORM}; key: invalid key: the key cannot be read: expected a private key in PEM${FORM}`],
  ['an address as SNI', { cert: ecdsa.cert, key: ecdsa.key, snis: ['10.0.0.1'] }, 'snis.1: invalid value: 10.0.0.1'],
  ['SNIs as text', { cert: ecdsa.cert, key: ecdsa.key, snis: 'a.test' }, 'snis: expected a set, not a string'],
];
for (const [what, input, message] of bad) {
  test(`refused: ${what}`, () => {
    const told = refusal('certificates', input);
    assert.equal(told, message);
    for (const secret of [input['key'], input['key_alt']]) {
      if (typeof secret === 'string') for (const line of secret.split('\n')) assert.ok(line.length < 8 || line.startsWith('-----') || !told.includes(line), 'no part of a key is told');
    }
  });
}

test('the list of names is apart from the entity: given, null, or left as it is', () => {
  const names = (snis: JsonObject): readonly string[] | undefined => {
    const result = parseEntity(definitionOf('certificates'), { cert: ecdsa.cert, key: ecdsa.key, ...snis }, createOptions);
    assert.ok(result.kind === 'entity' && !('snis' in result.entity));
    return result.names;
  };
  assert.deepEqual([names({ snis: ['a.test', '*'] }), names({ snis: null }), names({})], [['a.test', '*'], [], undefined]);
});

const sniNames: readonly (readonly [string, string])[] = [['A.Test', 'a.test'], ['*.Example.com', '*.example.com'], ['example.*', 'example.*'], ['*', '*'], ['localhost', 'localhost']];
for (const [given, kept] of sniNames) test(`an SNI: ${given}`, () => assertHas(accepted('snis', { name: given, certificate: { id: OTHER_ID } }), { name: kept }));

const badSnis: readonly (readonly [string, JsonObject, string])[] = [
  ['no certificate', { name: 'a.test' }, 'certificate: required field missing'],
  ['an address', { name: '::1', certificate: { id: OTHER_ID } }, 'name: invalid value: ::1'],
  ['a port', { name: 'a.test:443', certificate: { id: OTHER_ID } }, 'name: invalid value: a.test:443'],
  ['a wildcard in the middle', { name: 'a.*.test', certificate: { id: OTHER_ID } }, 'name: invalid wildcard: must be placed at leftmost or rightmost label'],
  ['two wildcards', { name: '*.a.*', certificate: { id: OTHER_ID } }, 'name: invalid wildcard: must have at most one wildcard'],
];
for (const [what, input, message] of badSnis) test(`an SNI refused: ${what}`, () => assert.equal(refusal('snis', input), message));

test("an authority's digest is made from its certificate, whatever is sent along", () => {
  const digest = new X509Certificate(authority.cert).fingerprint256.replaceAll(':', '').toLowerCase();
  assertHas(accepted('ca_certificates', { cert: authority.cert, cert_digest: 'ff' }), { cert: authority.cert, cert_digest: digest });
});

const badAuthorities: readonly (readonly [string, JsonObject, string | RegExp])[] = [
  ['no certificate', {}, 'cert: required field missing'],
  ['a leaf', { cert: ecdsa.cert }, "cert: is not that of a certificate authority: it lacks the basic constraint 'CA:TRUE'"],
  ['two at once', { cert: authority.cert + expired.cert }, 'cert: expected one certificate: make an entity of each'],
  ['one that has expired', { cert: expired.cert }, `cert: expired on ${new Date(NOW * 1_000).toISOString()}`],
  ['with its key', { cert: authority.cert + authority.key }, 'cert: invalid certificate: it holds a private key, which belongs in a field of its own'],
];
for (const [what, input, message] of badAuthorities) test(`an authority refused: ${what}`, () => assert.equal(refusal('ca_certificates', input), message));

test('an authority that has expired since it was written may be tagged, but not given to another entity or brought back', () => {
  const given = { cert: authority.cert };
  const first = accepted('ca_certificates', given);
  const later = new X509Certificate(authority.cert).validToDate.getTime() / 1_000 + 1;
  const write = (input: JsonObject, mode: 'merge' | 'replace', previous: JsonObject = first) =>
    parseEntity(definitionOf('ca_certificates'), input, { ...createOptions, mode, previous: { ...previous, id: ID }, nowSeconds: later });
  for (const result of [write({ tags: ['old'] }, 'merge'), write({ ...given, tags: ['old'] }, 'replace')]) {
    assert.ok(result.kind === 'entity', JSON.stringify(result));
    assert.deepEqual(result.entity['tags'], ['old']);
  }
  assert.equal(write({ cert: authority.cert }, 'merge', { ...first, cert: other.cert }).kind, 'problems');
  assert.equal(parseEntity(definitionOf('ca_certificates'), given, { ...createOptions, nowSeconds: later }).kind, 'problems');
});
