/**
 * The life of a telemetry record in the agent thread: shared counters → folded every interval → spooled → sent while
 * there is credit → forgotten when acknowledged. Holds T3: produced = delivered + buffered + what a crash lost; nothing is
 * dropped. The session tells it when it is connected; the proxy threads hand over their tables.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { MAXIMUM_BATCH_ROWS, type TelemetryBatch, type UsageRow, type VersionRow } from '../../shared/wire/telemetry-codec.ts';
import { addVersionRow, boundVersionRows, keyOfUsageRow } from '../../shared/wire/telemetry-merge.ts';
import { Spool, type SpooledBatch } from './spool.ts';
import { UsageReader, type UsageCounts, type UsageKey } from './usage-table.ts';
import { VersionReader } from './version-table.ts';

export interface TelemetryAgentOptions {
  /** Folder for the spool, ours alone. */
  readonly folder: string;
  readonly bootId: string;
  readonly foldIntervalMs: number;
  readonly maxSpoolBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** The version that is being served, stamped on each batch. */
  readonly servedVersion: () => ConfigVersion;
}

/** Where batches go while a session stands. */
export interface TelemetryChannel {
  sendTelemetry(batch: SpooledBatch): void;
}

/** In requests, since this process started (buffered includes earlier boots). */
export interface TelemetryTotals {
  readonly produced: number;
  readonly delivered: number;
  readonly buffered: number;
  readonly bufferedBatches: number;
  readonly spoolBytes: number;
  readonly spoolMerges: number;
  /** Earlier boots that ended without a last fold; each lost at most one fold interval. */
  readonly crashGaps: number;
}

/** Cumulative counts of one route and status class, for /metrics. */
export interface RouteTotal extends Readonly<UsageCounts> {
  readonly routeId: string;
  readonly statusClass: number;
}

/** Kept for /metrics: those of 10,000 routes. Beyond it the oldest begins anew at 0, so that routes that come and go do not add up (R5). */
const MAX_ROUTE_TOTALS = 60_000;
/** Versions whose counts are kept for /status and /metrics: what serves, and what it is to be compared with. */
const VERSION_TOTALS = 2;

export class TelemetryAgent {
  readonly #options: TelemetryAgentOptions;
  readonly #spool: Spool;
  readonly #timer: TimerHandle;
  /** The live table of each thread. */
  readonly #tables = new Map<number, UsageReader>();
  readonly #versionTables = new Map<number, VersionReader>();
  /** Folded, not yet spooled (the disk may refuse for a while). */
  readonly #pending = new Map<string, UsageKey & UsageCounts>();
  /** Likewise; they go with the first slice. */
  readonly #pendingVersions = new Map<string, VersionRow>();
  #pendingSinceMs: number;
  readonly #routeTotals = new Map<string, UsageKey & UsageCounts>();
  readonly #versionTotals = new Map<string, VersionRow>();
  #channel: TelemetryChannel | undefined;
  #credit = 0;
  #produced = 0;
  #delivered = 0;
  readonly #crashGaps: number;
  #spoolFailing = false;

