/**
 * Bytes both ways between two sockets until both have ended: after an upgrade (WebSocket), and for L4 streams. Whoever made
 * the sockets passes their events on to `client` and `upstream`, from then on nothing else. Each side is read no faster than
 * the other takes it (R5); silence on both sides is bounded; `ended` is called once (R4).
 */
import { NEVER, type Deadlines, type Timed } from '../http1/deadlines.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import { MAX_UNSENT_BYTES, type SocketOwner, type WireSocket } from '../http1/wire-socket.ts';
import { closeFrame, FrameInspection, type FrameEnding, type FrameJudge } from './frame-inspection.ts';
import { GOODBYE_TO_CLIENT, GOODBYE_TO_SERVER, WebSocketFrames } from './websocket-frames.ts';

export type TunnelEnding =
  /** Both sides ended and got all that was sent to them. */
  | 'complete'
  /** No byte went either way for the idle limit, or a side did not answer our goodbye in time. */
  | 'timeout'
  | 'client-lost'
  | 'upstream-lost'
  /** `destroy` was called. */
  | 'cut';

export interface TunnelOptions {
  readonly out: OutgoingBytes;
  readonly deadlines: Deadlines;
  /** Most milliseconds without a byte either way. */
  readonly idleTimeoutMs: number;
  /** Most milliseconds for both sides to end after `drain`. */
  readonly goodbyeTimeoutMs: number;
  /** True where the bytes are WebSocket frames, so that `drain` can close between two of them. */
  readonly isWebSocket: boolean;
  /** Of the frames of a WebSocket; without one nobody looks at what goes through. */
  readonly judge?: FrameJudge | undefined;
  /** Both sockets are gone or about to be; nothing is called after it. */
  readonly ended: (ending: TunnelEnding) => void;
}

export class Tunnel implements Timed {
  deadlineMs = NEVER;
  readonly client: SocketOwner;
  readonly upstream: SocketOwner;
  readonly #options: TunnelOptions;
  readonly #clientEnd: TunnelEnd;
  readonly #upstreamEnd: TunnelEnd;
  #isOver = false;
  #isDraining = false;

  /** Both sockets stand. What came from one of them before is passed to its side's `received`. */
  constructor(client: WireSocket, upstream: WireSocket, options: TunnelOptions) {
    this.#options = options;
    const steps: TunnelSteps = {
      moved: () => this.#moved(),
      settle: () => this.#settle(),
      lost: (end, cause) => this.#lost(end, cause),
      close: (end, ending) => this.#close(end, ending),
    };
    this.#clientEnd = new TunnelEnd('client', client, options, steps);
    this.#upstreamEnd = new TunnelEnd('upstream', upstream, options, steps);
    this.#clientEnd.other = this.#upstreamEnd;
    this.#upstreamEnd.other = this.#clientEnd;
    this.client = this.#clientEnd;
    this.upstream = this.#upstreamEnd;
    options.deadlines.watch(this);
    this.#moved();
    client.resume();
    upstream.resume();
  }

  get bytesFromClient(): number {
    return this.#clientEnd.bytesIn;
  }

  get bytesToClient(): number {
    return this.#clientEnd.bytesOut;
  }

  /** A WebSocket is closed with 1001 on both sides, between two frames; others go on until they end or are cut. */
  drain(): void {
    if (this.#isDraining || this.#isOver || !this.#options.isWebSocket) return;
    this.#beginGoodbyes();
    this.#clientEnd.sayGoodbyeSoon(GOODBYE_TO_CLIENT);
    this.#upstreamEnd.sayGoodbyeSoon(GOODBYE_TO_SERVER);
  }

  /** Over a frame that one of the sides sent: both hear why. */
  #close(end: TunnelEnd, { status, reason }: FrameEnding): void {
    if (this.#isOver) return;
    this.#options.judge?.closing(end.name, status, reason);
    this.#beginGoodbyes();
    this.#clientEnd.sayGoodbyeSoon(closeFrame(status, reason, undefined));
    this.#upstreamEnd.sayGoodbyeSoon(closeFrame(status, reason, this.#clientEnd.lastMask));
  }

  #beginGoodbyes(): void {
    this.#isDraining = true;
    this.#clientEnd.stopJudging();
    this.#upstreamEnd.stopJudging();
    this.deadlineMs = this.#options.deadlines.in(this.#options.goodbyeTimeoutMs);
  }

  /** Cuts both sides. */
  destroy(): void {
    this.#end('cut', false);
  }

  deadlinePassed(): void {
    this.#end('timeout', false);
  }

  #moved(): void {
    if (!this.#isDraining) this.deadlineMs = this.#options.deadlines.in(this.#options.idleTimeoutMs);
  }

  #settle(): void {
    const client = this.#clientEnd;
    const upstream = this.#upstreamEnd;
    const bothEnded = client.hasEnded && upstream.hasEnded;
    if ((bothEnded || client.isGone || upstream.isGone) && client.isFlushed && upstream.isFlushed) this.#end('complete', false);
  }

  /** What a side that is gone had sent in an orderly way still reaches the other; after an error the other sees one too. */
  #lost(end: TunnelEnd, cause: Error | undefined): void {
    if (!end.hasEnded || cause !== undefined) this.#end(end === this.#clientEnd ? 'client-lost' : 'upstream-lost', cause !== undefined);
  }

  #end(ending: TunnelEnding, byReset: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.deadlineMs = NEVER;
    this.#options.deadlines.forget(this);
    this.#clientEnd.close(byReset);
    this.#upstreamEnd.close(byReset);
    this.#options.ended(ending);
  }
}

