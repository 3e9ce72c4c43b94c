/**
 * Proves that the TLS handles of this Node do what tls-handle.ts uses them for, on one connection over loopback that is secured
 * by a shared secret, so no certificate is needed. Called by handle-check.ts; takes some milliseconds.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { HandleIo } from './handle-io.ts';
import type { SocketOwner, WireSocket } from './wire-socket.ts';

/** 4 MB: more than the kernel takes at once. */
const LONG_PIECES = 64;
const PIECE = Buffer.alloc(65_521, 7);
const COMMON = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;

class Listener implements SocketOwner {
  bytes = '';
  isFlushed = false;
  hasEnded = false;
  isLost = false;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  received(buffer: Buffer, start: number, end: number): void {
    this.bytes += buffer.toString('latin1', start, end);
    this.#changed();
  }

  flushed(): void {
    this.isFlushed = true;
    this.#changed();
  }

  ended(): void {
    this.hasEnded = true;
    this.#changed();
  }

  lost(): void {
    this.isLost = true;
    this.#changed();
  }
}

/** Gives the first surprise. `cleanUp` gets what closes the connection, whatever happens. */
export async function checkTlsHandles(io: HandleIo, cleanUp: (close: () => void) => void): Promise<string | undefined> {
  const psk = randomBytes(32);
  const server = createServer({ ...COMMON, pskCallback: () => psk, pskIdentityHint: 'check' });
  cleanUp(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const secured = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
  const client = connect({ ...COMMON, port, host: '127.0.0.1', pskCallback: () => ({ psk, identity: 'check' }), checkServerIdentity: () => undefined });
  cleanUp(() => client.destroy());
  client.on('error', () => undefined);
  const socket = await secured;
  cleanUp(() => socket.destroy());
  let wake = (): void => undefined;
  const side = new Listener(() => wake());
  const wire = io.adoptTls(socket, side);
  if (wire === undefined) return 'the handle of a TLS socket is not as we know it';
  const until = (condition: () => boolean): Promise<void> => new Promise((resolve) => {
    wake = () => {
      if (condition()) resolve();
    };
    wake();
  });
  return checkBytes(wire, side, client, until);
}

async function checkBytes(wire: WireSocket, side: Listener, client: TLSSocket, until: (condition: () => boolean) => Promise<void>): Promise<string | undefined> {
  client.write('ping');
  await until(() => side.bytes.length > 0 || side.isLost);
  if (side.bytes !== 'ping') return 'other bytes were read from TLS than written';
  const memory = Buffer.from('pong');
  if (!wire.write(memory) || wire.unsentBytes !== 0) return 'a small write to TLS was not done at once';
  memory.fill(0);
  let sent = memory.length;
  for (let piece = 0; piece < LONG_PIECES; piece++, sent += PIECE.length) wire.write(PIECE);
  if (wire.unsentBytes === 0) return 'a TLS peer that reads nothing takes everything';
  wire.end();
  let received = 0;
  let first = '';
  client.on('data', (bytes: Buffer) => {
    if (received === 0) first = bytes.toString('latin1', 0, 4);
    received += bytes.length;
  });
  await once(client, 'end');
  if (first !== 'pong') return 'TLS sends memory that was given back';
  if (received !== sent || !side.isFlushed) return 'writes to TLS that had to wait were not done in order';
  client.end();
  await until(() => side.isLost);
  return side.hasEnded ? undefined : 'an orderly end of TLS looks like an error';
}
