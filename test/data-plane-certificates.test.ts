/**
 * Certificates in a real data plane process: served as published, swapped under open connections, served again without a
 * control plane (S2), closed where they cannot be used (S6), shown to backends and held against theirs.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { contentKeysOf, put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { testAuthority, testCertificate, type TestCertificate } from './support/test-certificates.ts';
import { askOverTls, connectTls, finishOverTls } from './support/tls-client.ts';

const GET = 'GET / HTTP/1.1\r\nHost: shown.test\r\nConnection: close\r\n\r\n';

test('a published certificate is served, renewed, kept over a restart, and closed where it cannot be opened', async (context) => {
  const authority = await testAuthority();
  const [shown, renewed, other, backend, client] = await Promise.all([
    testCertificate({ names: ['shown.test'], authority }), testCertificate({ names: ['renewed.test', 'shown.test'], authority }), testCertificate({ names: ['other.test'] }),
    testCertificate({ names: ['127.0.0.1'], authority }), testCertificate({ names: ['gateway'], authority }),
  ]);
  const clients: (string | undefined)[] = [];
  const origin = createServer({ cert: backend.cert, key: backend.key, ca: authority.cert, requestCert: true, rejectUnauthorized: true }, (socket: TLSSocket) => {
    const { CN: name } = socket.getPeerCertificate().subject;
    clients.push(typeof name === 'string' ? name : undefined);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norigin'));
  });
  const originPort = await new Promise<number>((resolve) => origin.listen(0, '127.0.0.1', () => {
    const address = origin.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  const controlPlane = await FakeControlPlane.start();
  let dataPlane: DataPlaneProcess | undefined;
  context.after(async () => {
    await dataPlane?.destroy();
    await controlPlane.stop();
    origin.close();
  });
  const { audience } = controlPlane.installation.trust;
  const certificate = (digits: string, { cert, key }: TestCertificate, keys = contentKeysOf(audience)) => put('certificates', { id: testId(digits), cert, key }, keys);
  const sni = (digits: string, name: string, of: string) => put('snis', { id: testId(digits), name, certificate: ref(of) });
  await controlPlane.publish([
    certificate('c1', shown), sni('d1', 'shown.test', 'c1'), certificate('c2', other), sni('d2', '*.test', 'c2'), certificate('c3', client),
    put('ca_certificates', { id: testId('e1'), cert: authority.cert }),
    put('services', { id: testId('a1'), url: `https://127.0.0.1:${originPort}`, client_certificate: ref('c3'), ca_certificates: [testId('e1')] }),
    put('routes', { id: testId('b1'), paths: ['/'], service: ref('a1') }),
  ]);
  dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: controlPlane.joinToken() });
  await dataPlane.ready();

  const trusting = { servername: 'shown.test', ca: authority.cert, rejectUnauthorized: true } as const;
  const first = await askOverTls(dataPlane.proxyTlsPort, trusting, GET);
  assert.equal(first.certificate, 'shown.test');
  assert.match(first.text, /^HTTP\/1\.1 200 .*origin$/s);
  assert.deepEqual([...new Set(clients)], ['gateway'], 'the backend asked for a certificate, was shown ours, and its own was trusted');
  assert.equal((await askOverTls(dataPlane.proxyTlsPort, { servername: 'any.test' }, GET)).certificate, 'other.test');

  const open = await connectTls(dataPlane.proxyTlsPort, trusting);
  await controlPlane.publish([certificate('c1', renewed), certificate('c2', other, contentKeysOf({ ...audience, gatewayId: testId('bad') }))]);
  const applied = await controlPlane.heard('applied', ({ version }) => version.sequence === 2);
  assert.deepEqual(applied.quarantined.map(({ entityKind, code }) => [entityKind, code]), [['certificates', 'CONFIG_CERTIFICATE_UNUSABLE'], ['snis', 'CONFIG_REFERENCE_DANGLING']]);
  assert.match((await finishOverTls(open, GET)).text, /^HTTP\/1\.1 200/, 'who was connected stays connected');
  assert.equal((await askOverTls(dataPlane.proxyTlsPort, trusting, GET)).certificate, 'renewed.test');
  await assert.rejects(askOverTls(dataPlane.proxyTlsPort, { servername: 'any.test' }, GET), 'no other certificate stands in');

  await controlPlane.stop();
  await dataPlane.kill();
  const again = await DataPlaneProcess.start({}, dataPlane);
  dataPlane = again;
  await again.ready();
  assert.equal((await askOverTls(again.proxyTlsPort, trusting, GET)).certificate, 'renewed.test');
  for (const trace of [shown, renewed, other, client].map(({ key }) => key.split('\n')[2] ?? '')) {
    assert.ok(trace.length > 20);
    for (const file of readdirSync(again.stateFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      assert.ok(!bytes.includes(trace), `${file.name} holds a key in the clear`);
    }
    assert.ok(!again.log.some((line) => JSON.stringify(line).includes(trace)));
  }
});
