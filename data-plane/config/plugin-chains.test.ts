import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { splitEntity } from '../../shared/model/split-entity.ts';
import type { PluginInstance, PluginSchema, StreamVerdict } from '../../shared/plugins/contract.ts';
import type { RegisteredPlugin } from '../../shared/plugins/registered-plugin.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import { compiled, testServices } from '../../test/support/compile-config.ts';
import { put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import type { EntityChange } from './compile-contract.ts';

const SERVICE = put('services', { id: testId('1'), url: 'http://books.internal:9000/api' });
const BASIS = [SERVICE, put('routes', { id: testId('2'), paths: ['/books'], service: ref('1') }), put('consumers', { id: testId('3'), username: 'ann' })];

function plugin(input: JsonObject) {
  return put('plugins', { id: testId('a1'), name: 'rate-limiting', config: { minute: 5 }, ...input });
}

test('a plugin bound to a stream route or its service closes the route, whatever came first, until one of them changes', () => {
  const tcp = put('routes', { id: testId('a2'), protocols: ['tcp'], destinations: [{ port: 9 }], service: ref('1') });
  const view = { protocol: 'tcp', serverName: undefined, sourceAddress: '10.0.0.1', sourcePort: 1, destinationAddress: '10.0.0.2', destinationPort: 9 } as const;
  const stateOf = ({ config, quarantined }: ReturnType<typeof compiled>) => [config.matchStream(view)?.quarantined, quarantined.map(({ kind, id, code }) => `${kind} ${id} ${code}`)];
  const closed = ['CONFIG_PLUGIN_OUT_OF_PLACE', [`plugins ${testId('a1')} CONFIG_PLUGIN_OUT_OF_PLACE`]];
  const open = [undefined, []];
  for (const scope of [{ route: ref('a2') }, { service: ref('1') }, { service: ref('1'), consumer: ref('3') }]) {
    const guard = plugin(scope);
    const whole = compiled([...BASIS, tcp, guard]);
    assert.deepEqual(stateOf(whole), closed);
    assert.equal(whole.config.match(requestView({ path: '/books' }))?.route.quarantined, undefined, 'the HTTP route of the service has its plugin');
    const base = compiled([...BASIS, tcp]).config;
    assert.deepEqual(stateOf(compiled([guard], { base })), closed);
    assert.deepEqual(stateOf(compiled([remove('plugins', testId('a1'))], { base: whole.config })), open);
    assert.deepEqual(stateOf(compiled([plugin({ ...scope, enabled: false })], { base: whole.config })), open);
    assert.deepEqual(stateOf(compiled([tcp], { base: compiled([...BASIS, guard]).config })), closed);
    assert.deepEqual(stateOf(compiled([put('routes', { id: testId('a2'), paths: ['/a'], service: ref('1') })], { base: whole.config })), open);
    // A service that comes later heals the reference, and opens nothing.
    const [, ...withoutService] = BASIS;
    assert.deepEqual(stateOf(compiled([SERVICE], { base: compiled([...withoutService, tcp, guard]).config })), closed);
  }
  assert.deepEqual(stateOf(compiled([...BASIS, tcp, plugin({})])), open, 'one for everything is for requests');
  assert.deepEqual(stateOf(compiled([...BASIS, tcp, plugin({ service: ref('1'), route: ref('2') })])), open);
});

const STREAM_VIEW = { protocol: 'tcp', serverName: undefined, sourceAddress: '10.0.0.1', sourcePort: 1, destinationAddress: '10.0.0.2', destinationPort: 9 } as const;

const STREAMS = ['http', 'tcp', 'tls', 'tls_passthrough'] as const;

/** A plugin that data planes know; without an instance it can't be made. */
const streamPlugin = (name: string, protocols: PluginSchema['protocols'], instance: PluginInstance | undefined): RegisteredPlugin => ({
  schema: { name, version: '1.0.0', priority: 10, scopes: ['global', 'service', 'route', 'consumer'], protocols, description: '', config: [] },
  create: () => defined(instance, 'an instance'),
});

/** The plugin entity as it is published, whatever the catalogue says. */
function published(input: JsonObject) {
  const definition = definitionOf('plugins');
  const parsed = parseEntity(definition, { name: 'guard', id: testId('a1'), ...input }, { mode: 'create', pluginSchemaOf: (name) => streamPlugin(name, STREAMS, {}).schema, newId: () => testId('ffff'), newKey: () => '', nowSeconds: 1 });
  if (parsed.kind === 'problems') throw new Error(JSON.stringify(parsed.problems));
  return { kind: 'plugins', id: parsed.entity.id, bytes: encodeEntity(definition, splitEntity(definition, parsed.entity, () => []).published) };
}

describe('plugins that run on streams', () => {
  const tcp = put('routes', { id: testId('a2'), protocols: ['tcp'], destinations: [{ port: 9 }], service: ref('1') });
  const refuse = (): StreamVerdict => ({ kind: 'refuse', reason: 'no' });
  const known = (plugin: RegisteredPlugin) => testServices({ plugins: new Map([[plugin.schema.name, plugin]]) });
  /** Which plugins are asked about a connection, or why its route is closed. */
  const outcome = (changes: readonly EntityChange[], registered = streamPlugin('guard', STREAMS, { stream: refuse, requestHead: () => undefined })): string => {
    const { config } = compiled([...BASIS, tcp, ...changes], { services: known(registered) });
    const route = defined(config.matchStream(STREAM_VIEW), 'the stream route');
    return route.quarantined ?? route.chainFor(undefined).stream.map(({ pluginId }) => pluginId.slice(-2)).join();
  };

  test('wherever it is bound on the path of the route, the most specific of a name', () => {
    const [everywhere, ofService, ofRoute] = [published({ id: testId('b1') }), published({ id: testId('b2'), service: ref('1') }), published({ id: testId('b3'), route: ref('a2') })];
    assert.deepEqual([outcome([everywhere]), outcome([everywhere, ofService]), outcome([everywhere, ofService, ofRoute]), outcome([published({ enabled: false })])], ['b1', 'b2', 'b3', '']);
    assert.deepEqual([outcome([published({ id: testId('b3'), route: ref('a2'), enabled: false }), ofService]), outcome([everywhere, published({ id: testId('b2'), service: ref('1'), protocols: ['tls', 'tcp'] })])], ['b2', 'b2']);
  });

  test('one that names no protocol of the route, or is for certain clients, closes a route that it is bound to, and is nothing to others', () => {
    for (const input of [{ protocols: ['http'] }, { protocols: ['tls'] }, { protocols: ['http'], consumer: ref('3') }]) {
      assert.equal(outcome([published({ service: ref('1'), ...input })]), 'CONFIG_PLUGIN_OUT_OF_PLACE', JSON.stringify(input));
    }
    assert.equal(outcome([published({ protocols: ['http'] })]), '');
    assert.equal(outcome([published({ protocols: ['http'], consumer: ref('3') })]), '');
    assert.equal(outcome([published({ service: ref('1'), protocols: ['http'], condition: 'http.path == "/"' })]), 'CONFIG_PLUGIN_OUT_OF_PLACE');
  });

  test('one that is on its path and cannot be made closes it, also where this version of the plugin has no such phase or protocol', () => {
    for (const registered of [streamPlugin('other', ['tcp'], {}), streamPlugin('guard', STREAMS, undefined), streamPlugin('guard', ['http'], { stream: refuse }), streamPlugin('guard', STREAMS, { requestHead: () => undefined })]) {
      const code = registered.schema.name === 'other' ? 'CONFIG_PLUGIN_UNKNOWN' : 'CONFIG_PLUGIN_FAILED';
      for (const scope of [{}, { service: ref('1') }]) assert.equal(outcome([published({ protocols: ['http', 'tcp'], ...scope })], registered), code);
      assert.equal(outcome([published({ protocols: ['http'] })], registered), '', 'one for requests is nothing to streams');
    }
  });

  test('one for streams alone is not asked about requests, unless it is bound to their very route', () => {
    const registered = streamPlugin('guard', STREAMS, { stream: refuse, requestHead: () => undefined });
    const asked = (input: JsonObject): readonly string[] => {
      const { config } = compiled([...BASIS, published(input)], { services: known(registered) });
      return defined(config.match(requestView({ path: '/books' })), 'the route').route.chainFor(undefined).requestHead.map(({ name }) => name);
    };
    assert.deepEqual([asked({ protocols: ['tcp'] }), asked({ protocols: ['tcp'], service: ref('1') }), asked({ protocols: ['tcp', 'http'] }), asked({ protocols: ['tcp'], route: ref('2') })], [[], [], ['guard'], ['guard']]);
  });
});
