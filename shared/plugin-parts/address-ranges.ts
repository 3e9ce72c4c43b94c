/**
 * Sets of IP addresses given as addresses and CIDR ranges, for plugins that compare clients with a list. A look-up is one
 * binary search over disjoint ranges and allocates nothing, whatever the length of the list. IPv4 and IPv6 are apart; an IPv4
 * address in IPv6 clothing (::ffff:0:0/96) counts as IPv4, in lists as in questions, so that neither form gets past a rule.
 */

/** `no-address`: what was asked is no IP address, so no list can vouch for it. */
export type Whereabouts = 'inside' | 'outside' | 'no-address';

interface Range {
  readonly isV6: boolean;
  readonly low: bigint;
  readonly high: bigint;
}

const [DOT, COLON, ZERO, NINE] = [0x2e, 0x3a, 0x30, 0x39];
/** The groups of the IPv6 address that was read last: one call at a time reads and uses it. */
const groups = new Uint16Array(8);
const words = new Uint32Array(4);

export class AddressRanges {
  /** Sorted and disjoint; the end of a range belongs to it. */
  readonly #starts4: Uint32Array;
  readonly #ends4: Uint32Array;
  /** Four words each. */
  readonly #starts6: Uint32Array;
  readonly #ends6: Uint32Array;

  /** Addresses and CIDR ranges as ipOrCidrRule takes them; bits behind the prefix are ignored. Throws on anything else. */
  constructor(list: readonly string[]) {
    const ranges = list.map(readRange);
    const v4 = disjoint(ranges.filter(({ isV6 }) => !isV6));
    const v6 = disjoint(ranges.filter(({ isV6 }) => isV6));
    this.#starts4 = Uint32Array.from(v4, ({ low }) => Number(low));
    this.#ends4 = Uint32Array.from(v4, ({ high }) => Number(high));
    this.#starts6 = Uint32Array.from(v6.flatMap(({ low }) => wordsOf(low)));
    this.#ends6 = Uint32Array.from(v6.flatMap(({ high }) => wordsOf(high)));
  }

  find(address: string): Whereabouts {
    const v4 = readV4(address, 0, address.length);
    if (v4 >= 0) return this.#has4(v4) ? 'inside' : 'outside';
    if (!readV6(address)) return 'no-address';
    const mapped = mappedV4();
    return (mapped >= 0 ? this.#has4(mapped) : this.#has6()) ? 'inside' : 'outside';
  }

  #has4(address: number): boolean {
    let [low, high] = [0, this.#starts4.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts4[middle] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address <= (this.#ends4[low - 1] ?? -1);
  }

  /** Of the address in `words`. */
  #has6(): boolean {
    for (let at = 0; at < 4; at += 1) words[at] = (groups[2 * at] ?? 0) * 0x1_0000 + (groups[2 * at + 1] ?? 0);
    let [low, high] = [0, this.#starts6.length / 4];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareWith(this.#starts6, middle) >= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compareWith(this.#ends6, low - 1) <= 0;
  }
}

/** The sign of `words` minus that entry. */
function compareWith(list: Uint32Array, index: number): number {
  for (let at = 0; at < 4; at += 1) {
    const difference = (words[at] ?? 0) - (list[4 * index + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function readRange(text: string): Range {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const v4 = readV4(address, 0, address.length);
  if (v4 < 0 && !readV6(address)) throw new RangeError(`not an IP address or CIDR range: ${text}`);
  const bits = slash < 0 ? (v4 < 0 ? 128 : 32) : Number(text.slice(slash + 1));
  const mapped = v4 < 0 && bits >= 96 ? mappedV4() : -1;
  if (v4 >= 0) return rangeOf(false, BigInt(v4), 32 - bits);
  if (mapped >= 0) return rangeOf(false, BigInt(mapped), 128 - bits);
  return rangeOf(true, groups.reduce((sum, group) => sum * 0x1_0000n + BigInt(group), 0n), 128 - bits);
}

function rangeOf(isV6: boolean, address: bigint, freeBits: number): Range {
  if (!(freeBits >= 0 && freeBits <= 128)) throw new RangeError('a prefix is longer than its address');
  const low = (address >> BigInt(freeBits)) << BigInt(freeBits);
  return { isV6, low, high: low + (1n << BigInt(freeBits)) - 1n };
}

/** The same addresses as ranges in order that neither overlap nor touch. */
function disjoint(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || range.low > last.high + 1n) merged.push(range);
    else if (range.high > last.high) merged.splice(-1, 1, { ...last, high: range.high });
  }
  return merged;
}

function wordsOf(address: bigint): readonly number[] {
  return [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffff_ffffn));
}

/** Dotted decimal without leading zeros (some read those as octal); -1 where it is none. */
function readV4(text: string, from: number, to: number): number {
  let [value, part, parts] = [0, -1, 0];
  for (let at = from; at <= to; at += 1) {
    const code = at < to ? text.charCodeAt(at) : DOT;
    if (code === DOT) {
      if (part < 0 || parts === 4) return -1;
      value = value * 256 + part;
      part = -1;
      parts += 1;
    } else if (code >= ZERO && code <= NINE && part !== 0) {
      part = part < 0 ? code - ZERO : part * 10 + code - ZERO;
      if (part > 255) return -1;
    } else return -1;
  }
  return parts === 4 ? value : -1;
}

/** RFC 4291 §2.2 into `groups`; a zone behind `%` says nothing about the address. */
function readV6(text: string): boolean {
  const zone = text.indexOf('%');
  const end = zone < 0 ? text.length : zone;
  let [at, count, gap] = [0, 0, -1];
  if (text.startsWith('::')) [at, gap] = [2, 0];
  while (at < end) {
    const from = at;
    let value = 0;
    for (let digit = hexDigit(text, at); at < end && digit >= 0; digit = hexDigit(text, at)) {
      value = value * 16 + digit;
      at += 1;
    }
    if (at === from || at - from > 4 || count === 8) return false;
    if (at < end && text.charCodeAt(at) === DOT) {
      const quad = readV4(text, from, end);
      if (quad < 0 || count > 6) return false;
      groups[count] = quad >>> 16;
      groups[count + 1] = quad & 0xffff;
      count += 2;
      break;
    }
    groups[count] = value;
    count += 1;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON || at + 1 === end) return false;
    at += 1;
    if (text.charCodeAt(at) !== COLON) continue;
    if (gap >= 0) return false;
    gap = count;
    at += 1;
  }
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}

function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The IPv4 address in `groups` if it is a mapped one (RFC 4291 §2.5.5.2); else -1. */
function mappedV4(): number {
  for (let at = 0; at < 5; at += 1) if (groups[at] !== 0) return -1;
  return groups[5] === 0xffff ? (groups[6] ?? 0) * 0x1_0000 + (groups[7] ?? 0) : -1;
}
