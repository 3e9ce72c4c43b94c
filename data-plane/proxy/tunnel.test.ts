import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Deadlines } from '../http1/deadlines.ts';
import { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import { MAX_UNSENT_BYTES, type WireSocket } from '../http1/wire-socket.ts';
import { Tunnel, type TunnelEnding } from './tunnel.ts';

const READ_BYTES = 65_536;

/** A socket whose kernel takes so much and then makes writers wait. */
class StandInSocket implements WireSocket {
  readonly waiting: Buffer[] = [];
  delivered = Buffer.alloc(0);
  isPaused = false;
  saidEnd = false;
  isGone: 'no' | 'destroyed' | 'reset' = 'no';
  takes = true;

  get unsentBytes(): number {
    return this.waiting.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  get usable(): boolean {
    return this.isGone === 'no';
  }

  write(bytes: Buffer): boolean {
    assert.equal(this.isGone, 'no', 'a write to a socket that is gone');
    assert.equal(this.saidEnd, false, 'a write behind the end');
    if (this.takes && this.waiting.length === 0) this.delivered = Buffer.concat([this.delivered, bytes]);
    else this.waiting.push(bytes);
    return this.waiting.length === 0;
  }

  /** The peer takes all that waits. True where something did. */
  drain(): boolean {
    const had = this.waiting.length > 0;
    this.delivered = Buffer.concat([this.delivered, ...this.waiting.splice(0)]);
    return had;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.saidEnd = true;
  }

  destroy(): void {
    this.isGone = 'destroyed';
  }

  reset(): void {
    this.isGone = 'reset';
  }

  run(step: () => void): void {
    step();
  }
}

function scene(isWebSocket = false) {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, 10, (thrown) => assert.fail(String(thrown)));
  deadlines.start();
  const endings: TunnelEnding[] = [];
  const client = new StandInSocket();
  const upstream = new StandInSocket();
  const tunnel = new Tunnel(client, upstream, { out: new OutgoingBytes(), deadlines, idleTimeoutMs: 1_000, goodbyeTimeoutMs: 200, isWebSocket, ended: (ending) => void endings.push(ending) });
  return { clock, client, upstream, tunnel, endings };
}

type Side = 'client' | 'upstream';
type Step = { readonly kind: 'read'; readonly side: Side; readonly bytes: number } | { readonly kind: 'block' | 'drain' | 'end'; readonly side: Side };

const side = fc.constantFrom<Side>('client', 'upstream');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('read' as const), side, bytes: fc.integer({ min: 1, max: READ_BYTES }) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constantFrom('block' as const, 'drain' as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), side }) },
);

test('whatever reads, stops and ends come: every byte arrives in order, little waits, and it ends once', () => {
  // Reads use their memory again, so a byte that was not copied in time shows.
  const shared = Buffer.alloc(READ_BYTES);
  let next = 0;
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
    const { client, upstream, tunnel, endings } = scene();
    const sockets = { client, upstream };
    const sent = { client: Buffer.alloc(0), upstream: Buffer.alloc(0) };
    const ended = { client: false, upstream: false };
    const flush = (at: Side): void => {
      sockets[at].takes = true;
      if (sockets[at].drain()) tunnel[at].flushed();
    };
    const end = (at: Side): void => {
      if (ended[at] || endings.length > 0) return;
      ended[at] = true;
      tunnel[at].ended();
    };
    for (const one of steps) {
      if (endings.length > 0) break;
      const socket = sockets[one.side];
      if (one.kind === 'block') socket.takes = false;
      if (one.kind === 'drain') flush(one.side);
      if (one.kind === 'end') end(one.side);
      if (one.kind === 'read' && !socket.isPaused && !ended[one.side]) {
        shared.fill((next = (next + 1) % 251), 0, one.bytes);
        sent[one.side] = Buffer.concat([sent[one.side], shared.subarray(0, one.bytes)]);
        tunnel[one.side].received(shared, 0, one.bytes);
      }
      for (const { unsentBytes } of [client, upstream]) assert.ok(unsentBytes <= MAX_UNSENT_BYTES + READ_BYTES, `${unsentBytes} bytes wait`);
    }
    for (const at of ['client', 'upstream'] as const) {
      flush(at);
      end(at);
    }
    for (const at of ['client', 'upstream'] as const) flush(at);
    assert.deepEqual(endings, ['complete']);
    assert.ok(upstream.delivered.equals(sent.client) && client.delivered.equals(sent.upstream));
    assert.deepEqual([tunnel.bytesFromClient, tunnel.bytesToClient], [sent.client.length, sent.upstream.length]);
    assert.deepEqual([client.isGone, upstream.isGone], ['destroyed', 'destroyed']);
  }), { numRuns: 200 });
});

