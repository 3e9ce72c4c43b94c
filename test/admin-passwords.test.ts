/** Passwords of consumers through the admin API, batches and declarative contents: what is kept of them, and what stays when something else changes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isPasswordOf } from '../control-plane/passwords/password-hashes.ts';
import { readEntity } from '../control-plane/store/entity-record.ts';
import { withEveryEntity } from '../control-plane/store/scope.ts';
import { assert as invariant } from '../shared/assert.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { startTestAdminApi } from './support/admin-api.ts';

const { send, store, tenantId } = await startTestAdminApi();
const [gateway] = await store.gateways.list(tenantId);
invariant(gateway !== undefined, 'there is a first gateway');
const scope = withEveryEntity(gateway);
const basic = definitionOf('basicauth_credentials');
const consumer = (await send('POST', '/consumers', { json: { username: 'ann' } })).expect(201).word('id');
const kongHash = (password: string, id = consumer): string => createHash('sha1').update(`${password}${id}`).digest('hex');

/** What is kept of a password. */
async function keptOf(username: string): Promise<string> {
  const stored = await store.read(scope, (reader) => reader.getByEndpointKey(basic, username));
  invariant(stored !== undefined, username);
  const kept = readEntity(basic, stored, await store.secretsOf(scope))['password'];
  invariant(typeof kept === 'string', username);
  return kept;
}

async function opens(username: string, password: string, id = consumer): Promise<boolean> {
  return isPasswordOf(await keptOf(username), password, id);
}

test('a password is hashed whoever writes it how, is shown nowhere, and stays when something else changes', async () => {
  const made = (await send('POST', '/consumers/ann/basic-auth', { form: 'username=one&password=s3cret' })).expect(201);
  assert.equal(made.at('password'), null);
  const before = await keptOf('one');
  assert.match(before, /^\$argon2id\$/);
  (await send('PATCH', '/basic-auths/one', { json: { tags: ['a'] } })).expect(200);
  assert.equal(await keptOf('one'), before);
  (await send('PATCH', '/basic-auths/one', { json: { password: 'another' } })).expect(200);
  assert.deepEqual([await opens('one', 's3cret'), await opens('one', 'another')], [false, true]);
  (await send('PUT', '/consumers/ann/basic-auth/one', { json: { password: before } })).expect(200);
  assert.deepEqual([await opens('one', 'another'), await opens('one', before)], [false, true], 'a hash is a password like any other');
  for (const password of ['', 7, null, 'line\nbreak']) (await send('PATCH', '/basic-auths/one', { json: { password } })).expect(400);
});

test("Kong's hashes are wrapped where they are said to be such", async () => {
  (await send('POST', '/consumers/ann/basic-auth?skip_hash=true', { json: { username: 'two', password: kongHash('old') } })).expect(201);
  assert.match(await keptOf('two'), /^sha1\$argon2id\$/);
  assert.deepEqual([await opens('two', 'old'), await opens('two', kongHash('old'))], [true, false]);
  const refused = (await send('PATCH', '/basic-auths/two?skip_hash=1', { json: { password: 'in the clear' } })).expect(400);
  assert.ok(refused.text.includes('sha1(password + consumer id)') && !refused.text.includes('in the clear'), refused.text);
  (await send('PATCH', '/basic-auths/two?skip_hash=perhaps', { json: { password: 'x' } })).expect(400);
  assert.equal(await opens('two', 'old'), true);
});

test('in a batch', async () => {
  const operations = ['b1', 'b2', 'b3'].map((username) => ({ op: 'upsert', kind: 'basicauth_credentials', id: username, entity: { consumer: { username: 'ann' }, password: `of ${username}` } }));
  (await send('POST', '/v1/gateways/default/batch', { json: { operations } })).expect(200);
  assert.deepEqual([await opens('b1', 'of b1'), await opens('b3', 'of b3'), await opens('b3', 'of b1')], [true, true, false]);
  const hashed = [{ ...operations[0], entity: { consumer: { username: 'ann' }, password: kongHash('batched') } }];
  (await send('POST', '/v1/gateways/default/batch?skip_hash=true', { json: { operations: hashed } })).expect(200);
  assert.equal(await opens('b1', 'batched'), true);
  const many = Array.from({ length: 1_001 }, (_, index) => ({ op: 'create', kind: 'basicauth_credentials', entity: { consumer: { username: 'ann' }, username: `u${index}`, password: 'x' } }));
  assert.match((await send('POST', '/v1/gateways/default/batch', { json: { operations: many } })).expect(400).text, /at most 1,000 passwords/);
});

