/**
 * One attempt of a request at a target: where, when, with what result. Made by retry-policy.ts for every attempt, read by whoever
 * accounts for the request (logs of plugins, target counters, access records). An attempt that succeeds over a connection that is open
 * costs one small object and no look at the clock that was not taken anyway.
 */
import type { UpstreamTry } from '../../shared/plugins/contract.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';

/** Why no response came: what retries are counted by, the rest in the same manner. */
export type AttemptFailure = 'connect' | 'timeout' | 'reset' | 'invalid' | 'no-connection';

export class Attempt {
  readonly endpoint: Endpoint;
  /** Name of the upstream entity, or the service's host. */
  readonly upstream: string;
  readonly previous: Attempt | undefined;
  /** Monotonic milliseconds. When a connection was first wished for, where there was none; 0 while none was needed. */
  wishedAtMs = 0;
  /** When the request was sent; 0 where it was not. */
  sentAtMs = 0;
  /** When the head of the response came, or the attempt failed; 0 while it goes on. */
  endedAtMs = 0;
  /** When the pause after its failure was over and no target was left to go to; 0 where there was no such end. */
  leftAtMs = 0;
  /** 0 where no response came. */
  status = 0;
  failure: AttemptFailure | undefined;

  constructor(endpoint: Endpoint, upstream: string, previous: Attempt | undefined) {
    this.endpoint = endpoint;
    this.upstream = upstream;
    this.previous = previous;
  }

  failed(failure: AttemptFailure, nowMs: number): void {
    if (this.endedAtMs !== 0) return;
    this.failure = failure;
    this.endedAtMs = nowMs;
  }

  /** When the target's time began: with the wish for a connection, or with sending over one that was open; 0 while neither happened. */
  get beganAtMs(): number {
    if (this.wishedAtMs !== 0) return this.wishedAtMs;
    return this.sentAtMs !== 0 ? this.sentAtMs : this.endedAtMs;
  }
}

/** What of a request the times of its upstream and of the gateway are taken from. */
interface TimedRequest {
  readonly attempt: Attempt | undefined;
  readonly startedAtMs: number;
  readonly respondedAtMs: number;
}

/** When the first attempt began, monotonic; 0 where none did. */
export function upstreamBeganAtMs(last: Attempt | undefined): number {
  let beganAtMs = 0;
  for (let attempt = last; attempt !== undefined; attempt = attempt.previous) if (attempt.beganAtMs !== 0) ({ beganAtMs } = attempt);
  return beganAtMs;
}

/**
 * Milliseconds from the first wish for a connection to the head of the response or the last failure, with the pauses between attempts: waiting for
 * an upstream is not the gateway's time. `totalMs`: how long the request took, for an attempt (or a pause) that goes on until its end.
 */
export function upstreamMsOf(request: TimedRequest, totalMs: number): number {
  const { attempt, startedAtMs, respondedAtMs } = request;
  const beganAtMs = upstreamBeganAtMs(attempt);
  if (attempt === undefined || beganAtMs === 0) return 0;
  if (respondedAtMs === 0) return startedAtMs + totalMs - beganAtMs;
  const { endedAtMs, leftAtMs } = attempt;
  return (endedAtMs === 0 ? respondedAtMs : Math.max(endedAtMs, leftAtMs)) - beganAtMs;
}

/** Milliseconds until the head of the response was there, without `upstreamMs`. */
export function gatewayMsOf({ startedAtMs, respondedAtMs }: TimedRequest, totalMs: number, upstreamMs: number): number {
  return Math.max(0, (respondedAtMs === 0 ? totalMs : respondedAtMs - startedAtMs) - upstreamMs);
}

/** As log plugins see them, oldest first. `epochOffsetMs`: what makes monotonic times wall times. */
export function triesOf(last: Attempt | undefined, epochOffsetMs: number, nowMs: number): readonly UpstreamTry[] {
  const tries: UpstreamTry[] = [];
  for (let attempt = last; attempt !== undefined; attempt = attempt.previous) tries.push(tryOf(attempt, epochOffsetMs, nowMs));
  return tries.reverse();
}

function tryOf({ endpoint, upstream, beganAtMs, sentAtMs, endedAtMs, status, failure }: Attempt, epochOffsetMs: number, nowMs: number): UpstreamTry {
  const endMs = endedAtMs === 0 ? nowMs : endedAtMs;
  const startMs = beganAtMs === 0 ? endMs : beganAtMs;
  return {
    upstream,
    target: endpoint.target,
    address: endpoint.address,
    port: endpoint.port,
    startedAtMs: startMs + epochOffsetMs,
    connectMs: Math.max(0, (sentAtMs === 0 ? endMs : sentAtMs) - startMs),
    totalMs: Math.max(0, endMs - startMs),
    status: status === 0 ? undefined : status,
    failure: endedAtMs === 0 ? 'abandoned' : failure,
  };
}
