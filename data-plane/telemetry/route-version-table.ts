/**
 * Failed requests of one proxy thread by route and configuration version, in shared memory, as in version-table.ts: what serves is
 * compared with what served before it, so the two newest versions are enough and a table has room for no more. Routes of a version
 * beyond its share are counted in its row without a route. Only requests that failed come here.
 *
 * Header: slots in use (i32) | unused. Slot, 48 bytes: route id (16) | epoch, sequence, failed, failed here (4 × f64).
 */
import { bytesToId, idToBytes, type EntityId } from '../../shared/model/ids.ts';
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import type { RouteVersionRow } from '../../shared/wire/telemetry-codec.ts';
import type { RequestFailure } from './request-recorder.ts';

const HEADER_BYTES = 8;
const SLOT_BYTES = 48;
/** Of each of the two versions, the one without a route among them; 96 KB in all, made when the first request fails. */
const ROUTES = 1_024;
const VERSIONS = 2;
/** Of a slot's counts. */
const FIELDS = 2;

/** The writing side, one per proxy thread. */
export class RouteVersionRecorder {
  readonly #onNewTable: (table: SharedArrayBuffer) => void;
  readonly #routes: number;
  #table = new SharedArrayBuffer(0);
  #header = new Int32Array(new SharedArrayBuffer(0));
  #values = new Float64Array(new SharedArrayBuffer(0));
  /** By the object: a configuration has one for its life. Route → place of its counts. */
  #places = new Map<ConfigVersion, Map<string, number>>();

  constructor(onNewTable: (table: SharedArrayBuffer) => void, routes = ROUTES) {
    this.#onNewTable = onNewTable;
    this.#routes = routes;
  }

  record(routeId: string, version: ConfigVersion | undefined, failure: RequestFailure): void {
    if (failure === 'none' || version === undefined) return;
    const places = this.#places.get(version) ?? this.#beginVersion(version);
    if (places === undefined) return;
    const at = places.get(routeId) ?? this.#claim(places, routeId, version);
    this.#values[at] = (this.#values[at] ?? 0) + 1;
    if (failure === 'here') this.#values[at + 1] = (this.#values[at + 1] ?? 0) + 1;
  }

  /** Undefined for one that is older than both that are counted. */
  #beginVersion(version: ConfigVersion): Map<string, number> | undefined {
    if (this.#places.size === VERSIONS && [...this.#places.keys()].every((other) => compareVersions(version, other) < 0)) return undefined;
    if (this.#header.length === 0 || this.#places.size === VERSIONS) this.#begin();
    const places = new Map<string, number>();
    this.#places.set(version, places);
    return places;
  }

  #claim(places: Map<string, number>, routeId: string, version: ConfigVersion): number {
    const isFull = places.size >= this.#routes - 1 && routeId !== '';
    const named = isFull ? '' : routeId;
    const known = places.get(named);
    if (known !== undefined) return known;
    const used = this.#header[0] ?? 0;
    const start = HEADER_BYTES + used * SLOT_BYTES;
    if (named !== '') new Uint8Array(this.#table, start, 16).set(idToBytes(named as EntityId));
    this.#values.set([version.epoch, version.sequence], (start + 16) / 8);
    // Published last: the reader sees the key whole or not at all.
    Atomics.store(this.#header, 0, used + 1);
    const at = (start + 32) / 8;
    places.set(named, at);
    return at;
  }

  #begin(): void {
    this.#table = new SharedArrayBuffer(HEADER_BYTES + VERSIONS * this.#routes * SLOT_BYTES);
    this.#header = new Int32Array(this.#table, 0, 2);
    this.#values = new Float64Array(this.#table);
    this.#places = new Map();
    this.#onNewTable(this.#table);
  }
}

/** The reading side of one table: what was counted since the last fold. */
export class RouteVersionReader {
  readonly #table: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #values: Float64Array;
  readonly #folded: Float64Array;

  constructor(table: SharedArrayBuffer) {
    this.#table = table;
    this.#header = new Int32Array(table, 0, 2);
    this.#values = new Float64Array(table);
    this.#folded = new Float64Array(Math.floor((table.byteLength - HEADER_BYTES) / SLOT_BYTES) * FIELDS);
  }

  /** Calls back for each row that moved since the last call, with the difference. */
  fold(each: (difference: RouteVersionRow) => void): void {
    const used = Atomics.load(this.#header, 0);
    for (let slot = 0; slot < used; slot += 1) {
      const start = HEADER_BYTES + slot * SLOT_BYTES;
      // What is part of the other is read first, so that it is never more than that.
      const failedHere = this.#take(slot, start, 1);
      const failed = this.#take(slot, start, 0);
      if (failed === 0 && failedHere === 0) continue;
      const id = new Uint8Array(this.#table, start, 16).slice();
      const [epoch = 0, sequence = 0] = this.#values.subarray((start + 16) / 8, (start + 32) / 8);
      each({ routeId: id.every((byte) => byte === 0) ? '' : bytesToId<EntityId>(id), version: { epoch, sequence }, failed, failedHere });
    }
  }

  #take(slot: number, start: number, field: number): number {
    const now = this.#values[(start + 32) / 8 + field] ?? 0;
    const difference = now - (this.#folded[slot * FIELDS + field] ?? 0);
    this.#folded[slot * FIELDS + field] = now;
    return difference;
  }
}
