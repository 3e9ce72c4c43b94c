import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject } from '../../model/definition.ts';
import { parseEntity } from '../../model/parse-entity.ts';
import { definitionOf } from '../../model/registry.ts';
import { mapCounterTable } from '../../plugin-kit/map-counter-table.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import type { CounterTable, PluginServices, RedisConnection, TakeResult } from '../plugin-services.ts';
import { pluginRegistry } from '../registry.ts';
import { rateLimitingAdvancedSchema } from './schema.ts';

const NOON = Date.UTC(2024, 1, 10, 12);
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const BOB = { id: 'bob-id', username: 'bob', customId: null };

function limiter(config: JsonObject, given: Partial<PluginServices> = {}) {
  let nowMs = NOON;
  const counters = given.counters ?? mapCounterTable(() => nowMs);
  const services = pluginServices({ pluginId: 'plugin-1', clock: { nowMs: () => nowMs, monotonicMs: () => nowMs }, ...given, counters });
  const instance = pluginRegistry.get('rate-limiting-advanced')?.create({ window_type: 'fixed', ...config }, services);
  assert.ok(instance !== undefined);
  const request = async (parts: HostParts = {}) => {
    const context = pluginContext(parts);
    const verdict = await pluginRun(instance).headAsync(context);
    return { verdict, status: verdict?.status, headers: Object.fromEntries(verdict?.headers ?? context.responseHeaders) };
  };
  return { services, instance, at: (ms: number): void => { nowMs = NOON + ms; }, request, statuses: async (times: number) => {
    const statuses = [];
    for (let turn = 0; turn < times; turn += 1) statuses.push((await request()).status);
    return statuses;
  } };
}

describe('windows', () => {
  test('of several each holds, and headers name them by their seconds or as people call them', async () => {
    const { request, at } = limiter({ limit: [2, 3], window_size: [30, 3600] });
    assert.deepEqual((await request()).headers, {
      'X-RateLimit-Limit-30': '2', 'X-RateLimit-Remaining-30': '1', 'X-RateLimit-Limit-Hour': '3', 'X-RateLimit-Remaining-Hour': '2',
      'RateLimit-Limit': '2', 'RateLimit-Remaining': '1', 'RateLimit-Reset': '30',
    });
    await request();
    assert.equal((await request()).status, 429);
    at(30_000);
    assert.deepEqual([(await request()).status, (await request()).status], [undefined, 429]);
  });

  test('that slide count the one before by the part that is still inside', async () => {
    const { at, statuses } = limiter({ limit: [10], window_size: [60], window_type: 'sliding', disable_penalty: true });
    at(59_000);
    assert.deepEqual((await statuses(12)).filter((status) => status === 429).length, 2);
    at(60_000);
    assert.deepEqual(await statuses(1), [429], 'all of the window before are less than a minute ago');
    at(90_000);
    assert.deepEqual((await statuses(7)).filter((status) => status === undefined).length, 5, 'half of them are');
  });

  test('that stand begin anew', async () => {
    const { at, statuses } = limiter({ limit: [2], window_size: [60] });
    at(59_000);
    assert.deepEqual(await statuses(3), [undefined, undefined, 429]);
    at(60_000);
    assert.deepEqual(await statuses(3), [undefined, undefined, 429]);
  });

  test('a penalty: in a window that slides refused requests count too, unless told otherwise', async () => {
    for (const [disabled, passing] of [[false, 0], [true, 5]] as const) {
      const { at, statuses } = limiter({ limit: [10], window_size: [60], window_type: 'sliding', disable_penalty: disabled });
      await statuses(30);
      at(90_000);
      assert.equal((await statuses(6)).filter((status) => status === undefined).length, passing);
    }
  });

  test('a limit of 0 lets nobody through', async () => {
    assert.deepEqual(await limiter({ limit: [0], window_size: [60] }).statuses(2), [429, 429]);
  });
});

test('a refusal says what was configured, and scatters those who come again', async () => {
  const { request } = limiter({ limit: [1], window_size: [60], error_code: 503, error_message: 'Slow down', retry_after_jitter_max: 5 });
  await request();
  const seen = new Set<number>();
  for (let turn = 0; turn < 50; turn += 1) {
    const { verdict, headers } = await request();
    assert.deepEqual([verdict?.status, verdict?.message, headers['RateLimit-Reset']], [503, 'Slow down', '60']);
    seen.add(Number(headers['Retry-After']));
  }
  assert.ok([...seen].every((seconds) => seconds >= 60 && seconds <= 65) && seen.size > 1);
});

