/** Overload (R5): load is shed before anything is lost, one client can't take all connections, running out of descriptors passes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { put, ref, testId } from './support/config-content.ts';
import { scenario } from './support/scenario.ts';
import { startProxyScene } from './support/proxy-scene.ts';
import { startRecordingOrigin } from './support/recording-origin.ts';
import { askOverTls } from './support/tls-client.ts';
import { waitUntil } from './support/wait-until.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('full memory turns new requests and connections away with 503 and Retry-After; those under way end well', async (t) => {
  let memory = 0.1;
  let answer: (() => void) | undefined;
  const scene = await startProxyScene({
    responder: (_request, socket) => {
      answer = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      return undefined;
    },
    proxy: { overload: { limits: { maxLoopDelayMs: undefined, maxMemoryShare: 0.9 }, memory: () => memory } },
  });
  t.after(() => scene.close());
  const underWay = await scene.connect();
  const open = await scene.connect();
  underWay.send(GET);
  await waitUntil('the request upstream', () => answer);
  memory = 0.95;
  await waitUntil('overload is noticed', () => scene.proxy.stats().shedding === 1);
  open.send(GET);
  const refused = await open.response();
  assert.deepEqual([refused.status, refused.header('retry-after'), refused.header('x-holdfast-error')], [503, '1', 'PROXY_OVERLOADED']);
  const stranger = await scene.connect();
  assert.equal((await stranger.response()).status, 503);
  answer?.();
  assert.equal((await underWay.response()).status, 200);
  memory = 0.1;
  await waitUntil('overload is over', () => scene.proxy.stats().shedding === 0);
  answer = undefined;
  const later = await scene.connect();
  later.send(GET);
  await waitUntil('the next request upstream', () => answer);
  assert.deepEqual(scene.logLines().map((line) => (JSON.parse(line) as { readonly event: string }).event).filter((event) => event.startsWith('overload')), ['overloaded', 'overload-ended']);
  assert.equal(scene.proxy.stats().refusals['PROXY_OVERLOADED'], 2);
});

scenario('one address has so many connections and no more; a closed one makes room', { proxy: { limits: { maxConnectionsPerAddress: 2 } } }, async ({ connect: open, proxy }) => {
  const [first, second] = [await open(), await open()];
  const third = await open();
  const refused = await third.response();
  assert.deepEqual([refused.status, refused.header('x-holdfast-error')], [503, 'PROXY_ADDRESS_CONNECTIONS_EXHAUSTED']);
  first.close();
  await waitUntil('room', () => proxy.stats().connections === 1);
  const fourth = await open();
  fourth.send(GET);
  assert.equal((await fourth.response()).status, 200);
  second.send(GET);
  assert.equal((await second.response()).status, 200);
});

scenario('a trusted address is a proxy for many and has no such bound', { proxy: { trustedAddresses: ['127.0.0.1'], limits: { maxConnectionsPerAddress: 1 } } }, async ({ connect: open }) => {
  for (const client of [await open(), await open(), await open()]) {
    client.send(GET);
    assert.equal((await client.response()).status, 200);
  }
});

test('running out of file descriptors passes: the status port answers, and traffic flows again', { timeout: 60_000, skip: canLimit() ? false : 'prlimit is missing' }, async (t) => {
  const fake = await FakeControlPlane.start();
  t.after(() => fake.stop());
  const origin = await startRecordingOrigin();
  t.after(() => origin.close());
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: fake.joinToken(), HOLDFAST_PROXY_THREADS: '1' });
  t.after(() => dataPlane.destroy());
  await fake.publish([put('services', { id: testId('a1'), url: `http://127.0.0.1:${origin.port}` }), put('routes', { id: testId('b1'), paths: ['/'], service: ref('a1') })]);
  await dataPlane.ready();
  assert.equal((await dataPlane.get('/')).status, 200);

  const room = 12;
  const used = readdirSync(`/proc/${dataPlane.pid}/fd`).length;
  execFileSync('prlimit', ['--pid', String(dataPlane.pid), `--nofile=${used + room}:${used + room}`]);
  const flood: Socket[] = [];
  t.after(() => flood.forEach((socket) => socket.destroy()));
  for (let count = 0; count < room * 4; count++) flood.push(connect({ port: dataPlane.proxyPort, host: '127.0.0.1' }).on('error', () => undefined));
  await waitUntil('the descriptors are used up', () => readdirSync(`/proc/${dataPlane.pid}/fd`).length >= used + room - 3, 10_000);
  flood.forEach((socket) => socket.destroy());
  await waitUntil('traffic flows again', async () => (await dataPlane.get('/')).status === 200, 15_000);
  assert.equal((await dataPlane.status()).holdfast.proxy.crashes, 0);
  assert.equal(dataPlane.errors, '');
});

function canLimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('while the event loop is late, streams and handshakes are turned away before they cost anything', async (t) => {
  const listener = { host: '127.0.0.1', port: 0, proxyProtocol: false } as const;
  const scene = await startProxyScene({
    routes: (port) => [{ stream: () => true, service: { protocol: 'tcp', port } }],
    proxy: {
      listeners: [{ ...listener, kind: 'tcp' }, { ...listener, kind: 'https' }],
      tls: { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) },
      // Any delay at all is too much.
      overload: { limits: { maxLoopDelayMs: -1, maxMemoryShare: 1 }, memory: () => 0 },
    },
  });
  t.after(() => scene.close());
  await waitUntil('all to be shed', () => scene.proxy.stats().shedding === 1);
  const stream = connect(scene.ports[0] ?? 0, '127.0.0.1');
  stream.on('error', () => undefined);
  await waitUntil('the stream to be closed', () => stream.destroyed);
  await assert.rejects(askOverTls(scene.ports[1] ?? 0));
  assert.deepEqual([scene.proxy.stats().refusals, scene.proxy.stats().connections, scene.records.length, scene.origin.connections], [{ PROXY_OVERLOADED: 2 }, 0, 0, 0]);
});
