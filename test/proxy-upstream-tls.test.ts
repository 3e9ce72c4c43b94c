/** TLS to upstreams: whom it trusts, what it shows, how it says what is wrong, and sessions that are taken up again. */
import assert from 'node:assert/strict';
import { createServer, getCACertificates, setDefaultCACertificates, type Server, type TlsOptions, type TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import type { RuntimeService, UpstreamTls } from '../data-plane/config/active-config.ts';
import { UpstreamTlsSockets } from '../data-plane/http1/upstream-tls.ts';
import { plainAnswer } from './support/name-answers.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { staticConfig } from './support/static-config.ts';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from './support/test-certificates.ts';
import { runtimeCertificate } from './support/tls-client.ts';

const HELLO = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret';
const DEFAULT: UpstreamTls = { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined };
let keys = 0;

/** Settings of their own. */
function settings(parts: Partial<UpstreamTls>, ...authorities: readonly TestCertificate[]): UpstreamTls {
  keys += 1;
  const caCertificates = authorities.map(({ cert }, index) => ({ id: `ca-${index}`, certPem: firstBlock(cert) }));
  return { ...DEFAULT, key: `settings ${keys}`, ...(authorities.length === 0 ? {} : { caCertificates }), ...parts };
}

interface Target {
  readonly port: number;
  readonly sockets: readonly TLSSocket[];
  readonly received: () => string;
  readonly endAll: () => void;
}

async function target(context: TestContext, identity: TestCertificate, options: TlsOptions = {}): Promise<Target> {
  const sockets: TLSSocket[] = [];
  let received = '';
  const server: Server = createServer({ key: identity.key, cert: identity.cert, ...options }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      socket.write(HELLO);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: typeof address === 'object' && address !== null ? address.port : 0, sockets, received: () => received, endAll: () => sockets.forEach((socket) => socket.destroy()) };
}

interface UpstreamScene extends ProxyScene {
  /** Status and error code of one request to a service with these fields. */
  readonly ask: (service: Partial<RuntimeService>) => Promise<readonly [number, string | undefined]>;
}

async function scene(context: TestContext): Promise<UpstreamScene> {
  const started = await startProxyScene({ proxy: { lookup: async () => plainAnswer(['127.0.0.1']) } });
  context.after(() => started.close());
  return {
    ...started,
    ask: async (service) => {
      started.serve(staticConfig({ routes: [{ path: '/', service: { protocol: 'https', host: 'secure.test', retries: 0, ...service } }] }));
      const answer = await started.exchange('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      return [answer.status, answer.header('x-holdfast-error')];
    },
  };
}

test('an upstream is reached by its name, verified by the system\'s authorities where it has none of its own, and its connections are kept', async (context) => {
  const identity = await testCertificate({ names: ['secure.test', '127.0.0.1'] });
  const { port, sockets, received } = await target(context, identity);
  const before = await scene(context);
  assert.deepEqual(await before.ask({ port }), [502, 'UPSTREAM_CERTIFICATE_UNTRUSTED']);
  assert.ok(before.logLines().some((line) => line.includes('self-signed')));
  assert.equal(before.proxy.stats().refusals['UPSTREAM_CERTIFICATE_UNTRUSTED'], 1);

  setDefaultCACertificates([...getCACertificates('default'), identity.cert]);
  context.after(() => setDefaultCACertificates(getCACertificates('bundled')));
  const after = await scene(context);
  for (let count = 0; count < 3; count++) assert.deepEqual(await after.ask({ port }), [200, undefined]);
  assert.equal(sockets.at(-1)?.servername, 'secure.test');
  assert.ok(received().includes(`Host: secure.test:${port}\r\n`));
  assert.deepEqual([after.proxy.stats().idleUpstream, after.proxy.stats().openedUpstream], [1, 1]);
  assert.deepEqual(await after.ask({ host: '127.0.0.1', port }), [200, undefined], 'an address in the certificate');
  assert.equal(sockets.at(-1)?.servername, false, 'an address is not sent as a name');
});

test('each way in which a certificate is wrong has its code, and none where nothing is verified', async (context) => {
  const [authority, stranger] = await Promise.all([testAuthority('Root'), testAuthority('Stranger')]);
  const past = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() - 60_000) };
  const future = { notBefore: new Date(Date.now() + 60_000) };
  const { ask } = await scene(context);
  for (const [what, options, expected] of [
    ['right', { names: ['www.secure.test'] }, undefined],
    ['by a wildcard', { names: ['*.secure.test'] }, undefined],
    ['another name', { names: ['other.test'] }, 'UPSTREAM_CERTIFICATE_NAME'],
    ['a wildcard for others', { names: ['*.www.secure.test'] }, 'UPSTREAM_CERTIFICATE_NAME'],
    ['expired', { names: ['www.secure.test'], ...past }, 'UPSTREAM_CERTIFICATE_EXPIRED'],
    ['not yet valid', { names: ['www.secure.test'], ...future }, 'UPSTREAM_CERTIFICATE_EXPIRED'],
    ['of an unknown authority', { names: ['www.secure.test'], authority: stranger }, 'UPSTREAM_CERTIFICATE_UNTRUSTED'],
    ['its own', { names: ['www.secure.test'], authority: undefined }, 'UPSTREAM_CERTIFICATE_UNTRUSTED'],
  ] as const) {
    const identity = await testCertificate('authority' in options && options.authority === undefined ? { names: options.names } : { authority, ...options });
    const { port } = await target(context, identity);
    assert.deepEqual(await ask({ host: 'www.secure.test', port, tls: settings({}, authority) }), expected === undefined ? [200, undefined] : [502, expected], what);
    assert.deepEqual(await ask({ host: 'www.secure.test', port, tls: settings({ verify: false }, authority) }), [200, undefined], `${what}, not verified`);
  }
});