test('no headers where told so', async () => {
  const { request } = limiter({ limit: [1], window_size: [60], hide_client_headers: true });
  assert.deepEqual([(await request()).headers, (await request()).headers], [{}, {}]);
});

describe('what counts as one client', () => {
  async function sameClient(config: JsonObject, one: HostParts, other: HostParts, services: Partial<PluginServices> = {}): Promise<boolean> {
    const { request } = limiter({ limit: [1], window_size: [60], ...config }, services);
    await request(one);
    return (await request(other)).status === 429;
  }
  const [here, there] = [{ clientAddress: '192.0.2.1' }, { clientAddress: '192.0.2.2' }];

  test('a combination counts for itself, and what one part says can not reach into the next', async () => {
    const compound = { compound_identifier: ['consumer', 'header'], header_name: 'x-a' };
    assert.ok(await sameClient(compound, { consumer: ANN, headers: [['x-a', '1']] }, { ...there, consumer: ANN, headers: [['X-A', '1']] }));
    assert.ok(!(await sameClient(compound, { consumer: ANN, headers: [['x-a', '1']] }, { consumer: ANN, headers: [['x-a', '2']] })));
    assert.ok(!(await sameClient(compound, { consumer: ANN, headers: [['x-a', '1']] }, { consumer: BOB, headers: [['x-a', '1']] })));
    assert.ok(!(await sameClient(compound, { headers: [['x-a', 'b']] }, { headers: [['x-a', 'b header 1 b']] })));
    assert.ok(!(await sameClient(compound, here, there)), 'without any of it the address');
    assert.ok(await sameClient({ compound_identifier: ['ip', 'service'] }, { clientAddress: '2001:db8::1', service: 's' }, { clientAddress: '2001:db8::2', service: 's' }), 'IPv6 by /64');
  });

  test('the group that the plugin is for counts as one; without a group the address', async () => {
    const group = { consumerGroupId: 'group-1' };
    assert.ok(await sameClient({ identifier: 'consumer-group' }, { ...here, consumer: ANN }, { ...there, consumer: BOB }, group));
    assert.ok(!(await sameClient({ identifier: 'consumer-group' }, here, there)));
  });

  test('plugins with one namespace count together, others apart; no namespace reads like an id', async () => {
    const counters = mapCounterTable();
    const one = limiter({ limit: [1], window_size: [60], namespace: 'shared' }, { counters, pluginId: 'plugin-1' });
    const two = limiter({ limit: [1], window_size: [60], namespace: 'shared' }, { counters, pluginId: 'plugin-2' });
    const three = limiter({ limit: [1], window_size: [60] }, { counters, pluginId: 'shared' });
    const four = limiter({ limit: [1], window_size: [60], namespace: 'plugin-9' }, { counters, pluginId: 'plugin-1' });
    const five = limiter({ limit: [1], window_size: [60] }, { counters, pluginId: 'plugin-9' });
    assert.deepEqual([await one.statuses(1), await two.statuses(1), await three.statuses(1), await four.statuses(1), await five.statuses(1)], [[undefined], [429], [undefined], [undefined], [undefined]]);
  });
});

test('shared keys are hashes, and a value of a header is in none of them', async () => {
  const keys: string[] = [];
  const cluster: CounterTable = { take: (key) => (keys.push(typeof key === 'string' ? key : key.text), { kind: 'taken', remaining: [1] }), add: () => [] };
  await limiter({ limit: [2], window_size: [60], strategy: 'cluster', identifier: 'header', header_name: 'authorization' }, { cluster, secrets: { keyedHash: (text) => `h(${text.length})` } }).request({ headers: [['authorization', 'secret']] });
  assert.deepEqual(keys, [`h(${'plugin-1 header secret'.length})`]);
});

test('without Redis each data plane limits for itself, and says so', async () => {
  const down: RedisConnection = { command: () => Promise.reject(new Error('REDIS_UNAVAILABLE')), script: () => Promise.reject(new Error('REDIS_UNAVAILABLE')) };
  const { statuses, services, instance } = limiter({ limit: [2], window_size: [60], strategy: 'redis', sync_rate: 0, redis: { host: 'redis.test' } }, { redis: () => down });
  assert.equal(instance.isAsync, true);
  assert.deepEqual(await statuses(3), [undefined, undefined, 429]);
  assert.ok('warnings' in services);
});

