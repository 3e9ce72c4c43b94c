/**
 * basic-auth on a data plane: finds name and password, has the password verified off this thread, names the consumer. Fails closed.
 * An unknown name and a wrong password can't be told apart: not by status and body, nor by time, because nobody's password takes as
 * long to verify as somebody's. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { hash } from 'node:crypto';
import { AnonymousClient } from '../../plugin-parts/anonymous-client.ts';
import type { BasicCredential } from '../config-lookup.ts';
import type { Answer, PluginFactory, RequestContext, RequestView, Verdict } from '../contract.ts';
import { SHA1_FIRST } from '../../plugin-parts/password-form.ts';
import type { PasswordVerdict, PluginServices } from '../plugin-services.ts';
import { challengeOf } from '../../plugin-parts/realm.ts';
import { FailedAttempts, type Attempt } from './failed-attempts.ts';
import type { BasicAuthConfig } from './schema.ts';

/** In this order, as in Kong. The first never goes upstream: it is for us (RFC 9110 §11.7.2). */
const HEADERS = ['proxy-authorization', 'authorization'] as const;
const SCHEME = /^basic /i;
/** Of name, colon and password, encoded: both are shorter than 4,097 characters. */
const MAX_ENCODED = 65_536;
const BUSY: Verdict = { kind: 'respond', status: 503, message: 'Service unavailable', headers: [['Retry-After', '1']] };

interface Login {
  readonly username: string;
  readonly password: string;
}

/** What the verifier is asked. */
interface Question {
  readonly passwordHash: string | undefined;
  readonly presented: string;
}

type Judgement = PasswordVerdict | 'too-many';

export const basicAuthFactory: PluginFactory<BasicAuthConfig> = {
  name: 'basic-auth',
  create: (config, services) => {
    const handler = new BasicAuth(config, services);
    return { isAsync: true, requestHead: (context) => handler.authenticate(context) };
  },
};

class BasicAuth {
  readonly #hidesCredentials: boolean;
  readonly #passwords: PluginServices['passwords'];
  readonly #anonymous: AnonymousClient;
  readonly #failures: FailedAttempts;
  readonly #unauthorized: Verdict;
  /** By who asks what: no more than the verifier's queue holds. */
  readonly #underWay = new Map<string, Promise<PasswordVerdict>>();

  constructor(config: BasicAuthConfig, services: PluginServices) {
    this.#hidesCredentials = config.hide_credentials;
    this.#passwords = services.passwords;
    this.#anonymous = new AnonymousClient('basic-auth', config.anonymous, services.log);
    this.#failures = new FailedAttempts(config, services);
    this.#unauthorized = { kind: 'respond', status: 401, message: 'Unauthorized', headers: [['WWW-Authenticate', challengeOf('Basic', config.realm)]] };
  }

  authenticate(context: RequestContext): Answer {
    if (this.#anonymous.isSettled(context)) return this.#letBy(context);
    const login = findLogin(context.request);
    if (this.#hidesCredentials) context.removeUpstreamHeader('authorization');
    if (login === undefined) return this.#anonymous.answer(this.#unauthorized, context);
    const attempt = this.#failures.attemptBy(login.username, context.request);
    const credential = context.config.basicCredential(login.username);
    const question = questionOf(credential, login.password);
    if (this.#failures.isTooMany(attempt)) {
      const isRight = this.#passwords.isRemembered(question.passwordHash, question.presented);
      return this.#failures.isExcepted(attempt, isRight) ? this.#admit(credential, attempt, context) : this.#anonymous.answer(this.#tooMany(), context);
    }
    const verdict = this.#verify(question, attempt);
    return verdict instanceof Promise ? verdict.then((known) => this.#conclude(known, credential, attempt, context)) : this.#conclude(verdict, credential, attempt, context);
  }

  /** Whoever was recognised by something else may have sent a password besides; another scheme is somebody else's to hide. */
  #letBy(context: RequestContext): undefined {
    if (this.#hidesCredentials && context.request.headerValues('authorization').some((value) => SCHEME.test(value))) context.removeUpstreamHeader('authorization');
  }

  /** Counts as one attempt, and is verified once, however often it is asked at the same time: by a client with many connections. */
  #verify({ passwordHash, presented }: Question, attempt: Attempt): Judgement | Promise<Judgement> {
    if (this.#passwords.isRemembered(passwordHash, presented)) return 'right';
    const name = `${attempt.pair.key} ${passwordHash ?? ''} ${presented}`;
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return underWay;
    if (!this.#failures.begin(attempt)) return 'too-many';
    const verdict = this.#passwords.verify(passwordHash, presented);
    if (!(verdict instanceof Promise)) return this.#counted(verdict, attempt);
    const judgement = verdict.then((known) => this.#counted(known, attempt)).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, judgement);
    return judgement;
  }

  /** It was counted as a failure so far. */
  #counted(verdict: PasswordVerdict, attempt: Attempt): PasswordVerdict {
    if (verdict !== 'wrong') this.#failures.takeBack(attempt);
    return verdict;
  }

  #conclude(judgement: Judgement, credential: BasicCredential | undefined, attempt: Attempt, context: RequestContext): Verdict | undefined {
    switch (judgement) {
      case 'right': return this.#admit(credential, attempt, context);
      case 'wrong': return this.#anonymous.answer(this.#unauthorized, context);
      case 'busy': return this.#anonymous.answer(BUSY, context);
      case 'too-many': return this.#anonymous.answer(this.#tooMany(), context);
    }
  }

  #admit(credential: BasicCredential | undefined, attempt: Attempt, context: RequestContext): Verdict | undefined {
    const consumer = credential === undefined ? undefined : context.config.consumerById(credential.ref.consumerId);
    if (credential === undefined || consumer === undefined) return this.#anonymous.answer(this.#unauthorized, context);
    this.#failures.succeeded(attempt);
    context.authenticate(consumer, credential.ref);
    return undefined;
  }

  /** Says the same of a name that nobody has, and of the right password. */
  #tooMany(): Verdict {
    return { kind: 'respond', status: 429, message: 'Too many failed attempts', headers: [['Retry-After', String(this.#failures.secondsLeft())]] };
  }
}

function questionOf(credential: BasicCredential | undefined, password: string): Question {
  if (credential === undefined || !credential.passwordHash.startsWith(SHA1_FIRST)) return { passwordHash: credential?.passwordHash, presented: password };
  const { passwordHash, ref } = credential;
  return { passwordHash: passwordHash.slice(SHA1_FIRST.length), presented: hash('sha1', `${password}${ref.consumerId}`) };
}

/** Of the first header with this scheme. Several lines of it say different things to different readers, so they say nothing. */
function findLogin(request: RequestView): Login | undefined {
  for (const name of HEADERS) {
    const values = request.headerValues(name);
    if (values.some((value) => SCHEME.test(value))) return values.length === 1 ? parseLogin(values[0] ?? '') : undefined;
  }
  return undefined;
}

function parseLogin(value: string): Login | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(value)?.[1];
  if (encoded === undefined || encoded.length > MAX_ENCODED) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