test('silence on both sides has an end; a byte either way is no silence', () => {
  const { clock, tunnel, endings } = scene();
  for (const at of ['client', 'upstream', 'client'] as const) {
    clock.advance(800);
    tunnel[at].received(Buffer.from('x'), 0, 1);
  }
  assert.deepEqual(endings, []);
  clock.advance(1_100);
  assert.deepEqual(endings, ['timeout']);
});

test('a side that breaks shows as an error on the other; one that had ended does not', () => {
  const broken = scene();
  broken.tunnel.upstream.lost(new Error('reset'));
  assert.deepEqual([broken.endings, broken.client.isGone], [['upstream-lost'], 'reset']);
  const orderly = scene();
  orderly.client.takes = false;
  orderly.tunnel.upstream.received(Buffer.from('last words'), 0, 10);
  orderly.tunnel.upstream.ended();
  orderly.tunnel.upstream.lost(undefined);
  assert.deepEqual(orderly.endings, [], 'the last words are still on their way');
  orderly.client.drain();
  orderly.tunnel.client.flushed();
  assert.deepEqual([orderly.endings, orderly.client.isGone, orderly.client.delivered.toString()], [['complete'], 'destroyed', 'last words']);
});

test('a drain waits for the frame under way in each direction, lets nothing follow, and ends when both have answered', () => {
  const { client, upstream, tunnel, endings } = scene(true);
  const frame = Buffer.concat([Buffer.from([0x82, 100]), Buffer.alloc(100, 7)]);
  tunnel.upstream.received(frame, 0, 40);
  tunnel.drain();
  assert.equal(upstream.delivered.toString('hex'), '88820000000003e9', 'nothing is under way to the upstream');
  assert.equal(client.delivered.length, 40);
  const rest = Buffer.concat([frame.subarray(40), frame]);
  tunnel.upstream.received(rest, 0, rest.length);
  assert.equal(client.delivered.subarray(0, 102).equals(frame), true);
  assert.equal(client.delivered.subarray(102).toString('hex'), '880203e9', 'the next frame is too late');
  tunnel.upstream.received(frame, 0, frame.length);
  assert.equal(client.delivered.length, 106, 'and so are those after it');
  tunnel.client.received(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 0xe9]), 0, 8);
  assert.deepEqual([client.saidEnd, upstream.saidEnd, endings], [true, false, []]);
  tunnel.client.ended();
  tunnel.upstream.received(Buffer.from([0x88, 2, 3, 0xe9]), 0, 4);
  tunnel.upstream.ended();
  assert.deepEqual([upstream.saidEnd, endings], [true, ['complete']]);
});

test('a drain has a bound, and no goodbye follows a Close frame', () => {
  const { clock, client, tunnel, endings } = scene(true);
  tunnel.upstream.received(Buffer.from([0x88, 2, 3, 0xe8]), 0, 4);
  tunnel.drain();
  tunnel.client.received(Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1]), 0, 7);
  assert.equal(client.delivered.toString('hex'), '880203e8');
  clock.advance(300);
  assert.deepEqual(endings, ['timeout']);
});
