/**
 * Where folded counts wait for the control plane: sequence-numbered batches of this boot and of earlier ones, in segment
 * files (spool-segments.ts), until acknowledged (T3). Nothing is dropped for space: what waits longer is merged into coarser
 * intervals (INTERVALS), above the bound as far as a frame can carry it and without the latencies of single rows, so totals stay
 * exact. Owned by the agent thread; every call is synchronous and bounded in what it does.
 *
 * Folder: `<folder>/<boot id>/<number>.segment`. A merged record covers first…last; after a crash between writing it and
 * removing what it covers, the wider record wins. A killed process loses no record; what a machine loses without power, the
 * policy says (FsyncPolicy).
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeTelemetryBatch, encodeTelemetryBatch, USAGE_RESOLUTION_MS, type CrashGap, type TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import { mergeTelemetryBatches, requestsIn, withoutRowLatencies } from '../../shared/wire/telemetry-merge.ts';
import { defined } from '../../shared/assert.ts';
import { describeThrown } from '../../shared/errors.ts';
import { isUuid } from '../../shared/model/ids.ts';
import { sliceBatch } from './slice-batches.ts';
import { pathOfSegment, readRecord, readSegments, SegmentWriter, writeSegment, type FsyncPolicy, type ReadSegments, type RecordContent, type Segment, type SpoolRecord } from './spool-segments.ts';

/** What is merged in one go, in bytes of batches and in batches: some 100 ms of work. */
const MERGE_BYTES = 2 * 1024 * 1024;
/** For want of space, where the keys of one interval are more than that holds. */
const MOST_MERGE_BYTES = 16 * 1024 * 1024;
const MERGE_BATCHES = 4_096;
/** What has waited for so long becomes one batch for each interval: the first is as fine as the control plane keeps, so nothing is lost by it. */
const INTERVALS = [
  { lengthMs: USAGE_RESOLUTION_MS, afterMs: 0 },
  { lengthMs: 60_000, afterMs: 10 * 60_000 },
  { lengthMs: 3_600_000, afterMs: 6 * 3_600_000 },
] as const;
/** The writer of what is merged for want of space, behind those of INTERVALS. */
const SPACE = INTERVALS.length;
/** Runs that wait to be merged: beyond it the bound on the disk sees to them. */
const MOST_DUE = 1_000;
/** Batches of one interval that are looked at where a rate is wanted. */
const MOST_SLICES = 100;
const CLEAN_END = 'ended';
const HEARTBEAT = 'last-fold';
/** Newer than the heartbeat where folds since then could not be spooled. */
const MISSED = 'last-try';

export interface SpoolOptions {
  readonly folder: string;
  readonly bootId: string;
  /** Above this many bytes on disk, older unsent batches are merged into coarser ones. */
  readonly maxBytes: number;
  readonly segmentBytes?: number;
  /** `never` where not said. The interval is that of the folds. */
  readonly fsync?: FsyncPolicy;
  readonly nowMs: () => number;
  /** Upper bound of what an unclean end loses, milliseconds: one fold interval, where the disk takes what is folded. */
  readonly foldIntervalMs: number;
}

