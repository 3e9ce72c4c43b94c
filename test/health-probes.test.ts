/** Active checks of every type against real servers: healthy, failing, silent, absent. */
import assert from 'node:assert/strict';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { policyOf, type ProbePlan } from '../data-plane/upstreams/health-policy.ts';
import { probe, type ProbeOutcome } from '../data-plane/upstreams/health-probe.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { response, startRecordingOrigin } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream } from './support/static-config.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

function planOf(active: JsonObject): ProbePlan {
  return defined(policyOf(staticUpstream([], null, { healthchecks: { active: { healthy: { interval: 1 }, ...active } } })).probe, 'a plan');
}

function run(port: number, active: JsonObject, host = '127.0.0.1'): Promise<ProbeOutcome> {
  return probe(planOf(active), { host, address: '127.0.0.1', port, hostHeader: `${host}:${port}`, clientCertificate: undefined }, systemClock);
}

async function listening(server: Server | Http2Server): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('http: the status decides, path, Host and headers are as configured', async () => {
  const origin = await startRecordingOrigin();
  try {
    assert.equal(await run(origin.port, { http_path: '/health', headers: { 'X-Probe': ['a', 'b'] } }, 'named.test'), 'success');
    const [request] = origin.requests;
    assert.deepEqual([request?.method, request?.target, request?.header('host')], ['GET', '/health', `named.test:${origin.port}`]);
    assert.equal(request?.headerLines.filter((line) => /^x-probe:/i.test(line)).join('|').toLowerCase(), 'x-probe: a|x-probe: b');
    for (const [status, outcome] of [['302 Found', 'success'], ['503 No', 'http'], ['404 No', 'http'], ['204 Fine', 'neither']] as const) {
      origin.respond(() => response('', [], status));
      assert.equal(await run(origin.port, {}), outcome, status);
    }
    await waitUntil('no connection to be left', () => origin.openConnections === 0);
  } finally {
    await origin.close();
  }
});

test('every type tells silence from absence', async () => {
  const silent = createServer();
  const port = await listening(silent);
  const absent = await (async (): Promise<number> => {
    const server = createServer();
    const free = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    return free;
  })();
  try {
    for (const type of ['http', 'https', 'grpc', 'grpcs']) {
      assert.equal(await run(port, { type, timeout: 0.1 }), 'timeout', type);
      assert.equal(await run(absent, { type }), 'tcp', type);
    }
    assert.deepEqual([await run(port, { type: 'tcp' }), await run(absent, { type: 'tcp' })], ['success', 'tcp']);
  } finally {
    silent.close();
  }
});

test('https: the certificate is verified unless that is turned off', async () => {
  const { cert, key } = await testCertificate({ names: ['named.test'] });
  let serverName: unknown;
  let showedCertificate = false;
  const server = createHttps({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, answer) => {
    showedCertificate = request.socket instanceof TLSSocket && request.socket.getPeerX509Certificate() !== undefined;
    serverName = 'servername' in request.socket ? request.socket.servername : undefined;
    answer.end();
  });
  const port = await listening(server);
  try {
    assert.equal(await run(port, { type: 'https' }, 'named.test'), 'tcp');
    assert.equal(await run(port, { type: 'https', https_verify_certificate: false, https_sni: 'other.test' }, 'named.test'), 'success');
    assert.equal(serverName, 'other.test');
    const plan = planOf({ type: 'https', https_verify_certificate: false });
    server.setSecureContext({ cert, key, ca: cert });
    const pairs = [{ certPem: cert, keyPem: key }];
    for (const [clientCertificate, shown] of [[undefined, false], [{ id: 'c', pairs }, true]] as const) {
      assert.equal(await probe(plan, { host: 'named.test', address: '127.0.0.1', port, hostHeader: 'named.test', clientCertificate }, systemClock), 'success');
      assert.equal(showedCertificate, shown);
    }
    for (const [host, hostHeader, asked] of [['127.0.0.1', 'header.test:8443', 'header.test'], ['named.test', 'named.test:443', 'named.test'], ['named.test', '10.0.0.1:443', 'named.test'], ['127.0.0.1', '127.0.0.1:443', false]] as const) {
      assert.equal(await probe(plan, { host, address: '127.0.0.1', port, hostHeader, clientCertificate: undefined }, systemClock), 'success');
      assert.equal(serverName, asked, hostHeader);
    }
  } finally {
    server.close();
  }
});

test('grpc: serving is well, anything else is not', async () => {
  let status = 1;
  let grpcStatus = '0';
  const paths: unknown[] = [];
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    paths.push(headers[':path']);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus }));
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, status]));
  });
  const port = await listening(server);
  try {
    assert.equal(await run(port, { type: 'grpc' }), 'success');
    assert.deepEqual(paths, ['/grpc.health.v1.Health/Check']);
    status = 2;
    assert.equal(await run(port, { type: 'grpc' }), 'http');
    status = 1;
    grpcStatus = '12';
    assert.equal(await run(port, { type: 'grpc' }), 'http');
  } finally {
    server.close();
  }
});

scenario('a target that its checks find down takes no request, and takes them again when they find it well', {}, async ({ serve, proxy, exchange }) => {
  const origin = await startRecordingOrigin();
  const other = await startRecordingOrigin(() => response('other'));
  try {
    const healthchecks = { active: { healthy: { interval: 0.1, successes: 1 }, unhealthy: { interval: 0.1, http_failures: 1, tcp_failures: 1 }, http_path: '/health' } };
    const upstream = staticUpstream([{ host: '127.0.0.1', port: origin.port }, { host: '127.0.0.1', port: other.port }], null, { healthchecks });
    origin.respond(({ target }) => response('one', [], target === '/health' ? '500 Sick' : '200 OK'));
    proxy.upstreams.lead(true);
    serve(staticConfig({ routes: [{ path: '/', service: { host: 'u', upstream } }] }));
    const state = (): string | undefined => proxy.upstreams.report().targets.find(({ target }) => target === `127.0.0.1:${origin.port}`)?.state;
    await waitUntil('the checks to find it down', () => state() === 'open');
    const ask = async (): Promise<string> => (await exchange('GET /x HTTP/1.1\r\nHost: a\r\n\r\n')).body;
    assert.deepEqual([await ask(), await ask(), await ask()], ['other', 'other', 'other']);
    origin.respond(() => response('one'));
    await waitUntil('the checks to find it well', () => state() === 'closed');
    assert.deepEqual(new Set([await ask(), await ask()]), new Set(['one', 'other']));
    serve(staticConfig({ routes: [] }));
    await waitUntil('the upstream to be forgotten', () => proxy.upstreams.report().targets.length === 0);
    const { length } = origin.requests;
    await waitUntil('checks that were under way to end', () => origin.openConnections === 0);
    assert.ok(origin.requests.length <= length + 1, 'nothing more is probed');
  } finally {
    await origin.close();
    await other.close();
  }
});
