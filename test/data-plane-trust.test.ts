/** A real data plane whose control plane tells of changed keys in the middle of a session. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createAuthority, openAuthority } from '../control-plane/enrolment/certificate-authority.ts';
import { signStatement } from '../shared/trust/statements.ts';
import { contentKeysOf, put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { signSnapshot, someLeaves, type TestTrust } from './support/signed-content.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

const NEW_KEY = new Uint8Array(32).fill(9);

function authorities(certificates: string, { audience, publishKey }: TestTrust): Promise<string> {
  return signStatement('authorities', { format: 1, tenant: audience.tenantId, gateway: audience.gatewayId, certificates, issuedAt: 0 }, publishKey);
}

const origin = createServer((_, response) => response.end('served'));
let originUrl = '';

before(async () => {
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = origin.address();
  originUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
after(() => {
  origin.closeAllConnections();
  origin.close();
});

test('changed keys in a session: what is signed by the new one right behind counts, the old one is refused, what lacked a content key opens, and nothing fails', async (context) => {
  const controlPlane = await FakeControlPlane.start();
  context.after(() => controlPlane.stop());
  const { trust } = controlPlane.installation;
  const ring = contentKeysOf(trust.audience);
  const { cert, key } = await testCertificate();
  await controlPlane.publish([
    put('services', { id: testId('a'), name: 'origin', url: originUrl }),
    put('routes', { id: testId('b'), name: 'one', paths: ['/one'], service: ref('a') }),
    put('plugins', { id: testId('c'), name: 'key-auth', service: ref('a') }),
    put('consumers', { id: testId('d'), username: 'alice' }),
    put('keyauth_credentials', { id: testId('e'), key: 'secret-of-alice', consumer: ref('d') }),
    // Sealed under a key that the data plane does not have yet.
    put('certificates', { id: testId('f'), cert, key }, { ...ring, keys: [{ keyId: 2, key: NEW_KEY }] }),
  ]);
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: controlPlane.joinToken() });
  context.after(() => dataPlane.destroy());
  await dataPlane.ready();
  const quarantined = async (): Promise<number> => (await dataPlane.status()).holdfast.config?.quarantined.length ?? -1;
  assert.equal(await quarantined(), 1);
  const asked = { failed: 0, all: 0, go: true };
  const load = (async () => {
    while (asked.go) {
      asked.all += 1;
      if ((await dataPlane.get('/one', undefined, { apikey: 'secret-of-alice' })).status !== 200) asked.failed += 1;
    }
  })();

  const session = await controlPlane.session();
  const old = await controlPlane.rotatePublishKey();
  const now = controlPlane.installation.trust;
  const second = await openAuthority(await createAuthority(Date.now()));
  const caCertificates = `${second.certificatePem}\n${controlPlane.installation.authority.certificatePem}`;
  session.send({
    kind: 'trust', rootStatements: [now.rootStatement], delegationStatement: now.delegationStatement, authoritiesStatement: await authorities(caCertificates, now),
    contentKeys: [session.wrap(2, NEW_KEY), session.wrap(1, ring.keys[0]?.key ?? assert.fail())],
  });
  // Right behind it, before it can have been verified.
  await controlPlane.publish([put('routes', { id: testId('b2'), name: 'two', paths: ['/two'], service: ref('a') })]);
  await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
  await waitUntil('the certificate to leave quarantine', async () => (await quarantined()) === 0, 20_000);
  await controlPlane.heard('applied', ({ quarantined: left, already }) => already && left.length === 0);

  // A server's certificate, and a publish key that is out of use, name nobody whom we would believe.
  session.send({
    kind: 'trust', rootStatements: [now.rootStatement], delegationStatement: now.delegationStatement, contentKeys: [],
    authoritiesStatement: await authorities(`${controlPlane.installation.authority.certificatePem}\n${(await createAuthority(Date.now())).certificatePem}`, old),
  });
  assert.match(JSON.stringify(await dataPlane.logged('authorities-refused')), /TRUST_KEY_UNKNOWN/);
  controlPlane.offer(await signSnapshot(old, { epoch: 1, sequence: 3 }, someLeaves(3)), 'snapshot');
  assert.equal((await controlPlane.heard('rejected')).code, 'TRUST_KEY_UNKNOWN');
  const enrolment = JSON.parse(readFileSync(join(dataPlane.stateFolder, 'identity/enrolment.json'), 'utf8'));
  assert.equal(enrolment.caCertificates, caCertificates);

  // Backwards is not believed; the data plane serves on and comes back.
  session.send({ kind: 'trust', rootStatements: [old.rootStatement], delegationStatement: old.delegationStatement, contentKeys: [], authoritiesStatement: '' });
  assert.match(JSON.stringify(await dataPlane.logged('disconnected')), /SYNC_TRUST_OLDER/);
  await controlPlane.session(2);
  asked.go = false;
  await load;
  assert.ok(asked.all > 10);
  assert.equal(asked.failed, 0, `of ${asked.all}`);
});
