/** Enrolment over a real TLS server and a real database: who gets a certificate, for whom it is, and what a refusal says. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { createAuthority, openAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { newId } from '../shared/model/ids.ts';
import { generateDataPlaneKey } from '../shared/trust/certificate-request.ts';
import { identityOfCertificate } from '../shared/trust/identity.ts';
import { fingerprintOfRootBundle, verifyDelegation, verifyRootChain } from '../shared/trust/root-set.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';
import { ask, enrol, enrolBody, idsOf, leafOf } from './support/sync-client.ts';

const { store } = await openTestStore();
const parts = await startControlPlaneParts(store);
after(() => parts.stop());
const scope = await createGateway(store);

/** Each test that fails a lot does so from an address of its own, because failures are counted. */
async function post(body: unknown, localAddress = '127.0.0.1'): Promise<{ readonly status: number; readonly code: string; readonly message: string; readonly text: string }> {
  const { status, text } = await ask(parts.port, { localAddress, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const { code = '', message = '' }: { readonly code?: string; readonly message?: string } = JSON.parse(text);
  return { status, code, message, text };
}

test('a join token gives an identity that the control plane decided, signed by the pinned CA', async () => {
  const token = await parts.joinToken(scope, { labels: { region: 'eu-west' } });
  const { answer, keyPem } = await enrol(parts.port, token, 'eu-1');
  const leaf = leafOf(answer.certificateChain);
  assert.deepEqual(idsOf(identityOfCertificate(leaf, parts.trustDomain)), { tenantId: scope.tenantId, gatewayId: scope.gatewayId, dataPlaneId: answer.dataPlaneId });
  assert.ok(leaf.checkPrivateKey(createPrivateKey(keyPem)));
  assert.ok(leaf.verify(new X509Certificate(answer.caCertificates).publicKey));
  assert.equal(new X509Certificate(answer.caCertificates).fingerprint256.replaceAll(':', '').toLowerCase(), token.caFingerprint);
  assert.ok(!leaf.ca);
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.2'], 'for clients only');
  assert.equal(identityOfCertificate(leaf, 'other.test'), undefined);
  assert.deepEqual(answer.labels, { region: 'eu-west' });
  const stored = await store.dataPlanes.get(scope, answer.dataPlaneId);
  assert.deepEqual([stored?.hostname, stored?.labels, stored?.certificate.serial], ['eu-1', { region: 'eu-west' }, leaf.serialNumber]);
  assert.equal(Buffer.from(stored?.certificate.fingerprint ?? []).toString('hex'), leaf.fingerprint256.replaceAll(':', '').toLowerCase());
});

test('the answer carries the chain of trust that the token pins', async () => {
  const token = await parts.joinToken(scope);
  const { answer } = await enrol(parts.port, token);
  assert.equal(fingerprintOfRootBundle(answer.rootStatements[0] ?? ''), token.rootFingerprint);
  const root = await verifyRootChain(answer.rootStatements, token.rootFingerprint);
  assert.ok(root.kind === 'verified');
  const delegation = await verifyDelegation(answer.delegationStatement, root.rootSet, scope);
  assert.ok(delegation.kind === 'verified' && delegation.publishKeys.keys.has(parts.signing.publishKey.keyId));
});

test('a token is used once by default, and as often as it says', async () => {
  const once = await parts.joinToken(scope);
  await enrol(parts.port, once);
  await assert.rejects(enrol(parts.port, once), /401 .*ENROL_TOKEN_REFUSED/);
  const thrice = await parts.joinToken(scope, { uses: 3 });
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => enrol(parts.port, thrice)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 3);
});

test('an answer that got lost is given again to the same key, without another use of the token', async () => {
  const token = await parts.joinToken(scope);
  const body = await enrolBody(token, generateDataPlaneKey());
  const [first, second] = [await post(body), await post(body)];
  assert.equal(first.status, 200);
  assert.equal(second.text, first.text);
  assert.equal((await post(await enrolBody(token, generateDataPlaneKey()))).code, 'ENROL_TOKEN_REFUSED');
});

test('unknown, wrong, expired, revoked and used up tokens get the same answer', async () => {
  const good = await parts.joinToken(scope);
  const expired = await parts.joinToken(scope, { ttlMs: 1000 });
  const revoked = await parts.joinToken(scope);
  await store.joinTokens.revoke(scope, revoked.tokenId, TEST_ACTOR);
  const used = await parts.joinToken(scope);
  await enrol(parts.port, used);
  const wrongSecret = { ...good, secret: randomBytes(32).toString('base64url') };
  const swapped = { ...good, secret: revoked.secret };
  const { port } = parts;
  const key = generateDataPlaneKey();
  const expiredAt = Date.now() + 1100;
  const answers = [];
  for (const token of [{ ...good, tokenId: newId() }, wrongSecret, swapped, revoked, used]) answers.push(await post(await enrolBody(token, key)));
  await waitUntil('the token to expire', () => Date.now() > expiredAt);
  answers.push(await post(await enrolBody(expired, key)));
  assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  assert.equal(answers[0]?.status, 401);
  await enrol(port, good);
});

test('a tenant that is suspended or has enough data planes lets nobody in, says so to who has a good token, and takes no use of it', async () => {
  const closed = await createGateway(store);
  const token = await parts.joinToken(closed, {});
  const body = (): Promise<unknown> => enrolBody(token, generateDataPlaneKey());
  await store.tenants.suspend(closed.tenantId, 'unpaid', TEST_ACTOR);
  assert.partialDeepStrictEqual(await post(await body()), { status: 503, code: 'ENROL_TENANT_REFUSES' });
  await store.tenants.resume(closed.tenantId, TEST_ACTOR);
  await store.quotas.set(closed.tenantId, { gateways: undefined, dataPlanes: 0, requestsPerSecond: undefined, entities: {} }, TEST_ACTOR);
  assert.match((await post(await body())).message, /quota "data_planes" of this tenant is 0/);
  await store.quotas.set(closed.tenantId, { gateways: undefined, dataPlanes: 1, requestsPerSecond: undefined, entities: {} }, TEST_ACTOR);
  assert.equal((await post(await body())).status, 200);
});

test('names in a certificate request are ignored: nothing but its key counts', async () => {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const victim = `spiffe://${parts.trustDomain}/tenant/${newId()}/gateway/${newId()}/data-plane/${newId()}`;
  const smuggling = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=admin', keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: victim }, { type: 'dns', value: 'control.example' }])],
  });
  const token = await parts.joinToken(scope);
  const { text, status } = await post({ ...(await enrolBody(token, generateDataPlaneKey())), certificateRequest: Buffer.from(smuggling.rawData).toString('base64') });
  assert.equal(status, 200);
  const { certificateChain, dataPlaneId }: { readonly certificateChain: string; readonly dataPlaneId: string } = JSON.parse(text);
  assert.equal(leafOf(certificateChain).subjectAltName, `URI:spiffe://${parts.trustDomain}/tenant/${scope.tenantId}/gateway/${scope.gatewayId}/data-plane/${dataPlaneId}`);
  assert.equal(leafOf(certificateChain).subject, `CN=${dataPlaneId}`);
});

