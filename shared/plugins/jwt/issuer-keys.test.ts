import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mapStore, pluginContext, pluginRun, pluginServices, type RecordedServices } from '../../plugin-kit/plugin-host.ts';
import type { PluginInstance, Verdict } from '../contract.ts';
import type { FetchAnswer, FetchOptions, PluginServices } from '../plugin-services.ts';
import { jwtFactory } from './handler.ts';
import type { JwtConfig } from './schema.ts';

const ISSUER = 'https://login.example';
const CONFIG: JwtConfig = {
  uri_param_names: ['jwt'], cookie_names: [], key_claim_name: 'iss', secret_is_base64: false, claims_to_verify: null, anonymous: null, run_on_preflight: true, maximum_expiration: 0,
  header_names: ['authorization'], realm: null, issuer: ISSUER, jwks_uri: 'https://login.example/keys', jwks_cache_ttl: 300, jwks_max_stale: 600, audiences: null,
  algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'], consumer_claim: 'sub', consumer_by: ['custom_id', 'username'],
  // Each refusal for its own reason.
  detailed_errors: true,
};
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const REFUSED = [['WWW-Authenticate', 'Bearer error="invalid_token"']] as const;
const CLOSED: Verdict = { kind: 'respond', status: 503, message: 'Service unavailable', headers: [['Retry-After', '30']] };

