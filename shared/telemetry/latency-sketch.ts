/**
 * How long things took, as a DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019): logarithmic buckets, so that any quantile is within
 * 1 % of the true value, and two sketches make one by adding up their buckets. Filled by the agent of a data plane, carried in
 * telemetry batches, stored and merged at the control plane.
 *
 * Bytes: format (1) | varint: count of values below 1 µs | for each bucket that is not empty, ascending: varint (distance to the one
 * before, from -1) × 2 + (1 where a count follows, else the count is 1) | varint: count. A row of single requests is a few bytes.
 */

/** Values are whole microseconds; what is larger (some 2 h 46 min) counts as this. */
export const LONGEST_MICROS = 10_000_000_000;
const RELATIVE_ERROR = 0.01;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const PER_LOG = 1 / Math.log(GAMMA);
const LAST_BUCKET = bucketOf(LONGEST_MICROS);
const FORMAT = 1;
/** Of the sketch that is being read; buckets ascend, so there are never more. */
const readBuckets = new Int32Array(LAST_BUCKET + 1);
const readCounts = new Float64Array(LAST_BUCKET + 1);

/** Bucket i holds (γ^(i−1), γ^i] microseconds; 0 holds 1. */
function bucketOf(micros: number): number {
  return Math.max(0, Math.ceil(Math.log(micros) * PER_LOG - 1e-9));
}

/** The value within 1 % of all that a bucket holds, microseconds. */
function valueOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

export class LatencySketch {
  #below = 0;
  /** Counts of the buckets from `#first` on. */
  #counts = new Float64Array(0);
  #first = 0;
  #count = 0;

  /** How many values it has. */
  get count(): number {
    return this.#count;
  }

  add(micros: number, count = 1): void {
    this.#count += count;
    if (micros < 1) this.#below += count;
    else this.#addTo(bucketOf(Math.min(micros, LONGEST_MICROS)), count);
  }

  merge(other: LatencySketch): void {
    this.#count += other.#count;
    this.#below += other.#below;
    for (let at = 0; at < other.#counts.length; at += 1) {
      const count = other.#counts[at] ?? 0;
      if (count > 0) this.#addTo(other.#first + at, count);
    }
  }

  /** Microseconds; `q` from 0 to 1. Undefined where it is empty. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    let left = Math.max(1, Math.ceil(q * this.#count)) - this.#below;
    if (left <= 0) return 0;
    for (let at = 0; at < this.#counts.length; at += 1) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return valueOf(this.#first + at);
    }
    return valueOf(this.#first + this.#counts.length - 1);
  }

  /** How many values are at most so large, to within the buckets' width; for histograms with bounds of their own. */
  countUpTo(micros: number): number {
    let count = this.#below;
    const last = micros < 1 ? -1 : bucketOf(Math.min(micros, LONGEST_MICROS));
    for (let at = 0; at < this.#counts.length && this.#first + at <= last; at += 1) count += this.#counts[at] ?? 0;
    return count;
  }

  /** The buckets that are not empty, ascending, each with the value that stands for it (microseconds) and its count. */
  *buckets(): Generator<readonly [micros: number, count: number]> {
    if (this.#below > 0) yield [0, this.#below];
    for (let at = 0; at < this.#counts.length; at += 1) {
      const count = this.#counts[at] ?? 0;
      if (count > 0) yield [valueOf(this.#first + at), count];
    }
  }

  encode(): Uint8Array {
    const bytes: number[] = [FORMAT];
    pushVarint(bytes, this.#below);
    let before = -1;
    for (let at = 0; at < this.#counts.length; at += 1) {
      const count = this.#counts[at] ?? 0;
      if (count === 0) continue;
      const distance = this.#first + at - before;
      before = this.#first + at;
      pushVarint(bytes, distance * 2 + (count > 1 ? 1 : 0));
      if (count > 1) pushVarint(bytes, count);
    }
    return Uint8Array.from(bytes);
  }

  /** Adds what another one was encoded to. Throws a RangeError on what is no sketch, and has then added nothing. */
  mergeEncoded(bytes: Uint8Array): void {
    // Read whole before the first is added; no object for a bucket, as a ranking merges tens of thousands of sketches.
    const reader = new VarintReader(bytes);
    const below = reader.readHead();
    let sum = below;
    let length = 0;
    for (let bucket = -1; !reader.atEnd; length += 1) {
      const word = reader.varint();
      const count = word % 2 === 1 ? reader.varint() : 1;
      bucket += Math.floor(word / 2);
      sum += count;
      if (word < 2 || count === 0 || bucket > LAST_BUCKET || !Number.isSafeInteger(sum)) throw new RangeError('a sketch of latencies has buckets in order, with counts whose sum is below 2^53');
      readBuckets[length] = bucket;
      readCounts[length] = count;
    }
    this.#count += sum;
    this.#below += below;
    for (let at = 0; at < length; at += 1) this.#addTo(readBuckets[at] ?? 0, readCounts[at] ?? 0);
  }

  /** Throws a RangeError on what is no sketch. */
  static decode(bytes: Uint8Array): LatencySketch {
    const sketch = new LatencySketch();
    sketch.mergeEncoded(bytes);
    return sketch;
  }

  #addTo(bucket: number, count: number): void {
    const at = bucket - this.#first;
    if (at < 0 || at >= this.#counts.length) return this.#growTo(bucket, count);
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  #growTo(bucket: number, count: number): void {
    const isEmpty = this.#counts.length === 0;
    const first = isEmpty ? bucket : Math.min(this.#first, bucket);
    const end = isEmpty ? bucket + 1 : Math.max(this.#first + this.#counts.length, bucket + 1);
    // Some room to the side that grew, so that latencies that creep do not copy each time.
    const from = isEmpty || first === this.#first ? first : Math.max(0, first - 8);
    const to = isEmpty || end === this.#first + this.#counts.length ? end : Math.min(LAST_BUCKET + 1, end + 8);
    const grown = new Float64Array(to - from);
    grown.set(this.#counts, isEmpty ? 0 : this.#first - from);
    this.#first = from;
    this.#counts = grown;
    grown[bucket - from] = (grown[bucket - from] ?? 0) + count;
  }
}

function pushVarint(bytes: number[], value: number): void {
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
}

class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The count of values below 1 µs. */
  readHead(): number {
    if (this.#bytes[this.#at++] !== FORMAT) throw new RangeError('this is no sketch of latencies, or one of a newer format');
    return this.varint();
  }

  varint(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || place > 2 ** 49) throw new RangeError('a number of a sketch of latencies is cut off or too large');
      value += (byte % 128) * place;
      if (byte < 128) break;
    }
    if (!Number.isSafeInteger(value)) throw new RangeError('a number of a sketch of latencies is 2^53 or more');
    return value;
  }
}
