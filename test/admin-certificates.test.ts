/**
 * Certificates, SNIs and CA certificates through the admin API on a real Postgres: as Kong's, with their private keys
 * sealed wherever they rest (T2).
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { parseId, type GatewayId, type TenantId } from '../shared/model/ids.ts';
import { ContentSeal } from '../shared/trust/content-seal.ts';
import { decodeEntity } from '../shared/wire/entity-codec.ts';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { onServer } from './support/postgres-server.ts';
import { testAuthority, testCertificate, type TestCertificate } from './support/test-certificates.ts';

const api = await startTestAdminApi();
const { send } = api;
const [first, second, rsa, authority] = await Promise.all([testCertificate({ names: ['first.test'] }), testCertificate({ names: ['second.test'] }), testCertificate({ keyType: 'rsa' }), testAuthority()]);

function pair({ cert, key }: TestCertificate): { readonly cert: string; readonly key: string } {
  return { cert, key };
}

async function createCertificate(more: object = {}, of = first): Promise<AdminAnswer> {
  return (await send('POST', '/certificates', { json: { ...pair(of), ...more } })).expect(201);
}

function names(answer: AdminAnswer): readonly unknown[] {
  const data = answer.expect(200).at('data');
  assert.ok(Array.isArray(data));
  return data.map((sni: { readonly name: unknown }) => sni.name);
}

test('a certificate with its names: created, read by id and by name, merged, replaced, deleted with its SNIs', async () => {
  const created = await createCertificate({ snis: ['Life.test', '*.life.test'], tags: ['t'] });
  const id = created.word('id');
  assert.deepEqual([created.at('snis'), created.at('cert'), created.at('key'), created.at('cert_alt')], [['*.life.test', 'life.test'], first.cert, first.key, null]);
  for (const name of [id, 'life.test', 'LIFE.test', '*.life.test', '%2A.life.test']) assert.deepEqual((await send('GET', `/certificates/${name}`)).expect(200).body, created.body, name);
  assert.deepEqual(names(await send('GET', `/certificates/life.test/snis`)), ['life.test', '*.life.test']);
  assert.equal((await send('GET', '/snis/life.test/certificate')).expect(200).at('id'), id);

  const merged = (await send('PATCH', '/certificates/life.test', { json: { snis: ['life.test', 'new.life.test'] } })).expect(200);
  assert.deepEqual([merged.at('snis'), merged.at('key'), merged.at('tags')], [['life.test', 'new.life.test'], first.key, ['t']]);
  (await send('GET', '/snis/*.life.test')).expect(404);
  assert.deepEqual((await send('PATCH', `/certificates/${id}`, { json: { tags: null } })).expect(200).at('snis'), ['life.test', 'new.life.test'], 'what is not given stays');

  const replaced = (await send('PUT', '/certificates/life.test', { json: pair(second) })).expect(200);
  assert.deepEqual([replaced.at('id'), replaced.at('cert'), replaced.at('snis')], [id, second.cert, ['life.test', 'new.life.test']]);
  assert.deepEqual((await send('PATCH', `/certificates/${id}`, { json: { snis: null } })).expect(200).at('snis'), []);
  (await send('PATCH', `/certificates/${id}`, { json: { snis: ['life.test'] } })).expect(200);

  (await send('DELETE', '/certificates/life.test')).expect(204);
  (await send('GET', '/snis/life.test')).expect(404);
  (await send('GET', '/certificates/life.test')).expect(404);
  (await send('DELETE', '/certificates/life.test')).expect(204);
});

test('PUT by a name that is nobody\'s makes a certificate with that name', async () => {
  const made = (await send('PUT', '/certificates/put.test', { json: { ...pair(first), snis: ['also.put.test'] } })).expect(200);
  assert.deepEqual(made.at('snis'), ['also.put.test', 'put.test']);
  (await send('PATCH', '/certificates/absent.test', { json: {} })).expect(404);
  (await send('PUT', '/ca_certificates/no-uuid', { json: { cert: authority.cert } })).expect(404);
});

test('SNIs of their own: top level, nested, moved to another certificate; a name is unique in its gateway', async () => {
  const [one, other] = [(await createCertificate({ snis: ['one.test'] })).word('id'), (await createCertificate({}, second)).word('id')];
  const sni = (await send('POST', '/snis', { json: { name: 'Own.test', certificate: { id: one } } })).expect(201);
  assert.equal(sni.at('name'), 'own.test');
  (await send('PUT', `/certificates/${one}/snis/put-own.test`, { json: {} })).expect(200);
  assert.deepEqual((await send('GET', `/certificates/${one}`)).at('snis'), ['one.test', 'own.test', 'put-own.test']);
  (await send('POST', `/certificates/one.test/snis`, { form: 'name=form.own.test' })).expect(201);

  const taken = (await send('POST', '/snis', { json: { name: 'OWN.test', certificate: { id: other } } })).expect(409);
  assert.match(taken.word('message'), /UNIQUE violation detected on '\{name="own\.test"\}'/);
  const refused = (await send('PATCH', `/certificates/${other}`, { json: { snis: ['fresh.test', 'own.test'] } })).expect(400);
  assert.match(refused.word('fields.snis'), /^'own\.test' belongs to another already: take it away there first, or change snis\/[0-9a-f-]{36}$/);
  (await send('GET', '/snis/fresh.test')).expect(404);

  (await send('PATCH', '/snis/own.test', { json: { certificate: { id: other } } })).expect(200);
  assert.deepEqual((await send('GET', '/certificates/own.test')).at('id'), other);
  (await send('POST', '/v1/gateways', { json: { name: 'sibling' } })).expect(201);
  (await send('POST', '/sibling/certificates', { json: { ...pair(first), snis: ['own.test'] } })).expect(201);
});

test('lists carry the names, page by page', async () => {
  const ids: string[] = [];
  for (const index of [1, 2, 3]) ids.push((await createCertificate({ tags: ['paged'], snis: [`a${index}.paged.test`, `b${index}.paged.test`] })).word('id'));
  const page = (await send('GET', '/certificates?tags=paged&size=2')).expect(200);
  assert.deepEqual([page.at('data.0.snis'), page.at('data.1.snis')], [['a1.paged.test', 'b1.paged.test'], ['a2.paged.test', 'b2.paged.test']]);
  const next = (await send('GET', page.word('next'))).expect(200);
  assert.deepEqual([next.at('data.0.id'), next.at('data.0.snis')], [ids[2], ['a3.paged.test', 'b3.paged.test']]);
});

test('bodies may be forms, also with files as curl sends them', async () => {
  const form = new URLSearchParams({ cert: rsa.cert, key: rsa.key, cert_alt: first.cert, key_alt: first.key });
  form.append('snis[]', 'form.test');
  form.append('snis[]', '*.form.test');
  const created = (await send('POST', '/certificates', { form: form.toString() })).expect(201);
  assert.deepEqual([created.at('key_alt'), created.at('snis')], [first.key, ['*.form.test', 'form.test']]);

  const multipart = new FormData();
  multipart.append('cert', new Blob([second.cert]), 'cert.pem');
  multipart.append('key', new Blob([second.key]), 'key.pem');
  multipart.append('snis', 'multipart.test,more.multipart.test');
  const encoded = new Response(multipart);
  const answer = await send('POST', '/certificates', { raw: Buffer.from(await encoded.arrayBuffer()), headers: { 'content-type': encoded.headers.get('content-type') ?? '' } });
  assert.deepEqual([answer.expect(201).at('cert'), answer.at('snis')], [second.cert, ['more.multipart.test', 'multipart.test']]);
});

test('schemas and validation', async () => {
  const schema = (await send('GET', '/schemas/certificates')).expect(200);
  assert.match(schema.text, /"key":\{"type":"string"[^}]*"encrypted":true/);
  assert.deepEqual((await send('POST', '/schemas/certificates/validate', { json: { ...pair(first), snis: ['any.test'] } })).expect(200).body, { message: 'schema validation successful' });
  const mismatch = (await send('POST', '/schemas/certificates/validate', { json: { cert: first.cert, key: second.key, snis: ['*'] } })).expect(400);
  assert.deepEqual(mismatch.at('fields'), { key: "does not go with 'cert': the key is not that of the certificate" });
  (await send('POST', '/schemas/snis/validate', { json: { name: 'x.test' } })).expect(400);
  (await send('POST', '/schemas/ca_certificates/validate', { json: { cert: authority.cert } })).expect(200);
});

test('an authority is there once, by digest, and stays while a service trusts it', async () => {
  const created = (await send('POST', '/ca_certificates', { json: { cert: authority.cert, tags: ['ours'] } })).expect(201);
  const id = created.word('id');
  assert.match(created.word('cert_digest'), /^[0-9a-f]{64}$/);
  const again = (await send('POST', '/ca_certificates', { json: { cert: `\n${authority.cert}` } })).expect(409);
  assert.ok(again.word('message').includes(created.word('cert_digest')));
  const client = (await createCertificate()).word('id');
  const service = { protocol: 'https', host: 'a.test', ca_certificates: [id.toUpperCase()], client_certificate: { id: client } };
  const made = (await send('POST', '/services', { json: { ...service, name: 'trusting' } })).expect(201);
  assert.deepEqual([made.at('ca_certificates'), made.at('client_certificate'), made.at('tls_verify')], [[id], { id: client }, null]);

  const unknown = '00000000-0000-4000-8000-000000000000';
  const dangling = (await send('POST', '/services', { json: { ...service, ca_certificates: [id, unknown] } })).expect(400);
  assert.match(dangling.word('message'), /\{id="00000000-0000-4000-8000-000000000000"\}' does not reference an existing 'ca_certificates' entity/);
  assert.deepEqual((await send('DELETE', `/ca_certificates/${id}`)).expect(400).at('fields'), { '@referenced_by': 'services' });
  assert.deepEqual((await send('DELETE', `/certificates/${client}`)).expect(400).at('fields'), { '@referenced_by': 'services' });
  assert.deepEqual(names(await send('GET', `/certificates/${client}/services`)), ['trusting']);
  assert.equal((await send('GET', '/services/trusting/client_certificate')).expect(200).at('key'), first.key);

  (await send('PATCH', '/services/trusting', { json: { ca_certificates: null, client_certificate: null } })).expect(200);
  (await send('DELETE', `/ca_certificates/${id}`)).expect(204);
  (await send('DELETE', `/certificates/${client}`)).expect(204);
  const upstream = (await createCertificate()).word('id');
  (await send('POST', '/upstreams', { json: { name: 'showing', client_certificate: { id: upstream } } })).expect(201);
  assert.deepEqual((await send('DELETE', `/certificates/${upstream}`)).expect(400).at('fields'), { '@referenced_by': 'upstreams' });
});

test('a reference by name finds what has it, in JSON and forms, and says so where nothing has', async () => {
  const id = (await send('POST', '/services', { json: { name: 'named', host: 'a.test' } })).expect(201).word('id');
  assert.deepEqual((await send('POST', '/routes', { json: { paths: ['/a'], service: { name: 'named' } } })).expect(201).at('service'), { id });
  assert.deepEqual((await send('POST', '/routes', { form: 'paths[]=/b&service.name=named' })).expect(201).at('service'), { id });
  assert.deepEqual((await send('POST', '/services/named/routes', { json: { paths: ['/c'], service: { name: 'named' } } })).expect(201).at('service'), { id });
  const unknown = (await send('POST', '/routes', { json: { paths: ['/d'], service: { name: 'nobody' } } })).expect(400);
  assert.partialDeepStrictEqual(unknown.body, { code: 13, name: 'foreign keys unresolved', fields: { service: { name: "the foreign key cannot be resolved with '{name=\"nobody\"}' for an existing 'services' entity" } } });
  (await send('POST', '/routes', { json: { paths: ['/e'], service: { name: 'named', id } } })).expect(400);
  (await send('POST', '/plugins', { json: { name: 'key-auth', service: { name: 'named' } } })).expect(201);
});

/** The middle of a key's base64, which stands in any text that holds the key. */
function traceOf({ key }: TestCertificate): string {
  return key.split('\n').at(2) ?? '';
}

