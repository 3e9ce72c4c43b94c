/**
 * Sketches of latencies as one column of a row: for each of its measures, in a fixed order, varint(length) and the encoded sketch
 * (shared/telemetry/latency-sketch.ts). One value, so that Postgres keeps it apart from the counts beside it as one piece.
 */
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';

const NO_BYTES = new Uint8Array(0);

/** Null where none has a value. */
export function packSketches(sketches: readonly Uint8Array[]): Uint8Array | null {
  let size = 0;
  for (const sketch of sketches) size += sketch.length;
  if (size === 0) return null;
  const packed = new Uint8Array(size + sketches.length * 3);
  let at = 0;
  for (const sketch of sketches) {
    for (let left = sketch.length; ; left >>>= 7) {
      packed[at++] = left < 128 ? left : (left & 127) | 128;
      if (left < 128) break;
    }
    packed.set(sketch, at);
    at += sketch.length;
  }
  return packed.subarray(0, at);
}

/** As many as were packed; throws a RangeError on what was not. */
export function unpackSketches(packed: Uint8Array | null, count: number): readonly Uint8Array[] {
  if (packed === null) return Array.from({ length: count }, () => NO_BYTES);
  const sketches: Uint8Array[] = [];
  for (let at = 0; sketches.length < count; ) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = packed[at++];
      if (byte === undefined || shift > 21) throw new RangeError('this is no pack of sketches');
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (at + length > packed.length) throw new RangeError('this is no pack of sketches');
    sketches.push(packed.subarray(at, at + length));
    at += length;
  }
  return sketches;
}

/** Adds up packs. One pack alone is handed on as it came. */
export class PackSum {
  readonly #count: number;
  #first: Uint8Array | null = null;
  #sketches: readonly LatencySketch[] | undefined;

  /** Of so many measures each. */
  constructor(count: number) {
    this.#count = count;
  }

  add(packed: Uint8Array | null): void {
    if (packed === null) return;
    if (this.#first === null) {
      this.#first = packed;
      return;
    }
    const sketches = this.sketches();
    for (const [index, bytes] of unpackSketches(packed, this.#count).entries()) if (bytes.length > 0) sketches[index]?.mergeEncoded(bytes);
  }

  encode(): Uint8Array | null {
    if (this.#sketches === undefined) return this.#first;
    return packSketches(this.#sketches.map((sketch) => (sketch.count === 0 ? NO_BYTES : sketch.encode())));
  }

  /** One for each measure. */
  sketches(): readonly LatencySketch[] {
    this.#sketches ??= unpackSketches(this.#first, this.#count).map((bytes) => (bytes.length === 0 ? new LatencySketch() : LatencySketch.decode(bytes)));
    return this.#sketches;
  }
}
