/** Who gets a session: the client certificate decides, and an expired one gets as far as Renew. Over a real TLS server. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { after, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import 'reflect-metadata';
import { PublicKey } from '@peculiar/x509';
import { createAuthority, openAuthority, type CertificateAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { RENEWAL_GRACE_MS } from '../control-plane/sync/peer-certificate.ts';
import { newId, type DataPlaneId, type GatewayId } from '../shared/model/ids.ts';
import { SYNC_PATH, SYNC_SUBPROTOCOL } from '../shared/wire/sync-message.ts';
import { createCertificateRequest, generateDataPlaneKey } from '../shared/trust/certificate-request.ts';
import { formatSpiffeId, identityOfCertificate, isTrustDomain, parseSpiffeId, type DataPlaneIdentity } from '../shared/trust/identity.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, TEST_ACTOR } from './support/store-scene.ts';
import { connectSync, idsOf, leafOf, type Credentials } from './support/sync-client.ts';
import { waitUntil } from './support/wait-until.ts';

const { store } = await openTestStore();
const parts = await startControlPlaneParts(store);
after(() => parts.stop());
const scope = await createGateway(store);
const credentials = await parts.enrol(scope);
const DAY_MS = 86_400_000;
const identity: DataPlaneIdentity = { trustDomain: parts.trustDomain, tenantId: scope.tenantId, gatewayId: scope.gatewayId, dataPlaneId: credentials.answer.dataPlaneId };

/** The data plane's key, certified by any CA for any identity and time. */
async function certified(by: CertificateAuthority, over: Partial<DataPlaneIdentity> = {}, nowMs = Date.now(), lifetimeMs = DAY_MS): Promise<Credentials> {
  const publicKey = new PublicKey(createPublicKey(credentials.keyPem).export({ type: 'spki', format: 'der' }));
  const issued = await by.signDataPlane({ publicKey, identity: { ...identity, ...over }, nowMs, lifetimeMs });
  return { ...credentials, certificatePem: issued.chainPem };
}

/** The code with which a connection is refused at the handshake. */
async function refusalOf(given: Credentials, options: Parameters<typeof connectSync>[2] = {}): Promise<string> {
  try {
    (await connectSync(parts.port, given, options)).cut();
    return 'connected';
  } catch (thrown) {
    return /"code":"(\w+)"/.exec(String(thrown))?.[1] ?? String(thrown);
  }
}

const stranger = await openAuthority(await createAuthority(Date.now()));

test('the certificate that enrolment gave is let in', async () => {
  assert.equal(await refusalOf(credentials), 'connected');
});

test('without a certificate, or with one of another CA, nobody is let in', async () => {
  assert.equal(await refusalOf(credentials, { keyPem: undefined, certificatePem: undefined }), 'SYNC_CERTIFICATE_MISSING');
  assert.equal(await refusalOf(await certified(stranger)), 'SYNC_CERTIFICATE_REFUSED');
});

test('whoever is refused and never closes its end is cut, so that connections without a certificate do not pile up', async () => {
  const socket = connectTls({ socket: connectTcp({ host: '127.0.0.1', port: parts.port, allowHalfOpen: true }), rejectUnauthorized: false });
  let ended: string | undefined;
  let answer = '';
  socket.on('error', (error) => (ended ??= error.message)).on('close', () => (ended ??= 'closed'));
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  socket.write(`GET ${SYNC_PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${SYNC_SUBPROTOCOL}\r\n\r\n`);
  await waitUntil('the end of the connection', () => {
    if (answer !== '' && ended === undefined) socket.write('x');
    return ended;
  });
  assert.match(answer, /^HTTP\/1\.1 401 [^]*SYNC_CERTIFICATE_MISSING/);
});

test('an expired certificate of another CA is not taken for one of ours', async () => {
  assert.equal(await refusalOf(await certified(stranger, {}, Date.now() - 2 * DAY_MS)), 'SYNC_CERTIFICATE_REFUSED');
});

test('the certificate of another trust domain, or of the server itself, is not let in', async () => {
  assert.equal(await refusalOf(await certified(parts.authority, { trustDomain: 'other.test' })), 'SYNC_IDENTITY_INVALID');
  const server = await parts.authority.issueServer({ names: ['127.0.0.1'], nowMs: Date.now(), lifetimeMs: DAY_MS });
  assert.match(await refusalOf({ ...credentials, keyPem: server.privateKeyPem, certificatePem: server.chainPem }), /SYNC_(IDENTITY_INVALID|CERTIFICATE_REFUSED)/);
});

