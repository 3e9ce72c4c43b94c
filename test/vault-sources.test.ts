/**
 * Each kind of vault against a small real server that speaks its wire format: logins, errors, rotation of tokens, and what of a data
 * plane's machine is never shown to it.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { importSPKI, jwtVerify } from 'jose';
import { createSourceOpener } from '../data-plane/vaults/open-source.ts';
import { readBounded } from '../data-plane/vaults/file-source.ts';
import { signAws } from '../data-plane/vaults/sign-aws.ts';
import { lookupElsewhere, VaultHttp } from '../data-plane/vaults/vault-http.ts';
import { MAX_SECRET_BYTES, type VaultSource } from '../data-plane/vaults/vault-source.ts';
import { systemClock } from '../shared/clock.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { HoldfastError } from '../shared/errors.ts';
import type { VaultName } from '../shared/vaults/catalog.ts';
import { ManualClock } from './support/manual-clock.ts';
import { kvAnswer, VaultServer, type VaultCall, type VaultReply } from './support/vault-server.ts';

interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly hosts?: readonly string[];
  readonly folder?: string;
  readonly timeoutMs?: number;
}

/** A source in surroundings of its own; the wall clock by hand, calls by the real one. */
async function open(context: TestContext, kind: VaultName, config: JsonObject, around: Surroundings = {}): Promise<VaultSource & { readonly clock: ManualClock }> {
  const { environment = {}, files = {}, hosts = ['127.0.0.1'], folder, timeoutMs = 3_000 } = around;
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const http = new VaultHttp({ clock: systemClock, timeoutMs, hosts: hosts.length === 0 ? undefined : hosts });
  context.after(() => http.close());
  const opener = createSourceOpener({ http, clock, environment, readFile: (path) => Promise.resolve(files[path]), limits: { envPrefixes: ['SECRET_'], folder } });
  const source = await opener(kind, config);
  return { read: (name) => source.read(name), clock };
}

async function serve(context: TestContext, answer: (call: VaultCall) => VaultReply | undefined | Promise<VaultReply | undefined>): Promise<VaultServer> {
  const server = await VaultServer.start(answer);
  context.after(() => server.stop());
  return server;
}

const named = (name: string, version?: string) => ({ name, version });

async function refused(source: VaultSource, name: string, version?: string): Promise<string> {
  try {
    return `no refusal: ${await source.read({ name, version })}`;
  } catch (thrown) {
    assert.ok(thrown instanceof HoldfastError, String(thrown));
    return `${thrown.code}: ${thrown.message}`;
  }
}

test('env: names as in Kong, below the prefixes that the data plane allows', async (context) => {
  const environment = { SECRET_DB_PASSWORD: 'pw', HOME: '/root', SECRET_EMPTY: '' };
  const source = await open(context, 'env', { prefix: null }, { environment });
  assert.equal(await source.read(named('secret-db-password')), 'pw');
  assert.match(await refused(source, 'home'), /^VAULT_NOT_ALLOWED: the variable HOME may not be read here: names begin with SECRET_/);
  assert.match(await refused(source, 'secret-empty'), /^VAULT_SECRET_MISSING/);
  assert.equal(await (await open(context, 'env', { prefix: 'secret-db-' }, { environment })).read(named('password')), 'pw');
});

