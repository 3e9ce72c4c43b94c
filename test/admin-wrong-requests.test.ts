/** Every case of test/cases/admin/wrong-requests.json has the answer it says, and leaves nothing behind. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startTestAdminApi, type AdminCall } from './support/admin-api.ts';
import { onServer } from './support/postgres-server.ts';

/** Text given in short: repeated, or as bytes. */
type Text = string | { readonly repeat: string; readonly times: number; readonly before?: string; readonly after?: string; readonly close?: string; readonly end?: string } | { readonly base64: string };

interface Case {
  readonly name: string;
  readonly send: readonly [method: string, path: string];
  readonly json?: unknown;
  readonly form?: string;
  readonly raw?: Text;
  readonly type?: string;
  readonly status: number;
  readonly code?: number;
  readonly field?: string;
  readonly message?: string;
  readonly exactly?: unknown;
}

const { cases } = JSON.parse(readFileSync(new URL('./cases/admin/wrong-requests.json', import.meta.url), 'utf8')) as { readonly cases: readonly Case[] };
const api = await startTestAdminApi();
const { send } = api;

const create = async (path: string, json: object): Promise<string> => (await send('POST', path, { json })).expect(201).word('id');
const fixtures: Readonly<Record<string, string>> = {
  service: await create('/services', { name: 'fixture', host: 'fixture.test' }),
  route: await create('/services/fixture/routes', { name: 'fixture', paths: ['/fixture'] }),
  stream: await create('/routes', { name: 'stream', protocols: ['tcp'], destinations: [{ port: 9000 }] }),
  consumer: await create('/consumers', { username: 'fixture' }),
  upstream: await create('/upstreams', { name: 'fixture.test' }),
};
await create('/routes/fixture/plugins', { name: 'acl', config: { allow: ['fixture'] } });
await create('/consumers/fixture/acls', { group: 'fixture-group' });

test(`${cases.length} wrong requests`, async (t) => {
  assert.ok(cases.length >= 30);
  for (const one of cases) {
    await t.test(one.name, async () => {
      const before = await contents();
      const [method, path] = one.send;
      const answer = (await send(method, withIds(path), callOf(one))).expect(one.status);
      if (one.code !== undefined) assert.equal(answer.at('code'), one.code, answer.text);
      if (one.field !== undefined) assert.ok(answer.at(`fields.${one.field}`) !== undefined, `names ${one.field}: ${answer.text}`);
      if (one.message !== undefined) assert.ok(answer.word('message').includes(one.message), answer.text);
      if (one.exactly !== undefined) assert.deepEqual(answer.body, one.exactly);
      assert.equal(typeof answer.at('message'), 'string');
      assert.equal(await contents(), before, 'nothing was stored');
      if (method !== 'GET') {
        const audit = (await send('GET', '/v1/audit?size=1')).expect(200);
        assert.equal(audit.at('data.0.action'), 'refuse');
        assert.equal(audit.at('data.0.subject.id'), `${method} ${withIds(path)}`);
        assert.equal(audit.at('data.0.details.status'), one.status);
      }
    });
  }
});

/** All that a request could have changed, looked at behind the store's back. */
function contents(): Promise<string> {
  return onServer(api.database.superuserConnectionString, async (client) => {
    const tables = ['entities', 'entity_unique', 'entity_references', 'changes', 'gateways', 'tenants', 'operators', 'operator_tokens', 'join_tokens'];
    const { rows } = await client.query(tables.map((table) => `SELECT '${table}' AS name, t::text AS row FROM holdfast.${table} t`).join(' UNION ALL ') + ' ORDER BY 1, 2');
    return JSON.stringify(rows);
  });
}

function callOf({ json, form, raw, type }: Case): AdminCall {
  if (json !== undefined) return { json: JSON.parse(withIds(JSON.stringify(expand(json)))) };
  if (form !== undefined) return { form };
  return raw === undefined ? {} : { raw: textOf(raw), ...(type === undefined ? {} : { headers: { 'content-type': type } }) };
}

function textOf(text: Text): string | Uint8Array {
  if (typeof text === 'string') return text;
  if ('base64' in text) return Buffer.from(text.base64, 'base64');
  return `${text.before ?? ''}${text.repeat.repeat(text.times)}${text.after ?? ''}${(text.close ?? '').repeat(text.times)}${text.end ?? ''}`;
}

function expand(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('repeat' in value && 'times' in value) return String(value.repeat).repeat(Number(value.times));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner)]));
}

function withIds(text: string): string {
  return text.replaceAll(/\$(\w+)/g, (found, name: string) => fixtures[name] ?? found);
}
