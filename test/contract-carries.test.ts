/**
 * That plugin contract v2 carries what is to come: stand-ins for openid-connect, session, oauth2 and ldap-auth, written as those would be,
 * on the real proxy with the real services, a real Redis and small real servers. No plugin is shipped from here.
 */
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { mapCounterTable } from '../shared/plugin-kit/map-counter-table.ts';
import type { PluginInstance, RequestView, Verdict } from '../shared/plugins/contract.ts';
import type { PluginServices, RedisOptions } from '../shared/plugins/plugin-services.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { startRedis, withoutRedis } from './support/redis-server.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

/** What a proxy thread lends; each call is a thread of its own, which shares nothing with the others. */
function lend(t: TestContext): PluginServices {
  const thread = new ThreadPluginServices({ clock: systemClock, counters: mapCounterTable(), random: () => 0, log: createMemoryLogger('test').log, fetchNetworks: ['127.0.0.0/8'], logOf: () => ({ warn: () => undefined }) });
  const lent = thread.servicesOf({ id: 'plugin-1', name: 'stand-in', consumerGroupId: undefined });
  t.after(() => {
    lent.release();
    thread.fetching.close();
  });
  return lent.given;
}

async function scene(t: TestContext): Promise<ProxyScene> {
  const made = await startProxyScene({ responder: () => response('the app', ['Set-Cookie: a=1', 'Set-Cookie: b=2']) });
  t.after(() => made.close());
  return made;
}

function use({ serve, origin }: ProxyScene, ...plugins: readonly StaticPlugin[]): void {
  const consumers = [{ id: 'consumer-1', username: 'billing', customId: null }];
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }], consumers }));
}

const plugin = (name: string, instance: PluginInstance, priority = 1_000): StaticPlugin => ({ name, instance, priority });
const get = (target: string, ...lines: readonly string[]): string => `${[`GET ${target} HTTP/1.1`, 'Host: app.test', ...lines].join('\r\n')}\r\n\r\n`;
const cookiesOf = ({ headerLines }: { readonly headerLines: readonly string[] }): string[] => headerLines.filter((line) => /^set-cookie:/i.test(line)).map((line) => line.slice(12).split(';', 1)[0] ?? '');
const respond = (status: number, message: string, ...headers: readonly (readonly [string, string])[]): Verdict => ({ kind: 'respond', status, message, headers });

function cookieOf(request: RequestView, name: string): string | undefined {
  for (const pair of request.headerValues('cookie').join('; ').split('; ')) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  return undefined;
}

async function redisOf(): Promise<RedisOptions> {
  const { host, port } = await startRedis();
  return { host, port, username: null, password: null, database: 0, tls: undefined, connectTimeoutMs: 2_000, timeoutMs: 2_000 };
}

interface Claims {
  readonly sub: string;
  readonly nonce: string;
  readonly groups: readonly string[];
}

