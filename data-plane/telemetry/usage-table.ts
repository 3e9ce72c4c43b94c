/**
 * Request counts of one proxy thread, in shared memory: the thread alone writes, the agent thread reads and folds, so a
 * crashed thread loses nothing that it counted (T3). A slot carries its own key, hence no messages between the two.
 * A full table is not an overflow: the thread starts a new one (`onNewTable`) and the agent retires the old after its last fold.
 *
 * Slot layout, 72 bytes: route id (16) | consumer id (16) | status class (u32) | unused (u32) | requests, bytes in,
 * bytes out, duration µs (4 × f64, whole numbers below 2^53). Aligned 8-byte stores are not torn on the 64-bit machines we run on.
 */
import { idToBytes, bytesToId, type EntityId } from '../../shared/model/ids.ts';

const HEADER_BYTES = 16;
const SLOT_BYTES = 72;
const KEY_BYTES = 40;
const STATUS_CLASSES = 6;
/** Of the tables that follow a full one: 4.7 MB. */
const MAX_CAPACITY = 65_536;
const FIELDS = 4;

/** One row of counts, cumulative since the table began. */
export interface UsageCounts {
  requests: number;
  bytesIn: number;
  bytesOut: number;
  durationMicros: number;
}

export interface UsageKey {
  /** '' where no route matched. */
  readonly routeId: string;
  /** '' where the client was not authenticated. */
  readonly consumerId: string;
  /** 1…5; 0 where no status was sent. */
  readonly statusClass: number;
}

/** Bytes of shared memory for a table of that many (route, consumer, status class) keys. */
export function usageTableBytes(capacity: number): number {
  return HEADER_BYTES + capacity * SLOT_BYTES;
}

/** The writing side, one per proxy thread. Not safe for two writers. */
export class UsageRecorder {
  #capacity: number;
  readonly #onNewTable: (table: SharedArrayBuffer) => void;
  #table: SharedArrayBuffer;
  #used: Int32Array;
  #counts: Float64Array;
  /** route → consumer → offset of the counts per status class, -1 where there is no slot yet. */
  #slots = new Map<string, Map<string, Int32Array>>();

  constructor(capacity: number, onNewTable: (table: SharedArrayBuffer) => void) {
    this.#capacity = Math.max(capacity, STATUS_CLASSES);
    this.#onNewTable = onNewTable;
    [this.#table, this.#used, this.#counts] = newTable(this.#capacity);
    onNewTable(this.#table);
  }

  record(routeId: string, consumerId: string, status: number, bytesIn: number, bytesOut: number, durationMicros: number): void {
    const statusClass = status >= 100 && status < 600 ? (status / 100) | 0 : 0;
    let offset = this.#slots.get(routeId)?.get(consumerId)?.[statusClass] ?? -1;
    if (offset === -1) offset = this.#claim(routeId, consumerId, statusClass);
    const counts = this.#counts;
    counts[offset] = (counts[offset] ?? 0) + 1;
    counts[offset + 1] = (counts[offset + 1] ?? 0) + bytesIn;
    counts[offset + 2] = (counts[offset + 2] ?? 0) + bytesOut;
    counts[offset + 3] = (counts[offset + 3] ?? 0) + Math.max(0, Math.round(durationMicros));
  }

  #claim(routeId: string, consumerId: string, statusClass: number): number {
    let used = Atomics.load(this.#used, 0);
    if (used === this.#capacity) {
      // Where keys come round again only after more than fit, each would be claimed anew every time.
      this.#capacity = Math.min(this.#capacity * 2, Math.max(this.#capacity, MAX_CAPACITY));
      [this.#table, this.#used, this.#counts] = newTable(this.#capacity);
      this.#slots = new Map();
      this.#onNewTable(this.#table);
      used = 0;
    }
    const start = HEADER_BYTES + used * SLOT_BYTES;
    const key = new Uint8Array(this.#table, start, KEY_BYTES);
    if (routeId !== '') key.set(idToBytes(routeId as EntityId), 0);
    if (consumerId !== '') key.set(idToBytes(consumerId as EntityId), 16);
    key[32] = statusClass;
    const offset = (start + KEY_BYTES) / 8;
    let consumers = this.#slots.get(routeId);
    if (consumers === undefined) this.#slots.set(routeId, (consumers = new Map()));
    let classes = consumers.get(consumerId);
    if (classes === undefined) consumers.set(consumerId, (classes = new Int32Array(STATUS_CLASSES).fill(-1)));
    classes[statusClass] = offset;
    // Published last: the reader sees the key whole or not at all.
    Atomics.store(this.#used, 0, used + 1);
    return offset;
  }
}

function newTable(capacity: number): [SharedArrayBuffer, Int32Array, Float64Array] {
  const table = new SharedArrayBuffer(usageTableBytes(capacity));
  return [table, new Int32Array(table, 0, 1), new Float64Array(table)];
}

/** The reading side of one table: what was counted since the last fold. */
export class UsageReader {
  readonly #table: SharedArrayBuffer;
  readonly #used: Int32Array;
  readonly #counts: Float64Array;
  readonly #keys: UsageKey[] = [];
  #folded = new Float64Array(0);

  constructor(table: SharedArrayBuffer) {
    this.#table = table;
    this.#used = new Int32Array(table, 0, 1);
    this.#counts = new Float64Array(table);
  }

  /** Calls back for each key that moved since the last call, with the difference. */
  fold(each: (key: UsageKey, difference: UsageCounts) => void): void {
    const used = Atomics.load(this.#used, 0);
    if (used * FIELDS > this.#folded.length) {
      const grown = new Float64Array(used * FIELDS * 2);
      grown.set(this.#folded);
      this.#folded = grown;
    }
    for (let slot = 0; slot < used; slot++) {
      const live = (HEADER_BYTES + slot * SLOT_BYTES + KEY_BYTES) / 8;
      const kept = slot * FIELDS;
      const requests = this.#take(live, kept);
      const bytesIn = this.#take(live + 1, kept + 1);
      const bytesOut = this.#take(live + 2, kept + 2);
      const durationMicros = this.#take(live + 3, kept + 3);
      if (requests !== 0 || bytesIn !== 0 || bytesOut !== 0 || durationMicros !== 0) {
        each(this.#keyOf(slot), { requests, bytesIn, bytesOut, durationMicros });
      }
    }
  }

  #take(live: number, kept: number): number {
    const now = this.#counts[live] ?? 0;
    const difference = now - (this.#folded[kept] ?? 0);
    this.#folded[kept] = now;
    return difference;
  }

  #keyOf(slot: number): UsageKey {
    const known = this.#keys[slot];
    if (known !== undefined) return known;
    const bytes = new Uint8Array(this.#table, HEADER_BYTES + slot * SLOT_BYTES, KEY_BYTES).slice();
    const key: UsageKey = { routeId: idOrEmpty(bytes.subarray(0, 16)), consumerId: idOrEmpty(bytes.subarray(16, 32)), statusClass: bytes[32] ?? 0 };
    this.#keys[slot] = key;
    return key;
  }
}

function idOrEmpty(bytes: Uint8Array): string {
  return bytes.every((byte) => byte === 0) ? '' : bytesToId<EntityId>(bytes);
}
