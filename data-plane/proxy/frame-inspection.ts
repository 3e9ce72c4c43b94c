/**
 * Reads the frames of one direction of a WebSocket whole (RFC 6455 §5), has each judged, and passes on what comes of it: frames
 * written anew, so that the other side gets nothing that could be read in two ways. Used by tunnel.ts where a plugin looks at frames;
 * other tunnels stay blind. Bounded: no frame is kept that is larger than the plugins take (R5).
 */
import type { FrameVerdict, WebSocketFrame } from '../../shared/plugins/contract.ts';

export interface FrameJudge {
  /** Larger payloads end the connection with 1009. */
  readonly maxPayloadBytes: number;
  judge(frame: WebSocketFrame): FrameVerdict | undefined;
  /** The connection is closed with this status. */
  closing(from: WebSocketFrame['from'], status: number, reason: string): void;
}

/** Why the connection is to end; `isFault`: nothing more can be read of this side. */
export interface FrameEnding {
  readonly status: number;
  readonly reason: string;
  readonly isFault: boolean;
}

const CONTINUATION = 0x0;
const CLOSE = 0x8;
const KINDS: ReadonlyMap<number, WebSocketFrame['kind']> = new Map([[0x0, 'continuation'], [0x1, 'text'], [0x2, 'binary'], [0x8, 'close'], [0x9, 'ping'], [0xa, 'pong']]);
const MAX_HEADER_BYTES = 14;
/** What a control frame carries at most (RFC 6455 §5.5). */
export const MAX_CONTROL_BYTES = 125;
/** As much is set aside for a payload at once; more as it comes, so that an announcement alone costs nothing. */
const FIRST_BYTES = 16_384;
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;
const NO_MASK = Buffer.alloc(4);

export class FrameInspection {
  /** A Close frame went by. Nothing may follow it. */
  closeSeen = false;
  /** What comes can't be read any more. */
  isDead = false;
  /** The connection is about to end: nothing is judged or goes on any more, only a Close frame is waited for. */
  isEnding = false;
  /** What goes on are whole frames. */
  readonly atBoundary = true;
  /** Of the last frame, chosen by the client. Zeros for what upstreams send, unmasked. */
  mask: Buffer = NO_MASK;
  readonly #from: WebSocketFrame['from'];
  readonly #judge: FrameJudge;
  readonly #pass: (frame: Buffer) => void;
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerBytes = 0;
  #headerLength = 2;
  #payload: Buffer = NO_MASK;
  #payloadBytes = 0;
  /** -1 while the header is not complete. */
  #payloadLength = -1;
  /** Of the message that is under way, as its first frame said it; CONTINUATION where none is. */
  #messageOpcode = CONTINUATION;
  /** A frame of that message went on. */
  #isBegun = false;

  /** `pass` gets what goes on to the other side, frame by frame. */
  constructor(from: WebSocketFrame['from'], judge: FrameJudge, pass: (frame: Buffer) => void) {
    this.#from = from;
    this.#judge = judge;
    this.#pass = pass;
  }

  /** Takes [start, end) of `buffer`, whose memory is the caller's again then. */
  receive(buffer: Buffer, start: number, end: number): FrameEnding | undefined {
    let at = start;
    let said: FrameEnding | undefined;
    while (!this.closeSeen && !this.isDead && at < end) {
      let ending: FrameEnding | undefined;
      if (this.#payloadLength === -1) {
        this.#header[this.#headerBytes] = buffer[at] ?? 0;
        this.#headerBytes += 1;
        at += 1;
        ending = this.#readHeader();
      } else at += this.#keep(buffer, at, end);
      if (ending === undefined && this.#payloadLength === this.#payloadBytes) ending = this.#judgeFrame();
      if (ending !== undefined) said = this.#end(ending) ?? said;
    }
    return said;
  }

  /** Once: who is to end has no second reason. */
  #end(ending: FrameEnding): FrameEnding | undefined {
    const isFirst = !this.isEnding;
    this.isEnding = true;
    if (ending.isFault) {
      this.isDead = true;
      this.#payload = NO_MASK;
    }
    return isFirst ? ending : undefined;
  }