test('file: below one folder, also through links, never out of it, and no larger than a secret', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-vault-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const allowed = join(folder, 'allowed');
  mkdirSync(join(allowed, '..data'), { recursive: true });
  writeFileSync(join(folder, 'outside'), 'not for you');
  writeFileSync(join(allowed, '..data', 'password'), 'pw\n');
  symlinkSync(join('..data', 'password'), join(allowed, 'password'));
  symlinkSync('../outside', join(allowed, 'leak'));
  writeFileSync(join(allowed, 'large'), 'x'.repeat(MAX_SECRET_BYTES + 1));
  const source = await open(context, 'file', {}, { folder: allowed });
  assert.equal(await source.read(named('password')), 'pw');
  assert.match(await refused(source, 'leak'), /^VAULT_NOT_ALLOWED: the file leak leads out of HOLDFAST_VAULT_FOLDER/);
  assert.match(await refused(source, '../outside'), /^VAULT_NOT_ALLOWED/);
  assert.match(await refused(source, 'absent'), /^VAULT_SECRET_MISSING/);
  assert.match(await refused(source, 'large'), /^VAULT_ANSWER_INVALID: the file is larger/);
  assert.match(await refused(await open(context, 'file', {}), 'password'), /^VAULT_NOT_ALLOWED: references to files are off/);
  assert.equal(await readBounded(allowed), undefined, 'a folder is no file');
});

