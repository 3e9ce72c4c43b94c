/**
 * Whatever clients and upstreams do in whichever phase, each request is recorded once (R4), nothing stays behind, no POST arrives
 * twice, and no client takes half a response for a whole one.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { COMPRESSIBLE_TYPES, DEFAULT_LEVELS } from '../data-plane/proxy/compression-choice.ts';
import { resetSocket } from '../data-plane/http1/socket-io.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const KEY = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const AGREED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LARGE = 'x'.repeat(300_000);

interface Exchange { readonly request: string; readonly response: string; readonly body: string; readonly isUpgrade?: boolean }

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  length: { request: GET, response: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', body: 'hello' },
  chunks: { request: GET, response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n', body: 'abcde' },
  trailers: { request: 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n', body: 'abc' },
  'POST and an interim answer': { request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi', response: 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', body: 'ok' },
  'HTTP/1.0': { request: 'GET / HTTP/1.0\r\nHost: a\r\n\r\n', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', body: 'abc' },
  upgrade: { request: `GET / HTTP/1.1\r\nHost: a\r\n${KEY}\r\n`, response: AGREED, body: '', isUpgrade: true },
};

const END_BY = { end: (socket: Socket) => void socket.end(), destroy: (socket: Socket) => void socket.destroy(), reset: resetSocket } as const;

/** The final status and body as a client takes them; undefined where it sees that something is missing. */
async function outcome(scene: ProxyScene, { request, isUpgrade = false }: Exchange): Promise<string | undefined> {
  const client = await scene.connect();
  client.send(request);
  try {
    for (;;) {
      const answer = await client.response({ noBody: isUpgrade });
      if (answer.status === 103) continue;
      return client.error === undefined ? `${answer.status} ${answer.body}` : undefined;
    }
  } catch {
    return undefined;
  } finally {
    client.close();
  }
}

test('an upstream that dies at any byte of its answer', async () => {
  const scene = await startProxyScene({ routes: (port) => [{ path: '/', stripPath: false, service: { port, retries: 0 } }] });
  const cases = Object.entries(EXCHANGES).flatMap(([name, exchange]) => Array.from({ length: exchange.response.length + 1 }, (_, cut) => ({ name, exchange, cut, ending: cut % 2 === 0 ? 'end' : 'reset' } as const)));
  scene.origin.respond(({ target }, socket) => {
    const { exchange, cut, ending } = cases[Number(target.slice(1))] ?? assert.fail(target);
    if (cut === 0) END_BY[ending](socket);
    else socket.write(exchange.response.slice(0, cut), 'latin1', () => END_BY[ending](socket));
    return undefined;
  });
  try {
    let next = 0;
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (let index = next++; index < cases.length; index = next++) {
        const { name, exchange, cut, ending } = cases[index] ?? assert.fail();
        const got = await outcome(scene, { ...exchange, request: exchange.request.replace('/', `/${index}`) });
        const whole = exchange.isUpgrade === true ? '101 ' : `200 ${exchange.body}`;
        const isWhole = cut === exchange.response.length;
        // A reset may overtake what was sent before it.
        if (isWhole && ending === 'end') assert.equal(got, whole, name);
        else assert.ok(got === undefined || got.startsWith('502 ') || (isWhole && got === whole), `${name}, ${cut} bytes: ${got}`);
      }
    }));
    await waitUntil('each to be recorded', () => scene.records.length === cases.length && scene.proxy.stats().activeRequests === 0);
    await waitUntil('nothing to be left', () => scene.proxy.stats().connections === 0 && scene.proxy.stats().busyUpstream === 0);
    assert.equal(scene.proxy.stats().endedRequests, cases.length);
    assert.deepEqual(scene.origin.oracle.violations, []);
  } finally {
    await scene.close();
  }
});

