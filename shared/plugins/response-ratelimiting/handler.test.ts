import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../model/definition.ts';
import { parseEntity } from '../../model/parse-entity.ts';
import { definitionOf } from '../../model/registry.ts';
import { mapCounterTable } from '../../plugin-kit/map-counter-table.ts';
import { pluginContext, pluginRun, pluginServices, responseContext, type HostParts, type PluginRun } from '../../plugin-kit/plugin-host.ts';
import type { CounterTable, PluginServices, RedisConnection, TakeResult } from '../plugin-services.ts';
import { pluginRegistry } from '../registry.ts';
import { incrementsIn } from './handler.ts';
import { responseRatelimitingSchema } from './schema.ts';

const LIMITS = { video: { minute: 3, hour: 10 }, image: { minute: 2 } };

function limiter(config: JsonObject = {}, given: Partial<PluginServices> = {}) {
  let nowMs = Date.UTC(2024, 1, 10, 12);
  const services = pluginServices({ pluginId: 'plugin-1', counters: mapCounterTable(), clock: { nowMs: () => nowMs, monotonicMs: () => nowMs }, ...given });
  const instance = pluginRegistry.get('response-ratelimiting')?.create({ limits: LIMITS, ...config }, services);
  assert.ok(instance !== undefined);
  const asked = async (parts: HostParts = {}) => {
    const run = pluginRun(instance);
    const context = pluginContext(parts);
    return { run, context, verdict: await run.headAsync(context) };
  };
  const answer = (run: PluginRun, costs: readonly string[], generated = false) => {
    const response = responseContext({ responseHeaders: costs.map((cost) => ['X-Kong-Limit', cost]), generated });
    run.response(response);
    return { status: response.instead?.status, headers: Object.fromEntries(response.sentHeaders), instead: response.instead };
  };
  return {
    services, asked, answer, at: (ms: number): void => { nowMs += ms; },
    exchange: async (...costs: string[]) => answer((await asked()).run, costs),
  };
}

test('what a response costs is counted, and the client and the service are told what is left', async () => {
  const { asked, answer } = limiter();
  const first = await asked();
  assert.deepEqual(first.context.effects, ['set-upstream X-RateLimit-Remaining-Video: 3', 'set-upstream X-RateLimit-Remaining-Image: 2']);
  assert.deepEqual(answer(first.run, ['video=2, image=1']).headers, {
    'X-RateLimit-Limit-Video-Minute': '3', 'X-RateLimit-Remaining-Video-Minute': '1', 'X-RateLimit-Limit-Video-Hour': '10', 'X-RateLimit-Remaining-Video-Hour': '8',
    'X-RateLimit-Limit-Image-Minute': '2', 'X-RateLimit-Remaining-Image-Minute': '1',
  }, 'the header of the service is gone');
  assert.deepEqual((await asked()).context.effects, ['set-upstream X-RateLimit-Remaining-Video: 1', 'set-upstream X-RateLimit-Remaining-Image: 1']);
});

test('who has something left gets the response, whatever it costs; then nothing that costs more', async () => {
  const { exchange, at } = limiter();
  assert.equal((await exchange('video=5')).status, undefined);
  const refused = await exchange('video=1, image=1');
  assert.deepEqual([refused.status, refused.instead?.message, Object.fromEntries(refused.instead?.headers ?? [])['X-RateLimit-Remaining-Video-Minute']], [429, 'API rate limit exceeded', '0']);
  assert.equal((await exchange('image=1')).headers['X-RateLimit-Remaining-Image-Minute'], '1', 'what was refused cost nothing');
  assert.equal((await exchange()).status, undefined);
  at(60_000);
  assert.equal((await exchange('video=1')).headers['X-RateLimit-Remaining-Video-Hour'], '4');
});

test('of many responses at once, one at most goes beyond what was left', async () => {
  const { asked, answer } = limiter();
  const under = await Promise.all(Array.from({ length: 20 }, () => asked()));
  assert.equal(under.filter(({ run }) => answer(run, ['video=2']).status === undefined).length, 2);
});

