import 'reflect-metadata';
import { AsnConvert } from '@peculiar/asn1-schema';
import { DistributionPointName, GeneralName, IssuingDistributionPoint } from '@peculiar/asn1-x509';
import { CRLDistributionPointsExtension, Extension } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { revocationList, type ListOptions } from '../../../test/support/revocation-authority.ts';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from '../../../test/support/test-certificates.ts';
import { statementsOf, type CertificateStatements } from './certificate-statements.ts';
import { readRevocationList, statementOfList } from './revocation-list.ts';

const OWN = 'http://pki.test/own.crl';
const authority = await testAuthority('Authority');
const namesake = await testAuthority('Authority');
const lists = [new CRLDistributionPointsExtension([OWN, 'ldap://pki.test/cn=x', 'http://pki.test/2', 'http://pki.test/3'])];
const leaf = await testCertificate({ names: ['leaf.test'], authority, extensions: lists });
const below = await testCertificate({ names: ['Below'], authority, isAuthority: true, extensions: lists });

function stated({ cert }: TestCertificate): CertificateStatements {
  return statementsOf(new X509Certificate(firstBlock(cert)));
}

async function said(options: Partial<ListOptions>, { about = leaf, change = (bytes: Uint8Array) => bytes, nowMs = Date.now() } = {}): Promise<string> {
  const list = readRevocationList(change(await revocationList({ authority, ...options })), stated(authority), nowMs);
  return statementOfList(list, stated(about)).status;
}

function scope(parts: Partial<IssuingDistributionPoint>): Pick<ListOptions, 'extensions'> {
  return { extensions: [new Extension('2.5.29.28', true, AsnConvert.serialize(new IssuingDistributionPoint({ onlyContainsUserCerts: false, onlyContainsCACerts: false, indirectCRL: false, onlyContainsAttributeCerts: false, ...parts })))] };
}

function named(url: string): DistributionPointName {
  return new DistributionPointName({ fullName: [new GeneralName({ uniformResourceIdentifier: url })] });
}

test('a certificate says where its list is: two addresses that can be asked', () => {
  assert.deepEqual(stated(leaf).listUrls, [OWN, 'http://pki.test/2']);
  assert.deepEqual([stated(leaf).isAuthority, stated(below).isAuthority], [false, true]);
});

test('who is on the list was revoked, wherever in it, and nobody else', async () => {
  assert.equal(await said({}), 'good');
  assert.equal(await said({ others: 50 }), 'good');
  assert.equal(await said({ others: 50, revoked: [leaf] }), 'revoked');
  assert.equal(await said({ revoked: [leaf, below] }, { about: below }), 'revoked');
  assert.equal(await said({ revoked: [below] }), 'good');
});

test('a number is the same number, however many zeros are before it: some lists leave out the one that makes it positive, or have more', () => {
  const about = { ...stated(leaf), serialNumber: Uint8Array.of(0, 0x9a, 1) };
  const status = (...number: readonly number[]): string => statementOfList({ nextUpdateMs: 1, scope: { urls: undefined, of: 'all' }, entries: Uint8Array.of(0x30, number.length + 2, 2, number.length, ...number) }, about).status;
  for (const number of [[0, 0x9a, 1], [0x9a, 1], [0, 0, 0x9a, 1]]) assert.equal(status(...number), 'revoked', number.join());
  for (const number of [[0x9a], [1], [0, 0x9a, 1, 0], [0x9a, 2], [0]]) assert.equal(status(...number), 'good', number.join());
});

describe('a list that does not count', () => {
  test('is signed by another, or for another', async () => {
    await assert.rejects(said({ signer: namesake }), /not signed by the issuer/);
    await assert.rejects(said({ authority: namesake }), /not signed by the issuer/, 'of the same name');
    await assert.rejects(said({ authority: below }), /not the issuer's/);
    const mayNot = { ...stated(authority), maySignLists: false };
    const bytes = await revocationList({ authority });
    assert.throws(() => readRevocationList(bytes, mayNot, Date.now()), /not signed by the issuer/);
  });

  test('was changed', async () => {
    const bytes = await revocationList({ authority, revoked: [leaf], others: 1 });
    const list = Buffer.from(bytes);
    // The one entry that matters, by its number.
    const at = list.indexOf(Buffer.from(new X509Certificate(firstBlock(leaf.cert)).serialNumber, 'hex'));
    list[at + 3] = (list[at + 3] ?? 0) ^ 1;
    assert.throws(() => readRevocationList(list, stated(authority), Date.now()), /not signed by the issuer/);
  });

  test('is of yesterday, or of tomorrow', async () => {
    const nowMs = Date.now();
    await assert.rejects(said({ thisUpdate: new Date(nowMs - 20_000), nextUpdate: new Date(nowMs - 10_000) }), /has expired/);
    await assert.rejects(said({ thisUpdate: new Date(nowMs + 400_000) }), /of the future/);
    assert.equal(await said({ thisUpdate: new Date(nowMs + 200_000) }), 'good', 'clocks differ');
  });

  test('speaks of other certificates, or not of all that happens', async () => {
    for (const parts of [{ onlyContainsAttributeCerts: true }, { indirectCRL: true }]) await assert.rejects(said(scope(parts)), /some reasons, for attributes, or for other issuers/);
    await assert.rejects(said(scope({ onlyContainsCACerts: true })), /of another kind/);
    await assert.rejects(said(scope({ onlyContainsUserCerts: true }), { about: below }), /of another kind/);
    await assert.rejects(said(scope({ distributionPoint: named('http://pki.test/other.crl') })), /other certificates of the issuer/);
    assert.equal(await said(scope({ distributionPoint: named(OWN), onlyContainsUserCerts: true })), 'good');
    assert.equal(await said({ ...scope({ distributionPoint: named('http://pki.test/other.crl') }), revoked: [leaf] }), 'revoked', 'on it is on it');
    await assert.rejects(said({ extensions: [new Extension('2.5.29.27', true, Uint8Array.of(2, 1, 1))] }), /changes to another list/);
    await assert.rejects(said({ extensions: [new Extension('1.2.3.4', true, Uint8Array.of(5, 0))] }), /critical extension/);
    await assert.rejects(said({ extensions: [new Extension('2.5.29.27', false, Uint8Array.of(2, 1, 1))] }), /changes to another list/, 'also where it does not say that this matters');
    assert.equal(await said({ extensions: [new Extension('1.2.3.4', false, Uint8Array.of(5, 0))] }), 'good');
  });

  test('is cut off, has something behind it, or is not one at all: whatever is changed, it never says good of who is on it', async () => {
    const bytes = await revocationList({ authority, revoked: [leaf], others: 3 });
    const issuer = stated(authority);
    const read = (given: Uint8Array): string => {
      try {
        return statementOfList(readRevocationList(given, issuer, Date.now()), stated(leaf)).status;
      } catch (thrown) {
        assert.ok(thrown instanceof Error);
        return 'refused';
      }
    };
    assert.equal(read(bytes), 'revoked');
    for (const given of [new Uint8Array(), Buffer.from('<html>'), Buffer.concat([bytes, Buffer.from([0])]), Buffer.from([0x30, 0x80, 0, 0]), Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])]) assert.equal(read(given), 'refused');
    for (let at = 0; at < bytes.length; at += 7) {
      assert.equal(read(bytes.subarray(0, at)), 'refused', `cut at ${at}`);
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      assert.notEqual(read(changed), 'good', `changed at ${at}`);
    }
  });
});
