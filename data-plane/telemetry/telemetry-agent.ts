/**
 * The life of a telemetry record in the agent thread: shared counters → folded every interval → spooled → sent while
 * there is credit → forgotten when acknowledged. Holds T3 (balance.ts): nothing is dropped, and what a crash lost is told as such.
 * The session tells it when it is connected; the proxy threads hand over their tables.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { TelemetryBatch, VersionRow, Vitals } from '../../shared/wire/telemetry-codec.ts';
import { requestsIn } from '../../shared/wire/telemetry-merge.ts';
import type { Balance } from './balance.ts';
import { FoldedCounts } from './folded-counts.ts';
import { RunningTotals, type RouteLatency, type RouteTotal, type TargetTotal, type UsageTotal } from './running-totals.ts';
import { sliceBatches } from './slice-batches.ts';
import type { FsyncPolicy } from './spool-segments.ts';
import { Spool, type SpooledBatch } from './spool.ts';
import { LATENCY_DROPS, ThreadTables, type TelemetryTable } from './thread-tables.ts';

export interface TelemetryAgentOptions {
  /** Folder for the spool, ours alone. */
  readonly folder: string;
  readonly bootId: string;
  readonly foldIntervalMs: number;
  readonly maxSpoolBytes: number;
  /** When the spool is forced to the disk; by the kernel as it likes where not said. */
  readonly fsync?: FsyncPolicy;
  /** The disk refused: makes room where it can. Of access records, which give way to counts. */
  readonly makeRoom?: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** The version that is being served, stamped on each batch. */
  readonly servedVersion: () => ConfigVersion;
  /** Asked every VITALS_INTERVAL_MS; what goes with a batch of its own where nothing was counted. */
  readonly vitals?: (spool: SpoolVitals) => Vitals;
}

export type SpoolVitals = Pick<Vitals, 'spoolBytes' | 'spoolMaxBytes'>;

/** Where batches go while a session stands. */
export interface TelemetryChannel {
  sendTelemetry(batch: SpooledBatch): void;
}

/** In requests, since this process started (buffered includes earlier boots). */
export interface TelemetryTotals extends Balance {
  readonly bufferedBatches: number;
  readonly spoolBytes: number;
  readonly spoolMerges: number;
  /** Samples of latencies that were given up because the agent was late (latency-log.ts). */
  readonly droppedLatencies: number;
  /** Earlier boots that ended without a last fold; each lost at most one fold interval. */
  readonly crashGaps: number;
  /** Requests that those may have counted after their last fold, by their last rate: an estimate. */
  readonly crashLostRequests: number;
}

export const VITALS_INTERVAL_MS = 10_000;
/** A batch that the disk does not give back holds back those behind it for so many folds; then it is told as lost. */
export const READ_TRIES = 60;
/** The reason that it is told with, and the name in the books. */
export const UNREADABLE = 'unreadable';

export class TelemetryAgent {
  readonly #options: TelemetryAgentOptions;
  readonly #spool: Spool;
  readonly #timer: TimerHandle;
  readonly #threads = new Map<number, ThreadTables>();
  /** Counted since the last fold by threads that are gone. */
  #left = new FoldedCounts();
  /** Folded, not yet made batches (the disk may refuse for a while). */
  #pending = new FoldedCounts();
  /** Of one interval, not yet spooled. */
  #batches: TelemetryBatch[] = [];
  #pendingSinceMs: number;
  /** By the clock that does not jump. */
  #vitalsAtMs = Number.NEGATIVE_INFINITY;
  readonly #running: RunningTotals;
  #channel: TelemetryChannel | undefined;
  #credit = 0;
  #produced = 0;
  #delivered = 0;
  #droppedLatencies = 0;
  readonly #recovered: number;
  readonly #crashGaps: number;
  readonly #crashLostRequests: number;
  #spoolFailing = false;
  /** Folds at which the next batch could not be read. */
  #failedReads = 0;
  /** Requests in batches that were given up. */
  #unreadable = 0;

