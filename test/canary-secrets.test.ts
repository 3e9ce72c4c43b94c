/**
 * T2, with a real installation: every secret that people, machines and vaults have is a canary, and none of them stands in the clear where
 * it could be read or copied: answers to who may not reveal, refusals to anybody, logs, metrics, all tables, the write-ahead log, a
 * backup, a data plane's state folder. What the heap of the control plane holds is looked at when the answers are gone.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { Client } from 'pg';
import { request } from 'undici';
import { SUPERUSER } from '../control-plane/embedded-postgres/cluster.ts';
import { dataFolderOf, findPlace } from '../control-plane/embedded-postgres/place.ts';
import { findPostmaster } from '../control-plane/embedded-postgres/postmaster.ts';
import { decodeRecord } from '../data-plane/config/cache-record.ts';
import { defined } from '../shared/assert.ts';
import type { EntityKind, Field, JsonObject } from '../shared/model/definition.ts';
import { entityDefinitions } from '../shared/model/registry.ts';
import { startProgram } from './support/control-plane-process.ts';
import { startInstallation, type TestInstallation } from './support/installation.ts';
import { stateSealOf } from './support/state-seals.ts';
import { testCertificate } from './support/test-certificates.ts';
import { waitUntil } from './support/wait-until.ts';

const [one, other, pair] = [await testCertificate(), await testCertificate(), await testCertificate({ keyType: 'rsa' })];
/** Harmless: it is found wherever plain text is looked for rightly. */
const MARKER = 'harmless-marker-of-this-test';

/** What is sent as each secret field of each kind; a field that is not here fails the test. */
const PLANTED: Readonly<Record<string, string>> = {
  'certificates.key': one.key, 'certificates.key_alt': pair.key, 'keys.jwk': `{"kty":"oct","kid":"canary-kid","k":"${Buffer.from('canary-of-a-jwk-with-enough-bytes-in-it').toString('base64url')}"}`, 'keys.pem.private_key': other.key,
  'keyauth_credentials.key': 'canary-of-key-auth-0123456789', 'basicauth_credentials.password': 'canary-of-basic-auth-0123456789', 'hmacauth_credentials.secret': 'canary-of-hmac-auth-0123456789',
  'jwt_secrets.secret': 'canary-of-jwt-secret-0123456789', 'oauth2_credentials.client_secret': 'canary-of-oauth2-secret-0123456789',
};
/** What is not of entities: `name → text`; those that the control plane makes are added as they are told. */
const others = new Map<string, string>([['operator password', 'canary-of-an-operator-password'], ['client secret', 'canary-of-a-client-secret-0123'], ['vault value', 'canary-that-stands-in-a-vault-0123'], ['redis password', 'canary-of-a-redis-password-0123'], ['sentinel password', 'canary-of-a-sentinel-password-01'], ['webhook path', 'canary-in-the-path-of-a-webhook-01'], ['webhook secret', `whsec_${Buffer.from('canary-of-a-webhook-secret-0123').toString('base64')}`], ['http-log authorization', 'canary-of-http-log-0123456789'], ['loggly key', 'canary-of-a-loggly-key-0123456789'], ['splunk token', 'canary-of-a-splunk-token-0123456'], ['kafka password', 'canary-of-a-kafka-password-012345'], ['collector token', 'canary-of-a-collector-token-0123']]);

const heapFolder = mkdtempSync(join(tmpdir(), 'holdfast-heap-'));
let installation: TestInstallation;
let stateFolder: string;
let viewer: string;
const told: { readonly by: 'viewer' | 'owner'; readonly what: string; readonly status: number; readonly text: string }[] = [];

