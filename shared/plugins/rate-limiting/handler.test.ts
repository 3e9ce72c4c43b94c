import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import type { JsonObject } from '../../model/definition.ts';
import { parseEntity } from '../../model/parse-entity.ts';
import { definitionOf } from '../../model/registry.ts';
import { mapCounterTable } from '../../plugin-kit/map-counter-table.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import type { CounterTable, PluginServices, RedisConnection, RedisReply, TakeResult } from '../plugin-services.ts';
import { calendarWindowAt } from '../../plugin-parts/calendar-window.ts';
import { clientNetwork } from '../../plugin-parts/client-network.ts';
import { rateLimitingFactory } from './handler.ts';
import { rateLimitingSchema, type RateLimitingConfig } from './schema.ts';

const NOON_AND_A_HALF_MINUTE = Date.UTC(2024, 1, 10, 12, 0, 30, 500);
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const CREDENTIAL = { id: 'credential-1', consumerId: 'ann-id' };
const NO_REDIS: RateLimitingConfig['redis'] = { host: null, port: 6379, timeout: 2000, username: null, password: null, database: 0, ssl: false, ssl_verify: false, server_name: null };
const DEFAULTS: RateLimitingConfig = {
  second: null, minute: null, hour: null, day: null, month: null, year: null, limit_by: 'consumer', header_name: null, path: null, policy: 'local',
  fault_tolerant: true, hide_client_headers: false, error_code: 429, error_message: 'API rate limit exceeded', sync_rate: -1, redis: NO_REDIS,
};

function limiter(given: Partial<RateLimitingConfig>, counters: CounterTable = mapCounterTable(), pluginId = 'plugin-1') {
  let nowMs = NOON_AND_A_HALF_MINUTE;
  const services = pluginServices({ pluginId, counters, clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } });
  const instance = rateLimitingFactory.create({ ...DEFAULTS, ...given }, services);
  return {
    warnings: services.warnings,
    at: (ms: number): void => { nowMs = ms; },
    request: (parts: HostParts = {}) => {
      const context = pluginContext(parts);
      const verdict = pluginRun(instance).head(context);
      return { verdict, status: verdict?.status, headers: Object.fromEntries(verdict?.headers ?? context.responseHeaders) };
    },
  };
}

describe('limits', () => {
  test('pass up to the limit and refuse beyond, until the window ends', () => {
    const { request, at } = limiter({ minute: 2 });
    assert.deepEqual([request().status, request().status, request().status, request().status], [undefined, undefined, 429, 429]);
    at(Date.UTC(2024, 1, 10, 12, 0, 59, 999));
    assert.equal(request().status, 429);
    at(Date.UTC(2024, 1, 10, 12, 1));
    assert.equal(request().status, undefined);
  });

  test('of several windows each holds, and a refused request counts in none', () => {
    const { request, at } = limiter({ second: 1, hour: 3 });
    assert.deepEqual([request().status, request().status, request().status], [undefined, 429, 429]);
    for (const [second, status] of [[31, undefined], [32, undefined], [33, 429]] as const) {
      at(Date.UTC(2024, 1, 10, 12, 0, second));
      assert.equal(request().status, status, `second ${second}`);
    }
  });

  test('a refusal says what was configured', () => {
    const { request } = limiter({ minute: 1, error_code: 503, error_message: 'Slow down' });
    request();
    const { verdict } = request();
    assert.deepEqual([verdict?.status, verdict?.message], [503, 'Slow down']);
  });

  test('a limit that changes keeps the count', () => {
    const counters = mapCounterTable();
    const before = limiter({ minute: 2 }, counters);
    before.request();
    before.request();
    const after = limiter({ minute: 3 }, counters);
    assert.deepEqual([after.request().status, after.request().status], [undefined, 429]);
    assert.equal(limiter({ minute: 1 }, counters, 'plugin-2').request().status, undefined, 'another plugin entity counts for itself');
  });
});