interface TunnelSteps {
  /** A byte went through. */
  moved(): void;
  /** One of the ends may be done. */
  settle(): void;
  lost(end: TunnelEnd, cause: Error | undefined): void;
  /** The WebSocket is to end over what this end sent. */
  close(end: TunnelEnd, ending: FrameEnding): void;
}

class TunnelEnd implements SocketOwner {
  other: TunnelEnd = this;
  hasEnded = false;
  isGone = false;
  bytesIn = 0;
  bytesOut = 0;
  readonly #socket: WireSocket;
  readonly #out: OutgoingBytes;
  readonly #steps: TunnelSteps;
  readonly #heldBlocks: Buffer[] = [];
  readonly name: 'client' | 'upstream';
  /** Those that this side sends; undefined where bytes are just bytes. */
  readonly #frames: WebSocketFrames | FrameInspection | undefined;
  /** The same where somebody looks at them. */
  readonly #inspection: FrameInspection | undefined;
  /** What this side is sent as the last thing. */
  #goodbye: Buffer = GOODBYE_TO_CLIENT;
  /** `due`: as soon as the frame that is on its way to this side is through. */
  #goodbyeState: 'none' | 'due' | 'said' = 'none';
  #isPaused = false;
  #saidEnd = false;

  constructor(name: TunnelEnd['name'], socket: WireSocket, options: TunnelOptions, steps: TunnelSteps) {
    this.name = name;
    this.#socket = socket;
    this.#out = options.out;
    this.#steps = steps;
    this.#inspection = options.judge === undefined ? undefined : new FrameInspection(name, options.judge, (frame) => this.other.#sendFrame(frame));
    this.#frames = this.#inspection ?? (options.isWebSocket ? new WebSocketFrames() : undefined);
  }

  /** Of the last frame that it sent, where somebody looks at them. */
  get lastMask(): Buffer | undefined {
    return this.#inspection?.mask;
  }

  /** What comes from now on goes nowhere. */
  stopJudging(): void {
    if (this.#inspection !== undefined) this.#inspection.isEnding = true;
  }

  get isFlushed(): boolean {
    return this.isGone || this.#socket.unsentBytes === 0;
  }

  received(buffer: Buffer, start: number, end: number): void {
    if (this.isGone) return;
    this.bytesIn += end - start;
    this.#steps.moved();
    const { other } = this;
    if (this.#inspection === undefined) this.#passUnread(buffer, start, end);
    else this.#inspect(this.#inspection, buffer, start, end);
    // Both have closed, as far as frames go: the gateway is the server here, so it is the one to end the connection (RFC 6455 §7.1.1).
    if (this.#goodbyeState === 'said' && (this.#frames?.closeSeen === true || this.#inspection?.isDead === true)) this.#sayEnd();
    if (other.#socket.unsentBytes > MAX_UNSENT_BYTES && !other.isGone) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  #passUnread(buffer: Buffer, start: number, end: number): void {
    const { other } = this;
    const frames = this.#frames instanceof WebSocketFrames ? this.#frames : undefined;
    const behind = frames?.advance(buffer, start, end, other.#goodbyeState === 'due') ?? end;
    if (other.#goodbyeState !== 'said') other.#send(buffer, start, behind);
    if (other.#goodbyeState === 'due' && frames?.atBoundary === true) other.#sayGoodbye();
    if (behind < end) frames?.advance(buffer, behind, end, false);
  }

  #inspect(inspection: FrameInspection, buffer: Buffer, start: number, end: number): void {
    const ending = inspection.receive(buffer, start, end);
    if (ending !== undefined) this.#steps.close(this, ending);
  }

  #sendFrame(frame: Buffer): void {
    if (this.#goodbyeState !== 'said') this.#send(frame, 0, frame.length);
  }

  flushed(): void {
    this.#out.giveBack(this.#heldBlocks);
    this.#steps.moved();
    this.other.#goOn();
    this.#steps.settle();
  }

  ended(): void {
    this.hasEnded = true;
    this.other.#sayEnd();
    if (this.#goodbyeState === 'said') this.#sayEnd();
    this.#steps.settle();
  }

  lost(cause: Error | undefined): void {
    this.isGone = true;
    this.#steps.lost(this, cause);
    this.#steps.settle();
  }

  /** Once. */
  sayGoodbyeSoon(goodbye: Buffer): void {
    const frames = this.other.#frames;
    if (frames === undefined || frames.closeSeen || this.#goodbyeState !== 'none') return;
    this.#goodbye = goodbye;
    this.#goodbyeState = 'due';
    if (frames.atBoundary) this.#sayGoodbye();
  }

  close(byReset: boolean): void {
    if (this.isGone) return;
    this.isGone = true;
    if (byReset) this.#socket.reset();
    else this.#socket.destroy();
  }

  #sayGoodbye(): void {
    this.#goodbyeState = 'said';
    this.#send(this.#goodbye, 0, this.#goodbye.length);
  }

  #sayEnd(): void {
    if (this.#saidEnd || this.isGone) return;
    this.#saidEnd = true;
    this.#socket.end();
  }

  #send(buffer: Buffer, start: number, end: number): void {
    if (this.isGone || this.#saidEnd || end === start) return;
    this.#out.clear();
    this.#out.bytes(buffer, start, end);
    this.bytesOut += end - start;
    this.#out.sendTo(this.#socket, this.#heldBlocks);
  }

  #goOn(): void {
    if (!this.#isPaused || this.isGone) return;
    this.#isPaused = false;
    this.#socket.resume();
  }
}