test('T2: who may not reveal sees no key, in no answer; refusals, audit and log never show one', async () => {
  const secret = await testCertificate({ names: ['secret.test'], keyType: 'rsa' });
  const trace = traceOf(secret);
  const id = (await createCertificate({ snis: ['secret.test'], tags: ['secret'] }, secret)).word('id');
  assert.ok((await send('GET', '/certificates/secret.test')).text.includes(trace), 'an admin sees it');
  for (const path of ['/certificates', `/certificates/${id}`, '/certificates/secret.test', '/certificates?tags=secret', '/snis/secret.test/certificate', '/snis']) {
    const answer = (await send('GET', path, { token: api.viewerToken })).expect(200);
    assert.ok(!answer.text.includes(trace) && !answer.text.includes('PRIVATE KEY'), path);
  }
  assert.equal((await send('GET', '/certificates/secret.test', { token: api.viewerToken })).at('key'), null);

  const refusals = [
    { cert: first.cert, key: secret.key }, { cert: secret.key, key: secret.cert }, { cert: secret.cert, key: `${secret.key}${secret.key}`, snis: 5 },
    { cert: secret.cert, kee: secret.key }, { cert: secret.cert, key: [secret.key] }, { ...pair(secret), snis: ['secret.test'] }, { ...pair(secret), id },
  ];
  for (const json of refusals) {
    const answer = await send('POST', '/certificates', { json });
    assert.ok(answer.status >= 400 && !answer.text.includes(trace), answer.text);
  }
  (await send('PATCH', `/certificates/${id}`, { json: { tags: ['changed'] } })).expect(200);
  (await send('DELETE', `/certificates/${id}`)).expect(204);
  assert.ok(!(await send('GET', '/v1/audit')).expect(200).text.includes(trace));
  assert.ok(!api.logLines().some((line) => line.includes(trace)));
});

