/**
 * Random content of a gateway, as this version or a newer control plane wrote it, some of it broken: what property tests make
 * histories of. Each change comes with what it means to a data plane that understands everything.
 */
import fc from 'fast-check';
import { holdfast } from '../../proto/gen/config.js';
import { defined } from '../../shared/assert.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { type RegisteredPlugin } from '../../shared/plugins/registered-plugin.ts';
import { pluginRegistry } from '../../shared/plugins/registry.ts';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';
import { testServices } from './compile-config.ts';
import { contentKeysOf, put, ref, remove, testId } from './config-content.ts';
import { testCertificate } from './test-certificates.ts';

const { Acl, ConsumerGroupMember, Plugin, Route, Service, Sni, Upstream } = holdfast.config.v1;
const FUTURE_PLUGIN = 'x-new';
/** A data plane of the future knows one plugin more. */
export const futureServices = testServices({ plugins: new Map([...pluginRegistry, [FUTURE_PLUGIN, futurePlugin()]]) });

function futurePlugin(): RegisteredPlugin {
  const { schema } = defined(pluginRegistry.get('key-auth'), 'key-auth');
  return { schema, create: () => ({ requestHead: () => undefined }) };
}

/** An entity as the future wrote it, and the same in words of today: what the future makes of it. */
export interface Twins {
  readonly written: EntityChange;
  readonly meant: EntityChange;
}

const bytesOf = ({ bytes }: EntityChange): Uint8Array => defined(bytes, 'bytes');
const changed = (change: EntityChange, bytes: Uint8Array): EntityChange => ({ ...change, bytes });
/** Fields 999 and 1000, the integer 1. */
const withUnknownField = (change: EntityChange): EntityChange => changed(change, Buffer.concat([bytesOf(change), Buffer.from([0xb8, 0x3e, 1])]));
const withCriticalField = (change: EntityChange): EntityChange => changed(change, Buffer.concat([bytesOf(change), Buffer.from([0xc0, 0x3e, 1])]));

/** What a field that must not be left out says is what the entity meant: without it, it would read as something else. */
function critical(change: EntityChange): Twins {
  const bytes = bytesOf(change);
  const written = (other: Uint8Array): Twins => ({ written: withCriticalField(changed(change, other)), meant: change });
  switch (change.kind) {
    case 'plugins':
      return written(Plugin.encode(Object.assign(Plugin.decode(bytes), { consumer: null, consumer_group: null, condition: null, ordering: null })).finish());
    case 'acls':
      return written(Acl.encode(Object.assign(Acl.decode(bytes), { group: 'other' })).finish());
    case 'consumer_group_consumers':
      return written(ConsumerGroupMember.encode(Object.assign(ConsumerGroupMember.decode(bytes), { consumer_group: bytesOfId(testId('a2')) })).finish());
    case 'snis':
      return written(Sni.encode(Object.assign(Sni.decode(bytes), { certificate: bytesOfId(testId('f2')) })).finish());
    case 'upstreams':
      return written(Upstream.encode(Object.assign(Upstream.decode(bytes), { host_header: 'other.test' })).finish());
    default:
      return written(bytes);
  }
}