test('a data plane that the store does not know is sent away after Hello', async () => {
  for (const over of [{ dataPlaneId: newId<DataPlaneId>() }, { gatewayId: newId<GatewayId>() }]) {
    const unknown = await certified(parts.authority, over);
    const client = await connectSync(parts.port, unknown, { gatewayId: over.gatewayId ?? scope.gatewayId });
    client.hello();
    assert.equal((await client.next('bye')).code, 'SYNC_DATA_PLANE_UNKNOWN');
    await client.closed();
  }
});

test('path and subprotocol must be ours', async () => {
  assert.equal(await refusalOf(credentials, { path: '/' }), 'SYNC_PATH_UNKNOWN');
  assert.equal(await refusalOf(credentials, { path: '/enrol' }), 'SYNC_PATH_UNKNOWN');
  assert.equal(await refusalOf(credentials, { subprotocol: 'holdfast.sync.v2' }), 'SYNC_PROTOCOL_UNSUPPORTED');
});

test('an expired certificate may renew, with a new key too, and the new one is let in', async () => {
  const expired = await certified(parts.authority, {}, Date.now() - 10 * DAY_MS);
  const client = await connectSync(parts.port, expired);
  const keyPem = generateDataPlaneKey();
  client.send({ kind: 'renew', certificateRequest: await createCertificateRequest(keyPem) });
  const { certificateChain } = await client.next('renewed');
  assert.deepEqual(idsOf(identityOfCertificate(leafOf(certificateChain), parts.trustDomain)), idsOf(identity));
  client.cut();
  const renewed = await connectSync(parts.port, { ...credentials, keyPem, certificatePem: certificateChain });
  await renewed.greet();
  renewed.cut();
  assert.equal((await store.dataPlanes.get(scope, identity.dataPlaneId))?.certificate.serial, leafOf(certificateChain).serialNumber);
});

test('an expired certificate gets nothing else: no Welcome, no configuration', async () => {
  const client = await connectSync(parts.port, await certified(parts.authority, {}, Date.now() - 10 * DAY_MS));
  client.hello();
  assert.equal((await client.next('bye')).code, 'SYNC_CERTIFICATE_EXPIRED');
  await client.closed();
});

test('after the grace period there is no renewing', async () => {
  assert.equal(await refusalOf(await certified(parts.authority, {}, Date.now() - RENEWAL_GRACE_MS - 2 * DAY_MS)), 'SYNC_CERTIFICATE_REFUSED');
});

test('a revoked data plane can not renew, expired or not', async () => {
  const other = await parts.enrol(scope);
  const { dataPlaneId } = other.answer;
  await store.dataPlanes.revoke(scope, dataPlaneId, 'stolen', TEST_ACTOR);
  for (const given of [other, { ...(await certified(parts.authority, { dataPlaneId }, Date.now() - 10 * DAY_MS)) }]) {
    const client = await connectSync(parts.port, given);
    client.send({ kind: 'renew', certificateRequest: await createCertificateRequest(generateDataPlaneKey()) });
    assert.equal((await client.next('bye')).code, 'SYNC_DATA_PLANE_REVOKED');
    await client.closed();
  }
});

test('a request to renew that is none ends the session and changes nothing', async () => {
  const client = await connectSync(parts.port, credentials);
  await client.greet();
  const before = await store.dataPlanes.get(scope, identity.dataPlaneId);
  client.send({ kind: 'renew', certificateRequest: Buffer.from('nonsense') });
  assert.equal((await client.next('bye')).code, 'ENROL_CERTIFICATE_REQUEST_INVALID');
  await client.closed();
  assert.equal((await store.dataPlanes.get(scope, identity.dataPlaneId))?.certificate.serial, before?.certificate.serial);
});

test('a SPIFFE ID is read only where it is exactly of our form', () => {
  const text = formatSpiffeId(identity);
  assert.deepEqual(parseSpiffeId(text), identity);
  const [head = '', tail = ''] = text.split('/gateway/');
  const wrong = [
    '', text.toUpperCase(), `${text}/`, `${text}/x`, `${text}?x`, ` ${text}`, `${text}\n`, text.replace('spiffe:', 'https:'), text.replace('/tenant/', '/tenants/'),
    text.replace(scope.tenantId, scope.tenantId.slice(1)), text.replace(scope.tenantId, scope.tenantId.toUpperCase()), `${head}/gateway/${scope.gatewayId}/gateway/${tail}`,
    text.replace(parts.trustDomain, ''), text.replace(parts.trustDomain, 'a b'), text.replace(parts.trustDomain, 'user@host'), `${text}, DNS:x`,
  ];
  for (const given of wrong) assert.equal(parseSpiffeId(given), undefined, given);
  assert.ok(isTrustDomain('holdfast.internal') && !isTrustDomain('Holdfast') && !isTrustDomain('-x') && !isTrustDomain(''));
});
