/**
 * Receives configurations: one transfer at a time, a newer offer takes the place of an unfinished one. Memory is bounded
 * by the signed length, and that by the configured cap, before a byte is taken. Chunks are paid for with credit, so that they
 * never pile up. What a cut connection left unfinished is kept, and goes on in the next session where the control plane still
 * has just those bytes. One that hardly moves ends the session, lest whoever is at the other end keeps us on what we have
 * without a word. What is complete goes to `complete`; nothing here decides what is served.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import { verifyStatement } from '../../shared/trust/statements.ts';
import { MAXIMUM_CHUNK_BYTES, type Chunk, type Delta, type PartialTransfer, type Snapshot } from '../../shared/wire/sync-message.ts';
import type { Trust } from './trust-anchor.ts';

/** A whole transfer, its statements' signatures checked, its bytes not yet. */
export interface ReceivedOffer {
  readonly announcement: Snapshot | Delta;
  readonly wireBytes: Uint8Array;
  readonly trust: Trust;
  /** Monotonic milliseconds of the announcement. */
  readonly beganAtMs: number;
}

export interface TransferIntakeOptions {
  readonly trust: () => Trust | undefined;
  readonly clock: Clock;
  /** Cap on the signed lengths, bytes. */
  readonly maximumBytes: number;
  readonly complete: (offer: ReceivedOffer) => void;
  readonly reject: (announcement: Snapshot | Delta, code: string, reasons: readonly string[]) => void;
  /** The other side may send that many more chunks. */
  readonly giveCredit: (chunks: number) => void;
  /** The other side broke the protocol; the reason is for its log and ours. */
  readonly violated: (reason: string) => void;
}

/** Bytes from the beginning of a transfer that its signed hash names. */
interface Content {
  readonly wireHash: string;
  readonly bytes: Buffer;
  received: number;
}

interface Unfinished {
  readonly announcement: Snapshot | Delta;
  readonly trust: Trust;
  readonly beganAtMs: number;
  readonly content: Content;
}

/** Chunks on their way at once, at most. */
export const CHUNK_WINDOW = 16;
/**
 * Credit is given back for so many chunks at once: a small change, which is one chunk, then costs the control plane no frame for it. With ten
 * thousand data planes that is a quarter of what a change costs it.
 */
export const CREDIT_STEP = 8;
/** Frames that wait while statements are verified; far above what the window allows. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
/** What a frame takes at least. */
const FRAME_BYTES = 1_024;

const PACE_WINDOW_MS = 60_000;
/** One chunk: where even that takes longer, pings don't come through behind it in time either. */
export const LEAST_BYTES_A_MINUTE = MAXIMUM_CHUNK_BYTES;

export class TransferIntake {
  readonly #options: TransferIntakeOptions;
  #unfinished: Unfinished | undefined;
  /** What the session before left; until something else is offered. */
  #left: Content | undefined;
  /** Frames are handled one after another, because verifying an announcement takes a moment. */
  #queue: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #session = 0;
  /** Chunks taken that no credit was given back for. */
  #owed = 0;
  /** Runs while something is unfinished, also over announcements that take each other's place. */
  #pace: TimerHandle | undefined;

  constructor(options: TransferIntakeOptions) {
    this.#options = options;
  }

  /** What is there of a transfer that was cut off, for Hello. */
  get partial(): PartialTransfer | undefined {
    const content = this.#unfinished?.content ?? this.#left;
    return content === undefined || content.received === 0 ? undefined : { wireHash: content.wireHash, bytes: content.received };
  }

  /** The connection is gone: what was still waiting came over it. What is there of a transfer is kept. */
  cutOff(): void {
    this.#session += 1;
    this.#left = this.#unfinished?.content ?? this.#left;
    this.#unfinished = undefined;
    this.#endPace();
  }

  /** A new session, with no credit given yet. */
  restart(): void {
    this.cutOff();
    this.#owed = 0;
    this.#options.giveCredit(CHUNK_WINDOW);
  }

