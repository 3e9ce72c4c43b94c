/** mtls-auth over real TLS, from configurations as they are published: who is asked, who is let in, and what attackers show. */
import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { test, type TestContext } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import type { CompiledConfig } from '../data-plane/config/compiled-config.ts';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import { systemClock } from '../shared/clock.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { pluginServices } from '../shared/plugin-kit/plugin-host.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from './support/test-certificates.ts';
import { askOverTls } from './support/tls-client.ts';

const TLS = { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) } as const;
const [ROOT, OTHER, BELOW, ANN, BOB] = ['ca1', 'ca2', 'ca3', 'c1', 'c2'];

const root = await testAuthority('Root');
/** Nobody's but an attacker's, under the name of the other. */
const impostor = await testAuthority('Root');
const other = await testAuthority('Other');
const below = await testCertificate({ names: ['Below'], isAuthority: true, authority: root });
const ann = await testCertificate({ names: ['ann.test'], authority: root });
const [bob, forged, foreign, expired, early, indirect, byLeaf] = await Promise.all([
  testCertificate({ names: ['x.test'], otherNames: [{ type: 'url', value: 'spiffe://a.test/bob' }], authority: root }),
  testCertificate({ names: ['ann.test'], authority: impostor }),
  testCertificate({ names: ['ann.test'], authority: other }),
  testCertificate({ names: ['ann.test'], authority: root, notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 3_600_000) }),
  testCertificate({ names: ['ann.test'], authority: root, notBefore: new Date(Date.now() + 3_600_000) }),
  testCertificate({ names: ['ann.test'], authority: below }),
  testCertificate({ names: ['ann.test'], authority: ann }),
]);

interface MtlsScene extends ProxyScene {
  /** What is served from now on, beside the basis. */
  readonly swap: (changes: readonly EntityChange[]) => CompiledConfig;
  /** Status of one request over a connection of its own, and who it was to the backend. */
  readonly ask: (certificate?: TestCertificate, options?: ConnectionOptions & { readonly host?: string }) => Promise<string>;
}

const authority = (id: string, certificate: TestCertificate): EntityChange => put('ca_certificates', { id: testId(id), cert: firstBlock(certificate.cert) });
const guard = (input: JsonObject, config: JsonObject = {}, id = 'f1'): EntityChange => put('plugins', { id: testId(id), name: 'mtls-auth', config: { ca_certificates: [testId(ROOT)], ...config }, ...input });

/** `a.test` and `b.test` of one service, and a route for all other names that has none. */
function basis(port: number): readonly EntityChange[] {
  return [
    put('services', { id: testId('a1'), host: '127.0.0.1', port }), put('services', { id: testId('a2'), host: '127.0.0.1', port }),
    put('routes', { id: testId('b1'), hosts: ['a.test'], service: ref('a1') }), put('routes', { id: testId('b2'), hosts: ['b.test'], service: ref('a1') }),
    put('routes', { id: testId('b3'), hosts: ['open.test'], service: ref('a2') }),
    authority(ROOT, root), authority(OTHER, other), authority(BELOW, below),
    put('consumers', { id: testId(ANN), username: 'ann.test' }), put('consumers', { id: testId(BOB), username: 'bob' }),
    put('mtls_auth_credentials', { id: testId('e1'), consumer: ref(BOB), subject_name: 'spiffe://a.test/bob' }),
  ];
}

async function scene(context: TestContext, guards: readonly EntityChange[]): Promise<MtlsScene> {
  const started = await startProxyScene({ proxy: { listeners: [{ kind: 'https', host: '127.0.0.1', port: 0, proxyProtocol: false }], tls: TLS } });
  context.after(() => started.close());
  const services = testServices({ clock: systemClock, servicesOf: ({ id }) => ({ given: pluginServices({ pluginId: id, clock: systemClock }), release: () => undefined }) });
  const swap = (changes: readonly EntityChange[]): CompiledConfig => {
    const { config, quarantined } = compiled([...basis(started.origin.port), ...changes], { services });
    assert.deepEqual(quarantined, []);
    started.serve(config);
    return config;
  };
  swap(guards);
  return {
    ...started, swap,
    ask: async (certificate, { host, ...options } = {}) => {
      const servername = options.servername ?? 'a.test';
      const before = started.origin.requests.length;
      const { text } = await askOverTls(started.port, { servername, ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }), ...options }, `GET / HTTP/1.1\r\nHost: ${host ?? servername}\r\nX-Consumer-Username: root\r\nConnection: close\r\n\r\n`);
      const request = started.origin.requests[before];
      const status = text.slice(9, 12);
      return request === undefined ? status : `${status} ${request.header('x-consumer-username') ?? '-'}`;
    },
  };
}

