import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { aclSchema } from './schema.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { aclFactory } from './handler.ts';
import type { AclConfig } from './schema.ts';

const DEFAULTS: AclConfig = { allow: null, deny: null, hide_groups_header: false, always_use_authenticated_groups: false, include_consumer_groups: false };
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const CREDENTIAL = { id: 'credential-1', consumerId: 'ann-id' };
const CLEARED = ['remove-upstream X-Consumer-Groups', 'remove-upstream X-Authenticated-Groups'];

function run(given: Partial<AclConfig>, parts: HostParts & { readonly groups?: readonly string[] }) {
  const context = pluginContext({ config: { groupsOf: () => parts.groups ?? [] }, ...parts });
  const verdict = pluginRun(aclFactory.create({ ...DEFAULTS, ...given }, pluginServices())).head(context);
  return { status: verdict?.status, message: verdict?.message, effects: context.effects };
}

const known = { consumer: ANN, credential: CREDENTIAL };

describe('who passes', () => {
  test('allow: members of one of the groups', () => {
    assert.equal(run({ allow: ['a', 'b'] }, { ...known, groups: ['b', 'z'] }).status, undefined);
    assert.deepEqual(run({ allow: ['a'] }, { ...known, groups: ['z'] }), { status: 403, message: 'You cannot consume this service', effects: [] });
    assert.equal(run({ allow: ['a'] }, { ...known, groups: [] }).status, 403);
    assert.equal(run({ allow: ['a'] }, { ...known, groups: ['A', 'a '] }).status, 403, 'groups are compared as they are');
  });

  test('deny: everybody known who is in none of the groups', () => {
    assert.equal(run({ deny: ['a'] }, { ...known, groups: ['z'] }).status, undefined);
    assert.equal(run({ deny: ['a'] }, { ...known, groups: [] }).status, undefined);
    assert.equal(run({ deny: ['a'] }, { ...known, groups: ['z', 'a'] }).status, 403);
  });

  test('nobody where neither list says anything', () => {
    assert.equal(run({ allow: [], deny: [] }, { ...known, groups: ['a'] }).status, 403);
  });

  test('not whom no plugin recognised, whatever the list', () => {
    for (const lists of [{ allow: ['a'] }, { deny: ['a'] }]) assert.deepEqual(run(lists, {}), { status: 401, message: 'Unauthorized', effects: [] });
    assert.equal(run({ deny: ['a'] }, { credential: CREDENTIAL }).status, 403, 'a credential without a consumer');
  });

  test('the anonymous consumer by its own groups', () => {
    assert.equal(run({ allow: ['guests'] }, { consumer: ANN, groups: ['guests'] }).status, undefined);
    assert.equal(run({ allow: ['guests'] }, { consumer: ANN, groups: [] }).status, 403);
  });

  test('groups of an authentication plugin count where there is no credential, or always where told so', () => {
    assert.equal(run({ allow: ['ldap'] }, { authenticatedGroups: ['ldap'] }).status, undefined);
    assert.equal(run({ allow: ['ldap'] }, { ...known, authenticatedGroups: ['ldap'] }).status, 403);
    assert.equal(run({ allow: ['ldap'], always_use_authenticated_groups: true }, { ...known, authenticatedGroups: ['ldap'] }).status, undefined);
    assert.equal(run({ allow: ['own'], always_use_authenticated_groups: true }, { ...known, groups: ['own'] }).status, undefined, 'no such groups: its own');
  });
});

test('a group with a comma is compared as any other, and does not become two at the backend', () => {
  const headers = (groups: readonly string[]): readonly string[] => run({ allow: ['ann, admin'] }, { authenticatedGroups: groups }).effects.filter((effect) => effect.startsWith('set'));
  assert.deepEqual(headers(['ann, admin', 'staff']), ['set-upstream X-Authenticated-Groups: staff']);
  assert.deepEqual(headers(['ann, admin']), []);
  assert.equal(run({ deny: ['ann, admin'] }, { authenticatedGroups: ['ann, admin'] }).status, 403);
});

