/**
 * How releases come about and how fast they arrive, for `/metrics`: the publisher tells what it published and what each
 * release's changes were committed at, sessions tell what was applied. Counts what this instance saw. One per control plane.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { Counter, Histogram } from '../../shared/histogram.ts';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import type { GatewayScope } from '../store/scope.ts';

/** Releases whose commit is remembered, for data planes that apply them late. */
const REMEMBERED = 10_000;
/** Seconds: from a change in the same room to one that took a retry of everything. */
const PROPAGATION_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Known {
  readonly committedAtMs: number;
  readonly learnedAtMs: number;
}

export class PublishMeter {
  /** From the end of the collecting of a burst to the stored release, seconds. */
  readonly durations = new Histogram();
  readonly failures = new Counter();
  /** From the commit of a release's oldest change to a data plane's word that it serves it, seconds. By the clocks of database and control plane. */
  readonly propagation = new Histogram(PROPAGATION_BOUNDS);
  readonly #known = new LRUCache<string, Known>({ max: REMEMBERED });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A release that this instance made, or lost to another one. `tookMs` where it was made here. */
  published(scope: GatewayScope, version: ConfigVersion, { committedAt, tookMs }: { readonly committedAt: Date; readonly tookMs?: number }): void {
    if (tookMs !== undefined) this.durations.observe(tookMs / 1000);
    const key = keyOf(scope, version);
    if (this.#known.has(key)) return;
    this.#known.set(key, { committedAtMs: committedAt.getTime(), learnedAtMs: this.#clock.monotonicMs() });
  }

  /** A data plane serves it, connected since `connectedAtMs` (monotonic). Who came later than the release says nothing of its way. */
  applied(scope: GatewayScope, version: ConfigVersion, connectedAtMs: number): void {
    const known = this.#known.get(keyOf(scope, version));
    if (known === undefined || connectedAtMs > known.learnedAtMs) return;
    this.propagation.observe(Math.max(0, this.#clock.nowMs() - known.committedAtMs) / 1000);
  }
}

function keyOf({ gatewayId }: GatewayScope, version: ConfigVersion): string {
  return `${gatewayId} ${formatVersion(version)}`;
}