test('a key may be a reference to a vault: its form is checked, the pair is not, and it is no secret to anybody', async () => {
  const [cert, key] = ['{vault://prod/site/cert}', '{vault://prod/site/key}'];
  const id = (await send('POST', '/certificates', { json: { cert, key, snis: ['vaulted.test'] } })).expect(201).word('id');
  for (const token of [undefined, api.viewerToken]) {
    const read = (await send('GET', `/certificates/${id}`, token === undefined ? {} : { token })).expect(200);
    assert.deepEqual([read.at('cert'), read.at('key'), read.at('key_alt')], [cert, key, null]);
  }
  (await send('PATCH', `/certificates/${id}`, { json: { cert: first.cert } })).expect(200);
  assert.match((await send('PATCH', `/certificates/${id}`, { json: { key: '{vault://prod/site/key' } })).expect(400).text, /a vault reference ends with '\}'/);
  const kept = (await send('PATCH', `/certificates/${id}`, { json: { key: first.key } })).expect(200);
  assert.equal(kept.at('key'), first.key);
  assert.equal((await send('GET', `/certificates/${id}`, { token: api.viewerToken })).at('key'), null);
  (await send('POST', '/consumers', { json: { username: 'vaulted' } })).expect(201);
  assert.match((await send('POST', '/consumers/vaulted/key-auth', { json: { key: '{vault://prod/api/key}' } })).expect(400).text, /this secret can not be a vault reference/);
});