  #readHeader(): FrameEnding | undefined {
    const [first = 0, second = 0] = this.#header;
    if (this.#headerBytes === 2) {
      const wrong = this.#faultOf(first, second);
      if (wrong !== undefined) return fault(wrong);
      const length = second & 0x7f;
      this.#headerLength = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (this.#from === 'client' ? 4 : 0);
    }
    if (this.#headerBytes < 2 || this.#headerBytes < this.#headerLength) return undefined;
    const short = second & 0x7f;
    const length = short === 126 ? this.#header.readUInt16BE(2) : short === 127 ? this.#header.readUInt32BE(2) * 2 ** 32 + this.#header.readUInt32BE(6) : short;
    if ((short === 126 && length < 126) || (short === 127 && length < 65_536)) return fault('a length in more bytes than it needs');
    if (length > this.#judge.maxPayloadBytes && (first & CLOSE) === 0) return { status: TOO_BIG, reason: 'frame too big', isFault: true };
    if (this.#from === 'client') this.mask = Buffer.from(this.#header.subarray(this.#headerLength - 4, this.#headerLength));
    this.#payloadLength = length;
    this.#payload = Buffer.allocUnsafe(Math.min(length, FIRST_BYTES));
    return undefined;
  }

  /** What is wrong with the first two bytes; RFC 6455 §5.2, §5.4, §5.5. No extension was agreed to, so nobody may use its bits. */
  #faultOf(first: number, second: number): string | undefined {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) return 'a reserved bit';
    if (!KINDS.has(opcode)) return 'an unknown opcode';
    if (((second & 0x80) !== 0) !== (this.#from === 'client')) return this.#from === 'client' ? 'a frame without a mask' : 'a masked frame';
    if (opcode >= CLOSE) return (first & 0x80) === 0 || (second & 0x7f) > MAX_CONTROL_BYTES ? 'a malformed control frame' : undefined;
    if ((opcode === CONTINUATION) !== (this.#messageOpcode !== CONTINUATION)) return 'a frame out of order';
    return undefined;
  }

  /** Gives how much it took. */
  #keep(buffer: Buffer, start: number, end: number): number {
    const taken = Math.min(this.#payloadLength - this.#payloadBytes, end - start);
    const needed = this.#payloadBytes + taken;
    if (needed > this.#payload.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#payloadLength, Math.max(needed, this.#payload.length * 2)));
      this.#payload.copy(grown, 0, 0, this.#payloadBytes);
      this.#payload = grown;
    }
    buffer.copy(this.#payload, this.#payloadBytes, start, start + taken);
    this.#payloadBytes = needed;
    return taken;
  }

  #judgeFrame(): FrameEnding | undefined {
    const [first = 0] = this.#header;
    const [opcode, isFinal, payload] = [first & 0x0f, (first & 0x80) !== 0, this.#payload];
    if (this.#from === 'client') applyMask(payload, this.mask);
    this.#headerBytes = 0;
    this.#headerLength = 2;
    this.#payloadLength = -1;
    this.#payloadBytes = 0;
    this.#payload = NO_MASK;
    if (opcode === CLOSE && !isClosePayload(payload)) return fault('a malformed control frame');
    if (this.isEnding) {
      this.closeSeen = opcode === CLOSE;
      return undefined;
    }
    const verdict = this.#judge.judge({ from: this.#from, kind: KINDS.get(opcode) ?? 'binary', isFinal, payload });
    if (verdict?.kind === 'close') return { status: verdict.status, reason: verdict.reason, isFault: false };
    const kept = verdict === undefined ? payload : verdict.kind === 'replace' ? verdict.payload : undefined;
    if (opcode >= CLOSE) {
      this.closeSeen = opcode === CLOSE;
      if (kept !== undefined) this.#pass(this.#written(opcode, true, kept));
    } else this.#passData(opcode, isFinal, kept);
    return undefined;
  }

  /** Whatever was dropped of a message, the other side gets a first frame that says what it is, and a last one. */
  #passData(opcode: number, isFinal: boolean, kept: Uint8Array | undefined): void {
    if (opcode !== CONTINUATION) this.#messageOpcode = opcode;
    if (kept !== undefined || (isFinal && this.#isBegun)) {
      this.#pass(this.#written(this.#isBegun ? CONTINUATION : this.#messageOpcode, isFinal, kept ?? new Uint8Array(0)));
      this.#isBegun = true;
    }
    if (!isFinal) return;
    this.#messageOpcode = CONTINUATION;
    this.#isBegun = false;
  }

  #written(opcode: number, isFinal: boolean, payload: Uint8Array): Buffer {
    return writeFrame(opcode, isFinal, payload, this.#from === 'client' ? this.mask : undefined);
  }
}

/** Those that a Close frame may say (RFC 6455 §7.4, and what is registered since). */
export function isCloseStatus(status: number): boolean {
  return (status >= 1_000 && status <= 1_014 && (status < 1_004 || status > 1_006)) || (status >= 3_000 && status <= 4_999);
}

/** Of a Close frame: nothing, or a status and a reason. */
export function isClosePayload(payload: Uint8Array): boolean {
  const [high = 0, low = 0] = payload;
  return payload.length === 0 || (payload.length > 1 && isCloseStatus((high << 8) | low));
}

/** A Close frame with that status, and as much of the reason as fits; `mask` where it goes to a server. */
export function closeFrame(status: number, reason: string, mask: Buffer | undefined): Buffer {
  const text = Buffer.from(reason, 'utf8');
  let length = Math.min(text.length, MAX_CONTROL_BYTES - 2);
  // Not within a character.
  while (((text[length] ?? 0) & 0xc0) === 0x80) length -= 1;
  return writeFrame(CLOSE, true, Buffer.concat([Buffer.of(status >> 8, status & 0xff), text.subarray(0, length)]), mask);
}

function writeFrame(opcode: number, isFinal: boolean, payload: Uint8Array, mask: Buffer | undefined): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const at = 2 + lengthBytes + (mask === undefined ? 0 : 4);
  const frame = Buffer.allocUnsafe(at + length);
  frame[0] = (isFinal ? 0x80 : 0) | opcode;
  frame[1] = (mask === undefined ? 0 : 0x80) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, at);
  if (mask !== undefined) {
    mask.copy(frame, at - 4);
    applyMask(frame.subarray(at), mask);
  }
  return frame;
}

function applyMask(bytes: Buffer, mask: Buffer): void {
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (mask[at & 3] ?? 0);
}

function fault(what: string): FrameEnding {
  return { status: PROTOCOL_ERROR, reason: what, isFault: true };
}
