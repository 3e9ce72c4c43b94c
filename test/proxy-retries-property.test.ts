/** Whatever targets do, a request that may not be sent twice is not, and each request gets one answer and one record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startProxyScene } from './support/proxy-scene.ts';
import { response, startRecordingOrigin, type RecordingOrigin, type Responder } from './support/recording-origin.ts';
import { staticConfig, staticUpstream } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const BEHAVIOURS: Readonly<Record<string, Responder>> = {
  answers: () => response('fine'),
  busy: () => response('busy', [], '503 Busy'),
  resets: (_, socket) => void socket.destroy(),
  halfHead: (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nConte', () => socket.destroy()),
  halfBody: (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy()),
  nonsense: () => 'SSH-2.0-x\r\n\r\n',
  silent: () => undefined,
  closesAfter: (_, socket) => void socket.end(response('fine')),
};

const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'PATCH'] as const;
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE']);
const RETRIES = 3;

test('random failures of three targets', async () => {
  const origins: RecordingOrigin[] = await Promise.all(Array.from({ length: 3 }, () => startRecordingOrigin()));
  const scene = await startProxyScene();
  const healthchecks = { passive: { unhealthy: { tcp_failures: 3 } } };
  let serial = 0;
  try {
    const behaviour = fc.constantFrom(...Object.keys(BEHAVIOURS));
    const run = fc.record({
      plans: fc.array(fc.array(behaviour, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
      requests: fc.array(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 8 }),
      keepsAlive: fc.boolean(),
    });
    await fc.assert(fc.asyncProperty(run, async ({ plans, requests, keepsAlive }) => {
      for (const [index, origin] of origins.entries()) {
        let turn = 0;
        origin.respond((request, socket) => {
          const plan = plans[index] ?? [];
          turn += 1;
          return BEHAVIOURS[plan[turn % plan.length] ?? 'answers']?.(request, socket);
        });
      }
      serial += 1;
      const upstream = { ...staticUpstream(origins.map(({ port }) => ({ host: '127.0.0.1', port })), null, { healthchecks }), id: `run-${serial}` };
      scene.serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { host: 'u', upstream, retries: RETRIES, readTimeoutMs: 60, retryStatuses: new Set([503]) } }] }));
      const before = scene.records.length;
      let client = await scene.connect();
      for (const [index, method] of requests.entries()) {
        if (!keepsAlive || client.ended) client = await scene.connect();
        client.send(`${method} /${serial}/${index} HTTP/1.1\r\nHost: a\r\n${method === 'GET' ? '' : 'Content-Length: 2\r\n'}\r\n${method === 'GET' ? '' : 'hi'}`);
        // A response that breaks off ends the connection instead.
        await Promise.race([client.response().then(() => undefined, () => undefined), client.waitForEnd()]);
      }
      await waitUntil('each request to be recorded', () => scene.records.length === before + requests.length);
      const arrivals = origins.flatMap((origin) => origin.requests.map(({ method, target, body }) => ({ method, target, body })).filter(({ target }) => target.startsWith(`/${serial}/`)));
      // Each try may meet an idle connection that closes on it, and then goes over a fresh one once.
      const most = 2 * (RETRIES + 1);
      for (const [index, method] of requests.entries()) {
        const mine = arrivals.filter(({ target }) => target === `/${serial}/${index}`);
        assert.ok(mine.length <= (REPEATABLE.has(method) ? most : 1), `${method} arrived ${mine.length} times`);
        for (const { body } of mine) assert.equal(body, method === 'GET' ? '' : 'hi');
      }
    }), { numRuns: 30, endOnFailure: true });
    await waitUntil('nothing to be left', () => scene.proxy.stats().activeRequests === 0 && scene.proxy.stats().busyUpstream === 0);
  } finally {
    await scene.close();
    await Promise.all(origins.map((origin) => origin.close()));
  }
});