  constructor(options: TelemetryAgentOptions) {
    this.#options = options;
    const { folder, bootId, foldIntervalMs, clock, maxSpoolBytes } = options;
    this.#running = new RunningTotals(options.servedVersion);
    this.#spool = new Spool({ folder, bootId, maxBytes: maxSpoolBytes, nowMs: () => clock.nowMs(), foldIntervalMs, ...(options.fsync === undefined ? {} : { fsync: options.fsync }) });
    this.#pendingSinceMs = clock.nowMs();
    this.#recovered = this.#spool.bufferedRequests;
    this.#crashGaps = this.#spool.crashGaps.length;
    this.#crashLostRequests = Math.round(this.#spool.crashGaps.reduce((sum, gap) => sum + (gap.atMostMs / 1_000) * gap.lastRatePerSecond, 0));
    for (const gap of this.#spool.crashGaps) {
      options.log.warn({ event: 'telemetry-crash-gap', ...gap }, `an earlier run ended without its last fold: up to ${gap.atMostMs} ms of counts are lost`);
    }
    for (const what of this.#spool.unreadable) options.log.error({ event: 'telemetry-segment-unreadable', what }, `counts of an earlier run can't be read from the disk and are lost: ${what}`);
    this.#timer = clock.every(foldIntervalMs, () => this.fold());
  }

  /** A proxy thread starts a table. Its earlier one of that kind, if any, is complete: it is folded a last time and let go. */
  addTable(threadId: number, table: TelemetryTable): void {
    let tables = this.#threads.get(threadId);
    if (tables === undefined) this.#threads.set(threadId, (tables = new ThreadTables()));
    tables.add(table);
  }

  /** The thread is gone, its counts are not. */
  removeThread(threadId: number): void {
    this.#threads.get(threadId)?.finish(this.#left);
    this.#threads.delete(threadId);
  }

  /** Takes what the threads counted since the last fold, spools it, and sends what may be sent. */
  fold(): void {
    const folded = this.#left;
    this.#left = new FoldedCounts();
    for (const tables of this.#threads.values()) tables.fold(folded);
    this.#produced += folded.requests;
    this.#droppedLatencies += folded.drops.get(LATENCY_DROPS) ?? 0;
    this.#running.add(folded);
    if (this.#pending.isEmpty) this.#pending = folded;
    else this.#pending.absorb(folded);
    try {
      this.#spoolOrMakeRoom();
      this.#spoolFailing = false;
    } catch (thrown) {
      if (!this.#spoolFailing) {
        this.#options.log.error({ event: 'telemetry-spool-failed', reason: describeThrown(thrown) }, 'the telemetry spool cannot be written; counts are kept in memory and tried again');
      }
      this.#spoolFailing = true;
      this.#spool.missBeat();
    }
    this.#send({ counts: true });
  }

  /** A session stands; `credit` batches may be sent before the first acknowledgement. */
  connected(channel: TelemetryChannel, credit: number): void {
    this.#channel = channel;
    this.#credit = credit;
    this.#spool.rewind();
    this.#send();
  }

  addCredit(batches: number): void {
    this.#credit += batches;
    this.#send();
  }

  disconnected(): void {
    this.#channel = undefined;
    this.#credit = 0;
  }

  /** Everything of that boot up to `sequence` is stored at the control plane. */
  acknowledged(bootId: string, sequence: number): void {
    this.#delivered += this.#spool.acknowledge(bootId, sequence);
  }

  totals(): TelemetryTotals {
    return {
      produced: this.#produced,
      recovered: this.#recovered,
      delivered: this.#delivered,
      buffered: this.#spool.bufferedRequests + this.#pending.requests + this.#batches.reduce((sum, batch) => sum + requestsIn(batch), 0),
      dropped: { [UNREADABLE]: this.#unreadable },
      // What a run counted after its last fold is no part of what this one produced; `crashLostRequests` says how much that may be.
      lostAtCrash: 0,
      crashLostRequests: this.#crashLostRequests,
      bufferedBatches: this.#spool.bufferedBatches,
      spoolBytes: this.#spool.bytesOnDisk,
      spoolMerges: this.#spool.merges,
      droppedLatencies: this.#droppedLatencies,
      crashGaps: this.#crashGaps,
    };
  }

  /** Since the start, for /metrics; as all that follows, of the last fold. */
  routeTotals(): Iterable<RouteTotal> {
    return this.#running.routes();
  }

  usageTotals(): Iterable<UsageTotal> {
    return this.#running.usage();
  }

  routeLatencies(): Iterable<RouteLatency> {
    return this.#running.routeLatencies();
  }

  targetTotals(): Iterable<TargetTotal> {
    return this.#running.targets();
  }

  /** Of the two newest versions that had requests, or of the newest and the one that serves; the newer last. */
  versionTotals(): readonly VersionRow[] {
    return this.#running.versions();
  }

  /** Last fold, then the spool is closed as cleanly ended. Call after the proxy threads have stopped. */
  stop(): void {
    this.#timer.cancel();
    this.fold();
    this.#spool.close({ complete: this.#pending.isEmpty && this.#batches.length === 0 });
  }

  #spoolOrMakeRoom(): void {
    try {
      this.#spoolPending();
    } catch (thrown) {
      if (this.#options.makeRoom?.() !== true) throw thrown;
      this.#spoolPending();
    }
    this.#spool.beat();
  }

  /** What is left of an interval that the disk did not take whole goes first; what came meanwhile is one interval then. */
  #spoolPending(): void {
    this.#spoolBatches();
    this.#batches = this.#takePending();
    this.#spoolBatches();
  }

  #takePending(): TelemetryBatch[] {
    const { clock, servedVersion } = this.#options;
    const nowMs = clock.nowMs();
    const times = { fromMs: Math.min(this.#pendingSinceMs, nowMs), toMs: nowMs, version: servedVersion() };
    this.#pendingSinceMs = nowMs;
    const vitals = this.#vitalsDue(clock.monotonicMs());
    const crashGaps = [...this.#spool.crashGaps];
    if (this.#pending.isEmpty && vitals === undefined && crashGaps.length === 0) return [];
    const batches = sliceBatches(this.#pending).map((parts, index) => ({ ...times, ...parts, crashGaps: index === 0 ? crashGaps : [], vitals: index === 0 ? vitals : undefined }));
    this.#pending = new FoldedCounts();
    return batches;
  }

  #spoolBatches(): void {
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      this.#spool.append(batch);
      // First of all: whatever fails from here on, it must not be spooled again.
      this.#batches.shift();
      if (batch.crashGaps.length > 0) this.#spool.crashGapsReported();
    }
  }

  #vitalsDue(monotonicMs: number): Vitals | undefined {
    const { vitals, maxSpoolBytes } = this.#options;
    if (vitals === undefined || monotonicMs - this.#vitalsAtMs < VITALS_INTERVAL_MS) return undefined;
    this.#vitalsAtMs = monotonicMs;
    return vitals({ spoolBytes: this.#spool.bytesOnDisk, spoolMaxBytes: maxSpoolBytes });
  }

  /** `counts`: once per fold, so that tries to read are some time apart. */
  #send({ counts } = { counts: false }): void {
    while (this.#channel !== undefined && this.#credit > 0) {
      const batch = this.#nextBatch(counts);
      if (batch === undefined) return;
      this.#credit -= 1;
      this.#channel.sendTelemetry(batch);
    }
  }

  #nextBatch(counts: boolean): SpooledBatch | undefined {
    try {
      const batch = this.#spool.next();
      this.#failedReads = 0;
      return batch;
    } catch (thrown) {
      if (counts) this.#failedReads += 1;
      if (counts && this.#failedReads === 1) this.#options.log.error({ event: 'telemetry-unreadable', reason: describeThrown(thrown) }, 'a batch of the telemetry spool cannot be read back; it is tried again, and what is behind it waits');
      if (this.#failedReads >= READ_TRIES) this.#giveUpNext(describeThrown(thrown));
      return undefined;
    }
  }

  #giveUpNext(reason: string): void {
    const requests = this.#spool.giveUpNext();
    this.#failedReads = 0;
    this.#unreadable += requests;
    this.#pending.addDrops(UNREADABLE, requests);
    this.#options.log.error({ event: 'telemetry-lost', reason, requests }, `a batch of the telemetry spool was never read back: the counts of ${requests} requests are lost`);
  }
}
