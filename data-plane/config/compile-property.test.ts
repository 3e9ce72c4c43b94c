/** A configuration reached by any deltas behaves as the same content compiled from nothing, and the ones before stay as they were. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { compiled, testServices } from '../../test/support/compile-config.ts';
import { contentKeysOf, put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import { testAuthority, testCertificate } from '../../test/support/test-certificates.ts';
import type { EntityChange, Quarantined } from './compile-contract.ts';
import type { CompiledConfig } from './compiled-config.ts';

/** Few ids per kind, so that puts replace, deletes hit, and references dangle now and then. */
const digits = (prefix: string) => fc.constantFrom(`${prefix}1`, `${prefix}2`, `${prefix}3`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const reference = (prefix: string) => digits(prefix).map(ref);

function entity(kind: EntityKind, prefix: string, fields: fc.Arbitrary<JsonObject>): fc.Arbitrary<EntityChange> {
  return fc.tuple(digits(prefix), fields).map(([id, given]) => put(kind, { id: testId(id), ...given }));
}

const PREFIXES: readonly (readonly [EntityKind, string])[] = [
  ['services', 'a'], ['routes', 'b'], ['consumers', 'c'], ['upstreams', 'd'], ['targets', 'e'], ['plugins', 'f'], ['keyauth_credentials', '1a'], ['acls', '1b'],
  ['certificates', '2a'], ['snis', '2b'], ['ca_certificates', '2c'],
];
const pairs = await Promise.all([testCertificate(), testCertificate()]);
const authorities = await Promise.all([testAuthority('A'), testAuthority('B')]);
/** Made once: parsing a certificate takes longer than all the rest. The last of each id does not open. */
const certificates = ['2a1', '2a2', '2a3'].flatMap((id) => [
  ...pairs.map(({ cert, key }) => put('certificates', { id: testId(id), cert, key })),
  ...pairs.slice(1).map(({ cert, key }) => put('certificates', { id: testId(id), cert, key }, contentKeysOf({ tenantId: testId('0'), gatewayId: testId('0') }))),
]);
const caCertificates = ['2c1', '2c2', '2c3'].flatMap((id) => authorities.map(({ cert }) => put('ca_certificates', { id: testId(id), cert })));
const serverName = fc.constantFrom('a.test', '*.test', 'a.*', '*');
const upstreamName = fc.constantFrom('up-1', 'up-2');
const path = fc.constantFrom('/', '/a', '/a/b', '~/a/\\w+', '~/(a|b)/x');
const puts: fc.Arbitrary<EntityChange> = fc.oneof(
  { weight: 2, arbitrary: entity('services', 'a', fc.record({ host: fc.oneof(upstreamName, fc.constant('plain.test')), enabled: fc.boolean(), protocol: fc.constantFrom('http', 'http', 'http', 'grpc') })) },
  { weight: 3, arbitrary: entity('routes', 'b', fc.record({ paths: fc.array(path, { minLength: 1, maxLength: 2 }), methods: maybe(fc.constant(['GET'])), service: maybe(reference('a')) })) },
  { weight: 1, arbitrary: entity('consumers', 'c', fc.record({ username: fc.constantFrom('ann', 'bob', 'cy') })) },
  { weight: 1, arbitrary: entity('services', 'a', fc.record({ host: upstreamName, protocol: fc.constant('https'), tls_verify: maybe(fc.boolean()), client_certificate: maybe(reference('2a')), ca_certificates: maybe(fc.uniqueArray(digits('2c').map(testId))) })) },
  { weight: 1, arbitrary: entity('upstreams', 'd', fc.record({ name: upstreamName, client_certificate: maybe(reference('2a')) })) },
  { weight: 2, arbitrary: fc.constantFrom(...certificates) },
  { weight: 2, arbitrary: entity('snis', '2b', fc.record({ name: serverName, certificate: reference('2a') })) },
  { weight: 1, arbitrary: fc.constantFrom(...caCertificates) },
  { weight: 1, arbitrary: entity('targets', 'e', fc.record({ target: fc.constantFrom('10.0.0.1', '10.0.0.2:81'), weight: fc.constantFrom(0, 1, 2), upstream: reference('d') })) },
  {
    weight: 3,
    arbitrary: entity('plugins', 'f', fc.record({ name: fc.constantFrom('key-auth', 'rate-limiting'), service: maybe(reference('a')), route: maybe(reference('b')), enabled: fc.boolean() })
      .chain((given) => fc.record({ ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fc.constant(value)])), ...(given.name === 'key-auth' ? {} : { config: fc.constant({ minute: 1 }), consumer: maybe(reference('c')) }) }))),
  },
  { weight: 1, arbitrary: entity('keyauth_credentials', '1a', fc.record({ key: fc.constantFrom('k1', 'k2', 'k3'), consumer: reference('c') })) },
  { weight: 1, arbitrary: entity('acls', '1b', fc.record({ group: fc.constantFrom('g1', 'g2'), consumer: reference('c') })) },
);
const removal = fc.constantFrom(...PREFIXES).chain(([kind, prefix]) => digits(prefix).map((id) => remove(kind, testId(id))));
const change = fc.oneof({ weight: 5, arbitrary: puts }, { weight: 1, arbitrary: removal });

