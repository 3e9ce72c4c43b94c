import 'reflect-metadata';
import { OCSPRequest } from '@peculiar/asn1-ocsp';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AuthorityInfoAccessExtension } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { hash, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { ocspAnswer, type AnswerOptions } from '../../../test/support/revocation-authority.ts';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from '../../../test/support/test-certificates.ts';
import { statementsOf, type CertificateStatements } from './certificate-statements.ts';
import { ocspRequest, readOcspAnswer } from './ocsp.ts';

const OCSP_SIGNING = ['1.3.6.1.5.5.7.3.9'];
const issuer = await testAuthority('Authority');
const namesake = await testAuthority('Authority');
const certificate = await testCertificate({ names: ['leaf.test'], authority: issuer, extensions: [new AuthorityInfoAccessExtension({ ocsp: ['http://pki.test/ocsp'], caIssuers: ['http://pki.test/issuer'] })] });
const other = await testCertificate({ names: ['other.test'], authority: issuer });
const delegate = await testCertificate({ names: ['Responder'], authority: issuer, purposes: OCSP_SIGNING });

function stated({ cert }: TestCertificate): CertificateStatements {
  return statementsOf(new X509Certificate(firstBlock(cert)));
}

async function said(options: Partial<AnswerOptions> = {}, change = (bytes: Uint8Array) => bytes): Promise<string> {
  const bytes = await ocspAnswer({ certificate, issuer, ...options });
  return readOcspAnswer(change(bytes), stated(certificate), stated(issuer), Date.now()).status;
}

test('the question names the certificate by its number and its issuer', () => {
  assert.deepEqual(stated(certificate).ocspUrls, ['http://pki.test/ocsp']);
  const { tbsRequest } = AsnConvert.parse(ocspRequest(stated(certificate), stated(issuer)), OCSPRequest);
  const [only, ...more] = tbsRequest.requestList;
  assert.deepEqual(more, []);
  assert.equal(only?.reqCert.hashAlgorithm.algorithm, '1.3.14.3.2.26');
  assert.equal(Buffer.from(only.reqCert.serialNumber).toString('hex').toUpperCase(), new X509Certificate(firstBlock(certificate.cert)).serialNumber);
  assert.equal(Buffer.from(only.reqCert.issuerNameHash.buffer).toString('hex'), hash('sha1', stated(issuer).subject));
  assert.equal(Buffer.from(only.reqCert.issuerKeyHash.buffer).toString('hex'), Buffer.from(stated(issuer).keyHash).toString('hex'));
});

test('the issuer may answer, and whom it gave a certificate for that; named in either way', async () => {
  for (const status of ['good', 'revoked', 'unknown'] as const) {
    assert.equal(await said({ status }), status);
    assert.equal(await said({ status, responder: delegate, hash: 'sha256' }), status);
    assert.equal(await said({ status, responder: delegate, named: 'by-key' }), status);
  }
  assert.equal(await said({ nextUpdate: undefined }), 'good', 'fresh enough');
});

test('of two things that are said of it the worse counts, in any order', async () => {
  for (const [before, status] of [['good', 'revoked'], ['revoked', 'good'], ['revoked', 'unknown'], ['unknown', 'revoked']] as const) assert.equal(await said({ before, status }), 'revoked', before);
  assert.deepEqual([await said({ before: 'good', status: 'unknown' }), await said({ before: 'unknown', status: 'good' })], ['unknown', 'unknown']);
});

describe('an answer that does not count', () => {
  test('is signed by another, whatever name it bears', async () => {
    await assert.rejects(said({ signer: other }), /not signed/);
    await assert.rejects(said({ responder: delegate, signer: other }), /not signed/);
    await assert.rejects(said({ responder: namesake, certificates: [] }), /not signed/);
    await assert.rejects(said({ responder: namesake, certificates: [namesake] }), /not signed/);
    await assert.rejects(said({ responder: delegate, certificates: [] }), /not signed/, 'who is not shown');
  });

  test('is signed by somebody whom the issuer has not given that purpose', async () => {
    await assert.rejects(said({ responder: other }), /not signed/, 'any client could speak for itself');
    await assert.rejects(said({ responder: await testCertificate({ names: ['R'], authority: namesake, purposes: OCSP_SIGNING }) }), /not signed/);
    await assert.rejects(said({ responder: await testCertificate({ names: ['R'], purposes: OCSP_SIGNING }) }), /not signed/, 'signed by itself');
    await assert.rejects(said({ responder: await testCertificate({ names: ['R'], authority: issuer, purposes: OCSP_SIGNING, notBefore: new Date(0), notAfter: new Date(Date.now() - 1_000) }) }), /not signed/, 'no longer valid');
    const weak = { ...issuer, algorithm: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-1' } };
    await assert.rejects(said({ responder: await testCertificate({ names: ['R'], authority: weak, purposes: OCSP_SIGNING }) }), /not signed/, 'by a hash that can be forged');
    const below = await testCertificate({ names: ['Below'], authority: issuer, isAuthority: true });
    await assert.rejects(said({ responder: await testCertificate({ names: ['R'], authority: below, purposes: OCSP_SIGNING }) }), /not signed/, 'by an authority below');
  });

  test('is about another certificate, or one of another issuer with the same number', async () => {
    await assert.rejects(said({ certificate: other }), /nothing of this certificate/);
    const bytes = await ocspAnswer({ certificate, issuer });
    assert.throws(() => readOcspAnswer(bytes, { ...stated(certificate), issuer: stated(other).subject }, stated(issuer), Date.now()), /nothing of this certificate/);
  });

  test('is of yesterday, of tomorrow, or of an hour ago without saying how long it holds', async () => {
    const nowMs = Date.now();
    for (const [thisMs, nextMs] of [[-20_000, -10_000], [400_000, 500_000], [-3_600_000, undefined]] as const) {
      await assert.rejects(said({ thisUpdate: new Date(nowMs + thisMs), nextUpdate: nextMs === undefined ? undefined : new Date(nowMs + nextMs) }), /nothing of this certificate that holds now/);
    }
  });

  test('is a refusal of the responder', () => {
    for (const [status, name] of [[3, 'tryLater'], [6, 'unauthorized']] as const) {
      assert.throws(() => readOcspAnswer(Uint8Array.of(0x30, 3, 0x0a, 1, status), stated(certificate), stated(issuer), Date.now()), new RegExp(`refuses: ${name}`));
    }
  });

  test('is cut off or changed: a byte anywhere, and it says nothing, or the same', async () => {
    const bytes = await ocspAnswer({ certificate, issuer, status: 'revoked', responder: delegate });
    for (let at = 0; at < bytes.length; at += 11) {
      assert.throws(() => readOcspAnswer(bytes.subarray(0, at), stated(certificate), stated(issuer), Date.now()), `cut at ${at}`);
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      try {
        assert.equal(readOcspAnswer(changed, stated(certificate), stated(issuer), Date.now()).status, 'revoked', `changed at ${at}`);
      } catch (thrown) {
        assert.ok(thrown instanceof Error && thrown.name !== 'AssertionError', `changed at ${at}`);
      }
    }
  });
});
