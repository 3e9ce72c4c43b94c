/**
 * Reads a backup frame by frame, in bounded memory, and says at its end whether it is what was written. Whoever acts on frames
 * before the end has come must be able to undo it (restore-backup.ts: one transaction, and a first pass that only verifies).
 */
import { createHash } from 'node:crypto';
import { createReadStream, openSync, readSync, closeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { describeThrown, HoldfastError } from '../../../shared/errors.ts';
import { FRAME_HEAD_BYTES, frameTypeOf, invalidBackup, LONGEST_FIRST_LINE, LONGEST_FRAME, parsePayload, PLAIN, SEALED, type BackupHeader, type Frame, type TableEnd } from './backup-format.ts';
import type { BackupSummary } from './create-backup.ts';
import { CutShort, fileKey, open } from './sealed-stream.ts';

/** All frames but the last, then returns; throws BACKUP_FILE_INVALID or BACKUP_KEY_REQUIRED where the file is not whole. */
export async function* readBackup(file: string, key: Uint8Array | undefined): AsyncGenerator<Frame> {
  const { firstLine, offset } = readFirstLine(file);
  const bytes = createReadStream(file, { start: offset });
  try {
    yield* verified(file, framesOf(file, inflated(unsealed(file, firstLine, bytes, key))));
  } catch (thrown) {
    throw thrown instanceof HoldfastError ? thrown : invalidBackup(file, describeThrown(thrown), thrown);
  } finally {
    bytes.destroy();
  }
}

/** Reads all of it and keeps nothing. */
export async function verifyBackup(file: string, key: Uint8Array | undefined): Promise<BackupSummary> {
  let first: Frame | undefined;
  const ends: Frame[] = [];
  for await (const frame of readBackup(file, key)) {
    if (frame.type === 'H') first = frame;
    if (frame.type === 'E') ends.push(frame);
  }
  // Not before the whole file has turned out to be what was written.
  if (first === undefined) throw invalidBackup(file, 'it has no header');
  const header = parsePayload<BackupHeader>(first);
  const tables = ends.map((end) => parsePayload<TableEnd>(end));
  return { header, tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), sealed: readFirstLine(file).firstLine.startsWith(SEALED) };
}

function readFirstLine(file: string): { readonly firstLine: string; readonly offset: number } {
  const start = Buffer.alloc(LONGEST_FIRST_LINE);
  let length: number;
  try {
    const descriptor = openSync(file, 'r');
    length = readSync(descriptor, start);
    closeSync(descriptor);
  } catch (thrown) {
    throw invalidBackup(file, `it can not be read (${describeThrown(thrown)})`, thrown);
  }
  const end = start.subarray(0, length).indexOf(0x0a);
  const firstLine = start.toString('latin1', 0, Math.max(0, end));
  if (firstLine !== PLAIN && !firstLine.startsWith(`${SEALED} `)) throw invalidBackup(file, 'it does not begin like one that this release can read');
  return { firstLine, offset: end + 1 };
}

async function* unsealed(file: string, firstLine: string, bytes: AsyncIterable<Buffer>, key: Uint8Array | undefined): AsyncGenerator<Buffer> {
  if (firstLine === PLAIN) return yield* bytes;
  if (key === undefined) throw keyRequired(file, 'is sealed: give the key that it was made with');
  const opened = open(bytes, fileKey(key, Buffer.from(firstLine.slice(SEALED.length + 1), 'base64url')));
  let isFirst = true;
  try {
    for await (const piece of opened) {
      isFirst = false;
      yield piece;
    }
  } catch (thrown) {
    if (isFirst && !(thrown instanceof CutShort)) throw keyRequired(file, 'can not be opened with this key, or its beginning was changed');
    throw thrown;
  }
  return undefined;
}

async function* inflated(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflating = createZstdDecompress();
  // What fails in it destroys `inflating` with the same error, which whoever reads it gets.
  pipeline(Readable.from(pieces), inflating).catch(() => undefined);
  for await (const piece of inflating) yield piece as Buffer;
}

async function* framesOf(file: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<{ readonly frame: Frame; readonly bytes: Buffer }> {
  let waiting: Buffer[] = [];
  let length = 0;
  let wanted = FRAME_HEAD_BYTES;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    while (length >= wanted) {
      const bytes = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
      const payloadBytes = bytes.readUInt32BE(1);
      const type = frameTypeOf(bytes.readUInt8(0));
      if (type === undefined || payloadBytes > LONGEST_FRAME) throw invalidBackup(file, 'what is in it is damaged');
      wanted = FRAME_HEAD_BYTES + payloadBytes;
      waiting = [bytes];
      if (length < wanted) break;
      yield { frame: { type, payload: bytes.subarray(FRAME_HEAD_BYTES, wanted) }, bytes: bytes.subarray(0, wanted) };
      waiting = [bytes.subarray(wanted)];
      length -= wanted;
      wanted = FRAME_HEAD_BYTES;
    }
  }
  if (length > 0) throw invalidBackup(file, 'its end is missing');
}

async function* verified(file: string, frames: AsyncIterable<{ readonly frame: Frame; readonly bytes: Buffer }>): AsyncGenerator<Frame> {
  const hash = createHash('sha256');
  let state: 'begins' | 'goes on' | 'is over' = 'begins';
  for await (const { frame, bytes } of frames) {
    if (state === 'is over' || (frame.type === 'H') !== (state === 'begins')) throw invalidBackup(file, 'its parts are not in order');
    if (frame.type === 'Z') {
      if (parsePayload<{ readonly sha256: string }>(frame).sha256 !== hash.digest('hex')) throw invalidBackup(file, 'its checksum is wrong');
      state = 'is over';
      continue;
    }
    state = 'goes on';
    hash.update(bytes);
    yield frame;
  }
  if (state !== 'is over') throw invalidBackup(file, 'its end is missing');
}

function keyRequired(file: string, why: string): HoldfastError {
  return new HoldfastError({ code: 'BACKUP_KEY_REQUIRED', source: 'control-plane', publicMessage: 'the key of the backup is required', message: `${file} ${why} (HOLDFAST_BACKUP_KEY or --key-file)` });
}
