/** Releases over the admin API: differences between any two, the way back to one, freezing a gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../control-plane/cli/main.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { testCertificate } from './support/test-certificates.ts';

const { send, store, tenantId, viewerToken, adminToken, base } = await startTestAdminApi();
const gateway = await store.gateways.findByName(tenantId, 'default');
assert.ok(gateway);

/** A release of what is written, as the publisher would store it. */
async function publish(): Promise<string> {
  const head = (await store.gateways.findByName(tenantId, 'default'))?.head;
  assert.ok(head && gateway);
  const before = (await store.releases.newest(gateway))?.version;
  await store.releases.insert(gateway, { version: head, base: before, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'admin', changeCounts: { services: [1, 0, 2] } });
  return `${head.epoch}.${head.sequence}`;
}

const pair = await testCertificate();
(await send('POST', '/services', { json: { name: 'shop', host: 'one.test' } })).expect(201);
(await send('POST', '/consumers', { json: { username: 'ada' } })).expect(201);
const credential = (await send('POST', '/consumers/ada/key-auth', { json: { key: 'first-key' } })).expect(201).word('id');
const certificate = (await send('POST', '/certificates', { json: { cert: pair.cert, key: pair.key } })).expect(201).word('id');
const first = await publish();
(await send('PATCH', '/services/shop', { json: { host: 'two.test' } })).expect(200);
(await send('POST', '/plugins', { json: { name: 'rate-limiting', service: { name: 'shop' }, config: { minute: 5 } } })).expect(201);
const plugin = (await send('GET', '/plugins')).word('data.0.id');
const second = await publish();
(await send('PATCH', `/plugins/${plugin}`, { json: { config: { minute: 7 } } })).expect(200);
(await send('PATCH', `/key-auths/${credential}`, { json: { key: 'second-key' } })).expect(200);
(await send('DELETE', `/certificates/${certificate}`)).expect(204);
(await send('POST', '/services', { json: { name: 'newest', host: 'n.test' } })).expect(201);
const third = await publish();

type Shown = { readonly op: string; readonly kind: string; readonly name: string | null; readonly fields: readonly { readonly name: string; readonly before?: unknown; readonly after?: unknown; readonly secret?: true }[] };
const summary = (data: unknown): readonly unknown[] => (data as Shown[]).map(({ op, kind, fields }) => [op, kind, fields.length > 4 ? 'all' : fields.map(({ name, before, after, secret }) => (secret === true ? `${name}!` : `${name}: ${String(before)} > ${String(after)}`)).join()]);

test('any two releases are compared field by field, in both directions, and what is written now too', async () => {
  const whole = (await send('GET', `/v1/releases/${third}/diff?from=${first}`, { token: viewerToken })).expect(200);
  assert.deepEqual([whole.at('from'), whole.at('to'), whole.at('next')], [first, third, null]);
  assert.deepEqual(new Set((whole.at('data') as Shown[]).map(({ op, kind }) => `${op} ${kind}`)), new Set(['delete certificates', 'update keyauth_credentials', 'create plugins', 'create services', 'update services']));
  assert.ok(summary(whole.at('data')).some((line) => String(line) === 'update,services,host: one.test > two.test'), whole.text);
  assert.ok(summary(whole.at('data')).some((line) => String(line) === 'update,keyauth_credentials,key!'), whole.text);
  const back = (await send('GET', `/v1/releases/${first}/diff?from=${third}`)).expect(200);
  assert.deepEqual((back.at('data') as Shown[]).map(({ op, kind }) => `${op} ${kind}`).sort(), ['create certificates', 'delete plugins', 'delete services', 'update keyauth_credentials', 'update services']);
  const own = (await send('GET', `/v1/releases/${second}/diff`)).expect(200);
  assert.deepEqual([own.at('from'), own.at('data.length')], [first, 2]);
  (await send('PATCH', '/services/shop', { json: { retries: 1 } })).expect(200);
  const current = (await send('GET', `/v1/releases/current/diff?from=${third}`)).expect(200);
  assert.deepEqual(summary(current.at('data')), [['update', 'services', 'retries: 5 > 1']]);
  const inside = (await send('GET', `/v1/releases/${third}/diff?from=${second}`)).expect(200);
  assert.ok(summary(inside.at('data')).some((line) => String(line) === 'update,plugins,config.minute: 5 > 7'), inside.text);
  for (const answer of [whole, back, own, current, inside]) assert.ok(!/first-key|second-key|digest|_sealed|PRIVATE KEY/.test(answer.text));
});

