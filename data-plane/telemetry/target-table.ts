/**
 * Attempts at targets of one proxy thread, in shared memory, as in usage-table.ts: the thread writes, the agent folds. Bounded: targets
 * beyond a table's slots are counted in slot 0, which has no name; a table that has been full for long is followed by a new one, so
 * that targets that come and go do not keep the others out for ever.
 *
 * Header: slots in use (i32) | number of the first slot (i32). Slot, 544 bytes: length of the name (u32) | unused (u32) | name, UTF-8:
 * upstream, target and address with line ends between them (512) | attempts, failed, 5xx (3 × f64).
 */
import { MAXIMUM_NAME_LENGTH } from '../../shared/wire/telemetry-codec.ts';
import type { CountedEndpoint } from './request-recorder.ts';

const HEADER_BYTES = 8;
const NAME_BYTES = 512;
const COUNTS_AT = 8 + NAME_BYTES;
const SLOT_BYTES = COUNTS_AT + 3 * 8;
const FIELDS = 3;
/** Of one table: 0.5 MB, of which the operating system gives what is used. */
const SLOTS = 1_024;
/** A table that is full is kept for at least so many attempts. */
const ATTEMPTS_OF_A_FULL_TABLE = 200_000;
const SLOT_NUMBERS = 0x7f_ff_ff_ff;
const OVERFLOW = 0;

export interface TargetKey {
  /** All three '' for those beyond the bound. */
  readonly upstream: string;
  readonly target: string;
  readonly address: string;
}

export interface TargetCounts {
  attempts: number;
  failed: number;
  status5xx: number;
}

interface Place {
  readonly upstream: string;
  readonly slot: number;
  readonly base: number;
}

/** The writing side, one per proxy thread. */
export class TargetRecorder {
  readonly #onNewTable: (table: SharedArrayBuffer) => void;
  readonly #slotsOfTable: number;
  #header = new Int32Array(new SharedArrayBuffer(0));
  #counts = new Float64Array(new SharedArrayBuffer(0));
  #bytes = new Uint8Array(new SharedArrayBuffer(0));
  #base = 0;
  #attempts = 0;
  #slots = new Map<string, number>();
  /** By the object: an address has one for as long as it is used. */
  readonly #places = new WeakMap<CountedEndpoint, Place>();

  constructor(onNewTable: (table: SharedArrayBuffer) => void, slots = SLOTS) {
    this.#onNewTable = onNewTable;
    this.#slotsOfTable = slots;
  }

  /** Gives the number of the slot, which names the target for as long as the thread lives. */
  record(endpoint: CountedEndpoint, upstream: string, status: number, failed: boolean): number {
    let place = this.#places.get(endpoint);
    if (place === undefined || place.base !== this.#base || place.upstream !== upstream || (place.slot === OVERFLOW && this.#isSpent)) place = this.#claim(endpoint, upstream);
    const at = (HEADER_BYTES + place.slot * SLOT_BYTES + COUNTS_AT) / 8;
    const counts = this.#counts;
    this.#attempts += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    if (failed) counts[at + 1] = (counts[at + 1] ?? 0) + 1;
    if (status >= 500) counts[at + 2] = (counts[at + 2] ?? 0) + 1;
    return (this.#base + place.slot) & SLOT_NUMBERS;
  }

  /** Full, and for long enough that a new one costs next to nothing per attempt. */
  get #isSpent(): boolean {
    return this.#attempts >= ATTEMPTS_OF_A_FULL_TABLE && this.#header[0] === this.#slotsOfTable;
  }