  /** Handles a frame in its turn. */
  take(frame: Snapshot | Delta | Chunk): void {
    const session = this.#session;
    const bytes = sizeOf(frame);
    if (this.#waitingBytes + bytes > MOST_WAITING_BYTES) return this.#options.violated('it sent more than its credit');
    this.#waitingBytes += bytes;
    this.#queue = this.#queue.then(() => {
      this.#waitingBytes -= bytes;
      return this.#handle(frame, session);
    }).catch((thrown: unknown) => {
      // Such as no memory for it. The next session offers it again.
      this.#options.violated(`a ${frame.kind} could not be taken: ${describeThrown(thrown)}`);
    });
  }

  async #handle(frame: Snapshot | Delta | Chunk, session: number): Promise<void> {
    if (session !== this.#session) return;
    if (frame.kind === 'chunk') this.#addChunk(frame);
    else await this.#begin(frame, session);
  }

  async #begin(announcement: Snapshot | Delta, session: number): Promise<void> {
    const { clock, maximumBytes, reject } = this.#options;
    const beganAtMs = clock.monotonicMs();
    const trust = this.#options.trust();
    const before = this.#unfinished?.content ?? this.#left;
    this.#unfinished = undefined;
    if (trust === undefined) return this.#options.violated('it offered a configuration before its keys were known');
    const { keys, audience } = trust.publishKeys;
    const manifest = await verifyStatement('manifest', announcement.manifestStatement, keys, audience);
    const transfer = await verifyStatement('transfer', announcement.transferStatement, keys, audience);
    if (session !== this.#session) return;
    this.#left = undefined;
    const refuse = (code: string, reasons: readonly string[]): void => {
      this.#endPace();
      reject(announcement, code, reasons);
    };
    if (manifest.kind === 'refused') return refuse(manifest.code, manifest.reasons);
    if (transfer.kind === 'refused') return refuse(transfer.code, transfer.reasons);
    const { wireLength, inflatedLength, wireHash, base } = transfer.claims;
    if (Math.max(wireLength, inflatedLength) > maximumBytes) {
      return refuse('TRANSFER_TOO_LARGE', [`the configuration has ${Math.max(wireLength, inflatedLength)} bytes, the cap is ${maximumBytes}; raise HOLDFAST_MAX_CONFIG_BYTES`]);
    }
    if ((base === null) !== (announcement.kind === 'snapshot')) return this.#options.violated(`it announced a ${announcement.kind} whose transfer statement says otherwise`);
    const content = beginContent({ wireHash, wireLength }, announcement.startOffset, before);
    if (content === undefined) return this.#options.violated(`it goes on at byte ${announcement.startOffset} of a transfer of which that much is not here`);
    this.#unfinished = { announcement, trust, beganAtMs, content };
    this.#watchPace();
  }

  #addChunk(chunk: Chunk): void {
    this.#payBack();
    const unfinished = this.#unfinished;
    // Of a transfer that was superseded or refused: was on its way when that happened.
    if (unfinished === undefined || unfinished.announcement.transferId !== chunk.transferId) return;
    const { announcement, trust, beganAtMs, content } = unfinished;
    if (chunk.offset !== content.received || chunk.offset + chunk.bytes.length > content.bytes.length) {
      return this.#options.violated(`a chunk of transfer ${chunk.transferId} is out of order or too long`);
    }
    content.bytes.set(chunk.bytes, chunk.offset);
    content.received += chunk.bytes.length;
    if (content.received < content.bytes.length) return;
    this.#unfinished = undefined;
    this.#endPace();
    this.#options.complete({ announcement, trust, beganAtMs, wireBytes: content.bytes });
  }

  /** Counts from where it was a minute ago, so that beginning again is no way around it. */
  #watchPace(): void {
    if (this.#pace !== undefined) return;
    let before = this.#unfinished?.content.received ?? 0;
    this.#pace = this.#options.clock.every(PACE_WINDOW_MS, () => {
      const unfinished = this.#unfinished;
      // Just being announced anew.
      if (unfinished === undefined) return;
      const { received } = unfinished.content;
      if (received - before < LEAST_BYTES_A_MINUTE) this.#options.violated(`it sent ${Math.max(0, received - before)} bytes of a configuration in a minute, ${LEAST_BYTES_A_MINUTE} are the least`);
      before = received;
    });
  }

  #endPace(): void {
    this.#pace?.cancel();
    this.#pace = undefined;
  }

  #payBack(): void {
    this.#owed += 1;
    if (this.#owed < CREDIT_STEP) return;
    this.#options.giveCredit(this.#owed);
    this.#owed = 0;
  }
}

function sizeOf(frame: Snapshot | Delta | Chunk): number {
  if (frame.kind === 'chunk') return FRAME_BYTES + frame.bytes.length;
  const epochLength = frame.kind === 'snapshot' ? frame.epochStatement.length : 0;
  return FRAME_BYTES + frame.manifestStatement.length + frame.transferStatement.length + epochLength;
}

/** Undefined where it begins after what is there. */
function beginContent({ wireHash, wireLength }: { readonly wireHash: string; readonly wireLength: number }, startOffset: number, before: Content | undefined): Content | undefined {
  if (startOffset === 0) return { wireHash, bytes: Buffer.alloc(wireLength), received: 0 };
  if (before?.wireHash !== wireHash || before.bytes.length !== wireLength || before.received < startOffset) return undefined;
  return { wireHash, bytes: before.bytes, received: startOffset };
}