export interface SpooledBatch {
  readonly bootId: string;
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

interface Boot {
  readonly id: string;
  readonly folder: string;
  /** Ascending by sequence. */
  records: SpoolRecord[];
  segments: Segment[];
}

export class Spool {
  readonly #options: SpoolOptions;
  /** The running boot last. */
  readonly #boots: Boot[];
  readonly #current: Boot;
  readonly #crashGaps: CrashGap[] = [];
  readonly #unreadable: string[] = [];
  #segments = 0;
  /** Merged records have segments of their own, for each of INTERVALS and for want of space, so that those of what they replace can go. */
  readonly #appended: SegmentWriter;
  readonly #merged: readonly SegmentWriter[];
  #nextSequence = 1;
  #merges = 0;
  #mergeAboveBytes: number;
  #mergeBytes = MERGE_BYTES;
  /** Sequence at which the next merge for want of space begins: each goes on where the last one stopped. */
  #mergeFrom = 0;
  /** When the batches of this run begin that were never sent; merged ones as their first. */
  readonly #startOf = new WeakMap<SpoolRecord, number>();
  /** For each of INTERVALS, the first that is not over and old enough yet. */
  readonly #ripe: number[] = [];
  /** Runs of neighbours to be merged, one with each append. */
  #due: { readonly level: number; readonly run: readonly SpoolRecord[] }[] = [];

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#mergeAboveBytes = options.maxBytes;
    this.#boots = this.#loadEarlierBoots();
    const folder = join(options.folder, options.bootId);
    this.#current = { id: options.bootId, folder, records: [], segments: [] };
    this.#boots.push(this.#current);
    const writer = { folder, segmentBytes: options.segmentBytes ?? 256 * 1024, nextNumber: () => (this.#segments += 1), onNewSegment: (segment: Segment) => void this.#current.segments.push(segment), fsync: options.fsync ?? 'never' };
    this.#appended = new SegmentWriter(writer);
    this.#merged = [...INTERVALS, SPACE].map(() => new SegmentWriter(writer));
    try {
      this.beat();
    } catch {
      // A full disk must not keep a data plane from serving what it has (S2). The caller's next beat says what is wrong.
    }
  }

  /** Earlier boots that ended without their last fold, found at start; each is reported once. */
  get crashGaps(): readonly CrashGap[] {
    return this.#crashGaps;
  }

  /** What of earlier boots the disk does not give back, found at start; one text each, for the operator. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /** Requests that wait for an acknowledgement. */
  get bufferedRequests(): number {
    return this.#boots.reduce((sum, boot) => sum + boot.records.reduce((n, record) => n + record.requests, 0), 0);
  }

  get bufferedBatches(): number {
    return this.#boots.reduce((sum, boot) => sum + boot.records.length, 0);
  }

  get bytesOnDisk(): number {
    return this.#boots.reduce((sum, boot) => sum + boot.segments.reduce((n, segment) => n + segment.bytes, 0), 0);
  }

  /** How often batches were merged for want of space. */
  get merges(): number {
    return this.#merges;
  }

  /** Stores a batch under the next sequence of this boot. Throws where the disk refuses: the caller keeps the counts and tries again. */
  append(batch: TelemetryBatch): number {
    const sequence = this.#nextSequence;
    if (sequence === 1) this.#makeFolder();
    const record = this.#appended.append({ first: sequence, last: sequence, requests: requestsIn(batch), bytes: encodeTelemetryBatch(batch) });
    this.#current.records.push(record);
    this.#startOf.set(record, batch.fromMs);
    this.#nextSequence += 1;
    this.#tryToMerge(batch.fromMs);
    return sequence;
  }

  /** Marks that counting went on until now, so that a later crash is bounded in time. Called at every fold. */
  beat(): void {
    this.#appended.sync();
    for (const merged of this.#merged) merged.sync();
    const seconds = this.#options.nowMs() / 1000;
    const paths = [HEARTBEAT, MISSED].map((name) => join(this.#current.folder, name));
    for (const path of paths.filter((one) => !existsSync(one))) {
      this.#makeFolder();
      writeFileSync(path, '', { mode: 0o600 });
    }
    for (const path of paths) utimesSync(path, seconds, seconds);
  }

  /** Instead of a beat where the disk did not take what was counted: a crash from now on loses all since the last one. Even a full disk takes that note; one that doesn't is no worse off. */
  missBeat(): void {
    const seconds = this.#options.nowMs() / 1000;
    isDone(() => utimesSync(join(this.#current.folder, MISSED), seconds, seconds));
  }

  /** The oldest batch not yet sent on this connection, now taken as sent; undefined where all are. Throws where the disk does not give it back. */
  next(): SpooledBatch | undefined {
    for (const boot of this.#boots) {
      for (const record of boot.records) {
        if (record.sent) continue;
        const bytes = readRecord(record);
        record.sent = true;
        this.#inFlight.add(record);
        return { bootId: boot.id, sequence: record.last, bytes };
      }
    }
    return undefined;
  }

  /** The batch that `next` can't give is lost: gives its requests, and the next one is there for it. */
  giveUpNext(): number {
    for (const boot of this.#boots) {
      const at = boot.records.findIndex(({ sent }) => !sent);
      const [lost] = at === -1 ? [] : boot.records.splice(at, 1);
      if (lost === undefined) continue;
      this.#forget(lost);
      this.#removeDrained(boot);
      return lost.requests;
    }
    return 0;
  }

  /** Sent and unacknowledged: such a batch may be stored already, so it is sent again but never merged. */
  readonly #inFlight = new Set<SpoolRecord>();

  /** The connection is gone: what was sent without an acknowledgement is sent again on the next one. */
  rewind(): void {
    for (const boot of this.#boots) for (const record of boot.records) record.sent = false;
  }

  /** Everything of that boot up to `sequence` is stored at the control plane: forgotten here, if it was sent. Returns the requests it covered. */
  acknowledge(bootId: string, sequence: number): number {
    const boot = this.#boots.find((candidate) => candidate.id === bootId);
    if (boot === undefined) return 0;
    let requests = 0;
    let count = 0;
    for (const record of boot.records) {
      if (record.last > sequence || !this.#inFlight.has(record)) break;
      requests += record.requests;
      count += 1;
      this.#forget(record);
    }
    boot.records.splice(0, count);
    this.#removeDrained(boot);
    return requests;
  }

  /** Nothing is appended after it. Without `complete` some of the last counts could not be spooled: the next start reports them as lost. */
  close({ complete }: { readonly complete: boolean }): void {
    this.#appended.close();
    for (const merged of this.#merged) merged.close();
    if (!complete) return;
    writeFileSync(join(this.#current.folder, CLEAN_END), '', { mode: 0o600 });
    if (this.#current.records.length === 0) rmSync(this.#current.folder, { recursive: true, force: true });
  }

  /** The crash gaps were spooled: do not report them at the next start again. */
  crashGapsReported(): void {
    for (const gap of this.#crashGaps) {
      const folder = join(this.#options.folder, gap.bootId);
      const boot = this.#boots.find((candidate) => candidate.id === gap.bootId);
      if (boot === undefined) rmSync(folder, { recursive: true, force: true });
      else writeFileSync(join(folder, CLEAN_END), '', { mode: 0o600 });
    }
    this.#crashGaps.length = 0;
  }

  #forget(record: SpoolRecord): void {
    record.segment.unacknowledged -= 1;
    this.#inFlight.delete(record);
  }

  #removeDrained(boot: Boot): void {
    for (let left = this.#drained(boot); left.length > 0; ) {
      // What is the sum of others goes after them. Two may hold sums of each other: then the older one is first.
      const next = left.find(({ covers }) => ![...covers].some((covered) => left.includes(covered))) ?? left[0];
      if (next === undefined) break;
      // Where the disk refuses, the next acknowledgement tries again.
      if (!isDone(() => rmSync(next.path, { force: true }))) return;
      boot.segments.splice(boot.segments.indexOf(next), 1);
      for (const { covers } of boot.segments) covers.delete(next);
      left = left.filter((segment) => segment !== next);
    }
    if (boot !== this.#current && boot.records.length === 0) {
      this.#boots.splice(this.#boots.indexOf(boot), 1);
      // A boot whose crash is not reported yet keeps its folder until it is.
      if (!this.#crashGaps.some((gap) => gap.bootId === boot.id)) isDone(() => rmSync(boot.folder, { recursive: true, force: true }));
    }
  }

  /** Those that nothing needs any more: all in them is acknowledged, and so is all that they are the sum of. */
  #drained({ segments }: Boot): readonly Segment[] {
    const isOpen = (segment: Segment): boolean => [this.#appended, ...this.#merged].some((writer) => writer.isOpen(segment));
    let drained = segments.filter((segment) => segment.unacknowledged === 0 && !isOpen(segment));
    for (let before = -1; before !== drained.length; ) {
      before = drained.length;
      drained = drained.filter(({ covers }) => [...covers].every((covered) => drained.includes(covered) || !segments.includes(covered)));
    }
    return drained;
  }

  /** The batch is stored already: a merge that fails (a full disk) must not look like a failed append, or it would count twice. */
  #tryToMerge(nowMs: number): void {
    try {
      for (const [level, { lengthMs, afterMs }] of INTERVALS.entries()) this.#ripen(level, lengthMs, Math.floor((nowMs - afterMs) / lengthMs));
      const due = this.#due.shift();
      if (due !== undefined && this.#stands(due.run)) this.#merge(due.run, due.level);
      if (this.bytesOnDisk <= this.#options.maxBytes) [this.#mergeAboveBytes, this.#mergeBytes] = [this.#options.maxBytes, MERGE_BYTES];
      else if (this.bytesOnDisk > this.#mergeAboveBytes) this.#makeRoom();
    } catch {
      // Nothing is lost: the unmerged records stand, and a later append tries again.
    }
  }

  /** Notes what is to be merged now that all intervals before `until` are old enough. */
  #ripen(level: number, lengthMs: number, until: number): void {
    const from = this.#ripe[level] ?? until;
    this.#ripe[level] = until;
    if (until <= from) return;
    const numberOf = (record: SpoolRecord): number => Math.floor((this.#startOf.get(record) ?? Number.NaN) / lengthMs);
    const ripe = this.#neverSent().filter((record) => numberOf(record) >= from && numberOf(record) < until);
    for (const run of Map.groupBy(ripe, numberOf).values()) this.#due.push(...piecesOf(run, MERGE_BYTES).map((piece) => ({ level, run: piece })));
    this.#due = this.#due.slice(0, MOST_DUE);
  }

  /** True where none of it was sent, merged or forgotten since it was noted: they still follow one another. */
  #stands(run: readonly SpoolRecord[]): boolean {
    const { records } = this.#current;
    const at = run[0] === undefined ? -1 : records.indexOf(run[0]);
    return at !== -1 && run.every((record, index) => records[at + index] === record && !record.sent && !this.#inFlight.has(record));
  }

  /** Merges the oldest batches, a bounded piece of work at a time. After a round over all of them it waits until there is more. */
  #makeRoom(): void {
    const ahead = this.#neverSent().filter((record) => record.first >= this.#mergeFrom);
    const [run = [], ...more] = piecesOf(ahead, this.#mergeBytes);
    this.#mergeFrom = more.length === 0 ? 0 : (run.at(-1)?.last ?? 0) + 1;
    const made = this.#merge(run, SPACE);
    this.#merges += made;
    // Too short a time for its keys to come again.
    if (more.length > 0 && (made === 0 || made > run.length / 2)) this.#mergeBytes = Math.min(this.#mergeBytes * 2, MOST_MERGE_BYTES);
    if (more.length === 0) this.#mergeAboveBytes = Math.max(this.#options.maxBytes, this.bytesOnDisk * 1.25);
  }

  /** What may be merged: a batch that was sent may be stored already, so it must come again as it was. The newest of this boot. */
  #neverSent(): readonly SpoolRecord[] {
    return this.#current.records.filter((record) => !record.sent && !this.#inFlight.has(record));
  }

  /** Makes few of neighbours, each as large as a frame can carry; gives how many records it made. For want of space, rows give up the latencies of their own. */
  #merge(run: readonly SpoolRecord[], level: number): number {
    const batches = run.map((record) => decodeTelemetryBatch(readRecord(record))).map((batch) => (level === SPACE ? withoutRowLatencies(batch) : batch));
    const merged = sliceBatch(mergeTelemetryBatches(batches));
    // A sum covers two records at least: then a start can tell it from what it is the sum of.
    let made = merged.length * 2 <= run.length ? this.#replace(run, merged, level) : 0;
    // Each alone is only worth it where it gets smaller.
    if (made === 0 && level === SPACE) for (const [index, record] of run.entries()) made += this.#replace([record], batches.slice(index, index + 1), level);
    if (made > 0) this.#removeDrained(this.#current);
    return made;
  }

  /** The same counts in fewer records, or smaller ones; each covers a part of the sequences, and they count together or not at all. */
  #replace(run: readonly SpoolRecord[], merged: readonly TelemetryBatch[], level: number): number {
    const contents = merged.map((batch, index): RecordContent => {
      const covered = run.slice(Math.floor((index * run.length) / merged.length), Math.floor(((index + 1) * run.length) / merged.length));
      return { first: defined(covered[0], 'a record').first, last: defined(covered.at(-1), 'a record').last, requests: requestsIn(batch), bytes: encodeTelemetryBatch(batch) };
    });
    if (contents.reduce((sum, { bytes }) => sum + bytes.length, 0) >= run.reduce((sum, { length }) => sum + length, 0)) return 0;
    const made = this.#write(contents, defined(this.#merged[level], 'a writer for each level'));
    for (const record of made) this.#startOf.set(record, defined(merged[0], 'a batch').fromMs);
    const { records } = this.#current;
    for (const gone of records.splice(records.indexOf(defined(run[0], 'a record')), run.length, ...made)) {
      gone.segment.unacknowledged -= 1;
      for (const { segment } of made) if (gone.segment !== segment) segment.covers.add(gone.segment);
    }
    return made.length;
  }

  #write(contents: readonly RecordContent[], writer: SegmentWriter): readonly SpoolRecord[] {
    const [only] = contents;
    if (only !== undefined && contents.length === 1) {
      const record = writer.append(only);
      writer.settle();
      return [record];
    }
    this.#segments += 1;
    const records = writeSegment(pathOfSegment(this.#current.folder, this.#segments), contents, this.#options.fsync ?? 'never');
    this.#current.segments.push(...new Set(records.map(({ segment }) => segment)));
    return records;
  }

  #makeFolder(): void {
    mkdirSync(this.#current.folder, { recursive: true, mode: 0o700 });
  }

  #loadEarlierBoots(): Boot[] {
    const boots: Boot[] = [];
    const names = existsSync(this.#options.folder) ? readdirSync(this.#options.folder).filter(isUuid) : [];
    for (const id of names.sort()) {
      const folder = join(this.#options.folder, id);
      const read = tryToRead(folder);
      this.#unreadable.push(...read.unreadable);
      if (read.kind === 'none') continue;
      const boot: Boot = { id, folder, segments: read.segments, records: read.records };
      if (!existsSync(join(folder, CLEAN_END))) this.#crashGaps.push(this.#crashGapOf(boot));
      else if (boot.records.length === 0) {
        isDone(() => rmSync(folder, { recursive: true, force: true }));
        continue;
      }
      if (boot.records.length > 0) boots.push(boot);
    }
    return boots;
  }

  #crashGapOf(boot: Boot): CrashGap {
    const last = lastInterval(boot.records);
    const seconds = (last.toMs - last.fromMs) / 1000;
    const lastFoldMs = changedAt(join(boot.folder, HEARTBEAT)) ?? last.toMs;
    const missedMs = (changedAt(join(boot.folder, MISSED)) ?? lastFoldMs) - lastFoldMs;
    return {
      bootId: boot.id,
      lastFoldMs,
      atMostMs: this.#options.foldIntervalMs + Math.max(0, missedMs),
      lastRatePerSecond: seconds <= 0 ? 0 : last.requests / seconds,
    };
  }
}

/** Milliseconds, of its last change; undefined where it is not there. */
function changedAt(path: string): number | undefined {
  try {
    return Math.max(0, Math.floor(statSync(path).mtimeMs));
  } catch {
    return undefined;
  }
}

/** Of the newest records, those of one interval: with many keys it is several. */
function lastInterval(records: readonly SpoolRecord[]): { readonly fromMs: number; readonly toMs: number; readonly requests: number } {
  let [fromMs, toMs, requests] = [0, 0, 0];
  for (const record of records.slice(-MOST_SLICES).toReversed()) {
    try {
      const batch = decodeTelemetryBatch(readRecord(record));
      if (toMs !== 0 && batch.toMs !== toMs) break;
      [fromMs, toMs] = [batch.fromMs, batch.toMs];
      requests += record.requests;
    } catch {
      // What can't be read tells nothing of how much went on, and must not keep a data plane from starting (S2).
      break;
    }
  }
  return { fromMs, toMs, requests };
}

/** Neighbours in runs that are merged in one go, each bounded. */
function piecesOf(run: readonly SpoolRecord[], mostBytes: number): readonly (readonly SpoolRecord[])[] {
  const pieces: SpoolRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of run) {
    const piece = pieces.at(-1);
    bytes += record.length;
    if (piece === undefined || piece.length >= MERGE_BATCHES || (bytes > mostBytes && piece.length > 1)) {
      pieces.push([record]);
      bytes = record.length;
    } else piece.push(record);
  }
  return pieces;
}

/** False where the disk refuses. */
function isDone(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    return false;
  }
}

function tryToRead(folder: string): (ReadSegments & { readonly kind: 'read' }) | { readonly kind: 'none'; readonly unreadable: readonly string[] } {
  try {
    return { kind: 'read', ...readSegments(folder) };
  } catch (thrown) {
    return { kind: 'none', unreadable: [`${folder}: ${describeThrown(thrown)}`] };
  }
}
