import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { canaryFactory } from './handler.ts';
import { placeOfClient, seedOf } from './place-of-client.ts';
import { canarySchema, type CanaryConfig } from './schema.ts';

const DEFAULTS: CanaryConfig = {
  canary_by_header_name: null, duration: 3600, groups: null, hash: 'consumer', hash_header: null, percentage: null, start: null, steps: 1000,
  upstream_fallback: false, upstream_host: 'new.example', upstream_port: null, upstream_uri: null,
};

/** Whether requests get the canary, one after the other. */
function canary(config: Partial<CanaryConfig>, time = { ms: 0 }, pluginId = 'plugin-1') {
  const instance = canaryFactory.create({ ...DEFAULTS, ...config }, pluginServices({ pluginId, clock: { nowMs: () => time.ms, monotonicMs: () => 0 } }));
  return (parts: HostParts = {}, requestId?: string): boolean => {
    const context = pluginContext({ service: 'service-1', ...parts });
    pluginRun(instance).head(requestId === undefined ? context : Object.assign(context, { requestId }));
    return context.effects.length > 0;
  };
}

const consumer = (index: number): HostParts => ({ consumer: { id: `0190f1c2-0000-7000-8000-${index.toString(16).padStart(12, '0')}`, username: null, customId: null } });
const address = (index: number): HostParts => ({ clientAddress: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` });

/** How many of `count` clients. */
function shareOf(takes: (parts: HostParts) => boolean, clients: (index: number) => HostParts, count = 5_000): number {
  let taken = 0;
  for (let index = 0; index < count; index += 1) if (takes(clients(index))) taken += 1;
  return taken / count;
}

describe('a share of the clients', () => {
  for (const percentage of [0, 1, 10, 50, 99, 100]) {
    test(`${percentage} % of consumers that are numbered in order, and of neighbouring addresses, evenly`, () => {
      const tolerance = 4 * Math.sqrt(((percentage / 100) * (1 - percentage / 100)) / 5_000);
      for (const [hash, clients] of [['consumer', consumer], ['ip', address]] as const) {
        const share = shareOf(canary({ percentage, hash }), clients);
        assert.ok(Math.abs(share - percentage / 100) <= tolerance, `${hash}: ${share}`);
      }
    });
  }

  test('places are even over the whole range: chi-squared over 64 bins', () => {
    const bins = new Uint32Array(64);
    for (let index = 0; index < 64_000; index += 1) {
      const bin = Math.floor(placeOfClient(`client-${index}`, seedOf('p')) * 64);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const chi = bins.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    assert.ok(chi < 120, `${chi}`);
  });

  test('the same client is always on the same side, on every data plane', () => {
    const [one, other] = [canary({ percentage: 30 }), canary({ percentage: 30 })];
    for (let index = 0; index < 300; index += 1) assert.equal(one(consumer(index)), other(consumer(index)));
    for (let turn = 0; turn < 20; turn += 1) assert.equal(one(consumer(7)), one(consumer(7)));
  });

  test('a larger share has all clients of the smaller one', () => {
    const [small, large] = [canary({ percentage: 20 }), canary({ percentage: 21 })];
    for (let index = 0; index < 1_000; index += 1) if (small(consumer(index))) assert.ok(large(consumer(index)));
  });

  test('two canaries do not have the same clients', () => {
    const [one, other] = [canary({ percentage: 50 }, undefined, 'a'), canary({ percentage: 50 }, undefined, 'b')];
    const both = shareOf((parts) => one(parts) && other(parts), consumer, 2_000);
    assert.ok(both > 0.2 && both < 0.3, `${both}`);
  });

  test('who is no consumer counts by address, an IPv6 client by its network', () => {
    const takes = canary({ percentage: 50 });
    const byAddress = canary({ percentage: 50, hash: 'ip' });
    for (let index = 0; index < 100; index += 1) assert.equal(takes(address(index)), byAddress(address(index)));
    for (let index = 1; index < 50; index += 1) assert.equal(byAddress({ clientAddress: `2001:db8::${index}` }), byAddress({ clientAddress: '2001:db8::ffff' }));
  });

  test('by a header; by address where it is not sent', () => {
    const takes = canary({ percentage: 50, hash: 'header', hash_header: 'X-Session' });
    const session = (index: number): HostParts => ({ headers: [['x-session', `s${index}`]] });
    assert.ok(Math.abs(shareOf(takes, session, 2_000) - 0.5) < 0.05);
    assert.equal(takes(session(1)), takes({ ...session(1), ...address(99) }));
    assert.ok(Math.abs(shareOf(takes, address, 2_000) - 0.5) < 0.05);
  });

  test('by nothing: each request by chance', () => {
    const takes = canary({ percentage: 25, hash: 'none' });
    let taken = 0;
    for (let index = 0; index < 2_000; index += 1) if (takes(consumer(1), index.toString(16).padStart(32, '0'))) taken += 1;
    assert.ok(Math.abs(taken / 2_000 - 0.25) < 0.05);
  });
});

describe('a share that grows', () => {
  test('from start over duration, by the clock alone', () => {
    const time = { ms: 0 };
    const takes = canary({ start: 1_000, duration: 100 }, time);
    const shareAt = (seconds: number): number => {
      time.ms = seconds * 1_000;
      return shareOf(takes, consumer, 1_000);
    };
    assert.equal(shareAt(999.999), 0);
    assert.equal(shareAt(1_000), 0);
    for (const part of [0.25, 0.5, 0.75]) assert.ok(Math.abs(shareAt(1_000 + part * 100) - part) < 0.06);
    assert.equal(shareAt(1_100), 1);
    assert.equal(shareAt(9_999_999), 1);
    assert.ok(Math.abs(shareAt(1_050) - 0.5) < 0.06, 'a clock that is set back');
  });

  test('in steps; at once where it takes no time', () => {
    const time = { ms: 1_099_000 };
    assert.equal(shareOf(canary({ start: 1_000, duration: 100, steps: 1 }, time), consumer, 100), 0);
    assert.ok(Math.abs(shareOf(canary({ start: 1_000, duration: 100, steps: 2 }, time), consumer, 1_000) - 0.5) < 0.06);
    assert.equal(shareOf(canary({ start: 1_000, duration: 0 }, time), consumer, 100), 1);
  });

  test('takes nobody back', () => {
    const time = { ms: 0 };
    const takes = canary({ start: 0, duration: 100 }, time);
    const inIt = new Set<number>();
    for (let second = 0; second <= 100; second += 5) {
      time.ms = second * 1_000;
      for (let index = 0; index < 100; index += 1) {
        if (takes(consumer(index))) inIt.add(index);
        else assert.ok(!inIt.has(index));
      }
    }
    assert.equal(inIt.size, 100);
  });
});

describe('groups', () => {
  const member: HostParts = { ...consumer(1), config: { groupsOf: () => ['beta', 'other'] } };
  const stranger: HostParts = { ...consumer(2), config: { groupsOf: () => ['Beta'] } };
  const whoGets = (config: Partial<CanaryConfig>): readonly boolean[] => [member, stranger, {}].map((parts) => canary(config)(parts));
  test('allow: members only', () => assert.deepEqual(whoGets({ hash: 'allow', groups: ['beta'] }), [true, false, false]));
  test('deny: everybody else', () => assert.deepEqual(whoGets({ hash: 'deny', groups: ['beta'] }), [false, true, true]));
  test('groups that a plugin found count instead', () => assert.equal(canary({ hash: 'allow', groups: ['beta'] })({ ...stranger, authenticatedGroups: ['beta'] }), true));
});

describe('what the client says', () => {
  const header = (value: string): HostParts => ({ headers: [['x-canary', value]] });
  test('always and never win over everything; nothing else says anything', () => {
    assert.deepEqual(['always', 'never', 'Always', '', 'true'].map((value) => canary({ percentage: 0, canary_by_header_name: 'X-Canary' })(header(value))), [true, false, false, false, false]);
    assert.deepEqual(['always', 'never', 'no'].map((value) => canary({ percentage: 100, canary_by_header_name: 'X-Canary' })(header(value))), [true, false, true]);
    assert.equal(canary({ percentage: 0 })(header('always')), false, 'only where the config names a header');
  });
});

describe('where the canary is', () => {
  const effectsOf = (config: Partial<CanaryConfig>, parts: HostParts = { service: 's' }): readonly string[] => {
    const context = pluginContext(parts);
    pluginRun(canaryFactory.create({ ...DEFAULTS, percentage: 100, ...config }, pluginServices())).head(context);
    return context.effects;
  };
  test('host, port, path', () => {
    assert.deepEqual(effectsOf({ upstream_port: 81, upstream_uri: '/v2' }), ['set-path /v2', 'use-target //new.example:81']);
    assert.deepEqual(effectsOf({}), ['use-target //new.example:']);
    assert.deepEqual(effectsOf({ upstream_host: null, upstream_uri: '/v2' }), ['set-path /v2']);
    assert.deepEqual(effectsOf({ upstream_host: null, upstream_port: 81 }), ['use-target //:81']);
    assert.deepEqual(effectsOf({}, {}), [], 'a route without a service');
  });
});

describe('fallback', () => {
  test('nothing of the canary while its upstream has no target that takes requests, not even for who asks for it', () => {
    const config: Partial<CanaryConfig> = { percentage: 100, upstream_host: 'green', upstream_uri: '/v2', upstream_fallback: true, canary_by_header_name: 'x-canary' };
    for (const parts of [{}, { headers: [['x-canary', 'always']] }] as const) {
      assert.equal(canary(config)(parts), false);
      assert.equal(canary(config)({ ...parts, availableUpstreams: ['green'] }), true);
      assert.equal(canary({ ...config, upstream_fallback: false })(parts), true);
    }
  });
});

describe('what is refused when it is written', () => {
  const problemsOf = (config: JsonObject): string => {
    const problems = new ProblemList();
    const parsed = parseFields(canarySchema.config, { upstream_host: 'a.example', percentage: 1, ...config }, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
    return [...problems.problems, ...canarySchema.checks.flatMap(({ check }) => check({ config: parsed }))].map(({ field, message }) => `${field}: ${message}`).join('; ');
  };
  const cases: readonly (readonly [JsonObject, RegExp])[] = [
    [{}, /^$/],
    [{ percentage: null, start: 1_700_000_000 }, /^$/],
    [{ percentage: null, hash: 'allow', groups: ['a'] }, /^$/],
    [{ percentage: null }, /set 'config\.percentage'/],
    [{ hash: 'deny' }, /config\.groups: required field missing/],
    [{ hash: 'header' }, /config\.hash_header: required field missing/],
    [{ upstream_host: null }, /at least one of these fields/],
    [{ upstream_host: null, upstream_port: 80 }, /^$/],
    [{ upstream_fallback: true }, /^$/],
    [{ upstream_host: null, upstream_uri: '/v2', upstream_fallback: true }, /config\.upstream_host: required with upstream_fallback/],
    [{ percentage: 101 }, /config\.percentage/],
    [{ upstream_uri: 'v2' }, /invalid path/],
    [{ upstream_uri: '/a b' }, /invalid path/],
    [{ upstream_uri: '/a?b' }, /invalid path/],
    [{ upstream_uri: '/a/../b' }, /invalid path/],
    [{ upstream_uri: '/a//%7e' }, /non-normalized path, consider use '\/a\/~' instead/],
    [{ upstream_uri: '/a\r\nHost: b' }, /invalid path/],
    [{ upstream_host: 'a/b' }, /config\.upstream_host/],
  ];
  for (const [config, expected] of cases) test(JSON.stringify(config), () => assert.match(problemsOf(config), expected));
});
