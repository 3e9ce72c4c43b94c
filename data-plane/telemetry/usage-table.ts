/**
 * Request counts of one proxy thread, in shared memory: the thread alone writes, the agent thread reads and folds, so a
 * crashed thread loses nothing that it counted (T3). A slot carries its own key, hence no messages between the two.
 * A full table is not an overflow: the thread starts a new one (`onNewTable`) and the agent retires the old after its last fold.
 *
 * Header: slots in use (i32) | number of the first slot (i32). Slot, 96 bytes: route id (16) | consumer id (16) | status (u32) |
 * unused (u32) | requests, those that went upstream, bytes in, bytes out, µs of requests, upstream and gateway (7 × f64, whole numbers
 * below 2^53). Aligned 8-byte stores are not torn on the 64-bit machines we run on.
 */
import { idToBytes, bytesToId, type EntityId } from '../../shared/model/ids.ts';
import { keyOfUsageRow } from '../../shared/wire/telemetry-merge.ts';

const HEADER_BYTES = 16;
const SLOT_BYTES = 96;
const KEY_BYTES = 40;
const LEAST_CAPACITY = 6;
/** Of the tables that follow a full one: 12.6 MB. */
const MAX_CAPACITY = 131_072;
const FIELDS = 7;
/** Slots are numbered on from table to table, within 31 bits. */
const SLOT_NUMBERS = 0x7f_ff_ff_ff;

/** One row of counts. */
export interface UsageCounts {
  requests: number;
  /** Of these, the ones for which an upstream was asked. */
  wentUpstream: number;
  bytesIn: number;
  bytesOut: number;
  durationMicros: number;
  upstreamMicros: number;
  gatewayMicros: number;
}

export interface UsageKey {
  /** '' where no route matched. */
  readonly routeId: string;
  /** '' where the client was not authenticated. */
  readonly consumerId: string;
  /** 100…599; 0 where no status was sent. */
  readonly status: number;
}

/** Of a reader: the name is made once for a key, not once for each fold. */
export interface NamedUsageKey extends UsageKey {
  /** As keyOfUsageRow has it. */
  readonly name: string;
}

/** Bytes of shared memory for a table of that many (route, consumer, status) keys. */
export function usageTableBytes(capacity: number): number {
  return HEADER_BYTES + capacity * SLOT_BYTES;
}

/** The writing side, one per proxy thread. Not safe for two writers. */
export class UsageRecorder {
  #capacity: number;
  readonly #onNewTable: (table: SharedArrayBuffer) => void;
  #used: Int32Array;
  #counts: Float64Array;
  #table: SharedArrayBuffer;
  /** Number of the table's first slot. */
  #base = 0;
  /** route → consumer → status → slot of this table. */
  #slots = new Map<string, Map<string, Map<number, number>>>();

