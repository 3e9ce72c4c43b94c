/** Frames that plugins look at: whole wherever reads cut them, written anew, and nothing that RFC 6455 forbids goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameVerdict, WebSocketFrame } from '../../shared/plugins/contract.ts';
import { closeFrame, FrameInspection, isCloseStatus } from './frame-inspection.ts';

const MASK = Buffer.from([1, 2, 3, 4]);

/** As RFC 6455 §5.2 draws it; masked as a client does. */
function frame(first: number, payload: Buffer | string, { masked = true, lengthBytes }: { readonly masked?: boolean; readonly lengthBytes?: 0 | 2 | 8 } = {}): Buffer {
  const bytes = Buffer.from(payload);
  const how = lengthBytes ?? (bytes.length < 126 ? 0 : bytes.length < 65_536 ? 2 : 8);
  const length = Buffer.alloc(how);
  if (how === 2) length.writeUInt16BE(bytes.length);
  if (how === 8) length.writeBigUInt64BE(BigInt(bytes.length));
  const second = (masked ? 0x80 : 0) | (how === 0 ? bytes.length : how === 2 ? 126 : 127);
  return Buffer.concat([Buffer.of(first, second), length, masked ? MASK : Buffer.alloc(0), masked ? Buffer.from(bytes.map((byte, at) => byte ^ (MASK[at & 3] ?? 0))) : bytes]);
}

interface Seen {
  readonly frames: readonly string[];
  readonly passed: Buffer;
  readonly ending: { readonly status: number; readonly reason: string } | undefined;
}

function inspect(wire: Buffer, judge: (frame: WebSocketFrame) => FrameVerdict | undefined = () => undefined, { from = 'client', cut = wire.length, maxPayloadBytes = 100_000 }: { readonly from?: 'client' | 'upstream'; readonly cut?: number; readonly maxPayloadBytes?: number } = {}): Seen {
  const frames: string[] = [];
  const passed: Buffer[] = [];
  const inspection = new FrameInspection(from, { maxPayloadBytes, closing: () => undefined, judge: (one) => {
    frames.push(`${one.kind}${one.isFinal ? '' : '…'} ${one.payload.length > 20 ? one.payload.length : Buffer.from(one.payload).toString('latin1')}`);
    return judge(one);
  } }, (bytes) => void passed.push(bytes));
  // The memory of a read is used again.
  const memory = Buffer.alloc(cut);
  for (let at = 0; at < wire.length; at += cut) {
    const length = wire.copy(memory, 0, at, at + cut);
    const ending = inspection.receive(memory, 0, length);
    if (ending !== undefined) return { frames, passed: Buffer.concat(passed), ending };
  }
  return { frames, passed: Buffer.concat(passed), ending: undefined };
}

test('frames of every size are read whole and go on as they were, wherever reads cut them', () => {
  for (const masked of [true, false]) {
    const wire = Buffer.concat([
      ...[0, 1, 125, 126, 65_535, 65_536, 90_000].map((length) => frame(0x82, Buffer.alloc(length, 0x88), { masked })),
      frame(0x01, 'a', { masked }), frame(0x89, 'ping', { masked }), frame(0x00, 'b', { masked }), frame(0x80, '', { masked }), frame(0x88, Buffer.from([3, 232]), { masked }),
    ]);
    for (const cut of [1, 2, 3, 7, 1_000, 16_384, wire.length]) {
      const { frames, passed, ending } = inspect(wire, undefined, { from: masked ? 'client' : 'upstream', cut });
      assert.deepEqual(frames.slice(-8), ['binary 65535', 'binary 65536', 'binary 90000', 'text… a', 'ping ping', 'continuation… b', 'continuation ', 'close \u0003è']);
      assert.equal(ending, undefined);
      assert.ok(passed.equals(wire), `cut every ${cut} bytes`);
    }
  }
});

test('what RFC 6455 forbids ends the connection with 1002, and nothing of it goes on', () => {
  const wrong: readonly (readonly [string, Buffer])[] = [
    ['a reserved bit', frame(0xc1, 'deflated')],
    ['an unknown opcode', frame(0x83, 'x')],
    ['an unknown opcode', frame(0x8b, 'x')],
    ['a frame without a mask', frame(0x81, 'x', { masked: false })],
    ['a malformed control frame', frame(0x09, 'in pieces')],
    ['a malformed control frame', frame(0x89, Buffer.alloc(126))],
    ['a malformed control frame', frame(0x88, Buffer.of(15))],
    ['a malformed control frame', frame(0x88, Buffer.of(3, 237))],
    ['a malformed control frame', frame(0x88, Buffer.of(0, 0))],
    ['a frame out of order', frame(0x80, 'no message')],
    ['a frame out of order', Buffer.concat([frame(0x01, 'one'), frame(0x81, 'two')])],
    ['a length in more bytes than it needs', frame(0x81, 'x', { lengthBytes: 2 })],
    ['a length in more bytes than it needs', frame(0x81, Buffer.alloc(300), { lengthBytes: 8 })],
  ];
  for (const [reason, wire] of wrong) {
    const { passed, ending } = inspect(Buffer.concat([frame(0x82, 'before'), wire, frame(0x82, 'behind')]), undefined, { cut: 3 });
    assert.deepEqual(ending, { status: 1002, reason, isFault: true });
    assert.equal(passed.includes(frame(0x82, 'behind')), false);
  }
  assert.equal(inspect(frame(0x81, 'x'), undefined, { from: 'upstream' }).ending?.reason, 'a masked frame');
});