describe('headers', () => {
  test('tell each limit, and the tightest of them', () => {
    const { headers } = limiter({ minute: 5, hour: 100 }).request();
    assert.deepEqual(headers, {
      'X-RateLimit-Limit-Minute': '5', 'X-RateLimit-Remaining-Minute': '4', 'X-RateLimit-Limit-Hour': '100', 'X-RateLimit-Remaining-Hour': '99',
      'RateLimit-Limit': '5', 'RateLimit-Remaining': '4', 'RateLimit-Reset': '30',
    });
  });

  test('of equally tight windows the longer one counts', () => {
    const { headers } = limiter({ minute: 5, hour: 5 }).request();
    assert.deepEqual([headers['RateLimit-Limit'], headers['RateLimit-Reset']], ['5', String(3_570)]);
  });

  test('a refusal says when to come again', () => {
    const { request } = limiter({ second: 1, day: 9 });
    request();
    const { headers } = request();
    assert.deepEqual([headers['Retry-After'], headers['RateLimit-Reset'], headers['X-RateLimit-Remaining-Second'], headers['X-RateLimit-Remaining-Day']], ['1', '1', '0', '8']);
  });

  test('are left out where told so', () => {
    const { request } = limiter({ minute: 1, hide_client_headers: true });
    assert.deepEqual([request().headers, request().headers], [{}, {}]);
  });

  test('names of all windows', () => {
    const names = Object.keys(limiter({ second: 1, minute: 1, hour: 1, day: 1, month: 1, year: 1 }).request().headers);
    assert.deepEqual(names.filter((name) => name.startsWith('X-RateLimit-Limit-')), ['Second', 'Minute', 'Hour', 'Day', 'Month', 'Year'].map((name) => `X-RateLimit-Limit-${name}`));
  });
});

