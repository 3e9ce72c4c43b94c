import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { isEntityKind } from '../../shared/model/registry.ts';
import type { PluginInstance } from '../../shared/plugins/contract.ts';
import type { RegisteredPlugin } from '../../shared/plugins/registered-plugin.ts';
import { keyAuthSchema } from '../../shared/plugins/key-auth/schema.ts';
import { BASIS, CONSUMER, plugin, routeAt, ROUTE, SERVICE } from '../../test/support/books-gateway.ts';
import { compile, compiled, testServices } from '../../test/support/compile-config.ts';
import { CONTENT_KEYS, put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import { testCertificate } from '../../test/support/test-certificates.ts';
import { compileConfig } from './compile.ts';
import type { CompiledConfig } from './compiled-config.ts';

const pair = await testCertificate();

describe('what requests find', () => {
  test('a route with its service, upstream and targets, whatever order they came in', () => {
    const { config, quarantined } = compiled([
      put('targets', { id: testId('7'), target: '10.0.0.2', weight: 0, upstream: ref('5') }),
      put('targets', { id: testId('6'), target: '[2001:db8::1]:81', weight: 7, upstream: ref('5') }),
      ROUTE,
      SERVICE,
      put('upstreams', { id: testId('5'), name: 'Books.internal', algorithm: 'least-connections', host_header: 'books.example' }),
    ]);
    assert.deepEqual(quarantined, []);
    assert.equal(config.routeCount, 1);
    const match = defined(config.match(requestView({ path: '/books/1' })), 'a match');
    assert.equal(match.matchedPathLength, 6);
    assert.deepEqual([match.route.name, match.route.stripPath, match.route.httpsRedirectStatusCode, match.route.quarantined], ['books', true, 426, undefined]);
    const { upstream, retryOn, ...service } = defined(match.route.service, 'a service');
    assert.deepEqual(service, {
      id: testId('1'), name: 'books', protocol: 'http', host: 'books.internal', port: 9000, path: '/api', retries: 2,
      connectTimeoutMs: 60_000, writeTimeoutMs: 60_000, readTimeoutMs: 1_000, enabled: true, retryStatuses: new Set(), retryBudgetPercent: 20, proxyProtocol: null,
      tls: { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined },
    });
    assert.deepEqual([...retryOn], ['connect-failure', 'reset', 'timeout']);
    assert.deepEqual([upstream?.id, upstream?.name, upstream?.entity.algorithm, upstream?.hostHeader], [testId('5'), 'Books.internal', 'least-connections', 'books.example']);
    assert.deepEqual(upstream?.targets, [{ id: testId('6'), host: '2001:db8::1', port: 81, weight: 7, isFailover: false, switches: [] }]);
    assert.equal(config.match(requestView({ path: '/books' }))?.route, match.route, 'the same object for each request');
  });

  test('of upstreams whose names differ in case alone, that of the same case, else the first by id; whatever came and went before', () => {
    const upstream = (digits: string, name: string) => put('upstreams', { id: testId(digits), name });
    const service = (host: string) => put('services', { id: testId('1'), host });
    const [upper, lower] = [upstream('5', 'UP'), upstream('6', 'up')];
    const idOf = (config: CompiledConfig) => routeAt(config, '/books').service?.upstream?.id;
    const both = compiled([ROUTE, service('up'), upper, lower]).config;
    assert.equal(idOf(both), testId('6'));
    assert.equal(idOf(compiled([ROUTE, service('up'), lower, upper]).config), testId('6'));
    assert.equal(idOf(compiled([service('UP')], { base: both }).config), testId('5'));
    assert.equal(idOf(compiled([service('Up')], { base: both }).config), testId('5'));
    assert.equal(idOf(compiled([remove('upstreams', testId('6'))], { base: both }).config), testId('5'), 'the one that is left, not a name for DNS');
    assert.equal(idOf(compiled([remove('upstreams', testId('5')), upstream('6', 'Up')], { base: both }).config), testId('6'));
  });

  test('consumers, groups and credentials', () => {
    const { config } = compiled([
      CONSUMER,
      put('keyauth_credentials', { id: testId('4'), key: 'secret', consumer: ref('3') }),
      put('acls', { id: testId('5'), group: 'z', consumer: ref('3') }),
      put('acls', { id: testId('6'), group: 'a', consumer: ref('3') }),
    ]);
    assert.deepEqual(config.consumerById(testId('3')), { id: testId('3'), username: 'ann', customId: 'c-3' });
    assert.deepEqual(config.consumerByUsername('ann'), config.consumerById(testId('3')));
    assert.deepEqual(config.credentialBySecret('keyauth_credentials', 'secret'), { id: testId('4'), consumerId: testId('3') });
    assert.equal(config.credentialBySecret('keyauth_credentials', 'Secret'), undefined);
    assert.deepEqual(config.groupsOf(testId('3')), ['a', 'z']);
    assert.equal(config.groupsOf(testId('3')), config.groupsOf(testId('3')));
    assert.throws(() => Object.assign(config.groupsOf(testId('3')), ['b']), TypeError);
  });

  test('a credential ends when it expires, also one that was used before', () => {
    let nowMs = 1_700_000_000_000;
    const services = testServices({ clock: { nowMs: () => nowMs } });
    const { config } = compiled([CONSUMER, put('keyauth_credentials', { id: testId('4'), key: 'secret', consumer: ref('3'), ttl: 60 })], { services });
    assert.notEqual(config.credentialBySecret('keyauth_credentials', 'secret'), undefined);
    nowMs += 60_000;
    assert.equal(config.credentialBySecret('keyauth_credentials', 'secret'), undefined);
  });

  test('vaults, keys and the credentials of every plugin are kept as they are, and go again; without a content key they refuse the whole', () => {
    const consumer = ref('3');
    const pem = { private_key: pair.key };
    const added = [
      put('vaults', { id: testId('a1'), name: 'env', prefix: 'my-env' }), put('key_sets', { id: testId('a2'), name: 'issuer' }), put('keys', { id: testId('a3'), kid: 'k', set: ref('a2'), pem }),
      put('basicauth_credentials', { id: testId('a4'), consumer, username: 'ann', password: 'secret' }), put('hmacauth_credentials', { id: testId('a5'), consumer, username: 'ann' }),
      put('jwt_secrets', { id: testId('a6'), consumer }), put('oauth2_credentials', { id: testId('a7'), consumer, name: 'app' }), put('mtls_auth_credentials', { id: testId('a8'), consumer, subject_name: 'ann' }),
    ];
    const { config, quarantined } = compiled([...BASIS, CONSUMER, ...added]);
    assert.deepEqual(quarantined, []);
    const { entities, referrers } = config.parts.tables;
    for (const { kind, id } of added) assert.ok(isEntityKind(kind) && entities[kind].get(id)?.id === id, kind);
    assert.deepEqual([...referrers.jwt_secrets.membersOf(testId('3'))], [testId('a6')]);
    const without = compiled(added.map(({ kind, id }) => remove(kind, id)), { base: config }).config;
    for (const { kind, id } of added) assert.ok(isEntityKind(kind) && without.parts.tables.entities[kind].get(id) === undefined, kind);
    for (const credential of added.slice(3, 7)) assert.equal(compile([CONSUMER, credential], { contentKeys: undefined }).kind, 'refused', credential.kind);
  });

  test('what is of a kind that this version does not know is set aside, and reported until it is gone', () => {
    const { config, quarantined } = compiled([...BASIS, { kind: 'robots', id: testId('9'), bytes: Uint8Array.of(1, 2, 3) }, { kind: 'constructor', id: testId('9'), bytes: undefined }]);
    assert.deepEqual(quarantined.map(({ kind, id, code }) => [kind, id, code]), [['robots', testId('9'), 'CONFIG_KIND_UNKNOWN']]);
    assert.equal(routeAt(config, '/books').quarantined, undefined);
    assert.deepEqual(compiled([remove('robots', testId('9'))], { base: config }).quarantined, []);
  });

  test('the routes of a disabled service match nothing, and match again when it is enabled', () => {
    const disabled = put('services', { id: testId('1'), url: 'http://books.internal/', enabled: false });
    const fallback = put('routes', { id: testId('8'), name: 'fallback', paths: ['/'] });
    const first = compiled([disabled, ROUTE, fallback]).config;
    assert.equal(routeAt(first, '/books').name, 'fallback');
    const second = compiled([SERVICE], { base: first }).config;
    assert.equal(routeAt(second, '/books').name, 'books');
    assert.equal(routeAt(first, '/books').name, 'fallback', 'a request pinned to the first still sees the first');
    assert.equal(routeAt(compiled([disabled], { base: second }).config, '/books').name, 'fallback');
  });
});

describe('which plugins run', () => {
  /** Every scope has an instance of one plugin; taking the most specific away one by one must uncover the next. */
  test('the most specific scope wins: route+service+consumer, route+consumer, service+consumer, route+service, consumer, route, service, global', () => {
    const route = { route: ref('2') };
    const service = { service: ref('1') };
    const consumer = { consumer: ref('3') };
    const scopes: readonly (readonly [digits: string, scope: JsonObject])[] = [
      ['a1', { ...route, ...service, ...consumer }], ['a2', { ...route, ...consumer }], ['a3', { ...service, ...consumer }], ['a4', { ...route, ...service }],
      ['a5', consumer], ['a6', route], ['a7', service], ['a8', {}],
    ];
    // The consumer keeps a plugin of its own for elsewhere, so that its chain is resolved for it to the end.
    const elsewhere = [put('routes', { id: testId('8'), paths: ['/elsewhere'] }), plugin('a9', { route: ref('8'), ...consumer })];
    let { config } = compiled([...BASIS, ...elsewhere, ...scopes.map(([digits, scope]) => plugin(digits, scope))]);
    const withoutConsumer = ['a4', 'a6', 'a7', 'a8'];
    for (const [digits] of scopes) {
      const found = routeAt(config, '/books');
      assert.deepEqual(found.chainFor(testId('3')).entries.map(({ pluginId }) => pluginId), [testId(digits)]);
      const expected = withoutConsumer.find((other) => other >= digits);
      assert.deepEqual(found.chainFor(undefined).entries.map(({ pluginId }) => pluginId), [testId(expected ?? '')]);
      config = compiled([remove('plugins', testId(digits))], { base: config }).config;
    }
    assert.deepEqual(routeAt(config, '/books').chainFor(testId('3')).entries, []);
  });

  test('one per name, by descending priority', () => {
    const { config } = compiled([
      ...BASIS, plugin('a1'), plugin('a2', { name: 'acl', config: { allow: ['g'] } }), plugin('a3', { name: 'key-auth', config: { key_in_body: true } }), plugin('a4', { route: ref('2') }),
    ]);
    const chain = routeAt(config, '/books').chainFor(undefined);
    assert.deepEqual(chain.entries.map(({ name, pluginId }) => [name, pluginId]), [['key-auth', testId('a3')], ['acl', testId('a2')], ['rate-limiting', testId('a4')]]);
    assert.equal(chain.requestHead.length, 3);
    assert.deepEqual([chain.responseHead, chain.log], [[], []]);
    assert.equal(chain.requestBodyMaxBytes, 1_048_576);
  });

  test('the same chain for all consumers without plugins of their own, and the same object each time for those with', () => {
    const { config } = compiled([...BASIS, plugin('a1'), plugin('a2', { consumer: ref('3') })]);
    const found = routeAt(config, '/books');
    assert.equal(found.chainFor(testId('99')), found.chainFor(undefined));
    assert.notEqual(found.chainFor(testId('3')), found.chainFor(undefined));
    assert.equal(found.chainFor(testId('3')), found.chainFor(testId('3')));
  });

  test('chains of consumers are remembered, but not for every route and consumer without end', () => {
    const numbers = Array.from({ length: 130 }, (_, index) => (index + 0x1000).toString(16));
    const { config } = compiled(numbers.flatMap((digits) => [
      put('routes', { id: testId(`b${digits}`), paths: [`/r${digits}`] }), put('consumers', { id: testId(`c${digits}`), username: `consumer-${digits}` }), plugin(`d${digits}`, { consumer: ref(`c${digits}`) }),
    ]));
    const chainOf = (route = '', consumer = '') => routeAt(config, `/r${route}`).chainFor(testId(`c${consumer}`));
    const [one] = numbers;
    const first = chainOf(one, one);
    for (const route of numbers.slice(0, 100)) for (const consumer of numbers.slice(0, 100)) chainOf(route, consumer);
    assert.equal(chainOf(one, one), first, '10,000 of them');
    for (const route of numbers) for (const consumer of numbers) assert.deepEqual(chainOf(route, consumer).entries.map(({ pluginId }) => pluginId), [testId(`d${consumer}`)]);
    assert.notEqual(chainOf(one, one), first, '16,900 of them');
  });

  test('a disabled plugin hides nothing', () => {
    const { config } = compiled([...BASIS, plugin('a1'), plugin('a2', { route: ref('2'), enabled: false })]);
    assert.deepEqual(routeAt(config, '/books').chainFor(undefined).entries.map(({ pluginId }) => pluginId), [testId('a1')]);
  });

  test('a plugin guards a route whichever of the HTTP protocols the two name', () => {
    for (const [ofRoute, ofPlugin] of [[['https'], ['http']], [['http'], ['https']], [['http', 'https'], ['grpc', 'grpcs']]] as const) {
      const route = put('routes', { id: testId('2'), paths: ['/books'], service: ref('1'), protocols: ofRoute });
      const { config } = compiled([SERVICE, route, plugin('a1', { name: 'key-auth', protocols: ofPlugin })]);
      assert.deepEqual(routeAt(config, '/books').chainFor(undefined).entries.map(({ pluginId }) => pluginId), [testId('a1')], `${String(ofPlugin)} on ${String(ofRoute)}`);
    }
  });

  test('a route without a service has the plugins of routes and of all', () => {
    const { config } = compiled([put('routes', { id: testId('2'), paths: ['/'] }), plugin('a1'), plugin('a2', { name: 'key-auth', route: ref('2') })]);
    assert.deepEqual(routeAt(config, '/').chainFor(undefined).entries.map(({ pluginId }) => pluginId), [testId('a2'), testId('a1')]);
  });
});

describe('what configurations share', () => {
  /** A plugin that remembers what was made and closed. */
  function countingPlugins() {
    const [made, closed]: [string[], string[]] = [[], []];
    const counting: RegisteredPlugin = {
      schema: keyAuthSchema,
      create: (config, { pluginId }): PluginInstance => {
        const name = `${pluginId.slice(-2)} ${JSON.stringify(config['key_names'])}`;
        made.push(name);
        return { requestHead: () => undefined, close: () => void closed.push(name) };
      },
    };
    return { made, closed, services: testServices({ plugins: new Map([['key-auth', counting]]) }) };
  }
  const keyAuth = (digits: string, name: string) => put('plugins', { id: testId(digits), name: 'key-auth', route: ref('2'), config: { key_names: [name] }, instance_name: digits });

  test('an instance lives as long as a configuration has it, over deltas and snapshots, and is closed once', () => {
    const { made, closed, services } = countingPlugins();
    const first = compiled([...BASIS, keyAuth('a1', 'x')], { services }).config;
    const second = compiled([put('routes', { id: testId('2'), paths: ['/new'], service: ref('1') })], { base: first, services }).config;
    const third = compiled([...BASIS, keyAuth('a1', 'x')], { base: second, reset: true, services }).config;
    assert.deepEqual(made, ['a1 ["x"]']);
    const fourth = compiled([keyAuth('a1', 'y')], { base: third, services }).config;
    assert.deepEqual(made, ['a1 ["x"]', 'a1 ["y"]']);

    third.release();
    first.release();
    assert.deepEqual(closed, [], 'the second configuration still has the instance');
    second.release();
    second.release();
    assert.deepEqual(closed, ['a1 ["x"]']);
    fourth.release();
    assert.deepEqual(closed, ['a1 ["x"]', 'a1 ["y"]']);
  });

  test('a compilation that is given up closes what it made and leaves the base alone', () => {
    const { made, closed, services } = countingPlugins();
    const first = compiled([...BASIS, keyAuth('a1', 'x')], { services }).config;
    const change = { version: { epoch: 1, sequence: 2 }, contentRoot: 'cd', reset: false, changes: [keyAuth('a2', 'y')], contentKeys: undefined };
    const work = compileConfig(first, change, services);
    while (made.length < 2) assert.equal(work.next().done, false);
    const ended: Iterator<void, unknown> = work;
    ended.return?.();
    assert.deepEqual(closed, ['a2 ["y"]']);
  });

  test('a change of routes keeps what is known of credentials, and the other way round', () => {
    const first = compiled([...BASIS, put('keyauth_credentials', { id: testId('4'), key: 'secret', consumer: ref('3') })]).config;
    const moved = compiled([put('routes', { id: testId('2'), paths: ['/moved'], service: ref('1') })], { base: first }).config;
    assert.equal(moved.parts.identities, first.parts.identities);
    assert.notEqual(moved.parts.routes, first.parts.routes);
    const grouped = compiled([put('acls', { id: testId('5'), group: 'g', consumer: ref('3') })], { base: moved }).config;
    assert.equal(grouped.parts.routes, moved.parts.routes);
    assert.deepEqual([first.groupsOf(testId('3')), grouped.groupsOf(testId('3'))], [[], ['g']]);
  });

  test('whatever kind of entity changes alone, the next configuration shows it and the one before does not', () => {
    const service = put('services', { id: testId('1'), host: 'up' });
    const basis = [service, ROUTE, put('upstreams', { id: testId('5'), name: 'up' }), put('targets', { id: testId('6'), target: '10.0.0.1:80', upstream: ref('5') }), plugin('a1')];
    const seen = (config: CompiledConfig): string => {
      const route = routeAt(config, '/books');
      return JSON.stringify([route.name, route.service, route.chainFor(undefined).entries.map(({ pluginId }) => pluginId)]);
    };
    const first = compiled(basis).config;
    const before = seen(first);
    const changes = [
      put('services', { id: testId('1'), host: 'up', retries: 1 }),
      put('routes', { id: testId('2'), name: 'new', paths: ['/books'], service: ref('1') }),
      put('upstreams', { id: testId('5'), name: 'up', host_header: 'new.example' }),
      put('targets', { id: testId('6'), target: '10.0.0.2:80', upstream: ref('5') }),
      plugin('a2', { name: 'key-auth' }),
    ];
    for (const change of changes) {
      const { config } = compiled([change], { base: first });
      assert.notEqual(seen(config), before, change.kind);
      assert.equal(seen(config), seen(compiled([...basis, change]).config), change.kind);
    }
    assert.equal(seen(first), before);
  });

  test('with another content key the credentials are other credentials', () => {
    const first = compiled([CONSUMER, put('keyauth_credentials', { id: testId('4'), key: 'secret', consumer: ref('3') })]).config;
    const rotated = compiled([], { base: first, contentKeys: { ...CONTENT_KEYS, keys: [{ keyId: 2, key: new Uint8Array(32).fill(8) }] } }).config;
    assert.equal(rotated.credentialBySecret('keyauth_credentials', 'secret'), undefined);
    assert.notEqual(first.credentialBySecret('keyauth_credentials', 'secret'), undefined);
  });

  test('names that change hands within one change', () => {
    const [ann, bob] = [CONSUMER, put('consumers', { id: testId('4'), username: 'bob' })];
    const first = compiled([ann, bob]).config;
    const swapped = [put('consumers', { id: testId('3'), username: 'bob' }), put('consumers', { id: testId('4'), username: 'ann' })];
    for (const changes of [swapped, swapped.toReversed()]) {
      const { config } = compiled(changes, { base: first });
      assert.deepEqual([config.consumerByUsername('ann')?.id, config.consumerByUsername('bob')?.id], [testId('4'), testId('3')]);
    }
    const { config } = compiled([put('consumers', { id: testId('3'), username: 'bob' }), remove('consumers', testId('4'))], { base: first });
    assert.deepEqual([config.consumerByUsername('ann'), config.consumerByUsername('bob')?.id], [undefined, testId('3')]);
  });
});

describe('routes of every kind', () => {
  const SERVICE_REF = put('services', { id: testId('5e'), host: 'backend.test' });

  test('what the groups of a path caught', () => {
    const { config } = compiled([SERVICE_REF, put('routes', { id: testId('a1'), paths: ['~/books/(?<id>[^/]+)'], service: ref('5e') })]);
    const match = config.match(requestView({ path: '/books/42/x' }));
    assert.deepEqual([match?.matchedPathLength, match?.captures], [9, new Map([['1', '42'], ['id', '42']])]);
    assert.equal(match?.captures, match?.captures, 'matched once');
  });

  test('stream routes are found by connections alone, and follow changes', () => {
    const stream = { protocol: 'tls', serverName: 'db.test', sourceAddress: '192.0.2.1', sourcePort: 1, destinationAddress: '10.0.0.1', destinationPort: 5432 } as const;
    const route = (snis: readonly string[]) => put('routes', { id: testId('a1'), protocols: ['tls'], snis, service: ref('5e') });
    const first = compiled([SERVICE_REF, route(['db.test'])]).config;
    assert.deepEqual([first.matchStream(stream)?.id, first.match(requestView({ path: '/' }))], [testId('a1'), undefined]);
    const moved = compiled([route(['other.test'])], { base: first }).config;
    assert.deepEqual([moved.matchStream(stream), moved.matchStream({ ...stream, serverName: 'other.test' })?.id, first.matchStream(stream)?.id], [undefined, testId('a1'), testId('a1')]);
    const turned = compiled([put('routes', { id: testId('a1'), paths: ['/now-http'], service: ref('5e') })], { base: moved }).config;
    assert.deepEqual([turned.matchStream({ ...stream, serverName: 'other.test' }), turned.match(requestView({ path: '/now-http' }))?.route.id], [undefined, testId('a1')]);
  });

  test('expressions stand above attributes; one that cannot be read is quarantined', () => {
    const { config, quarantined } = compiled([
      SERVICE_REF,
      put('routes', { id: testId('a1'), paths: ['/books'], hosts: ['example.com'], service: ref('5e') }),
      put('routes', { id: testId('a2'), expression: 'http.path ^= "/books" && http.method == "POST"', service: ref('5e') }),
    ]);
    assert.deepEqual(quarantined, []);
    assert.deepEqual([config.match(requestView({ path: '/books' }))?.route.id, config.match(requestView({ path: '/books', method: 'POST' }))?.route.id], [testId('a1'), testId('a2')]);
  });
});

test('compiling 10,000 routes, and one more', (t) => {
  const changes = Array.from({ length: 10_000 }, (_, index) => {
    const digits = index.toString(16);
    return [put('services', { id: testId(`a${digits}`), url: `http://service-${index}.internal/` }), put('routes', { id: testId(`b${digits}`), paths: [`/service-${index}`], service: ref(`a${digits}`) })];
  }).flat();
  const began = performance.now();
  const { config } = compiled(changes);
  const whole = performance.now() - began;
  assert.equal(config.routeCount, 10_000);
  assert.equal(routeAt(config, '/service-9999').service?.host, 'service-9999.internal');
  const more = put('routes', { id: testId('c1'), paths: ['/one-more'], service: ref('a1') });
  const deltaBegan = performance.now();
  compiled([more], { base: config });
  t.diagnostic(`20,000 entities in ${whole.toFixed(0)} ms, a delta on top in ${(performance.now() - deltaBegan).toFixed(2)} ms`);
});