async function requestOf(algorithm: webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams, hash: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  assert.ok('publicKey' in keys);
  const made = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=x', keys, signingAlgorithm: { name: algorithm.name, hash } });
  return Buffer.from(made.rawData).toString('base64');
}

test('certificate requests with another kind of key, a broken signature or no form are refused', async () => {
  const token = await parts.joinToken(scope);
  const good = await enrolBody(token, generateDataPlaneKey());
  const bytes = Buffer.from(good.certificateRequest, 'base64');
  bytes[bytes.length - 4] = (bytes[bytes.length - 4] ?? 0) ^ 1;
  const bad = [
    await requestOf({ name: 'ECDSA', namedCurve: 'P-384' }, 'SHA-384'),
    await requestOf({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }, 'SHA-256'),
    bytes.toString('base64'),
    Buffer.from('this is no request').toString('base64'),
    Buffer.from(createPublicKey(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey).export({ type: 'spki', format: 'der' })).toString('base64'),
  ];
  for (const certificateRequest of bad) {
    const { status, code } = await post({ ...good, certificateRequest });
    assert.deepEqual([status, code], [400, 'ENROL_CERTIFICATE_REQUEST_INVALID']);
  }
  assert.equal((await post(good)).status, 200, 'none of them used the token up');
});