describe('what counts as one client', () => {
  function sameClient(given: Partial<RateLimitingConfig>, one: HostParts, other: HostParts): boolean {
    const counters = mapCounterTable();
    const { request } = limiter({ minute: 9, ...given }, counters);
    request(one);
    request(other);
    return counters.keys().length === 1;
  }
  const bob = { id: 'bob-id', username: 'bob', customId: null };
  const [here, there] = [{ clientAddress: '192.0.2.1' }, { clientAddress: '192.0.2.2' }];

  test('consumer: wherever it comes from; without one the address', () => {
    assert.ok(sameClient({}, { ...here, consumer: ANN }, { ...there, consumer: ANN }));
    assert.ok(!sameClient({}, { ...here, consumer: ANN }, { ...here, consumer: bob }));
    assert.ok(!sameClient({}, here, there));
    assert.ok(sameClient({}, here, here));
  });

  test('credential: each key of a consumer for itself', () => {
    assert.ok(!sameClient({ limit_by: 'credential' }, { consumer: ANN, credential: CREDENTIAL }, { consumer: ANN, credential: { ...CREDENTIAL, id: 'credential-2' } }));
    assert.ok(sameClient({ limit_by: 'credential' }, { ...here, credential: CREDENTIAL }, { ...there, credential: CREDENTIAL }));
  });

  test('service: everybody together', () => {
    assert.ok(sameClient({ limit_by: 'service' }, { ...here, consumer: ANN, service: 's' }, { ...there, consumer: bob, service: 's' }));
    assert.ok(!sameClient({ limit_by: 'service' }, { service: 's' }, { service: 't' }));
    assert.ok(!sameClient({ limit_by: 'service' }, here, there));
  });

  test('ip: the address, whoever it is', () => {
    assert.ok(sameClient({ limit_by: 'ip' }, { ...here, consumer: ANN }, { ...here, consumer: bob }));
    assert.ok(!sameClient({ limit_by: 'ip' }, { ...here, consumer: ANN }, { ...there, consumer: ANN }));
  });

  test('header: its value; without it the address', () => {
    const byHeader = { limit_by: 'header', header_name: 'X-Device' } as const;
    assert.ok(sameClient(byHeader, { ...here, headers: [['x-device', 'd']] }, { ...there, headers: [['X-Device', 'd']] }));
    assert.ok(!sameClient(byHeader, { headers: [['x-device', 'd']] }, { headers: [['x-device', 'e']] }));
    assert.ok(!sameClient(byHeader, here, there));
  });

  test('header: a value that looks like an address or another client is not that client', () => {
    const byHeader = { limit_by: 'header', header_name: 'x-device' } as const;
    assert.ok(!sameClient(byHeader, here, { ...there, headers: [['x-device', '192.0.2.1']] }));
    assert.ok(!sameClient(byHeader, here, { ...there, headers: [['x-device', 'ip 192.0.2.1']] }));
  });

  test('path: all who ask for it, everything else by address', () => {
    const byPath = { limit_by: 'path', path: '/hot' } as const;
    assert.ok(sameClient(byPath, { ...here, path: '/hot' }, { ...there, path: '/hot' }));
    assert.ok(!sameClient(byPath, { ...here, path: '/hot/er' }, { ...there, path: '/hot/er' }));
  });

  test('path: however it is spelt in the config', () => {
    for (const path of ['/%7Euser', '/a/../~user', '/~user']) assert.ok(sameClient({ limit_by: 'path', path }, { ...here, path: '/~user' }, { ...there, path: '/~user' }), path);
  });

  test('IPv6 by /64, IPv4 in IPv6 clothing as IPv4', () => {
    const same: readonly (readonly [string, string])[] = [
      ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'], ['2001:DB8::1', '2001:db8:0:0:9::'], ['::ffff:192.0.2.1', '192.0.2.1'], ['::ffff:c000:201', '192.0.2.1'],
      ['fe80::1%eth0', 'fe80::2%eth1'], ['::', '::1'],
    ];
    for (const [one, other] of same) assert.equal(clientNetwork(one), clientNetwork(other), `${one} ${other}`);
    const different: readonly (readonly [string, string])[] = [['2001:db8:1:2::1', '2001:db8:1:3::1'], ['::ffff:192.0.2.1', '::ffff:192.0.2.2'], ['1::', '::1'], ['192.0.2.1', '192.0.2.2']];
    for (const [one, other] of different) assert.notEqual(clientNetwork(one), clientNetwork(other), `${one} ${other}`);
    for (const odd of ['', ':', 'x:y', '1:2:3', '1::2::3', '1:2:3:4:5:6:7:8:9', '::12345', 'unix:/x']) assert.equal(clientNetwork(odd), odd, 'what is no address stands for itself');
  });
});

describe('windows follow the calendar in UTC', () => {
  const at = Date.UTC(2024, 1, 29, 23, 59, 59, 999);
  const cases = [
    ['second', Date.UTC(2024, 1, 29, 23, 59, 59), Date.UTC(2024, 2, 1)], ['minute', Date.UTC(2024, 1, 29, 23, 59), Date.UTC(2024, 2, 1)], ['hour', Date.UTC(2024, 1, 29, 23), Date.UTC(2024, 2, 1)],
    ['day', Date.UTC(2024, 1, 29), Date.UTC(2024, 2, 1)], ['month', Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1)], ['year', Date.UTC(2024, 0, 1), Date.UTC(2025, 0, 1)],
  ] as const;
  for (const [name, startMs, endMs] of cases) {
    test(name, () => {
      assert.deepEqual(calendarWindowAt(name, at), { startMs, endMs });
      assert.equal(calendarWindowAt(name, endMs).startMs, endMs, 'the next one begins where it ends');
    });
  }
});

describe('a table that cannot count', () => {
  const full: CounterTable = { add: () => [], take: (): TakeResult => ({ kind: 'full' }) };

  test('lets through by default, and says so in the log', () => {
    const { request, warnings } = limiter({ minute: 1 }, full);
    assert.deepEqual(request(), { verdict: undefined, status: undefined, headers: {} });
    assert.deepEqual(warnings, ['rate-limiting-not-counted']);
  });

  test('refuses where faults are not tolerated', () => {
    assert.deepEqual(limiter({ minute: 1, fault_tolerant: false }, full).request().verdict, { kind: 'respond', status: 500, message: 'An unexpected error occurred' });
  });
});

