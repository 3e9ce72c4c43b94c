/**
 * The tries of one request: where it is now, where it was, and whether it may go somewhere else. A request is tried again
 * only where that can't do anything twice: if nothing of it was sent, or if its method is idempotent (RFC 9110 §9.2.2) and
 * all of it is still there; up to the service's `retries`, within its retry budget, and never longer than one try may take.
 * Used by request-life.ts; also tells the balancer how each try went.
 */
import type { RetryCause } from '../config/active-config.ts';
import { proxyHeaderFor } from '../listeners/proxy-protocol.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import type { FailureKind } from '../upstreams/health-state.ts';
import type { RetryBudget } from '../upstreams/retry-budget.ts';
import type { UpstreamConnection, UpstreamFailure } from '../upstreams/upstream-connection.ts';
import { WaitingLine, type Waiter } from '../upstreams/waiting-line.ts';
import { Attempt, type AttemptFailure } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { REFUSALS, refusalOf, type Refusal } from './refusals.ts';
import { isReplayable } from './send-request.ts';

/** Before the second retry; twice as long before each further one. */
const FIRST_DELAY_MS = 25;
const LONGEST_DELAY_MS = 1_000;
/** Names to resolve for one request; more are a loop. */
const MAX_RESOLUTIONS = 16;

const CAUSES: Readonly<Record<UpstreamFailure['kind'], RetryCause | undefined>> = {
  'connect-failed': 'connect-failure', 'connect-timeout': 'connect-failure', closed: 'reset', 'write-timeout': 'timeout', 'read-timeout': 'timeout', invalid: undefined,
};
const FAILURES: Readonly<Record<UpstreamFailure['kind'], AttemptFailure>> = {
  'connect-failed': 'connect', 'connect-timeout': 'connect', closed: 'reset', 'write-timeout': 'timeout', 'read-timeout': 'timeout', invalid: 'invalid',
};
const HEALTH: Readonly<Record<UpstreamFailure['kind'], FailureKind>> = {
  'connect-failed': 'tcp', 'connect-timeout': 'timeout', closed: 'tcp', 'write-timeout': 'timeout', 'read-timeout': 'timeout', invalid: 'tcp',
};

export class Tries {
  readonly #exchange: Exchange;
  #endpoint: Endpoint | undefined;
  #tried: Endpoint[] | undefined;
  #retries = 0;
  #resolutions = 0;
  /** By the deadlines' clock, which costs nothing to read; 0 before the first try. */
  #firstMs = 0;
  /** The balancer knows how the current try went. */
  #isTold = false;
  #waiter: Waiter | undefined;
  /** Nothing of the last try was sent; and trying the same address again may help. */
  #neverSent = false;
  #mayChange = false;
  /** Why the last try failed. */
  lastRefusal: Refusal | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Addresses that this request should not get again. */
  get tried(): readonly Endpoint[] | undefined {
    return this.#tried;
  }

  /** False where too many names were asked for. */
  mayResolve(): boolean {
    this.#resolutions += 1;
    return this.#resolutions <= MAX_RESOLUTIONS;
  }

