/**
 * Window counters in one SharedArrayBuffer, used by all threads of the process, so that a local limit is exact over all
 * of them without messages. The agent allocates the buffer, each proxy thread opens it, plugins see it as CounterTable.
 *
 * Fixed capacity (R5): open addressing in buckets of 64 slots. A key's bucket and identity come from 128 bits of a keyed
 * hash, so that no client can aim at another's slot. All windows of a key live in its bucket, and a bucket has one lock:
 * check and count of a request are one critical section, hence all or nothing and never above a limit. Several windows
 * rule out a single compare-and-swap, and count-then-undo would refuse requests that fit.
 *
 * The lock is taken from nobody: a waiter that is not served in time gets `full`. Only the exit of the holder's thread
 * frees it (`releaseLocksOf`), so two threads are never inside together. A thread that dies inside leaves at worst its
 * own last request counted in some of its windows: a slot's first word is cleared before and written after the rest.
 */
import { hash, randomBytes } from 'node:crypto';
import type { CounterKey, CounterTable, CounterWindow, TakeResult } from '../../shared/plugins/plugin-services.ts';

export interface CounterTableStats {
  readonly slots: number;
  /** Requests that were not counted because their bucket held live entries only. */
  readonly full: number;
  /** Requests that were not counted because a lock was not free in time. */
  readonly lockTimeouts: number;
}

const SLOTS_PER_BUCKET = 64;
/** A slot: four words of hash, then three numbers at these places, counted in numbers from where the slot begins. */
const SLOT = { words: 10, numbers: 5, windowMs: 2, startMs: 3, count: 4 } as const;
const SECRET_WORDS = 8;
const [BUCKETS, FULL, LOCK_TIMEOUTS, SECRET] = [0, 1, 2, 4];
const HEADER_WORDS = SECRET + SECRET_WORDS;
const SPINS = 200;
const WAIT_MS = 1;
/** Far longer than a holder is ever off its core; only a dead thread's lock lasts until its exit is known. */
const LOCK_PATIENCE_MS = 1_000;
/** How far behind another's a thread's reading of the clock may be: as long as it waits for a lock. */
const CLOCK_SPREAD_MS = 1_000;

const TABLE_FULL: TakeResult = { kind: 'full' };

/** Memory for at least that many slots, one slot for each client and window; 40 bytes a slot. With half of them live, one bucket in ten million overflows. */
export function allocateCounterTable(slots: number): SharedArrayBuffer {
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, slots / SLOTS_PER_BUCKET)));
  const buffer = new SharedArrayBuffer(layoutOf(buckets).bytes);
  const header = new Int32Array(buffer, 0, HEADER_WORDS);
  header[BUCKETS] = buckets;
  header.set(new Int32Array(new Uint8Array(randomBytes(SECRET_WORDS * 4)).buffer), SECRET);
  return buffer;
}

export interface OpenOptions {
  /** `threadId` of node:worker_threads, unique among the threads that open the table. */
  readonly threadId: number;
  readonly clock: { nowMs(): number };
  /** How long a thread waits for a lock before it gives up with `full`; 1,000 by default. */
  readonly lockPatienceMs?: number;
}

export class SharedCounterTable implements CounterTable {
  readonly #header: Int32Array;
  readonly #locks: Int32Array;
  readonly #slotCount: number;
  /** The slots as words: four of the hash, of which the first is never 0 where the slot is in use; see SLOT. */
  readonly #words: Int32Array;
  /** The same memory as numbers: the rest of each slot. One record each, so that a request meets one line of the processor's caches or two. */
  readonly #numbers: Float64Array;
  readonly #owner: number;
  readonly #clock: { nowMs(): number };
  readonly #lockPatienceMs: number;
  readonly #secret: string;
  /** Scratch of one `take`: the slot of each window. */
  readonly #slots: number[] = [];

