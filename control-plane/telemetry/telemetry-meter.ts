/**
 * What a control plane counts of telemetry that it takes and adds up. Filled by ingest.ts and roll-up.ts; told by status/control-plane-metrics.ts
 * and status-report.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { Counter, Labelled } from '../../shared/histogram.ts';

export type TelemetryStream = 'counts' | 'records';

/** Of a family of rows (store/telemetry-families.ts), as it was when it was last asked for. */
export interface Backlog {
  /** At most; numbers are left out now and then. */
  readonly rows: number;
  /** When the oldest of them came; undefined where none waits. */
  readonly oldest: Date | undefined;
}

/** From here on rankings read rows that should be added up long ago, and no partition of them can go. */
const LATE_MS = 5 * 60_000;

export class TelemetryMeter {
  readonly #clock: Clock;
  /** Labels: stream, outcome (stored, duplicate, failed). */
  readonly batches = new Labelled(() => new Counter(), 6);
  /** Of batches that were stored. Labels: stream. */
  readonly rows = new Labelled(() => new Counter(), 2);
  readonly rolledUpRows = new Counter();
  readonly expiredRows = new Counter();
  readonly droppedPartitions = new Counter();
  readonly rollUpFailures = new Counter();
  readonly backlogs = new Map<string, Backlog>();
  readonly #begun: Record<TelemetryStream, Set<{ readonly atMs: number }>> = { counts: new Set(), records: new Set() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a batch of so many rows, from the moment it came to its end. */
  async count(stream: TelemetryStream, rows: number, commit: Promise<'stored' | 'duplicate'>): Promise<void> {
    const begun = { atMs: this.#clock.monotonicMs() };
    this.#begun[stream].add(begun);
    let outcome = 'failed';
    try {
      outcome = await commit;
      if (outcome === 'stored') this.rows.of({ stream }).add(rows);
    } finally {
      this.#begun[stream].delete(begun);
      this.batches.of({ stream, outcome }).add();
    }
  }

  /** Batches that are not committed yet, and for how long the first of them waits. */
  waiting(stream: TelemetryStream): { readonly batches: number; readonly oldestMs: number } {
    const [first] = this.#begun[stream];
    return { batches: this.#begun[stream].size, oldestMs: first === undefined ? 0 : this.#clock.monotonicMs() - first.atMs };
  }

  /** Milliseconds since the oldest row came that is not added up; 0 where none waits. */
  behindMs({ oldest }: Backlog): number {
    return oldest === undefined ? 0 : Math.max(0, this.#clock.nowMs() - oldest.getTime());
  }

  /** Undefined where rows are added up soon after they came. */
  whyBehind(): string | undefined {
    const behindMs = Math.max(0, ...[...this.backlogs.values()].map((one) => this.behindMs(one)));
    if (behindMs < LATE_MS) return undefined;
    return `telemetry of the last ${Math.round(behindMs / 60_000)} minutes is not added up: answers are exact but slow, and the disk fills; look for a transaction that writes for long (pg_stat_activity, pg_prepared_xacts) in any database of the server, and for telemetry-roll-up-failed in the log`;
  }
}
