/** Plans, where it takes a plugin or a moment that a running control plane has not: partials, and keys that were made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entity, JsonObject } from '../../shared/model/definition.ts';
import { newId, type GatewayId } from '../../shared/model/ids.ts';
import { partialFieldsOf } from '../../shared/plugins/partial-types.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { takeContent } from './content-door.ts';
import { ContentPasswords } from './content-passwords.ts';
import { ContentProblems } from './content-problem.ts';
import { ContentScope } from './content-scope.ts';
import { CurrentEntities } from './current-entities.ts';
import { readContent } from './desired-entities.ts';
import { planChanges, type PlannedEntity } from './plan-changes.ts';

const cached: PluginSchema = {
  name: 'cached', version: '1.0.0', priority: 1, scopes: ['global', 'service'], protocols: ['http', 'https'], description: 'For this test.',
  config: [{ name: 'redis', tag: 1, type: { kind: 'record', fields: partialFieldsOf('redis-ce') ?? [] }, description: 'Where.' }],
  partials: [{ type: 'redis-ce', path: 'config.redis' }],
};
const plugins = { pluginSchemaOf: (name: string) => (name === 'cached' ? cached : undefined), pluginNames: ['cached'] };
const gatewayId = newId<GatewayId>(1);
const clock = new ManualClock();

async function plan(content: JsonObject, before: readonly PlannedEntity[] = [], mode: 'sync' | 'apply' = 'sync') {
  const problems = new ContentProblems();
  const current = new CurrentEntities(before.flatMap(({ kind, id, after }) => (after === undefined ? [] : [{ kind, id, entity: after, tags: [] }])));
  const desired = readContent(takeContent({ _format_version: '3.0', ...content }, 0, problems) ?? {}, problems);
  const planned = await planChanges(desired, current, new ContentScope({ selectTags: [], skipConsumers: false }), { gatewayId, mode, passwords: new ContentPasswords({ dryRun: true }), rules: { plugins, clock } }, problems);
  assert.deepEqual(problems.list, []);
  return planned;
}

function afterOf(planned: readonly PlannedEntity[], kind: string): Entity | undefined {
  return planned.find((entity) => entity.kind === kind)?.after;
}

const SHARED = { partials: [{ name: 'shared', type: 'redis-ce', config: { host: 'one.internal' } }], plugins: [{ name: 'cached', partials: [{ name: 'shared' }] }] };

test('a plugin takes what its partial says, by name; planned again nothing changes', async () => {
  const first = await plan(SHARED);
  const config = afterOf(first, 'plugins')?.['config'];
  assert.ok(typeof config === 'object' && JSON.stringify(config).includes('"one.internal"'));
  assert.deepEqual((await plan(SHARED, first)).map(({ action }) => action), ['none', 'none']);
});

test('a partial that changes changes its plugins, also those that the files do not describe', async () => {
  const first = await plan(SHARED);
  const changed = await plan({ partials: [{ name: 'shared', type: 'redis-ce', config: { host: 'two.internal' } }] }, first, 'apply');
  assert.deepEqual(changed.map(({ kind, action }) => [kind, action]), [['partials', 'update'], ['plugins', 'update']]);
  assert.ok(JSON.stringify(afterOf(changed, 'plugins')).includes('"two.internal"'));
});

test('a key that was made because none was given stays as it is', async () => {
  const content = { consumers: [{ username: 'ada', keyauth_credentials: [{}] }] };
  const first = await plan(content);
  const key = afterOf(first, 'keyauth_credentials')?.['key'];
  assert.equal(typeof key, 'string');
  const again = await plan(content, first);
  assert.deepEqual(again.map(({ action }) => action), ['none', 'none']);
  assert.equal(afterOf(again, 'keyauth_credentials')?.['key'], key);
});

test('ids follow from the gateway and the name, so that a plan tells what its execution uses', async () => {
  const content = { services: [{ name: 's', host: 'a', routes: [{ name: 'r', paths: ['/'] }] }] };
  const ids = (await plan(content)).map(({ id }) => id);
  assert.deepEqual((await plan(content)).map(({ id }) => id), ids);
  assert.equal(new Set(ids).size, 2);
});
