/**
 * Kong's conventions line by line, as a table: each row is one request in a fixed order, the status and what its body or head
 * must hold. What needs more than one look is in admin-conventions.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAdminApi, type AdminAnswer, type AdminCall } from './support/admin-api.ts';
import { testAuthority, testCertificate } from './support/test-certificates.ts';

const ORIGIN = 'https://console.test';
const api = await startTestAdminApi({ allowedOrigins: [ORIGIN, 'http://localhost:8002'] });
const { send } = api;
const [pair, authority] = [await testCertificate(), await testAuthority()];
const U1 = '01000000-0000-4000-8000-000000000001';
const U2 = '01000000-0000-4000-8000-000000000002';
const MADE_KEY = /^[A-Za-z0-9]{32}$/;

interface Row {
  readonly name: string;
  readonly send: readonly [method: string, path: string];
  readonly call?: AdminCall;
  readonly status: number;
  /** Parts of the body. */
  readonly body?: object;
  /** The whole body. */
  readonly exactly?: unknown;
  readonly headers?: Readonly<Record<string, string | RegExp | undefined>>;
  readonly also?: (answer: AdminAnswer) => void;
}

const post = (name: string, path: string, json: object, status: number, body?: object): Row => ({ name, send: ['POST', path], call: { json }, status, ...(body === undefined ? {} : { body }) });
const put = (name: string, path: string, json: object, status: number, body?: object): Row => ({ name, send: ['PUT', path], call: { json }, status, ...(body === undefined ? {} : { body }) });
const patch = (name: string, path: string, json: object, status: number, body?: object): Row => ({ name, send: ['PATCH', path], call: { json }, status, ...(body === undefined ? {} : { body }) });
const get = (name: string, path: string, status: number, body?: object): Row => ({ name, send: ['GET', path], status, ...(body === undefined ? {} : { body }) });
const remove = (name: string, path: string, status = 204): Row => ({ name, send: ['DELETE', path], status });
const form = (name: string, method: string, path: string, text: string, status: number, body?: object): Row => ({ name, send: [method, path], call: { form: text }, status, ...(body === undefined ? {} : { body }) });
const matches = (path: string, pattern: RegExp) => (answer: AdminAnswer): void => assert.match(answer.word(path), pattern);
const multipart = (fields: Readonly<Record<string, string>>): AdminCall => ({
  raw: `${Object.entries(fields).map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--b--\r\n`,
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
});

