/**
 * Where folded counts wait for the control plane: sequence-numbered batches of this boot and of earlier ones, in segment
 * files, until acknowledged (T3). Nothing is dropped for space: above the bound, batches that were never sent are
 * merged into coarser intervals, so totals stay exact. Owned by the agent thread; every call is synchronous.
 *
 * Folder: `<folder>/<boot id>/<number>.segment`, records of [length u32 | crc32 u32 | first sequence f64 | last sequence f64 | batch].
 * A merged record covers first…last; after a crash between writing it and removing what it covers, the wider record wins.
 * Records are not fsynced one by one: a killed process loses none, a machine that loses power up to the kernel's write-back.
 */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodeTelemetryBatch, encodeTelemetryBatch, keyOfUsageRow, MAXIMUM_BATCH_ROWS, mergeTelemetryBatches, requestsIn, type CrashGap, type TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import { isUuid } from '../../shared/model/ids.ts';
import { assert } from '../../shared/assert.ts';

const HEADER_BYTES = 24;
const CLEAN_END = 'ended';
const HEARTBEAT = 'last-fold';

export interface SpoolOptions {
  readonly folder: string;
  readonly bootId: string;
  /** Above this many bytes on disk, unsent batches are merged. */
  readonly maxBytes: number;
  readonly segmentBytes?: number;
  readonly nowMs: () => number;
  /** Upper bound of what an unclean end loses, milliseconds: one fold interval. */
  readonly foldIntervalMs: number;
}

export interface SpooledBatch {
  readonly bootId: string;
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

interface SpoolRecord {
  readonly first: number;
  readonly last: number;
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
  readonly requests: number;
  sent: boolean;
}

interface Segment {
  readonly path: string;
  readonly number: number;
  bytes: number;
  unacknowledged: number;
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
  readonly #segmentBytes: number;
  /** Oldest first; the last one is the running boot. */
  readonly #boots: Boot[];
  readonly #current: Boot;
  readonly #crashGaps: CrashGap[] = [];
  #descriptor: number | undefined;
  #nextSequence = 1;
  #nextSegment = 1;
  #merges = 0;
  #mergeAboveBytes: number;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#mergeAboveBytes = options.maxBytes;
    this.#segmentBytes = options.segmentBytes ?? 256 * 1024;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#boots = this.#loadEarlierBoots();
    const folder = join(options.folder, options.bootId);
    mkdirSync(folder, { mode: 0o700 });
    this.#current = { id: options.bootId, folder, records: [], segments: [] };
    this.#boots.push(this.#current);
    this.beat();
  }

  /** Earlier boots that ended without their last fold, found at start; each is reported once. */
  get crashGaps(): readonly CrashGap[] {
    return this.#crashGaps;
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
    this.#write(this.#current, sequence, sequence, encodeTelemetryBatch(batch), requestsIn(batch));
    this.#nextSequence += 1;
    if (this.bytesOnDisk > this.#mergeAboveBytes) this.#tryToMerge();
    return sequence;
  }

  /** Marks that counting went on until now, so that a later crash is bounded in time. Called at every fold. */
  beat(): void {
    const path = join(this.#current.folder, HEARTBEAT);
    const seconds = this.#options.nowMs() / 1000;
    if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600 });
    utimesSync(path, seconds, seconds);
  }

  /** The oldest batch not yet sent on this connection, now taken as sent; undefined where all are. */
  next(): SpooledBatch | undefined {
    for (const boot of this.#boots) {
      for (const record of boot.records) {
        if (record.sent) continue;
        record.sent = true;
        this.#inFlight.add(record);
        return { bootId: boot.id, sequence: record.last, bytes: readRecord(record) };
      }
    }
    return undefined;
  }

  /** Sent and unacknowledged: such a batch may be stored already, so it is sent again but never merged. */
  readonly #inFlight = new Set<SpoolRecord>();

