/**
 * Access records on their way from a proxy thread to the agent thread: encoded where they are made, handed over in bunches, bounded by
 * what the agent has not taken yet. What was made, dropped and taken is counted in shared memory, so that a thread that dies leaves no
 * count behind. Made by proxy-thread.ts, filled by proxy/record-access.ts; record-agent.ts has the other end.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import type { AccessRecorder } from '../../shared/plugins/access-recorder.ts';
import { encodeAccessRecord, type AccessRecord } from '../../shared/wire/access-record-codec.ts';

/** How long a record may wait for others. */
export const BUNCH_MS = 100;
/** A bunch with so many bytes leaves at once. */
export const BUNCH_BYTES = 64 * 1024;
/** Of one thread, between it and the agent. */
export const MAX_OUTSTANDING_BYTES = 4 * 1024 * 1024;

/** Why a proxy thread drops a record. */
export type ThreadDrop = 'rate' | 'agent-behind' | 'failed';

/** Places in the shared counts: 64-bit floats, whole numbers below 2^53. All are the thread's to write, but the last. */
export const COUNT_PLACES = { made: 0, rate: 1, 'agent-behind': 2, failed: 3, handedBytes: 4, takenBytes: 5 } as const;
export const COUNT_SLOTS = 6;

/** What the engine needs of it. */
export interface RecordSink {
  /** The rules where no plugin is in force; undefined where then nothing is recorded. */
  readonly builtIn: AccessRecorder | undefined;
  put(record: AccessRecord): void;
  dropped(why: ThreadDrop): void;
}

export interface RecordOutboxOptions {
  readonly builtIn: AccessRecorder | undefined;
  readonly clock: Clock;
  /** Once. */
  readonly shareCounts: (counts: SharedArrayBuffer) => void;
  /** Pieces of a batch (shared/wire/access-record-codec.ts). */
  readonly hand: (records: number, bytes: Uint8Array) => void;
}

export class RecordOutbox implements RecordSink {
  readonly builtIn: AccessRecorder | undefined;
  readonly #options: RecordOutboxOptions;
  readonly #counts: Float64Array;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #timer: TimerHandle | undefined;

  constructor(options: RecordOutboxOptions) {
    this.#options = options;
    this.builtIn = options.builtIn;
    const shared = new SharedArrayBuffer(COUNT_SLOTS * Float64Array.BYTES_PER_ELEMENT);
    this.#counts = new Float64Array(shared);
    options.shareCounts(shared);
  }

  put(record: AccessRecord): void {
    if (this.#outstanding >= MAX_OUTSTANDING_BYTES) return this.dropped('agent-behind');
    const piece = encodeAccessRecord(record);
    this.#add(COUNT_PLACES.made, 1);
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= BUNCH_BYTES) return this.flush();
    this.#timer ??= this.#options.clock.after(BUNCH_MS, () => this.flush());
    return undefined;
  }

  dropped(why: ThreadDrop): void {
    this.#add(COUNT_PLACES[why], 1);
  }

  /** What waits leaves now. Called before the thread ends, too. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#pieces.length === 0) return;
    // Of its own, because a piece is a view of memory that is shared with others.
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const records = this.#pieces.length;
    this.#pieces = [];
    this.#bytes = 0;
    this.#add(COUNT_PLACES.handedBytes, bytes.length);
    this.#options.hand(records, bytes);
  }

  get #outstanding(): number {
    return this.#bytes + (this.#counts[COUNT_PLACES.handedBytes] ?? 0) - (this.#counts[COUNT_PLACES.takenBytes] ?? 0);
  }

  #add(place: number, amount: number): void {
    this.#counts[place] = (this.#counts[place] ?? 0) + amount;
  }
}
