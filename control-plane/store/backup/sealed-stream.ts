/**
 * Encrypts a stream of any length (AES-256-GCM) so that it can be read back in pieces and neither cut, reordered nor joined with
 * another one: records of at most 64 KiB, each under a nonce of its number and of whether it is the last. The key of a file is
 * derived from the operator's key and the file's own salt, so nonces never meet twice. Used by create-backup.ts and read-backup.ts.
 *
 *     u32 length of the ciphertext · ciphertext · 16 bytes tag, for each record
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const RECORD_BYTES = 65_536;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const PURPOSE = 'holdfast backup';

export function fileKey(key: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, PURPOSE, 32));
}

/** What is there may be right; something is missing behind it. */
export class CutShort extends Error {}

/** `pieces` of any size; yields whole records. */
export async function* seal(pieces: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  let waiting = Buffer.alloc(0);
  let number = 0;
  for await (const piece of pieces) {
    waiting = Buffer.concat([waiting, piece]);
    // The last record must know that it is the last, so one is held back.
    for (; waiting.length > RECORD_BYTES; waiting = waiting.subarray(RECORD_BYTES)) yield sealRecord(key, number++, waiting.subarray(0, RECORD_BYTES), false);
  }
  yield sealRecord(key, number, waiting, true);
}

/** Throws where anything is not as it was sealed, or the end is missing. */
export async function* open(pieces: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  let waiting = Buffer.alloc(0);
  let number = 0;
  for await (const piece of pieces) {
    waiting = Buffer.concat([waiting, piece]);
    for (let length = recordLength(waiting); length !== undefined && waiting.length > length; length = recordLength(waiting)) {
      yield openRecord(key, number++, waiting.subarray(0, length), false);
      waiting = waiting.subarray(length);
    }
  }
  if (recordLength(waiting) !== waiting.length) throw new CutShort('its end is missing');
  yield openRecord(key, number, waiting, true);
}

function recordLength(bytes: Buffer): number | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length > RECORD_BYTES) throw new Error('a record is too long');
  return LENGTH_BYTES + length + TAG_BYTES;
}

function sealRecord(key: Uint8Array, number: number, plain: Uint8Array, isLast: boolean): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(plain.length);
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast));
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([length, ciphertext, cipher.getAuthTag()]);
}

function openRecord(key: Uint8Array, number: number, record: Buffer, isLast: boolean): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast));
  decipher.setAuthTag(record.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(record.subarray(LENGTH_BYTES, -TAG_BYTES)), decipher.final()]);
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}
