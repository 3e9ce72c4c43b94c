import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accepted, assertHas, createOptions, ID, NOW, OTHER_ID, refusal } from '../../../test/support/parse-outcome.ts';
import type { PluginSchema } from '../../plugins/contract.ts';
import type { JsonObject, JsonValue } from '../definition.ts';
import { FIRST_CRITICAL_TAG } from '../common-fields.ts';
import { atLeastOneOf } from '../entity-checks.ts';
import { pluginDefinition } from './plugin.ts';

const AT_ROUTE = { route: { id: OTHER_ID } };

/** Has what the real plugins may not: nesting, a scope that is not global, few protocols. */
const sample = {
  name: 'sample',
  version: '1.0.0',
  priority: 1,
  scopes: ['route', 'consumer'],
  protocols: ['http', 'https'],
  description: 'For this test.',
  config: [
    { name: 'limits', tag: 1, type: { kind: 'record', fields: [
      { name: 'low', tag: 1, type: { kind: 'integer' }, default: 1, description: '' },
      { name: 'high', tag: 2, type: { kind: 'integer' }, default: 9, description: '' },
    ] }, required: true, default: {}, description: '' },
    { name: 'names', tag: 2, type: { kind: 'array', of: { kind: 'string' } }, description: '' },
    { name: 'kept', tag: 3, type: { kind: 'string' }, default: 'x', nullable: true, description: '' },
  ],
  checks: [atLeastOneOf(['config.names', 'config.kept'])],
} as const satisfies PluginSchema;

const withSample = { pluginSchemaOf: (name: string): PluginSchema | undefined => (name === 'sample' ? sample : createOptions.pluginSchemaOf(name)) };

test("the plugin's own defaults fill its config", () => {
  assert.deepEqual(accepted('plugins', { name: 'acl', config: { allow: ['a'] } }), {
    id: ID, created_at: NOW, updated_at: NOW, name: 'acl', instance_name: null,
    config: { allow: ['a'], deny: null, hide_groups_header: false, always_use_authenticated_groups: false, include_consumer_groups: false },
    service: null, route: null, consumer: null, protocols: ['grpc', 'grpcs', 'http', 'https'], enabled: true, partials: null,
    consumer_group: null, condition: null, ordering: null, version: null, tags: null,
  });
});

test('a config that is not given is filled with defaults too, at every depth', () => {
  const plugin = accepted('plugins', { name: 'sample', ...AT_ROUTE }, withSample);
  assertHas(plugin, { config: { limits: { low: 1, high: 9 }, names: null, kept: 'x' }, protocols: ['http', 'https'] });
});

test('a patch merges into the config, replaces lists, and keeps null where null is a value', () => {
  const previous = accepted('plugins', { name: 'sample', ...AT_ROUTE, config: { limits: { low: 2 }, names: ['a', 'b'] } }, withSample);
  const patched = accepted('plugins', { config: { limits: { high: 5 }, names: ['c'], kept: null } }, { ...withSample, mode: 'merge', previous });
  assertHas(patched, { config: { limits: { low: 2, high: 5 }, names: ['c'], kept: null }, ...AT_ROUTE });
});

test('a plugin for streams too has their protocols unless it is for certain clients or requests', () => {
  const guard = { name: 'ip-restriction', config: { allow: ['10.0.0.0/8'] } };
  const streams = (input: JsonObject): readonly JsonValue[] => [accepted('plugins', { ...guard, ...input })['protocols']].flat().filter((protocol) => protocol === 'tcp');
  assert.deepEqual([streams({}), streams({ service: { id: OTHER_ID } }), streams({ consumer: { id: OTHER_ID } }), streams({ consumer_group: { id: OTHER_ID } }), streams({ condition: 'http.path == "/"' })], [['tcp'], ['tcp'], [], [], []]);
  for (const input of [{ consumer: { id: OTHER_ID } }, { condition: 'http.path == "/"' }]) assert.match(refusal('plugins', { ...guard, ...input, protocols: ['http', 'tcp'] }), /^protocols: tcp, tls and tls_passthrough are not for a plugin with a condition/);
});

test('protocols that older data planes do not know are not given unasked', () => {
  assertHas(accepted('plugins', { name: 'key-auth', protocols: ['ws', 'https'] }), { protocols: ['ws', 'https'] });
  assertHas(accepted('plugins', { name: 'key-auth' }), { protocols: ['grpc', 'grpcs', 'http', 'https'] });
});

test('a patch to another plugin starts from its own defaults', () => {
  const previous = accepted('plugins', { name: 'sample', ...AT_ROUTE }, withSample);
  assertHas(accepted('plugins', { name: 'key-auth' }, { ...withSample, mode: 'merge', previous }), { name: 'key-auth', protocols: ['grpc', 'grpcs', 'http', 'https'] });
});

