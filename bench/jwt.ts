/**
 * `npm run bench -- jwt`: tokens that the plugin jwt verifies in a second of CPU, by algorithm, without its cache of verified tokens and
 * with it; and beside it the library jose, which verifies through WebCrypto on other threads. No proxy around it.
 */
import { constants, createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { PluginStores } from '../data-plane/plugin-services/plugin-store.ts';
import { assert } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { mapStore, pluginContext, pluginServices } from '../shared/plugin-kit/plugin-host.ts';
import type { JwtCredential } from '../shared/plugins/config-lookup.ts';
import type { RequestContext } from '../shared/plugins/contract.ts';
import type { PluginServices } from '../shared/plugins/plugin-services.ts';
import { pluginRegistry } from '../shared/plugins/registry.ts';
import type { BenchOptions } from './main.ts';
import { median } from './turns.ts';

const ALGORITHMS = ['HS256', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

/** Different ones: each client has its own and sends it again and again. */
const TOKENS = 200;
const CONSUMER = { id: 'consumer', username: 'ann', customId: null };

interface Subject {
  readonly credential: JwtCredential;
  readonly key: KeyObject | Uint8Array;
  readonly tokens: readonly string[];
}

type VerifyOne = (index: number) => unknown;

export async function runJwtBench({ rounds, seconds, smoke, only }: BenchOptions): Promise<void> {
  const turnMs = smoke ? 20 : seconds * 250;
  console.log(`tokens per second of CPU, median of ${rounds} turns of ${turnMs} ms each; in brackets the microseconds of one\n`);
  console.log('| algorithm | verified | remembered | jose |\n|---|---|---|---|');
  for (const algorithm of ALGORITHMS.filter((one) => only.length === 0 || only.includes(one))) {
    const subject = subjectOf(algorithm);
    const contenders: readonly VerifyOne[] = [byPlugin(subject, forgetful), byPlugin(subject, remembering()), (index) => compactVerify(subject.tokens[index] ?? '', subject.key)];
    const rates: readonly number[][] = contenders.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, verifyOne] of contenders.entries()) rates[index]?.push(await rateOf(turnMs, verifyOne));
    }
    console.log(`| ${algorithm} | ${rates.map((some) => tell(median(some))).join(' | ')} |`);
  }
}

function tell(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en')} (${(1e6 / perSecond).toFixed(1)})`;
}

/** One after another, in CPU time of the process, so that what other threads do counts. */
async function rateOf(turnMs: number, verifyOne: VerifyOne): Promise<number> {
  for (let index = 0; index < TOKENS; index += 1) await verifyOne(index);
  const [from, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  for (; performance.now() - from < turnMs; count += TOKENS) {
    for (let index = 0; index < TOKENS; index += 1) {
      const pending = verifyOne(index);
      if (pending instanceof Promise) await pending;
    }
  }
  const { user, system } = process.cpuUsage(before);
  return count / ((user + system) / 1e6);
}

const forgetful: PluginServices['store'] = () => ({ ...mapStore(), get: () => undefined, set: () => undefined });

/** As a proxy thread has it. */
function remembering(): PluginServices['store'] {
  const stores = new PluginStores(systemClock);
  return (name, bounds) => stores.open('plugin', name, bounds);
}

function byPlugin({ credential, tokens }: Subject, store: PluginServices['store']): VerifyOne {
  const plugin = pluginRegistry.get('jwt');
  assert(plugin !== undefined, 'jwt is a plugin');
  const instance = plugin.create({}, pluginServices({ clock: systemClock, store }));
  const base = pluginContext({ config: { jwtCredential: () => credential, consumerById: () => CONSUMER } });
  // The kit's own cost left out.
  let header: readonly string[] = [];
  const request = { ...base.request, headerValues: () => header };
  const context: RequestContext = { ...base, request, authenticate: () => undefined };
  const headers = tokens.map((token) => [`Bearer ${token}`]);
  return (index) => {
    header = headers[index] ?? [];
    const verdict = instance.requestHead?.(context, undefined);
    assert(verdict === undefined, 'the token is good');
  };
}

function subjectOf(algorithm: Algorithm): Subject {
  const ref = { id: 'credential', consumerId: CONSUMER.id };
  const tokensOf = (signature: (signed: string) => Buffer): readonly string[] => Array.from({ length: TOKENS }, (_, index) => {
    const signed = [{ alg: algorithm, typ: 'JWT' }, { iss: 'https://login.example', sub: `user-${index}`, aud: 'shop', iat: 1_700_000_000, exp: 4_000_000_000, scope: 'read write' }].map(encoded).join('.');
    return `${signed}.${signature(signed).toString('base64url')}`;
  });
  if (algorithm === 'HS256') {
    const secret = randomBytes(32).toString('base64url');
    return { credential: { ref, algorithm, secret, publicKey: undefined }, key: Buffer.from(secret), tokens: tokensOf((signed) => createHmac('sha256', secret).update(signed).digest()) };
  }
  const { publicKey, privateKey } = keyPair(algorithm);
  const tokens = tokensOf((signed) => sign(algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`, Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363', ...(algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}) }));
  return { credential: { ref, algorithm, secret: undefined, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }, key: publicKey, tokens };
}

function keyPair(algorithm: Exclude<Algorithm, 'HS256'>): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  return algorithm === 'ES256' || algorithm === 'ES384' ? generateKeyPairSync('ec', { namedCurve: `P-${algorithm.slice(2)}` }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