test('a response that comes when the window has ended counts in the next one, where all is left', async () => {
  const { asked, answer, exchange, at } = limiter();
  await exchange('image=2');
  const slow = await asked();
  at(60_000);
  const { status, headers } = answer(slow.run, ['image=1']);
  assert.deepEqual([status, headers['X-RateLimit-Remaining-Image-Minute']], [undefined, '1']);
  assert.equal((await asked()).context.effects[1], 'set-upstream X-RateLimit-Remaining-Image: 1');
});

test('with redis too', async () => {
  const asks: (readonly (string | number)[])[] = [];
  const redis: RedisConnection = { command: () => Promise.resolve(null), script: (_, keys, words) => (asks.push([...keys.filter((_key, index) => index % 2 === 0), words[0] ?? '']), Promise.resolve([1, '2'])) };
  const { asked, answer, at } = limiter({ policy: 'redis', redis: { host: 'redis.test' }, limits: { image: { minute: 2 } } }, { redis: () => redis });
  const slow = await asked();
  assert.equal(slow.context.effects[0], 'set-upstream X-RateLimit-Remaining-Image: 0');
  at(60_000);
  const { status, headers } = answer(slow.run, ['image=1']);
  assert.deepEqual([status, headers['X-RateLimit-Remaining-Image-Minute']], [undefined, '1']);
  const minute = Date.UTC(2024, 1, 10, 12);
  assert.deepEqual(asks.map(([key, amount]) => [String(key).split(':').at(-1), amount]), [[String(minute), 0], [String(minute + 60_000), 1]]);
});

test('requests are refused before the service is asked, where that is wanted', async () => {
  const { exchange, asked } = limiter({ block_on_first_violation: true });
  await exchange('image=2');
  assert.deepEqual((await asked()).verdict, { kind: 'respond', status: 429, message: 'API rate limit exceeded' });
});

test('no headers where told so', async () => {
  assert.deepEqual((await limiter({ hide_client_headers: true }).exchange('video=1')).headers, {});
});

test('only the service says what a response costs: not the client, not the gateway, and nothing in another form', async () => {
  const { asked, answer } = limiter();
  const { run } = await asked({ headers: [['x-kong-limit', 'video=3']] });
  assert.equal(answer(run, []).headers['X-RateLimit-Remaining-Video-Minute'], '3');
  assert.equal(answer((await asked()).run, ['video=3'], true).headers['X-RateLimit-Remaining-Video-Minute'], '3');
  assert.deepEqual([...incrementsIn(['video=2,image = 1', 'other=1'])], [['video', 2], ['image', 1], ['other', 1]]);
  for (const odd of ['', 'video', '=1', 'video=', 'video=-1', 'video=1.5', 'video=1e9', 'video=0x10', 'video=1=2', 'video=9999999999999', 'video=NaN']) assert.deepEqual([...incrementsIn([odd])], [], odd);
  assert.deepEqual([...incrementsIn(['__proto__=1, constructor=2'])], [['__proto__', 1], ['constructor', 2]], 'names are names');
});

test('clients are told apart', async () => {
  const { asked, answer } = limiter({ limit_by: 'ip' });
  for (const address of ['2001:db8::1', '2001:db8::2']) answer((await asked({ clientAddress: address })).run, ['image=1']);
  assert.deepEqual((await asked({ clientAddress: '2001:db8::3' })).context.effects[1], 'set-upstream X-RateLimit-Remaining-Image: 0');
  assert.deepEqual((await asked({ clientAddress: '2001:db8:0:1::1' })).context.effects[1], 'set-upstream X-RateLimit-Remaining-Image: 2');
});

