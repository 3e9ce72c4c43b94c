/**
 * Which of several plugins of one name runs: every set of the twelve kinds of scope, every pair and triple with a second group, and many
 * larger sets, against a plain reading of the rules; and what of that a switch, protocols, a condition or an ordering changes.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { compiled } from '../../test/support/compile-config.ts';
import { put, ref, remove, testId } from '../../test/support/config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import type { CompiledConfig } from './compiled-config.ts';

const [SERVICE, ROUTE, ANN, BOB, GOLD, BETA] = ['a1', 'b1', 'c1', 'c2', 'd1', 'd2'] as const;
const member = (id: string, consumer: string, group: string) => put('consumer_group_consumers', { id: testId(id), consumer: ref(consumer), consumer_group: ref(group) });
/** Ann is in both groups, of which beta comes first by name and last by id; Bob is in gold; nobody is in neither. */
const BASIS = [
  put('services', { id: testId(SERVICE), host: 'a.test' }), put('routes', { id: testId(ROUTE), paths: ['/'], service: ref(SERVICE) }),
  put('consumers', { id: testId(ANN), username: 'ann' }), put('consumers', { id: testId(BOB), username: 'bob' }), put('consumers', { id: testId('c3'), username: 'cy' }),
  put('consumer_groups', { id: testId(GOLD), name: 'gold' }), put('consumer_groups', { id: testId(BETA), name: 'beta' }),
  member('e1', ANN, GOLD), member('e2', ANN, BETA), member('e3', BOB, GOLD),
];

interface Scope {
  readonly route: boolean;
  readonly service: boolean;
  readonly client: string | undefined;
}

const CLIENTS = [undefined, ANN, GOLD, BETA];
/** All places at which a plugin of one name can stand at once: with and without route, with and without service, for each client. */
const SCOPES: readonly Scope[] = [true, false].flatMap((route) => [true, false].flatMap((service) => CLIENTS.map((client) => ({ route, service, client }))));
const idOf = (index: number): string => testId((0xf00 + index).toString(16));

function plugin(scope: Scope, index: number, change: JsonObject = {}) {
  const client: JsonObject = scope.client === undefined ? {} : scope.client === ANN ? { consumer: ref(ANN) } : { consumer_group: ref(scope.client) };
  return put('plugins', { id: idOf(index), name: 'rate-limiting', config: { minute: index + 1 }, ...(scope.route ? { route: ref(ROUTE) } : {}), ...(scope.service ? { service: ref(SERVICE) } : {}), ...client, ...change });
}

/** kong-compat's list, most specific first: what of R(oute), S(ervice), C(onsumer) and G(roup) a plugin is bound to. */
const ORDER = ['CRS', 'GRS', 'CR', 'CS', 'GR', 'GS', 'RS', 'C', 'G', 'R', 'S', ''];

function rankOf({ route, service, client }: Scope): number {
  const letter = client === undefined ? '' : client === ANN ? 'C' : 'G';
  return ORDER.indexOf([letter, route ? 'R' : '', service ? 'S' : ''].join(''));
}

/** The one that runs, by trying all. */
function expected(present: readonly number[], consumer: string | undefined): string | undefined {
  const groups = consumer === ANN ? [BETA, GOLD] : consumer === BOB ? [GOLD] : [];
  const fitting = present.filter((index) => {
    const { client } = defined(SCOPES[index], 'a scope');
    return client === undefined || client === consumer || groups.some((group) => group === client);
  });
  const best = fitting.toSorted((a, b) => {
    const [one, other] = [defined(SCOPES[a], 'a scope'), defined(SCOPES[b], 'a scope')];
    return rankOf(one) - rankOf(other) || groups.findIndex((group) => group === one.client) - groups.findIndex((group) => group === other.client);
  })[0];
  return best === undefined ? undefined : idOf(best);
}

function chosen(config: CompiledConfig, consumer: string | undefined): string | undefined {
  const { entries } = defined(config.match(requestView({ path: '/' })), 'the route').route.chainFor(consumer === undefined ? undefined : testId(consumer));
  assert.ok(entries.length <= 1, 'one instance of a name');
  return entries[0]?.pluginId;
}

/** Says of each client which plugin runs, in a configuration with these present. */
function check(config: CompiledConfig, present: readonly number[]): void {
  for (const consumer of [undefined, ANN, BOB, 'c3']) {
    const [found, wanted] = [chosen(config, consumer), expected(present, consumer)];
    if (found !== wanted) assert.equal(found, wanted, `${JSON.stringify(present.map((index) => SCOPES[index]))} for ${consumer}`);
  }
}

const PLUGINS = SCOPES.map((scope, index) => plugin(scope, index));
const ALL = SCOPES.map((_, index) => index);

test('every scope, pair and triple, of which two are for different groups of a consumer, and many sets: the most specific runs', () => {
  const basis = compiled(BASIS).config;
  const compileAndCheck = (present: readonly number[]): void => {
    const { config } = compiled(present.map((index) => defined(PLUGINS[index], 'a plugin')), { base: basis });
    check(config, present);
    config.release();
  };
  let compiledSets = 0;
  for (const a of ALL) for (const b of ALL) for (const c of ALL) if (a <= b && b <= c && (a < b || b === c)) { compileAndCheck([...new Set([a, b, c])]); compiledSets += 1; }
  // Beyond triples, all subsets would be 65,536: a few of each size say as much.
  for (let bits = 0; bits < 65_536; bits += 509) compileAndCheck(ALL.filter((index) => (bits >> index) % 2 === 1));
  assert.equal(compiledSets, 696);
});

