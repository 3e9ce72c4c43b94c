/** Revocation checks of mtls-auth against a real server of an authority: good and bad answers, outages, what is remembered, over real TLS too. */
import 'reflect-metadata';
import { AuthorityInfoAccessExtension, CRLDistributionPointsExtension } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test, type TestContext } from 'node:test';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import { PluginFetch } from '../data-plane/plugin-services/plugin-fetch.ts';
import { PluginStores } from '../data-plane/plugin-services/plugin-store.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { pluginContext, pluginRun, pluginServices, type RecordedServices } from '../shared/plugin-kit/plugin-host.ts';
import type { ClientCertificate, PluginInstance } from '../shared/plugins/contract.ts';
import { mtlsAuthFactory } from '../shared/plugins/mtls-auth/handler.ts';
import type { MtlsAuthConfig } from '../shared/plugins/mtls-auth/schema.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { startProxyScene } from './support/proxy-scene.ts';
import { ocspAnswer, revocationList, type AnswerOptions, type ListOptions } from './support/revocation-authority.ts';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from './support/test-certificates.ts';
import { askOverTls } from './support/tls-client.ts';
import { waitUntil } from './support/wait-until.ts';

const CONFIG: MtlsAuthConfig = {
  ca_certificates: ['root', 'below'], anonymous: null, consumer_by: ['username'], skip_consumer_lookup: true, authenticated_group_by: 'CN', default_consumer: null,
  allow_partial_chain: false, revocation_check_mode: 'STRICT', send_ca_dn: false, cache_ttl: 60, cert_cache_ttl: 60_000, http_timeout: 5_000,
  http_proxy_host: null, http_proxy_port: null, https_proxy_host: null, https_proxy_port: null,
};
const [IGNORE, STRICT] = [{ revocation_check_mode: 'IGNORE_CA_ERROR' }, { revocation_check_mode: 'STRICT' }] as const;
const root = await testAuthority('Root');
/** Of the same name, and nobody's. */
const impostor = await testAuthority('Root');

/** For those who may ask here, and those who may not. */
const [inside, outside] = [new PluginFetch({ clock: systemClock, networks: ['127.0.0.1'] }), new PluginFetch({ clock: systemClock, networks: [] })];
after(() => {
  inside.close();
  outside.close();
});

type Listener = (response: ServerResponse) => void;

/** The authority's own server. */
interface Pki {
  readonly port: number;
  /** Paths in the order in which they were asked for. */
  readonly asked: readonly string[];
  readonly serve: (path: string, answer: Uint8Array | Listener) => void;
  readonly url: (path: string) => string;
}

