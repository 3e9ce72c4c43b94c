import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOODBYE_TO_CLIENT, GOODBYE_TO_SERVER, WebSocketFrames } from './websocket-frames.ts';

/** A frame as RFC 6455 §5.2 draws it. */
function frame(opcode: number, length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  const header = length < 126 ? [mask | length] : length < 65_536 ? [mask | 126, length >> 8, length & 255] : [mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...header, ...(masked ? [1, 2, 3, 4] : [])]), Buffer.alloc(length, 0x88)]);
}

const FRAMES = [0, 1, 125, 126, 300, 65_535, 65_536, 70_000].flatMap((length) => [frame(2, length, false), frame(1, length, true)]);
const WIRE = Buffer.concat(FRAMES);

test('ends of frames are found wherever reads cut them', () => {
  const ends: number[] = [];
  let end = 0;
  for (const one of FRAMES) ends.push((end += one.length));
  for (const size of [1, 2, 3, 7, 1_000, 100_000, WIRE.length]) {
    const frames = new WebSocketFrames();
    const found: number[] = [];
    for (let start = 0; start < WIRE.length; ) {
      start = frames.advance(WIRE, start, Math.min(WIRE.length, start + size), true);
      if (frames.atBoundary) found.push(start);
    }
    assert.deepEqual(found, ends, `cut every ${size} bytes`);
    assert.equal(frames.closeSeen, false);
  }
});

test('without a stop all of a read is taken, and a Close frame is noticed', () => {
  const frames = new WebSocketFrames();
  assert.equal(frames.advance(WIRE, 0, WIRE.length, false), WIRE.length);
  const close = frame(8, 2, true);
  assert.equal(frames.advance(close, 0, 5, false), 5);
  assert.equal(frames.closeSeen, false, 'its header is not complete');
  frames.advance(close, 5, close.length, false);
  assert.deepEqual([frames.closeSeen, frames.atBoundary], [true, true]);
});

test('a length beyond all bounds is a long frame, not a short one', () => {
  const frames = new WebSocketFrames();
  frames.advance(Buffer.from([0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]), 0, 10, false);
  frames.advance(WIRE, 0, WIRE.length, false);
  assert.equal(frames.atBoundary, false);
});

test('goodbyes are Close frames with 1001, masked where a client would mask', () => {
  for (const [goodbye, payloadAt] of [[GOODBYE_TO_CLIENT, 2], [GOODBYE_TO_SERVER, 6]] as const) {
    const frames = new WebSocketFrames();
    frames.advance(goodbye, 0, goodbye.length, false);
    assert.deepEqual([frames.closeSeen, frames.atBoundary, goodbye.readUInt16BE(payloadAt)], [true, true, 1001]);
  }
});