test('a frame larger than plugins take ends the connection with 1009 by its announcement alone', () => {
  const announced = Buffer.from([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4]);
  for (const wire of [announced, frame(0x82, Buffer.alloc(11)).subarray(0, 6)]) assert.deepEqual(inspect(wire, undefined, { maxPayloadBytes: 10 }).ending, { status: 1009, reason: 'frame too big', isFault: true });
  assert.equal(inspect(frame(0x82, Buffer.alloc(10)), undefined, { maxPayloadBytes: 10 }).ending, undefined);
  assert.equal(inspect(frame(0x89, Buffer.alloc(100)), undefined, { maxPayloadBytes: 10 }).ending, undefined, 'control frames are small anyway');
});

test('a message of which pieces are dropped or replaced is still a message', () => {
  const message = Buffer.concat([frame(0x01, 'a'), frame(0x00, 'b'), frame(0x80, 'c'), frame(0x82, 'next')]);
  const dropping = (letters: string) => inspect(message, ({ payload }) => (letters.includes(String(payload)) ? { kind: 'drop' } : undefined)).passed;
  assert.deepEqual(dropping('a'), Buffer.concat([frame(0x01, 'b'), frame(0x80, 'c'), frame(0x82, 'next')]));
  assert.deepEqual(dropping('ab'), Buffer.concat([frame(0x81, 'c'), frame(0x82, 'next')]));
  assert.deepEqual(dropping('abc'), frame(0x82, 'next'));
  assert.deepEqual(dropping('c'), Buffer.concat([frame(0x01, 'a'), frame(0x00, 'b'), frame(0x80, ''), frame(0x82, 'next')]));
  const long = Buffer.alloc(70_000, 'x');
  const replaced = inspect(message, ({ payload }) => (String(payload) === 'b' ? { kind: 'replace', payload: long } : undefined)).passed;
  assert.deepEqual(replaced, Buffer.concat([frame(0x01, 'a'), frame(0x00, long), frame(0x80, 'c'), frame(0x82, 'next')]));
});

test('behind a Close frame nothing is read, and a verdict to close says why', () => {
  assert.deepEqual(inspect(Buffer.concat([frame(0x88, ''), frame(0x82, 'late')])).frames, ['close ']);
  const { passed, ending } = inspect(Buffer.concat([frame(0x82, 'ok'), frame(0x82, 'bad'), frame(0x82, 'late')]), ({ payload }) => (String(payload) === 'bad' ? { kind: 'close', status: 1008, reason: 'no' } : undefined));
  assert.deepEqual([passed, ending], [frame(0x82, 'ok'), { status: 1008, reason: 'no', isFault: false }]);
  assert.deepEqual(closeFrame(1008, 'no', undefined), frame(0x88, Buffer.concat([Buffer.of(3, 240), Buffer.from('no')]), { masked: false }));
  assert.equal(closeFrame(1008, 'x'.repeat(500), MASK).length, 2 + 4 + 125);
  const cut = closeFrame(1008, 'é'.repeat(100), undefined);
  assert.deepEqual([cut.length, cut.subarray(4).toString()], [2 + 2 + 122, 'é'.repeat(61)], 'a reason is cut between two characters');
  assert.deepEqual([999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000].filter(isCloseStatus), [1000, 1003, 1007, 1014, 3000, 4999]);
});

test('behind the frame that ended the connection nothing is judged, wherever reads cut; its Close is seen', () => {
  for (const cut of [1, 5, 1_000]) {
    const judged: string[] = [];
    const passed: Buffer[] = [];
    const inspection = new FrameInspection('client', { maxPayloadBytes: 1_000, closing: () => undefined, judge: ({ payload }) => {
      judged.push(String(payload));
      return { kind: 'close', status: 1008, reason: '' };
    } }, (bytes) => void passed.push(bytes));
    const wire = Buffer.concat([frame(0x82, 'bad'), frame(0x82, frame(0xff, 'no frame')), frame(0x82, 'bad'), frame(0x88, Buffer.of(3, 240))]);
    const endings: unknown[] = [];
    for (let at = 0; at < wire.length; at += cut) endings.push(inspection.receive(wire, at, Math.min(at + cut, wire.length)));
    assert.deepEqual([judged, passed, endings.filter((ending) => ending !== undefined), inspection.closeSeen], [['bad'], [], [{ status: 1008, reason: '', isFault: false }], true]);
  }
});
