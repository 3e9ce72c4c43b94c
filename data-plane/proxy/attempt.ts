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
}

/** Milliseconds from sending to the head of the response or the failure, over all attempts. `nowMs`: where the last goes on. */
export function upstreamMsOf(last: Attempt | undefined, nowMs: number): number {
  let sum = 0;
  for (let attempt = last; attempt !== undefined; attempt = attempt.previous) {
    if (attempt.sentAtMs !== 0) sum += (attempt.endedAtMs === 0 ? nowMs : attempt.endedAtMs) - attempt.sentAtMs;
  }
  return sum;
}

/** As log plugins see them, oldest first. `epochOffsetMs`: what makes monotonic times wall times. */
export function triesOf(last: Attempt | undefined, epochOffsetMs: number, nowMs: number): readonly UpstreamTry[] {
  const tries: UpstreamTry[] = [];
  for (let attempt = last; attempt !== undefined; attempt = attempt.previous) tries.push(tryOf(attempt, epochOffsetMs, nowMs));
  return tries.reverse();
}

function tryOf({ endpoint, upstream, wishedAtMs, sentAtMs, endedAtMs, status, failure }: Attempt, epochOffsetMs: number, nowMs: number): UpstreamTry {
  const endMs = endedAtMs === 0 ? nowMs : endedAtMs;
  const startMs = wishedAtMs !== 0 ? wishedAtMs : sentAtMs !== 0 ? sentAtMs : endMs;
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