before(async () => {
  installation = await startInstallation({ regions: ['eu-west'], controlPlaneSettings: { HOLDFAST_LOG_LEVEL: 'trace', NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${heapFolder}` }, dataPlaneSettings: { HOLDFAST_LOG_LEVEL: 'trace', CANARY_JWT: defined(others.get('vault value'), 'it') } });
  stateFolder = join(installation.stateFolder, 'control-plane');
});
after(async () => {
  await installation.stop();
  rmSync(heapFolder, { recursive: true, force: true });
});

/** Without a token, development mode asks as the installation's admin. */
async function ask(method: string, path: string, json?: JsonObject, by: 'viewer' | 'owner' = 'owner'): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>>; readonly text: string }> {
  const answer = await request(installation.admin.base + path, {
    method, headers: { ...(by === 'viewer' ? { authorization: `Bearer ${viewer}` } : {}), ...(json === undefined ? {} : { 'content-type': 'application/json' }) }, body: json === undefined ? null : JSON.stringify(json),
  });
  const text = await answer.body.text();
  told.push({ by, what: `${method} ${path}`, status: answer.statusCode, text });
  return { status: answer.statusCode, text, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

async function make(path: string, json: JsonObject): Promise<string> {
  const { status, body, text } = await ask('POST', path, json);
  assert.equal(status, 201, `${path}: ${text}`);
  const { id } = body;
  return typeof id === 'string' ? id : '';
}

/** A secret in the forms in which it could stand somewhere: as it is, in JSON, in hex, in base64 at each of its three places. */
function formsOf(secret: string): readonly string[] {
  const whole = secret.includes('PRIVATE KEY') ? secret.split('\n').slice(1, -2) : secret.startsWith('{') ? [secret, /"k":"([^"]*)"/.exec(secret)?.[1] ?? ''] : [secret];
  return whole.flatMap((text) => {
    const bytes = Buffer.from(text);
    const shifted = [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64').replace(/=+$/, '').slice(0, -2));
    return [text, JSON.stringify(text).slice(1, -1), bytes.toString('hex'), ...shifted];
  }).filter((form) => form.length >= 12);
}

function secrets(): readonly (readonly [name: string, text: string])[] {
  return [...Object.entries(PLANTED), ...others];
}

/** Names of the secrets that stand in a text or in bytes. */
function foundIn(text: string, among = secrets()): readonly string[] {
  return among.filter(([, secret]) => formsOf(secret).some((form) => text.includes(form))).map(([name]) => name);
}

function textOf(path: string): string {
  return readFileSync(path).toString('latin1');
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

async function withSuperuser<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const place = defined(findPlace(stateFolder), 'the place of the embedded Postgres');
  const { socketFolder } = defined(findPostmaster(place), 'a running Postgres');
  const client = new Client({ connectionString: `postgresql://${SUPERUSER}@/holdfast?host=${encodeURIComponent(socketFolder)}` });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('every secret field of every kind has a canary', () => {
  const fields = entityDefinitions.flatMap(({ kind, fields: own }) => own.flatMap((field: Field): readonly string[] => [
    ...(field.secret === undefined ? [] : [`${kind}.${field.name}`]),
    ...(field.type.kind === 'record' ? field.type.fields.filter(({ secret }) => secret !== undefined).map(({ name }) => `${kind}.${field.name}.${name}`) : []),
  ]));
  assert.deepEqual(fields.toSorted(), Object.keys(PLANTED).toSorted());
});

/** Each kind that holds secrets, by the path where it is made. */
const made = new Map<EntityKind, string>();

test('they are planted, read, changed, refused, compared, exported and rolled back', async () => {
  const consumer = await make('/consumers', { username: MARKER });
  const of = { consumer: { id: consumer } };
  made.set('certificates', await make('/certificates', { cert: one.cert, key: one.key, cert_alt: pair.cert, key_alt: pair.key }));
  made.set('keys', await make('/keys', { kid: 'canary-kid', jwk: PLANTED['keys.jwk'] ?? '' }));
  await make('/keys', { kid: 'canary-pem', pem: { private_key: other.key } });
  made.set('keyauth_credentials', await make('/key-auths', { ...of, key: PLANTED['keyauth_credentials.key'] ?? '' }));
  made.set('basicauth_credentials', await make('/basic-auths', { ...of, username: 'ann', password: PLANTED['basicauth_credentials.password'] ?? '' }));
  made.set('hmacauth_credentials', await make('/hmac-auths', { ...of, username: 'ann', secret: PLANTED['hmacauth_credentials.secret'] ?? '' }));
  made.set('jwt_secrets', await make('/jwts', { ...of, key: 'issuer', secret: PLANTED['jwt_secrets.secret'] ?? '' }));
  made.set('oauth2_credentials', await make('/oauth2', { ...of, name: 'app', client_id: 'app', client_secret: PLANTED['oauth2_credentials.client_secret'] ?? '' }));
  await make('/vaults', { name: 'env', prefix: 'canaries', config: { prefix: 'CANARY_' } });
  await make('/hmac-auths', { ...of, username: 'from-vault', secret: '{vault://canaries/jwt}' });

  const redis = { host: '192.0.2.1', password: others.get('redis password') ?? '' };
  await make('/plugins', { name: 'rate-limiting', instance_name: 'one', config: { minute: 1_000_000, policy: 'redis', sync_rate: 60, redis } });
  await make('/plugins', { name: 'rate-limiting-advanced', config: { limit: [1_000_000], window_size: [60], strategy: 'redis', sync_rate: 60, redis: { ...redis, sentinel_password: others.get('sentinel password') ?? '' } } });
  await make('/plugins', { name: 'proxy-cache', config: { strategy: 'redis', collapse: false, redis: { ...redis, sentinel_password: others.get('sentinel password') ?? '', connect_timeout: 100 } } });
  await make('/plugins', { name: 'response-ratelimiting', config: { limits: { units: { minute: 1 } }, redis } });
  await ask('POST', '/plugins', { name: 'rate-limiting', config: { minute: 1, redis: { password: [redis.password] } } });

  await make('/plugins', { name: 'http-log', config: { http_endpoint: 'http://192.0.2.1', authorization: others.get('http-log authorization') ?? '' } });
  await make('/plugins', { name: 'loggly', config: { host: '192.0.2.1', key: others.get('loggly key') ?? '' } });
  await make('/plugins', { name: 'splunk', config: { endpoint: 'http://192.0.2.1', token: others.get('splunk token') ?? '' } });
  await make('/plugins', { name: 'kafka-log', config: { topic: 'requests', rest_proxy: { url: 'http://192.0.2.1' }, authentication: { user: 'ann', password: others.get('kafka password') ?? '' } } });
  await make('/plugins', { name: 'opentelemetry', config: { traces_endpoint: 'http://192.0.2.1', sampling_rate: 1, secret_headers: [`Authorization: Bearer ${others.get('collector token') ?? ''}`] } });
  await ask('POST', '/plugins', { name: 'opentelemetry', instance_name: 'wrong', config: { traces_endpoint: 'http://192.0.2.1', secret_headers: [`Authorization ${others.get('collector token') ?? ''}`] } });
  await ask('POST', '/plugins', { name: 'splunk', config: { endpoint: `http://:${others.get('splunk token')}@192.0.2.1`, token: `${others.get('splunk token')} ` } });

  const operator = await make('/v1/operators', { name: 'viewer', role: 'viewer' });
  viewer = String((await ask('POST', `/v1/operators/${operator}/tokens`, {})).body['token']);
  others.set('token', viewer);
  assert.equal((await ask('PUT', `/v1/operators/${operator}/password`, { password: others.get('operator password') ?? '' })).status, 204);
  const session = await ask('POST', '/v1/sign-in/password', { tenant: 'default', operator: 'viewer', password: others.get('operator password') ?? '' });
  assert.equal(session.status, 200, session.text);
  others.set('session', String(session.body['token']));
  await ask('POST', '/v1/sign-in/password', { tenant: 'default', operator: 'viewer', password: `${others.get('operator password')}-wrong` });
  await make('/v1/identity-providers', { name: 'idp', issuer: 'https://idp.test', client_id: 'c', client_secret: others.get('client secret') ?? '', default_role: 'viewer' });
  const webhook = { name: 'pager', url: `https://192.0.2.1/${others.get('webhook path')}`, secret: others.get('webhook secret') ?? '' };
  await make('/v1/webhooks', webhook);
  // That answer shows the secret, for the only time.
  told.pop();
  await ask('PUT', '/v1/webhooks/pager', { name: 'pager', url: webhook.url, secret: webhook.secret });
  await ask('POST', '/v1/webhooks/pager/test');
  await ask('POST', '/v1/webhooks', { ...webhook, more: webhook.secret });
  await ask('POST', '/v1/webhooks', { name: 'wrong', url: `ftp://192.0.2.1/${others.get('webhook path')}`, secret: [webhook.secret] });
  others.set('join token', String((await ask('POST', '/v1/join-tokens', {})).body['token']));
  others.set('key-encryption key', readFileSync(join(stateFolder, 'key-encryption-key'), 'utf8').trim());

  // Wrong inputs with the secret in them, by those who may write and those who may not.
  const wrong: readonly (readonly [string, JsonObject])[] = entityDefinitions.filter(({ kind }) => made.has(kind)).flatMap(({ kind, path, fields }) => fields.flatMap((field: Field): readonly (readonly [string, JsonObject])[] => {
    const secret = PLANTED[`${kind}.${field.name}`];
    return secret === undefined ? [] : [[path, { [field.name]: [secret] }], [path, { [field.name]: secret, no_such_field: secret }], [path, { [field.name]: secret, ...of, tags: [3] }], [path, { [field.name]: { value: secret } }]];
  }));
  for (const [path, json] of wrong) {
    for (const by of ['owner', 'viewer'] as const) {
      await ask('POST', `/${path}`, json, by);
      await ask('POST', '/v1/gateways/default/batch', { operations: [{ op: 'create', kind: defined(entityDefinitions.find((one) => one.path === path), path).kind, entity: json }] }, by);
      await ask('POST', '/config', { config: JSON.stringify({ _format_version: '3.0', [path.replaceAll('-', '_')]: [json] }) }, by);
      await ask('POST', '/v1/gateways/default/declarative', { mode: 'apply', dry_run: true, content: JSON.stringify({ _format_version: '3.0', [path.replaceAll('-', '_')]: [json] }) }, by);
      await ask('POST', `/schemas/${path}/validate`, json, by);
    }
  }
  await ask('POST', '/v1/identity-providers', { name: 'x', issuer: 'nonsense', client_id: 'c', client_secret: others.get('client secret') ?? '' });
  await ask('PUT', `/v1/operators/${operator}/password`, { password: others.get('operator password') ?? '', more: others.get('operator password') ?? '' });
  for (const by of ['owner', 'viewer'] as const) await ask('GET', `/key-auths/${PLANTED['keyauth_credentials.key']}-not`, undefined, by);
  await ask('PATCH', `/key-auths/${made.get('keyauth_credentials')}`, { tags: ['changed'] });
  await ask('DELETE', `/jwts/${made.get('jwt_secrets')}`);

  const { body } = await ask('GET', '/v1/gateways/default');
  const head = String(body['config_version']);
  for (const path of ['/config', '/v1/gateways/default/declarative', '/v1/audit?size=1000', '/v1/export', '/v1/releases', `/v1/releases/${head}`, '/v1/tokens', '/v1/sessions', '/v1/identity-providers', '/v1/webhooks', '/v1/webhooks/pager/deliveries', '/v1/join-tokens', '/v1/data-planes', '/', '/status', '/tags']) await ask('GET', path, undefined, 'viewer');
  for (const { kind, path, topLevel } of entityDefinitions) {
    if (!topLevel) continue;
    await ask('GET', `/${path}?size=1000`, undefined, 'viewer');
    if (made.has(kind)) await ask('GET', `/${path}/${made.get(kind)}`, undefined, 'viewer');
    await ask('GET', `/consumers/${consumer}/${path}`, undefined, 'viewer');
  }
  await waitUntil('the release of the head', async () => (await ask('GET', `/v1/releases/${head}`, undefined, 'viewer')).status === 200, 20_000);
  const first = (await ask('GET', '/v1/releases?size=1000', undefined, 'viewer')).body['data'];
  const versions = Array.isArray(first) ? first.map((release: { readonly version: string }) => release.version) : [];
  const oldest = versions.at(-1) ?? '1.1';
  for (const by of ['viewer', 'owner'] as const) for (const format of ['json', 'text']) await ask('GET', `/v1/releases/${head}/diff?from=${oldest}&format=${format}`, undefined, by);
  await ask('POST', '/v1/explain', { method: 'GET', url: 'http://a.test/demo', headers: { apikey: [PLANTED['keyauth_credentials.key'] ?? ''] } }, 'viewer');
  await ask('POST', `/v1/releases/${versions[1] ?? oldest}/rollback`, { dry_run: true, include_credentials: true });
  assert.ok(told.length > 200, String(told.length));
});

test('no answer to who may not reveal, and no refusal to anybody, holds one', () => {
  assert.ok(told.some(({ by, text }) => by === 'viewer' && text.includes(MARKER)));
  const given = new Set(['token', 'session', 'join token']);
  const problems = told.filter(({ by, status }) => by === 'viewer' || status >= 400).flatMap(({ by, what, status, text }) => foundIn(text, secrets().filter(([name]) => !given.has(name) || by === 'viewer')).map((name) => `${name} in ${what} to ${by}: ${status} ${text.slice(0, 300)}`));
  assert.deepEqual(problems, []);
});

test('no diff, not even of who may reveal, holds one', () => {
  assert.deepEqual(told.filter(({ what }) => what.includes('/diff')).flatMap(({ what, text }) => foundIn(text).map((name) => `${name} in ${what}`)), []);
});

test('no log and no metric holds one', async () => {
  const logs = filesBelow(join(installation.stateFolder, 'logs'));
  assert.ok(logs.length >= 2);
  assert.ok(logs.some((file) => textOf(file).includes('admin-request')));
  assert.deepEqual(logs.flatMap((file) => foundIn(textOf(file)).map((name) => `${name} in ${file}`)), []);
  for (const port of [installation.ports.status, installation.ports.euWest.status]) {
    for (const path of ['/metrics', '/status']) {
      const answer = await request(`http://127.0.0.1:${port}${path}`);
      const text = await answer.body.text();
      assert.equal(answer.statusCode, 200, text);
      assert.deepEqual(foundIn(text), [], `${port}${path}`);
      if (path === '/metrics') assert.ok(!text.includes(MARKER) && !text.includes('viewer'), 'no label that people chose');
    }
  }
});

test('no table, no page and no piece of the write-ahead log holds one', async () => {
  await withSuperuser(async (client) => {
    const { rows: tables } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind = 'r'");
    const { rows } = await client.query<{ readonly document: string }>(tables.map(({ name }) => `SELECT coalesce(string_agg(t::text, E'\\n'), '') AS document FROM holdfast.${name} t`).join(' UNION ALL '));
    const dump = rows.map(({ document }) => document).join('\n');
    assert.ok(dump.includes(MARKER));
    assert.deepEqual(foundIn(dump), []);
    await client.query('CHECKPOINT');
  });
  const data = dataFolderOf(defined(findPlace(stateFolder), 'the place of the embedded Postgres'));
  for (const folder of ['pg_wal', 'base']) {
    const files = filesBelow(join(data, folder));
    assert.ok(files.some((file) => textOf(file).includes(MARKER)), `${folder} shows what is no secret`);
    assert.deepEqual(files.flatMap((file) => foundIn(textOf(file)).map((name) => `${name} in ${file}`)), []);
  }
});

test('no backup holds one, and neither does what the doctor says', async () => {
  const file = join(installation.stateFolder, 'backup');
  const backup = startProgram('control-plane/cli/main.ts', ['backup', 'create', '--out', file], { HOLDFAST_STATE_FOLDER: stateFolder });
  assert.equal(await backup.ended, 0, backup.output());
  const bytes = readFileSync(file);
  const begin = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
  const text = begin === -1 ? bytes.toString('latin1') : zstdDecompressSync(bytes.subarray(begin)).toString('latin1');
  assert.ok(text.includes(MARKER));
  assert.deepEqual(foundIn(text), []);
  const doctor = startProgram('bin/holdfast.js', ['doctor', 'control-plane'], { HOLDFAST_STATE_FOLDER: stateFolder });
  await doctor.ended;
  assert.deepEqual(foundIn(doctor.output() + backup.output()), []);
});

test('no file of a data plane holds one in the clear, and neither does its cache, decrypted and unpacked', async () => {
  const folder = join(installation.stateFolder, 'eu-west');
  const read = () => filesBelow(folder).filter((file) => file.endsWith('.config')).map((file) => {
    const decoded = decodeRecord(readFileSync(file), stateSealOf(folder));
    assert.ok(typeof decoded !== 'string' && decoded.isSealed, file);
    return [`the content of ${file}`, unpack(Buffer.from(decoded.record.body))] as const;
  });
  await waitUntil('a cache that shows what is no secret', () => read().some(([, text]) => text.includes(MARKER)), 20_000);
  const [files, records] = [filesBelow(folder), read()];
  assert.deepEqual([...files.map((file) => [file, textOf(file)] as const), ...records].flatMap(([file, text]) => foundIn(text).map((name) => `${name} in ${file}`)), []);
});

/** With whatever in it is compressed. */
function unpack(bytes: Buffer): string {
  const texts = [bytes.toString('latin1')];
  for (let at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])); at !== -1; at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), at + 4)) {
    try {
      texts.push(zstdDecompressSync(bytes.subarray(at)).toString('latin1'));
    } catch {
      // Four bytes that only look like the beginning of a frame.
    }
  }
  return texts.join('\n');
}

// A snapshot shows text up to 1,024 characters, not what is in buffers: keys that are in use, which are kept there, can't be looked for in it.
test('when the answers are gone, no text in the heap of the control plane holds one', async () => {
  const { children } = JSON.parse(readFileSync(join(installation.stateFolder, 'processes.json'), 'utf8')) as { readonly children: readonly { readonly name: string; readonly pid: number }[] };
  process.kill(defined(children.find(({ name }) => name === 'control-plane'), 'the control plane').pid, 'SIGUSR2');
  const file = await waitUntil('a snapshot of the heap', () => readdirSync(heapFolder).find((name) => name.endsWith('.heapsnapshot')), 30_000);
  const text = await waitUntil('the whole of it', () => {
    const now = textOf(join(heapFolder, file));
    return now.trimEnd().endsWith(']}') ? now : undefined;
  }, 30_000);
  assert.ok(text.includes('HOLDFAST_STATE_FOLDER') && text.includes('holdfast_publisher'), 'a snapshot shows text');
  assert.deepEqual(foundIn(text), []);
});