test('a Redis that is down when the request comes: open, or closed where faults are not tolerated', async () => {
  const down: RedisConnection = { command: () => Promise.reject(new Error('down')), script: () => Promise.reject(new Error('down')) };
  const redis = { policy: 'redis', redis: { host: 'redis.test' } };
  const open = await limiter(redis, { redis: () => down }).exchange('video=1');
  assert.deepEqual([open.status, open.headers], [undefined, {}]);
  assert.deepEqual((await limiter({ ...redis, fault_tolerant: false }, { redis: () => down }).asked()).verdict, { kind: 'respond', status: 500, message: 'An unexpected error occurred' });
});

test('a counter table that is full when the request comes: open, or closed where faults are not tolerated; and logged', async () => {
  const full: CounterTable = { add: () => [], take: (): TakeResult => ({ kind: 'full' }) };
  for (const policy of ['local', 'cluster']) {
    const given = { counters: full, cluster: full };
    const open = limiter({ policy }, given);
    assert.deepEqual([await open.exchange('video=1'), open.services.warnings], [{ status: undefined, headers: {}, instead: undefined }, ['response-ratelimiting-not-counted']], policy);
    assert.deepEqual((await limiter({ policy, fault_tolerant: false }, given).asked()).verdict, { kind: 'respond', status: 500, message: 'An unexpected error occurred' }, policy);
  }
});

test('a counter table that is full when the response comes: open, or a 500 instead of what costs something; and logged', async () => {
  const filled = (): CounterTable => ({ ...mapCounterTable(), take: (): TakeResult => ({ kind: 'full' }) });
  const open = limiter({}, { counters: filled() });
  const passed = await open.exchange('video=1');
  assert.deepEqual([passed.status, passed.headers['X-RateLimit-Remaining-Video-Minute'], open.services.warnings], [undefined, '3', ['response-ratelimiting-not-counted']]);
  const closed = limiter({ fault_tolerant: false }, { counters: filled() });
  assert.deepEqual((await closed.exchange('video=1')).instead, { kind: 'respond', status: 500, message: 'An unexpected error occurred' });
  assert.equal((await closed.exchange()).status, undefined, 'what costs nothing needs no counter');
});

test('a Redis that is lost between the request and the response: the response passes, also where faults are not tolerated; then those decide', async () => {
  let isDown = false;
  const redis: RedisConnection = { command: () => Promise.resolve(null), script: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve([1, '0'])) };
  const { asked, answer, services } = limiter({ policy: 'redis', redis: { host: 'redis.test' }, limits: { image: { minute: 2 } }, fault_tolerant: false }, { redis: () => redis });
  const { run } = await asked();
  isDown = true;
  assert.equal(answer(run, ['image=1']).status, undefined);
  assert.equal((await asked()).verdict?.status, 500);
  assert.deepEqual(services.warnings, ['response-ratelimiting-not-counted', 'response-ratelimiting-not-counted']);
});

test('what the control plane accepts', () => {
  const problems = (config: JsonObject): readonly string[] => {
    const parsed = parseEntity(definitionOf('plugins'), { name: 'response-ratelimiting', config }, {
      mode: 'create', pluginSchemaOf: () => responseRatelimitingSchema, newId: () => '00000000-0000-7000-8000-000000000001', newKey: () => '', nowSeconds: 0,
    });
    return parsed.kind === 'entity' ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
  };
  assert.deepEqual(problems({ limits: LIMITS }), []);
  assert.deepEqual(problems({ limits: { video: { minute: 5, hour: 4 } } }), ['config.limits.video.hour: the limit for hour(4) cannot be lower than the limit for minute(5)']);
  assert.deepEqual(problems({ limits: { video: { minute: 5 }, Video: { minute: 5 } } }), ['config.limits.Video: differs from another limit by case alone, and headers know no case']);
  for (const limits of [{}, { video: {} }, { 'vi deo': { minute: 1 } }, { video: { minute: 0 } }]) assert.ok(problems({ limits }).length > 0, JSON.stringify(limits));
  assert.deepEqual(problems({ limits: LIMITS, policy: 'redis' }).at(-1), 'config.redis.host: required field missing');
});
