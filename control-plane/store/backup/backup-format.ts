/**
 * The file of a backup. A first line in clear, then one zstd stream, sealed where a key was given (sealed-stream.ts), of frames:
 *
 *     holdfast-backup 1 zstd              or   holdfast-backup 1 zstd+aes-256-gcm <salt>
 *     u8 type · u32 length, big endian · payload
 *     H  header, JSON                          once, first
 *     T  table, JSON · D  rows, as COPY writes them in text · E  end of the table, JSON     for each table
 *     Z  end, JSON with the SHA-256 of all frames before it                                 once, last
 *
 * Written by create-backup.ts, read by read-backup.ts. A file that was cut has no Z frame and is refused.
 */
import { Buffer } from 'node:buffer';
import { HoldfastError } from '../../../shared/errors.ts';

export const FORMAT = 1;
export const PLAIN = `holdfast-backup ${FORMAT} zstd`;
export const SEALED = `${PLAIN}+aes-256-gcm`;
/** The first line is never longer. */
export const LONGEST_FIRST_LINE = 200;
export const FRAME_HEAD_BYTES = 5;
/** Larger than any row that can be stored, and a bound on what a damaged length makes us wait for. */
export const LONGEST_FRAME = 256 * 1_048_576;

/** How rows are written as text must not hang on how a server, a database or a login is set up. */
export const TEXT_SETTINGS = "SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'";

export type FrameType = 'H' | 'T' | 'D' | 'E' | 'Z';
const TYPES: readonly FrameType[] = ['H', 'T', 'D', 'E', 'Z'];

export interface Frame {
  readonly type: FrameType;
  readonly payload: Buffer;
}

export interface BackupHeader {
  readonly format: typeof FORMAT;
  /** ISO 8601; the moment of the snapshot. */
  readonly created_at: string;
  readonly software_version: string;
  readonly server_version: string;
  /** Applied in the database, in order: what schema the rows are of. */
  readonly migrations: readonly { readonly number: number; readonly name: string; readonly checksum: string }[];
}

export interface TableHead {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface TableEnd {
  readonly table: string;
  readonly rows: number;
}

export function encodeFrame(type: FrameType, payload: Uint8Array | object): Buffer {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt8(type.charCodeAt(0), 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Undefined for what is no type. */
export function frameTypeOf(byte: number): FrameType | undefined {
  return TYPES.find((type) => type.charCodeAt(0) === byte);
}

/** The door for the JSON of a frame; the digest over the file has said that we wrote it. */
export function parsePayload<T extends object>(frame: Frame): T {
  return JSON.parse(frame.payload.toString('utf8')) as T;
}

export function invalidBackup(file: string, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'BACKUP_FILE_INVALID',
    source: 'control-plane',
    publicMessage: 'this is no backup that can be used',
    message: `${file} is no backup that can be used: ${what}; take another one, or copy this one again from where it is kept`,
    ...(cause === undefined ? {} : { cause }),
  });
}