  constructor(buffer: SharedArrayBuffer, options: OpenOptions) {
    this.#header = new Int32Array(buffer, 0, HEADER_WORDS);
    const buckets = this.#header[BUCKETS] ?? 0;
    const slots = buckets * SLOTS_PER_BUCKET;
    const layout = layoutOf(buckets);
    this.#slotCount = slots;
    this.#locks = new Int32Array(buffer, layout.locks, buckets);
    this.#words = new Int32Array(buffer, layout.slots, slots * SLOT.words);
    this.#numbers = new Float64Array(buffer, layout.slots, slots * SLOT.numbers);
    this.#owner = options.threadId + 1;
    this.#clock = options.clock;
    this.#lockPatienceMs = options.lockPatienceMs ?? LOCK_PATIENCE_MS;
    this.#secret = Array.from(this.#header.subarray(SECRET), (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  take(key: string | CounterKey, windows: readonly CounterWindow[]): TakeResult {
    const known = this.#known(key);
    if (!this.#lock(known.bucket)) {
      Atomics.add(this.#header, LOCK_TIMEOUTS, 1);
      return TABLE_FULL;
    }
    try {
      return this.#takeLocked(known, windows);
    } finally {
      Atomics.store(this.#locks, known.bucket, 0);
    }
  }

  /** A digest is worked out once for a key that comes again. */
  #known(key: string | CounterKey): KnownKey {
    if (typeof key === 'string') return this.#recognise(key);
    const { known } = key;
    if (known instanceof KnownKey && known.table === this) return known;
    const recognised = this.#recognise(key.text);
    key.known = recognised;
    return recognised;
  }

  #recognise(text: string): KnownKey {
    return new KnownKey(this, hash('sha256', this.#secret + text, 'binary'), this.#locks.length);
  }

  /** Must be called after a thread has exited, and only then: frees what it held when it died. */
  releaseLocksOf(threadId: number): void {
    for (let bucket = 0; bucket < this.#locks.length; bucket += 1) Atomics.compareExchange(this.#locks, bucket, threadId + 1, 0);
  }

  /** Totals over all threads since allocation; each wraps at 2^32. */
  stats(): CounterTableStats {
    return {
      slots: this.#slotCount,
      full: Atomics.load(this.#header, FULL) >>> 0,
      lockTimeouts: Atomics.load(this.#header, LOCK_TIMEOUTS) >>> 0,
    };
  }

  #lock(bucket: number): boolean {
    for (let spin = 0; spin < SPINS; spin += 1) {
      if (Atomics.compareExchange(this.#locks, bucket, 0, this.#owner) === 0) return true;
    }
    // The holder is off its core: sleep rather than burn ours. Nobody notifies; a changed holder means that others get on.
    for (let sleptMs = 0; sleptMs < this.#lockPatienceMs; ) {
      const holder = Atomics.compareExchange(this.#locks, bucket, 0, this.#owner);
      if (holder === 0) return true;
      if (Atomics.wait(this.#locks, bucket, holder, WAIT_MS) === 'timed-out') sleptMs += WAIT_MS;
    }
    return false;
  }

  #takeLocked(key: KnownKey, windows: readonly CounterWindow[]): TakeResult {
    this.#find(key, windows);
    const remaining: number[] = [];
    let exceeded: number[] | undefined;
    for (let index = 0; index < windows.length; index += 1) {
      const window = windows[index];
      const rest = window === undefined ? 0 : window.limit - this.#usedIn(window, this.#slots[index] ?? -1);
      if (rest <= 0) (exceeded ??= []).push(index);
      remaining.push(rest - 1);
    }
    if (exceeded !== undefined) return { kind: 'over', exceeded, remaining: remaining.map((rest) => Math.max(0, rest + 1)) };
    if (!this.#claimMissing(key.bucket * SLOTS_PER_BUCKET)) {
      Atomics.add(this.#header, FULL, 1);
      return TABLE_FULL;
    }
    for (let index = 0; index < windows.length; index += 1) {
      const window = windows[index];
      if (window !== undefined) this.#count(this.#slots[index] ?? -1, key, window, window.limit - (remaining[index] ?? 0));
      key.slots[index] = this.#slots[index] ?? -1;
    }
    return { kind: 'taken', remaining };
  }

  /** Fills the scratch list with the slot of each window, -1 where it has none yet. */
  #find(key: KnownKey, windows: readonly CounterWindow[]): void {
    const slots = this.#slots;
    slots.length = 0;
    let missing = 0;
    for (let index = 0; index < windows.length; index += 1) {
      const last = key.slots[index] ?? -1;
      const isThere = last >= 0 && this.#isOf(last, key) && this.#numbers[last * SLOT.numbers + SLOT.windowMs] === windows[index]?.windowMs;
      slots.push(isThere ? last : -1);
      if (!isThere) missing += 1;
    }
    const firstSlot = key.bucket * SLOTS_PER_BUCKET;
    for (let slot = firstSlot; slot < firstSlot + SLOTS_PER_BUCKET && missing > 0; slot += 1) {
      if (!this.#isOf(slot, key)) continue;
      for (const [index, window] of windows.entries()) {
        if (slots[index] !== -1 || window.windowMs !== this.#numbers[slot * SLOT.numbers + SLOT.windowMs]) continue;
        slots[index] = slot;
        missing -= 1;
      }
    }
  }

  #isOf(slot: number, key: KnownKey): boolean {
    if (this.#words[slot * SLOT.words] !== key.tag) return false;
    return this.#words[slot * SLOT.words + 1] === key.second && this.#words[slot * SLOT.words + 2] === key.third && this.#words[slot * SLOT.words + 3] === key.fourth;
  }

  #usedIn(window: CounterWindow, slot: number): number {
    return slot >= 0 && this.#isCurrent(slot, window) ? (this.#numbers[slot * SLOT.numbers + SLOT.count] ?? 0) : 0;
  }

  /**
   * Also true where another thread has moved on to the next window already, and where the clock was set back a little: that must
   * not open a window again. A count from further ahead was made by a clock that was wrong, and would refuse clients until then.
   */
  #isCurrent(slot: number, window: CounterWindow): boolean {
    const startMs = this.#numbers[slot * SLOT.numbers + SLOT.startMs] ?? 0;
    return startMs >= window.startMs && startMs <= window.startMs + window.windowMs + CLOCK_SPREAD_MS;
  }

  /** Unused, ended, or from far ahead. */
  #isFree(slot: number, nowMs: number): boolean {
    const [startMs, keptMs] = [this.#numbers[slot * SLOT.numbers + SLOT.startMs] ?? 0, (this.#numbers[slot * SLOT.numbers + SLOT.windowMs] ?? 0) + CLOCK_SPREAD_MS];
    return this.#words[slot * SLOT.words] === 0 || startMs + keptMs <= nowMs || startMs - keptMs > nowMs;
  }

  /** Gives each window without a slot an unused or expired one of the bucket; false where there are not enough. */
  #claimMissing(firstSlot: number): boolean {
    let missing = this.#slots.indexOf(-1);
    if (missing < 0) return true;
    const nowMs = this.#clock.nowMs();
    for (let slot = firstSlot; slot < firstSlot + SLOTS_PER_BUCKET; slot += 1) {
      if (!this.#isFree(slot, nowMs) || this.#slots.includes(slot)) continue;
      this.#slots[missing] = slot;
      missing = this.#slots.indexOf(-1);
      if (missing < 0) return true;
    }
    return false;
  }

  #count(slot: number, key: KnownKey, window: CounterWindow, count: number): void {
    if (!this.#isOf(slot, key) || this.#numbers[slot * SLOT.numbers + SLOT.windowMs] !== window.windowMs) {
      this.#words[slot * SLOT.words] = 0;
      this.#words[slot * SLOT.words + 1] = key.second;
      this.#words[slot * SLOT.words + 2] = key.third;
      this.#words[slot * SLOT.words + 3] = key.fourth;
      this.#numbers[slot * SLOT.numbers + SLOT.windowMs] = window.windowMs;
      this.#numbers[slot * SLOT.numbers + SLOT.startMs] = window.startMs;
    }
    this.#numbers[slot * SLOT.numbers + SLOT.count] = count;
    if (!this.#isCurrent(slot, window)) this.#numbers[slot * SLOT.numbers + SLOT.startMs] = window.startMs;
    this.#words[slot * SLOT.words] = key.tag;
  }
}

/** What a table knows of a key: its hash, and where its windows were last. A place is believed only if the key still stands there. */
class KnownKey {
  readonly table: SharedCounterTable;
  /** First hash word; 0 means an unused slot, so it becomes 1. */
  readonly tag: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
  readonly bucket: number;
  /** By index of the window. */
  readonly slots: number[] = [];

  constructor(table: SharedCounterTable, digest: string, buckets: number) {
    this.table = table;
    this.tag = wordAt(digest, 0) || 1;
    this.second = wordAt(digest, 4);
    this.third = wordAt(digest, 8);
    this.fourth = wordAt(digest, 12);
    this.bucket = wordAt(digest, 16) & (buckets - 1);
  }
}

function layoutOf(buckets: number) {
  const locks = HEADER_WORDS * 4;
  const slots = Math.ceil((locks + buckets * 4) / 64) * 64;
  return { locks, slots, bytes: slots + buckets * SLOTS_PER_BUCKET * SLOT.words * 4 };
}

/** Four bytes of a latin1 text as one signed 32-bit word. */
function wordAt(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24);
}