/** What the admin API makes sure of before anything is published: names and keys are unique, as are a plugin's name and place. */
function uniqueKeyOf({ kind, bytes }: EntityChange): string | undefined {
  if (bytes === undefined) return undefined;
  const { decodeEntity } = testServices();
  if (kind === 'consumers') return `consumer ${decodeEntity('consumers', bytes).username}`;
  if (kind === 'upstreams') return `upstream ${decodeEntity('upstreams', bytes).name}`;
  if (kind === 'keyauth_credentials') return `key ${decodeEntity('keyauth_credentials', bytes).key_digest}`;
  if (kind === 'snis') return `sni ${decodeEntity('snis', bytes).name}`;
  if (kind === 'ca_certificates') return `authority ${decodeEntity('ca_certificates', bytes).cert_digest}`;
  if (kind !== 'plugins') return undefined;
  const { name, route, service, consumer } = decodeEntity('plugins', bytes);
  return `plugin ${name} ${route?.id} ${service?.id} ${consumer?.id}`;
}

class Content {
  readonly entities = new Map<string, EntityChange>();
  readonly #uniqueKeys = new Map<string, string>();

  /** False where the change would break a unique key. */
  accept(one: EntityChange): boolean {
    const [key, uniqueKey] = [`${one.kind}/${one.id}`, uniqueKeyOf(one)];
    if (uniqueKey !== undefined && [...this.#uniqueKeys].some(([other, taken]) => other !== key && taken === uniqueKey)) return false;
    if (uniqueKey === undefined) this.#uniqueKeys.delete(key);
    else this.#uniqueKeys.set(key, uniqueKey);
    if (one.bytes === undefined) this.entities.delete(key);
    else this.entities.set(key, one);
    return true;
  }
}

/** Of each entity, as a publisher folds changes into a release. */
function lastStates(changes: readonly EntityChange[]): readonly EntityChange[] {
  return [...new Map(changes.map((one) => [`${one.kind}/${one.id}`, one])).values()];
}

const REQUESTS = ['/', '/a', '/a/b', '/a/b/c', '/b/x', '/zzz'].flatMap((at) => ['GET', 'PUT'].map((method) => requestView({ path: at, method })));

/** Everything that a request, a plugin or an operator can see of a configuration. */
function behaviourOf({ config, quarantined }: { readonly config: CompiledConfig; readonly quarantined: readonly Quarantined[] }): unknown {
  const consumers = ['c1', 'c2', 'c3'].map(testId);
  return {
    quarantined,
    routeCount: config.routeCount,
    consumers: consumers.map((id) => [config.consumerById(id), config.groupsOf(id)]),
    names: ['ann', 'bob', 'cy'].map((name) => config.consumerByUsername(name)),
    credentials: ['k1', 'k2', 'k3'].map((key) => config.credentialBySecret('keyauth_credentials', key)),
    certificates: ['a.test', 'b.test', 'a.org', 'x.org', undefined].map((name) => config.certificates.forServerName(name)),
    authorities: config.certificates.caCertificates,
    matches: REQUESTS.map((request) => {
      const match = config.match(request);
      if (match === undefined) return undefined;
      const { route, matchedPathLength } = match;
      const chains = [undefined, ...consumers].map((id) => [route.chainFor(id).entries, route.chainFor(id).requestHead].map((entries) => entries.map(({ pluginId }) => pluginId)));
      return [route.id, matchedPathLength, route.quarantined, route.service, chains];
    }),
  };
}

test('deltas lead where a snapshot leads', () => {
  let [matched, quarantined] = [0, 0];
  const delta = fc.array(change, { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(delta, { minLength: 1, maxLength: 5 }), (deltas) => {
      const content = new Content();
      let base: CompiledConfig | undefined;
      const history: { readonly config: CompiledConfig; readonly behaviour: unknown }[] = [];
      for (const changes of deltas) {
        const accepted = changes.filter((one) => content.accept(one));
        const onBase = base === undefined ? {} : { base };
        const next = compiled(accepted, onBase);
        const fresh = compiled(content.entities.values());
        const behaviour = behaviourOf(next);
        assert.deepEqual(behaviour, behaviourOf(fresh));
        // A release may cover several changes; then names may go around in it, and the order is of no help.
        for (const released of [lastStates(accepted), lastStates(accepted).toReversed()]) assert.deepEqual(behaviourOf(compiled(released, onBase)), behaviour);
        const again = compiled([...content.entities.values()].toReversed(), { base: next.config, reset: true });
        assert.deepEqual(behaviourOf(again), behaviour);
        if (next.config.match(requestView({ path: '/a' })) !== undefined) matched += 1;
        quarantined += next.quarantined.length;
        history.push({ config: next.config, behaviour });
        base = next.config;
      }
      for (const { config, behaviour } of history) assert.deepEqual(behaviourOf({ config, quarantined: config.parts.quarantine.told() }), behaviour);
    }),
    { numRuns: 100 },
  );
  assert.ok(matched > 20 && quarantined > 20, `too little happened to prove anything: ${matched}, ${quarantined}`);
});