const RESPONSES = [
  ...Object.values(EXCHANGES).map(({ response }) => response),
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`,
  `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${LARGE.slice(0, 5_000)}`,
  'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n', 'SSH-2.0-x\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz',
];
const UPSTREAM_ENDINGS = ['stay', 'stay', 'silent', 'end', 'destroy', 'reset', 'more'] as const;
const CLIENT_ENDINGS = ['wait', 'half-close', 'leave', 'leave-later', 'reset'] as const;

const lifeScript = fc.record({
  isBuffered: fc.boolean(),
  kind: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'upgrade', 'nonsense'),
  bodyBytes: fc.constantFrom(0, 10, 5_000, 400_000),
  headers: fc.subarray(['Accept-Encoding: gzip\r\n', 'TE: trailers\r\n', 'Connection: close\r\n', 'Expect: 100-continue\r\n'], { maxLength: 1 }),
  requestShare: fc.constantFrom(1, 1, 1, 0.99, 0.7, 0.3),
  reads: fc.boolean(),
  clientEnding: fc.constantFrom(...CLIENT_ENDINGS),
  delayMs: fc.integer({ min: 0, max: 40 }),
  response: fc.constantFrom(...RESPONSES),
  responseShare: fc.constantFrom(1, 1, 0.9, 0.5, 0.1),
  upstreamEnding: fc.constantFrom(...UPSTREAM_ENDINGS),
});
type LifeScript = typeof lifeScript extends fc.Arbitrary<infer T> ? T : never;

function requestOf({ kind, bodyBytes, headers, isBuffered }: LifeScript, id: number): string {
  const line = `${isBuffered ? '/buffered' : '/plain'}/${id} HTTP/1.1\r\nHost: a\r\n`;
  const more = headers.join('');
  switch (kind) {
    case 'POST':
      return `POST ${line}${more}Content-Length: ${bodyBytes}\r\n\r\n${'y'.repeat(bodyBytes)}`;
    case 'PUT':
      return `PUT ${line}${more}Transfer-Encoding: chunked\r\n\r\n${bodyBytes === 0 ? '' : `${bodyBytes.toString(16)}\r\n${'y'.repeat(bodyBytes)}\r\n`}0\r\nX: y\r\n\r\n`;
    case 'upgrade':
      return `GET ${line}${KEY}\r\n`;
    case 'nonsense':
      return 'NONSENSE\r\n\r\n';
    case 'GET':
    case 'HEAD':
      return `${kind} ${line}${more.replace('Expect: 100-continue\r\n', '')}\r\n`;
  }
}

async function live(port: number, script: LifeScript, id: number): Promise<void> {
  const request = requestOf(script, id);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  if (script.reads) socket.resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(request.slice(0, Math.ceil(request.length * script.requestShare)), 'latin1');
  switch (script.clientEnding) {
    case 'wait':
      await Promise.race([closed, delay(150)]);
      break;
    case 'half-close':
      socket.end();
      await Promise.race([closed, delay(150)]);
      break;
    case 'leave':
      break;
    case 'leave-later':
      await delay(script.delayMs);
      break;
    case 'reset':
      await delay(script.delayMs);
      socket.resetAndDestroy();
  }
  socket.destroy();
}

test('lives of every kind end, once, and leave nothing behind', async () => {
  const service = { retries: 2, readTimeoutMs: 60, writeTimeoutMs: 60, connectTimeoutMs: 1_000, retryStatuses: new Set([503]) };
  const scene = await startProxyScene({
    routes: (port) => [{ path: '/', service: { port, ...service } }, { path: '/buffered', requestBuffering: true, responseBuffering: true, stripPath: false, service: { port, ...service } }],
    proxy: {
      limits: { abandonedAfterMs: 30, bodyTimeoutMs: 80, sendTimeoutMs: 80, lingerTimeoutMs: 30, idleTimeoutMs: 100, headTimeoutMs: 80, maxBufferedRequestBytes: 50_000 },
      messages: { compression: { codings: ['gzip'], minBytes: 1, types: COMPRESSIBLE_TYPES, levels: DEFAULT_LEVELS } },
    },
  });
  const scripts = new Map<string, LifeScript>();
  scene.origin.respond(({ target }, socket) => {
    const script = scripts.get(target.split('/').at(-1) ?? '');
    if (script === undefined || script.upstreamEnding === 'silent') return undefined;
    const { response, responseShare, upstreamEnding: ending } = script;
    socket.write(response.slice(0, Math.ceil(response.length * responseShare)), 'latin1', () => {
      if (ending === 'end' || ending === 'destroy' || ending === 'reset') END_BY[ending](socket);
      else if (ending === 'more') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    });
    return undefined;
  });
  let id = 0;
  let recorded = 0;
  try {
    await fc.assert(fc.asyncProperty(fc.array(lifeScript, { minLength: 20, maxLength: 20 }), async (run) => {
      const before = scene.records.length;
      await Promise.all(run.map((script) => {
        id += 1;
        scripts.set(String(id), script);
        return live(scene.port, script, id);
      }));
      await waitUntil('all to end', () => scene.proxy.stats().connections === 0 && scene.proxy.stats().activeRequests === 0 && scene.proxy.stats().busyUpstream === 0);
      const records = scene.records.length - before;
      // Of what was sent just before a reset nothing may have arrived.
      const certain = run.filter(({ clientEnding }) => clientEnding !== 'reset').length;
      assert.ok(records >= certain && records <= run.length, `${records} records of ${run.length} requests, ${certain} of them certain`);
      recorded += records;
      assert.equal(scene.proxy.stats().endedRequests, recorded);
    }), { numRuns: 12, endOnFailure: true });
    const posts = scene.origin.requests.filter(({ method }) => method === 'POST').map(({ target }) => target);
    assert.equal(new Set(posts).size, posts.length, 'no POST arrived twice');
    assert.deepEqual(scene.origin.oracle.violations, []);
    assert.deepEqual(scene.logLines().filter((line) => line.includes('request-failed') || line.includes('connection-failed')), [], 'no defect of ours');
  } finally {
    await scene.close();
  }
});
