/**
 * What the admin API still knows while only the database is away: who showed a valid credential lately, and what each of them
 * was last answered. Reads are answered from it with their age; writes never are. Used by http-server.ts for every request.
 *
 * While the database answers, nothing here decides anything: admission.ts does, so a revoked credential ends within seconds. While
 * it is away nobody can revoke through this instance, and one that was valid up to KEPT_MS ago, and has not expired, may read what
 * it has read before, unless it was told since that it may not or that it is gone. Whoever changes people, roles or tokens here
 * makes this forget who was known; what was changed at another instance is known here with the credential's next request.
 * An answer is kept under the credential that got it (T1), never one that may hold secrets (T2), and all of it is bounded (R5).
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { isEntityKind } from '../../shared/model/registry.ts';
import { mayHoldSecret } from '../../shared/model/secret-kinds.ts';
import { placeOf, type Resource } from '../access/permission.ts';
import type { Answer } from './answer.ts';
import type { RequestMeter } from './request-meter.ts';
import type { Caller, Route } from './route.ts';

const KEPT_MS = 15 * 60_000;
const CALLERS_AT_MOST = 1_000;
const ANSWERS_AT_MOST = 5_000;
const BYTES_AT_MOST = 32 * 1_048_576;
const ANSWER_BYTES_AT_MOST = 1_048_576;
/** Of everything else an answer could hold a secret, or be wrong when it is old. */
const REMEMBERED: ReadonlySet<Resource> = new Set<Resource>(['entities', 'gateways', 'releases', 'data-planes', 'alarms', 'quarantine']);
/** Roles, operators, tokens and tenants are among these. */
const DECIDING: ReadonlySet<string> = new Set(['tenant', 'installation', 'everybody']);
/** Their configuration may hold what no definition calls a secret. */
const WITH_CONFIGURATION: ReadonlySet<string> = new Set(['plugins', 'partials', 'vaults']);

export interface OutageMemoryOptions {
  /** As far as is known: the last thing that was asked of the database was not answered. */
  readonly isDatabaseAway: () => boolean;
  readonly meter: RequestMeter;
  readonly clock: Clock;
}

interface RememberedAnswer {
  /** As it was then. */
  readonly caller: Caller;
  readonly json: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly atMs: number;
}

export class OutageMemory {
  readonly #options: OutageMemoryOptions;
  readonly #callers: LRUCache<string, { readonly caller: Caller; readonly atMs: number }>;
  readonly #answers: LRUCache<string, RememberedAnswer>;
  /** Who sent what is being answered. */
  readonly #senders = new WeakMap<IncomingMessage, Caller>();

  constructor(options: OutageMemoryOptions) {
    this.#options = options;
    this.#callers = new LRUCache({ max: CALLERS_AT_MOST });
    this.#answers = new LRUCache({ max: ANSWERS_AT_MOST, maxSize: BYTES_AT_MOST, maxEntrySize: ANSWER_BYTES_AT_MOST, sizeCalculation: ({ json }) => json.length + 1_000 });
  }

