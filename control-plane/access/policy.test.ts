/** What grants permit: deny by default, deny outweighs, gateways, tags, narrower tokens, and what nobody gives away. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInRoles } from './built-in-roles.ts';
import { findExcess } from './covers.ts';
import { matches, type Grant } from './grant.ts';
import { placeOf, resources, VERBS, type Resource, type Verb } from './permission.ts';
import { Policy } from './policy.ts';

function grant(on: readonly (Resource | '*')[], verbs: readonly (Verb | '*')[], rest: Partial<Grant> = {}): Grant {
  return { effect: 'allow', gateways: ['*'], resources: on, verbs, tags: [], ...rest };
}
const policy = (...grants: readonly Grant[]): Policy => new Policy([grants], false);

test('without a grant nothing is permitted but what everybody may read', () => {
  const nobody = new Policy([[]], true);
  for (const on of resources) for (const verb of VERBS) assert.equal(nobody.allows({ on, verb }, 'default'), placeOf(on) === 'everybody' && verb === 'read', `${verb} ${on}`);
  assert.ok(!nobody.entitiesOf('default').may('services', 'read', ['any']));
});

test('each grant permits its own verbs on its own resources and no others', () => {
  for (const on of resources.filter((one) => placeOf(one) !== 'everybody')) {
    for (const verb of VERBS) {
      const one = new Policy([[grant([on], [verb])]], true);
      const allowed = resources.filter((resource) => placeOf(resource) !== 'everybody').flatMap((resource) => VERBS.filter((other) => one.allows({ on: resource, verb: other }, 'default')).map((other) => `${other} ${resource}`));
      if (on !== 'entities' && !allowed.includes('read entities')) assert.deepEqual(allowed.filter((text) => !text.endsWith(' entities')), [`${verb} ${on}`]);
      assert.ok(allowed.includes(`${verb} ${on}`));
    }
  }
});

test('one deny outweighs all that allow, where it counts and nowhere else', () => {
  const careful = policy(grant(['*'], ['*']), grant(['routes'], ['delete'], { effect: 'deny', gateways: ['prod-*'] }));
  assert.ok(careful.allows({ on: 'routes', verb: 'delete' }, 'test'));
  assert.ok(!careful.allows({ on: 'routes', verb: 'delete' }, 'prod-eu'));
  assert.ok(careful.allows({ on: 'routes', verb: 'update' }, 'prod-eu'));
  assert.ok(careful.allows({ on: 'operators', verb: 'read' }, undefined));
});

test('what belongs to the tenant needs a grant for all gateways; the installation, an installation admin', () => {
  const local = policy(grant(['*'], ['*'], { gateways: ['prod'] }));
  assert.ok(local.allows({ on: 'services', verb: 'create' }, 'prod'));
  assert.ok(!local.allows({ on: 'services', verb: 'create' }, 'test'));
  assert.ok(!local.allows({ on: 'operators', verb: 'create' }, undefined));
  assert.ok(!policy(grant(['*'], ['*'])).allows({ on: 'tenants', verb: 'read' }, undefined));
  assert.ok(new Policy([[grant(['*'], ['*'])]], true).allows({ on: 'tenants', verb: 'read' }, undefined));
});

test('a grant with tags is for entities that carry all of them', () => {
  const team = policy(grant(['entities'], ['read', 'update'], { tags: ['team-a', 'eu'] }), grant(['*'], ['*'], { effect: 'deny', tags: ['frozen'] })).entitiesOf('default');
  assert.ok(team.may('routes', 'update', ['x', 'eu', 'team-a']));
  for (const tags of [[], ['team-a'], ['eu', 'team-a', 'frozen']]) assert.ok(!team.may('routes', 'update', tags), tags.join());
  assert.ok(!team.may('routes', 'delete', ['eu', 'team-a']));
  assert.ok(!team.mayAll('routes', 'read'));
  assert.ok(!policy(grant(['*'], ['*'], { tags: ['team-a'] })).allows({ on: 'releases', verb: 'read' }, 'default'), 'nothing but entities has tags');
});

test('a token narrows its role and never widens it', () => {
  const narrowed = new Policy([builtInRoles.viewer.grants, [grant(['*'], ['*'], { gateways: ['prod'] })]], false);
  assert.ok(narrowed.allows({ on: 'services', verb: 'read' }, 'prod'));
  assert.ok(!narrowed.allows({ on: 'services', verb: 'read' }, 'test'));
  assert.ok(!narrowed.allows({ on: 'services', verb: 'update' }, 'prod'));
});

test('patterns of gateways: a star stands for any text', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['prod', 'prod', true], ['prod', 'prod-eu', false], ['prod-*', 'prod-eu', true], ['*-eu', 'prod-eu', true], ['p*d*u', 'prod-eu', true], ['p*d*u', 'prod-us', false],
    ['a*a', 'a', false], ['a*b*b', 'ab', false], ['*', '', true], ['prod-*', 'prod-e*', true], ['prod-e*', 'prod-*', false],
  ];
  for (const [pattern, text, expected] of cases) assert.equal(matches(pattern, text), expected, `${pattern} ${text}`);
});

test('built-in roles: each holds what weaker ones hold, and admins hold less than owners', () => {
  const { owner, admin, editor, viewer, auditor } = builtInRoles;
  for (const role of [admin, editor, viewer, auditor]) assert.equal(findExcess([owner.grants], [role.grants]), undefined, role.name);
  for (const role of [admin, editor, viewer, auditor]) assert.equal(findExcess([admin.grants], [role.grants]), undefined, role.name);
  assert.equal(findExcess([auditor.grants], [viewer.grants]), undefined);
  assert.ok(findExcess([admin.grants], [owner.grants]));
  assert.ok(findExcess([viewer.grants], [auditor.grants]));
  assert.ok(findExcess([editor.grants], [viewer.grants]), 'an editor does not see who the others are');
});

test('nobody gives away more than they have: wider verbs, resources, gateways, fewer tags, a lost deny', () => {
  const mine = [[grant(['entities'], ['read', 'update'], { gateways: ['prod-*'], tags: ['team-a'] }), grant(['plugins'], ['update'], { effect: 'deny' })]];
  const given = (rest: Partial<Grant>, ...more: readonly Grant[]): string | undefined => findExcess(mine, [[grant(['routes'], ['read'], { gateways: ['prod-eu'], tags: ['team-a'], ...rest }), ...more]]);
  assert.equal(given({}), undefined);
  assert.equal(given({ tags: ['team-a', 'eu'] }), undefined);
  for (const more of [{ verbs: ['delete'] }, { verbs: ['*'] }, { resources: ['*'] }, { resources: ['releases'] }, { gateways: ['*'] }, { gateways: ['prod-eu', 'test'] }, { tags: [] }, { tags: ['team-b'] }] satisfies Partial<Grant>[]) assert.ok(given(more), JSON.stringify(more));
  assert.ok(given({ resources: ['plugins'], verbs: ['update'] }));
  assert.ok(given({ resources: ['entities'], verbs: ['update'] }), 'the deny is lost');
  assert.equal(given({ resources: ['entities'], verbs: ['update'] }, grant(['plugins'], ['update'], { effect: 'deny' })), undefined);
  // A narrow token of a strong owner is within a weak role; the owner itself is not.
  assert.equal(findExcess([builtInRoles.viewer.grants], [builtInRoles.owner.grants, [grant(['services'], ['read'])]]), undefined);
  assert.ok(findExcess([builtInRoles.owner.grants, [grant(['services'], ['read'])]], [builtInRoles.owner.grants]), 'who has a narrow token makes no wide one');
});

test('of random grants, what may be given away never lets its holder do more', () => {
  let seed = 1;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const some = <T>(all: readonly T[], first: T): readonly T[] => [...new Set([first, ...all.filter(() => random(4) === 0)])];
  const pick = <T>(all: readonly T[], otherwise: T): T => all[random(all.length)] ?? otherwise;
  const words = { on: ['*', 'entities', 'services', 'routes', 'operators', 'releases'], verbs: ['*', 'read', 'create'], gateways: ['*', 'dev-*', 'dev-1', '*-1'] } as const;
  const randomGrant = (): Grant => {
    const tags = random(3) === 0 ? some(['a', 'b'], 'a') : [];
    const on = tags.length > 0 ? some(['services', 'routes'] as const, 'services') : some(words.on, pick(words.on, '*'));
    return grant(on, some(words.verbs, pick(words.verbs, '*')), { effect: random(4) === 0 ? 'deny' : 'allow', gateways: some(words.gateways, pick(words.gateways, '*')), tags });
  };
  let allowed = 0;
  for (let round = 0; round < 600; round += 1) {
    const mine = [[randomGrant(), randomGrant()], ...(random(2) === 0 ? [[randomGrant()]] : [])];
    const theirs = [[...(random(3) === 0 ? [] : (mine[0] ?? [])), randomGrant()]];
    if (findExcess(mine, theirs) !== undefined) continue;
    const [giver, holder] = [new Policy(mine, false), new Policy(theirs, false)];
    for (const gateway of ['dev-1', 'dev-2', 'x-1', 'prod']) {
      for (const verb of ['read', 'create', 'delete'] as const) {
        for (const on of ['operators', 'releases'] as const) assert.ok(!holder.allows({ on, verb }, gateway) || giver.allows({ on, verb }, gateway), JSON.stringify({ mine, theirs, on, verb, gateway }));
        for (const kind of ['services', 'routes', 'consumers'] as const) {
          for (const tags of [[], ['a'], ['b'], ['a', 'b']]) {
            const may = holder.entitiesOf(gateway).may(kind, verb, tags);
            if (may) allowed += 1;
            assert.ok(!may || giver.entitiesOf(gateway).may(kind, verb, tags), JSON.stringify({ mine, theirs, kind, verb, gateway, tags }));
          }
        }
      }
    }
  }
  assert.ok(allowed > 300, `${allowed} permissions were given away`);
});
