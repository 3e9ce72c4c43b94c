/** Which authorities vouch for a certificate that OpenSSL has verified, whatever Node tells of the chain. The real handshakes are in test/listeners-tls.test.ts. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from '../../test/support/test-certificates.ts';
import { clientCertificateOf, type PeerHandshake } from './client-certificate.ts';

const HOUR_MS = 3_600_000;
const root = await testAuthority('Root');
const other = await testAuthority('Other');
const below = await testCertificate({ names: ['Below'], isAuthority: true, authority: root });
const leaf = await testCertificate({ names: ['ann.test'], authority: below });

type PeerLink = ReturnType<PeerHandshake['getPeerCertificate']>;

/** What Node tells of a handshake with this leaf, with these behind it. */
function handshake(shown: TestCertificate, told: readonly TestCertificate[], error?: string): PeerHandshake {
  const link = ([first, ...rest]: readonly TestCertificate[]): PeerLink | undefined => {
    if (first === undefined) return undefined;
    const { raw, fingerprint256 } = new X509Certificate(first.cert);
    const issuerCertificate = link(rest);
    return { raw, fingerprint256, ...(issuerCertificate === undefined ? {} : { issuerCertificate }) };
  };
  const row = link([shown, ...told]);
  assert.ok(row !== undefined);
  // Typed as an error; it is the name of one.
  const authorizationError: Error = Object.assign(new Error(), { toString: () => error ?? '' });
  return { authorized: error === undefined, authorizationError, getPeerX509Certificate: () => new X509Certificate(shown.cert), getPeerCertificate: () => row };
}

function vouchers(shown: PeerHandshake, configured: Readonly<Record<string, TestCertificate>>, nowMs = Date.now()): readonly string[] {
  const authorities = Object.entries(configured).map(([id, { cert }]) => ({ id, certPem: firstBlock(cert) }));
  return clientCertificateOf(shown, authorities, nowMs)?.verifiedBy.toSorted() ?? ['no certificate'];
}

test('those on the way up, as told by Node or completed from what is configured', () => {
  assert.deepEqual(vouchers(handshake(leaf, [below, root]), { root, other }), ['root']);
  assert.deepEqual(vouchers(handshake(leaf, [below]), { root, below, other }), ['below', 'root']);
  assert.deepEqual(vouchers(handshake(leaf, []), { root, below, other }), ['below', 'root']);
  assert.deepEqual(vouchers(handshake(leaf, [below, root], 'CERT_HAS_EXPIRED'), { root, below }), []);
});

test('a link counts by its signature, not by its name', async () => {
  // Node says that this has issued the leaf, because its name is that of who has.
  const namesake = await testCertificate({ names: ['Below'], isAuthority: true, authority: other });
  assert.deepEqual(vouchers(handshake(leaf, [namesake, other]), { root, below, other }), ['below', 'root']);
  assert.deepEqual(vouchers(handshake(leaf, [namesake, other]), { root, other }), [], 'one of the two vouches, and nobody knows which');
});

test('where Node tells no links, those count that are on every way there can be', async () => {
  assert.deepEqual(vouchers(handshake(leaf, []), { root }), ['root'], 'there is one way');
  assert.deepEqual(vouchers(handshake(leaf, []), { root, other }), []);
  const beside = await testCertificate({ names: ['Beside'], isAuthority: true, authority: root });
  assert.deepEqual(vouchers(handshake(leaf, []), { root, beside }), ['root'], 'all lead there');
});

test('a chain may end below another authority, and nothing else may be wrong with it', async () => {
  const error = 'UNABLE_TO_GET_ISSUER_CERT';
  assert.deepEqual(vouchers(handshake(leaf, [], error), { below, other }), ['below']);
  assert.deepEqual(vouchers(handshake(leaf, [], 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), { below }), []);
  const hidden = await testCertificate({ names: ['Hidden'], isAuthority: true, authority: below });
  const far = await testCertificate({ names: ['ann.test'], authority: hidden });
  assert.deepEqual(vouchers(handshake(far, [], error), { below }), ['below']);
  assert.deepEqual(vouchers(handshake(far, [], error), { below, other }), []);
});

test('an authority that is not valid now vouches for nobody, nor makes another the only one left', async () => {
  const expired = await testCertificate({ names: ['Expired'], isAuthority: true, authority: root, notBefore: new Date(Date.now() - 3 * HOUR_MS), notAfter: new Date(Date.now() - HOUR_MS) });
  const [direct, hidden] = await Promise.all([testCertificate({ names: ['ann.test'], authority: expired }), testCertificate({ names: ['Hidden'], isAuthority: true, authority: expired })]);
  const far = await testCertificate({ names: ['ann.test'], authority: hidden });
  assert.deepEqual(vouchers(handshake(direct, [], 'UNABLE_TO_GET_ISSUER_CERT'), { expired, other }), []);
  assert.deepEqual(vouchers(handshake(far, [], 'UNABLE_TO_GET_ISSUER_CERT'), { expired, other }), []);
});
