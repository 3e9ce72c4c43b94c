/**
 * The health of one address as a circuit breaker: closed (takes requests), open (takes none), half-open (takes one at a time
 * that shows whether it is back). Pure and total: `(state, event) → { state, effect }`; peer-health.ts runs it and keeps the
 * times. What counts how often comes from Kong's health checks and from outlier detection (health-policy.ts).
 */

/** How often in a row; 0 turns it off. */
export interface Thresholds {
  readonly successes: number;
  readonly tcpFailures: number;
  readonly timeouts: number;
  readonly httpFailures: number;
}

export interface HealthPolicy {
  /** For active checks. */
  readonly check: Thresholds;
  /** For what is seen of the traffic. */
  readonly traffic: Thresholds;
  /** Failed requests in a row, of whatever kind, that eject; 0 turns it off. */
  readonly outlierFailures: number;
}

export type FailureKind = 'tcp' | 'timeout' | 'http';
export type HealthSource = 'check' | 'traffic';
/** `switched`: an operator said so; requests do not find out whether it is back. */
export type OpenCause = 'tcp-failures' | 'timeouts' | 'http-failures' | 'outlier' | 'switched';

interface Counts {
  readonly tcp: number;
  readonly timeout: number;
  readonly http: number;
}

export type HealthState =
  /** `inRow`: failed requests since the last good one. */
  | { readonly kind: 'closed'; readonly check: Counts; readonly traffic: Counts; readonly inRow: number }
  /** `attempt` counts from 1 and lengthens the back-off; `successes` of checks since it opened. */
  | { readonly kind: 'open'; readonly cause: OpenCause; readonly attempt: number; readonly successes: number }
  /** `probing`: a request is under way that decides. */
  | { readonly kind: 'half-open'; readonly cause: OpenCause; readonly attempt: number; readonly successes: number; readonly probing: boolean };

export type HealthEvent =
  | { readonly kind: 'success'; readonly from: HealthSource }
  /** `counts`: by Kong's lists of statuses; `isOutlier`: for outlier detection; `mayEject`: few enough are ejected. */
  | { readonly kind: 'failure'; readonly from: HealthSource; readonly what: FailureKind; readonly counts: boolean; readonly isOutlier: boolean; readonly mayEject: boolean }
  /** The back-off is over. */
  | { readonly kind: 'elapsed' }
  /** A request was let through to see whether it is back. */
  | { readonly kind: 'probe-taken' }
  /** That request ended without telling anything. */
  | { readonly kind: 'probe-lost' };

export type HealthEffect = 'opened' | 'half-opened' | 'closed';

export interface HealthStep {
  readonly state: HealthState;
  readonly effect: HealthEffect | undefined;
}

const NO_COUNTS: Counts = { tcp: 0, timeout: 0, http: 0 };
export const CLOSED: HealthState = { kind: 'closed', check: NO_COUNTS, traffic: NO_COUNTS, inRow: 0 };

const CAUSES: Readonly<Record<FailureKind, OpenCause>> = { tcp: 'tcp-failures', timeout: 'timeouts', http: 'http-failures' };

type Closed = Extract<HealthState, { kind: 'closed' }>;
type Open = Extract<HealthState, { kind: 'open' }>;
type HalfOpen = Extract<HealthState, { kind: 'half-open' }>;
type Failure = Extract<HealthEvent, { kind: 'failure' }>;

export function nextHealth(state: HealthState, event: HealthEvent, policy: HealthPolicy): HealthStep {
  switch (state.kind) {
    case 'closed':
      return fromClosed(state, event, policy);
    case 'open':
      return fromOpen(state, event, policy);
    case 'half-open':
      return fromHalfOpen(state, event, policy);
  }
}

export function openState(cause: OpenCause, attempt: number): HealthState {
  return { kind: 'open', cause, attempt, successes: 0 };
}

function fromClosed(state: Closed, event: HealthEvent, policy: HealthPolicy): HealthStep {
  switch (event.kind) {
    case 'failure':
      return countFailure(state, event, policy);
    case 'success': {
      // Nearly every request ends here, and changes nothing.
      const inRow = event.from === 'traffic' ? 0 : state.inRow;
      if (state[event.from] === NO_COUNTS && state.inRow === inRow) return stay(state);
      return stay({ ...state, [event.from]: NO_COUNTS, inRow });
    }
    case 'elapsed':
    case 'probe-taken':
    case 'probe-lost':
      return stay(state);
  }
}

function countFailure(state: Closed, { from, what, counts, isOutlier, mayEject }: Failure, policy: HealthPolicy): HealthStep {
  const limit = limitOf(policy[from], what);
  const known = state[from];
  const counted = counts && limit > 0 ? { ...known, [what]: known[what] + 1 } : known;
  const inRow = isOutlier ? Math.min(state.inRow + 1, 255) : state.inRow;
  if (limit > 0 && counted[what] >= limit) return { state: openState(CAUSES[what], 1), effect: 'opened' };
  if (mayEject && policy.outlierFailures > 0 && inRow >= policy.outlierFailures) return { state: openState('outlier', 1), effect: 'opened' };
  return stay({ ...state, [from]: counted, inRow });
}

function fromOpen(state: Open, event: HealthEvent, policy: HealthPolicy): HealthStep {
  switch (event.kind) {
    case 'success': {
      // Answers to requests that were sent before it opened tell nothing new.
      if (event.from === 'traffic' || policy.check.successes === 0) return stay(state);
      const successes = state.successes + 1;
      return successes >= policy.check.successes ? { state: CLOSED, effect: 'closed' } : stay({ ...state, successes });
    }
    case 'failure':
      return event.from === 'traffic' || state.successes === 0 ? stay(state) : stay({ ...state, successes: 0 });
    case 'elapsed':
      return { state: { ...state, kind: 'half-open', successes: 0, probing: false }, effect: 'half-opened' };
    case 'probe-taken':
    case 'probe-lost':
      return stay(state);
  }
}

function fromHalfOpen(state: HalfOpen, event: HealthEvent, policy: HealthPolicy): HealthStep {
  switch (event.kind) {
    case 'success': {
      const successes = state.successes + 1;
      const enough = Math.max(1, policy[event.from].successes);
      return successes >= enough ? { state: CLOSED, effect: 'closed' } : stay({ ...state, successes, probing: false });
    }
    case 'failure':
      return { state: openState(state.cause, state.attempt + 1), effect: 'opened' };
    case 'elapsed':
      return stay(state);
    case 'probe-taken':
      return stay({ ...state, probing: true });
    case 'probe-lost':
      return stay({ ...state, probing: false });
  }
}

function stay(state: HealthState): HealthStep {
  return { state, effect: undefined };
}

function limitOf(thresholds: Thresholds, what: FailureKind): number {
  switch (what) {
    case 'tcp':
      return thresholds.tcpFailures;
    case 'timeout':
      return thresholds.timeouts;
    case 'http':
      return thresholds.httpFailures;
  }
}