function bytesOfId(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function plain(change: EntityChange): Twins {
  return { written: change, meant: change };
}

/** In what ways an entity can be beyond this version, besides fields. */
function beyond(change: EntityChange): readonly Twins[] {
  const bytes = bytesOf(change);
  switch (change.kind) {
    case 'routes': {
      const unreadable = changed(change, Route.encode(Object.assign(Route.decode(bytes), { path_handling: 'v9' })).finish());
      const { expression } = Route.decode(bytes);
      if (expression != null) {
        const narrower = (more: string): EntityChange => changed(change, Route.encode(Object.assign(Route.decode(bytes), { expression: `${expression} && ${more}` })).finish());
        return ['net.country == "x"', '(http.method == "GET" || net.country in {"a && b"})'].map((more) => ({ written: narrower(more), meant: narrower('http.method == "GET"') }));
      }
      const paths = Route.decode(bytes).paths?.values ?? [];
      const broken = changed(change, Route.encode(Object.assign(Route.decode(bytes), { paths: { values: paths.map((path) => (path.startsWith('~') ? '~/a/(' : path)) } })).finish());
      return paths.length === 0 ? [{ written: unreadable, meant: change }] : [{ written: unreadable, meant: change }, { written: broken, meant: change }];
    }
    case 'services':
      return [{ written: changed(change, Service.encode(Object.assign(Service.decode(bytes), { protocol: 'h3' })).finish()), meant: change }];
    case 'upstreams':
      return [{ written: changed(change, Upstream.encode(Object.assign(Upstream.decode(bytes), { algorithm: 'quantum' })).finish()), meant: change }];
    case 'plugins': {
      const config: unknown = JSON.parse(Buffer.from(Plugin.decode(bytes).config ?? []).toString());
      const future = changed(change, Plugin.encode(Object.assign(Plugin.decode(bytes), { name: FUTURE_PLUGIN, config: Buffer.from('{"x":1}') })).finish());
      return [
        { written: changed(change, Plugin.encode(Object.assign(Plugin.decode(bytes), { protocols: { values: ['quic'] } })).finish()), meant: change },
        { written: changed(change, Plugin.encode(Object.assign(Plugin.decode(bytes), { config: Buffer.from(JSON.stringify({ ...Object(config), also_require: true })) })).finish()), meant: change },
        { written: future, meant: future },
      ];
    }
    default:
      return [];
  }
}

const digits = (prefix: string) => fc.constantFrom(`${prefix}1`, `${prefix}2`, `${prefix}3`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const reference = (prefix: string) => digits(prefix).map(ref);

function entity(kind: EntityKind, prefix: string, fields: fc.Arbitrary<JsonObject>): fc.Arbitrary<EntityChange> {
  return fc.tuple(digits(prefix), fields).map(([id, given]) => put(kind, { id: testId(id), ...given }));
}

const pairs = await Promise.all([testCertificate(), testCertificate()]);
const certificates = ['f1', 'f2'].flatMap((id, index) => {
  const { cert, key } = defined(pairs[index], 'a pair');
  return [plain(put('certificates', { id: testId(id), cert, key })), { written: put('certificates', { id: testId(id), cert, key }, contentKeysOf({ tenantId: testId('0'), gatewayId: testId('0') })), meant: put('certificates', { id: testId(id), cert, key }) }];
});
const path = fc.constantFrom('/', '/a', '/a/b', '~/a/\\w+');
/** Ids of different kinds are the same now and then: only together with its kind does an id say what is meant. */
const PREFIXES: readonly (readonly [EntityKind, string])[] = [
  ['services', 'a'], ['routes', 'b'], ['consumers', 'c'], ['upstreams', 'd'], ['targets', 'e'], ['plugins', 'b'], ['keyauth_credentials', 'c'], ['acls', 'c'], ['consumer_groups', 'a'], ['consumer_group_consumers', 'a'], ['certificates', 'f'], ['snis', 'a'],
];
const healthy: fc.Arbitrary<EntityChange> = fc.oneof(
  { weight: 3, arbitrary: entity('services', 'a', fc.record({ host: fc.constantFrom('up-1', 'up-2', 'plain.test'), protocol: fc.constantFrom('http', 'http', 'tcp') })) },
  { weight: 4, arbitrary: entity('routes', 'b', fc.record({ paths: fc.array(path, { minLength: 1, maxLength: 2 }), methods: maybe(fc.constant(['GET'])), service: maybe(reference('a')) })) },
  { weight: 2, arbitrary: entity('routes', 'b', fc.record({ expression: fc.constantFrom('http.path ^= "/a"', '(http.path == "/a" || http.path == "/a/b")'), priority: fc.constantFrom(0, 1), service: maybe(reference('a')) })) },
  { weight: 1, arbitrary: entity('routes', 'b', fc.record({ protocols: fc.constant(['tcp']), destinations: fc.constantFrom([{ port: 1 }], [{ port: 1 }, { port: 2 }]), service: reference('a') })) },
  { weight: 2, arbitrary: entity('consumers', 'c', fc.record({ username: fc.constantFrom('ann', 'bob', 'cy') })) },
  { weight: 1, arbitrary: entity('upstreams', 'd', fc.record({ name: fc.constantFrom('up-1', 'up-2', 'UP-1') })) },
  { weight: 1, arbitrary: entity('targets', 'e', fc.record({ target: fc.constantFrom('10.0.0.1', '10.0.0.2:81'), upstream: reference('d') })) },
  { weight: 5, arbitrary: entity('plugins', 'b', fc.record({ name: fc.constant('key-auth'), service: maybe(reference('a')), route: maybe(reference('b')), enabled: fc.boolean(), ordering: maybe(fc.constant({ before: { access: ['rate-limiting'] } })) })) },
  { weight: 3, arbitrary: entity('plugins', 'b', fc.record({ name: fc.constant('rate-limiting'), config: fc.constant({ minute: 1 }), route: maybe(reference('b')), consumer_group: maybe(reference('a')), condition: maybe(fc.constant('http.method == "PUT"')), ordering: maybe(fc.constant({ before: { access: ['key-auth'] } })) })) },
  { weight: 1, arbitrary: entity('consumer_groups', 'a', fc.record({ name: fc.constantFrom('g1', 'g2', 'g3') })) },
  { weight: 2, arbitrary: entity('consumer_group_consumers', 'a', fc.record({ consumer: reference('c'), consumer_group: reference('a') })) },
  { weight: 3, arbitrary: entity('plugins', 'b', fc.record({ name: fc.constant('rate-limiting'), config: fc.constant({ minute: 1 }), service: maybe(reference('a')), consumer: maybe(reference('c')) })) },
  { weight: 2, arbitrary: entity('keyauth_credentials', 'c', fc.record({ key: fc.constantFrom('k1', 'k2', 'k3'), consumer: reference('c') })) },
  { weight: 2, arbitrary: entity('acls', 'c', fc.record({ group: fc.constantFrom('g1', 'g2'), consumer: reference('c') })) },
  { weight: 2, arbitrary: entity('snis', 'a', fc.record({ name: fc.constantFrom('a.test', '*.test'), certificate: fc.constantFrom('f1', 'f2').map(ref) })) },
);
export const twins: fc.Arbitrary<Twins> = fc.oneof(
  { weight: 10, arbitrary: healthy.map(plain) },
  { weight: 4, arbitrary: healthy.chain((change) => fc.constantFrom(plain(change), ...beyond(change))) },
  { weight: 3, arbitrary: healthy.map(critical) },
  { weight: 1, arbitrary: healthy.map((change) => ({ written: withUnknownField(change), meant: change })) },
  { weight: 1, arbitrary: fc.constantFrom(...certificates) },
  { weight: 1, arbitrary: digits('a').map((id) => plain({ kind: 'robots', id: testId(id), bytes: Uint8Array.of(1, 2, 3) })) },
  { weight: 2, arbitrary: fc.constantFrom(...PREFIXES, ['robots', 'a'] as const).chain(([kind, prefix]) => digits(prefix).map((id) => plain(remove(kind, testId(id))))) },
);

/** Something to break: most references lead somewhere. */
export const BASIS: readonly Twins[] = [
  ...certificates.filter(({ written, meant }) => written === meant),
  ...['a1', 'a2', 'a3'].map((id, index) => put('services', { id: testId(id), host: `up-${index + 1}` })),
  ...['c1', 'c2', 'c3'].flatMap((id, index) => [put('consumers', { id: testId(id), username: `user-${index}` }), put('keyauth_credentials', { id: testId(id), key: `k${index + 1}`, consumer: ref(id) })]),
  ...['a1', 'a2'].map((id, index) => put('consumer_groups', { id: testId(id), name: `g${index + 1}` })),
  put('consumer_group_consumers', { id: testId('a1'), consumer: ref('c1'), consumer_group: ref('a1') }),
  ...['d1', 'd2'].map((id, index) => put('upstreams', { id: testId(id), name: `up-${index + 1}` })),
  put('routes', { id: testId('b1'), paths: ['/', '~/a/\\w+'], service: ref('a1') }),
  put('routes', { id: testId('b2'), paths: ['/a'], methods: ['GET'], service: ref('a2') }),
].map((one) => ('written' in one ? one : plain(one)));

const { decodeEntity } = testServices();

/** What the admin API makes sure of: names and keys are unique, as are a plugin's name and place. */
function uniqueKeyOf({ kind, bytes }: EntityChange): string | undefined {
  if (bytes === undefined) return undefined;
  switch (kind) {
    case 'consumers':
      return `consumer ${decodeEntity('consumers', bytes).username}`;
    case 'consumer_groups':
      return `group ${decodeEntity('consumer_groups', bytes).name}`;
    case 'upstreams':
      return `upstream ${decodeEntity('upstreams', bytes).name}`;
    case 'keyauth_credentials':
      return `key ${decodeEntity('keyauth_credentials', bytes).key_digest}`;
    case 'snis':
      return `sni ${decodeEntity('snis', bytes).name}`;
    case 'plugins': {
      const { name, route, service, consumer, consumer_group: group } = decodeEntity('plugins', bytes);
      return `plugin ${name} ${route?.id} ${service?.id} ${consumer?.id} ${group?.id}`;
    }
    default:
      return undefined;
  }
}

export class Content {
  readonly entities = new Map<string, Twins>();

  /** False where the change would break a unique key. */
  accept(one: Twins): boolean {
    const [key, unique] = [`${one.written.kind}/${one.written.id}`, uniqueKeyOf(one.meant)];
    if (unique !== undefined && [...this.entities].some(([other, { meant }]) => other !== key && uniqueKeyOf(meant) === unique)) return false;
    if (one.written.bytes === undefined) this.entities.delete(key);
    else this.entities.set(key, one);
    return true;
  }
}
