/**
 * HTTP/2 frame by frame (RFC 9113 §4, §6), for what no well-behaved client sends. Header blocks are written as literals without
 * index (RFC 7541 §6.2.2); those of answers are kept as bytes.
 */
import { connect, type Socket } from 'node:net';
import { waitUntil } from './wait-until.ts';

export const FRAME = { DATA: 0, HEADERS: 1, PRIORITY: 2, RST_STREAM: 3, SETTINGS: 4, PUSH_PROMISE: 5, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 } as const;
export const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;
export const CODE = { NO_ERROR: 0, PROTOCOL_ERROR: 1, INTERNAL_ERROR: 2, REFUSED_STREAM: 7, CANCEL: 8, ENHANCE_YOUR_CALM: 11 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export type Fields = readonly (readonly [name: string, value: string])[];

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const HEADER_BYTES = 9;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Four bytes: a window increment, an error code. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A header block of literals. */
export function block(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  let rest = bytes.length;
  if (rest < 127) length.push(rest);
  else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

export const GET: Fields = [[':method', 'GET'], [':scheme', 'http'], [':authority', 'gateway.test'], [':path', '/']];
export const POST: Fields = [[':method', 'POST'], [':scheme', 'http'], [':authority', 'gateway.test'], [':path', '/']];

export class FrameClient {
  readonly frames: Frame[] = [];
  closed = false;
  readonly socket: Socket;
  #rest = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('error', () => (this.closed = true));
    socket.on('close', () => (this.closed = true));
  }

  /** With the preface and empty SETTINGS sent. `keepsOpen`: does not close when the other side does. */
  static async open(port: number, keepsOpen = false): Promise<FrameClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: keepsOpen });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const client = new FrameClient(socket);
    client.send(PREFACE, frame(FRAME.SETTINGS, 0, 0));
    return client;
  }

  send(...bytes: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  headers(stream: number, fields: Fields, endStream = true): void {
    this.send(frame(FRAME.HEADERS, FLAG.END_HEADERS | (endStream ? FLAG.END_STREAM : 0), stream, block(fields)));
  }

  of(type: number, stream?: number): Frame[] {
    return this.frames.filter((each) => each.type === type && (stream === undefined || each.stream === stream));
  }

  /** The code with which the stream was reset. */
  async resetCode(stream: number): Promise<number> {
    const reset = await waitUntil(`a reset of stream ${stream}`, () => this.of(FRAME.RST_STREAM, stream)[0]);
    return reset.payload.readUInt32BE(0);
  }

  /** The codes with which the connection was ended; a reset of the socket may swallow them. */
  get goawayCodes(): number[] {
    return this.of(FRAME.GOAWAY).map(({ payload }) => payload.readUInt32BE(4));
  }

  async waitForEnd(): Promise<void> {
    await waitUntil('the end of the connection', () => this.closed);
  }

  /** True once HEADERS of an answer have come. */
  async answered(stream: number): Promise<boolean> {
    await waitUntil(`an answer on stream ${stream}`, () => this.of(FRAME.HEADERS, stream).length > 0 || this.of(FRAME.RST_STREAM, stream).length > 0 || this.closed);
    return this.of(FRAME.HEADERS, stream).length > 0;
  }

  close(): void {
    this.socket.destroy();
  }

  #received(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      this.frames.push({ type: this.#rest[3] ?? 0, flags: this.#rest[4] ?? 0, stream: this.#rest.readUInt32BE(5) & 0x7fffffff, payload: this.#rest.subarray(HEADER_BYTES, end) });
      this.#rest = this.#rest.subarray(end);
    }
  }
}
