/**
 * jwt on a data plane: finds the token, verifies it with the key that its credential or its issuer has, names the consumer. Fails
 * closed. The algorithm is the credential's, or one that the issuer is allowed; what a token says of keys decides nothing. Tokens that
 * were verified are remembered by their digest for as long as what they were verified with is the same. A key that is not there and a
 * wrong signature can't be told apart, in answer or cost. Otherwise behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { hash } from 'node:crypto';
import { AnonymousClient } from '../../plugin-parts/anonymous-client.ts';
import type { ConsumerRef, CredentialRef, JwtCredential } from '../config-lookup.ts';
import type { Answer, PluginFactory, RequestContext, Verdict } from '../contract.ts';
import type { PluginServices, PluginStore } from '../plugin-services.ts';
import { challengeOf } from '../../plugin-parts/realm.ts';
import { findTokens, type TokenPlaces } from './find-tokens.ts';
import { IssuerKeys, type KeyAnswer } from './issuer-keys.ts';
import { nobodysVerifier } from './nobodys-verifier.ts';
import { memberOf, parseToken, type ParsedToken } from './parse-token.ts';
import type { JwtConfig } from './schema.ts';
import { publicKeyVerifier, readPublicKey, secretVerifier, type Verifier } from './signatures.ts';
import { timesIn, timesProblem, type TokenTimes } from './token-times.ts';

/** Some 300 bytes each. */
const REMEMBERED_TOKENS = 10_000;

/** A token whose signature was found right. Nothing of it is kept that could be as large as whoever signed it likes. */
type Verified = TokenTimes & {
  /** What decides how a token is read besides the credential. */
  readonly readAs: string;
} & (
  | { readonly kind: 'credential'; readonly key: string; readonly credential: JwtCredential }
  | { readonly kind: 'issuer'; readonly verifier: Verifier; readonly subject: string }
);

export const jwtFactory: PluginFactory<JwtConfig> = {
  name: 'jwt',
  create: (config, services) => {
    const handler = new Jwt(config, services);
    const requestHead = (context: RequestContext): Answer => handler.authenticate(context);
    const credentialNames = [...config.uri_param_names, ...config.header_names].map((name) => name.toLowerCase());
    return { requestHead, credentialNames, ...(config.jwks_uri === null ? {} : { isAsync: true, close: () => handler.close() }) };
  },
};

class Jwt {
  readonly #config: JwtConfig;
  readonly #services: PluginServices;
  readonly #places: TokenPlaces;
  readonly #anonymous: AnonymousClient;
  readonly #issuerKeys: IssuerKeys | undefined;
  readonly #verified: PluginStore<Verified>;
  readonly #readAs: string;
  /** Of credentials of this configuration and those before, for as long as they exist. */
  readonly #verifiers = new WeakMap<JwtCredential, { readonly verifier: Verifier | undefined }>();
  readonly #unauthorized: Verdict;
  readonly #invalid: readonly (readonly [string, string])[];

  constructor(config: JwtConfig, services: PluginServices) {
    this.#config = config;
    this.#services = services;
    this.#places = { queryNames: config.uri_param_names, cookieNames: config.cookie_names, headerNames: config.header_names.map((name) => name.toLowerCase()) };
    this.#anonymous = new AnonymousClient('jwt', config.anonymous, services.log);
    this.#verified = services.store<Verified>('verified', { maxEntries: REMEMBERED_TOKENS });
    this.#readAs = JSON.stringify([config.secret_is_base64, config.key_claim_name, config.issuer, config.consumer_claim, config.audiences]);
    this.#issuerKeys = config.jwks_uri === null ? undefined : new IssuerKeys(config.jwks_uri, config, services);
    const challenge = challengeOf('Bearer', config.realm);
    this.#unauthorized = { kind: 'respond', status: 401, message: 'Unauthorized', headers: [['WWW-Authenticate', challenge]] };
    this.#invalid = [['WWW-Authenticate', `${challenge}${config.realm === null ? '' : ','} error="invalid_token"`]];
  }

