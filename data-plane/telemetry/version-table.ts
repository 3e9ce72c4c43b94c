/**
 * Request counts of one proxy thread by the configuration version that each request was pinned to, in shared memory: the
 * thread alone writes, the agent thread reads and folds, so a crashed thread loses nothing that it counted (T3). A full table
 * is not an overflow: the thread starts a new one (`onNewTable`) and the agent retires the old after its last fold.
 *
 * All of it are 64-bit floats (whole numbers below 2^53): the number of slots in use, then for each slot
 * epoch | sequence | requests | failed | failed here. Aligned 8-byte stores are not torn on the 64-bit machines we run on.
 */
import { NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import type { VersionRow } from '../../shared/wire/telemetry-codec.ts';
import type { RequestFailure } from './request-recorder.ts';

const HEADER = 1;
const SLOT = 5;
/** The last of a slot. */
const COUNTS = 3;
/** Two kilobytes; versions come and go, and few of them have requests at one time. */
const SLOTS = 50;

/** The writing side, one per proxy thread. Not safe for two writers. Costs a comparison and one to three additions per request. */
export class VersionRecorder {
  readonly #onNewTable: (table: SharedArrayBuffer) => void;
  #table = new Float64Array(new SharedArrayBuffer(0));
  #used = SLOTS;
  /** By the object: a configuration has one for its life. */
  readonly #places = new Map<ConfigVersion, number>();
  #last: ConfigVersion | undefined;
  #lastPlace = 0;

  constructor(onNewTable: (table: SharedArrayBuffer) => void) {
    this.#onNewTable = onNewTable;
  }

  /** `version` undefined: the request was answered before a configuration was chosen. */
  record(version: ConfigVersion | undefined, failure: RequestFailure): void {
    const of = version ?? NO_VERSION;
    if (of !== this.#last) this.#turnTo(of);
    const table = this.#table;
    const at = this.#lastPlace;
    table[at] = (table[at] ?? 0) + 1;
    if (failure === 'none') return;
    table[at + 1] = (table[at + 1] ?? 0) + 1;
    if (failure === 'here') table[at + 2] = (table[at + 2] ?? 0) + 1;
  }

  #turnTo(version: ConfigVersion): void {
    this.#lastPlace = this.#places.get(version) ?? this.#claim(version);
    this.#last = version;
  }

  #claim(version: ConfigVersion): number {
    if (this.#used === SLOTS) this.#begin();
    const start = HEADER + this.#used * SLOT;
    this.#table.set([version.epoch, version.sequence], start);
    this.#used += 1;
    // Published last: the reader sees the version whole or not at all.
    this.#table[0] = this.#used;
    const place = start + SLOT - COUNTS;
    this.#places.set(version, place);
    return place;
  }

  #begin(): void {
    const buffer = new SharedArrayBuffer((HEADER + SLOTS * SLOT) * Float64Array.BYTES_PER_ELEMENT);
    this.#table = new Float64Array(buffer);
    this.#used = 0;
    this.#places.clear();
    this.#onNewTable(buffer);
  }
}

/** The reading side of one table: what was counted since the last fold. */
export class VersionReader {
  readonly #table: Float64Array;
  readonly #folded = new Float64Array(SLOTS * COUNTS);

  constructor(table: SharedArrayBuffer) {
    this.#table = new Float64Array(table);
  }

  /** Calls back for each version that moved since the last call, with the difference. */
  fold(each: (difference: VersionRow) => void): void {
    const used = this.#table[0] ?? 0;
    for (let slot = 0; slot < used; slot += 1) {
      const start = HEADER + slot * SLOT;
      const [epoch = 0, sequence = 0] = this.#table.subarray(start, start + 2);
      // What is part of another is read first, so that it is never more than that.
      const failedHere = this.#take(slot, 2);
      const failed = this.#take(slot, 1);
      const requests = this.#take(slot, 0);
      if (requests !== 0 || failed !== 0 || failedHere !== 0) each({ version: { epoch, sequence }, requests, failed, failedHere });
    }
  }

  #take(slot: number, count: number): number {
    const now = this.#table[HEADER + slot * SLOT + SLOT - COUNTS + count] ?? 0;
    const difference = now - (this.#folded[slot * COUNTS + count] ?? 0);
    this.#folded[slot * COUNTS + count] = now;
    return difference;
  }
}