  /** The connection is gone: what was sent without an acknowledgement is sent again on the next one. */
  rewind(): void {
    for (const boot of this.#boots) for (const record of boot.records) record.sent = false;
  }

  /** Everything of that boot up to `sequence` is stored at the control plane: forgotten here. Returns the requests it covered. */
  acknowledge(bootId: string, sequence: number): number {
    const boot = this.#boots.find((candidate) => candidate.id === bootId);
    if (boot === undefined) return 0;
    let requests = 0;
    let count = 0;
    for (const record of boot.records) {
      if (record.last > sequence) break;
      requests += record.requests;
      count += 1;
      record.segment.unacknowledged -= 1;
      this.#inFlight.delete(record);
    }
    boot.records.splice(0, count);
    this.#removeDrained(boot);
    return requests;
  }

  /** Call after the last fold was appended: the boot ended with nothing lost. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
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

  #removeDrained(boot: Boot): void {
    const active = boot === this.#current ? boot.segments.at(-1) : undefined;
    boot.segments = boot.segments.filter((segment) => {
      if (segment.unacknowledged > 0 || segment === active) return true;
      rmSync(segment.path, { force: true });
      return false;
    });
    if (boot !== this.#current && boot.records.length === 0) {
      this.#boots.splice(this.#boots.indexOf(boot), 1);
      // A boot whose crash is not reported yet keeps its folder until it is.
      if (!this.#crashGaps.some((gap) => gap.bootId === boot.id)) rmSync(boot.folder, { recursive: true, force: true });
    }
  }

  #write(boot: Boot, first: number, last: number, bytes: Uint8Array, requests: number): void {
    let segment = boot.segments.at(-1);
    if (segment === undefined || this.#descriptor === undefined || segment.bytes >= this.#segmentBytes) {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
      const number = this.#nextSegment++;
      segment = { path: segmentPath(boot.folder, number), number, bytes: 0, unacknowledged: 0 };
      this.#descriptor = openSync(segment.path, 'a', 0o600);
      boot.segments.push(segment);
    }
    const record = encodeRecord(first, last, bytes);
    const written = writeSync(this.#descriptor, record);
    const offset = segment.bytes + HEADER_BYTES;
    segment.bytes += written;
    if (written !== record.length) {
      // A torn record ends the segment: whoever reads it stops there.
      closeSync(this.#descriptor);
      this.#descriptor = undefined;
      throw new Error(`the telemetry spool wrote ${written} of ${record.length} bytes to ${segment.path}`);
    }
    segment.unacknowledged += 1;
    boot.records.push({ first, last, segment, offset, length: bytes.length, requests, sent: false });
  }

  /** The batch is stored already: a merge that fails (a full disk) must not look like a failed append, or it would count twice. */
  #tryToMerge(): void {
    try {
      this.#mergeUnsent();
    } catch {
      // Nothing is lost: the unmerged records stand, and the next append tries again.
    }
  }

  /** Merges never-sent records of this boot that follow one another, as far as the result still fits one frame. */
  #mergeUnsent(): void {
    const boot = this.#current;
    const before = this.bytesOnDisk;
    const groups: { records: SpoolRecord[]; batches: TelemetryBatch[]; keys: Set<string> }[] = [];
    for (const record of boot.records) {
      if (record.sent || this.#inFlight.has(record)) continue;
      const batch = decodeTelemetryBatch(readRecord(record));
      const keys = new Set(batch.usage.map(keyOfUsageRow));
      const group = groups.at(-1);
      const together = group === undefined ? undefined : new Set([...group.keys, ...keys]);
      if (group === undefined || together === undefined || together.size > MAXIMUM_BATCH_ROWS) groups.push({ records: [record], batches: [batch], keys });
      else {
        group.records.push(record);
        group.batches.push(batch);
        group.keys = together;
      }
    }
    for (const { records, batches } of groups) if (records.length > 1) this.#replaceByOne(boot, records, mergeTelemetryBatches(batches));
    this.#removeDrained(boot);
    // Where little came of it, the next try waits until there is more to merge.
    this.#mergeAboveBytes = this.bytesOnDisk > before / 2 ? Math.max(this.#options.maxBytes, this.bytesOnDisk * 1.25) : this.#options.maxBytes;
  }

