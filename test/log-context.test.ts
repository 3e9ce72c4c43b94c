/** What a plugin sees in the log of a request that went through the real engine: attempts, times, header lines, phases. */
import assert from 'node:assert/strict';
import type { LogContext, PhaseTime, PluginInstance, UpstreamTry } from '../shared/plugins/contract.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

interface Seen extends Pick<LogContext, 'status' | 'upstreamStatus' | 'upstreamUri' | 'upstreamMs' | 'gatewayMs' | 'totalMs' | 'startedAtMs' | 'traceId' | 'tls'> {
  readonly tries: readonly UpstreamTry[];
  readonly phases: readonly PhaseTime[] | undefined;
  readonly requestHeaders: readonly (readonly [string, string])[];
  readonly responseHeaders: readonly (readonly [string, string])[];
}

const TRACE = 'a'.repeat(32);

/** Keeps what `log` shows, as it was then. */
function witness(seen: Seen[], begin?: PluginInstance['begin']): PluginInstance {
  return {
    ...(begin === undefined ? {} : { begin }),
    log: (context) => {
      const { status, upstreamStatus, upstreamUri, upstreamMs, gatewayMs, totalMs, startedAtMs, traceId, tls, tries, phases } = context;
      seen.push({ status, upstreamStatus, upstreamUri, upstreamMs, gatewayMs, totalMs, startedAtMs, traceId, tls, tries, phases, requestHeaders: context.requestHeaders(), responseHeaders: context.responseHeaders() });
    },
  };
}

const request = (path: string, lines: readonly string[] = []): string => [`GET ${path} HTTP/1.1`, 'Host: client.test', ...lines, '', ''].join('\r\n');
const later = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), ms));

scenario('a request that passes: one attempt, and times that add up', {}, async ({ serve, origin, exchange, port }) => {
  const seen: Seen[] = [];
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port, path: '/base' }, plugins: [{ name: 'witness', instance: witness(seen) }] }] }));
  let answer = '';
  origin.respond((_, socket) => {
    setTimeout(() => socket.write(answer), 30);
    return undefined;
  });
  answer = response('hello', ['X-Twice: 1', 'X-Twice: 2'], '404 Not Found');
  for (let n = 0; n < 2; n += 1) await exchange(request('/a?b=1', ['X-Twice: 1', 'x-twice: 2']));
  await waitUntil('both logs', () => seen.length === 2);
  for (const one of seen) {
    assert.deepEqual([one.status, one.upstreamStatus, one.upstreamUri, one.traceId, one.tls, one.phases], [404, 404, '/base/a?b=1', undefined, undefined, undefined]);
    assert.ok(one.upstreamMs >= 25 && one.gatewayMs < one.upstreamMs && one.upstreamMs + one.gatewayMs <= one.totalMs + 0.001, JSON.stringify(one));
    assert.deepEqual(one.requestHeaders.filter(([name]) => name.toLowerCase() === 'x-twice'), [['X-Twice', '1'], ['x-twice', '2']]);
    assert.deepEqual(one.responseHeaders.filter(([name]) => name === 'X-Twice').map(([, value]) => value), ['1', '2']);
    assert.ok(one.responseHeaders.some(([name]) => name === 'X-Kong-Request-Id'));
    assert.equal(one.tries.length, 1);
    const [only] = one.tries;
    assert.deepEqual([only?.upstream, only?.target, only?.address, only?.port, only?.status, only?.failure], ['127.0.0.1', `127.0.0.1:${origin.port}`, '127.0.0.1', origin.port, 404, undefined]);
    assert.ok(only !== undefined && only.startedAtMs >= one.startedAtMs && only.totalMs >= one.upstreamMs - 0.001 && Math.abs(only.startedAtMs - Date.now()) < 60_000);
  }
  assert.ok((seen[0]?.tries[0]?.connectMs ?? 0) > 0, 'the first had to connect');
  assert.equal(seen[1]?.tries[0]?.connectMs, 0, 'the second met an open connection');
  assert.notEqual(port, origin.port);
});

scenario('the names under which plugins of the route take credentials are known to the log', {}, async ({ serve, origin, exchange }) => {
  const names: (readonly string[])[] = [];
  const log: PluginInstance = { log: ({ credentialNames }) => void names.push(credentialNames) };
  const [one, other] = [{ name: 'one', instance: { credentialNames: ['my-key'], log: () => undefined } }, { name: 'other', instance: { credentialNames: ['jwt', 'x-jwt'] } }];
  const service = { port: origin.port };
  serve(staticConfig({ routes: [{ path: '/keys', service, plugins: [one, other, { name: 'log', instance: log }] }, { path: '/open', service, plugins: [{ name: 'log', instance: log }] }] }));
  await exchange(request('/keys'));
  await exchange(request('/open'));
  await waitUntil('both logs', () => names.length === 2);
  assert.deepEqual([names[0]?.toSorted(), names[1]], [['jwt', 'my-key', 'x-jwt'], []]);
});

