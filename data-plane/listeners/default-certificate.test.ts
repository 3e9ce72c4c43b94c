/** The certificate of names that have none: read back by OpenSSL. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { makeDefaultCertificate } from './default-certificate.ts';

test('the default certificate is whole: signed by its own key, valid now, for localhost', () => {
  const nowMs = Date.now();
  for (const first of [0x00, 0x7f, 0x80, 0xff]) {
    const { certPem, keyPem } = makeDefaultCertificate(nowMs, Buffer.alloc(16, first));
    const certificate = new X509Certificate(certPem);
    assert.ok(certificate.verify(certificate.publicKey) && certificate.checkPrivateKey(createPrivateKey(keyPem)));
    assert.deepEqual([certificate.subject, certificate.issuer, certificate.subjectAltName, certificate.checkHost('localhost')], ['CN=localhost', 'CN=localhost', 'DNS:localhost', 'localhost']);
    assert.ok(certificate.validFromDate.getTime() < nowMs && certificate.validToDate.getTime() > nowMs + 86_400_000);
    assert.equal(certificate.serialNumber, `01${first.toString(16).padStart(2, '0').repeat(16)}`.toUpperCase());
  }
});
