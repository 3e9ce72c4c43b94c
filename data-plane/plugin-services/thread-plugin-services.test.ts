/** What instances of plugins are lent: theirs alone where it should be, and ended with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { mapCounterTable } from '../../shared/plugin-kit/map-counter-table.ts';
import type { PluginFactory } from '../../shared/plugins/contract.ts';
import { pluginRegistry } from '../../shared/plugins/registry.ts';
import { compiled, testServices } from '../../test/support/compile-config.ts';
import { put, testId } from '../../test/support/config-content.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ThreadPluginServices } from './thread-plugin-services.ts';

function scene() {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const services = new ThreadPluginServices({
    clock, counters: mapCounterTable(), random: () => 0, log: createMemoryLogger('test').log, fetchNetworks: [],
    logOf: (name, id) => ({ warn: (event, fields) => void warnings.push(`${name} ${id} ${event} ${fields?.['reason'] ?? ''}`) }),
  });
  return { clock, warnings, services, instance: (id: string) => services.servicesOf({ id, name: 'plugin', consumerGroupId: undefined }) };
}

test('what an instance left running ends with it; one that throws ends nobody', () => {
  const { clock, warnings, instance } = scene();
  const [one, two] = [instance('1'), instance('2')];
  const ran: string[] = [];
  one.given.every(1_000, () => void ran.push('one'));
  two.given.every(1_000, () => {
    ran.push('two');
    throw new Error('too bad');
  });
  const cancelled = one.given.every(1_000, () => void ran.push('cancelled'));
  cancelled.cancel();
  cancelled.cancel();
  clock.advance(1_000);
  one.release();
  one.release();
  clock.advance(1_000);
  assert.deepEqual([ran, warnings], [['one', 'two', 'two'], ['plugin 2 plugin-timer-failed too bad', 'plugin 2 plugin-timer-failed too bad']]);
});

test('a purge reaches the instances of its plugin, or all; not those that ended or cancelled', () => {
  const { warnings, services, instance } = scene();
  const [one, again, two] = [instance('1'), instance('1'), instance('2')];
  const purged: string[] = [];
  const told = (who: string) => (key: string | undefined): void => void purged.push(`${who} ${key ?? 'all'}`);
  one.given.onPurge(told('one'));
  again.given.onPurge(told('again'));
  two.given.onPurge(told('two'));
  two.given.onPurge(() => assert.fail('too bad'));
  services.purge('1', 'k');
  services.purge(undefined, undefined);
  services.purge('3', undefined);
  one.release();
  services.purge('1', undefined);
  again.release();
  services.purge('1', undefined);
  assert.deepEqual(purged, ['one k', 'again k', 'one all', 'again all', 'two all', 'again all']);
  assert.deepEqual(warnings, ['plugin 2 plugin-purge-failed too bad']);
  assert.equal(services.purges.size, 1);
});

test('a purge also empties what is kept of a plugin that is off for a moment', () => {
  const { services, instance } = scene();
  const kept = (id: string): string | undefined => {
    const held = instance(id);
    const value = held.given.store<string>('responses', { maxEntries: 9 }).get('k');
    held.release();
    return value;
  };
  for (const id of ['1', '2', '3']) {
    const held = instance(id);
    held.given.store<string>('responses', { maxEntries: 9 }).set('k', id);
    if (id !== '3') held.release();
  }
  services.purge('1', 'some key');
  assert.deepEqual([kept('1'), kept('2')], [undefined, '2']);
  services.purge(undefined, undefined);
  assert.deepEqual([kept('2'), kept('3')], [undefined, '3'], 'what is in use empties itself');
});

test('hashes agree between data planes of a gateway, and change with its content key', () => {
  const [mine, theirs] = [scene(), scene()];
  const ring = (keyId: number) => ({ tenantId: 't', gatewayId: 'g', keys: [{ keyId, key: new Uint8Array(32).fill(keyId) }, { keyId: 9, key: new Uint8Array(32).fill(9) }] });
  const given = mine.instance('1').given.secrets;
  const before = given.keyedHash('203.0.113.7');
  for (const { services } of [mine, theirs]) services.useContentKeys(ring(1));
  const hash = given.keyedHash('203.0.113.7');
  assert.match(hash, /^[A-Za-z0-9_-]{22}$/);
  assert.equal(theirs.instance('2').given.secrets.keyedHash('203.0.113.7'), hash);
  assert.notEqual(given.keyedHash('203.0.113.8'), hash);
  theirs.services.useContentKeys(ring(2));
  assert.equal(new Set([before, hash, theirs.instance('2').given.secrets.keyedHash('203.0.113.7')]).size, 3);
  mine.services.useContentKeys(undefined);
  assert.equal(given.keyedHash('203.0.113.7'), hash, 'a configuration without keys takes none away');
});

test('cluster counters are the own ones until others are connected, also for who has them already', () => {
  const { services, instance } = scene();
  const { given } = instance('1');
  const window = { windowMs: 1_000, startMs: 0, limit: 1 };
  assert.deepEqual(given.cluster.take('k', [window]), { kind: 'taken', remaining: [0] });
  assert.equal(given.counters.take('k', [window]).kind, 'over');
  services.connectCluster({ take: () => ({ kind: 'full' }), add: () => [7] });
  assert.deepEqual([given.cluster.take('k', [window]).kind, given.cluster.add('k', [window], 1)], ['full', [7]]);
});

test('a Redis that several instances use is closed with the last of them', () => {
  const { services, instance } = scene();
  const [one, two] = [instance('1'), instance('2')];
  const server = { host: '127.0.0.1', port: 1, username: null, password: null, database: 0, tls: undefined, connectTimeoutMs: 1, timeoutMs: 1 };
  assert.equal(one.given.redis(server), two.given.redis(server));
  one.release();
  assert.equal(services.redisLinks.size, 1);
  two.release();
  assert.equal(services.redisLinks.size, 0);
});

test('an instance is closed when what its queue held has gone out, and not before', async () => {
  const { services } = scene();
  const story: string[] = [];
  const { promise: taken, resolve: take } = Promise.withResolvers<void>();
  const create: PluginFactory<JsonObject>['create'] = (_config, given) => {
    const own = given.queue<string>({ maxBatchEntries: 10, maxDelayMs: 60_000, maxEntries: 10, maxBytes: 0, maxRetryMs: 0, initialRetryDelayMs: 1, maxRetryDelayMs: 1, concurrency: 1 }, async (entries) => {
      story.push(`delivering ${entries.join()}`);
      await taken;
      story.push('delivered');
    });
    own.push('a', 1);
    return { log: () => undefined, close: () => void story.push('closed') };
  };
  const known = [...pluginRegistry.values()].find(({ schema }) => schema.name === 'correlation-id');
  assert.ok(known !== undefined);
  const { config } = compiled([put('plugins', { id: testId('f1'), name: 'correlation-id', config: {} })], { services: testServices({ plugins: new Map([['correlation-id', { ...known, create }]]), servicesOf: services.servicesOf }) });
  config.release();
  assert.deepEqual(story, ['delivering a']);
  take();
  await services.flush(1_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(story, ['delivering a', 'delivered', 'closed']);
});

test('an instance knows the data plane as it is now', () => {
  const { services, instance } = scene();
  const { given } = instance('1');
  services.node = { ...services.node, labels: { region: 'eu' } };
  assert.deepEqual(given.node.labels, { region: 'eu' });
});
