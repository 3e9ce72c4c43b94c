/**
 * hmac-auth on a data plane: makes the signature that a request should have and compares it with the one that it has, in constant time.
 * Fails closed. An unknown name and a wrong signature can't be told apart. What decides must be signed: the date, or a request could be
 * replayed for ever, and the digest of a body that is checked by it. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { createHmac, createSecretKey, hash, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { AnonymousClient } from '../../plugin-parts/anonymous-client.ts';
import type { HmacCredential } from '../config-lookup.ts';
import type { PluginFactory, PluginInstance, RequestContext, RequestView, Verdict } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { challengeOf } from '../../plugin-parts/realm.ts';
import { parseSignature, type RequestSignature } from './parse-signature.ts';
import type { HmacAuthConfig } from './schema.ts';

const MAX_BODY_BYTES = 8_388_608;
/** In this order, as in Kong. The first never goes upstream: it is for us (RFC 9110 §11.7.2). */
const HEADERS = ['proxy-authorization', 'authorization'] as const;
const SCHEME = /^hmac /i;
const DATES = ['x-date', 'date'] as const;
/** RFC 9110 §5.6.7, the form that is sent. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;
/** Of a target in absolute form: host with port, and what follows. */
const ABSOLUTE = /^[a-z]+:\/\/([^/?]*)(.*)$/i;
const NO_DATE = 'HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication';
const UNVERIFIABLE = 'HMAC signature cannot be verified';
const DIFFERENT = 'HMAC signature does not match';

/** Stands for the secret of who is not there. */
const NOBODYS = createSecretKey(randomBytes(32));
/** A key for each secret, for as long as its credential exists. */
const keys = new WeakMap<HmacCredential, KeyObject>();

export const hmacAuthFactory: PluginFactory<HmacAuthConfig> = {
  name: 'hmac-auth',
  create: (config, services) => {
    const handler = new HmacAuth(config, services);
    const instance: PluginInstance = { requestHead: (context) => handler.authenticate(context) };
    return config.validate_request_body ? { ...instance, requestBody: { maxBytes: MAX_BODY_BYTES } } : instance;
  },
};

class HmacAuth {
  readonly #config: HmacAuthConfig;
  readonly #clock: PluginServices['clock'];
  readonly #anonymous: AnonymousClient;
  /** Lower case. */
  readonly #enforced: readonly string[];
  readonly #challenge: readonly (readonly [string, string])[];

  constructor(config: HmacAuthConfig, services: PluginServices) {
    this.#config = config;
    this.#clock = services.clock;
    this.#anonymous = new AnonymousClient('hmac-auth', config.anonymous, services.log);
    this.#enforced = config.enforce_headers.map((name) => name.toLowerCase());
    this.#challenge = [['WWW-Authenticate', challengeOf('hmac', config.realm)]];
  }

  authenticate(context: RequestContext): Verdict | undefined {
    if (this.#anonymous.isSettled(context)) return this.#letBy(context);
    const refusal = this.#identify(context);
    if (this.#config.hide_credentials) context.removeUpstreamHeader('authorization');
    return refusal === undefined ? undefined : this.#anonymous.answer(refusal, context);
  }

  /** Whoever was recognised by something else may have sent a signature besides; another scheme is somebody else's to hide. */
  #letBy(context: RequestContext): undefined {
    if (this.#config.hide_credentials && context.request.headerValues('authorization').some((value) => SCHEME.test(value))) context.removeUpstreamHeader('authorization');
  }

  #identify(context: RequestContext): Verdict | undefined {
    const { request } = context;
    const given = HEADERS.find((name) => SCHEME.test(request.header(name) ?? '')) ?? HEADERS.find((name) => request.header(name) !== undefined);
    if (given === undefined) return this.#refuse('Unauthorized');
    if (!DATES.some((name) => this.#isInTime(request.header(name)))) return this.#refuse(NO_DATE);
    const lines = request.headerValues(given);
    const signature = lines.length === 1 ? parseSignature(lines[0] ?? '') : undefined;
    if (signature === undefined || !this.#covers(signature, request)) return this.#refuse(UNVERIFIABLE);

    const credential = context.config.hmacCredential(signature.username);
    const isRight = isSignatureOf(signature, request, credential === undefined ? NOBODYS : keyOf(credential));
    const consumer = credential === undefined || !isRight ? undefined : context.config.consumerById(credential.ref.consumerId);
    if (credential === undefined || consumer === undefined) return this.#refuse(DIFFERENT);
    const refusal = this.#config.validate_request_body ? this.#checkBody(signature, context) : undefined;
    if (refusal !== undefined) return refusal;
    context.authenticate(consumer, credential.ref);
    return undefined;
  }

  #isInTime(date: string | undefined): boolean {
    if (date === undefined || !HTTP_DATE.test(date)) return false;
    return Math.abs(Date.parse(date) - this.#clock.nowMs()) <= this.#config.clock_skew * 1_000;
  }

  /** That what it signs is enough, and that each header of that says one thing only. */
  #covers({ algorithm, signed }: RequestSignature, request: RequestView): boolean {
    if (!this.#config.algorithms.some((allowed) => allowed === algorithm)) return false;
    const names = signed.map((name) => name.toLowerCase());
    if (new Set(names).size !== names.length || names.some((name) => request.headerValues(name).length > 1)) return false;
    if (names.includes('host') && !isForHost(request)) return false;
    return this.#enforced.every((name) => names.includes(name)) && DATES.some((name) => names.includes(name) && this.#isInTime(request.header(name)));
  }

  #checkBody({ signed }: RequestSignature, { body, request }: RequestContext): Verdict | undefined {
    if (body === undefined) return { kind: 'respond', status: 413, message: 'Cannot process request body' };
    const digest = request.header('digest');
    if (digest === undefined) return body.length === 0 ? undefined : this.#refuse(DIFFERENT);
    const isSigned = signed.some((name) => name.toLowerCase() === 'digest');
    return isSigned && digest === `SHA-256=${hash('sha256', body, 'base64')}` ? undefined : this.#refuse(DIFFERENT);
  }

  #refuse(message: string): Verdict {
    return { kind: 'respond', status: 401, message, headers: this.#challenge };
  }
}

function isSignatureOf({ algorithm, signed, signature }: RequestSignature, request: RequestView, key: KeyObject): boolean {
  const expected = createHmac(algorithm.slice('hmac-'.length), key).update(signed.map((name) => signedLine(name, request)).join('\n'), 'latin1').digest();
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

/** What the client signed of it; names as the client wrote them. */
function signedLine(name: string, request: RequestView): string {
  const known = name.toLowerCase();
  if (known === '@request-target') return `${name}: ${request.method.toLowerCase()} ${targetOf(request)}`;
  if (known === 'request-line') return `${request.method} ${targetOf(request)} HTTP/${request.httpVersion === '2' ? '2.0' : request.httpVersion}`;
  const value = request.header(known);
  return value === undefined ? `${name}:` : `${name}: ${value}`;
}

/** Path and query as received. */
function targetOf({ target }: RequestView): string {
  const rest = ABSOLUTE.exec(target)?.[2];
  if (rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A target in absolute form names the host that counts, whatever stands in the header (RFC 9112 §3.2.2). */
function isForHost(request: RequestView): boolean {
  const authority = ABSOLUTE.exec(request.target)?.[1];
  return authority === undefined || authority.toLowerCase() === request.header('host')?.toLowerCase();
}

function keyOf(credential: HmacCredential): KeyObject {
  const known = keys.get(credential);
  if (known !== undefined) return known;
  const key = createSecretKey(credential.secret, 'utf8');
  keys.set(credential, key);
  return key;
}