describe('policies', () => {
  const make = (config: Partial<RateLimitingConfig>, given: Partial<PluginServices>) => {
    const services = pluginServices({ pluginId: 'plugin-1', clock: { nowMs: () => NOON_AND_A_HALF_MINUTE, monotonicMs: () => 0 }, ...given });
    const instance = rateLimitingFactory.create({ ...DEFAULTS, minute: 2, ...config }, services);
    return { instance, services, ask: (parts: HostParts = {}) => pluginRun(instance).headAsync(pluginContext(parts)) };
  };
  const redis = { policy: 'redis', redis: { ...NO_REDIS, host: 'redis.test', password: 'p' } } as const;
  const answering = (reply: RedisReply): RedisConnection => ({ command: () => assert.fail('scripts only'), script: () => Promise.resolve(reply) });
  const down: RedisConnection = { command: () => Promise.reject(new Error('down')), script: () => Promise.reject(new Error('down')) };

  test('redis: the server is asked with each request, by a key that tells nothing', async () => {
    const asked: (readonly string[])[] = [];
    const { instance, ask } = make({ ...redis, limit_by: 'header', header_name: 'authorization' }, {
      redis: (server) => {
        assert.deepEqual([server.host, server.port, server.password, server.timeoutMs, server.tls], ['redis.test', 6379, 'p', 2_000, undefined]);
        return { ...down, script: (_, keys) => (asked.push(keys), Promise.resolve([1, '0'])) };
      },
      secrets: { keyedHash: (text) => `h${text.length}` },
    });
    assert.equal(instance.isAsync, true);
    await ask({ headers: [['authorization', 'secret']] });
    const startMs = Date.UTC(2024, 1, 10, 12);
    assert.deepEqual(asked, [[`holdfast:limit:{h${'plugin-1 header secret'.length}}:60000:${startMs}`, `holdfast:limit:{h${'plugin-1 header secret'.length}}:60000:${startMs - 60_000}`]]);
  });

  test('redis: what it says decides, in the headers of always', async () => {
    assert.equal(await make(redis, { redis: () => answering([1, '1']) }).ask(), undefined);
    const refused = await make(redis, { redis: () => answering([0, '2']) }).ask();
    assert.deepEqual([refused?.status, Object.fromEntries(refused?.headers ?? [])['Retry-After']], [429, '30']);
  });

  test('a Redis that is down: open, or closed where faults are not tolerated; without headers, and logged', async () => {
    const open = make(redis, { redis: () => down });
    const context = pluginContext();
    assert.deepEqual([await pluginRun(open.instance).headAsync(context), context.effects, open.services.warnings], [undefined, [], ['rate-limiting-not-counted']]);
    assert.deepEqual(await make({ ...redis, fault_tolerant: false }, { redis: () => down }).ask(), { kind: 'respond', status: 500, message: 'An unexpected error occurred' });
  });

  test('redis with a sync_rate, and Redis is down: no request waits or gets a 500, each data plane limits for itself; exchanges come by a timer that ends with the instance', () => {
    const intervals: number[] = [];
    let cancelled = 0;
    const { instance } = make({ ...redis, sync_rate: 0.5, fault_tolerant: false }, { redis: () => down, counters: mapCounterTable(), every: (ms) => (intervals.push(ms), { cancel: () => (cancelled += 1) }) });
    assert.equal(instance.isAsync, undefined);
    assert.deepEqual([0, 1, 2].map(() => pluginRun(instance).head(pluginContext())?.status), [undefined, undefined, 429]);
    instance.close?.();
    assert.deepEqual([intervals, cancelled], [[500], 1]);
  });

  test('cluster: at once, by the counters that data planes share', () => {
    const cluster = mapCounterTable();
    const { instance } = make({ policy: 'cluster' }, { cluster, secrets: { keyedHash: (text) => `hash of ${text}` } });
    assert.deepEqual([0, 1, 2].map(() => pluginRun(instance).head(pluginContext({ clientAddress: '192.0.2.1' }))?.status), [undefined, undefined, 429]);
    assert.deepEqual([instance.isAsync, cluster.keys()], [undefined, ['hash of plugin-1 ip 192.0.2.1']]);
  });

  test('keys that are shared follow a hash key that is replaced', async () => {
    const cluster = mapCounterTable();
    let [hashKey, nowMs] = ['old', 0];
    const { ask } = make({ policy: 'cluster' }, { cluster, secrets: { keyedHash: () => hashKey }, clock: { nowMs: () => NOON_AND_A_HALF_MINUTE, monotonicMs: () => nowMs } });
    await ask();
    hashKey = 'new';
    await ask();
    nowMs = 30_000;
    await ask();
    assert.deepEqual(cluster.keys(), ['old', 'new']);
  });

  test('a consumer group counts as one where the plugin is for it', async () => {
    const counters = mapCounterTable();
    const { ask } = make({ limit_by: 'consumer-group' }, { counters, consumerGroupId: 'group-1' });
    await ask({ consumer: ANN, clientAddress: '192.0.2.1' });
    await ask({ consumer: { ...ANN, id: 'bob-id' }, clientAddress: '192.0.2.2' });
    assert.deepEqual(counters.keys(), ['plugin-1 consumer-group group-1']);
  });
});