/** Code flow: what it began stands in Redis before the browser is sent away, and the session before it is sent back, so any thread of any data plane can go on. */
function openidConnect(services: PluginServices, { issuer, redis }: { readonly issuer: string; readonly redis: RedisOptions }): PluginInstance {
  const kept = services.redis(redis);
  const sessions = services.store<Claims>('sessions', { maxEntries: 1_000 });
  const load = async <Value>(key: string): Promise<Value | undefined> => {
    const bytes = await kept.command('GET', key);
    return bytes instanceof Uint8Array ? (JSON.parse(Buffer.from(bytes).toString()) as Value) : undefined;
  };
  const begin = async (): Promise<Verdict> => {
    const [state, nonce] = [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')];
    await kept.command('SET', `login:${services.secrets.keyedHash(state)}`, JSON.stringify({ nonce }), 'EX', 300);
    return respond(302, 'Found', ['Location', `${issuer}/authorize?${new URLSearchParams({ response_type: 'code', state, nonce }).toString()}`], ['Set-Cookie', `login=${state}; HttpOnly; SameSite=Lax`]);
  };
  const finish = async (request: RequestView): Promise<Verdict> => {
    const [[state = ''], [code = '']] = [request.queryValues('state'), request.queryValues('code')];
    const login = state === cookieOf(request, 'login') ? await load<{ readonly nonce: string }>(`login:${services.secrets.keyedHash(state)}`) : undefined;
    if (login === undefined || await kept.command('DEL', `login:${services.secrets.keyedHash(state)}`) !== 1) return respond(401, 'Unauthorized');
    const answer = await services.fetch(`${issuer}/token`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ grant_type: 'authorization_code', code }).toString(), timeoutMs: 2_000, maxBytes: 10_000 });
    // Directly from the token endpoint: its connection proves the issuer (OpenID Connect Core §3.1.3.7). A stand-in needs no more.
    const claims = answer.status === 200 ? (JSON.parse(Buffer.from(answer.body).toString()) as Claims) : undefined;
    if (claims?.nonce !== login.nonce) return respond(401, 'Unauthorized');
    const session = randomBytes(16).toString('base64url');
    await kept.command('SET', `session:${services.secrets.keyedHash(session)}`, JSON.stringify(claims), 'EX', 3_600);
    return respond(302, 'Found', ['Location', '/app'], ['Set-Cookie', `session=${session}; HttpOnly`], ['Set-Cookie', 'login=; Max-Age=0']);
  };
  return {
    isAsync: true,
    requestHead(context) {
      const { request } = context;
      if (request.path === '/callback') return finish(request);
      const cookie = cookieOf(request, 'session');
      if (cookie === undefined) return begin();
      const enter = (claims: Claims): undefined => {
        context.authenticate(undefined, { id: claims.sub, consumerId: '', identifier: claims.sub });
        context.setAuthenticatedGroups(claims.groups);
      };
      const key = services.secrets.keyedHash(cookie);
      const known = sessions.get(key);
      // At hand: no promise.
      if (known !== undefined) return enter(known);
      return load<Claims>(`session:${key}`).then((claims) => {
        if (claims === undefined) return begin();
        sessions.set(key, claims, { ttlMs: 10_000 });
        return enter(claims);
      });
    },
  };
}