test('T2: at rest a key stands in envelopes alone, whatever happened to it; the one for data planes opens with the content key', async () => {
  const [secret, renewed] = [await testCertificate({ names: ['rest.test'] }), await testCertificate({ names: ['rest.test'] })];
  const id = (await createCertificate({}, secret)).word('id');
  (await send('PATCH', `/certificates/${id}`, { json: pair(renewed) })).expect(200);
  (await send('PATCH', `/certificates/${id}`, { json: { tags: ['same key'] } })).expect(200);

  const rows = await onServer(api.database.superuserConnectionString, async (client) => {
    const { rows: found } = await client.query<{ readonly bytes: Buffer; readonly scope: string[] }>('SELECT bytes_after AS bytes, ARRAY[tenant_id::text, gateway_id::text] AS scope FROM holdfast.changes WHERE id = $1 ORDER BY epoch, sequence', [id]);
    const { rows: tables } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind = 'r'");
    for (const { name } of tables) {
      const { rows: texts } = await client.query<{ readonly text: string }>(`SELECT t::text AS text FROM holdfast.${name} t`);
      for (const { text } of texts) {
        for (const { key } of [secret, renewed]) {
          const lines = key.split('\n').slice(1, -2);
          const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
          for (const form of [...lines, ...lines.map((line) => Buffer.from(line).toString('hex')), der.subarray(40, 60).toString('hex')]) assert.ok(!text.includes(form), `a part of a key stands in ${name}`);
        }
      }
    }
    return found;
  });
  assert.equal(rows.length, 3);
  const [tenantId, gatewayId] = [parseId<TenantId>(rows[0]?.scope[0] ?? ''), parseId<GatewayId>(rows[0]?.scope[1] ?? '')];
  assert.ok(tenantId !== undefined && gatewayId !== undefined);
  const seal = new ContentSeal({ tenantId, gatewayId, keys: await api.store.signingKeys.listContentKeys({ tenantId, gatewayId }) });
  const sealed = rows.map(({ bytes }) => decodeEntity('certificates', bytes).key_sealed);
  const opened = sealed.map((one) => seal.open({ kind: 'certificates', id, field: 'key' }, Buffer.from(one, 'base64')).toString());
  assert.deepEqual(opened, [secret.key, renewed.key, renewed.key]);
  assert.equal(sealed[1], sealed[2], 'a key that stays is the same bytes, so nothing is made anew for it');
});

