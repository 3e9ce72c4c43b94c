/**
 * A connection that is reset while its end is under way: the peer sees an error, never a complete message, and no descriptor
 * stays. Both kinds of sockets. Node 24 can't close a handle any more whose reset libuv refused, and libuv refuses it during a shutdown.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect as connectTo, type Server } from 'node:net';
import { test } from 'node:test';
import { SocketIo } from '../data-plane/http1/socket-io.ts';
import type { SocketIoKind, SocketOwner, WireSocket } from '../data-plane/http1/wire-socket.ts';
import { waitUntil } from './support/wait-until.ts';

const MANY_BYTES = 20_000_000;

function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

interface Ending {
  /** What the peer got, and by which error it heard of the end; undefined: an orderly one. */
  readonly bytes: number;
  readonly error: string | undefined;
}

/** Our side writes so much, ends, and resets; the peer reads from then on. */
async function resetBehind(kind: SocketIoKind, bytes: number, reset: (wire: WireSocket) => void): Promise<Ending> {
  const owner: SocketOwner = { received: () => undefined, flushed: () => undefined, ended: () => undefined, lost: () => undefined };
  const io = new SocketIo((thrown) => assert.fail(String(thrown)), kind);
  let accepted: WireSocket | undefined;
  const server: Server = io.createPlainListener((socket) => (accepted = socket.adopt(owner)));
  const port = await io.listen(server, { host: '127.0.0.1', port: 0, reusePort: false });
  const peer = connectTo({ port, host: '127.0.0.1', allowHalfOpen: true });
  peer.pause();
  let error: string | undefined;
  let got = 0;
  const over = new Promise<void>((resolve) => {
    peer.on('error', (thrown) => (error = String(Reflect.get(thrown, 'code'))));
    peer.on('data', (piece) => (got += piece.length));
    peer.on('end', resolve);
    peer.on('close', () => resolve());
  });
  peer.pause();
  const wire = await waitUntil('the connection', () => accepted);
  wire.write(Buffer.alloc(bytes));
  wire.end();
  assert.equal(wire.usable, false);
  reset(wire);
  peer.resume();
  await over;
  peer.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { bytes: got, error };
}

for (const kind of ['handle', 'documented'] as const) {
  test(`bytes that wait behind a peer that reads nothing are not passed off as all (${kind})`, async () => {
    const before = openSockets();
    const { bytes, error } = await resetBehind(kind, MANY_BYTES, (wire) => wire.reset());
    assert.equal(error, 'ECONNRESET');
    assert.ok(bytes < MANY_BYTES);
    await waitUntil('all descriptors to be closed', () => openSockets() <= before);
  });

  test(`a reset right behind the end (${kind})`, async () => {
    const before = openSockets();
    await resetBehind(kind, 5, (wire) => wire.reset());
    await waitUntil('all descriptors to be closed', () => openSockets() <= before);
  });

  test(`an end alone, behind bytes that have to wait, gets there whole (${kind})`, async () => {
    const before = openSockets();
    assert.deepEqual(await resetBehind(kind, MANY_BYTES, () => undefined), { bytes: MANY_BYTES, error: undefined });
    await waitUntil('all descriptors to be closed', () => openSockets() <= before);
  });
}
