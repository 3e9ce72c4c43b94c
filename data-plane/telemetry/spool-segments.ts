/**
 * The files of the spool: batches appended as records to segments, read back one by one, or all at a start. Used by
 * spool.ts for counts and by record-spool.ts for access records. A start may find a day's records: nothing is decoded then, so that it stays short (S2).
 *
 * Record, little-endian: length u32 | crc32 u32 | first sequence f64 | last sequence f64 | requests f64 | batch. The checksum
 * covers all behind it; a torn record ends its segment, a damaged one is left out and told.
 */
import { close, closeSync, fdatasync, fdatasyncSync, fstatSync, fsyncSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert } from '../../shared/assert.ts';
import { describeThrown } from '../../shared/errors.ts';

const HEADER_BYTES = 32;
const CHECKED_FROM = 8;

export interface Segment {
  readonly path: string;
  bytes: number;
  unacknowledged: number;
  /**
   * Where records lie that records in this one are the sum of. While one of them is there, this stays too, acknowledged or not: after a
   * crash they would be taken for records that nobody has sent, and count twice.
   */
  readonly covers: Set<Segment>;
}

/** A batch, or the sum of several that followed one another. */
export interface SpoolRecord {
  /** Sequences that it covers, both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly requests: number;
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
  sent: boolean;
}

export type RecordContent = Pick<SpoolRecord, 'first' | 'last' | 'requests'> & { readonly bytes: Uint8Array };

/**
 * When what was appended is forced to the disk: by the kernel as it likes (what a machine without power loses, a killed process does
 * not), once per interval without waiting for it, or with every batch before it counts as spooled.
 */
export type FsyncPolicy = 'never' | 'interval' | 'always';

export interface SegmentWriterOptions {
  readonly folder: string;
  /** A segment that has reached it is followed by a new one. */
  readonly segmentBytes: number;
  /** Gives each segment of the folder another number. */
  readonly nextNumber: () => number;
  readonly onNewSegment: (segment: Segment) => void;
  readonly fsync: FsyncPolicy;
}

/** Appends to one segment after another. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #segment: Segment | undefined;
  #descriptor: number | undefined;
  /** Appended since it was last forced to the disk. */
  #isDirty = false;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  /** True for the segment that the next record may go to. */
  isOpen(segment: Segment): boolean {
    return this.#descriptor !== undefined && this.#segment === segment;
  }

