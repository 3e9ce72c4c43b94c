/**
 * Random ids of spans, cut from a block so that randomness costs one call per 1,024 of them. They are unique, which is what a trace
 * needs; that they can't be foreseen is not relied on. One block for each proxy thread, shared by the plugins that trace.
 */
import { randomFillSync } from 'node:crypto';

const ID_BYTES = 8;
const block = Buffer.alloc(ID_BYTES * 1_024);
let used = block.length;

/** Where 8 random bytes begin in `spanIdBytes`, good until the next call; not all of them 0. */
export function nextSpanId(): number {
  if (used === block.length) {
    randomFillSync(block);
    used = 0;
  }
  const start = used;
  used += ID_BYTES;
  // Once in 2^32 a first half that is 0: an id of zeros stands for none.
  if (block.readUInt32LE(start) === 0) block[start] = 1;
  return start;
}

export const spanIdBytes: Buffer = block;

/** 16 hex digits. */
export function newSpanId(): string {
  const start = nextSpanId();
  return block.toString('hex', start, start + ID_BYTES);
}
