/**
 * All listeners of a real data plane process with two proxy threads: HTTPS with clients other than Node's, sessions that resume
 * on either thread, streams by port and name, the PROXY protocol, and what is refused at the start.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { writeProxyHeader } from '../data-plane/listeners/proxy-protocol.ts';
import { contentKeysOf, put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { startRecordingOrigin } from './support/recording-origin.ts';
import { testCertificate } from './support/test-certificates.ts';
import { askOverTls, connectTls } from './support/tls-client.ts';
import { WireClient } from './support/wire-client.ts';

const run = promisify(execFile);
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

async function isThere(program: string, flag: string): Promise<boolean> {
  return run(program, [flag]).then(() => true, () => false);
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<Server>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => {
    const address: AddressInfo | string | null = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function scene(context: TestContext, environment: Readonly<Record<string, string>>, entities: (originPort: number) => Parameters<FakeControlPlane['publish']>[0] = () => []) {
  const origin = await startRecordingOrigin();
  const controlPlane = await FakeControlPlane.start();
  const { audience } = controlPlane.installation.trust;
  const certificate = await testCertificate({ names: ['a.test'] });
  await controlPlane.publish([
    put('services', { id: testId('a1'), url: `http://127.0.0.1:${origin.port}` }), put('routes', { id: testId('b1'), paths: ['/'], service: ref('a1') }),
    put('certificates', { id: testId('c1'), cert: certificate.cert, key: certificate.key }, contentKeysOf(audience)), put('snis', { id: testId('d1'), name: 'a.test', certificate: ref('c1') }),
    ...entities(origin.port),
  ]);
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: controlPlane.joinToken(), ...environment });
  context.after(async () => {
    await dataPlane.destroy();
    await controlPlane.stop();
    await origin.close();
  });
  await dataPlane.ready();
  return { dataPlane, origin, certificate };
}

test('HTTPS: sessions resume whichever thread has the next connection; curl and openssl get what they ask for', async (context) => {
  const { dataPlane, origin } = await scene(context, {});
  const port = dataPlane.proxyTlsPort;
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { session, certificate } = await askOverTls(port, { servername: 'a.test', maxVersion }, GET);
    assert.equal(certificate, 'a.test');
    assert.ok(session !== undefined);
    const answers = await Promise.all(Array.from({ length: 16 }, () => askOverTls(port, { servername: 'a.test', maxVersion, session }, GET)));
    assert.deepEqual(new Set(answers.map(({ isReused, text }) => `${isReused} ${text.slice(0, 12)}`)), new Set(['true HTTP/1.1 200']), maxVersion);
  }
  if (await isThere('curl', '--version')) {
    const curl = async (...flags: readonly string[]): Promise<string> => (await run('curl', ['-sk', '--max-time', '5', '--resolve', `a.test:${port}:127.0.0.1`, '-w', ' %{http_version} %{http_code}', ...flags, `https://a.test:${port}/`])).stdout;
    assert.equal(await curl('--http1.1'), 'hello 1.1 200');
    assert.equal(await curl('--http2'), 'hello 2 200');
    assert.equal(await curl('--tlsv1.2', '--tls-max', '1.2'), 'hello 2 200');
    await assert.rejects(curl('--tlsv1.0', '--tls-max', '1.1'));
    assert.equal(origin.requests.at(-1)?.header('x-forwarded-proto'), 'https');
  }
  if (await isThere('openssl', 'version')) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-openssl-'));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const openssl = (...flags: readonly string[]): Promise<string> => new Promise((resolve) => {
      const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', ...flags], { timeout: 5_000 }, (_error, stdout) => resolve(stdout));
      child.stdin?.write(GET);
    });
    const first = await openssl('-servername', 'a.test', '-sess_out', join(folder, 'session'));
    assert.match(first, /subject=CN = a\.test[\s\S]*New, TLSv1\.3[\s\S]*HTTP\/1\.1 200 OK/);
    assert.match(await openssl('-servername', 'a.test', '-sess_in', join(folder, 'session')), /Reused, TLSv1\.3[\s\S]*HTTP\/1\.1 200 OK/);
    assert.doesNotMatch(await openssl('-servername', 'other.test', '-sess_in', join(folder, 'session')), /Reused, TLSv1\.3/, 'a session of one certificate is not resumed under the name of another');
  }
});

test('streams by port and by name, and the PROXY protocol, as the settings say', async (context) => {
  const [tcp = 0, tls = 0, http = 0] = await freePorts(3);
  const { dataPlane, origin } = await scene(context, {
    HOLDFAST_STREAM_LISTEN: `127.0.0.1:${tcp}, 127.0.0.1:${tls} tls`,
    HOLDFAST_PROXY_LISTEN: `127.0.0.1:${http} proxy_protocol`,
    HOLDFAST_TRUSTED_IPS: '127.0.0.1',
  }, (originPort) => [
    put('services', { id: testId('a2'), protocol: 'tcp', host: '127.0.0.1', port: originPort }),
    put('routes', { id: testId('b2'), protocols: ['tcp'], destinations: [{ port: tcp }], service: ref('a2') }),
    put('routes', { id: testId('b3'), protocols: ['tls'], snis: ['a.test'], service: ref('a2') }),
  ]);
  const client = await WireClient.open(tcp);
  client.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, 'hello');
  client.close();
  const secure = await connectTls(tls, { servername: 'a.test' });
  const answered = new Promise((resolve) => secure.once('data', resolve));
  secure.write('GET /tls HTTP/1.1\r\nHost: a\r\n\r\n');
  await answered;
  assert.equal(secure.getPeerCertificate().subject.CN, 'a.test');
  secure.destroy();
  const proxied = await WireClient.open(http);
  proxied.send(Buffer.concat([writeProxyHeader('v2', { sourceAddress: '203.0.113.9', sourcePort: 1, destinationAddress: '198.51.100.7', destinationPort: 80 }), Buffer.from('GET /proxied HTTP/1.1\r\nHost: a\r\n\r\n')]));
  assert.equal((await proxied.response()).status, 200);
  proxied.close();
  const byTarget = new Map(origin.requests.map((request) => [request.target, request.header('x-forwarded-for')]));
  assert.deepEqual([byTarget.get('/stream'), byTarget.get('/proxied')], [undefined, '203.0.113.9']);
  assert.ok(byTarget.has('/tls'));
  const { listeners } = JSON.parse((await dataPlane.get('/status', dataPlane.statusPort)).body).holdfast.proxy;
  assert.deepEqual(listeners, [
    { kind: 'http', host: '127.0.0.1', port: http }, { kind: 'https', host: '127.0.0.1', port: dataPlane.proxyTlsPort },
    { kind: 'tcp', host: '127.0.0.1', port: tcp }, { kind: 'tls', host: '127.0.0.1', port: tls },
  ]);
});