test('no more authorities may stand between than the depth allows', async (context) => {
  const root = await testAuthority('Root');
  const upper = await testCertificate({ names: ['Upper'], isAuthority: true, authority: root });
  const lower = await testCertificate({ names: ['Lower'], isAuthority: true, authority: upper });
  const { ask } = await scene(context);
  for (const [authority, between] of [[root, 0], [upper, 1], [lower, 2]] as const) {
    const { port } = await target(context, await testCertificate({ names: ['secure.test'], authority }));
    for (const verifyDepth of [0, 1, 2, 64]) {
      assert.deepEqual(await ask({ port, tls: settings({ verifyDepth }, root) }), verifyDepth >= between ? [200, undefined] : [502, 'UPSTREAM_CERTIFICATE_DEPTH'], `${between} between, ${verifyDepth} allowed`);
    }
  }
  const { port } = await target(context, await testCertificate({ names: ['secure.test'], authority: lower }));
  assert.deepEqual(await ask({ port, tls: settings({}, upper) }), [200, undefined], 'an intermediate may be the trusted one');
});

test('a client certificate is shown where the target asks for one; without it, or with a wrong one, the refusal has its code', async (context) => {
  const [authority, clients, stranger] = await Promise.all([testAuthority('Root'), testAuthority('Clients'), testAuthority('Stranger')]);
  const [identity, mine, foreign] = await Promise.all([testCertificate({ names: ['secure.test'], authority }), testCertificate({ names: ['gateway'], authority: clients }), testCertificate({ names: ['gateway'], authority: stranger })]);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { port, sockets } = await target(context, identity, { requestCert: true, ca: clients.cert, maxVersion });
    const { ask } = await scene(context);
    assert.deepEqual(await ask({ port, tls: settings({ clientCertificate: runtimeCertificate('mine', mine) }, authority) }), [200, undefined]);
    assert.equal(sockets.at(-1)?.getPeerCertificate().subject.CN, 'gateway');
    // TLS 1.2 has no word for it; Node as a server says nothing to one that it does not trust.
    assert.deepEqual(await ask({ port, tls: settings({}, authority) }), [502, maxVersion === 'TLSv1.3' ? 'UPSTREAM_CLIENT_CERTIFICATE_REFUSED' : 'UPSTREAM_TLS_FAILED'], maxVersion);
    assert.deepEqual(await ask({ port, tls: settings({ clientCertificate: runtimeCertificate('foreign', foreign) }, authority) }), [502, 'UPSTREAM_CLOSED'], maxVersion);
  }
});

test('a target that speaks no TLS is told apart from one that is not there', async (context) => {
  const { ask, origin } = await scene(context);
  origin.respond((_request, socket) => void socket.end('no'));
  assert.deepEqual(await ask({ port: origin.port, connectTimeoutMs: 500 }), [504, 'UPSTREAM_CONNECT_TIMEOUT']);
  assert.deepEqual(await ask({ port: 1 }), [502, 'UPSTREAM_CONNECT_FAILED']);
});

test('a session is taken up again by the next connection with the same settings, and by no other', async (context) => {
  const authority = await testAuthority();
  const { port, sockets, endAll } = await target(context, await testCertificate({ names: ['secure.test', 'same.test'], authority }));
  const { ask } = await scene(context);
  const mine = settings({ verifyDepth: 0 }, authority);
  const reused: boolean[] = [];
  for (const service of [{ tls: mine }, { tls: mine }, { tls: settings({}, authority) }, { tls: mine, host: 'same.test' }]) {
    assert.deepEqual(await ask({ port, ...service }), [200, undefined]);
    reused.push(sockets.at(-1)?.isSessionReused() === true);
    endAll();
  }
  assert.deepEqual(reused, [false, true, false, false]);
});

test('a target proves itself anew after an hour of resumed sessions', async (context) => {
  const authority = await testAuthority();
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { port, sockets, endAll } = await target(context, await testCertificate({ names: ['secure.test'], authority }), { maxVersion });
    let nowMs = 1;
    const tls = new UpstreamTlsSockets(() => nowMs);
    const to = { serverName: 'secure.test', isAddress: false, settings: settings({}, authority) };
    const reused: boolean[] = [];
    for (const minutes of [0, 30, 59, 61, 90]) {
      nowMs = 1 + minutes * 60_000;
      const socket = await new Promise<TLSSocket>((resolve, reject) => {
        const made = tls.connect(to, [], { host: '127.0.0.1', port }, () => resolve(made));
        made.once('error', reject);
      });
      socket.write('ask');
      await new Promise((resolve) => socket.once('data', resolve));
      reused.push(socket.isSessionReused());
      socket.destroy();
      endAll();
    }
    assert.deepEqual(reused, [false, true, true, false, true], maxVersion);
    assert.equal(sockets.length, 5);
  }
});

test('a name in the settings is the one that is asked for and verified, whatever the target is called', async (context) => {
  const authority = await testAuthority();
  const { port, sockets } = await target(context, await testCertificate({ names: ['named.test'], authority }));
  const { ask } = await scene(context);
  for (const host of ['127.0.0.1', 'secure.test']) {
    assert.deepEqual(await ask({ host, port, tls: settings({}, authority) }), [502, 'UPSTREAM_CERTIFICATE_NAME'], host);
    assert.deepEqual(await ask({ host, port, tls: settings({ serverName: 'named.test' }, authority) }), [200, undefined], host);
    assert.equal(sockets.at(-1)?.servername, 'named.test');
    assert.deepEqual(await ask({ host, port, tls: settings({ serverName: 'other.test' }, authority) }), [502, 'UPSTREAM_CERTIFICATE_NAME'], host);
  }
});
