/**
 * A peer that takes nothing while the other side sends in tiny pieces: every piece that waits would cost some 500 bytes, so they
 * are gathered (R5). Both kinds of sockets, on real connections: memory per piece, order, and the end behind them.
 */
import assert from 'node:assert/strict';
import { connect as connectTo, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SocketIo } from '../data-plane/http1/socket-io.ts';
import type { SocketIoKind, SocketOwner, WireSocket } from '../data-plane/http1/wire-socket.ts';
import { waitUntil } from './support/wait-until.ts';

const PIECES = 20_000;
/** Bytes of memory that one waiting piece of one byte may cost. */
const MAX_BYTES_PER_PIECE = 20;

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Memory in use, after a garbage collection. */
function heldBytes(): number {
  assert.ok(typeof collectGarbage === 'function');
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface StalledPair {
  readonly wire: WireSocket;
  readonly peer: Socket;
  readonly flushes: () => number;
  readonly close: () => void;
}

async function stalledPair(kind: SocketIoKind): Promise<StalledPair> {
  let flushes = 0;
  let wire: WireSocket | undefined;
  const owner: SocketOwner = { received: () => undefined, flushed: () => void (flushes += 1), ended: () => undefined, lost: () => undefined };
  const io = new SocketIo((thrown) => assert.fail(String(thrown)), kind);
  const server: Server = io.createPlainListener((socket) => (wire = socket.adopt(owner)));
  const port = await io.listen(server, { host: '127.0.0.1', port: 0, reusePort: false });
  const peer = connectTo({ port, host: '127.0.0.1', allowHalfOpen: true });
  peer.pause();
  const accepted = await waitUntil('the connection', () => wire);
  return {
    wire: accepted, peer,
    flushes: () => flushes,
    close: () => {
      peer.destroy();
      accepted.destroy();
      server.close();
    },
  };
}

/** Writes until the kernel takes no more; gives what was written. */
function fillUp(wire: WireSocket): number {
  let written = 0;
  for (; wire.unsentBytes === 0 && written < 50_000_000; written += 65_536) wire.write(Buffer.alloc(65_536, 'x'));
  return written;
}

for (const kind of ['documented', 'handle'] as const) {
  test(`${kind}: tiny pieces for a peer that does not read cost little memory, and all arrive in order, before the end`, async () => {
    const { wire, peer, flushes, close } = await stalledPair(kind);
    try {
      const filled = fillUp(wire);
      const unsentBefore = wire.unsentBytes;
      const heldBefore = heldBytes();
      for (let index = 0; index < PIECES; index++) assert.equal(wire.write(Buffer.from([0x30 + (index % 10)])), false);
      assert.equal(wire.unsentBytes - unsentBefore, PIECES, 'what waits is counted');
      const perPiece = (heldBytes() - heldBefore) / PIECES;
      assert.ok(perPiece < MAX_BYTES_PER_PIECE, `${perPiece.toFixed(1)} bytes held per piece of one byte`);
      wire.write(Buffer.alloc(10_000, 'L'));
      wire.write(Buffer.from('end'));
      wire.end();
      assert.equal(flushes(), 0);
      let tail = '';
      let received = 0;
      let ended = false;
      peer.on('data', (bytes) => {
        received += bytes.length;
        tail = (tail + bytes.toString('latin1')).slice(-(PIECES + 10_003));
      });
      peer.on('end', () => (ended = true));
      peer.resume();
      await waitUntil('the end', () => ended);
      assert.equal(received, filled + PIECES + 10_003);
      assert.equal(tail, `${'0123456789'.repeat(PIECES / 10)}${'L'.repeat(10_000)}end`);
      await waitUntil('flushed', () => flushes() > 0);
      assert.equal(wire.unsentBytes, 0);
    } finally {
      close();
    }
  });
}