test('openid-connect: redirect, token endpoint, a session that every thread knows before the browser does', { skip: withoutRedis }, async (t) => {
  let nonce = '';
  const asked: string[] = [];
  const provider = createHttpServer((request, answer) => void text(request).then((body) => {
    asked.push(body);
    answer.writeHead(body.endsWith('code=good') ? 200 : 400).end(JSON.stringify({ sub: 'alice', nonce, groups: ['staff', 'ops'] }));
  })).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  t.after(() => {
    provider.closeAllConnections();
    provider.close();
  });
  const config = { issuer: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`, redis: await redisOf() };
  const proxy = await scene(t);
  const anotherThread = (): void => use(proxy, plugin('openid-connect', openidConnect(lend(t), config)));
  const login = async (): Promise<readonly [state: string, cookie: string]> => {
    anotherThread();
    const sent = await proxy.exchange(get('/app'));
    const url = new URL(sent.header('location') ?? '');
    nonce = url.searchParams.get('nonce') ?? '';
    assert.deepEqual([sent.status, url.pathname], [302, '/authorize']);
    return [url.searchParams.get('state') ?? '', cookiesOf(sent)[0] ?? ''];
  };
  const [state, cookie] = await login();
  const callback = (given: string, code: string): string => `/callback?${new URLSearchParams({ state: given, code }).toString()}`;
  assert.equal((await proxy.exchange(get(callback(state, 'good')))).status, 401, 'another browser');
  assert.deepEqual(asked, []);
  anotherThread();
  const back = await proxy.exchange(get(callback(state, 'good'), `Cookie: ${cookie}`));
  const [session = '', gone] = cookiesOf(back);
  assert.deepEqual([back.status, back.header('location'), gone], [302, '/app', 'login=']);
  assert.equal((await proxy.exchange(get(callback(state, 'good'), `Cookie: ${cookie}`))).status, 401, 'once');
  anotherThread();
  for (const turn of ['from Redis', 'at hand']) {
    const app = await proxy.exchange(get('/app', `Cookie: x=y; ${session}`, 'X-Credential-Identifier: root', 'X-Authenticated-Groups: root'));
    const got = proxy.origin.requests.at(-1);
    assert.deepEqual([app.status, app.body, got?.header('x-credential-identifier'), got?.header('x-authenticated-groups')?.replaceAll(' ', ''), got?.header('x-consumer-id')], [200, 'the app', 'alice', 'staff,ops', undefined], turn);
  }
  assert.equal((await proxy.exchange(get('/app', 'Cookie: session=made-up'))).status, 302);
  const [again, againCookie] = await login();
  assert.equal((await proxy.exchange(get(callback(again, 'bad'), `Cookie: ${againCookie}`))).status, 401);
  assert.equal(proxy.origin.requests.length, 2);
});

interface Session {
  readonly sub: string;
  readonly untilMs: number;
}

/** In the cookie itself, sealed: a response phase may not wait, and need not. Of higher priority than what authenticates, so it speaks first on the way in; on the way out it sees who that was. */
function cookieSession(nowMs: () => number, key: Uint8Array): PluginInstance<{ session: Session | undefined }> {
  const lifeMs = 1_000;
  const seal = (session: Session): string => {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    return Buffer.concat([iv, cipher.update(JSON.stringify(session)), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  };
  const open = (value: string): Session | undefined => {
    const bytes = Buffer.from(value, 'base64url');
    if (bytes.length < 28) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
      const session = JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString()) as Session;
      return session.untilMs > nowMs() ? session : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    newState: () => ({ session: undefined }),
    requestHead(context, state) {
      const value = cookieOf(context.request, 'session');
      state.session = value === undefined ? undefined : open(value);
      if (state.session !== undefined) context.authenticate(undefined, { id: state.session.sub, consumerId: '', identifier: state.session.sub });
      return undefined;
    },
    responseHead(context, { session }) {
      const sub = context.credential?.identifier;
      if (sub === undefined || (session !== undefined && session.untilMs - nowMs() > lifeMs / 2)) return;
      // Beside what the app and other plugins set.
      context.setResponseHeader('Set-Cookie', [...context.responseHeaderValues('set-cookie'), `session=${seal({ sub, untilMs: nowMs() + lifeMs })}; HttpOnly`]);
    },
  };
}

test('session: a cookie, begun by whoever authenticates, renewed beside the cookies of others', async (t) => {
  let nowMs = 0;
  const proxy = await scene(t);
  use(proxy, plugin('session', cookieSession(() => nowMs, randomBytes(32)), 1_900), plugin('key', {
    requestHead(context) {
      if (context.credential !== undefined) return undefined;
      const key = context.request.header('x-key');
      if (key === undefined) return respond(401, 'Unauthorized');
      context.authenticate(undefined, { id: key, consumerId: '', identifier: key });
      return undefined;
    },
  }), plugin('other', { responseHead: (context) => context.setResponseHeader('Set-Cookie', [...context.responseHeaderValues('set-cookie'), 'c=3']) }, 1));
  const statusAndCookies = async (...lines: readonly string[]): Promise<readonly [number, readonly string[]]> => {
    const answer = await proxy.exchange(get('/', ...lines));
    return [answer.status, cookiesOf(answer)];
  };
  const [status, cookies] = await statusAndCookies('X-Key: alice');
  const names = (of: readonly string[]): string[] => of.map((cookie) => cookie.split('=', 1)[0] ?? '').sort();
  assert.deepEqual([status, names(cookies)], [200, ['a', 'b', 'c', 'session']]);
  const session = cookies.find((cookie) => cookie.startsWith('session=')) ?? '';
  const enter = async (cookie = session): Promise<readonly [number, readonly string[]]> => {
    const [code, set] = await statusAndCookies(`Cookie: ${cookie}`);
    return [code, names(set)];
  };
  assert.deepEqual(await enter(), [200, ['a', 'b', 'c']], 'young enough');
  assert.equal(proxy.origin.requests.at(-1)?.header('x-credential-identifier'), 'alice');
  nowMs = 600;
  assert.deepEqual(await enter(), [200, ['a', 'b', 'c', 'session']], 'renewed');
  assert.deepEqual(await enter(`${session.slice(0, 20)}${session[20] === 'A' ? 'B' : 'A'}${session.slice(21)}`), [401, ['c']], 'changed');
  nowMs = 1_000;
  assert.deepEqual(await enter(), [401, ['c']], 'over');
});

/** In Redis: saved when everybody has authenticated and before anything goes upstream, told to the browser when there is a response. */
function storedSession(services: PluginServices, redis: RedisOptions): PluginInstance<{ cookie: string | undefined }> {
  const kept = services.redis(redis);
  return {
    isAsync: true,
    newState: () => ({ cookie: undefined }),
    async upstreamRequest({ credential }, state) {
      if (credential === undefined) return undefined;
      const id = randomBytes(16).toString('base64url');
      await kept.command('SET', services.secrets.keyedHash(id), credential.id, 'EX', 60);
      state.cookie = `session=${id}; HttpOnly`;
      return undefined;
    },
    responseHead(context, { cookie }) {
      if (cookie !== undefined) context.setResponseHeader('Set-Cookie', [...context.responseHeaderValues('set-cookie'), cookie]);
    },
  };
}

test('session in Redis: it is there before the response that names it; a cookie set before the response would be alone', { skip: withoutRedis }, async (t) => {
  const redis = await redisOf();
  const proxy = await scene(t);
  const services = lend(t);
  const alice = plugin('key', { requestHead: (context) => context.authenticate(undefined, { id: 'alice', consumerId: '' }) ?? undefined });
  use(proxy, plugin('session', storedSession(services, redis), 1_900), alice);
  const cookies = cookiesOf(await proxy.exchange(get('/')));
  assert.deepEqual(cookies.slice(0, 2), ['a=1', 'b=2']);
  assert.equal(String(await services.redis(redis).command('GET', services.secrets.keyedHash(cookies[2]?.slice('session='.length) ?? ''))), 'alice');
  use(proxy, plugin('early', { requestHead: (context) => context.setResponseHeader('Set-Cookie', 'early=1') ?? undefined }));
  assert.deepEqual(cookiesOf(await proxy.exchange(get('/'))), ['early=1']);
});

/** The token endpoint is the plugin's own answer; what it gave is kept by its hash where every data plane finds it. */
function oauth2(services: PluginServices, { redis, secret }: { readonly redis: RedisOptions; readonly secret: string }): PluginInstance {
  const kept = services.redis(redis);
  const json = (status: number, body: unknown): Verdict => ({ kind: 'respond', status, headers: [['Cache-Control', 'no-store']], body: { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(body)) } });
  return {
    isAsync: true,
    requestBody: { maxBytes: 1_000 },
    async requestHead(context) {
      const { request, config } = context;
      if (request.method === 'POST' && request.path === '/oauth2/token') {
        if (context.body === undefined) return json(413, { error: 'invalid_request' });
        const form = new URLSearchParams(Buffer.from(context.body).toString());
        // A plugin would ask `config` for the client's credential, as hmac-auth does.
        const client = form.get('client_secret') === secret ? config.consumerByUsername(form.get('client_id') ?? '') : undefined;
        if (client === undefined) return json(401, { error: 'invalid_client' });
        if (form.get('grant_type') !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' });
        const token = randomBytes(24).toString('base64url');
        await kept.command('SET', services.secrets.keyedHash(token), client.id, 'EX', 7_200);
        return json(200, { access_token: token, token_type: 'bearer', expires_in: 7_200 });
      }
      const token = /^bearer (\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
      const id = token === undefined ? null : await kept.command('GET', services.secrets.keyedHash(token));
      const consumer = id instanceof Uint8Array ? config.consumerById(Buffer.from(id).toString()) : undefined;
      if (consumer === undefined) return respond(401, 'Unauthorized', ['WWW-Authenticate', 'Bearer']);
      context.authenticate(consumer, { id: 'token', consumerId: consumer.id });
      context.removeUpstreamHeader('authorization');
      return undefined;
    },
  };
}

test('oauth2: the plugin answers the token endpoint from the form, and knows its tokens in every thread', { skip: withoutRedis }, async (t) => {
  const config = { redis: await redisOf(), secret: 's3cret' };
  const proxy = await scene(t);
  const anotherThread = (): void => use(proxy, plugin('oauth2', oauth2(lend(t), config)));
  const post = (target: string, body: string, ...lines: readonly string[]): string => `${[`POST ${target} HTTP/1.1`, 'Host: app.test', `Content-Length: ${body.length}`, ...lines].join('\r\n')}\r\n\r\n${body}`;
  anotherThread();
  const ask = async (form: string): Promise<readonly [number, unknown]> => {
    const answer = await proxy.exchange(post('/oauth2/token', form));
    assert.deepEqual([answer.header('content-type'), answer.header('cache-control')], ['application/json', 'no-store']);
    return [answer.status, JSON.parse(answer.body)];
  };
  const form = 'grant_type=client_credentials&client_id=billing&client_secret=';
  assert.deepEqual(await ask(`${form}wrong`), [401, { error: 'invalid_client' }]);
  assert.deepEqual(await ask(`${form}${'x'.repeat(1_000)}`), [413, { error: 'invalid_request' }]);
  const [status, given] = await ask(`${form}s3cret`);
  const token = typeof given === 'object' && given !== null && 'access_token' in given ? String(given.access_token) : '';
  assert.deepEqual([status, token.length], [200, 32]);
  assert.equal(proxy.origin.requests.length, 0);
  anotherThread();
  const sent = await proxy.exchange(post('/data', 'x'.repeat(5_000), `Authorization: Bearer ${token}`));
  const got = proxy.origin.requests[0];
  assert.deepEqual([sent.status, got?.header('x-consumer-username'), got?.header('authorization'), got?.body.length], [200, 'billing', undefined, 5_000], 'a body that is not the token endpoint’s passes, however large');
  assert.equal((await proxy.exchange(get('/data', `Authorization: Bearer ${token}x`))).status, 401);
});

const ber = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};

/** A simple bind (RFC 4511 §4.2) over a connection of its own; who was let in is remembered by a keyed hash. */
function ldapAuth(services: PluginServices, { host, port }: { readonly host: string; readonly port: number }): PluginInstance {
  const known = services.store<string>('binds', { maxEntries: 1_000 });
  const bind = async (user: string, password: string): Promise<number> => {
    const connection = await services.connect(host, port, { timeoutMs: 1_000 });
    try {
      const dn = Buffer.from(`uid=${user},dc=example`);
      connection.write(ber(0x30, ber(2, Buffer.from([1])), ber(0x60, ber(2, Buffer.from([3])), ber(4, dn), ber(0x80, Buffer.from(password)))));
      let got = Buffer.alloc(0);
      // Resets and ends are no `error` here, only a reading that stops.
      for await (const piece of connection.iterator({ destroyOnReturn: false })) {
        got = Buffer.concat([got, piece as Uint8Array]);
        if (got.length >= 10 && got.length >= 2 + (got[1] ?? 0)) return got[9] ?? -1;
        if (got.length > 120) break;
      }
      throw new Error('the directory broke off');
    } finally {
      connection.destroy();
    }
  };
  return {
    isAsync: true,
    requestHead(context) {
      const [, encoded = ''] = /^ldap (\S+)$/i.exec(context.request.header('authorization') ?? '') ?? [];
      const [, user = '', password = ''] = /^([a-z]{1,20}):(.{1,50})$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
      // Without a password a directory lets anybody in (RFC 4513 §5.1.2).
      if (user === '' || password === '') return respond(401, 'Unauthorized', ['WWW-Authenticate', 'LDAP']);
      const enter = (): undefined => context.authenticate(undefined, { id: user, consumerId: '', identifier: user }) ?? undefined;
      const key = services.secrets.keyedHash(encoded);
      if (known.get(key) !== undefined) return enter();
      return bind(user, password).then((code) => {
        if (code !== 0) return respond(401, 'Unauthorized');
        known.set(key, user, { ttlMs: 60_000 });
        return enter();
      }, () => respond(503, 'The directory is not available'));
    },
  };
}

test('ldap-auth: a bind over connect, remembered; a directory that is down or breaks off lets nobody new in', async (t) => {
  let binds = 0;
  let isBroken = false;
  const directory = createServer((socket) => void socket.on('error', () => undefined).once('data', (bytes) => {
    binds += 1;
    if (isBroken) return void socket.resetAndDestroy();
    const isRight = bytes.includes('uid=alice,dc=example') && bytes.subarray(-4).equals(Buffer.from('open'));
    const reply = ber(0x30, ber(2, Buffer.from([1])), ber(0x61, ber(10, Buffer.from([isRight ? 0 : 49])), ber(4), ber(4)));
    socket.write(reply.subarray(0, 5), () => socket.write(reply.subarray(5)));
  })).listen(0, '127.0.0.1');
  await once(directory, 'listening');
  const { port } = directory.address() as AddressInfo;
  const proxy = await scene(t);
  use(proxy, plugin('ldap-auth', ldapAuth(lend(t), { host: '127.0.0.1', port })));
  const enter = async (words: string): Promise<number> => (await proxy.exchange(get('/', `Authorization: ldap ${Buffer.from(words).toString('base64')}`))).status;
  assert.deepEqual([await enter('alice:open'), await enter('alice:open'), binds], [200, 200, 1]);
  assert.equal(proxy.origin.requests.at(-1)?.header('x-credential-identifier'), 'alice');
  assert.deepEqual([await enter('alice:wrong'), await enter('bob:open'), binds], [401, 401, 3]);
  assert.deepEqual([await enter('alice:'), await enter(''), binds], [401, 401, 3]);
  isBroken = true;
  assert.deepEqual([await enter('carol:open'), await enter('alice:open')], [503, 200]);
  await new Promise((resolve) => directory.close(resolve));
  assert.equal(await enter('carol:open'), 503);
  await waitUntil('the origin has only who was let in', () => proxy.origin.requests.length === 3);
});