  authenticate(context: RequestContext): Answer {
    if (!this.#config.run_on_preflight && context.request.method === 'OPTIONS') return undefined;
    if (this.#anonymous.isSettled(context)) return undefined;
    const refusal = this.#identify(context);
    if (refusal instanceof Promise) return refusal.then((known) => (known === undefined ? undefined : this.#anonymous.answer(known, context)));
    return refusal === undefined ? undefined : this.#anonymous.answer(refusal, context);
  }

  close(): void {
    this.#issuerKeys?.close();
  }

  #identify(context: RequestContext): Answer {
    const tokens = findTokens(context.request, this.#places);
    const [token] = tokens;
    if (token === undefined) return this.#unauthorized;
    if (tokens.length > 1) return this.#refuse('Multiple tokens provided');
    const digest = hash('sha256', token, 'base64');
    const known = this.#verified.get(digest);
    if (known !== undefined && this.#stillHolds(known, context)) return this.#admit(known, context);

    const parsed = parseToken(token);
    if (typeof parsed === 'string') return this.#refuse(`Bad token; ${parsed}`);
    if (this.#issuerKeys !== undefined && memberOf(parsed.claims, 'iss') === this.#config.issuer) return this.#verifyByIssuer(parsed, digest, this.#issuerKeys, context);
    return this.#verifyByCredential(parsed, digest, context);
  }

  /** What it was verified with is still there, and the same. */
  #stillHolds(known: Verified, context: RequestContext): boolean {
    if (known.readAs !== this.#readAs) return false;
    return known.kind === 'credential' ? context.config.jwtCredential(known.key) === known.credential : this.#issuerKeys?.has(known.verifier) === true;
  }

  #verifyByCredential(token: ParsedToken, digest: string, context: RequestContext): Verdict | undefined {
    const name = this.#config.key_claim_name;
    const key = memberOf(token.claims, name) ?? memberOf(token.header, name) ?? null;
    if (key === null) return this.#refuse(`No mandatory '${name}' in claims`);
    if (typeof key !== 'string' || key === '') return this.#refuse(`Invalid '${name}' in claims`);
    const credential = context.config.jwtCredential(key);
    if (credential === undefined) return this.#refuseUnverified(token, `No credentials found for given '${name}'`);
    if (token.algorithm !== credential.algorithm) return this.#refuseUnverified(token, 'Invalid algorithm');
    const verifier = this.#verifierOf(credential);
    if (verifier === undefined) return this.#refuseUnverified(token, 'Invalid key/secret');
    if (!verifier.verifies(token.signed, token.signature)) return this.#refuseSignature('Invalid signature');
    return this.#remember({ kind: 'credential', key, credential, ...this.#readOf(token) }, digest, context);
  }

  #verifierOf(credential: JwtCredential): Verifier | undefined {
    const known = this.#verifiers.get(credential);
    if (known !== undefined) return known.verifier;
    const verifier = this.#makeVerifier(credential);
    this.#verifiers.set(credential, { verifier });
    return verifier;
  }

  #makeVerifier({ algorithm, secret, publicKey }: JwtCredential): Verifier | undefined {
    if (secret !== undefined) return secretVerifier(algorithm, Buffer.from(secret, this.#config.secret_is_base64 ? 'base64' : 'utf8'));
    const key = publicKey === undefined ? undefined : readPublicKey(publicKey);
    return key && publicKeyVerifier(algorithm, key);
  }

  #verifyByIssuer(token: ParsedToken, digest: string, keys: IssuerKeys, context: RequestContext): Answer {
    if (!this.#config.algorithms.some((one) => one === token.algorithm)) return this.#refuseUnverified(token, 'Invalid algorithm');
    const answer = keys.find(token.algorithm, token.keyId);
    if (answer instanceof Promise) return answer.then((known) => this.#concludeByIssuer(token, digest, known, context));
    return this.#concludeByIssuer(token, digest, answer, context);
  }

  #concludeByIssuer(token: ParsedToken, digest: string, answer: KeyAnswer, context: RequestContext): Verdict | undefined {
    if (answer.kind === 'unavailable') return { kind: 'respond', status: 503, message: 'Service unavailable', headers: [['Retry-After', '30']] };
    if (answer.kind === 'unknown') return this.#refuseUnverified(token, "No credentials found for given 'kid'");
    if (!answer.verifier.verifies(token.signed, token.signature)) return this.#refuseSignature('Invalid signature');
    const name = this.#config.consumer_claim;
    const subject = memberOf(token.claims, name);
    if (typeof subject !== 'string' || subject === '') return this.#refuse(`No mandatory '${name}' in claims`);
    const verified: Verified = { kind: 'issuer', verifier: answer.verifier, subject, ...this.#readOf(token) };
    const problem = this.#timesProblem(verified);
    if (problem !== undefined) return problem;
    return this.#isForUs(memberOf(token.claims, 'aud')) ? this.#remember(verified, digest, context) : this.#refuse('Invalid audience');
  }

  #isForUs(audience: unknown): boolean {
    const { audiences } = this.#config;
    return audiences === null || audiences.some((one) => one === audience || (Array.isArray(audience) && audience.includes(one)));
  }

  #readOf({ claims }: ParsedToken): TokenTimes & Pick<Verified, 'readAs'> {
    return { readAs: this.#readAs, ...timesIn(claims) };
  }

  #remember(verified: Verified, digest: string, context: RequestContext): Verdict | undefined {
    const refusal = this.#admit(verified, context);
    if (refusal === undefined) this.#verified.set(digest, verified);
    return refusal;
  }

  /** Asked at every request: times pass, and consumers go. */
  #admit(verified: Verified, context: RequestContext): Verdict | undefined {
    const problem = this.#timesProblem(verified);
    if (problem !== undefined) return problem;
    if (verified.kind === 'issuer') return this.#admitSubject(verified.subject, context);
    const { ref } = verified.credential;
    return this.#settle(context.config.consumerById(ref.consumerId), ref, `${this.#config.key_claim_name}=${verified.key}`, context);
  }

  #timesProblem(verified: Verified): Verdict | undefined {
    const problem = timesProblem(verified, this.#config, verified.kind === 'issuer', this.#services.clock.nowMs() / 1_000);
    return problem && { kind: 'respond', status: 401, headers: this.#invalid, body: { contentType: 'application/json; charset=utf-8', bytes: Buffer.from(JSON.stringify(problem)) } };
  }

  #admitSubject(subject: string, context: RequestContext): Verdict | undefined {
    const { issuer, consumer_claim: claim } = this.#config;
    const consumer = this.#consumerNamed(subject, context);
    // A credential that is nowhere written down: the same for the same subject, on every data plane.
    const ref = { id: this.#services.secrets.keyedHash(JSON.stringify([issuer, subject])), consumerId: consumer?.id ?? '' };
    return this.#settle(consumer, ref, `${claim}=${subject}`, context);
  }

  #consumerNamed(name: string, { config }: RequestContext): ConsumerRef | undefined {
    for (const by of this.#config.consumer_by) {
      const consumer = by === 'custom_id' ? config.consumerByCustomId(name) : by === 'username' ? config.consumerByUsername(name) : config.consumerById(name);
      if (consumer !== undefined) return consumer;
    }
    return undefined;
  }

  #settle(consumer: ConsumerRef | undefined, ref: CredentialRef, named: string, context: RequestContext): Verdict | undefined {
    if (consumer === undefined) return this.#refuse(`Could not find consumer for '${named}'`);
    context.authenticate(consumer, ref);
    return undefined;
  }

  /** There is nothing to verify it with. Costs what a wrong signature costs, or the time would say so. */
  #refuseUnverified(token: ParsedToken, reason: string): Verdict {
    nobodysVerifier(token.algorithm)?.verifies(token.signed, token.signature);
    return this.#refuseSignature(reason);
  }

  #refuseSignature(reason: string): Verdict {
    return this.#refuse(this.#config.detailed_errors ? reason : 'Unauthorized');
  }

  #refuse(message: string): Verdict {
    return { kind: 'respond', status: 401, message, headers: this.#invalid };
  }
}
