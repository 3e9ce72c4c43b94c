/** Upstream failures for the operator: one line per kind and endpoint in ten seconds, with how many it stands for (R5). */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { UpstreamFailure } from '../upstreams/upstream-connection.ts';
import { configOf, type PinnedConfig } from './pinned-configs.ts';

const PERIOD_MS = 10_000;
const MAX_KEYS = 1_000;

export class FailureLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly sinceMs: number; suppressed: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  upstreamFailed(code: string, endpoint: string, failure: UpstreamFailure, pinned: PinnedConfig | undefined): void {
    const key = `${code} ${endpoint}`;
    const nowMs = this.#clock.monotonicMs();
    const seen = this.#seen.get(key);
    if (seen !== undefined && nowMs - seen.sinceMs < PERIOD_MS) {
      seen.suppressed += 1;
      return;
    }
    if (this.#seen.size >= MAX_KEYS) this.#seen.clear();
    this.#seen.set(key, { sinceMs: nowMs, suppressed: 0 });
    this.#log.warn({ event: 'upstream-failed', code, endpoint, ...configOf(pinned), reason: reasonOf(failure), since: seen?.suppressed ?? 0 }, `upstream ${endpoint}: ${reasonOf(failure)}`);
  }
}

function reasonOf(failure: UpstreamFailure): string {
  switch (failure.kind) {
    case 'connect-failed':
    case 'closed':
      return failure.cause === undefined ? failure.kind : describeThrown(failure.cause);
    case 'invalid':
      return failure.fault.code;
    default:
      return failure.kind;
  }
}
