/**
 * Counts between bytes and types (proto/sync.proto): thousands in a frame, so keys stand one after the other without names between
 * them. Called by sync-codec.ts; what comes out of decodeCounts has its lengths and numbers checked.
 */
import type { holdfast } from '../../proto/gen/sync.js';
import { malformed } from './malformed-frame.ts';
import { MAXIMUM_COUNTS, type CountedWindow, type Counts } from './sync-message.ts';

type WireCounts = holdfast.sync.v1.Counts.$Properties;

const KEY_BYTES = 16;
/** Characters of base64url. */
const KEY_LENGTH = 22;

/** Whether a text can travel as a key: a keyed hash as plugins make them. */
export function isCountKey(text: string): boolean {
  return text.length === KEY_LENGTH;
}

export function encodeCounts({ windows }: Counts): WireCounts {
  return {
    windows: windows.map(({ startMs, windowMs, isSliding, keys, counts }) => {
      const bytes = Buffer.alloc(keys.length * KEY_BYTES);
      for (const [index, key] of keys.entries()) bytes.write(key, index * KEY_BYTES, KEY_BYTES, 'base64url');
      return { startMs, windowMs, sliding: isSliding, keys: bytes, counts: [...counts] };
    }),
  };
}

export function decodeCounts({ windows }: WireCounts): Counts {
  let total = 0;
  return {
    kind: 'counts',
    windows: (windows ?? []).map(({ startMs, windowMs, sliding, keys, counts }): CountedWindow => {
      const given = counts ?? [];
      const bytes = Buffer.from(keys ?? new Uint8Array());
      if (bytes.length !== given.length * KEY_BYTES) throw malformed(`${given.length} counts have ${bytes.length} bytes of keys`);
      total += given.length;
      if (given.length === 0 || total > MAXIMUM_COUNTS) throw malformed(`there are 1 to ${MAXIMUM_COUNTS} counts in a frame, and no window without`);
      return {
        startMs: wholeNumber(startMs), windowMs: wholeNumber(windowMs), isSliding: sliding ?? false,
        keys: given.map((_, index) => bytes.toString('base64url', index * KEY_BYTES, (index + 1) * KEY_BYTES)),
        counts: given.map(wholeNumber),
      };
    }),
  };
}

function wholeNumber(value: number | null | undefined): number {
  const number = value ?? 0;
  if (!Number.isSafeInteger(number) || number < 0) throw malformed('a number of its counts is too large');
  return number;
}