  #claim(endpoint: CountedEndpoint, upstream: string): Place {
    if (this.#header.length === 0 || this.#isSpent) this.#begin();
    const name = nameOf(endpoint, upstream);
    const place = { upstream, base: this.#base, slot: this.#slots.get(name) ?? this.#newSlot(name) };
    this.#places.set(endpoint, place);
    return place;
  }

  #newSlot(name: string): number {
    const used = this.#header[0] ?? 0;
    if (used === this.#slotsOfTable) return OVERFLOW;
    const start = HEADER_BYTES + used * SLOT_BYTES;
    const { written } = new TextEncoder().encodeInto(name, this.#bytes.subarray(start + 8, start + 8 + NAME_BYTES));
    new DataView(this.#bytes.buffer).setUint32(start, written, true);
    this.#slots.set(name, used);
    // Published last: the reader sees the name whole or not at all.
    Atomics.store(this.#header, 0, used + 1);
    return used;
  }

  #begin(): void {
    const table = new SharedArrayBuffer(HEADER_BYTES + this.#slotsOfTable * SLOT_BYTES);
    if (this.#header.length > 0) this.#base = (this.#base + this.#slotsOfTable) & SLOT_NUMBERS;
    this.#header = new Int32Array(table, 0, 2);
    this.#counts = new Float64Array(table);
    this.#bytes = new Uint8Array(table);
    this.#header[1] = this.#base;
    this.#slots = new Map();
    this.#attempts = 0;
    Atomics.store(this.#header, 0, OVERFLOW + 1);
    this.#onNewTable(table);
  }
}

function nameOf({ host, port, address, peer }: CountedEndpoint, upstream: string): string {
  const target = peer === undefined ? `${host}:${port}` : `${peer.host}:${peer.port}`;
  return [upstream, target, `${address.includes(':') ? `[${address}]` : address}:${port}`].map((part) => part.replaceAll(/\p{Cc}/gu, '').slice(0, MAXIMUM_NAME_LENGTH)).join('\n');
}

/** The reading side of one table: what was counted since the last fold. */
export class TargetReader {
  readonly #table: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #counts: Float64Array;
  readonly #keys: TargetKey[] = [];
  readonly #folded: Float64Array;

  constructor(table: SharedArrayBuffer) {
    this.#table = table;
    this.#header = new Int32Array(table, 0, 2);
    this.#counts = new Float64Array(table);
    this.#folded = new Float64Array(Math.floor((table.byteLength - HEADER_BYTES) / SLOT_BYTES) * FIELDS);
  }

  /** What a number stands for that the writing side gave; undefined where it is not one of this table. */
  keyAt(number: number): TargetKey | undefined {
    const slot = (number - (this.#header[1] ?? 0)) & SLOT_NUMBERS;
    return slot < Atomics.load(this.#header, 0) ? this.#keyOf(slot) : undefined;
  }

  /** Calls back for each target that moved since the last call, with the difference. */
  fold(each: (key: TargetKey, difference: TargetCounts) => void): void {
    const used = Atomics.load(this.#header, 0);
    for (let slot = 0; slot < used; slot += 1) {
      // What is part of another is read first, so that it is never more than that.
      const status5xx = this.#take(slot, 2);
      const failed = this.#take(slot, 1);
      const attempts = this.#take(slot, 0);
      if (attempts !== 0 || failed !== 0 || status5xx !== 0) each(this.#keyOf(slot), { attempts, failed, status5xx });
    }
  }

  #take(slot: number, field: number): number {
    const now = this.#counts[(HEADER_BYTES + slot * SLOT_BYTES + COUNTS_AT) / 8 + field] ?? 0;
    const difference = now - (this.#folded[slot * FIELDS + field] ?? 0);
    this.#folded[slot * FIELDS + field] = now;
    return difference;
  }

  #keyOf(slot: number): TargetKey {
    const known = this.#keys[slot];
    if (known !== undefined) return known;
    const start = HEADER_BYTES + slot * SLOT_BYTES;
    const length = new DataView(this.#table).getUint32(start, true);
    const [upstream = '', target = '', address = ''] = new TextDecoder().decode(new Uint8Array(this.#table, start + 8, length).slice()).split('\n');
    const key = { upstream, target, address };
    this.#keys[slot] = key;
    return key;
  }
}
