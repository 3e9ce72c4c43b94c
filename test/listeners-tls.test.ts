/** TLS of clients: which certificate they get, what they may speak, sessions, client certificates, and what hostile ones get. */
import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { connect as connectSecurely, type ConnectionOptions } from 'node:tls';
import type { ActiveConfig } from '../data-plane/config/active-config.ts';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import type { DownstreamTls, ListenerOptions } from '../data-plane/listeners/listener-options.ts';
import type { ClientCertificate } from '../shared/plugins/contract.ts';
import { helloMessage, records, serverNameExtension } from './support/client-hello-bytes.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { staticConfig, type StaticConfigParts } from './support/static-config.ts';
import { firstBlock, testAuthority, testCertificate } from './support/test-certificates.ts';
import { askOverTls, connectTls, finishOverTls, runtimeCertificate } from './support/tls-client.ts';
import { waitUntil, waitUntilStill } from './support/wait-until.ts';

const HTTPS: ListenerOptions = { kind: 'https', host: '127.0.0.1', port: 0, proxyProtocol: false };
const TLS: DownstreamTls = {
  minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7),
  defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)),
};
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

interface TlsScene extends ProxyScene {
  /** Serves the origin with these certificates. */
  readonly swap: (parts: Omit<StaticConfigParts, 'routes'>) => ActiveConfig;
}

async function scene(context: TestContext, tls: Partial<DownstreamTls> = {}, limits: object = {}): Promise<TlsScene> {
  const started = await startProxyScene({ proxy: { listeners: [HTTPS], tls: { ...TLS, ...tls }, limits } });
  context.after(() => started.close());
  const swap = (parts: Omit<StaticConfigParts, 'routes'>): ActiveConfig => {
    const config = staticConfig({ routes: [{ path: '/', service: { port: started.origin.port } }], ...parts });
    started.serve(config);
    return config;
  };
  return { ...started, swap };
}

test('the certificate follows the name, in any spelling; without one for it there is a default one', async (context) => {
  const { port, swap, origin } = await scene(context);
  const [one, star] = await Promise.all([testCertificate({ names: ['one.test'] }), testCertificate({ names: ['*.wild.test'] })]);
  swap({ certificates: { 'one.test': runtimeCertificate('1', one), 'a.wild.test': runtimeCertificate('2', star) } });
  const nameOf = async (options: ConnectionOptions): Promise<string | undefined> => (await askOverTls(port, options)).certificate;
  assert.equal(await nameOf({ servername: 'one.test' }), 'one.test');
  assert.equal(await nameOf({ servername: 'ONE.Test' }), 'one.test');
  assert.equal(await nameOf({ servername: 'one.test.' }), 'one.test');
  assert.equal(await nameOf({ servername: 'a.wild.test' }), '*.wild.test');
  assert.equal(await nameOf({ servername: 'other.test' }), 'localhost');
  assert.equal(await nameOf({}), 'localhost');
  assert.equal(origin.requests.at(-1)?.header('x-forwarded-proto'), 'https');
  assert.equal(origin.requests.at(-1)?.header('x-forwarded-port'), String(port));
});