test('hcv: KV version 2 with a token from the environment, its versions, errors in their own codes', async (context) => {
  const held = { token: 'root-token', secrets: { 'team/db': { password: 'pw' } } };
  const server = await serve(context, (call) => (call.path.includes('broken') ? { status: 503, body: { errors: ['sealed'] } } : kvAnswer(held)(call)));
  const config = { host: '127.0.0.1', port: server.port, kv: 'v2', mount: 'secret', auth_method: 'token', token: '{vault://env/secret-token}', namespace: 'team' };
  const source = await open(context, 'hcv', config, { environment: { SECRET_TOKEN: 'root-token' } });
  assert.equal(await source.read(named('team/db', '3')), '{"password":"pw"}');
  assert.deepEqual([server.calls[0]?.path, server.calls[0]?.headers['x-vault-namespace']], ['/v1/secret/data/team/db?version=3', 'team']);
  assert.match(await refused(source, 'absent'), /^VAULT_SECRET_MISSING: HashiCorp Vault has no secret secret\/absent \(404\)/);
  assert.match(await refused(source, 'broken'), /^VAULT_UNREACHABLE: HashiCorp Vault answered 503/);
  assert.match(await refused(await open(context, 'hcv', { ...config, kv: 'v1' }, { environment: { SECRET_TOKEN: 'root-token' } }), 'data/team/db'), /no refusal: \{"data":/);
  assert.match(await refused(await open(context, 'hcv', config, { environment: { SECRET_TOKEN: 'wrong' } }), 'team/db'), /^VAULT_DENIED/);
  assert.match(await refused(await open(context, 'hcv', { ...config, token: '{vault://hcv/other}' }), 'team/db'), /^VAULT_CONFIG_INVALID: token of a vault's config refers to/);
  await server.stop();
  assert.match(await refused(source, 'team/db'), /^VAULT_UNREACHABLE: 127\.0\.0\.1:\d+ can not be reached: ECONNREFUSED/);
});

test('hcv: only engines are read, not what the server tells of tokens and of itself', async (context) => {
  const server = await serve(context, () => ({ body: { data: { id: 'the-token-itself' } } }));
  for (const mount of ['auth/token', 'sys', 'identity/oidc']) {
    const source = await open(context, 'hcv', { host: '127.0.0.1', port: server.port, kv: 'v1', mount, token: '{vault://env/secret-token}' }, { environment: { SECRET_TOKEN: 't' } });
    assert.match(await refused(source, 'lookup-self'), /^VAULT_NOT_ALLOWED: .* is no KV engine/);
  }
  assert.equal(server.calls.length, 0);
});

test('hcv: AppRole logs in once, and again when its token is revoked or ends', async (context) => {
  let logins = 0;
  const held = { token: '', secrets: { db: { password: 'pw' } } };
  const server = await serve(context, (call) => {
    if (call.path !== '/v1/auth/approle/login') return kvAnswer(held)(call);
    if (call.body !== '{"role_id":"role","secret_id":"s3cret"}') return { status: 400, body: { errors: ['invalid role or secret ID'] } };
    held.token = `token-${(logins += 1)}`;
    return { body: { auth: { client_token: held.token, lease_duration: 3_600, renewable: true } } };
  });
  const config = { host: '127.0.0.1', port: server.port, kv: 'v2', auth_method: 'approle', approle_role_id: 'role', approle_secret_id: '{vault://env/secret-id}' };
  const source = await open(context, 'hcv', config, { environment: { SECRET_ID: 's3cret' } });
  await Promise.all([source.read(named('db')), source.read(named('db'))]);
  assert.equal(logins, 1);
  held.token = 'revoked';
  assert.equal(await source.read(named('db')), '{"password":"pw"}');
  assert.equal(logins, 2);
  source.clock.advance(3_600_000);
  await source.read(named('db'));
  assert.equal(logins, 3);
  assert.match(await refused(await open(context, 'hcv', config, { environment: { SECRET_ID: 'wrong' } }), 'db'), /^VAULT_DENIED: HashiCorp Vault refused login at approle \(400\)/);
});

test("hcv: the machine's Kubernetes token goes to hosts only that the data plane's operator named", async (context) => {
  const held = { token: 'k8s', secrets: { db: { password: 'pw' } } };
  const server = await serve(context, (call) => (call.path === '/v1/auth/kubernetes/login' ? { body: { auth: { client_token: JSON.parse(call.body).jwt === 'machine-jwt' ? 'k8s' : 'none', lease_duration: 60 } } } : kvAnswer(held)(call)));
  const config = { host: '127.0.0.1', port: server.port, kv: 'v2', auth_method: 'kubernetes', kube_role: 'gateway' };
  const files = { '/var/run/secrets/kubernetes.io/serviceaccount/token': 'machine-jwt\n' };
  assert.equal(await (await open(context, 'hcv', config, { files })).read(named('db')), '{"password":"pw"}');
  const calls = server.calls.length;
  assert.match(await refused(await open(context, 'hcv', config, { files, hosts: [] }), 'db'), /^VAULT_NOT_ALLOWED: the Kubernetes token of this data plane is shown only to hosts that HOLDFAST_VAULT_HOSTS names/);
  assert.equal(server.calls.length, calls);
});

const AWS_KEYS = { accessKeyId: 'AKID', secretAccessKey: 'secret-key', sessionToken: undefined };

/** Secrets Manager; each signature is made anew and compared. */
function awsAnswer(credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string | undefined }, nowMs: () => number): (call: VaultCall) => VaultReply {
  return (call) => {
    const { host = '', authorization } = call.headers;
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' };
    const expected = signAws({ method: 'POST', url: `http://${host}/`, headers, body: call.body }, credentials, { region: 'eu-central-1', service: 'secretsmanager', nowMs: nowMs() });
    if (authorization !== expected['authorization']) return { status: 400, body: { __type: 'com.amazon.coral.service#UnrecognizedClientException', message: 'no' } };
    const { SecretId, VersionStage } = JSON.parse(call.body);
    if (SecretId === 'binary') return { body: { SecretBinary: Buffer.from('bytes').toString('base64') } };
    if (SecretId === 'denied') return { status: 400, body: { __type: 'AccessDeniedException' } };
    if (SecretId === 'busy') return { status: 400, body: { __type: 'ThrottlingException' } };
    if (SecretId !== 'prod/db') return { status: 400, body: { __type: 'ResourceNotFoundException', Message: 'Secrets Manager can not find it' } };
    return { body: { ARN: 'arn', Name: SecretId, SecretString: JSON.stringify({ password: VersionStage ?? 'current' }) } };
  };
}

test('aws: signed calls with keys of the environment, versions, errors by their types', async (context) => {
  let nowMs = 0;
  const server = await serve(context, awsAnswer(AWS_KEYS, () => nowMs));
  const environment = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret-key', AWS_REGION: 'eu-central-1' };
  const source = await open(context, 'aws', { endpoint_url: `${server.origin}/` }, { environment });
  nowMs = source.clock.nowMs();
  assert.equal(await source.read(named('prod/db')), '{"password":"current"}');
  assert.equal(await source.read(named('prod/db', 'AWSPREVIOUS')), '{"password":"AWSPREVIOUS"}');
  assert.equal(await source.read(named('binary')), 'bytes');
  assert.match(await refused(source, 'absent'), /^VAULT_SECRET_MISSING/);
  assert.match(await refused(source, 'denied'), /^VAULT_DENIED: AWS Secrets Manager refused secret denied \(AccessDeniedException\)/);
  assert.match(await refused(source, 'busy'), /^VAULT_UNREACHABLE/);
  const elsewhere = await open(context, 'aws', { endpoint_url: `${server.origin}/` }, { environment, hosts: ['*.example.com'] });
  assert.match(await refused(elsewhere, 'prod/db'), /^VAULT_NOT_ALLOWED: AWS is asked at its own hosts/);
  assert.match(await refused(await open(context, 'aws', {}, { environment: { ...environment, AWS_REGION: '' } }), 'prod/db'), /^VAULT_CONFIG_INVALID: the region/);
});

test('aws: credentials of an instance, a container and a web identity, and of a role that is assumed', async (context) => {
  let secrets: (call: VaultCall) => VaultReply = () => ({ status: 500, body: '' });
  const expiration = '2026-01-01T06:00:00Z';
  const temporary = (id: string) => ({ accessKeyId: id, secretAccessKey: `key of ${id}`, sessionToken: `token of ${id}` });
  const document = (id: string) => ({ AccessKeyId: id, SecretAccessKey: `key of ${id}`, Token: `token of ${id}`, Expiration: expiration });
  const xml = (id: string) => `<R><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>key of ${id}</SecretAccessKey><SessionToken>token of ${id}</SessionToken><Expiration>${expiration}</Expiration></Credentials></R>`;
  const server = await serve(context, (call) => {
    const form = new URLSearchParams(call.body);
    if (call.path === '/latest/api/token') return call.method === 'PUT' ? { body: 'imds-token' } : undefined;
    if (call.path.startsWith('/latest/') && call.headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401, body: '' };
    if (call.path === '/latest/meta-data/iam/security-credentials/') return { body: 'gateway-role' };
    if (call.path === '/latest/meta-data/iam/security-credentials/gateway-role') return { body: document('instance') };
    if (call.path === '/container') return call.headers.authorization === 'container-token' ? { body: document('container') } : { status: 401, body: '' };
    if (form.get('Action') === 'AssumeRoleWithWebIdentity') return { body: form.get('WebIdentityToken') === 'jwt' ? xml('web') : '<Error><Code>InvalidIdentityToken</Code></Error>' };
    if (form.get('Action') === 'AssumeRole') return { body: /Credential=web\//.test(call.headers.authorization ?? '') ? xml('assumed') : '' };
    return secrets(call);
  });
  const read = async (id: string, config: JsonObject, environment: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): Promise<string> => {
    const source = await open(context, 'aws', { region: 'eu-central-1', endpoint_url: `${server.origin}/`, ...config }, { environment, files });
    secrets = awsAnswer(temporary(id), () => source.clock.nowMs());
    return source.read(named('prod/db'));
  };
  const found = '{"password":"current"}';
  const web = { AWS_WEB_IDENTITY_TOKEN_FILE: '/web/token', AWS_ROLE_ARN: 'arn:aws:iam::1:role/gateway', AWS_ENDPOINT_URL_STS: server.origin };
  assert.equal(await read('instance', {}, { AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin }), found);
  assert.equal(await read('container', {}, { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.origin}/container`, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/c' }, { '/c': 'container-token' }), found);
  assert.equal(await read('web', {}, web, { '/web/token': 'jwt\n' }), found);
  assert.equal(await read('assumed', { assume_role_arn: 'arn:aws:iam::2:role/secrets' }, web, { '/web/token': 'jwt\n' }), found);
  await assert.rejects(read('web', {}, web, { '/web/token': 'forged' }), /AWS STS gave no credentials/);
});

test('gcp: the service account signs for its token; the metadata server gives one without', async (context) => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = await importSPKI(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'RS256');
  const server = await serve(context, async ({ path, headers, body }) => {
    if (path === '/token') {
      const { payload, protectedHeader } = await jwtVerify(new URLSearchParams(body).get('assertion') ?? '', publicKey, { audience: `${server.origin}/token`, issuer: 'gateway@project.test', currentDate: new Date(Date.UTC(2026, 0, 1)) });
      return payload['scope'] === 'https://www.googleapis.com/auth/cloud-platform' && protectedHeader.kid === 'k1' ? { body: { access_token: 'by-key', expires_in: 3_599, token_type: 'Bearer' } } : undefined;
    }
    if (path.startsWith('/computeMetadata/')) return headers['metadata-flavor'] === 'Google' ? { body: { access_token: 'by-machine', expires_in: 3_599 } } : undefined;
    if (!/^Bearer by-(key|machine)$/.test(headers.authorization ?? '')) return { status: 401, body: {} };
    return /^\/v1\/projects\/demo\/secrets\/db\/versions\/(latest|7):access$/.test(path) ? { body: { name: 'n', payload: { data: Buffer.from(`${path.at(-8)} ${headers.authorization}`).toString('base64'), dataCrc32c: '1' } } } : undefined;
  });
  const account = JSON.stringify({ type: 'service_account', project_id: 'demo', private_key_id: 'k1', private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), client_email: 'gateway@project.test', token_uri: `${server.origin}/token` });
  const byKey = await open(context, 'gcp', { endpoint_url: server.origin }, { environment: { GOOGLE_APPLICATION_CREDENTIALS: '/gcp.json' }, files: { '/gcp.json': account } });
  assert.equal(await byKey.read(named('db', '7')), '7 Bearer by-key');
  const byMachine = await open(context, 'gcp', { project_id: 'demo', endpoint_url: server.origin }, { environment: { GCE_METADATA_HOST: `127.0.0.1:${server.port}` } });
  assert.equal(await byMachine.read(named('db')), 't Bearer by-machine');
  assert.match(await refused(byMachine, 'absent'), /^VAULT_SECRET_MISSING/);
  const elsewhere = await open(context, 'gcp', { project_id: 'demo', endpoint_url: server.origin }, { environment: { GCE_METADATA_HOST: `127.0.0.1:${server.port}` }, hosts: [] });
  assert.match(await refused(elsewhere, 'db'), /^VAULT_NOT_ALLOWED: Google Cloud is asked at its own hosts/);
});

test('azure: with a client secret, a federated token and a managed identity', async (context) => {
  const server = await serve(context, ({ path, headers, body }) => {
    const form = new URLSearchParams(body);
    if (path === '/tenant/oauth2/v2.0/token') {
      if (form.get('scope') !== 'https://vault.azure.net/.default' || form.get('client_id') !== 'client') return { status: 400, body: { error: 'invalid_scope' } };
      return form.get('client_secret') === 's3cret' || form.get('client_assertion') === 'federated' ? { body: { access_token: 'aad', expires_in: 3_599 } } : { status: 401, body: { error: 'invalid_client' } };
    }
    if (path.startsWith('/msi/token?')) return headers['x-identity-header'] === 'msi' ? { body: { access_token: 'aad', expires_in: '3599' } } : { status: 401, body: {} };
    if (headers.authorization !== 'Bearer aad') return { status: 401, body: { error: { code: 'Unauthorized' } } };
    return path === '/secrets/db?api-version=7.4' ? { body: { value: 'pw', id: 'i' } } : path === '/secrets/db/abc?api-version=7.4' ? { body: { value: 'older' } } : { status: 404, body: { error: { code: 'SecretNotFound' } } };
  });
  const config = { vault_uri: `${server.origin}/` };
  const login = { AZURE_AUTHORITY_HOST: server.origin, AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
  const bySecret = await open(context, 'azure', config, { environment: { ...login, AZURE_CLIENT_SECRET: 's3cret' } });
  assert.deepEqual([await bySecret.read(named('db')), await bySecret.read(named('db', 'abc'))], ['pw', 'older']);
  assert.match(await refused(bySecret, 'absent'), /^VAULT_SECRET_MISSING/);
  assert.equal(await (await open(context, 'azure', config, { environment: { ...login, AZURE_FEDERATED_TOKEN_FILE: '/t' }, files: { '/t': 'federated\n' } })).read(named('db')), 'pw');
  assert.equal(await (await open(context, 'azure', config, { environment: { IDENTITY_ENDPOINT: `${server.origin}/msi/token`, IDENTITY_HEADER: 'msi' } })).read(named('db')), 'pw');
  assert.match(await refused(await open(context, 'azure', config, { environment: { ...login, AZURE_CLIENT_SECRET: 'wrong' } }), 'db'), /^VAULT_DENIED: Microsoft Entra ID refused/);
  const calls = server.calls.length;
  assert.match(await refused(await open(context, 'azure', config, { environment: { ...login, AZURE_CLIENT_SECRET: 's3cret' }, hosts: [] }), 'db'), /^VAULT_NOT_ALLOWED/);
  assert.equal(server.calls.length, calls, 'a vault elsewhere is not shown the identity');
});

test('a call is bounded in time and size, follows no redirect, and never goes where a cloud gives out identities', async (context) => {
  const secret = 'canary-in-an-answer';
  const server = await serve(context, ({ path }) => {
    if (path.includes('slow')) return new Promise(() => undefined);
    if (path.includes('huge')) return { body: JSON.stringify({ data: { data: { a: 'x'.repeat(2_000_000) } } }) };
    if (path.includes('moved')) return { status: 302, body: '', headers: { location: '/v1/secret/data/other' } };
    return { body: `{"${secret}` };
  });
  const config = { host: '127.0.0.1', port: server.port, kv: 'v2', auth_method: 'token', token: '{vault://env/secret-token}' };
  const environment = { SECRET_TOKEN: 't' };
  const source = await open(context, 'hcv', config, { environment, timeoutMs: 200 });
  assert.match(await refused(source, 'slow'), /^VAULT_UNREACHABLE: 127\.0\.0\.1:\d+ did not answer within 200 ms/);
  assert.match(await refused(source, 'huge'), /^VAULT_ANSWER_INVALID: .* more than 1048576 bytes/);
  assert.match(await refused(source, 'moved'), /^VAULT_ANSWER_INVALID: HashiCorp Vault answered 302/);
  const told = await refused(source, 'nonsense');
  assert.match(told, /^VAULT_ANSWER_INVALID: .* no JSON object/);
  assert.ok(!told.includes(secret));
  for (const host of ['169.254.169.254', 'fd00:ec2::254', '0xa9fea9fe']) {
    assert.match(await refused(await open(context, 'hcv', { ...config, host }, { environment, hosts: [], timeoutMs: 200 }), 'db'), /^VAULT_NOT_ALLOWED: .* is where a cloud gives out the identity/, host);
  }
  assert.match(await refused(await open(context, 'hcv', { ...config, host: 'vault.evil.test' }, { environment, hosts: ['vault.example'] }), 'db'), /^VAULT_NOT_ALLOWED: vaults at vault\.evil\.test may not be asked/);
  const looked = (hostname: string) => new Promise<string>((resolve) => lookupElsewhere(hostname, { all: true }, (error, addresses) => resolve(error?.message ?? JSON.stringify(addresses))));
  assert.match(await looked('169.254.169.254'), /^169\.254\.169\.254 is where a cloud/, 'nor a name that leads there');
  assert.match(await looked('127.0.0.1'), /"address":"127\.0\.0\.1"/);
});