test('where, when and for whom a plugin applies is kept as it is given', () => {
  const given = { consumer_group: { id: OTHER_ID }, condition: 'any(consumer.groups) == "gold" && net.src.ip in 10.0.0.0/8', ordering: { before: { access: ['key-auth', 'acl'] } } };
  assertHas(accepted('plugins', { name: 'rate-limiting', config: { minute: 1 }, ...given }), { ...given, ordering: { before: { access: ['key-auth', 'acl'] }, after: null } });
});

test('a field that a data plane of before must not leave out has a number that says so', () => {
  const critical = pluginDefinition.fields.filter(({ tag }) => tag >= FIRST_CRITICAL_TAG).map(({ name }) => name);
  assert.deepEqual(critical, ['consumer_group', 'condition', 'ordering', 'version']);
});

const bad: readonly (readonly [string, unknown, string])[] = [
  ['no name', {}, 'name: required field missing'],
  ['a name of another type', { name: 5 }, 'name: expected a string, not a number'],
  ['an unknown plugin', { name: 'key-aut' }, "name: plugin 'key-aut' not enabled; /plugins/enabled lists those that are (did you mean \"key-auth\"?)"],
  ['a name from every object', { name: 'constructor' }, "name: plugin 'constructor' not enabled; /plugins/enabled lists those that are"],
  ['a config of another type', { name: 'key-auth', config: [] }, 'config: expected a record, not a list'],
  ['an unknown setting', { name: 'key-auth', config: { key_nams: ['x'] } }, 'config.key_nams: unknown field (did you mean "key_names"?)'],
  ['a setting of another type', { name: 'key-auth', config: { key_names: 'x' } }, 'config.key_names: expected an array, not a string'],
  ['a setting in a list', { name: 'key-auth', config: { key_names: ['a', 5] } }, 'config.key_names.2: expected a string, not a number'],
  ['a place where it cannot be', { name: 'acl', config: { allow: ['a'] }, consumer: { id: OTHER_ID } }, "consumer: value must be null: plugin 'acl' cannot be applied to a consumer"],
  ['no place where it must have one', { name: 'sample' }, "@entity: plugin 'sample' must be applied to one of: route, consumer"],
  ['a protocol it does not know', { name: 'sample', ...AT_ROUTE, protocols: ['grpc'] }, 'protocols: expected one of: http, https'],
  ['a rule of its own', { name: 'sample', ...AT_ROUTE, config: { kept: null } }, "@entity: at least one of these fields must be non-empty: 'config.names', 'config.kept'"],
  ['an instance name with a space', { name: 'key-auth', instance_name: 'a b' }, "instance_name: invalid value 'a b': the only accepted ascii characters are alphanumerics or ., -, _, and ~"],
  ['a condition over what there is not', { name: 'key-auth', condition: 'http.path == "/a" && consumer.nme == "x"' }, 'condition: col 22: unknown field consumer.nme (did you mean "consumer.id"?)'],
  ['a condition that ends too soon', { name: 'key-auth', condition: 'http.path ==' }, 'condition: col 13: expected a value: "text", r#"text"#, a number, an IP address or a block of them, got the end'],
  ['an empty condition', { name: 'key-auth', condition: '' }, 'condition: length must be at least 1'],
  ['a place before itself', { name: 'key-auth', ordering: { before: { access: ['key-auth'] } } }, "ordering.before.access: 'key-auth' is this plugin itself"],
  ['a place on both sides', { name: 'key-auth', ordering: { before: { access: ['acl'] }, after: { access: ['acl'] } } }, "ordering.after.access: 'acl' stands under 'before' too"],
  ['a place beside nobody', { name: 'key-auth', ordering: { after: { access: ['acl', 'rate-limitin'] } } }, "ordering.after.access.2: plugin 'rate-limitin' not enabled; /plugins/enabled lists those that are (did you mean \"rate-limiting\"?)"],
  ['a phase that can not be ordered', { name: 'key-auth', ordering: { before: { log: ['acl'] } } }, 'ordering.before.log: unknown field'],
  ['a consumer and a group', { name: 'rate-limiting', config: { minute: 1 }, consumer: { id: OTHER_ID }, consumer_group: { id: OTHER_ID } }, "consumer_group: cannot be set together with 'consumer': a plugin for a consumer is the narrower one already"],
  ['a group where it may be for none', { name: 'key-auth', consumer_group: { id: OTHER_ID } }, "consumer_group: value must be null: plugin 'key-auth' cannot be applied to a consumer_group"],
];
for (const [what, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal('plugins', input, withSample), message));