test('where unknown names are refused the client hears so, and known ones are served', async (context) => {
  const { port, swap, proxy } = await scene(context, { defaultCertificate: undefined });
  swap({ certificates: { 'one.test': runtimeCertificate('1', await testCertificate({ names: ['one.test'] })) } });
  await assert.rejects(askOverTls(port, { servername: 'other.test' }), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
  await assert.rejects(askOverTls(port), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
  assert.match((await askOverTls(port, { servername: 'one.test' })).text, /^HTTP\/1\.1 200/);
  assert.equal(proxy.stats().refusals['TLS_SERVER_NAME_UNKNOWN'], 2);
});

test('a client that leaves before its handshake is done is noticed at once; one that half closes after it is answered', async (context) => {
  const { port, proxy, records } = await scene(context);
  for (let count = 0; count < 5; count++) (await connectTls(port)).destroy();
  await waitUntil('nobody to be waited for', () => proxy.stats().acceptedConnections === 5 && proxy.stats().connections === 0);
  assert.equal(records.length, 0);
  const half = await connectTls(port);
  half.allowHalfOpen = true;
  half.end(GET.replace('Connection: close\r\n', ''));
  let text = '';
  for await (const bytes of half) text += String(bytes);
  assert.match(text, /^HTTP\/1\.1 200/);
});

test('a client that is gone when its answer is written is noticed, whatever the size of that', async (context) => {
  for (const bytes of [10, 100_000, 1_000_000]) {
    const { port, proxy, origin, records } = await scene(context);
    const answers: (() => void)[] = [];
    origin.respond((_, socket) => void answers.push(() => socket.write(response('x'.repeat(bytes)))));
    const client = await connectTls(port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi');
    await waitUntil('the request', () => answers.length === 1);
    client.destroy();
    answers[0]?.();
    await waitUntil(`its end (${bytes})`, () => records.length === 1 && proxy.stats().connections === 0);
    assert.equal(proxy.stats().busyUpstream, 0);
  }
});

test('a certificate of two key types serves each client by the type it can use', async (context) => {
  const { port, swap } = await scene(context);
  const pairs = await Promise.all([testCertificate({ names: ['two.test'], keyType: 'rsa' }), testCertificate({ names: ['two.test'] })]);
  swap({ certificates: { '*': runtimeCertificate('2', ...pairs) } });
  const tls12 = { maxVersion: 'TLSv1.2', servername: 'two.test' } as const;
  assert.equal((await askOverTls(port, { ...tls12, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).cipher, 'ECDHE-RSA-AES128-GCM-SHA256');
  assert.equal((await askOverTls(port, { ...tls12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).cipher, 'ECDHE-ECDSA-AES128-GCM-SHA256');
  assert.match((await askOverTls(port, { sigalgs: 'rsa_pss_rsae_sha256', servername: 'two.test' })).text, /200/);
});

test('TLS 1.3 and 1.2 are spoken, older versions and weak ciphers are not', async (context) => {
  const { port, proxy } = await scene(context);
  assert.equal((await askOverTls(port)).version, 'TLSv1.3');
  assert.equal((await askOverTls(port, { maxVersion: 'TLSv1.2' })).version, 'TLSv1.2');
  await assert.rejects(askOverTls(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  await assert.rejects(askOverTls(port, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), { code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' });
  await waitUntil('both failures to be counted', () => proxy.stats().refusals['TLS_HANDSHAKE_FAILED'] === 2);
});

test('where 1.3 is the oldest, 1.2 is not spoken', async (context) => {
  const { port } = await scene(context, { minVersion: 'TLSv1.3' });
  await assert.rejects(askOverTls(port, { maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  assert.equal((await askOverTls(port)).version, 'TLSv1.3');
});

test('ALPN: HTTP/1.1 where asked for or where nothing is said, no handshake for what is not spoken', async (context) => {
  const { port } = await scene(context);
  const answer = await askOverTls(port, { ALPNProtocols: ['http/1.1'] });
  assert.deepEqual([answer.alpn, answer.text.split('\r\n')[0]], ['http/1.1', 'HTTP/1.1 200 OK']);
  assert.equal((await askOverTls(port)).alpn, false);
  await assert.rejects(askOverTls(port, { ALPNProtocols: ['spdy/3'] }), { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
  const http2 = await connectTls(port, { ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(http2.alpnProtocol, 'h2');
  http2.destroy();
});

test('plain HTTP on the port for HTTPS is told so', async (context) => {
  const { port, proxy, records } = await scene(context);
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await waitUntil('the end', () => socket.readableEnded);
  assert.match(text, /^HTTP\/1\.1 400 [\s\S]*X-Holdfast-Error: PROXY_PLAIN_HTTP_ON_TLS[\s\S]*The plain HTTP request was sent to HTTPS port/);
  socket.destroy();
  assert.deepEqual([proxy.stats().endedRequests, records.length, records[0]?.status], [1, 1, 400]);
});

test('a session resumes on another proxy with the same ticket keys, and not after they were replaced', async (context) => {
  const [first, second] = [await scene(context), await scene(context)];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { maxVersion: version, servername: 'a.test' };
    const { session } = await askOverTls(first.port, options);
    assert.ok(session !== undefined);
    const resumed = await askOverTls(second.port, { ...options, session });
    assert.deepEqual([version, resumed.isReused, resumed.text.split('\r\n')[0]], [version, true, 'HTTP/1.1 200 OK']);
    const { session: another } = await askOverTls(first.port, options);
    second.proxy.setTicketKeys(randomBytes(48));
    const full = await askOverTls(second.port, { ...options, ...(another === undefined ? {} : { session: another }) });
    assert.deepEqual([full.isReused, full.text.split('\r\n')[0]], [false, 'HTTP/1.1 200 OK']);
    second.proxy.setTicketKeys(Buffer.alloc(48, 7));
  }
});

test('a session of one certificate is not resumed under the name of another', async (context) => {
  const { port, swap } = await scene(context);
  const [one, two] = await Promise.all([testCertificate({ names: ['one.test'] }), testCertificate({ names: ['two.test'] })]);
  swap({ certificates: { 'one.test': runtimeCertificate('1', one), 'two.test': runtimeCertificate('2', two) } });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { session } = await askOverTls(port, { servername: 'one.test', maxVersion });
    assert.ok(session !== undefined);
    const answers = await Promise.all(['one.test', 'two.test'].map((servername) => askOverTls(port, { servername, session, maxVersion })));
    assert.deepEqual(answers.map(({ isReused }) => isReused), [true, false], maxVersion);
  }
});

test('a new certificate is shown from the next handshake on; connections of the old one live on, and under load nothing fails', async (context) => {
  const { port, swap } = await scene(context);
  const certificates = await Promise.all(Array.from({ length: 12 }, (_, index) => testCertificate({ names: [`c${index}.test`] })));
  const show = (index: number): void => void swap({ certificates: { '*': runtimeCertificate('same', ...certificates.slice(index, index + 1)) } });
  show(0);
  const old = await connectTls(port);
  let isOver = false;
  const seen = new Set<string | undefined>();
  const load = Promise.all(Array.from({ length: 4 }, async () => {
    let requests = 0;
    while (!isOver) {
      const answer = await askOverTls(port);
      assert.match(answer.text, /^HTTP\/1\.1 200/);
      seen.add(answer.certificate);
      requests += 1;
    }
    return requests;
  }));
  for (let index = 1; index < certificates.length; index++) {
    show(index);
    await waitUntil(`certificate ${index} to be shown`, () => seen.has(`c${index}.test`));
  }
  isOver = true;
  assert.ok((await load).every((requests) => requests > 0));
  assert.match((await finishOverTls(old, GET)).text, /^HTTP\/1\.1 200/);
});

test('a certificate that can not be used costs its own handshakes alone, has a code of its own and is logged once', async (context) => {
  const { port, swap, logLines, proxy } = await scene(context);
  const good = await testCertificate({ names: ['good.test'] });
  const bad = { id: 'bad', pairs: [{ certPem: good.cert, keyPem: 'no key' }] };
  swap({ certificates: { 'good.test': runtimeCertificate('good', good), 'bad.test': bad, 'quarantined.test': { id: 'quarantined', pairs: [] } } });
  for (const servername of ['bad.test', 'bad.test', 'quarantined.test']) await assert.rejects(askOverTls(port, { servername }), /alert internal error/);
  assert.match((await askOverTls(port, { servername: 'good.test' })).text, /^HTTP\/1\.1 200/);
  assert.equal(logLines().filter((line) => line.includes('certificate bad can not be used')).length, 1);
  assert.deepEqual([proxy.stats().refusals['TLS_CERTIFICATE_UNUSABLE'], proxy.stats().refusals['TLS_HANDSHAKE_FAILED']], [3, undefined]);
});

test('a client certificate is asked for, verified against the configured authorities, and never required', async (context) => {
  const [root, stranger] = await Promise.all([testAuthority('Root'), testAuthority('Stranger')]);
  const intermediate = await testCertificate({ names: ['Intermediate'], isAuthority: true, authority: root });
  const [leaf, foreign, expired] = await Promise.all([
    testCertificate({ names: ['client.test', '10.0.0.1'], authority: intermediate }),
    testCertificate({ names: ['client.test'], authority: stranger }),
    testCertificate({ names: ['client.test'], authority: intermediate, notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() - 1_000) }),
  ]);
  const shown: (ClientCertificate | undefined)[] = [];
  const { port, serve, origin } = await scene(context, { requestsClientCertificates: true });
  const caCertificates = [{ id: 'root', certPem: root.cert }, { id: 'intermediate', certPem: firstBlock(intermediate.cert) }, { id: 'unused', certPem: (await testAuthority('Unused')).cert }];
  serve(staticConfig({
    caCertificates,
    routes: [{ path: '/', service: { port: origin.port }, plugins: [{ name: 'look', instance: { requestHead: ({ request }) => void shown.push(request.clientCertificate) } }] }],
  }));
  const ask = async (options: ConnectionOptions): Promise<ClientCertificate | undefined> => {
    assert.match((await askOverTls(port, options)).text, /^HTTP\/1\.1 200/);
    return shown.at(-1);
  };
  assert.equal(await ask({}), undefined);
  const verified = await ask({ cert: leaf.cert, key: leaf.key });
  assert.deepEqual([verified?.subject, verified?.issuer, verified?.verifiedBy.toSorted()], ['CN=client.test', 'CN=Intermediate', ['intermediate', 'root']]);
  assert.deepEqual(verified?.alternativeNames, ['DNS:client.test', 'IP Address:10.0.0.1']);
  assert.deepEqual([verified?.fingerprint, verified?.serialNumber, verified?.chain.length], [new X509Certificate(leaf.cert).fingerprint256.replaceAll(':', '').toLowerCase(), new X509Certificate(leaf.cert).serialNumber.toLowerCase(), 2]);
  assert.deepEqual((await ask({ cert: firstBlock(leaf.cert), key: leaf.key }))?.verifiedBy.toSorted(), ['intermediate', 'root'], 'the chain is completed from what is configured');
  assert.deepEqual((await ask({ cert: foreign.cert, key: foreign.key }))?.verifiedBy, []);
  assert.deepEqual((await ask({ cert: expired.cert, key: expired.key }))?.verifiedBy, []);
  serve(staticConfig({ caCertificates: [], routes: [{ path: '/', service: { port: origin.port }, plugins: [{ name: 'look', instance: { requestHead: ({ request }) => void shown.push(request.clientCertificate) } }] }] }));
  assert.deepEqual((await ask({ cert: leaf.cert, key: leaf.key }))?.verifiedBy, [], 'an authority that is gone vouches for nobody');
});

test('with client certificates no session is resumed: each handshake tells what is true now', async (context) => {
  const { port } = await scene(context, { requestsClientCertificates: true });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { session } = await askOverTls(port, { maxVersion, servername: 'a.test' });
    if (session !== undefined) assert.equal((await askOverTls(port, { maxVersion, servername: 'a.test', session })).isReused, false);
  }
});

test('who begins a handshake and does not go on is closed in time, and so is who comes when too many are under way', async (context) => {
  const { port, proxy } = await scene(context, {}, { handshakeTimeoutMs: 150, maxHandshakes: 3 });
  const slow = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
  for (const [index, socket] of slow.entries()) {
    socket.on('error', () => undefined);
    if (index > 0) socket.write(Buffer.from('16030100c8010000c4', 'hex'));
  }
  await waitUntil('all three to be taken in', () => proxy.stats().connections === 3);
  const late = connect(port, '127.0.0.1');
  late.on('error', () => undefined);
  await waitUntil('the fourth to be closed', () => late.destroyed);
  await waitUntil('the slow ones to be closed', () => slow.every(({ destroyed }) => destroyed));
  assert.deepEqual([proxy.stats().refusals['PROXY_INTAKE_EXHAUSTED'], proxy.stats().refusals['PROXY_INTAKE_TIMEOUT'], proxy.stats().connections], [1, 3, 0]);
  assert.match((await askOverTls(port)).text, /^HTTP\/1\.1 200/);
});

test('hostile beginnings are closed at once, with an alert where they were TLS, and harm nobody', async (context) => {
  const { port, proxy } = await scene(context);
  const alert = (code: number): string => Buffer.of(21, 3, 3, 0, 2, 2, code).toString('latin1');
  const cases: readonly (readonly [Buffer, string])[] = [
    [records(helloMessage(serverNameExtension('a\0.test'))), alert(112)],
    [records(helloMessage(serverNameExtension('*'))), alert(112)],
    [records(helloMessage(serverNameExtension('a'.repeat(400)))), alert(112)],
    [records(helloMessage(Buffer.concat([serverNameExtension('a'), serverNameExtension('b')]))), alert(50)],
    [records(helloMessage(Buffer.alloc(20_000))), alert(50)],
    [records(helloMessage(Buffer.alloc(9_000)), 1), alert(50)],
    [Buffer.from('802e0103010015000000100100', 'hex'), ''],
    [Buffer.from([0, 1, 2, 3]), ''],
    [Buffer.from('15030100020100', 'hex'), ''],
  ];
  for (const [bytes, expected] of cases) {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (more) => (text += more.toString('latin1')));
    socket.write(bytes);
    await waitUntil('the end', () => socket.destroyed || socket.readableEnded);
    assert.equal(text, expected, bytes.toString('hex').slice(0, 60));
  }
  assert.deepEqual([proxy.stats().refusals['TLS_CLIENT_HELLO_INVALID'], proxy.stats().connections], [cases.length, 0]);
  assert.match((await askOverTls(port)).text, /^HTTP\/1\.1 200/);
});

test('a ClientHello byte by byte, and one in many records, is served', async (context) => {
  const { port } = await scene(context);
  const plain = connect(port, '127.0.0.1');
  await new Promise((resolve) => plain.once('connect', resolve));
  // One byte in each write, as long as the ClientHello lasts.
  const slow = new Duplex({
    allowHalfOpen: false,
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      let at = 0;
      const next = (): void => void (at === bytes.length ? done() : plain.write(bytes.subarray(at, (at += 1)), () => setImmediate(next)));
      next();
    },
  });
  plain.on('data', (bytes) => slow.push(bytes));
  plain.on('end', () => slow.push(null));
  const secure = connectSecurely({ socket: slow, rejectUnauthorized: false });
  await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
  assert.match((await finishOverTls(secure, GET)).text, /^HTTP\/1\.1 200/);
  plain.destroy();
});

test('listeners for IPv6 serve beside those for IPv4 on the same port; an address of either family is told as such', async (context) => {
  const first = await startProxyScene();
  await first.close();
  const both: readonly ListenerOptions[] = [{ kind: 'http', host: '127.0.0.1', port: first.port, proxyProtocol: false }, { kind: 'http', host: '::1', port: first.port, proxyProtocol: false }, { ...HTTPS, host: '::' }];
  const started = await startProxyScene({ proxy: { listeners: both, tls: TLS } }).catch(() => undefined);
  if (started === undefined) return context.skip('no IPv6 here');
  context.after(() => started.close());
  const [http = 0, , https = 0] = started.ports;
  for (const [host, port, peer] of [['127.0.0.1', http, '127.0.0.1'], ['::1', http, '::1'], ['::1', https, '::1'], ['127.0.0.1', https, '127.0.0.1']] as const) {
    if (port === https) assert.match((await askOverTls(port, { host })).text, /^HTTP\/1\.1 200/);
    else {
      const socket = connect(port, host);
      socket.end(GET);
      await new Promise((resolve) => socket.resume().once('close', resolve));
    }
    assert.equal(started.origin.requests.at(-1)?.header('x-forwarded-for'), peer);
  }
});

test('where one of several places can not be listened on, none is', async (context) => {
  const { port } = await scene(context);
  const free: ListenerOptions = { ...HTTPS, kind: 'http' };
  await assert.rejects(startProxyScene({ proxy: { listeners: [free, { ...HTTPS, port }], tls: TLS } }), { code: 'EADDRINUSE' });
});

test('large bodies both ways over TLS arrive whole, no faster than the reader takes them', async (context) => {
  const { port, origin } = await scene(context);
  const body = Buffer.alloc(12_000_000, 'abcdefghijklmnopqrstuvwxyz');
  let written = 0;
  origin.respond((request, target) => {
    assert.equal(request.body.length, 1_000_000);
    target.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    const more = (): void => {
      while (written < body.length) {
        written += 60_000;
        if (!target.write(body.subarray(written - 60_000, written))) return void target.once('drain', more);
      }
    };
    more();
    return undefined;
  });
  const socket = await connectTls(port);
  socket.pause();
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`);
  await waitUntil('the response to begin', () => written > 0);
  await waitUntilStill('the origin', () => written);
  assert.ok(written < body.length, `${written} bytes were taken for a reader that takes none`);
  const parts: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => parts.push(bytes));
  socket.resume();
  await waitUntil('the end', () => socket.destroyed || socket.readableEnded);
  const answer = Buffer.concat(parts);
  assert.ok(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(body));
});

test('a drain ends keep-alive connections over TLS after their answer, and fails none', async (context) => {
  const { port, proxy, origin } = await scene(context);
  origin.respond(() => response('x'.repeat(100_000)));
  const socket = await connectTls(port);
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  const begun = connect(port, '127.0.0.1');
  await waitUntil('both to be there', () => proxy.stats().connections === 2);
  const drained = proxy.drain({ acceptForMs: 0, boundMs: 5_000 });
  begun.destroy();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await drained;
  await waitUntil('the end', () => socket.destroyed || socket.readableEnded);
  assert.match(text, /^HTTP\/1\.1 200 OK[\s\S]*Connection: close/);
  assert.ok(text.endsWith('x'.repeat(100_000)));
});
