/**
 * The simulator's connection: what data-plane/sync/frame-socket.ts does, leaner. Real TLS 1.3 with a client certificate, a real upgrade, the
 * same WebSocket messages (RFC 6455 as far as both sides use it: whole binary messages, close, ping); no HTTP client, no streams, one
 * buffer per message. Measured with `ws` on the client's side, the simulator took more CPU than the control plane.
 */
import { createHash, randomBytes } from 'node:crypto';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { FrameSocket, FrameSocketEvents } from '../../data-plane/sync/frame-socket.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { GatewayId } from '../../shared/model/ids.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import { MAXIMUM_FRAME_BYTES, SYNC_PATH, SYNC_SUBPROTOCOL, type SyncMessage } from '../../shared/wire/sync-message.ts';

export interface LeanFrameSocketOptions {
  readonly gatewayId: GatewayId;
  /** Certificate, key and CA of one data plane, made once. */
  readonly secureContext: SecureContext;
  readonly timeoutMs: number;
  /** A whole message came; with its header. */
  readonly received: (message: SyncMessage, bytes: number) => void;
}

const HANDSHAKE_KEY = randomBytes(16).toString('base64');
const HANDSHAKE_ACCEPT = createHash('sha1').update(`${HANDSHAKE_KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const MAXIMUM_HEAD_BYTES = 16 * 1024;
const CLOSE_TIMEOUT_MS = 2_000;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const NO_BYTES = Buffer.alloc(0);

export class LeanFrameSocket implements FrameSocket {
  readonly #events: FrameSocketEvents;
  readonly #options: LeanFrameSocketOptions;
  readonly #socket: TLSSocket;
  /** What came and is no whole message yet. */
  #rest: Buffer = NO_BYTES;
  #state: 'upgrading' | 'open' | 'closing' | 'ended' = 'upgrading';
  #failure: string | undefined;
  /** A mask has to be unpredictable for proxies' sake (RFC 6455 §10.3); there is none here, so one per connection does. */
  readonly #mask = randomBytes(4);

  constructor(url: string, events: FrameSocketEvents, options: LeanFrameSocketOptions) {
    this.#events = events;
    this.#options = options;
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), secureContext: options.secureContext, minVersion: 'TLSv1.3' });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(options.timeoutMs, () => {
      if (this.#state === 'upgrading') socket.destroy(new Error('no session in time'));
    });
    socket.once('secureConnect', () => {
      socket.write(
        `GET ${SYNC_PATH} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: ${HANDSHAKE_KEY}\r\nSec-WebSocket-Protocol: ${SYNC_SUBPROTOCOL}\r\n\r\n`,
      );
    });
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) => (this.#failure ??= error.message));
    socket.on('close', () => this.#end());
  }

  send(message: SyncMessage): void {
    if (this.#state === 'open') this.#socket.write(this.#masked(BINARY, encodeFrame({ gatewayId: this.#options.gatewayId, message })));
  }

  close(): void {
    if (this.#state !== 'open') return void this.#socket.destroy();
    this.#state = 'closing';
    this.#socket.end(this.#masked(CLOSE, Buffer.of(0x03, 0xe8)));
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  #read(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#state === 'upgrading' && !this.#readHead()) return;
    while (this.#state === 'open' && this.#readMessage());
  }

  /** False where it has not come yet, or is no upgrade. */
  #readHead(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) {
      if (this.#rest.length > MAXIMUM_HEAD_BYTES) this.#socket.destroy(new Error('the answer to the upgrade is too long'));
      return false;
    }
    const head = this.#rest.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 101 ') || !head.includes(HANDSHAKE_ACCEPT)) {
      this.#socket.destroy(new Error(`the control plane answered "${head.split('\r\n')[0] ?? ''}" ${this.#rest.toString('latin1', end + 4)}`.trim()));
      return false;
    }
    this.#rest = this.#rest.subarray(end + 4);
    this.#state = 'open';
    this.#socket.setTimeout(0);
    this.#events.opened();
    return true;
  }

  /** False where no whole message is there. */
  #readMessage(): boolean {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    const short = (bytes[1] ?? 0) & 0x7f;
    const headBytes = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < headBytes) return false;
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (length > MAXIMUM_FRAME_BYTES) return this.#violated(`it sent a message of ${length} bytes`);
    const total = headBytes + length;
    if (bytes.length < total) return false;
    this.#rest = bytes.length === total ? NO_BYTES : bytes.subarray(total);
    return this.#take(bytes[0] ?? 0, bytes.subarray(headBytes, total), total);
  }

  #take(first: number, payload: Buffer, total: number): boolean {
    switch (first) {
      case 0x80 | BINARY:
        return this.#hear(payload, total);
      case 0x80 | PING:
        this.#socket.write(this.#masked(PONG, payload));
        return true;
      case 0x80 | PONG:
        return true;
      case 0x80 | CLOSE:
        this.#failure ??= `closed with code ${payload.length >= 2 ? payload.readUInt16BE(0) : 1005}${payload.length > 2 ? `: ${payload.toString('utf8', 2)}` : ''}`;
        this.close();
        return false;
      default:
        return this.#violated('it sent what is no whole binary message');
    }
  }

  #hear(payload: Buffer, total: number): boolean {
    let frame;
    try {
      frame = decodeFrame(payload);
    } catch (thrown) {
      return this.#violated(describeThrown(thrown));
    }
    if (frame.gatewayId !== this.#options.gatewayId) return this.#violated(`it sent a frame for gateway ${frame.gatewayId}`);
    this.#options.received(frame.message, total);
    this.#events.message(frame.message);
    return true;
  }

  #violated(reason: string): false {
    this.#events.violated(reason);
    return false;
  }

  #masked(opcode: number, payload: Uint8Array): Buffer {
    const headBytes = payload.length < 126 ? 6 : payload.length < 65_536 ? 8 : 14;
    const message = Buffer.allocUnsafe(headBytes + payload.length);
    message[0] = 0x80 | opcode;
    message[1] = 0x80 | (headBytes === 6 ? payload.length : headBytes === 8 ? 126 : 127);
    if (headBytes === 8) message.writeUInt16BE(payload.length, 2);
    else if (headBytes === 14) message.writeBigUInt64BE(BigInt(payload.length), 2);
    message.set(this.#mask, headBytes - 4);
    for (let index = 0; index < payload.length; index += 1) message[headBytes + index] = (payload[index] ?? 0) ^ (this.#mask[index & 3] ?? 0);
    return message;
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#events.closed(this.#failure ?? 'closed without a word');
  }
}
