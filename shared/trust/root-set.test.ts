import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestTrust, rootClaims, signEpoch } from '../../test/support/signed-content.ts';
import { newId, type GatewayId } from '../model/ids.ts';
import { fingerprintOfRootBundle, signBundle, verifyDelegation, verifyEpoch, verifyRootChain } from './root-set.ts';
import { generateSigningKey } from './statement-keys.ts';

const [a, b, c, d, stranger] = [generateSigningKey(), generateSigningKey(), generateSigningKey(), generateSigningKey(), generateSigningKey()];
const first = await signBundle('root', rootClaims(1, 2, [a, b, c]), [a, b]);
const pin = fingerprintOfRootBundle(first);

async function codeOf(bundles: readonly string[], fingerprint = pin): Promise<string> {
  const verdict = await verifyRootChain(bundles, fingerprint);
  return verdict.kind === 'refused' ? verdict.code : `set ${verdict.rootSet.version}`;
}

test('the pinned set is trusted, another one is not', async () => {
  assert.equal(await codeOf([first]), 'set 1');
  assert.equal(await codeOf([await signBundle('root', rootClaims(1, 2, [a, b, d]), [a, b])]), 'TRUST_ROOT_UNPINNED');
  assert.equal(await codeOf([]), 'TRUST_ROOT_UNPINNED');
  assert.equal(await codeOf([''], pin), 'TRUST_STATEMENT_MALFORMED');
});

test('a set needs as many of its own signatures as its threshold says, each key counting once', async () => {
  assert.equal(await codeOf([await signBundle('root', rootClaims(1, 2, [a, b, c]), [a])]), 'TRUST_THRESHOLD_NOT_MET');
  assert.equal(await codeOf([await signBundle('root', rootClaims(1, 2, [a, b, c]), [a, a])]), 'TRUST_THRESHOLD_NOT_MET');
  assert.equal(await codeOf([await signBundle('root', rootClaims(1, 2, [a, b, c]), [a, stranger])]), 'TRUST_THRESHOLD_NOT_MET');
  assert.equal(await codeOf([await signBundle('root', rootClaims(1, 2, [a, b, c]), [a, stranger, c])]), 'set 1', 'a signature that does not count does no harm');
});

test('a threshold above the number of keys is refused', async () => {
  const impossible = await signBundle('root', rootClaims(1, 4, [a, b, c]), [a, b, c]);
  assert.equal(await codeOf([impossible], fingerprintOfRootBundle(impossible)), 'TRUST_STATEMENT_MALFORMED');
});

test('a rotation signed by enough old and enough new keys is followed, from any pinned link', async () => {
  const second = await signBundle('root', rootClaims(2, 2, [b, c, d]), [a, b, d]);
  const third = await signBundle('root', rootClaims(3, 1, [d]), [b, d]);
  assert.equal(await codeOf([first, second]), 'set 2');
  assert.equal(await codeOf([first, second, third]), 'set 3');
  assert.equal(await codeOf([first, second, third], fingerprintOfRootBundle(second)), 'set 3');
  assert.equal(await codeOf([second, third], fingerprintOfRootBundle(third)), 'set 3');
  assert.equal(await codeOf([first, third]), 'TRUST_ROOT_CHAIN_BROKEN', 'a link is missing');
  assert.equal(await codeOf([first, second, first]), 'TRUST_ROOT_CHAIN_BROKEN', 'back to an older set');
});

test('a rotation that the old set or the new set did not sign is refused', async () => {
  assert.equal(await codeOf([first, await signBundle('root', rootClaims(2, 1, [d]), [d])]), 'TRUST_KEY_UNKNOWN');
  assert.equal(await codeOf([first, await signBundle('root', rootClaims(2, 1, [d]), [d, a])]), 'TRUST_THRESHOLD_NOT_MET');
  assert.equal(await codeOf([first, await signBundle('root', rootClaims(2, 1, [d]), [a, b])]), 'TRUST_KEY_UNKNOWN');
});

test('a bundle whose statements say different things is refused', async () => {
  const one = await signBundle('root', rootClaims(1, 1, [a, b]), [a]);
  const other = await signBundle('root', rootClaims(1, 1, [a, b, c]), [b]);
  assert.equal(await codeOf([`${one}~${other}`], fingerprintOfRootBundle(one)), 'TRUST_STATEMENT_MALFORMED');
  assert.equal(await codeOf(['a'.repeat(70_000)], pin), 'TRUST_STATEMENT_MALFORMED');
  assert.equal(await codeOf(Array<string>(65).fill(first)), 'TRUST_ROOT_CHAIN_BROKEN');
});

test('a delegation holds for its gateway and by the root set alone', async () => {
  const trust = await createTestTrust();
  const good = await verifyDelegation(trust.delegationStatement, trust.rootSet, trust.audience);
  assert.ok(good.kind === 'verified');
  assert.deepEqual([...good.publishKeys.keys.keys()], [trust.publishKey.keyId]);
  const elsewhere = await verifyDelegation(trust.delegationStatement, trust.rootSet, { ...trust.audience, gatewayId: newId<GatewayId>() });
  assert.equal(elsewhere.kind === 'refused' && elsewhere.code, 'TRUST_AUDIENCE_MISMATCH');
  const forged = await signBundle('delegation', { format: 1, tenant: trust.audience.tenantId, gateway: trust.audience.gatewayId, serial: 2, keys: [stranger.publicKey], issuedAt: 0 }, [trust.publishKey]);
  const byPublisher = await verifyDelegation(forged, trust.rootSet, trust.audience);
  assert.equal(byPublisher.kind === 'refused' && byPublisher.code, 'TRUST_KEY_UNKNOWN');
});

test('an epoch statement holds by the root set alone', async () => {
  const trust = await createTestTrust();
  const good = await verifyEpoch(await signEpoch(trust, 7), trust.rootSet, trust.audience);
  assert.ok(good.kind === 'verified');
  assert.equal(good.claims.epoch, 7);
  const forged = await verifyEpoch(await signEpoch(trust, 7, [trust.publishKey]), trust.rootSet, trust.audience);
  assert.equal(forged.kind === 'refused' && forged.code, 'TRUST_KEY_UNKNOWN');
});