describe('consumer groups', () => {
  const inGroups = (given: Partial<AclConfig>, more: HostParts & { readonly groups?: readonly string[] } = {}) =>
    run(given, { ...known, ...more, config: { groupsOf: () => more.groups ?? [], consumerGroupsOf: () => ['gold'] } });

  test('count like the others where they are told to, and not otherwise', () => {
    for (const isTold of [true, false]) {
      assert.equal(inGroups({ allow: ['gold'], include_consumer_groups: isTold }).status, isTold ? undefined : 403);
      assert.equal(inGroups({ deny: ['gold'], include_consumer_groups: isTold }).status, isTold ? 403 : undefined);
    }
    assert.equal(inGroups({ allow: ['a'], include_consumer_groups: true }, { groups: ['a'] }).status, undefined);
    assert.equal(inGroups({ deny: ['a'], include_consumer_groups: true }, { groups: ['a'] }).status, 403);
    assert.equal(inGroups({ allow: ['gold'], include_consumer_groups: true }, { authenticatedGroups: ['ldap'] }).status, undefined);
    assert.equal(inGroups({ deny: ['gold'], include_consumer_groups: true, always_use_authenticated_groups: true }, { authenticatedGroups: ['ldap'] }).status, 403, 'a group that is denied is denied');
  });

  test('do not go into the headers, which tell of acl groups', () => {
    assert.deepEqual(inGroups({ allow: ['gold'], include_consumer_groups: true }, { groups: ['b'] }).effects, [...CLEARED, 'set-upstream X-Consumer-Groups: b']);
  });

  test('are nobody\'s who is not known', () => {
    assert.equal(run({ deny: ['x'], include_consumer_groups: true }, {}).status, 401);
    assert.equal(run({ allow: ['ldap'], include_consumer_groups: true }, { authenticatedGroups: ['ldap'] }).status, undefined);
  });
});

describe('what the backend sees', () => {
  test('names beyond ASCII in UTF-8, as it sees the name of the consumer', () => {
    assert.deepEqual(run({ allow: ['café'] }, { ...known, groups: ['café'] }).effects.at(-1), `set-upstream X-Consumer-Groups: ${Buffer.from('café').toString('latin1')}`);
  });

  test("the consumer's groups, never what the client said", () => {
    assert.deepEqual(run({ allow: ['a'] }, { ...known, groups: ['a', 'b'], headers: [['X-Consumer-Groups', 'admin']] }).effects, [...CLEARED, 'set-upstream X-Consumer-Groups: a, b']);
  });

  test('groups of an authentication plugin under their own name', () => {
    assert.deepEqual(run({ allow: ['a'] }, { authenticatedGroups: ['a'] }).effects, [...CLEARED, 'set-upstream X-Authenticated-Groups: a']);
  });

  test('nothing where there are no groups, or they are hidden', () => {
    assert.deepEqual(run({ deny: ['a'] }, known).effects, CLEARED);
    assert.deepEqual(run({ allow: ['a'], hide_groups_header: true }, { ...known, groups: ['a'] }).effects, CLEARED);
  });
});

describe('what the control plane accepts', () => {
  const problems = (config: object) => aclSchema.checks.flatMap(({ check }) => check({ config: { ...DEFAULTS, ...config } })).map(({ message }) => message);

  test('one of the two lists', () => {
    assert.deepEqual(problems({ allow: ['a'] }), []);
    assert.deepEqual(problems({ deny: ['a'], allow: [] }), []);
    assert.deepEqual(problems({}), ["at least one of these fields must be non-empty: 'config.allow', 'config.deny'"]);
    assert.deepEqual(problems({ allow: ['a'], deny: ['b'] }), ["only one of these fields must be non-empty: 'config.allow', 'config.deny'"]);
  });
});