const [first, second] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const jwk = (key: KeyObject, more: object): object => ({ ...key.export({ format: 'jwk' }), ...more });
const FIRST = jwk(first.publicKey, { kid: 'first', use: 'sig' });
const SECOND = jwk(second.publicKey, { kid: 'second', alg: 'EdDSA' });

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function token(key: KeyObject, kid: string | undefined, claims: object = {}): string {
  const signed = `${encode({ alg: 'EdDSA', kid })}.${encode({ iss: ISSUER, sub: 'ann', exp: 10_000, ...claims })}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

/** An issuer whose answers a test decides, and the time. */
class Scene {
  published: readonly unknown[] | 'down';
  status = 200;
  fetches = 0;
  nowMs = 0;
  readonly services: RecordedServices;
  readonly instance: PluginInstance;
  #tick = (): void => undefined;

  constructor(given: Partial<JwtConfig> = {}, { published = [FIRST], ...services }: Partial<PluginServices> & { readonly published?: readonly unknown[] | 'down' } = {}) {
    this.published = published;
    const stores = new Map<string, unknown>();
    this.services = pluginServices({
      clock: { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs },
      fetch: (url, options) => this.#fetch(url, options),
      every: (_, run) => {
        this.#tick = run;
        return { cancel: () => { this.#tick = () => undefined; } };
      },
      store: (name) => {
        const store = stores.get(name) ?? mapStore();
        stores.set(name, store);
        return store as ReturnType<typeof mapStore<never>>;
      },
      ...services,
    });
    this.instance = jwtFactory.create({ ...CONFIG, ...given }, this.services);
  }

  async ask(bearer: string): Promise<{ readonly verdict: Verdict | undefined; readonly effects: readonly string[] }> {
    const context = pluginContext({
      headers: [['Authorization', `Bearer ${bearer}`]],
      config: { consumerByUsername: (name) => (name === 'ann' ? ANN : undefined), jwtCredential: () => ({ ref: { id: 'c', consumerId: 'ann-id' }, algorithm: 'HS256', secret: 's', publicKey: undefined }) },
    });
    return { verdict: await pluginRun(this.instance).headAsync(context), effects: context.effects };
  }

  async admits(bearer: string): Promise<void> {
    const { verdict, effects } = await this.ask(bearer);
    assert.equal(verdict, undefined);
    assert.deepEqual(effects, [`authenticate ann-id by ${pluginServices().secrets.keyedHash(`["${ISSUER}","ann"]`)}`]);
  }

  async refuses(bearer: string, message: string): Promise<void> {
    assert.deepEqual((await this.ask(bearer)).verdict, { kind: 'respond', status: 401, message, headers: REFUSED });
  }

  /** Later, with what runs by itself. */
  async pass(seconds: number): Promise<void> {
    this.nowMs += seconds * 1_000;
    this.#tick();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #fetch(url: string, { timeoutMs, maxBytes }: FetchOptions): Promise<FetchAnswer> {
    assert.deepEqual([url, timeoutMs, maxBytes], [CONFIG.jwks_uri, 5_000, 262_144]);
    this.fetches += 1;
    if (this.published === 'down') return Promise.reject(new Error('refused'));
    return Promise.resolve({ status: this.status, header: () => undefined, body: Buffer.from(JSON.stringify({ keys: this.published })) });
  }
}

const GOOD = token(first.privateKey, 'first');

describe('an issuer that publishes its keys', () => {
  test('why no signature was found right is not told, unless asked for', async () => {
    const scene = new Scene({ detailed_errors: false });
    await scene.admits(GOOD);
    await scene.refuses(token(second.privateKey, 'first'), 'Unauthorized');
    await scene.refuses(token(second.privateKey, 'second'), 'Unauthorized');
    await scene.refuses(`${encode({ alg: 'HS256' })}.${encode({ iss: ISSUER, sub: 'ann', exp: 10_000 })}.AAAA`, 'Unauthorized');
    await scene.refuses(token(first.privateKey, 'first', { sub: 'eve' }), "Could not find consumer for 'sub=eve'");
  });

  test('its tokens name a consumer; the first that come wait for the keys', async () => {
    const scene = new Scene();
    await Promise.all([scene.admits(GOOD), scene.admits(GOOD), scene.admits(token(first.privateKey, undefined))]);
    assert.equal(scene.fetches, 1);
  });

  test('another issuer has to do with credentials alone, and a credential nothing with this issuer', async () => {
    const scene = new Scene();
    await scene.refuses(token(first.privateKey, 'first', { iss: 'https://evil.example' }), 'Invalid algorithm');
    const hmac = `${encode({ alg: 'HS256' })}.${encode({ iss: ISSUER, sub: 'ann', exp: 10_000 })}.AAAA`;
    await scene.refuses(hmac, 'Invalid algorithm');
  });

  test('audience, times and consumer are asked for', async () => {
    const scene = new Scene({ audiences: ['shop'] });
    await scene.admits(token(first.privateKey, 'first', { aud: ['other', 'shop'] }));
    await scene.refuses(token(first.privateKey, 'first', { aud: 'shopping' }), 'Invalid audience');
    await scene.refuses(GOOD, 'Invalid audience');
    await scene.refuses(token(first.privateKey, 'first', { aud: 'shop', sub: 'eve' }), "Could not find consumer for 'sub=eve'");
    await scene.refuses(token(first.privateKey, 'first', { aud: 'shop', sub: { toString: 'ann' } }), "No mandatory 'sub' in claims");
    for (const times of [{ exp: undefined }, { exp: -1 }, { nbf: 5 }]) assert.equal((await scene.ask(token(first.privateKey, 'first', { aud: 'shop', ...times }))).verdict?.status, 401);
  });

  test('keys that are for something else, that are secret, or that are not clear are not used', async () => {
    const cases: readonly (readonly unknown[])[] = [
      [{ ...FIRST, use: 'enc' }], [{ ...FIRST, key_ops: ['sign'] }], [{ ...FIRST, alg: 'RS256' }], [{ kty: 'oct', k: 'c2VjcmV0', kid: 'first' }],
      [{ ...FIRST, crv: 'X25519' }], [], [null, 7, ['x']],
    ];
    for (const published of cases) {
      const scene = new Scene({}, { published });
      assert.deepEqual((await scene.ask(GOOD)).verdict, CLOSED);
      assert.deepEqual(scene.services.warnings, ['jwt-issuer-keys-not-fetched']);
    }
    const scene = new Scene({}, { published: [FIRST, SECOND] });
    await scene.refuses(token(first.privateKey, undefined), "No credentials found for given 'kid'");
    await scene.refuses(token(first.privateKey, 'second'), 'Invalid signature');
  });
});

describe('rotation', () => {
  test('a new key is fetched once it is used, and a withdrawn one ends its tokens', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    scene.published = [SECOND];
    await scene.refuses(token(second.privateKey, 'second'), "No credentials found for given 'kid'");
    assert.equal(scene.fetches, 1, 'the keys were fetched a moment ago');
    scene.nowMs = 30_000;
    await scene.admits(token(second.privateKey, 'second'));
    await scene.refuses(GOOD, "No credentials found for given 'kid'");
    assert.equal(scene.fetches, 2);
  });

  test('unknown keys have them fetched every 30 s at most, however many tokens name them', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    for (let second = 1; second <= 60; second += 1) {
      scene.nowMs = second * 1_000;
      await Promise.all(Array.from({ length: 5 }, (_, index) => scene.refuses(token(first.privateKey, `made-up-${index}`), "No credentials found for given 'kid'")));
    }
    assert.equal(scene.fetches, 3);
  });

  test('they are fetched again in the background, and what they verified stays', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    await scene.pass(299);
    assert.equal(scene.fetches, 1);
    await scene.pass(1);
    assert.equal(scene.fetches, 2);
    await scene.admits(GOOD);
  });
});

describe('an issuer that is down', () => {
  test('the last good keys go on for jwks_max_stale after they were due; then its tokens are refused, and served again once it is back', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    scene.published = 'down';
    for (let at = 30; at <= 900; at += 30) {
      await scene.pass(30);
      await scene.admits(GOOD);
    }
    assert.equal(scene.fetches, 1 + 21, 'tried again every 30 s, once they were due');
    await scene.pass(1);
    assert.deepEqual((await scene.ask(GOOD)).verdict, CLOSED);
    scene.published = [FIRST];
    await scene.pass(30);
    await scene.admits(GOOD);
  });

  test('from the start: closed, also to the anonymous consumer', async () => {
    const scene = new Scene({ anonymous: 'ann' }, { published: 'down' });
    assert.deepEqual((await scene.ask(GOOD)).verdict, CLOSED);
  });

  test('answers that are no keys change nothing', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    for (const [status, published] of [[500, [SECOND]], [302, [SECOND]], [200, []]] as const) {
      scene.status = status;
      scene.published = published;
      await scene.pass(300);
      await scene.admits(GOOD);
    }
    assert.equal(scene.services.warnings.length, 3);
  });

  test('a change of the config loses no keys', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    const later = new Scene({ realm: 'x' }, { store: (name, bounds) => scene.services.store(name, bounds), published: 'down' });
    await later.admits(GOOD);
  });

  test('a closed instance fetches no more', async () => {
    const scene = new Scene();
    await scene.admits(GOOD);
    scene.instance.close?.();
    await scene.pass(1_000);
    assert.equal(scene.fetches, 1);
  });
});