  constructor(capacity: number, onNewTable: (table: SharedArrayBuffer) => void) {
    this.#capacity = Math.max(capacity, LEAST_CAPACITY);
    this.#onNewTable = onNewTable;
    [this.#table, this.#used, this.#counts] = newTable(this.#capacity, this.#base);
    onNewTable(this.#table);
  }

  /** Gives the number of the slot, which names the key for as long as the thread lives. `upstreamMicros` below 0: no upstream was asked. */
  record(routeId: string, consumerId: string, status: number, bytesIn: number, bytesOut: number, durationMicros: number, upstreamMicros: number, gatewayMicros: number): number {
    const known = status >= 100 && status < 600 ? status : 0;
    const slot = this.#slots.get(routeId)?.get(consumerId)?.get(known) ?? this.#claim(routeId, consumerId, known);
    const counts = this.#counts;
    const at = (HEADER_BYTES + slot * SLOT_BYTES + KEY_BYTES) / 8;
    counts[at] = (counts[at] ?? 0) + 1;
    if (upstreamMicros >= 0) {
      counts[at + 1] = (counts[at + 1] ?? 0) + 1;
      counts[at + 5] = (counts[at + 5] ?? 0) + upstreamMicros;
    }
    counts[at + 2] = (counts[at + 2] ?? 0) + bytesIn;
    counts[at + 3] = (counts[at + 3] ?? 0) + bytesOut;
    counts[at + 4] = (counts[at + 4] ?? 0) + durationMicros;
    counts[at + 6] = (counts[at + 6] ?? 0) + gatewayMicros;
    return (this.#base + slot) & SLOT_NUMBERS;
  }

  #claim(routeId: string, consumerId: string, status: number): number {
    let used = Atomics.load(this.#used, 0);
    if (used === this.#capacity) {
      this.#base = (this.#base + this.#capacity) & SLOT_NUMBERS;
      // Where keys come round again only after more than fit, each would be claimed anew every time.
      this.#capacity = Math.min(this.#capacity * 2, Math.max(this.#capacity, MAX_CAPACITY));
      [this.#table, this.#used, this.#counts] = newTable(this.#capacity, this.#base);
      this.#slots = new Map();
      this.#onNewTable(this.#table);
      used = 0;
    }
    const start = HEADER_BYTES + used * SLOT_BYTES;
    const key = new Uint8Array(this.#table, start, KEY_BYTES);
    if (routeId !== '') key.set(idToBytes(routeId as EntityId), 0);
    if (consumerId !== '') key.set(idToBytes(consumerId as EntityId), 16);
    new DataView(this.#table).setUint32(start + 32, status, true);
    let consumers = this.#slots.get(routeId);
    if (consumers === undefined) this.#slots.set(routeId, (consumers = new Map()));
    let statuses = consumers.get(consumerId);
    if (statuses === undefined) consumers.set(consumerId, (statuses = new Map()));
    statuses.set(status, used);
    // Published last: the reader sees the key whole or not at all.
    Atomics.store(this.#used, 0, used + 1);
    return used;
  }
}

function newTable(capacity: number, base: number): [SharedArrayBuffer, Int32Array, Float64Array] {
  const table = new SharedArrayBuffer(usageTableBytes(capacity));
  const header = new Int32Array(table, 0, 2);
  header[1] = base;
  return [table, header, new Float64Array(table)];
}

/** The reading side of one table: what was counted since the last fold. */
export class UsageReader {
  readonly #table: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #counts: Float64Array;
  readonly #keys: NamedUsageKey[] = [];
  #folded = new Float64Array(0);

  constructor(table: SharedArrayBuffer) {
    this.#table = table;
    this.#header = new Int32Array(table, 0, 2);
    this.#counts = new Float64Array(table);
  }

  /** What a number stands for that the writing side gave; undefined where it is not one of this table. */
  keyAt(number: number): NamedUsageKey | undefined {
    const slot = (number - (this.#header[1] ?? 0)) & SLOT_NUMBERS;
    return slot < Atomics.load(this.#header, 0) ? this.#keyOf(slot) : undefined;
  }

  /** Calls back for each key that moved since the last call, with the difference. */
  fold(each: (key: NamedUsageKey, difference: UsageCounts) => void): void {
    const used = Atomics.load(this.#header, 0);
    if (used * FIELDS > this.#folded.length) {
      const grown = new Float64Array(used * FIELDS * 2);
      grown.set(this.#folded);
      this.#folded = grown;
    }
    for (let slot = 0; slot < used; slot++) if (this.#hasMoved(slot)) each(this.#keyOf(slot), this.#takeAll(slot));
  }

  #hasMoved(slot: number): boolean {
    const live = (HEADER_BYTES + slot * SLOT_BYTES + KEY_BYTES) / 8;
    for (let field = 0; field < FIELDS; field++) if (this.#counts[live + field] !== this.#folded[slot * FIELDS + field]) return true;
    return false;
  }

  #takeAll(slot: number): UsageCounts {
    return {
      requests: this.#take(slot, 0), wentUpstream: this.#take(slot, 1), bytesIn: this.#take(slot, 2), bytesOut: this.#take(slot, 3),
      durationMicros: this.#take(slot, 4), upstreamMicros: this.#take(slot, 5), gatewayMicros: this.#take(slot, 6),
    };
  }

  #take(slot: number, field: number): number {
    const now = this.#counts[(HEADER_BYTES + slot * SLOT_BYTES + KEY_BYTES) / 8 + field] ?? 0;
    const difference = now - (this.#folded[slot * FIELDS + field] ?? 0);
    this.#folded[slot * FIELDS + field] = now;
    return difference;
  }

  #keyOf(slot: number): NamedUsageKey {
    const known = this.#keys[slot];
    if (known !== undefined) return known;
    const bytes = new Uint8Array(this.#table, HEADER_BYTES + slot * SLOT_BYTES, KEY_BYTES).slice();
    const plain = { routeId: idOrEmpty(bytes.subarray(0, 16)), consumerId: idOrEmpty(bytes.subarray(16, 32)), status: new DataView(bytes.buffer).getUint32(32, true) };
    const key: NamedUsageKey = { ...plain, name: keyOfUsageRow(plain) };
    this.#keys[slot] = key;
    return key;
  }
}

function idOrEmpty(bytes: Uint8Array): string {
  return bytes.every((byte) => byte === 0) ? '' : bytesToId<EntityId>(bytes);
}
