/**
 * How looking at rules of alerts and telling webhooks goes, for `/metrics`: what this control plane did, and what stands in the database, as it was read
 * last. Written by alert-watch.ts and webhook-sender.ts. One per control plane.
 */
import { Counter, Labelled } from '../../shared/histogram.ts';

/** Of all tenants, so that every control plane tells the same. */
export interface StandingCounts {
  readonly firing: ReadonlyMap<string, number>;
  readonly waiting: number;
  readonly oldest: Date | undefined;
}

export class AlertMeter {
  /** By outcome: `noted`, `outdated`, `failed`. */
  readonly looks = new Labelled(() => new Counter(), 8);
  /** Of looks that were noted, beyond what can stand. */
  readonly findingsLeftOut = new Counter();
  /** By outcome: `delivered`, `failed` (tried again), `given_up`. */
  readonly deliveries = new Labelled(() => new Counter(), 8);
  /** Messages for which there was no room. */
  readonly dropped = new Counter();
  standing: StandingCounts | undefined;
}