  constructor(options: TelemetryAgentOptions) {
    this.#options = options;
    const { folder, bootId, foldIntervalMs, clock, maxSpoolBytes } = options;
    this.#spool = new Spool({ folder, bootId, maxBytes: maxSpoolBytes, nowMs: () => clock.nowMs(), foldIntervalMs });
    this.#pendingSinceMs = clock.nowMs();
    this.#crashGaps = this.#spool.crashGaps.length;
    for (const gap of this.#spool.crashGaps) {
      options.log.warn({ event: 'telemetry-crash-gap', ...gap }, `an earlier run ended without its last fold: up to ${gap.atMostMs} ms of counts are lost`);
    }
    for (const what of this.#spool.unreadable) options.log.error({ event: 'telemetry-segment-unreadable', what }, `counts of an earlier run can't be read from the disk and are lost: ${what}`);
    this.#timer = clock.every(foldIntervalMs, () => this.fold());
  }

  /** A proxy thread starts a table. Its earlier one, if any, is complete: it is folded a last time and let go. */
  addTable(threadId: number, table: SharedArrayBuffer): void {
    this.#foldTable(this.#tables.get(threadId));
    this.#tables.set(threadId, new UsageReader(table));
  }

  /** As `addTable`, by configuration version. */
  addVersionTable(threadId: number, table: SharedArrayBuffer): void {
    this.#foldVersions(this.#versionTables.get(threadId));
    this.#versionTables.set(threadId, new VersionReader(table));
  }

  /** The thread is gone, its counts are not. */
  removeThread(threadId: number): void {
    this.#foldTable(this.#tables.get(threadId));
    this.#tables.delete(threadId);
    this.#foldVersions(this.#versionTables.get(threadId));
    this.#versionTables.delete(threadId);
  }

  /** Takes what the threads counted since the last fold, spools it, and sends what may be sent. */
  fold(): void {
    for (const reader of this.#tables.values()) this.#foldTable(reader);
    for (const reader of this.#versionTables.values()) this.#foldVersions(reader);
    try {
      this.#spoolPending();
      this.#spool.beat();
      this.#spoolFailing = false;
    } catch (thrown) {
      if (!this.#spoolFailing) {
        this.#options.log.error({ event: 'telemetry-spool-failed', reason: describeThrown(thrown) }, 'the telemetry spool cannot be written; counts are kept in memory and tried again');
      }
      this.#spoolFailing = true;
    }
    this.#send();
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
    let pending = 0;
    for (const row of this.#pending.values()) pending += row.requests;
    return {
      produced: this.#produced,
      delivered: this.#delivered,
      buffered: this.#spool.bufferedRequests + pending,
      bufferedBatches: this.#spool.bufferedBatches,
      spoolBytes: this.#spool.bytesOnDisk,
      spoolMerges: this.#spool.merges,
      crashGaps: this.#crashGaps,
    };
  }

  routeTotals(): Iterable<RouteTotal> {
    return this.#routeTotals.values();
  }

  /** Cumulative counts of the two newest versions that had requests, or of the newest and the one that serves; the newer last. */
  versionTotals(): readonly VersionRow[] {
    return [...this.#versionTotals.values()].toSorted((a, b) => compareVersions(a.version, b.version));
  }

  /** Last fold, then the spool is closed as cleanly ended. Call after the proxy threads have stopped. */
  stop(): void {
    this.#timer.cancel();
    this.fold();
    this.#spool.close({ complete: this.#pending.size === 0 && this.#pendingVersions.size === 0 });
  }

  #foldTable(reader: UsageReader | undefined): void {
    reader?.fold((key, counts) => {
      this.#produced += counts.requests;
      addTo(this.#pending, keyOfUsageRow(key), key, counts);
      addTo(this.#routeTotals, `${key.routeId}/${key.statusClass}`, key, counts);
      const [oldest] = this.#routeTotals.size > MAX_ROUTE_TOTALS ? this.#routeTotals.keys() : [];
      if (oldest !== undefined) this.#routeTotals.delete(oldest);
    });
  }

  #foldVersions(reader: VersionReader | undefined): void {
    reader?.fold((row) => {
      addVersionRow(this.#pendingVersions, row);
      if (formatVersion(row.version) === formatVersion(NO_VERSION)) return;
      addVersionRow(this.#versionTotals, row);
      if (this.#versionTotals.size > VERSION_TOTALS) this.#forgetOldestVersion();
    });
  }

  /** But never the one that serves: after a fall-back that is not the newest. */
  #forgetOldestVersion(): void {
    const served = formatVersion(this.#options.servedVersion());
    const oldest = this.versionTotals().map(({ version }) => formatVersion(version)).find((name) => name !== served);
    if (oldest !== undefined) this.#versionTotals.delete(oldest);
  }

  #spoolPending(): void {
    const nowMs = this.#options.clock.nowMs();
    const times = { fromMs: Math.min(this.#pendingSinceMs, nowMs), toMs: nowMs, version: this.#options.servedVersion(), drops: [] };
    if ((this.#spool.crashGaps.length > 0 || this.#pendingVersions.size > 0) && this.#pending.size === 0) this.#appendSlice(times, []);
    const rows = [...this.#pending];
    for (let at = 0; at < rows.length; at += MAXIMUM_BATCH_ROWS) this.#appendSlice(times, rows.slice(at, at + MAXIMUM_BATCH_ROWS));
    this.#pendingSinceMs = nowMs;
  }

  /** One batch of the interval. What is spooled is not pending any more, also where the next slice fails. */
  #appendSlice(times: Omit<TelemetryBatch, 'usage' | 'versions' | 'crashGaps'>, rows: readonly (readonly [string, UsageRow])[]): void {
    this.#spool.append({ ...times, usage: rows.map(([, row]) => row), versions: boundVersionRows([...this.#pendingVersions.values()]), crashGaps: [...this.#spool.crashGaps] });
    // First of all: whatever fails from here on, these rows must not be spooled again.
    for (const [name] of rows) this.#pending.delete(name);
    this.#pendingVersions.clear();
    this.#spool.crashGapsReported();
  }

  #send(): void {
    while (this.#channel !== undefined && this.#credit > 0) {
      const batch = this.#spool.next();
      if (batch === undefined) return;
      this.#credit -= 1;
      this.#channel.sendTelemetry(batch);
    }
  }
}

function addTo(sums: Map<string, UsageKey & UsageCounts>, name: string, key: UsageKey, counts: UsageCounts): void {
  const sum = sums.get(name);
  if (sum === undefined) {
    sums.set(name, { ...key, ...counts });
    return;
  }
  sum.requests += counts.requests;
  sum.bytesIn += counts.bytesIn;
  sum.bytesOut += counts.bytesOut;
  sum.durationMicros += counts.durationMicros;
}