test('in a declarative content: what is the same stays, in clear words or as a hash', async () => {
  (await send('POST', '/v1/gateways', { json: { name: 'declared' } })).expect(201);
  const id = '0190f1c2-0000-7000-8000-0000000000b1';
  const post = async (password: string, { areHashed = false, dryRun = false } = {}): Promise<unknown> => {
    const content = { _format_version: '3.0', ...(areHashed ? { _info: { skip_hash_for_basic_auth: true } } : {}), consumers: [{ id, username: 'ada', basicauth_credentials: [{ username: 'ada', password }] }] };
    return (await send('POST', '/v1/gateways/declared/declarative', { json: { mode: 'sync', dry_run: dryRun, content: JSON.stringify(content) } })).expect(200).at('summary');
  };
  const [created, unchanged, updated] = [{ created: 2, updated: 0, deleted: 0, unchanged: 0 }, { created: 0, updated: 0, deleted: 0, unchanged: 2 }, { created: 0, updated: 1, deleted: 0, unchanged: 1 }];
  assert.deepEqual(await post(kongHash('old', id), { areHashed: true }), created);
  assert.deepEqual([await post(kongHash('old', id), { areHashed: true }), await post('old')], [unchanged, unchanged]);
  assert.deepEqual([await post('new', { dryRun: true }), await post('old')], [updated, unchanged]);
  assert.deepEqual([await post('new'), await post('new'), await post('new', { dryRun: true })], [updated, unchanged, unchanged]);
  assert.match((await send('POST', '/v1/gateways/declared/declarative', { json: { mode: 'sync', content: JSON.stringify({ _format_version: '3.0', _info: { skip_hash_for_basic_auth: true }, consumers: [{ id, username: 'ada', basicauth_credentials: [{ username: 'ada', password: 'clear words' }] }] }) } })).expect(400).text, /sha1\(password \+ consumer id\)/);
});

test("a password that came from Kong stays with its consumer, whose id is in it: whoever moves it gives it again", async () => {
  const other = (await send('POST', '/consumers', { json: { username: 'bob' } })).expect(201).word('id');
  (await send('POST', '/consumers/ann/basic-auth?skip_hash=true', { json: { username: 'moved', password: kongHash('old') } })).expect(201);
  const refused = (await send('PATCH', '/basic-auths/moved', { json: { consumer: { id: other } } })).expect(400);
  assert.match(refused.text, /give the password, too/);
  assert.equal(await opens('moved', 'old'), true);
  (await send('PATCH', '/basic-auths/moved', { json: { consumer: { id: other }, password: 'old' } })).expect(200);
  assert.equal(await opens('moved', 'old', other), true);
  (await send('PATCH', '/basic-auths/moved', { json: { consumer: { id: consumer } } })).expect(200);
  assert.equal(await opens('moved', 'old'), true, 'one that is ours moves freely');

  (await send('POST', '/v1/gateways', { json: { name: 'moving' } })).expect(201);
  const [ada, eva] = ['0190f1c2-0000-7000-8000-0000000000c1', '0190f1c2-0000-7000-8000-0000000000c2'];
  const post = async (owner: string, password: string, more: object = {}) => {
    const consumers = [ada, eva].map((id) => ({ id, username: `user-${id.at(-1)}`, ...(id === owner ? { basicauth_credentials: [{ username: 'login', password }] } : {}) }));
    return (await send('POST', '/v1/gateways/moving/declarative', { json: { mode: 'sync', content: JSON.stringify({ _format_version: '3.0', ...more, consumers }) } })).expect(200).at('summary.updated');
  };
  await post(ada, kongHash('old', ada), { _info: { skip_hash_for_basic_auth: true } });
  assert.deepEqual([await post(ada, 'old'), await post(eva, 'old'), await post(eva, 'old')], [0, 1, 0], 'moved, and then the same');
});