  /** Counts the request there until `leave`. */
  begin(endpoint: Endpoint): void {
    const exchange = this.#exchange;
    this.#endpoint = endpoint;
    this.#isTold = false;
    exchange.attempt = new Attempt(endpoint, exchange.service?.upstream?.name ?? endpoint.host, exchange.attempt);
    if (this.#firstMs === 0) {
      this.#firstMs = exchange.core.deadlines.in(0);
      endpoint.retryBudget.requestBegun(this.#firstMs);
    }
    endpoint.begin();
  }

  /** The try is over, or the request. Idempotent. */
  leave(): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#endpoint = undefined;
    endpoint.end();
    if (this.#waiter !== undefined) endpoint.line?.leave(this.#waiter);
    this.#waiter = undefined;
    if (endpoint.peer !== undefined && !this.#isTold) this.#exchange.core.chooser.groups.toldNothing(endpoint);
  }

  /** Waits for a connection to an endpoint that has as many as it may; false where too many wait already. */
  wait(endpoint: Endpoint, timeoutMs: number, waiter: Waiter): boolean {
    const line = (endpoint.line ??= new WaitingLine(this.#exchange.core.deadlines, endpoint));
    if (line.length >= (endpoint.peer?.maxPending ?? Number.POSITIVE_INFINITY)) return false;
    this.#waiter = waiter;
    this.#connectionWished();
    line.join(waiter, timeoutMs);
    return true;
  }

  /** A new connection to it. */
  connect(endpoint: Endpoint): UpstreamConnection {
    const { core, request } = this.#exchange;
    this.#connectionWished();
    return core.pool.open(endpoint, proxyHeaderFor(endpoint.proxyProtocol, request));
  }

  /** There is no connection that it could take at once. */
  #connectionWished(): void {
    const { attempt, core } = this.#exchange;
    if (attempt?.wishedAtMs === 0) attempt.wishedAtMs = attempt.sentAtMs === 0 ? core.clock.monotonicMs() : attempt.sentAtMs;
  }

  /** The request goes out. */
  sent(): void {
    const exchange = this.#exchange;
    exchange.sentAtMs = exchange.core.clock.monotonicMs();
    if (exchange.attempt !== undefined) exchange.attempt.sentAtMs = exchange.sentAtMs;
  }

  /** The current try can't go on for want of a connection: another target may have one. */
  passOver(refusal: Refusal): void {
    this.#exchange.attempt?.failed('no-connection', this.#exchange.core.clock.monotonicMs());
    if (this.#endpoint !== undefined) (this.#tried ??= []).push(this.#endpoint);
    this.lastRefusal = refusal;
    this.leave();
  }

  /** A response head came. */
  answered(status: number): void {
    const { core, sentAtMs, attempt } = this.#exchange;
    const nowMs = core.clock.monotonicMs();
    this.#exchange.respondedAtMs = nowMs;
    if (attempt !== undefined) {
      attempt.status = status;
      attempt.endedAtMs = nowMs;
    }
    if (this.#endpoint?.peer === undefined) return;
    this.#isTold = true;
    core.chooser.groups.answered(this.#endpoint, status, nowMs - sentAtMs);
  }

  /**
   * The current try failed before its response head: milliseconds until the next one, or undefined where there may be none.
   * The first goes elsewhere at once, further ones wait a little, more each time and each a little differently.
   */
  afterFailure(failure: UpstreamFailure): number | undefined {
    const { kind } = failure;
    const { core, service } = this.#exchange;
    const endpoint = this.#endpoint;
    this.#exchange.attempt?.failed(FAILURES[kind], core.clock.monotonicMs());
    if (endpoint?.peer !== undefined) {
      this.#isTold = true;
      core.chooser.groups.failed(endpoint, HEALTH[kind]);
    }
    const cause = CAUSES[kind];
    this.#neverSent = cause === 'connect-failure';
    // A certificate that was wrong is wrong the next time.
    this.#mayChange = this.#neverSent && refusalOf(failure) === REFUSALS.connectFailed;
    if (service === undefined || endpoint === undefined || cause === undefined || !service.retryOn.has(cause)) return undefined;
    if (!this.#neverSent && !isReplayable(this.#exchange)) return undefined;
    if (!this.#mayGoOn() || (!this.#neverSent && !this.#takeFrom(endpoint.retryBudget))) return undefined;
    (this.#tried ??= []).push(endpoint);
    return this.#countRetry();
  }

  /** Where to go instead of passing on a response of this status; undefined where it is the answer. */
  afterStatus(status: number): Endpoint | undefined {
    const { core, service } = this.#exchange;
    const endpoint = this.#endpoint;
    if (service === undefined || endpoint === undefined || !service.retryStatuses.has(status)) return undefined;
    if (!isReplayable(this.#exchange) || !this.#mayGoOn() || !this.#isWithin(endpoint.retryBudget)) return undefined;
    (this.#tried ??= []).push(endpoint);
    const next = core.chooser.choose(service, this.#exchange, this.#tried);
    if (next.kind !== 'endpoint') return undefined;
    endpoint.retryBudget.retried(core.deadlines.in(0));
    return next;
  }

  /** Counts a retry; milliseconds until it. */
  retryStatus(): number {
    this.#mayChange = false;
    return this.#countRetry();
  }

  /** No target is left that was not tried. Where the last could not be reached, all may be tried once more after this many milliseconds. */
  onceMore(): number | undefined {
    const { attempt, core } = this.#exchange;
    if (attempt !== undefined) attempt.leftAtMs = core.clock.monotonicMs();
    const budget = this.#tried?.at(-1)?.retryBudget;
    if (!this.#mayChange || budget === undefined || !this.#mayGoOn() || !this.#takeFrom(budget)) return undefined;
    this.#tried = undefined;
    return this.#countRetry();
  }

  #countRetry(): number {
    this.#retries += 1;
    // A response that is not passed on is none.
    this.#exchange.respondedAtMs = 0;
    this.#exchange.core.counters.retries += 1;
    if (this.#retries === 1 && this.#tried !== undefined) return 0;
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#retries - 1, 10));
    return delayMs * (0.5 + this.#exchange.core.random());
  }

  /** Neither too often nor for too long: no longer than a single try may take for connecting and answering. */
  #mayGoOn(): boolean {
    const { core, service, timeouts } = this.#exchange;
    if (service === undefined || timeouts === undefined || this.#retries >= service.retries) return false;
    return core.deadlines.in(0) - this.#firstMs <= timeouts.connectTimeoutMs + timeouts.readTimeoutMs;
  }

  /** What was sent already costs its upstream twice. */
  #isWithin(budget: RetryBudget): boolean {
    const { core, service } = this.#exchange;
    if (budget.allows(core.deadlines.in(0), service?.retryBudgetPercent ?? 0)) return true;
    core.counters.retriesOverBudget += 1;
    return false;
  }

  #takeFrom(budget: RetryBudget): boolean {
    if (!this.#isWithin(budget)) return false;
    budget.retried(this.#exchange.core.deadlines.in(0));
    return true;
  }
}
