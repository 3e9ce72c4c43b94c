/**
 * What the admin API still knows while only the database is away: who showed a valid credential lately, and what each of them
 * was last answered. Reads are answered from it with their age; writes never are. Used by http-server.ts for every request.
 *
 * While the database answers, nothing here decides anything: admission.ts does, so a revoked credential ends within seconds. While
 * it is away nobody can revoke through this instance, and one that was valid up to KEPT_MS ago may read what it has read before.
 * An answer is kept under the credential that got it (T1), never one that may hold secrets (T2), and all of it is bounded (R5).
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { isEntityKind } from '../../shared/model/registry.ts';
import { holdsSecret } from '../../shared/model/secret-kinds.ts';
import type { Resource } from '../access/permission.ts';
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
/** Their configuration may hold what no definition calls a secret. */
const WITH_CONFIGURATION: ReadonlySet<string> = new Set(['plugins', 'partials', 'vaults']);

export interface OutageMemoryOptions {
  /** As far as is known: the last thing that was asked of the database was not answered. */
  readonly isDatabaseAway: () => boolean;
  readonly meter: RequestMeter;
  readonly clock: Clock;
}

interface RememberedAnswer {
  readonly json: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly atMs: number;
}

export class OutageMemory {
  readonly #options: OutageMemoryOptions;
  readonly #callers: LRUCache<string, { readonly caller: Caller; readonly atMs: number }>;
  readonly #answers: LRUCache<string, RememberedAnswer>;

  constructor(options: OutageMemoryOptions) {
    this.#options = options;
    this.#callers = new LRUCache({ max: CALLERS_AT_MOST });
    this.#answers = new LRUCache({ max: ANSWERS_AT_MOST, maxSize: BYTES_AT_MOST, maxEntrySize: ANSWER_BYTES_AT_MOST, sizeCalculation: ({ json }) => json.length + 1_000 });
  }

  /** Who sent the request: as `live` says, or, of a read while the database is away, as it last said. */
  async identify(request: IncomingMessage, live: () => Promise<Caller>): Promise<Caller> {
    const credential = credentialOf(request);
    const known = isRead(request) ? this.#fresh(this.#callers.get(credential)) : undefined;
    if (known !== undefined && this.#options.isDatabaseAway()) return known.caller;
    try {
      const caller = await live();
      const before = this.#callers.peek(credential)?.caller;
      if (before !== undefined && !mayTheSame(before, caller)) this.#forgetAnswers(credential);
      this.#callers.set(credential, { caller, atMs: this.#options.clock.monotonicMs() });
      return caller;
    } catch (thrown) {
      if (known !== undefined && isAbsence(thrown)) return known.caller;
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
      return await live();
    } catch (thrown) {
      if (known !== undefined && isAbsence(thrown)) return this.#told(known);
      throw thrown;
    }
  }

  /** `json` was sent in answer to the request. */
  keep(route: Route, request: IncomingMessage, { status, headers = {} }: Answer, json: string): void {
    if (status !== 200 || headers['age'] !== undefined || !isRemembered(route, request)) return;
    this.#answers.set(keyOf(request), { json, headers, atMs: this.#options.clock.monotonicMs() });
  }

  /** What was answered to a role that was wider is not told to a narrower one. */
  #forgetAnswers(credential: string): void {
    for (const key of [...this.#answers.keys()]) if (key.startsWith(credential)) this.#answers.delete(key);
  }

  /** Only of who is still let in by this memory. */
  #lastAnswer(request: IncomingMessage): RememberedAnswer | undefined {
    return this.#fresh(this.#callers.get(credentialOf(request))) === undefined ? undefined : this.#fresh(this.#answers.get(keyOf(request)));
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
  return isEntityKind(on) ? !holdsSecret(on) && !WITH_CONFIGURATION.has(on) : REMEMBERED.has(on);
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