test('a difference comes in pages, and as text for people', async () => {
  const seen: string[] = [];
  for (let path: unknown = `/v1/releases/${third}/diff?from=${first}&size=2`; typeof path === 'string'; ) {
    const page = (await send('GET', path)).expect(200);
    const data = page.at('data') as { readonly id: string }[];
    assert.ok(data.length <= 2);
    seen.push(...data.map(({ id }) => id));
    path = page.at('next');
  }
  assert.equal(new Set(seen).size, 5);
  assert.equal(seen.length, 5);
  for (const answer of [await send('GET', `/v1/releases/${third}/diff?from=${first}&format=text`), await send('GET', `/v1/releases/${third}/diff?from=${first}`, { headers: { accept: 'text/plain' } })]) {
    assert.equal(answer.expect(200).headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(answer.text, /^from 1\.4 to 1\.10: 2 created, 2 updated, 1 deleted\n/);
    assert.match(answer.text, /~ services shop .*\n {4}host: "one.test" → "two.test"\n/);
    assert.match(answer.text, /~ keyauth_credentials .*\n {4}key: changed, not shown\n/);
    assert.ok(!/digest|_sealed|PRIVATE KEY/.test(answer.text));
  }
  assert.match((await send('GET', `/v1/releases/${third}/diff?from=${first}&format=text&size=1`)).text, /on this page[\s\S]*… and more: offset=/);
  (await send('GET', `/v1/releases/${third}/diff?from=1.999`)).expect(404);
  (await send('GET', `/v1/releases/${third}/diff?from=${first}&format=xml`)).expect(400);
  (await send('GET', `/v1/releases/${third}/diff?from=${first}&offset=nonsense`)).expect(400);
  assert.deepEqual((await send('GET', `/v1/releases/${third}`)).at('change_counts'), { services: { created: 1, updated: 0, deleted: 2 } });
});

test('a roll back tells what it would do, does it as one version, and leaves revoked credentials revoked', async () => {
  const path = `/v1/releases/${first}/rollback`;
  (await send('POST', path, { json: {}, token: viewerToken })).expect(403);
  (await send('POST', '/v1/releases/1.999/rollback', { json: {} })).expect(404);
  const dry = (await send('POST', path, { json: { dry_run: true } })).expect(200);
  assert.equal(dry.at('version'), null);
  assert.equal((await send('GET', '/services/shop')).at('host'), 'two.test');
  const done = (await send('POST', path, { json: { reason: 'bad release' } })).expect(200);
  assert.deepEqual(done.at('counts'), dry.at('counts'));
  assert.deepEqual(done.at('counts'), { created: 0, updated: 1, deleted: 2, deleted_with: 0, skipped: 2 });
  assert.equal(done.at('version'), done.headers['x-holdfast-config-version']);
  assert.deepEqual((done.at('entities') as { readonly kind: string; readonly outcome: string; readonly reason?: string }[]).slice(0, 2).map(({ kind, outcome, reason }) => [kind, outcome, reason]), [['certificates', 'skipped', 'holds-secret'], ['keyauth_credentials', 'skipped', 'holds-secret']]);
  assert.equal((await send('GET', '/services/shop')).at('host'), 'one.test');
  assert.equal((await send('GET', `/key-auths/${credential}`)).at('key'), 'second-key');
  (await send('GET', `/certificates/${certificate}`)).expect(404);
  const whole = (await send('POST', path, { json: { include_credentials: true } })).expect(200);
  assert.deepEqual(whole.at('counts'), { created: 1, updated: 1, deleted: 0, deleted_with: 0, skipped: 0 });
  assert.equal((await send('GET', `/key-auths/${credential}`)).at('key'), 'first-key');
  assert.equal((await send('GET', `/certificates/${certificate}`)).at('key'), pair.key);
});

test('a frozen gateway answers writes with 423 and who froze it, shows it, and lets credentials be revoked', async () => {
  const frozen = (await send('POST', '/v1/gateways/default/freeze', { json: { reason: 'incident 7' } })).expect(200);
  assert.partialDeepStrictEqual(frozen.at('frozen'), { by: 'admin', reason: 'incident 7' });
  const refused = (await send('POST', '/services', { json: { host: 'x' } })).expect(423);
  assert.equal(refused.at('error'), 'STORE_GATEWAY_FROZEN');
  assert.match(refused.word('message'), /by admin \(incident 7\).*unfreeze/);
  (await send('POST', `/v1/releases/${first}/rollback`, { json: {} })).expect(423);
  (await send('DELETE', `/key-auths/${credential}`)).expect(204);
  (await send('POST', '/v1/gateways/default/freeze', { json: { reason: 'again' } })).expect(423);
  (await send('POST', '/v1/gateways/default/unfreeze', { json: {}, token: viewerToken })).expect(403);
  (await send('POST', '/v1/gateways/default/unfreeze', { json: {} })).expect(200);
  assert.equal((await send('GET', '/v1/gateways/default')).at('frozen'), null);
  (await send('POST', '/services', { json: { host: 'x' } })).expect(201);
});

async function cli(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const environment = { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken };
  const code = await runCommand(words, (flags) => ({ environment, arguments: flags, workingFolder: '/', readFile: () => '' }), { out: (line) => void (out += `${line}\n`), err: (line) => void (err += `${line}\n`) });
  return { code, out, err };
}

test('the command line lists, shows, compares and rolls back, for people and as JSON', async () => {
  const list = await cli('releases', 'list', '--count', '2');
  assert.equal(list.code, 0, list.err);
  assert.match(list.out, /^VERSION +TIME +AUTHOR +ENTITIES +CHANGED\n1\.10 .* services \+1 -2\n1\.6 .*\n$/);
  assert.equal((JSON.parse((await cli('releases', 'list', '--json')).out) as unknown[]).length, 3);
  const diff = await cli('releases', 'diff', first, third);
  assert.match(diff.out, /^from 1\.4 to 1\.10: 2 created, 2 updated, 1 deleted\n[^]*~ services shop .*\n {4}host: "one.test" → "two.test"\n/);
  assert.equal((JSON.parse((await cli('releases', 'diff', third, first, '--json')).out) as { readonly entities: unknown[] }).entities.length, 5);
  assert.match((await cli('releases', 'diff', second)).out, /^from 1\.4 to 1\.6: /);
  assert.match((await cli('releases', 'diff', third, 'current')).out, /^from 1\.10 to 1\.\d+: /);
  assert.match((await cli('releases', 'show', second)).out, /^1\.6 by admin [^]*\+ plugins /);
  const dry = await cli('releases', 'rollback', second, '--dry-run');
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /^Would roll back to 1\.6: .*\n[^]*services shop/);
  const done = await cli('releases', 'rollback', second, '--reason', 'again');
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /^Version 1\.\d+ rolls back to 1\.6: /);
  assert.equal((await send('GET', '/services/shop')).at('host'), 'two.test');
  for (const words of [['releases', 'diff'], ['releases', 'rollback', '1.999'], ['releases', 'undo'], ['gateway', 'freeze', 'default']]) assert.equal((await cli(...words)).code, 1, words.join(' '));
});

test('the command line freezes and unfreezes, and shows who froze what', async () => {
  assert.match((await cli('gateway', 'freeze', 'default', '--reason', 'audit week')).out, /^default is frozen since .* by admin: audit week; /);
  assert.match((await cli('gateway', 'list')).out, /\ndefault +1\.\d+ +since .* by admin: audit week\n/);
  const refused = await cli('releases', 'rollback', first);
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /answered 423: gateway "default" is frozen/);
  assert.equal((await cli('releases', 'rollback', first, '--while-frozen')).code, 0);
  assert.equal((JSON.parse((await cli('gateway', 'unfreeze', 'default', '--json')).out) as { readonly frozen: unknown }).frozen, null);
  assert.match((await cli('gateway', 'list')).out, /\ndefault +1\.\d+ +-\n/);
});
