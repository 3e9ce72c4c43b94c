import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../shared/model/definition.ts';
import { compiled } from '../../test/support/compile-config.ts';
import { put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';

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