async function startPki(context: TestContext): Promise<Pki> {
  const [asked, answers] = [[] as string[], new Map<string, Uint8Array | Listener>()];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.get(request.url ?? '');
    request.resume().once('end', () => (typeof answer === 'function' ? answer(response) : response.writeHead(answer === undefined ? 404 : 200).end(answer)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, asked, serve: (path, answer) => void answers.set(path, answer), url: (path) => `http://127.0.0.1:${port}${path}` };
}

interface Places {
  readonly ocsp?: readonly string[];
  readonly lists?: readonly string[];
  readonly authority?: TestCertificate;
  readonly isAuthority?: boolean;
  readonly name?: string;
}

function issued({ ocsp = [], lists = [], authority = root, isAuthority = false, name = 'ann.test' }: Places): Promise<TestCertificate> {
  return testCertificate({
    names: [name], authority, isAuthority,
    extensions: [...(ocsp.length > 0 ? [new AuthorityInfoAccessExtension({ ocsp: [...ocsp] })] : []), ...(lists.length > 0 ? [new CRLDistributionPointsExtension([...lists])] : [])],
  });
}

function shown({ cert }: TestCertificate, chain: readonly TestCertificate[] = []): ClientCertificate {
  const certificate = new X509Certificate(firstBlock(cert));
  return {
    subject: certificate.subject, issuer: certificate.issuer, serialNumber: '01', fingerprint: certificate.fingerprint256, alternativeNames: [], notBeforeMs: 0, notAfterMs: Infinity,
    der: certificate.raw, chain: chain.map((one) => new X509Certificate(firstBlock(one.cert)).raw), verifiedBy: ['root'],
  };
}

/** Time passes by `skip`. */
class Gate {
  readonly services: RecordedServices;
  readonly #authorities: Readonly<Record<string, string>>;
  #skippedMs = 0;
  #instance: PluginInstance;

  constructor(config: Partial<MtlsAuthConfig> = {}, { authorities = { root }, networks = ['127.0.0.1'] }: { readonly authorities?: Readonly<Record<string, TestCertificate>>; readonly networks?: readonly string[] } = {}) {
    const clock = { nowMs: () => Date.now() + this.#skippedMs, monotonicMs: () => performance.now() + this.#skippedMs };
    const fetching = networks.length > 0 ? inside : outside;
    const stores = new PluginStores(clock);
    this.services = pluginServices({ clock, fetch: (url, options) => fetching.fetch(url, options), store: (name, bounds) => stores.open('plugin', name, bounds) });
    this.#authorities = Object.fromEntries(Object.entries(authorities).map(([id, { cert }]) => [id, firstBlock(cert)]));
    this.#instance = mtlsAuthFactory.create({ ...CONFIG, ...config }, this.services);
  }

  /** After a change of the config. */
  recreate(config: Partial<MtlsAuthConfig> = {}): void {
    this.#instance = mtlsAuthFactory.create({ ...CONFIG, ...config }, this.services);
  }

  skip(ms: number): void {
    this.#skippedMs += ms;
  }

  async ask(certificate: ClientCertificate): Promise<'passes' | 'refused'> {
    return (await pluginRun(this.#instance).headAsync(this.#context(certificate))) === undefined ? 'passes' : 'refused';
  }

  /** Throws where it has to wait. */
  askAtOnce(certificate: ClientCertificate): 'passes' | 'refused' {
    return pluginRun(this.#instance).head(this.#context(certificate)) === undefined ? 'passes' : 'refused';
  }

  #context(clientCertificate: ClientCertificate): ReturnType<typeof pluginContext> {
    return pluginContext({ scheme: 'https', host: 'a.test', serverName: 'a.test', clientCertificate, config: { caCertificate: (id) => this.#authorities[id] } });
  }
}

test('what is known decides in both modes; what is not, the mode', async (context) => {
  const pki = await startPki(context);
  const certificate = await issued({ ocsp: [pki.url('/ocsp')], lists: [pki.url('/list')] });
  const client = shown(certificate);
  const untrained = await testCertificate({ names: ['Responder'], authority: root });
  const delegate = await testCertificate({ names: ['Responder'], authority: root, purposes: ['1.3.6.1.5.5.7.3.9'] });
  const says = (options: Partial<AnswerOptions> = {}): Promise<Uint8Array> => ocspAnswer({ certificate, issuer: root, ...options });
  const lists = (options: Partial<ListOptions> = {}): Promise<Uint8Array> => revocationList({ authority: root, ...options });
  const status = (code: number, headers: Readonly<Record<string, string>> = {}, body?: Uint8Array): Listener => (response) => void response.writeHead(code, headers).end(body);
  const long = (bytes: number): Listener => (response) => void response.end(Buffer.alloc(bytes, 0x30));
  pki.serve('/good', await says());
  const expired = { thisUpdate: new Date(Date.now() - 7_200_000), nextUpdate: new Date(Date.now() - 3_600_000) };
  const [known, unsure, refused] = [['passes', 'passes'], ['passes', 'refused'], ['refused', 'refused']] as const;

  for (const [what, ocsp, list, expected] of [
    ['good', await says(), undefined, known],
    ['good by a delegate', await says({ responder: delegate }), undefined, known],
    ['revoked', await says({ status: 'revoked' }), await lists(), refused],
    ['the responder does not know it', await says({ status: 'unknown' }), undefined, refused],
    ['nor it, but the list', await says({ status: 'unknown' }), await lists(), known],
    ['by the list alone', status(500), await lists(), known],
    ['revoked by the list alone', status(500), await lists({ revoked: [certificate], others: 9 }), refused],
    ['a forged answer, and the list', await says({ signer: impostor }), await lists({ revoked: [certificate] }), refused],
    ['forged', await says({ signer: impostor }), await lists({ signer: impostor }), unsure],
    ['of another authority', await says({ responder: impostor }), await lists({ authority: impostor }), unsure],
    ['by a client that says it may', await says({ responder: untrained }), undefined, unsure],
    ['expired', await says(expired), await lists(expired), unsure],
    ['huge', long(65_537), long(10 * 1_048_576 + 1), unsure],
    ['elsewhere', status(302, { location: pki.url('/good') }, await says()), status(301, { location: pki.url('/good') }, await lists()), unsure],
    ['nonsense', Buffer.from('<html>'), Buffer.from([0x30, 0x80]), unsure],
    ['not there', undefined, undefined, unsure],
  ] as const) {
    pki.serve('/ocsp', ocsp ?? status(404));
    pki.serve('/list', list ?? status(404));
    assert.deepEqual([await new Gate(IGNORE).ask(client), await new Gate(STRICT).ask(client)], expected, what);
  }
  assert.ok(!pki.asked.includes('/good'), 'nobody is led elsewhere');
});

test('nobody answers: in time, at all, where it may not be asked, or because the certificate does not say where', async (context) => {
  const pki = await startPki(context);
  pki.serve('/slow', () => undefined);
  for (const [what, url, networks] of [['slow', pki.url('/slow'), ['127.0.0.1']], ['nobody there', 'http://127.0.0.1:1/', ['127.0.0.1']], ['inside', pki.url('/inside'), []]] as const) {
    const client = shown(await issued({ ocsp: [url], lists: [url] }));
    assert.deepEqual([await new Gate({ ...IGNORE, http_timeout: 30 }, { networks }).ask(client), await new Gate({ ...STRICT, http_timeout: 30 }, { networks }).ask(client)], ['passes', 'refused'], what);
  }
  assert.deepEqual(pki.asked, ['/slow', '/slow'], 'what did not answer is not asked again at once');
  const silent = shown(await issued({ ocsp: ['ldap://127.0.0.1/', 'file:///etc/passwd'] }));
  const gate = new Gate(IGNORE);
  assert.deepEqual([await gate.ask(silent), await new Gate(STRICT).ask(silent)], ['passes', 'refused']);
  assert.deepEqual(gate.services.warnings, ['mtls-auth-revocation-not-known']);
});

test('an authority that was revoked takes its certificates with it; whose issuer is not known is refused', async (context) => {
  const pki = await startPki(context);
  const below = await issued({ name: 'Below', isAuthority: true, lists: [pki.url('/root')] });
  const leaf = await issued({ authority: below, lists: [pki.url('/below')] });
  pki.serve('/below', await revocationList({ authority: below }));
  pki.serve('/root', await revocationList({ authority: root, revoked: [below] }));
  const authorities = { root, below };
  for (const mode of [IGNORE, STRICT]) {
    assert.equal(await new Gate(mode, { authorities }).ask(shown(leaf)), 'refused', 'from the configuration');
    assert.equal(await new Gate(mode).ask(shown(leaf, [below])), 'refused', 'from the handshake');
    assert.equal(await new Gate({ ...mode, allow_partial_chain: true }, { authorities }).ask(shown(leaf)), 'passes', 'what is trusted itself vouches for itself');
    const gate = new Gate(mode);
    const before = pki.asked.length;
    // With the name and the public key of the real one, which everybody knows, by an authority of the client's own.
    const stolen = await testCertificate({ names: ['Below'], isAuthority: true, authority: impostor, publicKey: below.keys.publicKey });
    assert.equal(gate.askAtOnce(shown(leaf)), 'refused');
    assert.equal(gate.askAtOnce(shown(leaf, [stolen, impostor])), 'refused');
    assert.deepEqual([gate.services.warnings, pki.asked.length - before], [['mtls-auth-issuer-unknown', 'mtls-auth-issuer-unknown'], 0]);
  }
  pki.serve('/root', await revocationList({ authority: root }));
  assert.equal(await new Gate(STRICT, { authorities }).ask(shown(leaf)), 'passes');
});

test('many who wait ask once, and then nobody waits; certificates of one issuer share its list', async (context) => {
  const pki = await startPki(context);
  const [first, second] = [await issued({ lists: [pki.url('/list')] }), await issued({ lists: [pki.url('/list')] })];
  pki.serve('/list', await revocationList({ authority: root, revoked: [second] }));
  const gate = new Gate();
  const clients = [...Array.from({ length: 20 }, () => shown(first)), shown(second)];
  const outcomes = await Promise.all(clients.map((client) => gate.ask(client)));
  assert.deepEqual([new Set(outcomes.slice(0, 20)), outcomes[20], pki.asked], [new Set(['passes']), 'refused', ['/list']]);
  assert.deepEqual([gate.askAtOnce(shown(first)), gate.askAtOnce(shown(second))], ['passes', 'refused']);
  gate.recreate(IGNORE);
  assert.deepEqual([gate.askAtOnce(shown(first)), gate.askAtOnce(shown(second))], ['passes', 'refused'], 'what is known outlives a change of the config');

  pki.serve('/list', await revocationList({ authority: root, signer: impostor }));
  const other = new Gate();
  assert.deepEqual([await other.ask(shown(first)), await other.ask(shown(second)), pki.asked.length], ['refused', 'refused', 2], 'nor is one that is of no use fetched for each');
});

test('an answer is asked for anew before its time is over, and a revocation counts within cert_cache_ttl', async (context) => {
  const pki = await startPki(context);
  const certificate = await issued({ ocsp: [pki.url('/ocsp')] });
  const client = shown(certificate);
  pki.serve('/ocsp', await ocspAnswer({ certificate, issuer: root }));
  const gate = new Gate({ cert_cache_ttl: 40_000 });
  assert.equal(await gate.ask(client), 'passes');
  gate.skip(29_000);
  assert.equal(gate.askAtOnce(client), 'passes');
  assert.equal(pki.asked.length, 1);
  pki.serve('/ocsp', await ocspAnswer({ certificate, issuer: root, status: 'revoked' }));
  gate.skip(2_000);
  assert.equal(gate.askAtOnce(client), 'passes', 'nobody waits');
  await waitUntil('the answer to be asked for in the background', () => gate.askAtOnce(client) === 'refused');
  assert.equal(pki.asked.length, 2);
  gate.skip(41_000);
  assert.equal(await gate.ask(client), 'refused', 'and then one waits');
  assert.equal(pki.asked.length, 3);

  const impatient = new Gate({ cert_cache_ttl: 0 });
  for (let count = 4; count < 7; count++) {
    await impatient.ask(client);
    assert.equal(pki.asked.length, count);
  }
});

test('who is looked up in a list that others have fetched is not held to be good for longer than they are', async (context) => {
  const pki = await startPki(context);
  const [first, second] = [await issued({ lists: [pki.url('/list')] }), await issued({ lists: [pki.url('/list')] })];
  pki.serve('/list', await revocationList({ authority: root }));
  const gate = new Gate({ cert_cache_ttl: 40_000 });
  assert.equal(await gate.ask(shown(first)), 'passes');
  gate.skip(25_000);
  assert.equal(await gate.ask(shown(second)), 'passes');
  assert.equal(pki.asked.length, 1);
  pki.serve('/list', await revocationList({ authority: root, revoked: [second] }));
  gate.skip(16_000);
  assert.equal(await gate.ask(shown(second)), 'refused');
});

test('in an outage what was said holds as long as it was said to, and who was revoked stays so', async (context) => {
  const pki = await startPki(context);
  const [good, bad, late] = [await issued({ ocsp: [pki.url('/good')] }), await issued({ ocsp: [pki.url('/bad')] }), await issued({ ocsp: [pki.url('/good')] })];
  const soon = new Date(Date.now() + 600_000);
  for (const [mode, afterwards] of [[IGNORE, 'passes'], [STRICT, 'refused']] as const) {
    const gate = new Gate(mode);
    pki.serve('/good', await ocspAnswer({ certificate: good, issuer: root, nextUpdate: soon }));
    pki.serve('/bad', await ocspAnswer({ certificate: bad, issuer: root, status: 'revoked', nextUpdate: soon }));
    assert.deepEqual([await gate.ask(shown(good)), await gate.ask(shown(bad))], ['passes', 'refused']);
    for (const path of ['/good', '/bad']) pki.serve(path, (response) => void response.destroy());
    gate.skip(120_000);
    assert.deepEqual([await gate.ask(shown(good)), await gate.ask(shown(bad))], ['passes', 'refused'], 'two minutes into it');
    const asked = pki.asked.length;
    assert.deepEqual([gate.askAtOnce(shown(good)), await gate.ask(shown(late)), pki.asked.length], ['passes', afterwards, asked], 'a silent server is left alone, and nobody waits for it');
    gate.skip(470_000);
    assert.equal(await gate.ask(shown(good)), 'passes', 'just before the ten are over');
    gate.skip(15_000);
    assert.deepEqual([await gate.ask(shown(good)), await gate.ask(shown(bad))], [afterwards, 'refused'], 'after ten');

    pki.serve('/good', await ocspAnswer({ certificate: good, issuer: root, nextUpdate: new Date(Date.now() + 7_200_000) }));
    gate.skip(11_000);
    gate.askAtOnce(shown(good));
    await waitUntil('the authority to be asked again', () => gate.askAtOnce(shown(good)) === 'passes');
  }
});

test('over real TLS: the client who was revoked is refused, the other one served', async (context) => {
  const pki = await startPki(context);
  const below = await issued({ name: 'Below', isAuthority: true, lists: [pki.url('/root')] });
  const [ann, lost] = [await issued({ authority: below, lists: [pki.url('/below')] }), await issued({ authority: below, lists: [pki.url('/below')] })];
  pki.serve('/root', await revocationList({ authority: root }));
  pki.serve('/below', await revocationList({ authority: below, revoked: [lost] }));
  const started = await startProxyScene({
    proxy: {
      listeners: [{ kind: 'https', host: '127.0.0.1', port: 0, proxyProtocol: false }],
      tls: { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) },
    },
  });
  context.after(() => started.close());
  const given = pluginServices({ clock: systemClock, fetch: (url, options) => inside.fetch(url, options) });
  const authority = (id: string, { cert }: TestCertificate): ReturnType<typeof put> => put('ca_certificates', { id: testId(id), cert: firstBlock(cert) });
  const { config, quarantined } = compiled([
    put('services', { id: testId('a1'), host: '127.0.0.1', port: started.origin.port }), put('routes', { id: testId('b1'), hosts: ['a.test'], service: ref('a1') }),
    authority('ca1', root), authority('ca3', below),
    put('plugins', { id: testId('f1'), name: 'mtls-auth', config: { ca_certificates: [testId('ca1'), testId('ca3')], skip_consumer_lookup: true, revocation_check_mode: 'STRICT' } }),
  ], { services: testServices({ clock: systemClock, servicesOf: () => ({ given, release: () => undefined }) }) });
  assert.deepEqual(quarantined, []);
  started.serve(config);
  const ask = async ({ cert, key }: TestCertificate): Promise<string> => {
    const { text } = await askOverTls(started.port, { servername: 'a.test', cert, key }, 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    return text.slice(9, 12);
  };
  assert.deepEqual([await ask(ann), await ask(lost), await ask(ann)], ['200', '401', '200']);
  assert.deepEqual([pki.asked.toSorted(), defined(started.origin.requests[0], 'request').header('x-client-cert-dn')], [['/below', '/root'], 'CN=ann.test']);
});
