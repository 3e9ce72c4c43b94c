import { test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { compiled } from '../../test/support/compile-config.ts';
import { put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import type { EntityChange } from './compile-contract.ts';
import type { CompiledConfig } from './compiled-config.ts';

const BASIS = [
  put('services', { id: testId('a1'), host: 'a.test' }), put('services', { id: testId('a2'), host: 'b.test' }),
  put('routes', { id: testId('b1'), paths: ['/one'], service: ref('a1') }), put('routes', { id: testId('b2'), paths: ['/two'], service: ref('a2') }),
  put('consumers', { id: testId('c1'), username: 'ann' }), put('consumer_groups', { id: testId('d1'), name: 'gold' }),
  put('consumer_group_consumers', { id: testId('e1'), consumer: ref('c1'), consumer_group: ref('d1') }),
];
const keyAuth = (scope: JsonObject = {}, id = 'f1'): EntityChange => put('plugins', { id: testId(id), name: 'key-auth', ordering: { after: { access: ['rate-limiting'] } }, ...scope });
const limit = (scope: JsonObject = {}, id = 'f2'): EntityChange => put('plugins', { id: testId(id), name: 'rate-limiting', config: { minute: 5 }, ordering: { after: { access: ['key-auth'] } }, ...scope });
const CYCLE = 'CONFIG_PLUGIN_ORDER_CYCLE';

/** Whether each path is closed, for nobody and for Ann, and what is told. */
function stateOf({ config, quarantined }: { readonly config: CompiledConfig; readonly quarantined: readonly { readonly id: string; readonly code: string }[] }): object {
  const closed = ['/one', '/two'].map((path) => {
    const { route } = defined(config.match(requestView({ path })), path);
    const { requestHead } = route.chainFor(testId('c1'));
    const [first] = requestHead;
    return [route.quarantined, requestHead.length === 1 && first?.priority === Number.MIN_SAFE_INTEGER ? 'closed' : 'open'];
  });
  return { closed, told: quarantined.map(({ id, code }) => `${id.slice(-2)} ${code}`) };
}

const OPEN = { closed: [[undefined, 'open'], [undefined, 'open']], told: [] };
const BOTH = [`f1 ${CYCLE}`, `f2 ${CYCLE}`];

const cases: readonly (readonly [what: string, plugins: readonly EntityChange[], expected: object])[] = [
  ['both everywhere', [keyAuth(), limit()], { closed: [[CYCLE, 'closed'], [CYCLE, 'closed']], told: BOTH }],
  ['one of them at one service', [keyAuth(), limit({ service: ref('a1') })], { closed: [[CYCLE, 'closed'], [undefined, 'open']], told: BOTH }],
  ['one for a consumer: its requests alone', [keyAuth(), limit({ consumer: ref('c1'), route: ref('b1') })], { closed: [[undefined, 'closed'], [undefined, 'open']], told: BOTH }],
  ['one for a group', [keyAuth(), limit({ consumer_group: ref('d1') })], { closed: [[undefined, 'closed'], [undefined, 'closed']], told: BOTH }],
  ['at different services they never meet', [keyAuth({ service: ref('a1') }), limit({ service: ref('a2') })], OPEN],
  ['one of them is disabled', [keyAuth({ enabled: false }), limit()], OPEN],
  ['a narrower one, without ordering, takes the place of the one that contradicts', [keyAuth(), limit(), limit({ ordering: null, route: ref('b1') }, 'f3'), limit({ ordering: null, route: ref('b2') }, 'f4')], OPEN],
];
for (const [what, plugins, expected] of cases) {
  test(`plugins that are to run after each other: ${what}`, () => {
    assert.deepEqual(stateOf(compiled([...BASIS, ...plugins])), expected);
    // The same, one change after the other, and in any order; and gone with the last of them.
    let base: CompiledConfig | undefined;
    let last: ReturnType<typeof compiled> | undefined;
    for (const change of [...plugins.toReversed(), ...BASIS]) {
      last = compiled([change], base === undefined ? { reset: true } : { base });
      base = last.config;
    }
    assert.deepEqual(stateOf(defined(last, 'a configuration')), expected);
    assert.deepEqual(stateOf(compiled([remove('plugins', testId('f1'))], { base: defined(base, 'a base') })), OPEN);
  });
}

test('the reason names the plugins and the way out', () => {
  const [first] = compiled([...BASIS, keyAuth(), limit()]).quarantined;
  assert.match(first?.reason ?? '', /^key-auth, rate-limiting are to run before each other.*: change the ordering of one of them$/);
});

test('a condition that this version can not read closes what the plugin applies to', () => {
  const readable = put('plugins', { id: testId('f1'), name: 'key-auth', route: ref('b1'), condition: 'http.method == "GET"' });
  assert.deepEqual(stateOf(compiled([...BASIS, readable])), OPEN);
  const bytes = Buffer.from(defined(readable.bytes, 'bytes').map((byte) => byte));
  bytes.write('http.mothod', bytes.indexOf('http.method'));
  const { config, quarantined } = compiled([...BASIS, { ...readable, bytes }]);
  assert.deepEqual(stateOf({ config, quarantined }), { closed: [['CONFIG_PLUGIN_FAILED', 'closed'], [undefined, 'open']], told: ['f1 CONFIG_PLUGIN_FAILED'] });
  assert.match(quarantined[0]?.reason ?? '', /col 1: unknown field http\.mothod/);
});