  /** Who sent the request: as `live` says, or, of a read while the database is away, as it last said. */
  async identify(request: IncomingMessage, live: () => Promise<Caller>): Promise<Caller> {
    const credential = credentialOf(request);
    const known = isRead(request) ? this.#caller(request) : undefined;
    if (known !== undefined && this.#options.isDatabaseAway()) return known;
    try {
      const caller = await live();
      this.#senders.set(request, caller);
      this.#callers.set(credential, { caller, atMs: this.#options.clock.monotonicMs() });
      return caller;
    } catch (thrown) {
      if (known !== undefined && isAbsence(thrown)) return known;
      // Revoked, expired: also what it was answered is not told any more.
      if (!isAbsence(thrown)) this.#callers.delete(credential);
      throw thrown;
    }
  }

  /** The answer of `live`, or what was answered last where the database is away. */
  async answer(route: Route, request: IncomingMessage, live: () => Promise<Answer>): Promise<Answer> {
    const known = isRemembered(route, request) ? this.#lastAnswer(request) : undefined;
    if (known !== undefined && this.#options.isDatabaseAway()) return this.#told(known);
    try {
      const answer = await live();
      if (isDeciding(route, request)) this.#callers.clear();
      return answer;
    } catch (thrown) {
      if (known !== undefined && isAbsence(thrown)) return this.#told(known);
      throw thrown;
    }
  }

  /** `json` was sent in answer to the request. */
  keep(route: Route, request: IncomingMessage, { status, headers = {} }: Answer, json: string): void {
    const caller = this.#senders.get(request);
    if (status === 403 || status === 404) this.#answers.delete(keyOf(request));
    if (caller === undefined || status !== 200 || headers['age'] !== undefined || !isRemembered(route, request)) return;
    this.#answers.set(keyOf(request), { caller, json, headers, atMs: this.#options.clock.monotonicMs() });
  }

  /** Only of who is still let in by this memory, and may what they might then. */
  #lastAnswer(request: IncomingMessage): RememberedAnswer | undefined {
    const now = this.#caller(request);
    const answer = this.#fresh(this.#answers.get(keyOf(request)));
    return now !== undefined && answer !== undefined && mayTheSame(answer.caller, now) ? answer : undefined;
  }

  #caller(request: IncomingMessage): Caller | undefined {
    const caller = this.#fresh(this.#callers.get(credentialOf(request)))?.caller;
    return caller?.expiresAt !== undefined && caller.expiresAt.getTime() <= this.#options.clock.nowMs() ? undefined : caller;
  }

  /** RFC 9111 §5.1; `Warning` 110 and 111 as RFC 7234 §5.5 had them, which tools still show. */
  #told({ json, headers, atMs }: RememberedAnswer): Answer {
    const { meter, clock } = this.#options;
    meter.fromMemory.add();
    const age = Math.max(0, Math.floor((clock.monotonicMs() - atMs) / 1000));
    return { status: 200, json, headers: { ...headers, age: String(age), warning: '111 holdfast "the database is away: this is what was last answered"' } };
  }

  #fresh<T extends { readonly atMs: number }>(remembered: T | undefined): T | undefined {
    return remembered !== undefined && this.#options.clock.monotonicMs() - remembered.atMs <= KEPT_MS ? remembered : undefined;
  }
}

/** The same object while a credential counts as known (admission.ts). */
function mayTheSame(before: Caller, now: Caller): boolean {
  return before.policy === now.policy || JSON.stringify(before.policy.lists) === JSON.stringify(now.policy.lists);
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Whole configurations, secrets included. */
const NEVER_REMEMBERED: ReadonlySet<string> = new Set(['/config', '/v1/gateways/:gateway/declarative']);

function isRemembered({ operations, path }: Route, request: IncomingMessage): boolean {
  const on = operations.GET?.permission.on;
  if (!isRead(request) || on === undefined || NEVER_REMEMBERED.has(path)) return false;
  // What else a control plane says of itself needs no database, and must be of now.
  if (on === 'node') return path === '/';
  return isEntityKind(on) ? !mayHoldSecret(on) && !WITH_CONFIGURATION.has(on) : REMEMBERED.has(on);
}

function isDeciding({ operations }: Route, { method }: IncomingMessage): boolean {
  const operation = method === 'POST' || method === 'PUT' || method === 'PATCH' || method === 'DELETE' ? operations[method] : undefined;
  return operation !== undefined && DECIDING.has(placeOf(operation.permission.on));
}

function isAbsence(thrown: unknown): boolean {
  return thrown instanceof HoldfastError && thrown.code === 'STORE_UNAVAILABLE';
}

function keyOf(request: IncomingMessage): string {
  return `${credentialOf(request)} ${request.url ?? ''}`;
}

/** A digest of all that can say who somebody is, so that nothing here can be used as a credential. */
function credentialOf({ headers }: IncomingMessage): string {
  return createHash('sha256').update(JSON.stringify([headers.authorization, headers['kong-admin-token'], headers.cookie])).digest('base64url');
}
