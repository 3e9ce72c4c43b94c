/**
 * Receives configurations: one transfer at a time, a newer offer takes the place of an unfinished one. Memory is bounded
 * by the signed length, and that by the configured cap, before a byte is taken. Chunks are paid for with credit, so that they
 * never pile up. What is complete goes to `complete`; nothing here decides what is served.
 */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import { verifyStatement } from '../../shared/trust/statements.ts';
import type { Chunk, Delta, Snapshot } from '../../shared/wire/sync-message.ts';
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

interface Unfinished {
  readonly announcement: Snapshot | Delta;
  readonly trust: Trust;
  readonly beganAtMs: number;
  readonly bytes: Buffer;
  received: number;
}

/** Chunks on their way at once, at most. */
export const CHUNK_WINDOW = 16;
/** Frames that wait while statements are verified; far above what the window allows. */
const MOST_WAITING = 1_024;

export class TransferIntake {
  readonly #options: TransferIntakeOptions;
  #unfinished: Unfinished | undefined;
  /** Frames are handled one after another, because verifying an announcement takes a moment. */
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #session = 0;

  constructor(options: TransferIntakeOptions) {
    this.#options = options;
  }

  /** A new session: what was unfinished is gone, and so is the credit that was given. */
  restart(): void {
    this.#session += 1;
    this.#unfinished = undefined;
    this.#options.giveCredit(CHUNK_WINDOW);
  }

  /** Handles a frame in its turn. */
  take(frame: Snapshot | Delta | Chunk): void {
    const session = this.#session;
    if (this.#waiting === MOST_WAITING) return this.#options.violated('it sent more than its credit');
    this.#waiting += 1;
    this.#queue = this.#queue.then(() => this.#handle(frame, session)).catch((thrown: unknown) => {
      // Such as no memory for it. The next session offers it again.
      this.#options.violated(`a ${frame.kind} could not be taken: ${describeThrown(thrown)}`);
    });
  }

  async #handle(frame: Snapshot | Delta | Chunk, session: number): Promise<void> {
    this.#waiting -= 1;
    if (session !== this.#session) return;
    if (frame.kind === 'chunk') this.#addChunk(frame);
    else await this.#begin(frame, session);
  }

  async #begin(announcement: Snapshot | Delta, session: number): Promise<void> {
    const { clock, maximumBytes, reject } = this.#options;
    const beganAtMs = clock.monotonicMs();
    const trust = this.#options.trust();
    this.#unfinished = undefined;
    if (trust === undefined) return this.#options.violated('it offered a configuration before its keys were known');
    const { keys, audience } = trust.publishKeys;
    const manifest = await verifyStatement('manifest', announcement.manifestStatement, keys, audience);
    const transfer = await verifyStatement('transfer', announcement.transferStatement, keys, audience);
    if (session !== this.#session) return;
    if (manifest.kind === 'refused') return reject(announcement, manifest.code, manifest.reasons);
    if (transfer.kind === 'refused') return reject(announcement, transfer.code, transfer.reasons);
    const { wireLength, inflatedLength, base } = transfer.claims;
    if (Math.max(wireLength, inflatedLength) > maximumBytes) {
      return reject(announcement, 'TRANSFER_TOO_LARGE', [`the configuration has ${Math.max(wireLength, inflatedLength)} bytes, the cap is ${maximumBytes}; raise HOLDFAST_MAX_CONFIG_BYTES`]);
    }
    if ((base === null) !== (announcement.kind === 'snapshot')) return this.#options.violated(`it announced a ${announcement.kind} whose transfer statement says otherwise`);
    this.#unfinished = { announcement, trust, beganAtMs, bytes: Buffer.alloc(wireLength), received: 0 };
  }

  #addChunk(chunk: Chunk): void {
    this.#options.giveCredit(1);
    const unfinished = this.#unfinished;
    // Of a transfer that was superseded or refused: was on its way when that happened.
    if (unfinished === undefined || unfinished.announcement.transferId !== chunk.transferId) return;
    if (chunk.offset !== unfinished.received || chunk.offset + chunk.bytes.length > unfinished.bytes.length) {
      return this.#options.violated(`a chunk of transfer ${chunk.transferId} is out of order or too long`);
    }
    unfinished.bytes.set(chunk.bytes, chunk.offset);
    unfinished.received += chunk.bytes.length;
    if (unfinished.received < unfinished.bytes.length) return;
    this.#unfinished = undefined;
    const { announcement, trust, beganAtMs, bytes } = unfinished;
    this.#options.complete({ announcement, trust, beganAtMs, wireBytes: bytes });
  }
}
