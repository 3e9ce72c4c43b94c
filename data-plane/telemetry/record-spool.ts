/**
 * Where access records wait for the control plane: sequence-numbered batches of this boot and of earlier ones, in segment files of their
 * own (spool-segments.ts), until acknowledged. Detail, so the oldest segment goes where there is no more room; counts are another spool
 * (spool.ts) and never go. Owned by record-agent.ts in the agent thread; every call is synchronous and bounded in what it does.
 *
 * Folder: `<folder>/<boot id>/<number>.segment`; a file `ended` marks a boot that ended with all it had made in the spool.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeThrown } from '../../shared/errors.ts';
import { isUuid } from '../../shared/model/ids.ts';
import { dropsInRecordBatch, type RecordBatch } from '../../shared/wire/access-record-codec.ts';
import { readRecord, readSegments, SegmentWriter, type FsyncPolicy, type Segment, type SpoolRecord } from './spool-segments.ts';
import type { SpooledBatch } from './spool.ts';

/** A segment is what is dropped at a time: an eighth of the room, at most this. */
const LARGEST_SEGMENT_BYTES = 4 * 1024 * 1024;
const SEGMENTS = 8;
const CLEAN_END = 'ended';

export interface RecordSpoolOptions {
  readonly folder: string;
  readonly bootId: string;
  /** On disk; above it the oldest segment goes. */
  readonly maxBytes: number;
  readonly fsync: FsyncPolicy;
}

/** What went with a segment: its records, and the drops that its batches told of. */
export interface DroppedSegment {
  readonly records: number;
  readonly drops: RecordBatch['drops'];
}

interface Boot {
  readonly id: string;
  readonly folder: string;
  /** Ascending by sequence. */
  records: SpoolRecord[];
  segments: Segment[];
}

export class RecordSpool {
  readonly #options: RecordSpoolOptions;
  /** The running boot last. */
  readonly #boots: Boot[] = [];
  readonly #current: Boot;
  readonly #writer: SegmentWriter;
  readonly #crashed: string[] = [];
  readonly #unreadable: string[] = [];
  #nextSequence = 1;