test('a client is known by its certificate, by username or credential, over both versions of TLS', async (context) => {
  const { ask } = await scene(context, [guard({ service: ref('a1') })]);
  assert.equal(await ask(ann), '200 ann.test');
  assert.equal(await ask(ann, { maxVersion: 'TLSv1.2' }), '200 ann.test');
  assert.equal(await ask(bob, { servername: 'b.test' }), '200 bob');
  assert.equal(await ask(undefined), '401');
  assert.equal(await ask(undefined, { servername: 'open.test' }), '200 -', 'no plugin, no question');
});

test('hostile certificates: same name, other authority, expired, too early, signed by one who may not sign', async (context) => {
  const { ask, origin } = await scene(context, [guard({ service: ref('a1') })]);
  for (const certificate of [forged, foreign, expired, early, byLeaf]) assert.equal(await ask(certificate), '401');
  // With the real authority behind the forged one, in the row of which Node goes by names alone.
  assert.equal(await ask({ ...forged, cert: firstBlock(forged.cert) + root.cert }), '401');
  assert.equal(await ask({ ...foreign, cert: firstBlock(foreign.cert) + ann.cert + root.cert }), '401');
  assert.equal(origin.requests.length, 0);
});

test('a certificate in between is not taken for one that vouches: who can take a name does not take its authority', async (context) => {
  // Of the trusted authority, with the name of the other, and silent about what it may do.
  const { ask } = await scene(context, [guard({ route: ref('b1') }), guard({ route: ref('b2') }, { ca_certificates: [testId(OTHER)] }, 'f2'), put('routes', { id: testId('b9'), hosts: ['b.test'], paths: ['/x'] })]);
  const bridge = await testCertificate({ names: ['Other'], authority: root, isAuthority: false });
  const admin = await testCertificate({ names: ['ann.test'], authority: other });
  assert.equal(await ask({ ...admin, cert: firstBlock(admin.cert) + bridge.cert }, { servername: 'a.test' }), '401');
  assert.equal(await ask({ ...admin, cert: firstBlock(admin.cert) + bridge.cert }, { servername: 'b.test' }), '200 ann.test');
});

test('a chain ends at an authority that signed itself, unless less is enough; missing links come from the configuration', async (context) => {
  const { ask, swap } = await scene(context, [guard({ service: ref('a1') })]);
  assert.equal(await ask(indirect), '200 ann.test', 'with its chain');
  assert.equal(await ask({ ...indirect, cert: firstBlock(indirect.cert) }), '401', 'nobody knows the authority between');
  swap([guard({ service: ref('a1') }, { ca_certificates: [testId(ROOT), testId(BELOW)] })]);
  assert.equal(await ask({ ...indirect, cert: firstBlock(indirect.cert) }), '200 ann.test');
  swap([guard({ service: ref('a1') }, { ca_certificates: [testId(BELOW)] })]);
  assert.equal(await ask(indirect), '401');
  swap([guard({ service: ref('a1') }, { ca_certificates: [testId(BELOW)], allow_partial_chain: true })]);
  assert.deepEqual([await ask(indirect), await ask(ann)], ['200 ann.test', '401']);
  const namesake = await testCertificate({ names: ['Below'], isAuthority: true, authority: impostor });
  const wrong = await Promise.all([
    testCertificate({ names: ['ann.test'], authority: namesake }),
    testCertificate({ names: ['ann.test'], authority: below, notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 3_600_000) }),
    testCertificate({ names: ['ann.test'], authority: indirect }),
  ]);
  for (const certificate of wrong) assert.equal(await ask(certificate), '401');
});

test('names with control characters, commas and wildcards are nobody\'s', async (context) => {
  const { ask, swap, origin } = await scene(context, [guard({ service: ref('a1') })]);
  const tricky = await Promise.all([
    testCertificate({ names: ['x.test'], otherNames: [{ type: 'url', value: 'https://x.test/, DNS:ann.test' }], authority: root }),
    testCertificate({ names: ['x.test'], otherNames: [{ type: 'dns', value: 'ann.test\u0000.x.test' }, { type: 'email', value: 'x\r\nX-Consumer-Username: ann.test' }], authority: root }),
    testCertificate({ names: ['x.test'], subject: 'CN=x\\0D\\0AX-Consumer-Username: ann.test', authority: root }),
    testCertificate({ names: ['x.test'], subject: 'O=CN\\=ann.test\\, CN\\=ann.test', authority: root }),
    testCertificate({ names: ['*.test'], authority: root }),
  ]);
  for (const certificate of tricky) assert.equal(await ask(certificate), '401');
  swap([guard({ service: ref('a1') }, { skip_consumer_lookup: true, authenticated_group_by: 'DN' })]);
  for (const certificate of tricky) {
    assert.equal(await ask(certificate), '200 -');
    const raw = origin.requests.at(-1)?.raw ?? '';
    assert.equal(/^x-consumer-username:/im.test(raw), false);
    assert.equal(/DNS:ann\.test/.test(origin.requests.at(-1)?.header('x-client-cert-san') ?? ''), false);
  }
});

