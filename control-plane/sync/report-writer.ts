/**
 * Writes what all sessions of this instance learn of their data planes: merged per data plane, many in one statement, some
 * four times a second, seldomer where the database is slow. So a herd costs a few writes a second, and nothing queues: what
 * could not be written is kept, merged with what comes, and tried again. One per sync server.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { compareVersions } from '../../shared/model/version.ts';
import type { AheadClaim, DataPlaneReport } from '../store/data-plane-reports.ts';
import type { DataPlaneStore } from '../store/data-plane-store.ts';
import type { GatewayScope } from '../store/scope.ts';

/** A session as far as its reports go. */
export interface ReportingSession {
  readonly identity: GatewayScope & { readonly dataPlaneId: DataPlaneId };
  /** UUID. */
  readonly id: string;
  /** Monotonic milliseconds of its beginning. */
  readonly beganAtMs: number;
  /** Its report did not count: a later session of the same data plane is at another instance, or there is no such data plane. */
  readonly onOutlived: () => void;
  /** A start of its process came back after another one had taken over, so often within some minutes. */
  readonly onBootReturned: (times: number) => void;
  /** The database has nothing as new as what it says it accepted. */
  readonly onAhead: (claim: AheadClaim) => void;
}

export interface ReportWriterOptions {
  readonly dataPlanes: Pick<DataPlaneStore, 'report'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A report that comes after a pause waits this long for others. */
const GATHER_MS = 10;
const INTERVAL_MS = { least: 250, most: 5_000 };
/** So that writing reports takes at most a quarter of one database connection. */
const PAUSE_FACTOR = 4;
const MOST_IN_ONE = 500;
/** Reasons, quarantined entities and targets in one statement, on top of its reports. */
const MOST_DETAILS = 2_000;

interface Pending {
  readonly session: ReportingSession;
  readonly report: DataPlaneReport;
}

export class ReportWriter {
  readonly #options: ReportWriterOptions;
  readonly #pending = new Map<DataPlaneId, Pending>();
  #timer: TimerHandle | undefined;
  #flushing: Promise<void> | undefined;
  #nextAtMs = -Infinity;
  #failing = false;
  #stopped = false;

  constructor(options: ReportWriterOptions) {
    this.#options = options;
  }

  /** Written soon; never throws. A later session's report takes over from that of an earlier one. */
  add(session: ReportingSession, report: DataPlaneReport): void {
    const { dataPlaneId } = session.identity;
    const earlier = this.#pending.get(dataPlaneId);
    const pending: Pending = { session, report };
    this.#pending.set(dataPlaneId, earlier === undefined ? pending : mergePending(earlier, pending));
    this.#schedule();
  }

  /** Writes what waits, once. What comes later is not written any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#flushing;
    await this.#flush();
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#flushing !== undefined || this.#pending.size === 0) return;
    const delayMs = Math.max(GATHER_MS, this.#nextAtMs - this.#options.clock.monotonicMs());
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = undefined;
        this.#schedule();
      });
    });
  }

  async #flush(): Promise<void> {
    const { clock } = this.#options;
    const beganAtMs = clock.monotonicMs();
    let holds = true;
    for (let left = this.#pending.size; left > 0 && holds; ) {
      const batch = this.#takeBatch();
      left -= batch.length;
      holds = await this.#write(batch);
    }
    const tookMs = clock.monotonicMs() - beganAtMs;
    this.#nextAtMs = clock.monotonicMs() + (holds ? Math.min(Math.max(INTERVAL_MS.least, tookMs * PAUSE_FACTOR), INTERVAL_MS.most) : INTERVAL_MS.most / 5);
  }

  #takeBatch(): readonly Pending[] {
    const batch: Pending[] = [];
    let details = 0;
    for (const [id, pending] of this.#pending) {
      details += (pending.report.applied?.quarantined.length ?? 0) + (pending.report.rejection?.reasons.length ?? 0) + (pending.report.health?.targets.length ?? 0);
      if (batch.length === MOST_IN_ONE || (details > MOST_DETAILS && batch.length > 0)) break;
      batch.push(pending);
      this.#pending.delete(id);
    }
    return batch;
  }

  /** False where the database could not be asked: the rest would fare no better. */
  async #write(batch: readonly Pending[]): Promise<boolean> {
    const { dataPlanes, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    try {
      const stored = await dataPlanes.report(
        batch.map(({ session: { identity: { tenantId, gatewayId, dataPlaneId }, id, beganAtMs }, report }) => ({ tenantId, gatewayId, dataPlaneId, sessionId: id, sessionAgeMs: nowMs - beganAtMs, report })),
      );
      this.#failing = false;
      const counted = new Map(stored.map((one) => [one.dataPlaneId, one]));
      for (const { session, report } of batch) {
        const one = counted.get(session.identity.dataPlaneId);
        if (one === undefined) session.onOutlived();
        else {
          if (one.bootReturns > 0 && report.bootId !== undefined) session.onBootReturned(one.bootReturns);
          if (one.isAhead && report.ahead !== undefined) session.onAhead(report.ahead);
        }
      }
      return true;
    } catch (thrown) {
      // Whatever is known of the database's state passes; anything else is about what was to be written.
      return thrown instanceof HoldfastError ? this.#keep(batch, thrown) : await this.#narrow(batch, thrown);
    }
  }