describe('what the control plane accepts', () => {
  function problems(config: JsonObject): readonly string[] {
    const parsed = parseEntity(definitionOf('plugins'), { name: 'rate-limiting', config }, {
      mode: 'create', pluginSchemaOf: () => rateLimitingSchema, newId: () => '00000000-0000-7000-8000-000000000001', newKey: () => '', nowSeconds: 0,
    });
    return parsed.kind === 'entity' ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
  }

  test('at least one limit, and none below that of a shorter window', () => {
    assert.deepEqual(problems({ minute: 100, policy: 'local' }), []);
    assert.deepEqual(problems({}), ["@entity: at least one of these fields must be non-empty: 'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'"]);
    assert.deepEqual(problems({ second: 20, hour: 10 }), ['config.hour: The limit for hour(10) cannot be lower than the limit for second(20)']);
    assert.deepEqual(problems({ second: 5, minute: 5 }), []);
    assert.equal(problems({ minute: 0 }).length, 1);
    assert.equal(problems({ minute: 1.5 }).length, 1);
  });

  test('policies, and what they need', () => {
    assert.deepEqual(problems({ minute: 1, policy: 'cluster' }), []);
    assert.deepEqual(problems({ minute: 1, policy: 'redis', redis: { host: 'redis.test' } }), []);
    assert.deepEqual(problems({ minute: 1, policy: 'redis' }), ["@entity: failed conditional validation given value of field 'config.policy'", 'config.redis.host: required field missing']);
    assert.match(problems({ minute: 1, policy: 'locl' })[0] ?? '', /did you mean "local"/);
    for (const rate of [-1, 0, 0.02, 5]) assert.deepEqual(problems({ minute: 1, sync_rate: rate }), []);
    assert.deepEqual(problems({ minute: 1, sync_rate: 0.001 }), ['config.sync_rate: expected -1, 0 or at least 0.02']);
  });

  test('what limit_by needs', () => {
    assert.deepEqual(problems({ minute: 1, limit_by: 'header' }), ['config.header_name: required field missing']);
    assert.deepEqual(problems({ minute: 1, limit_by: 'path' }), ['config.path: required field missing']);
    assert.deepEqual(problems({ minute: 1, limit_by: 'path', path: '/a' }), []);
  });

  test('the redis record', () => {
    assert.deepEqual(problems({ minute: 1, redis: { host: null, password: null, port: 6379, timeout: 2000 } }), []);
    assert.equal(defined(problems({ minute: 1, redis: { hosst: 'a' } })[0], 'a problem'), 'config.redis.hosst: unknown field (did you mean "host"?)');
  });
});