scenario('attempts that failed stand before the one that did not, and one that nobody answered is the last', {}, async ({ serve, origin, exchange }) => {
  const seen: Seen[] = [];
  const plugins = [{ name: 'witness', instance: witness(seen) }];
  const upstream = staticUpstream([{ host: '127.0.0.1', port: 1 }, { host: '127.0.0.1', port: origin.port, weight: 1 }]);
  serve(staticConfig({ routes: [{ path: '/up', stripPath: false, service: { host: 'upstream', upstream, retryStatuses: new Set([503]) }, plugins }, { path: '/down', service: { port: 1, retries: 2 }, plugins }] }));
  origin.respond((_, socket) => void setTimeout(() => socket.write(response('slow')), 20));
  let headers: readonly (string | undefined)[] = [];
  await waitUntil('a request that met the target that is down first', async () => {
    const before = seen.length;
    const answer = await exchange(request('/up'));
    await waitUntil('its log', () => seen.length > before);
    headers = [answer.header('x-kong-upstream-latency'), answer.header('x-kong-proxy-latency')];
    return (seen.at(-1)?.tries.length ?? 0) > 1;
  });
  const tries = seen.at(-1)?.tries ?? [];
  assert.deepEqual(tries.map(({ upstream: name, target, status, failure }) => [name, target, status, failure]), [['upstream', '127.0.0.1:1', undefined, 'connect'], ['upstream', `127.0.0.1:${origin.port}`, 200, undefined]]);
  const [lost, won] = tries;
  assert.ok(lost !== undefined && won !== undefined && won.startedAtMs >= lost.startedAtMs + lost.totalMs - 0.001);
  assert.ok(Math.abs((seen.at(-1)?.upstreamMs ?? 0) - (won.startedAtMs + won.totalMs - lost.startedAtMs)) < 0.01, 'from the first wish for a connection to the answer');
  assert.equal(headers[0], String(Math.floor(seen.at(-1)?.upstreamMs ?? 0)), 'the header tells the same');
  assert.ok(Math.abs(lost.startedAtMs - (seen.at(-1)?.startedAtMs ?? 0) - Number(headers[1])) < 1.01, 'and what came before it is the gateway’s');
  assert.equal((await exchange(request('/down'))).status, 502);
  const last = await waitUntil('the log of the failure', () => (seen.at(-1)?.status === 502 ? seen.at(-1) : undefined));
  assert.deepEqual([last.upstreamStatus, last.upstreamUri], [undefined, undefined]);
  assert.deepEqual(last.tries.map(({ failure }) => failure), ['connect', 'connect']);
  assert.ok(last.upstreamMs >= 10 && last.gatewayMs > 0 && last.gatewayMs < last.upstreamMs, `the pause before the retry is the upstream's: ${JSON.stringify(last)}`);
});

scenario('phases are timed where a plugin asks for it before the others begin, with what it waited for', {}, async ({ serve, origin, exchange }) => {
  const seen: Seen[] = [];
  const timed = witness(seen, (context) => {
    context.timePhases();
    context.setTraceId(TRACE);
  });
  const slow: PluginInstance = { isAsync: true, requestHead: async () => later(20), upstreamRequest: () => undefined, responseHead: (context) => context.collectBody(100), responseBody: () => undefined };
  const refusing: PluginInstance = { requestHead: ({ request: { path } }) => (path === '/refused' ? { kind: 'respond', status: 403 } : undefined) };
  serve(staticConfig({ routes: [{ path: '/', service: { port: origin.port }, plugins: [{ name: 'slow', priority: 2_000, instance: slow }, { name: 'refusing', priority: 1_000, instance: refusing }, { name: 'timed', priority: 10, instance: timed }] }] }));
  await exchange(request('/'));
  await exchange(request('/refused'));
  await waitUntil('both logs', () => seen.length === 2);
  const named = (one: Seen | undefined): readonly string[] => (one?.phases ?? []).map(({ name, plugin }) => `${name} ${plugin ?? ''}`.trim());
  assert.deepEqual(named(seen[0]), ['routing', 'requestHead slow', 'requestHead refusing', 'upstreamRequest slow', 'responseHead slow', 'responseBody slow']);
  assert.deepEqual(named(seen[1]), ['routing', 'requestHead slow', 'requestHead refusing', 'responseHead slow', 'responseBody slow']);
  assert.equal(seen[0]?.traceId, TRACE);
  for (const { phases = [], startedAtMs } of seen) {
    assert.ok(Math.abs((phases[0]?.startMs ?? 0) - startedAtMs) < 0.001);
    for (const [place, { startMs, endMs }] of phases.entries()) assert.ok(endMs >= startMs && startMs >= (phases[place - 1]?.endMs ?? 0) - 0.001);
    const waited = phases.find(({ name, plugin }) => name === 'requestHead' && plugin === 'slow');
    assert.ok(waited !== undefined && waited.endMs - waited.startMs >= 15);
  }
});
