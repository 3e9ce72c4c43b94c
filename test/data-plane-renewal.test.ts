/** When a certificate is renewed, and which new ones are worth keeping; with certificates of a real authority. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { before, test } from 'node:test';
import { createAuthority, openAuthority, readCertificateRequest, type CertificateAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { isIssuedByNewest, leafOf, refuseAuthorities, type Enrolment } from '../data-plane/sync/identity-store.ts';
import { acceptRenewed, changeOverDueAtMs, isExpired, renewalDueAtMs } from '../data-plane/sync/renewal.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../shared/model/ids.ts';
import { createCertificateRequest, generateDataPlaneKey } from '../shared/trust/certificate-request.ts';
import type { DataPlaneIdentity } from '../shared/trust/identity.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
/** Certificates begin this much before they are made. */
const SKEW_MS = 2 * 3_600_000;
const identity: DataPlaneIdentity = { trustDomain: 'holdfast.test', tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>(), dataPlaneId: newId<DataPlaneId>() };
const keyPem = generateDataPlaneKey();
let authority: CertificateAuthority;

before(async () => {
  authority = await openAuthority(await createAuthority(NOW_MS - DAY_MS));
});

async function issue(to: DataPlaneIdentity = identity, key = keyPem, lifetimeMs = 30 * DAY_MS): Promise<string> {
  const publicKey = await readCertificateRequest(await createCertificateRequest(key));
  return (await authority.signDataPlane({ publicKey, identity: to, nowMs: NOW_MS, lifetimeMs })).chainPem;
}

test('a certificate is due at two thirds of its life, spread over a tenth of it', async () => {
  const leaf = leafOf(await issue());
  const fromMs = NOW_MS - SKEW_MS;
  const lifeMs = 30 * DAY_MS + SKEW_MS;
  for (const [jitter, share] of [[0, 2 / 3 - 0.05], [0.5, 2 / 3], [1, 2 / 3 + 0.05]] as const) assert.ok(Math.abs(renewalDueAtMs(leaf, jitter) - (fromMs + lifeMs * share)) < 2_000);
  assert.equal(isExpired(leaf, NOW_MS + 31 * DAY_MS), true);
  assert.equal(isExpired(leaf, NOW_MS + 29 * DAY_MS), false);
});

test('only a valid certificate for the same identity and key is kept', async () => {
  const enrolment: Enrolment = { ...identity, urls: [], rootFingerprint: '', caCertificates: authority.certificatePem, certificateChain: await issue() };
  const accept = (chain: string, nowMs = NOW_MS): string | undefined => acceptRenewed(chain, { enrolment, privateKey: createPrivateKey(keyPem), nowMs });
  assert.equal(accept(await issue()), undefined);
  assert.match(accept(await issue({ ...identity, dataPlaneId: newId<DataPlaneId>() })) ?? '', /somebody else/);
  assert.match(accept(await issue({ ...identity, gatewayId: newId<GatewayId>() })) ?? '', /somebody else/);
  assert.match(accept(await issue(identity, generateDataPlaneKey())) ?? '', /another key/);
  assert.match(accept(await issue(), NOW_MS + 31 * DAY_MS) ?? '', /expired/);
  assert.match(accept('no certificate') ?? '', /no certificate/);
  // Whoever has the server's certificate only could shut us out with one that no control plane takes.
  const stranger = await openAuthority(await createAuthority(NOW_MS));
  const publicKey = await readCertificateRequest(await createCertificateRequest(keyPem));
  const byStranger = await stranger.signDataPlane({ publicKey, identity, nowMs: NOW_MS, lifetimeMs: 30 * DAY_MS });
  assert.match(accept(byStranger.chainPem) ?? '', /no authority that is known/);
});

test('a fleet changes over to a new authority within ten minutes, spread; authorities that would shut us out are not taken', async () => {
  const second = await openAuthority(await createAuthority(NOW_MS));
  const chain = await issue();
  const both = `${second.certificatePem}\n${authority.certificatePem}`;
  const enrolment: Enrolment = { ...identity, urls: [], rootFingerprint: '', caCertificates: both, certificateChain: chain };
  assert.equal(isIssuedByNewest(enrolment), false);
  assert.equal(isIssuedByNewest({ ...enrolment, caCertificates: authority.certificatePem }), true);
  assert.deepEqual([0, 0.5, 1].map((jitter) => changeOverDueAtMs(1_000, jitter)), [1_000, 301_000, 601_000]);
  assert.equal(refuseAuthorities(both, chain), undefined);
  assert.match(refuseAuthorities(second.certificatePem, chain) ?? '', /signed our own certificate is not among them/);
  assert.match(refuseAuthorities(chain, chain) ?? '', /may not sign/);
  assert.match(refuseAuthorities('nothing', chain) ?? '', /0 came/);
  assert.match(refuseAuthorities(both.repeat(5), chain) ?? '', /10 came/);
});

test('certificates begin in the past, so that a clock that is behind by an hour or two takes them', async () => {
  const server = leafOf((await authority.issueServer({ names: ['localhost'], nowMs: NOW_MS, lifetimeMs: 90 * DAY_MS })).chainPem);
  assert.ok(server.validFromDate.getTime() <= NOW_MS - DAY_MS);
  assert.ok(leafOf(await issue()).validFromDate.getTime() <= NOW_MS - 3_600_000);
  // A short one is not due as soon as it is made.
  const short = leafOf(await issue(identity, keyPem, 3_600_000));
  assert.ok(renewalDueAtMs(short, 0) > NOW_MS + 30 * 60_000);
});