test('a body that is not in form is refused and the field is named', async () => {
  const good = await enrolBody(await parts.joinToken(scope), generateDataPlaneKey());
  const { hostname: _, ...withoutHostname } = good;
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ['', /not JSON/],
    ['[]', /not a JSON object/],
    [withoutHostname, /"hostname" is missing/],
    [{ ...good, gatewayId: newId() }, /"gatewayId" is unknown/],
    [{ ...good, labels: {} }, /"labels" is unknown/],
    [{ ...good, tokenId: 'x' }, /"tokenId" must be a UUID/],
    [{ ...good, secret: '' }, /"secret"/],
    [{ ...good, hostname: 'x\n' }, /"hostname"/],
    [{ ...good, certificateRequest: 7 }, /"certificateRequest"/],
  ];
  for (const [body, says] of wrong) {
    const { status, code, message, text } = await post(body, '127.0.0.3');
    assert.deepEqual([status, code], [400, 'ENROL_MESSAGE_INVALID']);
    assert.match(message, says);
    assert.ok(!text.includes(good.secret));
  }
});

test('only POST is taken, only /enrol exists, and a huge body is cut off', async () => {
  const get = await ask(parts.port, { method: 'GET', localAddress: '127.0.0.4' });
  assert.deepEqual([get.status, get.headers['allow']], [405, 'POST']);
  for (const path of ['/', '/enrol/', '/enrol?x=1', '//enrol', '/sync', '/services']) assert.equal((await ask(parts.port, { path })).status, 404, path);
  const huge = await ask(parts.port, { localAddress: '127.0.0.4', body: Buffer.alloc(600 * 1024, 0x20) }).catch(() => ({ status: 400 }));
  assert.equal(huge.status, 400);
});

test('whoever fails too often is told to wait, and one address does not block another', async () => {
  const own = await startControlPlaneParts(store);
  try {
    const statuses: number[] = [];
    for (let index = 0; index < 25; index += 1) statuses.push((await ask(own.port, { body: 'x' })).status);
    assert.deepEqual([statuses[0], statuses.at(-1)], [400, 429]);
    const refused = await ask(own.port, { body: 'x' });
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    const token = await own.joinToken(scope);
    const elsewhere = await ask(own.port, { localAddress: '127.0.0.2', body: JSON.stringify(await enrolBody(token, generateDataPlaneKey())) });
    assert.equal(elsewhere.status, 200);
  } finally {
    await own.stop();
  }
});

test('the server speaks TLS 1.3 only and shows a chain that ends in the CA that tokens pin', async () => {
  const old = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: parts.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    socket.on('error', (error) => resolve(error.message));
    socket.on('secureConnect', () => resolve('connected'));
  });
  assert.notEqual(old, 'connected');
  const shown = await new Promise<X509Certificate | undefined>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: parts.port, ca: parts.authority.certificatePem }, () => {
      resolve(socket.getPeerX509Certificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
  assert.equal(shown?.issuerCertificate?.fingerprint256.replaceAll(':', '').toLowerCase(), parts.authority.fingerprint);
  assert.equal(shown?.subjectAltName, 'IP Address:127.0.0.1, DNS:localhost');
});

test('a CA of one’s own is taken where certificate and key fit and may sign, and refused where not', async () => {
  const [a, b] = [await createAuthority(Date.now()), await createAuthority(Date.now())];
  assert.equal((await openAuthority(a)).fingerprint.length, 64);
  await assert.rejects(openAuthority({ certificatePem: a.certificatePem, privateKeyPem: b.privateKeyPem }), { code: 'ENROL_AUTHORITY_UNUSABLE' });
  const leaf = await (await openAuthority(a)).issueServer({ names: ['localhost'], nowMs: Date.now(), lifetimeMs: 1000 });
  await assert.rejects(openAuthority({ certificatePem: leaf.chainPem, privateKeyPem: leaf.privateKeyPem }), { code: 'ENROL_AUTHORITY_UNUSABLE' });
});