const entities: readonly Row[] = [
  post('a consumer', '/consumers', { username: 'ann', custom_id: 'c-1' }, 201),
  post('another', '/consumers', { username: 'bob' }, 201),
  get('/consumers?custom_id=', '/consumers?custom_id=c-1', 200, { data: [{ username: 'ann' }] }),
  { name: 'a key is made', send: ['POST', '/consumers/ann/key-auth'], status: 201, also: matches('key', MADE_KEY) },
  post('a name and password', '/consumers/ann/basic-auth', { username: 'ann', password: 'canary-password' }, 201, { username: 'ann', password: null }),
  get('a password is not shown, whoever asks', '/basic-auths/ann', 200, { username: 'ann', password: null }),
  get('nor in a list', '/basic-auths', 200, { data: [{ password: null }] }),
  patch('nor after a change of something else', '/consumers/ann/basic-auth/ann', { tags: ['t'] }, 200, { password: null, tags: ['t'] }),
  post('a name of another', '/consumers/bob/basic-auth', { username: 'ann', password: 'x' }, 409, { code: 5, fields: { username: 'ann' } }),
  put('PUT with the name of the path', '/consumers/bob/basic-auth/bobby', { password: 'x' }, 200, { username: 'bobby', password: null }),
  get('its consumer', '/basic-auths/bobby/consumer', 200, { username: 'bob' }),
  { name: 'an hmac secret is made', send: ['POST', '/consumers/ann/hmac-auth'], call: { json: { username: 'ann' } }, status: 201, also: matches('secret', MADE_KEY) },
  get('by its name', '/hmac-auths/ann', 200, { username: 'ann' }),
  get('below its consumer', '/consumers/ann/hmac-auth/ann', 200, { username: 'ann' }),
  get('not below another', '/consumers/bob/hmac-auth/ann', 404, { message: 'Not found' }),
  { name: 'key and secret of a token issuer are made', send: ['POST', '/consumers/ann/jwt'], status: 201, body: { algorithm: 'HS256', rsa_public_key: null }, also: (answer) => ['key', 'secret'].forEach((path) => matches(path, MADE_KEY)(answer)) },
  post('a token issuer', '/consumers/ann/jwt', { key: 'issuer', secret: 's3cret' }, 201, { key: 'issuer' }),
  get('a token issuer by its key', '/jwts/issuer/consumer', 200, { username: 'ann' }),
  post('an algorithm without its key', '/consumers/ann/jwt', { algorithm: 'RS256' }, 400, { code: 2, fields: { rsa_public_key: 'required field missing' } }),
  { name: 'an application', send: ['POST', '/consumers/ann/oauth2'], call: { json: { name: 'app', redirect_uris: ['https://a.test/'] } }, status: 201, body: { client_type: 'confidential' }, also: (answer) => ['client_id', 'client_secret'].forEach((path) => matches(path, MADE_KEY)(answer)) },
  put('an application by its client id', '/oauth2/my-client', { name: 'app', consumer: { username: 'bob' } }, 200, { client_id: 'my-client' }),
  get('all applications', '/oauth2?size=1', 200, { data: [{ name: 'app' }] }),
  post('an authority', '/ca_certificates', { id: U2, cert: authority.cert }, 201),
  put('a name in certificates', `/consumers/ann/mtls-auth/${U1}`, { subject_name: 'ann.test', ca_certificate: { id: U2 } }, 200, { id: U1, subject_name: 'ann.test' }),
  get('its authority', `/mtls-auths/${U1}/ca_certificate`, 200, { id: U2 }),
  post('the same name and authority', '/consumers/bob/mtls-auth', { subject_name: 'ann.test', ca_certificate: { id: U2 } }, 409, { code: 5 }),
  post('an acl', '/consumers/ann/acls', { group: 'gold' }, 201),
  get('its consumer by the list of all', '/acls?size=1', 200, { data: [{ group: 'gold' }] }),
  post('a set of keys', '/key-sets', { name: 'issuer' }, 201),
  post('a key in it', '/key-sets/issuer/keys', { name: 'first', kid: 'k1', pem: { private_key: pair.key } }, 201, { kid: 'k1', jwk: null }),
  get('private parts are shown to who may see them', '/keys/first', 200, { pem: { private_key: pair.key, public_key: null } }),
  { name: 'and to nobody else', send: ['GET', '/keys/first'], call: { token: api.viewerToken }, status: 200, body: { pem: { private_key: null, public_key: null } } },
  patch('a record is merged deeply, secrets included', '/keys/first', { tags: ['x'] }, 200, { pem: { private_key: pair.key } }),
  post('the same kid in the set', '/key-sets/issuer/keys', { kid: 'k1', pem: { private_key: pair.key } }, 409, { code: 5 }),
  post('the same kid outside of it', '/keys', { kid: 'k1', pem: { private_key: pair.key } }, 201),
  put('PUT of the set of a key', '/keys/first/set', { name: 'issuer', tags: ['s'] }, 200, { name: 'issuer', tags: ['s'] }),
  remove('a set goes with its keys', '/key-sets/issuer'),
  get('so they are gone', '/keys/first', 404),
  post('a vault', '/vaults', { name: 'env', prefix: 'team-a', config: { prefix: 'TEAM_A_' } }, 201, { config: { prefix: 'TEAM_A_' } }),
  patch('its config is merged deeply', '/vaults/team-a', { config: { base64_decode: true } }, 200, { config: { prefix: 'TEAM_A_', base64_decode: true } }),
  form('and from a form', 'PATCH', '/vaults/team-a', 'config.base64_decode=false&description=', 200, { config: { base64_decode: false }, description: null }),
  put('PUT takes the rest back to defaults', '/vaults/team-a', { name: 'env' }, 200, { prefix: 'team-a', config: { prefix: null } }),
  post('a prefix that is taken', '/vaults', { name: 'env', prefix: 'team-a' }, 409, { code: 5, fields: { prefix: 'team-a' } }),
];