test('all 4,096 sets of the twelve kinds of scope: the most specific runs', () => {
  const kinds = ALL.filter((index) => SCOPES[index]?.client !== BETA);
  assert.deepEqual(kinds.map((index) => rankOf(defined(SCOPES[index], 'a scope'))).toSorted((a, b) => a - b), ORDER.map((_, rank) => rank));
  let { config } = compiled(BASIS);
  const present = new Set<number>();
  check(config, []);
  // In the order of a Gray code each set is the one before with a plugin more or less: what is compiled is one change.
  for (let step = 1; step < 4_096; step += 1) {
    const index = defined(kinds[31 - Math.clz32(step & -step)], 'a kind');
    const change = present.delete(index) ? remove('plugins', idOf(index)) : defined(PLUGINS[index], 'a plugin');
    if (change.bytes !== undefined) present.add(index);
    const base = config;
    ({ config } = compiled([change], { base }));
    base.release();
    check(config, [...present]);
  }
});

/** What can be said of a plugin besides its scope, and whether it then still counts. */
const CHANGES: readonly { readonly name: string; readonly change: JsonObject; readonly counts: (scope: Scope) => boolean }[] = [
  { name: 'disabled', change: { enabled: false }, counts: () => false },
  { name: 'for other requests, as far as a word in a list says', change: { protocols: ['grpc'] }, counts: () => true },
  { name: 'with a condition that does not hold', change: { condition: 'http.path == "/elsewhere"' }, counts: () => true },
  { name: 'ordered', change: { ordering: { before: { access: ['key-auth'] }, after: { access: ['acl'] } } }, counts: () => true },
  { name: 'for streams alone', change: { name: 'ip-restriction', config: { allow: ['10.0.0.0/8'] }, protocols: ['tcp', 'tls'] }, counts: ({ route }) => route },
];

for (const { name, change, counts } of CHANGES) {
  test(`every pair, the more specific one ${name}`, () => {
    const basis = compiled(BASIS).config;
    const isOther = change['name'] !== undefined;
    let compared = 0;
    for (const [a, changed] of SCOPES.entries()) {
      // Nothing is known of clients on streams, so no plugin for one is for them.
      if (isOther && changed.client !== undefined) continue;
      for (const [b, plain] of SCOPES.entries()) {
        if (a === b || rankOf(changed) > rankOf(plain)) continue;
        const { config } = compiled([plugin(changed, a, change), plugin(plain, b, isOther ? { name: 'ip-restriction', config: { allow: ['10.0.0.0/8'] }, protocols: ['http'] } : {})], { base: basis });
        const present = counts(changed) ? [a, b] : [b];
        for (const consumer of [undefined, ANN, BOB]) assert.equal(chosen(config, consumer), expected(present, consumer), `${JSON.stringify([changed, plain])} for ${consumer}`);
        compared += 1;
        config.release();
      }
    }
    assert.equal(compared, isOther ? 9 : 124);
  });
}

test('a chain follows the memberships, however they change, and is one for all who have the same', () => {
  const changes = [...BASIS, plugin({ route: false, service: false, client: GOLD }, 5), plugin({ route: true, service: false, client: undefined }, 9)];
  const base = compiled(changes).config;
  const routeOf = (config: CompiledConfig) => defined(config.match(requestView({ path: '/' })), 'the route').route;
  assert.equal(chosen(base, BOB), idOf(5));
  assert.equal(routeOf(base).chainFor(testId(BOB)), routeOf(base).chainFor(testId(ANN)), 'both are in gold, and of beta there is no plugin');
  assert.equal(routeOf(base).chainFor(testId('c3')), routeOf(base).chainFor(undefined));
  const without = compiled([remove('consumer_group_consumers', testId('e3'))], { base }).config;
  assert.deepEqual([chosen(without, BOB), chosen(without, ANN)], [idOf(9), idOf(5)]);
  const back = compiled([member('e9', BOB, GOLD)], { base: without }).config;
  assert.equal(chosen(back, BOB), idOf(5));
  const renamed = compiled([plugin({ route: false, service: false, client: BETA }, 6), put('consumer_groups', { id: testId(BETA), name: 'zeta' })], { base: back }).config;
  assert.equal(chosen(renamed, ANN), idOf(5), 'gold comes before zeta');
  assert.deepEqual([renamed.consumerGroupsOf(testId(ANN)), renamed.consumerGroupsOf(testId('c3'))], [['gold', 'zeta'], []]);
  assert.equal(chosen(base, BOB), idOf(5), 'the configuration before is as it was');
});

test('a consumer one of whose groups can not be read, or is not there, is not recognised', () => {
  const broken = (change: ReturnType<typeof put>) => ({ ...change, bytes: Buffer.concat([defined(change.bytes, 'bytes'), Buffer.from([0xc0, 0x3e, 1])]) });
  const known = (changes: Parameters<typeof compiled>[0]): readonly boolean[] => {
    const { config } = compiled([...BASIS, ...changes]);
    return [ANN, BOB, 'c3'].map((id) => config.consumerById(testId(id)) !== undefined);
  };
  assert.deepEqual(known([]), [true, true, true]);
  assert.deepEqual(known([broken(member('e2', ANN, BETA))]), [false, true, true]);
  assert.deepEqual(known([broken(put('consumer_groups', { id: testId(GOLD), name: 'gold' }))]), [false, false, true]);
  assert.deepEqual(known([remove('consumer_groups', testId(BETA))]), [false, true, true]);
});