describe('what cannot be counted', () => {
  const down: RedisConnection = { command: () => Promise.reject(new Error('REDIS_UNAVAILABLE')), script: () => Promise.reject(new Error('REDIS_UNAVAILABLE')) };
  const full: CounterTable = { add: () => [], take: (): TakeResult => ({ kind: 'full' }) };
  const minute = { limit: [2], window_size: [60] };
  const redis = { ...minute, strategy: 'redis', sync_rate: 0, redis: { host: 'redis.test' } };

  test('gets a 500 without Redis where faults are not tolerated, also where the data plane has room', async () => {
    const counters = mapCounterTable();
    const { request } = limiter({ ...redis, fault_tolerant: false }, { redis: () => down, counters });
    assert.deepEqual(await request(), { verdict: { kind: 'respond', status: 500, message: 'An unexpected error occurred' }, status: 500, headers: {} });
    assert.deepEqual(counters.keys(), []);
  });

  test('passes where the counter table is full, or gets a 500 where faults are not tolerated', async () => {
    for (const strategy of ['local', 'cluster']) {
      const given = { counters: full, cluster: full };
      assert.deepEqual(await limiter({ ...minute, strategy }, given).request(), { verdict: undefined, status: undefined, headers: {} }, strategy);
      assert.deepEqual(await limiter({ ...minute, strategy, fault_tolerant: false }, given).statuses(1), [500], strategy);
    }
    assert.deepEqual(await limiter(redis, { redis: () => down, counters: full }).statuses(1), [undefined], 'neither Redis nor room');
  });

  test('is nothing with a sync_rate above 0: each data plane limits for itself, whether faults are tolerated or not', async () => {
    for (const tolerant of [true, false]) {
      const given = { redis: () => down, every: () => ({ cancel: () => undefined }) };
      assert.deepEqual(await limiter({ ...redis, sync_rate: 1, fault_tolerant: tolerant }, given).statuses(3), [undefined, undefined, 429]);
    }
  });
});

test('a sync_rate of -1 asks no Redis at all', async () => {
  const { statuses, instance } = limiter({ limit: [1], window_size: [60], strategy: 'redis', sync_rate: -1, redis: { host: 'redis.test' } }, { redis: () => assert.fail('it is not asked') });
  assert.equal(instance.isAsync, undefined);
  assert.deepEqual(await statuses(2), [undefined, 429]);
});

test('what the control plane accepts', () => {
  const problems = (config: JsonObject): readonly string[] => {
    const parsed = parseEntity(definitionOf('plugins'), { name: 'rate-limiting-advanced', config }, {
      mode: 'create', pluginSchemaOf: () => rateLimitingAdvancedSchema, newId: () => '00000000-0000-7000-8000-000000000001', newKey: () => '', nowSeconds: 0,
    });
    return parsed.kind === 'entity' ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
  };
  const fine = { limit: [5], window_size: [60] };
  assert.deepEqual(problems(fine), []);
  assert.deepEqual(problems({ ...fine, strategy: 'cluster', sync_rate: 10, namespace: 'x', consumer_groups: ['gold'], enforce_consumer_groups: true }), []);
  assert.deepEqual(problems({ limit: [5, 6], window_size: [60] }), ['config.window_size: You must provide the same number of windows and limits']);
  assert.deepEqual(problems({ limit: [5, 6], window_size: [60, 60] }), ['config.window_size: each window size may stand there once']);
  assert.deepEqual(problems({ ...fine, identifier: 'header' }), ['config.header_name: required field missing']);
  assert.deepEqual(problems({ ...fine, compound_identifier: ['ip', 'path'] }), ['config.path: required field missing']);
  assert.deepEqual(problems({ ...fine, strategy: 'redis', redis: { host: 'r' } }).length, 1);
  assert.deepEqual(problems({ ...fine, strategy: 'redis', sync_rate: 0, redis: { host: 'r', cluster_nodes: [{ ip: '10.0.0.1' }] } }), ['config.redis.cluster_nodes: Redis Cluster and Sentinel are not available in this version: name one server by host and port']);
  for (const wrong of [{ limit: [-1], window_size: [60] }, { limit: [1], window_size: [0] }, { limit: [], window_size: [] }, { limit: [1.5], window_size: [60] }]) assert.ok(problems(wrong).length > 0);
});
