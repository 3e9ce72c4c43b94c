/** basic-auth, jwt, hmac-auth and key-auth on the real engine, with published entities and the services of a proxy thread. */
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { hashKongHash, hashPassword } from '../control-plane/passwords/password-hashes.ts';
import type { CompiledConfig } from '../data-plane/config/compiled-config.ts';
import { allocateCounterTable, SharedCounterTable } from '../data-plane/counters/shared-counter-table.ts';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { CONTENT_KEYS, put, ref, remove, testId } from './support/config-content.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import type { ClientResponse } from './support/wire-client.ts';

const [ANN, SERVICE] = ['a1', 'e1'];
const { log } = createMemoryLogger('auth');

/** The configuration as a data plane makes it, and again from what changes. */
class Fleet {
  readonly #scene: ProxyScene;
  readonly #services;
  #config: CompiledConfig | undefined;
  #sequence = 0;

  constructor(scene: ProxyScene) {
    const counters = new SharedCounterTable(allocateCounterTable(4_096), { threadId: 0, clock: systemClock });
    const thread = new ThreadPluginServices({ clock: systemClock, counters, random: Math.random, log, fetchNetworks: [], logOf: () => ({ warn: () => undefined }) });
    thread.useContentKeys(CONTENT_KEYS);
    this.#scene = scene;
    this.#services = testServices({ clock: systemClock, servicesOf: thread.servicesOf });
  }