const collections = ['services', 'routes', 'consumers', 'upstreams', 'certificates', 'snis', 'ca_certificates', 'plugins', 'vaults', 'key-sets', 'keys', 'key-auths', 'basic-auths', 'hmac-auths', 'jwts', 'oauth2', 'mtls-auths', 'acls'];
const everywhere: readonly Row[] = collections.flatMap((path): readonly Row[] => [
  get(`${path}: a list`, `/${path}`, 200),
  { name: `${path}: methods of a list`, send: ['OPTIONS', `/${path}`], status: 204, headers: { allow: 'GET, POST, HEAD, OPTIONS' } },
  { name: `${path}: methods of one`, send: ['OPTIONS', `/${path}/x`], status: 204, headers: { allow: 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS' } },
  { name: `${path}: HEAD has no body`, send: ['HEAD', `/${path}`], status: 200, also: ({ text }) => assert.equal(text, '') },
  { name: `${path}: HEAD of what is not there`, send: ['HEAD', `/${path}/${U1.replace('01', '99')}`], status: 404 },
  { name: `${path}: what is not there`, send: ['GET', `/${path}/absent`], status: 404, exactly: { message: 'Not found' } },
  remove(`${path}: deleting what is not there`, `/${path}/${U1.replace('01', '99')}`),
  { name: `${path}: DELETE of a list`, send: ['DELETE', `/${path}`], status: 405, exactly: { message: 'Method not allowed' } },
  { name: `${path}: a page size that is none`, send: ['GET', `/${path}?size=0`], status: 400, body: { code: 9, name: 'invalid size' } },
  { name: `${path}: an offset that is none`, send: ['GET', `/${path}?offset=x`], status: 400, body: { code: 7, name: 'invalid offset' } },
  { name: `${path}: tags with both operators`, send: ['GET', `/${path}?tags=a,b/c`], status: 400, body: { code: 11, name: 'invalid options' } },
  { name: `${path}: an unknown field`, send: ['POST', `/${path}`], call: { json: { tagz: 1 } }, status: 400, body: { code: 2, name: 'schema violation', fields: { tagz: 'unknown field (did you mean "tags"?)' } } },
  { name: `${path}: a slash behind`, send: ['GET', `/${path}/`], status: 200 },
  { name: `${path}: its schema`, send: ['GET', `/schemas/${path.replace('key-sets', 'key_sets').replace('key-auths', 'keyauth_credentials').replace('basic-auths', 'basicauth_credentials').replace('hmac-auths', 'hmacauth_credentials').replace('jwts', 'jwt_secrets').replace(/^oauth2$/, 'oauth2_credentials').replace('mtls-auths', 'mtls_auth_credentials')}`], status: 200, body: { primary_key: ['id'] } },
]);

const bodies: readonly Row[] = [
  { name: 'a service from JSON', send: ['POST', '/services'], call: { json: { name: 'a', host: 'a.test' } }, status: 201, headers: { 'content-type': 'application/json; charset=utf-8', server: /^holdfast\//, 'x-kong-admin-latency': /^\d+$/ } },
  { name: 'JSON with a charset', send: ['PATCH', '/services/a'], call: { raw: '{"retries":1}', headers: { 'content-type': 'application/json; charset=utf-8' } }, status: 200, body: { retries: 1 } },
  form('a form', 'POST', '/routes', 'name=f1&paths[]=/a&paths[]=/b&service.name=a&strip_path=false', 201, { paths: ['/a', '/b'], strip_path: false }),
  form('numbered', 'PATCH', '/routes/f1', 'paths[2]=/second&paths[1]=/first', 200, { paths: ['/first', '/second'] }),
  form('one name twice', 'PATCH', '/routes/f1', 'paths=/x&paths=/y', 200, { paths: ['/x', '/y'] }),
  form('a comma list', 'PATCH', '/routes/f1', 'methods=GET,%20POST&hosts=a.test', 200, { methods: ['GET', 'POST'], hosts: ['a.test'] }),
  form('a map', 'PATCH', '/routes/f1', 'headers[x-a]=1&headers.x-b[]=2&headers.x-b[]=3', 200, { headers: { 'x-a': ['1'], 'x-b': ['2', '3'] } }),
  form('an empty text is null', 'PATCH', '/routes/f1', 'hosts=&methods=&regex_priority=', 200, { hosts: null, methods: null, regex_priority: 0 }),
  form('numbers and words keep to their fields', 'PATCH', '/routes/f1', 'regex_priority=7&name=f1&preserve_host=true&tags=1,true', 200, { regex_priority: 7, preserve_host: true, tags: ['1', 'true'] }),
  form('what does not fit is refused with its kind', 'PATCH', '/routes/f1', 'regex_priority=seven', 400, { fields: { regex_priority: 'expected an integer, not a string' } }),
  form("a plugin's config", 'POST', '/plugins', 'name=rate-limiting&config.minute=5&config.fault_tolerant=false&instance_name=limits', 201, { config: { minute: 5, fault_tolerant: false } }),
  form('and of one that is there', 'PATCH', '/plugins/limits', 'config[minute]=6', 200, { config: { minute: 6, fault_tolerant: false } }),
  { name: 'multipart', send: ['PATCH', '/routes/f1'], call: multipart({ 'paths[1]': '/m', 'headers.x-a': '1', 'strip_path': 'true', 'hosts': '' }), status: 200, body: { paths: ['/m'], headers: { 'x-a': ['1'] }, strip_path: true, hosts: null } },
  { name: 'a reference to nothing', send: ['POST', '/routes'], call: { form: `paths=/n&service.id=${U2}` }, status: 400, body: { code: 4, name: 'foreign key violation' } },
  { name: 'JSON that is none', send: ['POST', '/services'], call: { raw: '{', headers: { 'content-type': 'application/json' } }, status: 400, exactly: { message: 'Cannot parse JSON body' } },
  { name: 'another content type', send: ['POST', '/services'], call: { raw: '<a/>', headers: { 'content-type': 'application/xml' } }, status: 415 },
  post('one problem', '/services', { name: 'b' }, 400, { code: 2, name: 'schema violation', message: 'schema violation (host: required field missing)', fields: { host: 'required field missing' } }),
  post('two problems', '/services', { host: 1, port: 'x' }, 400, { message: '2 schema violations (host: expected a string, not a number; port: expected an integer, not a string)' }),
  post('a rule over several fields', '/consumers', {}, 400, { fields: { '@entity': ["at least one of these fields must be non-empty: 'custom_id', 'username'"] } }),
  post('a name that is taken', '/services', { name: 'a', host: 'b' }, 409, { code: 5, name: 'unique constraint violation', message: `UNIQUE violation detected on '{name="a"}'`, fields: { name: 'a' } }),
  { name: 'PUT needs all that must be given', send: ['PUT', '/services/a'], call: { json: { retries: 1 } }, status: 400, body: { fields: { host: 'required field missing' } } },
  put('PUT makes what is not there', `/services/${U1}`, { name: 'by-id', host: 'a' }, 200, { id: U1, retries: 5 }),
  put('PUT of the service of a route that has none', '/routes/orphan', { paths: ['/o'] }, 200, { service: null }),
  put('makes it', '/routes/orphan/service', { name: 'adopter', host: 'a' }, 200, { name: 'adopter' }),
  get('and puts it there', '/services/adopter/routes', 200, { data: [{ name: 'orphan' }] }),
  put('PUT below a parent', '/services/adopter/routes/second', { paths: ['/s'] }, 200, { name: 'second' }),
  { name: 'DELETE of what a reference names', send: ['DELETE', '/routes/orphan/service'], status: 405, exactly: { message: 'Method not allowed' } },
  { name: 'a gateway in front', send: ['GET', '/default/services/adopter/routes?size=1'], status: 200, also: matches('next', /^\/default\/services\/adopter\/routes\?offset=[^&]+&size=1$/) },
];

const node: readonly Row[] = [
  { name: '/', send: ['GET', '/'], status: 200, body: { configuration: {}, timers: {}, pids: {} }, also: (answer) => ['version', 'tagline', 'hostname', 'node_id', 'edition'].forEach((path) => answer.word(path)) },
  get('/status', '/status', 200, { database: { reachable: true }, memory: { lua_shared_dicts: {} } }),
  get('/timers', '/timers', 200, { worker: { id: 0, count: 1 } }),
  get('/plugins/enabled', '/plugins/enabled', 200),
  { name: '/endpoints', send: ['GET', '/endpoints'], status: 200, also: (answer) => assert.ok(['/consumers/{parent}/jwt/{id}', '/jwts/{id}/consumer', '/vaults/{id}', '/key-sets/{parent}/keys', '/schemas/vaults/{name}'].every((path) => JSON.stringify(answer.at('data')).includes(`"${path}"`))) },
  get('a schema of a plugin', '/schemas/plugins/key-auth', 200, { name: 'key-auth' }),
  get('of a vault', '/schemas/vaults/env', 200, { name: 'env', fields: [{ config: { type: 'record', required: true } }] }),
  { name: 'of no vault', send: ['GET', '/schemas/vaults/absent'], status: 404, exactly: { message: 'Not found' } },
  { name: 'checking an entity', send: ['POST', '/schemas/services/validate'], call: { json: { host: 'a' } }, status: 200, exactly: { message: 'schema validation successful' } },
  post('with a reference by name', '/schemas/routes/validate', { paths: ['/a'], service: { name: 'adopter' } }, 200),
  post('that is nobody\'s', '/schemas/routes/validate', { paths: ['/a'], service: { name: 'absent' } }, 400, { code: 13 }),
  post('checking a plugin', '/schemas/plugins/validate', { name: 'key-auth', config: { key_name: ['a'] } }, 400, { fields: { config: { key_name: 'unknown field (did you mean "key_names"?)' } } }),
  post('checking a vault', '/schemas/vaults/validate', { name: 'env', prefix: 'b' }, 200),
  { name: 'checking by GET', send: ['GET', '/schemas/services/validate'], status: 405 },
  { name: 'a viewer may check', send: ['POST', '/schemas/services/validate'], call: { json: { host: 'a' }, token: api.viewerToken }, status: 200 },
  get('/tags', '/tags', 200),
  get('/tags/{tag}', '/tags/t', 200, { data: [{ entity_name: 'basicauth_credentials', tag: 't' }], next: null }),
];

const fromPages: readonly Row[] = [
  { name: 'a page that may ask', send: ['GET', '/status'], call: { headers: { origin: ORIGIN } }, status: 200, headers: { 'access-control-allow-origin': ORIGIN, 'access-control-expose-headers': /X-Holdfast-Config-Version/, vary: 'Origin', 'access-control-allow-credentials': undefined } },
  { name: 'a page that may not', send: ['GET', '/status'], call: { headers: { origin: 'https://evil.test' } }, status: 200, headers: { 'access-control-allow-origin': undefined, vary: 'Origin' } },
  { name: 'a refusal may be read too', send: ['GET', '/services/absent'], call: { headers: { origin: ORIGIN } }, status: 404, headers: { 'access-control-allow-origin': ORIGIN } },
  { name: 'what a browser asks first needs no token', send: ['OPTIONS', '/services'], call: { headers: { 'origin': ORIGIN, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }, token: null }, status: 204, headers: { 'access-control-allow-origin': ORIGIN, 'access-control-allow-methods': /\bPATCH\b/, 'access-control-allow-headers': /Kong-Admin-Token/ } },
  { name: 'asked by another page it is refused', send: ['OPTIONS', '/services'], call: { headers: { 'origin': 'https://evil.test', 'access-control-request-method': 'POST' }, token: null }, status: 401, headers: { 'access-control-allow-origin': undefined } },
  { name: 'a request itself needs one', send: ['GET', '/services'], call: { headers: { origin: ORIGIN }, token: null }, status: 401 },
];

for (const rows of [entities, everywhere, bodies, node, fromPages]) {
  for (const row of rows) {
    test(`${row.send.join(' ')}: ${row.name}`, async () => {
      const answer = (await send(row.send[0], row.send[1], row.call ?? {})).expect(row.status);
      if (row.body !== undefined) assertHolds(answer.body, row.body, '');
      if (row.exactly !== undefined) assert.deepEqual(answer.body, row.exactly);
      for (const [name, expected] of Object.entries(row.headers ?? {})) {
        if (expected instanceof RegExp) assert.match(String(answer.headers[name]), expected, name);
        else assert.equal(answer.headers[name], expected, name);
      }
      row.also?.(answer);
    });
  }
}

test('no password is in what the log holds', () => assert.ok(!api.logLines().some((line) => line.includes('canary-password'))));

/** Of a list, the elements that are named from its beginning. */
function assertHolds(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected !== 'object' || expected === null) return assert.deepEqual(actual, expected, path);
  assert.ok(typeof actual === 'object' && actual !== null, `${path} in ${JSON.stringify(actual)}`);
  for (const [name, inner] of Object.entries(expected)) assertHolds(Object.hasOwn(actual, name) ? Reflect.get(actual, name) : undefined, inner, `${path}.${name}`);
}