  constructor(options: RecordSpoolOptions) {
    this.#options = options;
    this.#loadEarlierBoots();
    this.#current = { id: options.bootId, folder: join(options.folder, options.bootId), records: [], segments: [] };
    this.#boots.push(this.#current);
    let segments = 0;
    this.#writer = new SegmentWriter({
      folder: this.#current.folder,
      segmentBytes: Math.min(LARGEST_SEGMENT_BYTES, Math.ceil(options.maxBytes / SEGMENTS)),
      nextNumber: () => ++segments,
      onNewSegment: (segment) => void this.#current.segments.push(segment),
      fsync: options.fsync,
    });
  }

  /** Earlier boots that did not end in good order: what they had not spooled yet is lost. */
  get crashed(): readonly string[] {
    return this.#crashed;
  }

  /** What of earlier boots the disk does not give back, one text each. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  get bytesOnDisk(): number {
    return this.#boots.reduce((sum, boot) => sum + boot.segments.reduce((n, segment) => n + segment.bytes, 0), 0);
  }

  get bufferedRecords(): number {
    return this.#boots.reduce((sum, boot) => sum + boot.records.reduce((n, record) => n + record.requests, 0), 0);
  }

  get bufferedBatches(): number {
    return this.#boots.reduce((sum, boot) => sum + boot.records.length, 0);
  }

  get isFull(): boolean {
    return this.bytesOnDisk > this.#options.maxBytes;
  }

  /** Stores an encoded batch under the next sequence of this boot. Throws where the disk refuses; it may hold the batch all the same, so its number is not given again. */
  append(records: number, bytes: Uint8Array): void {
    const sequence = this.#nextSequence;
    this.#nextSequence += 1;
    mkdirSync(this.#current.folder, { recursive: true, mode: 0o700 });
    this.#current.records.push(this.#writer.append({ first: sequence, last: sequence, requests: records, bytes }));
  }

  /** The oldest batch not yet sent on this connection, now taken as sent; undefined where all are. One that the disk does not give back is forgotten: gives its records. */
  next(): SpooledBatch | { readonly lost: number } | undefined {
    for (const boot of this.#boots) {
      const record = boot.records.find(({ sent }) => !sent);
      if (record === undefined) continue;
      try {
        const bytes = readRecord(record);
        record.sent = true;
        return { bootId: boot.id, sequence: record.last, bytes };
      } catch {
        boot.records.splice(boot.records.indexOf(record), 1);
        this.#removeDrained(boot, [record]);
        return { lost: record.requests };
      }
    }
    return undefined;
  }

  /** The connection is gone: what was sent without an acknowledgement is sent again on the next one. */
  rewind(): void {
    for (const boot of this.#boots) for (const record of boot.records) record.sent = false;
  }

  /** Everything of that boot up to `sequence` is stored: forgotten here, as far as it was sent. Gives the records that it had. */
  acknowledge(bootId: string, sequence: number): number {
    const boot = this.#boots.find(({ id }) => id === bootId);
    if (boot === undefined) return 0;
    const end = boot.records.findIndex(({ last, sent }) => last > sequence || !sent);
    const stored = boot.records.splice(0, end === -1 ? boot.records.length : end);
    this.#removeDrained(boot, stored);
    return sumOf(stored);
  }

  /**
   * The oldest segment goes, rather one of which nothing is on its way: that may be stored already, and is told as dropped all the same.
   * Undefined where there is none.
   */
  dropOldest(): DroppedSegment | undefined {
    const oldest = this.#oldest((records) => records.every(({ sent }) => !sent)) ?? this.#oldest(() => true);
    if (oldest === undefined) return undefined;
    const { boot, segment, records } = oldest;
    const drops = records.flatMap((record) => dropsOf(record));
    if (this.#writer.isOpen(segment)) this.#writer.close();
    boot.records = boot.records.filter((record) => record.segment !== segment);
    this.#remove(boot, segment);
    this.#forgetEmpty(boot);
    return { records: sumOf(records), drops };
  }

  /** As the policy wants it once per interval. */
  sync(): void {
    this.#writer.sync();
  }

  /** Nothing is appended after it. */
  close(): void {
    this.#writer.close();
    if (this.#current.records.length === 0) rmSync(this.#current.folder, { recursive: true, force: true });
    else writeFileSync(join(this.#current.folder, CLEAN_END), '', { mode: 0o600 });
  }

  #oldest(fits: (records: readonly SpoolRecord[]) => boolean): { readonly boot: Boot; readonly segment: Segment; readonly records: readonly SpoolRecord[] } | undefined {
    for (const boot of this.#boots) {
      for (const segment of boot.segments) {
        const records = boot.records.filter((record) => record.segment === segment);
        if (fits(records)) return { boot, segment, records };
      }
    }
    return undefined;
  }

  #removeDrained(boot: Boot, gone: readonly SpoolRecord[]): void {
    for (const { segment } of gone) segment.unacknowledged -= 1;
    for (const segment of boot.segments.filter((one) => one.unacknowledged === 0 && !this.#writer.isOpen(one))) this.#remove(boot, segment);
    this.#forgetEmpty(boot);
  }

  /** A file that the disk does not let go goes with its folder. */
  #remove(boot: Boot, segment: Segment): void {
    boot.segments.splice(boot.segments.indexOf(segment), 1);
    tryTo(() => rmSync(segment.path, { force: true }));
  }

  #forgetEmpty(boot: Boot): void {
    if (boot === this.#current || boot.records.length > 0) return;
    this.#boots.splice(this.#boots.indexOf(boot), 1);
    tryTo(() => rmSync(boot.folder, { recursive: true, force: true }));
  }

  #loadEarlierBoots(): void {
    const { folder } = this.#options;
    const names = existsSync(folder) ? readdirSync(folder).filter(isUuid) : [];
    for (const id of names.sort()) {
      const boot: Boot = { id, folder: join(folder, id), records: [], segments: [] };
      try {
        const { segments, records, unreadable } = readSegments(boot.folder);
        [boot.segments, boot.records] = [segments, records];
        this.#unreadable.push(...unreadable);
      } catch (thrown) {
        this.#unreadable.push(`${boot.folder}: ${describeThrown(thrown)}`);
        continue;
      }
      if (!existsSync(join(boot.folder, CLEAN_END))) this.#crashed.push(id);
      if (boot.records.length === 0) tryTo(() => rmSync(boot.folder, { recursive: true, force: true }));
      else {
        // A crash is told of at one start.
        tryTo(() => writeFileSync(join(boot.folder, CLEAN_END), '', { mode: 0o600 }));
        this.#boots.push(boot);
      }
    }
  }
}

/** A disk that refuses must not keep a data plane from serving what it has (S2). */
function tryTo(change: () => void): void {
  try {
    change();
  } catch {
    // What was to be written is told again at the next start, what was to be removed is removed then.
  }
}

function sumOf(records: readonly SpoolRecord[]): number {
  return records.reduce((sum, { requests }) => sum + requests, 0);
}

/** A batch that can't be read told of nothing that is known. */
function dropsOf(record: SpoolRecord): RecordBatch['drops'] {
  try {
    return dropsInRecordBatch(readRecord(record));
  } catch {
    return [];
  }
}