  /** Throws where the disk refuses; what it took of the record is then no record. */
  append({ first, last, requests, bytes }: RecordContent): SpoolRecord {
    const { segment, descriptor } = this.#writable();
    const record = encodeRecord(first, last, requests, bytes);
    const written = this.#write(segment, descriptor, record);
    const offset = segment.bytes + HEADER_BYTES;
    segment.bytes += written;
    if (written !== record.length) {
      // A torn record ends the segment: whoever reads it stops there.
      this.close();
      throw new Error(`the telemetry spool wrote ${written} of ${record.length} bytes to ${segment.path}`);
    }
    this.#isDirty = true;
    if (this.#options.fsync === 'always') this.#force(descriptor);
    segment.unacknowledged += 1;
    return { first, last, requests, segment, offset, length: bytes.length, sent: false };
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor === undefined) return;
    if (this.#options.fsync === 'interval' && this.#isDirty) fdatasync(descriptor, () => close(descriptor));
    else closeSync(descriptor);
    this.#isDirty = false;
  }

  /** Once per interval: what was appended goes to the disk meanwhile. A disk that can't is noticed by what is written next. */
  sync(): void {
    if (this.#options.fsync !== 'interval' || !this.#isDirty || this.#descriptor === undefined) return;
    this.#isDirty = false;
    fdatasync(this.#descriptor, () => undefined);
  }

  /** What was appended is on the disk when it returns, if the policy wants that of anything: what it replaces may go then. */
  settle(): void {
    if (this.#options.fsync !== 'never' && this.#isDirty && this.#descriptor !== undefined) this.#force(this.#descriptor);
  }

  #write(segment: Segment, descriptor: number, record: Buffer): number {
    try {
      return writeSync(descriptor, record);
    } catch (thrown) {
      // Whatever it took all the same: what comes next must be where it is looked for.
      if (fstatSync(descriptor).size !== segment.bytes) this.close();
      throw thrown;
    }
  }

  #force(descriptor: number): void {
    fdatasyncSync(descriptor);
    this.#isDirty = false;
  }

  #writable(): { readonly segment: Segment; readonly descriptor: number } {
    const { folder, segmentBytes, nextNumber, onNewSegment, fsync } = this.#options;
    if (this.#segment !== undefined && this.#descriptor !== undefined && this.#segment.bytes < segmentBytes) return { segment: this.#segment, descriptor: this.#descriptor };
    this.close();
    const segment: Segment = { path: pathOfSegment(folder, nextNumber()), bytes: 0, unacknowledged: 0, covers: new Set() };
    const descriptor = openSync(segment.path, 'a', 0o600);
    this.#segment = segment;
    this.#descriptor = descriptor;
    if (fsync !== 'never') syncFolder(folder);
    onNewSegment(segment);
    return { segment, descriptor };
  }
}

export function pathOfSegment(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(10, '0')}.segment`);
}

/** So that a file that was just made is found again after a loss of power. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * A segment of their own for records that count together or not at all: it gets its name when it is whole. Throws where the disk refuses;
 * then there is none.
 */
export function writeSegment(path: string, contents: readonly RecordContent[], fsync: FsyncPolicy): readonly SpoolRecord[] {
  const segment: Segment = { path, bytes: 0, unacknowledged: contents.length, covers: new Set() };
  const unfinished = `${path}.part`;
  const descriptor = openSync(unfinished, 'w', 0o600);
  try {
    const records = contents.map(({ first, last, requests, bytes }): SpoolRecord => {
      const record = encodeRecord(first, last, requests, bytes);
      const written = writeSync(descriptor, record);
      if (written !== record.length) throw new Error(`the telemetry spool wrote ${written} of ${record.length} bytes to ${unfinished}`);
      const offset = segment.bytes + HEADER_BYTES;
      segment.bytes += written;
      return { first, last, requests, segment, offset, length: bytes.length, sent: false };
    });
    if (fsync !== 'never') fdatasyncSync(descriptor);
    renameSync(unfinished, path);
    if (fsync !== 'never') syncFolder(dirname(path));
    return records;
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw thrown;
  } finally {
    closeSync(descriptor);
  }
}

/** The batch of a record, as it was appended. Throws where the disk does not give it back so. */
export function readRecord(record: SpoolRecord): Uint8Array {
  const whole = Buffer.alloc(HEADER_BYTES + record.length);
  const descriptor = openSync(record.segment.path, 'r');
  try {
    const read = readSync(descriptor, whole, 0, whole.length, record.offset - HEADER_BYTES);
    assert(read === whole.length && crc32(whole.subarray(CHECKED_FROM)) === whole.readUInt32LE(4), 'a spooled batch can be read back as it was written');
  } finally {
    closeSync(descriptor);
  }
  return whole.subarray(HEADER_BYTES);
}

export interface ReadSegments {
  readonly segments: Segment[];
  /** Ascending by sequence; where one record covers another, the wider one. */
  readonly records: SpoolRecord[];
  /** Segments that the disk does not give back, or not as they were written, each with the reason. */
  readonly unreadable: readonly string[];
}

/** All segments of a folder and what is whole in them. */
export function readSegments(folder: string): ReadSegments {
  const segments: Segment[] = [];
  const found: SpoolRecord[] = [];
  const unreadable: string[] = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.segment')).sort()) {
    const segment: Segment = { path: join(folder, name), bytes: 0, unacknowledged: 0, covers: new Set() };
    let content: Buffer;
    try {
      content = readFileSync(segment.path);
    } catch (thrown) {
      unreadable.push(`${segment.path}: ${describeThrown(thrown)}`);
      continue;
    }
    segment.bytes = content.length;
    segments.push(segment);
    const damagedAt = addRecords(content, segment, found);
    if (damagedAt !== undefined) unreadable.push(`${segment.path}: damaged from byte ${damagedAt} on`);
  }
  // Widest first, so that what a merged record covers is seen after it.
  found.sort((a, b) => a.first - b.first || b.last - a.last);
  const records: SpoolRecord[] = [];
  for (const record of found) {
    const wider = records.at(-1);
    if (wider !== undefined && record.last <= wider.last) {
      if (record.segment !== wider.segment) wider.segment.covers.add(record.segment);
      continue;
    }
    record.segment.unacknowledged += 1;
    records.push(record);
  }
  return { segments, records, unreadable };
}

/**
 * All that is whole. What was torn off at the end was never spooled, for whoever wrote it; gives where something was that is damaged now.
 * What follows is found if the damage is not to the length, and each record shows by its checksum that it is one.
 */
function addRecords(content: Buffer, segment: Segment, found: SpoolRecord[]): number | undefined {
  let damagedAt: number | undefined;
  for (let at = 0; at + HEADER_BYTES <= content.length; ) {
    const length = content.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    if (end > content.length) return damagedAt;
    const isWhole = crc32(content.subarray(at + CHECKED_FROM, end)) === content.readUInt32LE(at + 4);
    if (isWhole) found.push({ first: content.readDoubleLE(at + 8), last: content.readDoubleLE(at + 16), requests: content.readDoubleLE(at + 24), segment, offset: at + HEADER_BYTES, length, sent: false });
    else damagedAt ??= at;
    at = end;
  }
  return damagedAt;
}

function encodeRecord(first: number, last: number, requests: number, bytes: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + bytes.length);
  record.writeUInt32LE(bytes.length, 0);
  record.writeDoubleLE(first, 8);
  record.writeDoubleLE(last, 16);
  record.writeDoubleLE(requests, 24);
  record.set(bytes, HEADER_BYTES);
  record.writeUInt32LE(crc32(record.subarray(CHECKED_FROM)), 4);
  return record;
}
