/**
 * Walks through DER (X.690 §10) in place. What is not DER throws: indefinite and padded lengths, tags above 30, elements that reach
 * beyond what holds them. Nothing is copied, so that a list with 100,000 certificates can be searched on a proxy thread; libraries
 * make objects of all of it, and leave out what they do not understand. Used by the readers of certificates, CRLs and OCSP answers.
 */

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_ID = 0x06;
export const ENUMERATED = 0x0a;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;

/** Context-specific, constructed: `[n]`, explicit or implicit for a structure. */
export function context(number: number): number {
  return 0xa0 | number;
}

/** Context-specific, primitive. */
export function contextValue(number: number): number {
  return 0x80 | number;
}

export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Of the next element; -1 at the end. */
  tag(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] ?? -1) : -1;
  }

  /** A reader of what the next element holds, behind which this one goes on. */
  enter(tag: number): DerReader {
    const end = this.step(tag);
    const inside = new DerReader(this.#bytes, this.#at, end);
    this.#at = end;
    return inside;
  }

  enterIf(tag: number): DerReader | undefined {
    return this.tag() === tag ? this.enter(tag) : undefined;
  }

  /** What the next element holds. */
  contents(tag: number): Uint8Array {
    const end = this.step(tag);
    return this.#bytes.subarray(this.#at, (this.#at = end));
  }

  /** The next element with its tag and length. */
  element(tag: number): Uint8Array {
    const start = this.#at;
    this.#at = this.step(tag);
    return this.#bytes.subarray(start, this.#at);
  }

  /** As lower-case hex of its encoding. */
  objectId(): string {
    return Buffer.from(this.contents(OBJECT_ID)).toString('hex');
  }

  /** Of whole bytes. */
  bitString(): Uint8Array {
    const bits = this.contents(BIT_STRING);
    if (bits[0] !== 0) throw notDer('a bit string is not of whole bytes');
    return bits.subarray(1);
  }

  /** Milliseconds since the epoch. UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them, in Z; parts of a second, which some responders write, don't count. */
  time(): number {
    const isShort = this.tag() === UTC_TIME;
    const text = Buffer.from(this.contents(isShort ? UTC_TIME : GENERALIZED_TIME)).toString('latin1');
    const century = isShort ? (text < '50' ? '20' : '19') : '';
    const digits = `${century}${text}`;
    if (!/^\d{14}(?:\.\d{1,9})?Z$/.test(digits)) throw notDer('a time is not one');
    const ms = Date.parse(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}T${digits.slice(8, 10)}:${digits.slice(10, 12)}:${digits.slice(12, 14)}Z`);
    if (Number.isNaN(ms)) throw notDer('a time is not one');
    return ms;
  }

  /** Goes to the contents of the next element, and tells where they end. */
  step(tag: number): number {
    const bytes = this.#bytes;
    if (this.tag() !== tag || (tag & 0x1f) === 0x1f) throw notDer(`there is ${this.tag()} where ${tag} is due`);
    const first = this.#byteAt(this.#at + 1);
    let contents = this.#at + 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4) throw notDer('a length is not definite, or is beyond all bounds');
      length = 0;
      for (const behind = contents + count; contents < behind; contents++) length = length * 256 + this.#byteAt(contents);
      if (length < 0x80 || bytes[contents - count] === 0) throw notDer('a length is longer than it must be');
    }
    if (length > this.#end - contents) throw notDer('an element reaches beyond what holds it');
    this.#at = contents;
    return contents + length;
  }

  /** Whether what lies between here and `end` is the same number. Zeros before it do not count: some software forgets the one that makes it positive. */
  holdsNumber(expected: Uint8Array, end: number): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    let expectedAt = 0;
    while (at < end && bytes[at] === 0) at++;
    while (expected[expectedAt] === 0) expectedAt++;
    if (end - at !== expected.length - expectedAt) return false;
    while (at < end) if (bytes[at++] !== expected[expectedAt++]) return false;
    return true;
  }

  /** To where a `step` said that an element ends. */
  goTo(end: number): void {
    this.#at = end;
  }

  /** Throws where there is more. */
  close(): void {
    if (!this.isAtEnd) throw notDer('there is more than is due');
  }

  #byteAt(at: number): number {
    const byte = at < this.#end ? this.#bytes[at] : undefined;
    if (byte === undefined) throw notDer('it ends too early');
    return byte;
  }
}

function notDer(problem: string): Error {
  return new Error(`not DER as it should be: ${problem}`);
}
