/** Consumers and what belongs to them, and targets: the small entities. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { accepted, assertHas, ID, KEY, NOW, OTHER_ID, refusal } from '../../../test/support/parse-outcome.ts';
import type { EntityKind, JsonObject } from '../definition.ts';

const CONSUMER = { consumer: { id: OTHER_ID } };
const UPSTREAM = { upstream: { id: OTHER_ID } };

const good: readonly (readonly [string, EntityKind, JsonObject, JsonObject])[] = [
  ['a consumer by username', 'consumers', { username: 'my-app' }, { username: 'my-app', custom_id: null }],
  ['a consumer by custom_id', 'consumers', { custom_id: '42 / x' }, { username: null, custom_id: '42 / x' }],
  ['a target with the default port', 'targets', { ...UPSTREAM, target: 'Example.com' }, { target: 'example.com:8000', weight: 100 }],
  ['a target by address', 'targets', { ...UPSTREAM, target: '10.0.0.1:80', weight: 0 }, { target: '10.0.0.1:80', weight: 0 }],
  ['a target by IPv6 address', 'targets', { ...UPSTREAM, target: '::1' }, { target: '[::1]:8000' }],
  ['a target by IPv6 address and port', 'targets', { ...UPSTREAM, target: '[FE80::1]:81' }, { target: '[fe80::1]:81' }],
  ['a target made with milliseconds', 'targets', { ...UPSTREAM, target: 'a', created_at: 1_485_521_710.265 }, { created_at: 1_485_521_710 }],
  ['a key', 'keyauth_credentials', { ...CONSUMER, key: 'supersecretapikey' }, { key: 'supersecretapikey', expires_at: null }],
  ['a key that is made', 'keyauth_credentials', CONSUMER, { key: KEY }],
  ['a key that is made for null', 'keyauth_credentials', { ...CONSUMER, key: null }, { key: KEY }],
  ['a key that ends', 'keyauth_credentials', { ...CONSUMER, ttl: 60 }, { expires_at: NOW + 60 }],
  ['a key that never ends', 'keyauth_credentials', { ...CONSUMER, ttl: 0 }, { expires_at: null }],
  ['a group', 'acls', { ...CONSUMER, group: 'premium users' }, { group: 'premium users', ...CONSUMER }],
];
for (const [what, kind, input, expected] of good) test(`accepted: ${what}`, () => assertHas(accepted(kind, input), expected));

const bad: readonly (readonly [string, EntityKind, unknown, string])[] = [
  ['a consumer without a name', 'consumers', {}, "@entity: at least one of these fields must be non-empty: 'custom_id', 'username'"],
  ['a line feed in a username', 'consumers', { username: 'a\r\nx-admin: 1' }, 'username: must not contain control characters'],
  ['an empty username', 'consumers', { username: '' }, 'username: length must be at least 1'],
  ['a username of another type', 'consumers', { username: 5 }, 'username: expected a string, not a number'],
  ['a target without upstream', 'targets', { target: 'a' }, 'upstream: required field missing'],
  ['a target without address', 'targets', UPSTREAM, 'target: required field missing'],
  ['a target of another type', 'targets', { ...UPSTREAM, target: 5 }, 'target: expected a string, not a number'],
  ['a target with a path', 'targets', { ...UPSTREAM, target: 'http://a' }, "target: Invalid target ('http://a'); not a valid hostname or ip address"],
  ['a target with port 0', 'targets', { ...UPSTREAM, target: 'a:0' }, "target: Invalid target ('a:0'); not a valid hostname or ip address"],
  ['a target with a port too high', 'targets', { ...UPSTREAM, target: 'a:65536' }, "target: Invalid target ('a:65536'); not a valid hostname or ip address"],
  ['a weight too high', 'targets', { ...UPSTREAM, target: 'a', weight: 65_536 }, 'weight: value should be between 0 and 65535'],
  ['a key of nobody', 'keyauth_credentials', { key: 'x' }, 'consumer: required field missing'],
  ['a key with a tabulator', 'keyauth_credentials', { ...CONSUMER, key: 'a\tb' }, 'key: must not contain control characters'],
  ['an empty key', 'keyauth_credentials', { ...CONSUMER, key: '' }, 'key: length must be at least 1'],
  ['a negative life', 'keyauth_credentials', { ...CONSUMER, ttl: -1 }, 'ttl: value should be between 0 and 100000000'],
  ['a membership of nobody', 'acls', { group: 'x' }, 'consumer: required field missing'],
  ['a membership in nothing', 'acls', CONSUMER, 'group: required field missing'],
  ['a group of another type', 'acls', { ...CONSUMER, group: ['x'] }, 'group: expected a string, not a list'],
];
for (const [what, kind, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal(kind, input), message));

test('a key stays when something else is patched, and its end does not move', () => {
  const previous = accepted('keyauth_credentials', { ...CONSUMER, key: 'mine', ttl: 60 });
  const patched = accepted('keyauth_credentials', { tags: ['x'] }, { mode: 'merge', previous, nowSeconds: NOW + 30 });
  assertHas(patched, { id: ID, key: 'mine', expires_at: NOW + 60, updated_at: NOW + 30, created_at: NOW });
});