  publish(...changes: readonly EntityChange[]): void {
    this.#sequence += 1;
    const { config, quarantined } = compiled(changes, { ...(this.#config === undefined ? {} : { base: this.#config, reset: false }), services: this.#services, sequence: this.#sequence });
    assert.deepEqual(quarantined, []);
    this.#config = config;
    this.#scene.serve(config);
  }
}

function start(scene: ProxyScene, plugins: readonly JsonObject[], credentials: readonly EntityChange[]): Fleet {
  const fleet = new Fleet(scene);
  fleet.publish(
    put('services', { id: testId(SERVICE), url: `http://127.0.0.1:${scene.origin.port}` }), put('routes', { id: testId('e2'), paths: ['/'], service: ref(SERVICE) }),
    put('consumers', { id: testId(ANN), username: 'ann' }), put('consumers', { id: testId('a2'), username: 'guest' }),
    ...credentials, ...plugins.map((plugin, index) => put('plugins', { id: testId(`f${index}`), ...plugin })),
  );
  return fleet;
}

const request = (headers: readonly string[], method = 'GET', path = '/'): string => [`${method} ${path} HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n');
const basic = (login: string): string => `Authorization: Basic ${Buffer.from(login).toString('base64')}`;
const sentUpstream = ({ origin }: ProxyScene, name: string): string | undefined => origin.requests.at(-1)?.header(name);

/** All of an answer that a client could tell something by, without what is another one in each. */
function shape({ status, headerLines, body }: ClientResponse): unknown {
  return [status, headerLines.map((line) => line.replace(/^(x-kong-request-id|date|x-kong-response-latency):.*/i, '$1')), body.replace(/[0-9a-f]{32}/, 'id')];
}

const kongHash = createHash('sha1').update(`old password${testId(ANN)}`).digest('hex');
const passwords = [
  put('basicauth_credentials', { id: testId('c1'), consumer: ref(ANN), username: 'ann', password: await hashPassword('s3cret') }),
  put('basicauth_credentials', { id: testId('c2'), consumer: ref(ANN), username: 'imported', password: (await hashKongHash(kongHash)) ?? '' }),
];

scenario('basic-auth: passwords and those of Kong, again without waiting; wrong and unknown are one answer', {}, async (scene) => {
  start(scene, [{ name: 'basic-auth', config: { hide_credentials: true, max_failures_per_user: 3 } }], passwords);
  for (const [header, identifier] of [[basic('ann:s3cret'), 'ann'], [basic('ann:s3cret'), 'ann'], [`Proxy-${basic('imported:old password')}`, 'imported']] as const) {
    assert.equal((await scene.exchange(request([header]))).status, 200, scene.logLines().join('\n'));
    assert.deepEqual(['x-consumer-username', 'x-credential-identifier', 'authorization', 'proxy-authorization'].map((name) => sentUpstream(scene, name)), ['ann', identifier, undefined, undefined]);
  }
  const answers = await Promise.all(['ann:wrong', 'eve:s3cret', 'imported:wrong', `imported:${kongHash}`].map((login) => scene.exchange(request([basic(login), 'X-Consumer-Username: ann']))));
  const [first] = answers;
  assert.ok(first !== undefined && first.status === 401 && first.message() === 'Unauthorized' && first.header('www-authenticate') === 'Basic realm="service"');
  for (const answer of answers) assert.deepEqual(shape(answer), shape(first));
  for (const name of ['ann', 'eve']) {
    const refused = await Promise.all(Array.from({ length: 5 }, (_, at) => scene.exchange(request([basic(`${name}:guess ${at}`)]))));
    assert.deepEqual(refused.map(({ status }) => status).toSorted(), [401, 401, 429, 429, 429], name);
  }
  assert.equal(scene.origin.requests.length, 3);
});

scenario('jwt: a token that was verified ends with its credential, and one with a new key is another', {}, async (scene) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const credential = (id: string, key: string): EntityChange => put('jwt_secrets', { id: testId(id), consumer: ref(ANN), key: 'issuer', algorithm: 'EdDSA', rsa_public_key: key });
  const fleet = start(scene, [{ name: 'jwt', config: { claims_to_verify: ['exp'] } }], [credential('d1', pem), put('jwt_secrets', { id: testId('d2'), consumer: ref(ANN), key: 'hs', secret: 'shared' })]);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'EdDSA' })}.${encode({ iss: 'issuer', exp: 4_000_000_000 })}`;
  const token = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  const ask = (): Promise<ClientResponse> => scene.exchange(request([`Authorization: Bearer ${token}`]));
  for (let turn = 0; turn < 2; turn += 1) assert.equal((await ask()).status, 200);
  assert.deepEqual([sentUpstream(scene, 'x-consumer-username'), sentUpstream(scene, 'x-credential-identifier')], ['ann', 'issuer']);
  fleet.publish(put('consumers', { id: testId('a3'), username: 'somebody else' }));
  assert.equal((await ask()).status, 200);
  fleet.publish(credential('d1', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()));
  const wrong = await ask();
  assert.deepEqual([wrong.status, wrong.message(), wrong.header('www-authenticate')], [401, 'Unauthorized', 'Bearer error="invalid_token"']);
  fleet.publish(credential('d1', pem));
  assert.equal((await ask()).status, 200);
  fleet.publish(remove('jwt_secrets', testId('d1')));
  assert.deepEqual(shape(await ask()), shape(wrong), 'unknown and wrong are one answer');
  const hs = `${encode({ alg: 'HS256' })}.${encode({ iss: 'hs', exp: 1 })}`;
  const expired = await scene.exchange(request([`Authorization: Bearer ${hs}.${createHmac('sha256', 'shared').update(hs).digest('base64url')}`]));
  assert.deepEqual([expired.status, expired.body, expired.header('www-authenticate'), expired.header('content-type')], [401, '{"exp":"token expired"}', 'Bearer error="invalid_token"', 'application/json; charset=utf-8']);
});

scenario('hmac-auth: request line, target and body as they were sent', {}, async (scene) => {
  start(scene, [{ name: 'hmac-auth', config: { validate_request_body: true, enforce_headers: ['request-line'] } }], [put('hmacauth_credentials', { id: testId('d3'), consumer: ref(ANN), username: 'signer', secret: 'shared' })]);
  const send = (method: string, path: string, body: string, signedBody = body): Promise<ClientResponse> => {
    const date = new Date().toUTCString();
    const digest = `SHA-256=${createHash('sha256').update(signedBody).digest('base64')}`;
    const withBody = body !== '';
    const lines = [`date: ${date}`, `${method} ${path} HTTP/1.1`, `@request-target: ${method.toLowerCase()} ${path}`, ...(withBody ? [`digest: ${digest}`] : [])];
    const signature = createHmac('sha256', 'shared').update(lines.join('\n')).digest('base64');
    const credentials = `Authorization: hmac username="signer", algorithm="hmac-sha256", headers="date request-line @request-target${withBody ? ' digest' : ''}", signature="${signature}"`;
    return scene.exchange(`${request([`Date: ${date}`, credentials, ...(withBody ? [`Digest: ${digest}`, `Content-Length: ${body.length}`] : [])], method, path)}${body}`);
  };
  assert.equal((await send('GET', '/a//b/../c?x=%2F&y', '')).status, 200);
  assert.equal((await send('POST', '/pay', '{"amount":1}')).status, 200);
  assert.deepEqual([bodyAt(scene), sentUpstream(scene, 'x-consumer-username'), sentUpstream(scene, 'x-credential-identifier')], ['{"amount":1}', 'ann', 'signer']);
  assert.equal((await send('POST', '/pay', '{"amount":9}', '{"amount":1}')).message(), 'HMAC signature does not match');
});

function bodyAt({ origin: { requests } }: ProxyScene): string | undefined {
  return requests.at(-1)?.body;
}

scenario('one of several is enough where they have an anonymous consumer, all are needed where they have none', {}, async (scene) => {
  const credentials = [...passwords, put('keyauth_credentials', { id: testId('c3'), consumer: ref(ANN), key: 'right-key' })];
  const fleet = start(scene, [{ name: 'key-auth', config: { anonymous: 'guest' } }, { name: 'basic-auth', config: { anonymous: 'guest' } }], credentials);
  const [key, login] = ['apikey: right-key', basic('ann:s3cret')];
  const who = async (...headers: readonly string[]): Promise<unknown> => {
    const { status } = await scene.exchange(request(headers));
    return status === 200 ? [sentUpstream(scene, 'x-consumer-username'), sentUpstream(scene, 'x-credential-identifier'), sentUpstream(scene, 'x-anonymous-consumer')] : status;
  };
  assert.deepEqual([await who(key), await who(login), await who(key, basic('ann:wrong'))], [['ann', testId('c3'), undefined], ['ann', 'ann', undefined], ['ann', testId('c3'), undefined]]);
  assert.deepEqual(await who('X-Anonymous-Consumer: false', 'X-Credential-Identifier: forged'), ['guest', undefined, 'true']);
  fleet.publish(put('plugins', { id: testId('f0'), name: 'key-auth', config: {} }), put('plugins', { id: testId('f1'), name: 'basic-auth', config: {} }));
  assert.deepEqual([await who(key), await who(login), await who(key, basic('ann:wrong')), await who(key, login)], [401, 401, 401, ['ann', 'ann', undefined]]);
});