test('what is new on services, routes, upstreams and targets is kept and given back', async () => {
  const service = (await send('POST', '/services', { json: { url: 'https://a.test', retry_on: ['reset'], retry_statuses: [503], retry_budget: 0, proxy_protocol: 'v1', tls_verify: false, tls_verify_depth: 3 } })).expect(201);
  assert.deepEqual((await send('GET', `/services/${service.word('id')}`)).body, service.body);
  const upstream = (await send('POST', '/upstreams', { form: 'name=new.test&algorithm=sticky-sessions&sticky_sessions_cookie=here&outlier_detection.consecutive_failures=5&max_connections=7' })).expect(201);
  assert.partialDeepStrictEqual(upstream.body, { sticky_sessions_cookie_path: '/', max_connections: 7, max_pending_requests: null, slow_start: 0, outlier_detection: { consecutive_failures: 5, base_ejection_time: 30, max_ejected_percent: 50 } });
  assert.equal((await send('POST', '/upstreams/new.test/targets', { json: { target: '10.0.0.1', failover: true } })).expect(201).at('failover'), true);
  const route = (await send('POST', '/routes', { json: { expression: 'http.path ^= "/x" && net.protocol == "https"', priority: 9 } })).expect(201);
  assert.deepEqual([route.at('expression'), route.at('priority'), route.at('paths')], ['http.path ^= "/x" && net.protocol == "https"', 9, null]);
  const broken = (await send('POST', '/routes', { json: { expression: 'http.path ^= ' } })).expect(400);
  assert.match(broken.word('fields.expression'), /\d/);
});
