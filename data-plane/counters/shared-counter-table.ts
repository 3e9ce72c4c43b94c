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
 *
 * A slot also keeps the count of the window before, for windows that slide, and then lives one window longer.
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
/**
 * A slot: four words of hash, then four numbers at these places, counted in numbers from where the slot begins. `windowMs` is below 0
 * where the window slid when it was last counted: it is the same window all the same, so a change of the kind resets nothing.
 */
const SLOT = { words: 12, numbers: 6, windowMs: 2, startMs: 3, count: 4, previous: 5 } as const;
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
const NOTHING_COUNTED: readonly number[] = Object.freeze([]);

/** Memory for at least that many slots, one slot for each client and window; 48 bytes a slot. With half of them live, one bucket in ten million overflows. */
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
  /** Scratch of one call: the slot of each window. */
  readonly #slots: number[] = [];
  /** Scratch: what is counted in each window itself. */
  readonly #counts: number[] = [];

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

  take(key: string | CounterKey, windows: readonly CounterWindow[], amount = 1): TakeResult {
    const known = this.#known(key);
    if (!this.#lock(known.bucket)) {
      Atomics.add(this.#header, LOCK_TIMEOUTS, 1);
      return TABLE_FULL;
    }
    try {
      return this.#takeLocked(known, windows, amount);
    } finally {
      Atomics.store(this.#locks, known.bucket, 0);
    }
  }

  add(key: string | CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[] {
    const known = this.#known(key);
    if (!this.#lock(known.bucket)) {
      Atomics.add(this.#header, LOCK_TIMEOUTS, 1);
      return NOTHING_COUNTED;
    }
    try {
      return this.#addLocked(known, windows, amount);
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

  #takeLocked(key: KnownKey, windows: readonly CounterWindow[], amount: number): TakeResult {
    this.#find(key, windows);
    const remaining: number[] = [];
    let exceeded: number[] | undefined;
    for (let index = 0; index < windows.length; index += 1) {
      const window = windows[index];
      const rest = window === undefined ? 0 : window.limit - this.#usedIn(window, index);
      if (rest < amount) (exceeded ??= []).push(index);
      remaining.push(rest - amount);
    }
    if (exceeded !== undefined) return { kind: 'over', exceeded, remaining: remaining.map((left) => Math.max(0, left + amount)) };
    return amount === 0 || this.#countAll(key, windows, amount) ? { kind: 'taken', remaining } : TABLE_FULL;
  }

  #addLocked(key: KnownKey, windows: readonly CounterWindow[], amount: number): readonly number[] {
    this.#find(key, windows);
    for (let index = 0; index < windows.length; index += 1) {
      const window = windows[index];
      if (window !== undefined) this.#usedIn(window, index);
    }
    if (amount < 0) this.#takeBack(windows, -amount);
    else if (amount > 0 && !this.#countAll(key, windows, amount)) return NOTHING_COUNTED;
    return windows.map((window, index) => this.#usedIn(window, index));
  }

  /** False where there is no room. */
  #countAll(key: KnownKey, windows: readonly CounterWindow[], amount: number): boolean {
    if (!this.#claimMissing(key.bucket * SLOTS_PER_BUCKET)) {
      Atomics.add(this.#header, FULL, 1);
      return false;
    }
    for (let index = 0; index < windows.length; index += 1) {
      const window = windows[index];
      const slot = this.#slots[index] ?? -1;
      if (window !== undefined) this.#count(slot, key, window, (this.#counts[index] ?? 0) + amount);
      key.slots[index] = slot;
    }
    return true;
  }

  /** From the window that it was counted in, and from no other that has begun since. */
  #takeBack(windows: readonly CounterWindow[], amount: number): void {
    for (let index = 0; index < windows.length; index += 1) {
      const [window, slot] = [windows[index], this.#slots[index] ?? -1];
      if (window === undefined || slot < 0) continue;
      const at = slot * SLOT.numbers;
      const startMs = this.#numbers[at + SLOT.startMs] ?? 0;
      if (startMs === window.startMs) this.#numbers[at + SLOT.count] = Math.max(0, (this.#counts[index] ?? 0) - amount);
      else if (startMs === window.startMs + window.windowMs) this.#numbers[at + SLOT.previous] = Math.max(0, (this.#numbers[at + SLOT.previous] ?? 0) - amount);
    }
  }

  /** Fills the scratch list with the slot of each window, -1 where it has none yet. */
  #find(key: KnownKey, windows: readonly CounterWindow[]): void {
    const slots = this.#slots;
    slots.length = 0;
    let missing = 0;
    for (let index = 0; index < windows.length; index += 1) {
      const last = key.slots[index] ?? -1;
      const isThere = last >= 0 && this.#isOf(last, key) && this.#windowMsOf(last) === windows[index]?.windowMs;
      slots.push(isThere ? last : -1);
      if (!isThere) missing += 1;
    }
    const firstSlot = key.bucket * SLOTS_PER_BUCKET;
    for (let slot = firstSlot; slot < firstSlot + SLOTS_PER_BUCKET && missing > 0; slot += 1) {
      if (!this.#isOf(slot, key)) continue;
      for (const [index, window] of windows.entries()) {
        if (slots[index] !== -1 || window.windowMs !== this.#windowMsOf(slot)) continue;
        slots[index] = slot;
        missing -= 1;
      }
    }
  }

  #isOf(slot: number, key: KnownKey): boolean {
    if (this.#words[slot * SLOT.words] !== key.tag) return false;
    return this.#words[slot * SLOT.words + 1] === key.second && this.#words[slot * SLOT.words + 2] === key.third && this.#words[slot * SLOT.words + 3] === key.fourth;
  }

  #windowMsOf(slot: number): number {
    return Math.abs(this.#numbers[slot * SLOT.numbers + SLOT.windowMs] ?? 0);
  }

  /** What counts against a window's limit. Notes what is counted in the window itself. */
  #usedIn(window: CounterWindow, index: number): number {
    const slot = this.#slots[index] ?? -1;
    const isCurrent = slot >= 0 && this.#isCurrent(slot, window);
    const count = isCurrent ? (this.#numbers[slot * SLOT.numbers + SLOT.count] ?? 0) : 0;
    this.#counts[index] = count;
    if (window.isSliding !== true || slot < 0) return count;
    const startMs = isCurrent ? (this.#numbers[slot * SLOT.numbers + SLOT.startMs] ?? 0) : window.startMs;
    const stillInside = 1 - (this.#clock.nowMs() - startMs) / window.windowMs;
    return count + Math.floor(this.#previousOf(slot, window, isCurrent) * Math.min(1, Math.max(0, stillInside)));
  }

  /** What was counted in the window before; the slot may not have been counted in since that one. */
  #previousOf(slot: number, window: CounterWindow, isCurrent: boolean): number {
    const at = slot * SLOT.numbers;
    if (isCurrent) return this.#numbers[at + SLOT.previous] ?? 0;
    const startMs = this.#numbers[at + SLOT.startMs] ?? 0;
    return startMs < window.startMs && startMs + window.windowMs >= window.startMs ? (this.#numbers[at + SLOT.count] ?? 0) : 0;
  }

  /**
   * Also true where the slot has moved on: another thread is in the next window already, the window given ended long ago (a response
   * took its time), or the clock was set back a little. None of that must open a window again. A count from further ahead was made by
   * a clock that was wrong, and would refuse clients until then.
   */
  #isCurrent(slot: number, window: CounterWindow): boolean {
    const startMs = this.#numbers[slot * SLOT.numbers + SLOT.startMs] ?? 0;
    if (startMs < window.startMs) return false;
    return startMs <= window.startMs + window.windowMs + CLOCK_SPREAD_MS || startMs <= this.#clock.nowMs() + CLOCK_SPREAD_MS;
  }

  /** Unused, ended, or from far ahead. */
  #isFree(slot: number, nowMs: number): boolean {
    if (this.#words[slot * SLOT.words] === 0) return true;
    const [startMs, windowMs] = [this.#numbers[slot * SLOT.numbers + SLOT.startMs] ?? 0, this.#numbers[slot * SLOT.numbers + SLOT.windowMs] ?? 0];
    const keptMs = (windowMs < 0 ? -2 * windowMs : windowMs) + CLOCK_SPREAD_MS;
    return startMs + keptMs <= nowMs || startMs - keptMs > nowMs;
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
    const at = slot * SLOT.numbers;
    const isOwn = this.#isOf(slot, key) && this.#windowMsOf(slot) === window.windowMs;
    const isCurrent = isOwn && this.#isCurrent(slot, window);
    const previous = isOwn ? this.#previousOf(slot, window, isCurrent) : 0;
    if (!isOwn) {
      this.#words[slot * SLOT.words] = 0;
      this.#words[slot * SLOT.words + 1] = key.second;
      this.#words[slot * SLOT.words + 2] = key.third;
      this.#words[slot * SLOT.words + 3] = key.fourth;
    }
    // Nothing is called from here on, so a thread does not end in between.
    this.#numbers[at + SLOT.windowMs] = window.isSliding === true ? -window.windowMs : window.windowMs;
    this.#numbers[at + SLOT.previous] = previous;
    this.#numbers[at + SLOT.count] = count;
    if (!isCurrent) this.#numbers[at + SLOT.startMs] = window.startMs;
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