  /** One record for the whole span of several, in a new segment. */
  #replaceByOne(boot: Boot, records: readonly SpoolRecord[], merged: TelemetryBatch): void {
    const [firstRecord] = records;
    const lastRecord = records.at(-1);
    assert(firstRecord !== undefined && lastRecord !== undefined, 'there are records to merge');
    const bytes = encodeTelemetryBatch(merged);
    const number = this.#nextSegment++;
    const segment: Segment = { path: segmentPath(boot.folder, number), number, bytes: HEADER_BYTES + bytes.length, unacknowledged: 1 };
    writeFileSync(`${segment.path}.tmp`, encodeRecord(firstRecord.first, lastRecord.last, bytes), { mode: 0o600 });
    renameSync(`${segment.path}.tmp`, segment.path);
    for (const record of records) record.segment.unacknowledged -= 1;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    const record: SpoolRecord = { first: firstRecord.first, last: lastRecord.last, segment, offset: HEADER_BYTES, length: bytes.length, requests: requestsIn(merged), sent: false };
    boot.records = [...boot.records.filter((kept) => !records.includes(kept)), record].sort((a, b) => a.first - b.first);
    boot.segments.push(segment);
    this.#merges += 1;
  }

  #loadEarlierBoots(): Boot[] {
    const boots: Boot[] = [];
    const names = readdirSync(this.#options.folder).filter(isUuid);
    for (const id of names.sort()) {
      const folder = join(this.#options.folder, id);
      const boot = loadBoot(id, folder);
      if (!existsSync(join(folder, CLEAN_END))) this.#crashGaps.push(this.#crashGapOf(boot));
      else if (boot.records.length === 0) {
        rmSync(folder, { recursive: true, force: true });
        continue;
      }
      if (boot.records.length > 0) boots.push(boot);
    }
    return boots;
  }

  #crashGapOf(boot: Boot): CrashGap {
    const heartbeat = join(boot.folder, HEARTBEAT);
    const last = boot.records.at(-1);
    const batch = last === undefined ? undefined : decodeTelemetryBatch(readRecord(last));
    const seconds = batch === undefined ? 0 : (batch.toMs - batch.fromMs) / 1000;
    return {
      bootId: boot.id,
      lastFoldMs: Math.floor(existsSync(heartbeat) ? statSync(heartbeat).mtimeMs : (batch?.toMs ?? 0)),
      atMostMs: this.#options.foldIntervalMs,
      lastRatePerSecond: batch === undefined || seconds <= 0 ? 0 : requestsIn(batch) / seconds,
    };
  }
}

function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(10, '0')}.segment`);
}

function encodeRecord(first: number, last: number, bytes: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + bytes.length);
  record.writeUInt32LE(bytes.length, 0);
  record.writeUInt32LE(crc32(bytes), 4);
  record.writeDoubleLE(first, 8);
  record.writeDoubleLE(last, 16);
  record.set(bytes, HEADER_BYTES);
  return record;
}

function readRecord(record: SpoolRecord): Uint8Array {
  const bytes = Buffer.alloc(record.length);
  const descriptor = openSync(record.segment.path, 'r');
  try {
    assert(readSync(descriptor, bytes, 0, record.length, record.offset) === record.length, 'a spooled batch can be read back whole');
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

/** Reads what is whole; a torn or damaged record ends its segment. */
function loadBoot(id: string, folder: string): Boot {
  const boot: Boot = { id, folder, records: [], segments: [] };
  const found: SpoolRecord[] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.segment')).sort()) {
    const path = join(folder, name);
    const content = readFileSync(path);
    const segment: Segment = { path, number: Number.parseInt(name, 10), bytes: content.length, unacknowledged: 0 };
    boot.segments.push(segment);
    for (let at = 0; at + HEADER_BYTES <= content.length; ) {
      const length = content.readUInt32LE(at);
      const bytes = content.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
      if (bytes.length !== length || crc32(bytes) !== content.readUInt32LE(at + 4)) break;
      const requests = requestsIn(decodeTelemetryBatch(bytes));
      found.push({ first: content.readDoubleLE(at + 8), last: content.readDoubleLE(at + 16), segment, offset: at + HEADER_BYTES, length, requests, sent: false });
      at += HEADER_BYTES + length;
    }
  }
  // Widest first, so that what a merged record covers is seen after it.
  found.sort((a, b) => a.first - b.first || b.last - a.last);
  let covered = 0;
  for (const record of found) {
    if (record.last <= covered) continue;
    covered = record.last;
    record.segment.unacknowledged += 1;
    boot.records.push(record);
  }
  return boot;
}