  #keep(batch: readonly Pending[], thrown: HoldfastError): false {
    for (const pending of batch) {
      const { dataPlaneId } = pending.session.identity;
      const later = this.#pending.get(dataPlaneId);
      this.#pending.set(dataPlaneId, later === undefined ? pending : mergePending(pending, later));
    }
    if (!this.#failing) this.#options.log.warn({ event: 'data-plane-reports-failed', waiting: this.#pending.size, reason: describeThrown(thrown) }, 'the state of data planes could not be stored; tried again soon');
    this.#failing = true;
    return false;
  }

  /** One report that can't be stored must not keep the others out: it is found by halves. */
  async #narrow(batch: readonly Pending[], thrown: unknown): Promise<boolean> {
    if (batch.length === 1) {
      this.#options.log.error({ event: 'data-plane-report-lost', dataPlane: batch[0]?.session.identity.dataPlaneId, reason: describeThrown(thrown) }, 'the state of a data plane can not be stored and is left out');
      return true;
    }
    const middle = batch.length >> 1;
    const first = await this.#write(batch.slice(0, middle));
    const second = await this.#write(batch.slice(middle));
    return first && second;
  }
}

/** The word of a session that another one took over from may come late. */
function mergePending(earlier: Pending, later: Pending): Pending {
  const [first, last] = earlier.session.beganAtMs > later.session.beganAtMs ? [later, earlier] : [earlier, later];
  return { session: last.session, report: mergeReports(first.report, last.report) };
}

/** The later word counts; what was applied since clears a rejection that was not written yet. */
export function mergeReports(earlier: DataPlaneReport, later: DataPlaneReport): DataPlaneReport {
  const merged: Mutable<DataPlaneReport> = { ...earlier, ...later };
  const outlivedBy = later.applied ?? later.active;
  const { rejection } = merged;
  if (rejection !== undefined && later.rejection === undefined && outlivedBy !== undefined && compareVersions(rejection, outlivedBy.version) <= 0) delete merged.rejection;
  if (later.applied !== undefined) {
    if (later.applied.already === true && earlier.applied !== undefined && isServed(earlier.applied, later.applied)) merged.applied = { ...earlier.applied, quarantined: later.applied.quarantined };
    delete merged.active;
  } else if (later.active !== undefined && earlier.applied !== undefined) {
    merged.applied = isServed(earlier.applied, later.active) ? earlier.applied : { ...later.active, tookMs: undefined, quarantined: [] };
    delete merged.active;
  }
  return merged;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Served = NonNullable<DataPlaneReport['active']>;

function isServed(applied: Served, active: Served): boolean {
  return compareVersions(applied.version, active.version) === 0 && Buffer.from(applied.root).equals(active.root);
}
