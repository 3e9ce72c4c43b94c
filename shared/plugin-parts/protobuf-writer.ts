/**
 * Writes protobuf messages straight into bytes, front to back, without an object for each: for what is encoded once per request
 * (opentelemetry), where protobufjs costs several times as much. Knows wire types and UTF-8, no messages. The bytes of
 * what is done are kept as a text, one character for each: texts are young objects of the heap like the rest of a request, while memory
 * outside of it, a little more with each request, has V8 collect the whole heap every few thousand of them.
 */

/** Of one text; longer ones are cut (R5). */
const MOST_CHARACTERS = 1_024;
const USUAL_BYTES = 65_536;
/** Shorter texts are faster written here than by a call into Node. */
const SHORT = 24;
const TWO_32 = 4_294_967_296;

/** Bytes as latin1: each character is one. */
export type EncodedEntry = string;

export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(USUAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  /** The second that `nanoseconds` met last, since the epoch, and its nanoseconds in two halves. */
  #second = 0;
  #secondLow = 0;
  #secondHigh = 0;

  /** What was written since the last one. */
  takeEntry(): EncodedEntry {
    const entry = this.#bytes.toString('latin1', 0, this.#at);
    this.#at = 0;
    return entry;
  }

  /** Likewise, as bytes. */
  takeBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return bytes;
  }

  /** Of the entry, so far. */
  get length(): number {
    return this.#at;
  }

  /** There is room for that many bytes. To be called before anything is written that may need more than is left. */
  ensure(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  /** Not negative, at most 2^53 - 1. */
  varint(value: number): void {
    let rest = value;
    while (rest >= TWO_32) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length > 48) this.#bytes.set(bytes, this.#at);
    else for (let index = 0; index < length; index += 1) this.#bytes[this.#at + index] = bytes[index] ?? 0;
    this.#at += length;
  }

  /** `length` bytes from `start`. */
  piece(bytes: Uint8Array, start: number, length: number): void {
    for (let index = 0; index < length; index += 1) this.#bytes[this.#at + index] = bytes[start + index] ?? 0;
    this.#at += length;
  }

  /** Pairs of hex digits as bytes, behind their number. */
  hex(text: string): void {
    this.#bytes[this.#at++] = text.length >>> 1;
    for (let index = 0; index < text.length; index += 2) this.#bytes[this.#at++] = (digit(text.charCodeAt(index)) << 4) | digit(text.charCodeAt(index + 1));
  }

  /** `length` bytes that stand in the entry from `start`, once more. */
  repeat(start: number, length: number): void {
    for (let index = 0; index < length; index += 1) this.#bytes[this.#at + index] = this.#bytes[start + index] ?? 0;
    this.#at += length;
  }

  /** Nanoseconds since the epoch, 8 bytes, from milliseconds with fractions; exact to the microsecond. */
  nanoseconds(epochMs: number): void {
    const second = Math.floor(epochMs / 1_000);
    if (second !== this.#second) this.#meetSecond(second);
    const low = this.#secondLow + Math.round((epochMs - second * 1_000) * 1_000) * 1_000;
    const carry = low >= TWO_32 ? 1 : 0;
    this.#view.setUint32(this.#at, low - carry * TWO_32, true);
    this.#view.setUint32(this.#at + 4, this.#secondHigh + carry, true);
    this.#at += 8;
  }

  #meetSecond(second: number): void {
    const nanoseconds = BigInt(second) * 1_000_000_000n;
    this.#second = second;
    this.#secondLow = Number(nanoseconds & 0xff_ff_ff_ffn);
    this.#secondHigh = Number(nanoseconds >> 32n);
  }

  /** 8 bytes. */
  fixed64(value: number): void {
    this.#view.setUint32(this.#at, value % TWO_32, true);
    this.#view.setUint32(this.#at + 4, Math.floor(value / TWO_32), true);
    this.#at += 8;
  }

  fixed32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  double(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** Length and text. */
  text(value: string): void {
    const text = value.length > MOST_CHARACTERS ? value.slice(0, MOST_CHARACTERS) : value;
    const start = this.#at;
    this.varint(text.length);
    if (this.#characters(text) === text.length) return;
    // Not ASCII: the length was another.
    this.#at = start;
    this.varint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** A field whose value is a `KeyValue` of OTLP with a text. `key`: tag, length and name, as `attributeKey` makes it. */
  textAttribute(tag: number, key: Uint8Array, value: string): void {
    const text = value.length > MOST_CHARACTERS ? value.slice(0, MOST_CHARACTERS) : value;
    const start = this.#at;
    this.#attributeHead(tag, key, text.length);
    if (this.#characters(text) === text.length) return;
    this.#at = start;
    this.#attributeHead(tag, key, Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** The same with a number that is whole and not negative. */
  integerAttribute(tag: number, key: Uint8Array, value: number): void {
    const size = varintSize(value);
    this.byte(tag);
    this.varint(key.length + 3 + size);
    this.raw(key);
    this.byte(0x12);
    this.byte(1 + size);
    this.byte(0x18);
    this.varint(value);
  }

  #attributeHead(tag: number, key: Uint8Array, length: number): void {
    const value = 1 + varintSize(length) + length;
    this.byte(tag);
    this.varint(key.length + 1 + varintSize(value) + value);
    this.raw(key);
    this.byte(0x12);
    this.varint(value);
    this.byte(0x0a);
    this.varint(length);
  }

  /** How many bytes it took; where it is less than the text's length, the text is not ASCII and has to be written in another way. */
  #characters(text: string): number {
    const { length } = text;
    if (length > SHORT) {
      const written = this.#bytes.write(text, this.#at);
      if (written === length) this.#at += written;
      return written;
    }
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) return -1;
      this.#bytes[this.#at + index] = code;
    }
    this.#at += length;
    return length;
  }

  /** Tag and room for the length of a message, up to 256 MiB; `end` wants what this gives. */
  begin(tag: number): number {
    this.#bytes[this.#at] = tag;
    this.#at += 5;
    return this.#at;
  }

  /** A length of four bytes, however short it could be: any reader of varints takes it. */
  end(begun: number): void {
    const length = this.#at - begun;
    this.#bytes[begun - 4] = (length & 0x7f) | 0x80;
    this.#bytes[begun - 3] = ((length >>> 7) & 0x7f) | 0x80;
    this.#bytes[begun - 2] = ((length >>> 14) & 0x7f) | 0x80;
    this.#bytes[begun - 1] = length >>> 21;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}

/** What stands of a `KeyValue` before its value: made once for each name. */
export function attributeKey(name: string): Uint8Array {
  return written((writer) => {
    writer.byte(0x0a);
    writer.text(name);
  });
}

let scratch: ProtobufWriter | undefined;

/** Bytes that are made once, up to 32 KiB. Not from within another one. */
export function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = (scratch ??= new ProtobufWriter());
  writer.ensure(32_768);
  write(writer);
  return writer.takeBytes();
}