test('only names that can reach a route of the plugin are asked, and what is asked follows the configuration', async (context) => {
  const { swap, ask } = await scene(context, []);
  const asked = (config: CompiledConfig) => ['a.test', 'b.test', 'open.test', undefined].map((name) => config.certificateRequest(name)?.authorities.map(({ id }) => id.slice(-3)).join());
  assert.deepEqual(asked(swap([])), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(asked(swap([guard({ route: ref('b1') })])), ['ca1', undefined, undefined, 'ca1']);
  assert.deepEqual(asked(swap([guard({ route: ref('b1') }, { ca_certificates: [testId(OTHER)] }), guard({ service: ref('a1') }, {}, 'f2')])), ['ca1,ca2', 'ca1', undefined, 'ca1,ca2']);
  assert.deepEqual(asked(swap([guard({})])), ['ca1', 'ca1', 'ca1', 'ca1']);
  assert.deepEqual(asked(swap([guard({ enabled: false })])), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(asked(swap([guard({ route: ref('b1') }, { ca_certificates: [testId('dead')] })])), ['', undefined, undefined, '']);
  assert.equal(await ask(ann), '401', 'an authority that is not there vouches for nobody');
  const named = put('routes', { id: testId('b1'), hosts: ['a.test'], snis: ['*.sni.test'], service: ref('a1') });
  const bySni = swap([named, guard({ route: ref('b1') })]);
  assert.deepEqual([bySni.certificateRequest('x.sni.test')?.authorities.length, bySni.certificateRequest('a.test'), bySni.certificateRequest(undefined)], [1, undefined, undefined]);
});

test('a connection that was made for another name is refused with 421, over HTTP/1.1 and HTTP/2 alike', async (context) => {
  const { port, ask, origin } = await scene(context, [guard({ service: ref('a1') })]);
  assert.equal(await ask(ann, { servername: 'open.test', host: 'a.test' }), '421');
  assert.equal(await ask(undefined, { servername: 'a.test', host: 'b.test' }), '421', 'asked, and showed none');
  assert.equal(await ask(ann, { servername: 'a.test', host: 'b.test' }), '200 ann.test', 'asked by the same authority: who it is, is known');
  const before = origin.requests.length;
  const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: 'open.test', rejectUnauthorized: false, cert: ann.cert, key: ann.key });
  context.after(() => session.destroy());
  const statusFor = (authorityName: string): Promise<unknown> => new Promise((resolve, reject) => {
    const stream = session.request({ ':authority': authorityName });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    stream.resume();
  });
  assert.deepEqual([await statusFor('a.test'), await statusFor('open.test')], [421, 200]);
  assert.equal(origin.requests.length, before + 1);
});

test('an authority, or a consumer, that is taken away counts from the next request on, over connections that stand', async (context) => {
  const { port, swap } = await scene(context, [guard({ service: ref('a1') })]);
  const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: 'a.test', rejectUnauthorized: false, cert: ann.cert, key: ann.key });
  context.after(() => session.destroy());
  const status = (): Promise<unknown> => new Promise((resolve, reject) => {
    const stream = session.request({ ':authority': 'a.test' });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    stream.resume();
  });
  assert.equal(await status(), 200);
  swap([guard({ service: ref('a1') }, { ca_certificates: [testId(OTHER)] })]);
  assert.equal(await status(), 401);
  swap([guard({ service: ref('a1') })]);
  assert.equal(await status(), 200);
});

test('sessions resume where no certificate is asked for, and never carry over to where one is', async (context) => {
  const { port } = await scene(context, [guard({ service: ref('a1') })]);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { session } = await askOverTls(port, { servername: 'open.test', maxVersion });
    assert.ok(session !== undefined);
    assert.equal((await askOverTls(port, { servername: 'open.test', maxVersion, session })).isReused, true);
    const crossed = await askOverTls(port, { servername: 'a.test', maxVersion, session, cert: ann.cert, key: ann.key }, 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    assert.deepEqual([crossed.isReused, crossed.text.slice(9, 12)], [false, '200']);
  }
});
