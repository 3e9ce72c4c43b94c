/** What a configuration isolates and what it closes for it (S6), what is told of that, and what refuses the whole. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { RegisteredPlugin } from '../../shared/plugins/registered-plugin.ts';
import { keyAuthSchema } from '../../shared/plugins/key-auth/schema.ts';
import { BASIS, CONSUMER, plugin, routeAt, ROUTE, SERVICE } from '../../test/support/books-gateway.ts';
import { compile, compiled, testServices } from '../../test/support/compile-config.ts';
import { put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import { compileConfig } from './compile.ts';
import type { CompiledConfig } from './compiled-config.ts';

describe('what cannot be used is isolated, never open (S6)', () => {
  const refusalOf = (config: CompiledConfig, path: string, consumer?: string) => routeAt(config, path).chainFor(consumer).requestHead.map(({ instance }) => instance);
  const REST = put('routes', { id: testId('8'), name: 'rest', paths: ['/rest'], service: ref('1') });
  const unknown = () => new Map([...testServices().plugins].filter(([name]) => name !== 'acl'));

  test('an unknown plugin: where it applies, 503; the rest serves', () => {
    const services = testServices({ plugins: unknown() });
    const { config, quarantined } = compiled([...BASIS, REST, plugin('a1', { name: 'acl', config: { allow: ['g'] }, route: ref('2') }), plugin('a2', { name: 'key-auth' })], { services });
    assert.deepEqual(quarantined.map(({ kind, id, code }) => [kind, id, code]), [['plugins', testId('a1'), 'CONFIG_PLUGIN_UNKNOWN']]);
    assert.equal(routeAt(config, '/books').quarantined, 'CONFIG_PLUGIN_UNKNOWN');
    const [refusing, ...others] = refusalOf(config, '/books');
    assert.equal(others.length, 0, 'no other plugin may answer first');
    assert.equal(typeof refusing?.requestHead, 'function');
    assert.equal(routeAt(config, '/rest').quarantined, undefined);
    assert.deepEqual(routeAt(config, '/rest').chainFor(undefined).requestHead.map(({ name }) => name), ['key-auth']);
  });

  test("a consumer's own plugin that is unknown refuses that consumer wherever the request joins its chain", () => {
    const services = testServices({ plugins: new Map([...testServices().plugins].filter(([name]) => name !== 'rate-limiting')) });
    const { config } = compiled([...BASIS, plugin('a1', { consumer: ref('3') }), plugin('a2', { name: 'key-auth' })], { services });
    const found = routeAt(config, '/books');
    assert.equal(found.quarantined, undefined);
    assert.deepEqual(found.chainFor(undefined).requestHead.map(({ name }) => name), ['key-auth']);
    const [entry] = found.chainFor(testId('3')).requestHead;
    assert.ok(defined(entry, 'the refusing entry').priority < 0, 'behind every plugin that may identify the consumer');
  });

  test('a plugin whose create throws, and one whose config breaks its schema', () => {
    const failing: RegisteredPlugin = { schema: keyAuthSchema, create: () => { throw new Error('no such table'); } };
    const services = testServices({ plugins: new Map([...testServices().plugins, ['key-auth', failing]]) });
    const { config, quarantined } = compiled([...BASIS, plugin('a1', { name: 'key-auth', service: ref('1') })], { services });
    assert.match(quarantined[0]?.reason ?? '', /key-auth [\d.]+ could not be made: no such table/);
    assert.equal(routeAt(config, '/books').quarantined, 'CONFIG_PLUGIN_FAILED');

    const broken = testServices({ decodeEntity: (kind, bytes) => ({ ...testServices().decodeEntity(kind, bytes), ...(kind === 'plugins' ? { config: { minute: 'many' } } : {}) }) });
    const second = compiled([...BASIS, plugin('a1')], { services: broken });
    assert.match(second.quarantined[0]?.reason ?? '', /PLUGIN_CONFIG_INVALID: .*config.minute: expected an integer/);
  });

  test('a disabled plugin may be unknown', () => {
    const { quarantined } = compiled([...BASIS, plugin('a1', { name: 'acl', config: { allow: ['g'] }, enabled: false })], { services: testServices({ plugins: unknown() }) });
    assert.deepEqual(quarantined, []);
  });

  test('a route whose service is not there answers 503, until it is', () => {
    const first = compiled([ROUTE]);
    assert.deepEqual(first.quarantined.map(({ kind, id, code }) => [kind, id, code]), [['routes', testId('2'), 'CONFIG_REFERENCE_DANGLING']]);
    assert.equal(routeAt(first.config, '/books').quarantined, 'CONFIG_REFERENCE_DANGLING');
    const second = compiled([SERVICE], { base: first.config });
    assert.deepEqual(second.quarantined, []);
    assert.equal(routeAt(second.config, '/books').quarantined, undefined);
    const third = compiled([remove('services', testId('1'))], { base: second.config });
    assert.equal(routeAt(third.config, '/books').quarantined, 'CONFIG_REFERENCE_DANGLING');
  });

  test('a service that can not be read: its routes answer 503, the rest serves', () => {
    const other = put('services', { id: testId('b1'), url: 'http://other.internal/' });
    const unreadable = { kind: 'services', id: testId('1'), bytes: Uint8Array.of(255, 255) };
    const { config, quarantined } = compiled([unreadable, ROUTE, other, put('routes', { id: testId('b2'), paths: ['/other'], service: ref('b1') })]);
    assert.deepEqual(quarantined.map(({ kind, code }) => [kind, code]), [['services', 'CONFIG_ENTITY_UNREADABLE'], ['routes', 'CONFIG_REFERENCE_DANGLING']]);
    assert.notEqual(routeAt(config, '/books').quarantined, undefined);
    assert.equal(routeAt(config, '/other').quarantined, undefined);
  });

  test('protocols that are not served', () => {
    // From before the control plane refused them.
    const services = testServices({ decodeEntity: (kind, bytes) => {
      const entity = testServices().decodeEntity(kind, bytes);
      return { ...entity, ...(kind === 'services' && entity.id === testId('1') ? { protocol: 'udp' } : {}), ...(kind === 'routes' && entity.id === testId('a2') ? { protocols: ['udp'] } : {}) };
    } });
    const others = ['grpc', 'grpcs', 'tcp', 'tls', 'tls_passthrough'].map((protocol, index) => put('services', { id: testId(`c${index}`), protocol, host: 'a.internal' }));
    const { config, quarantined } = compiled([SERVICE, ROUTE, ...others, put('routes', { id: testId('a2'), protocols: ['tcp'], sources: [{ port: 1 }] })], { services });
    assert.deepEqual(quarantined.map(({ kind, code }) => [kind, code]), [['routes', 'CONFIG_PROTOCOL_UNSUPPORTED'], ['services', 'CONFIG_PROTOCOL_UNSUPPORTED']]);
    assert.equal(routeAt(config, '/books').quarantined, 'CONFIG_PROTOCOL_UNSUPPORTED');
  });

  test('a pattern that does not compile here: the route answers 503, and heals', () => {
    const services = testServices({ decodeEntity: (kind, bytes) => ({ ...testServices().decodeEntity(kind, bytes), ...(kind === 'routes' ? { paths: ['~/admin/(', '/books'] } : {}) }) });
    const first = compiled([SERVICE, ROUTE, put('routes', { id: testId('2'), paths: ['/x'], service: ref('1') })], { services });
    assert.deepEqual(first.quarantined.map(({ code }) => code), ['CONFIG_ROUTE_UNMATCHABLE']);
    assert.equal(routeAt(first.config, '/admin/x').quarantined, 'CONFIG_ROUTE_UNMATCHABLE');
    assert.equal(routeAt(first.config, '/books').quarantined, 'CONFIG_ROUTE_UNMATCHABLE');
    const second = compiled([ROUTE], { base: first.config });
    assert.deepEqual(second.quarantined, []);
    assert.equal(second.config.match(requestView({ path: '/admin/x' })), undefined);

    const disabled = put('services', { id: testId('1'), url: 'http://books.internal/', enabled: false });
    const third = compiled([disabled], { base: first.config });
    assert.deepEqual(third.quarantined, [], 'what a disabled service takes out of service is no problem');
    assert.deepEqual(compiled([SERVICE], { base: third.config }).quarantined, first.quarantined);
  });
});

describe('what is told of what is isolated', () => {
  const unreadable = { kind: 'services', id: testId('1'), bytes: Uint8Array.of(255, 255) };
  const routes = Array.from({ length: 1_200 }, (_, index) => put('routes', { id: testId(`b${(index + 0x1000).toString(16)}`), paths: [`/r${index}`], service: ref('1') }));

  test('a thousand entities, causes before what depends on them, the same ones whatever led there', () => {
    const whole = compiled([unreadable, ...routes]);
    assert.equal(whole.quarantined.length, 1_000);
    assert.deepEqual(whole.quarantined.slice(0, 2).map(({ kind, id }) => [kind, id]), [['services', testId('1')], ['routes', testId('b1000')]]);
    const base = compiled([SERVICE, ...routes.toReversed()]).config;
    assert.deepEqual(compiled([unreadable], { base }).quarantined, whole.quarantined);
    assert.equal(compiled([CONSUMER], { base: whole.config }).quarantined, whole.quarantined, 'not put together anew where nothing of it changed');
    assert.equal(routeAt(whole.config, '/r1199').quarantined, 'CONFIG_REFERENCE_DANGLING', 'also one that is not told of');
    assert.deepEqual(compiled([SERVICE], { base: whole.config }).quarantined, []);
  });

  test('what depends on it is found in small pieces of work', () => {
    const base = compiled([SERVICE, ...routes]).config;
    const work = compileConfig(base, { version: { epoch: 1, sequence: 2 }, contentRoot: 'cd', reset: false, changes: [unreadable], contentKeys: undefined }, testServices());
    let steps = 0;
    while (work.next().done !== true) steps += 1;
    assert.ok(steps > routes.length, `${steps} steps for ${routes.length} routes`);
  });
});

describe('what cannot be isolated refuses the whole', () => {
  for (const kind of ['plugins', 'routes', 'acls', 'upstreams']) {
    test(`one of the ${kind} that cannot be read`, () => {
      const result = compile([...BASIS, { kind, id: testId('a1'), bytes: Uint8Array.of(255, 255) }]);
      assert.equal(result.kind, 'refused');
      assert.deepEqual(result.kind === 'refused' && result.problems.map((problem) => [problem.kind, problem.id, problem.code]), [[kind, testId('a1'), 'CONFIG_ENTITY_UNREADABLE']]);
    });
  }

  test('an entity under the id of another', () => {
    assert.equal(compile([...BASIS, { ...ROUTE, id: testId('a1') }]).kind, 'refused');
  });

  test('a later change of the same entity makes good', () => {
    assert.equal(compile([...BASIS, { kind: 'plugins', id: testId('a1'), bytes: Uint8Array.of(255) }, plugin('a1')]).kind, 'compiled');
    assert.equal(compile([...BASIS, { kind: 'plugins', id: testId('a1'), bytes: Uint8Array.of(255) }, remove('plugins', testId('a1'))]).kind, 'compiled');
  });

  test('credentials without a content key', () => {
    const credential = put('keyauth_credentials', { id: testId('4'), key: 'secret', consumer: ref('3') });
    const result = compile([...BASIS, credential], { contentKeys: undefined });
    assert.equal(result.kind === 'refused' && result.problems[0]?.code, 'CONFIG_CONTENT_KEY_MISSING');
    assert.equal(compile(BASIS, { contentKeys: undefined }).kind, 'compiled');
  });
});
