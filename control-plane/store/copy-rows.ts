/**
 * Rows as COPY … (FORMAT binary) takes them (PostgreSQL documentation, COPY, "Binary Format"), into one buffer that grows. Used where many rows
 * come at once; a parameter for each value costs several times as much.
 */

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** 2000-01-01 UTC, where Postgres counts from. */
const EPOCH_MS = 946_684_800_000;
const FIRST_BYTES = 64 * 1024;
/** The id of nothing: none of our ids is it. */
export const NO_ID = '00000000-0000-0000-0000-000000000000';

export class CopyRows {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 0;

  constructor() {
    this.#at = SIGNATURE.copy(this.#bytes);
  }

  /** Begins a row of so many columns; that many calls of the others follow. */
  row(columns: number): void {
    this.#room(2);
    this.#at = this.#bytes.writeInt16BE(columns, this.#at);
  }

  /** '' is the id of nothing. Throws a RangeError on what is no id. */
  uuid(id: string): void {
    this.#room(20);
    this.#at = this.#bytes.writeInt32BE(16, this.#at);
    const digits = id.replaceAll('-', '');
    if (id === '') this.#bytes.fill(0, this.#at, this.#at + 16);
    else if (digits.length !== 32 || this.#bytes.write(digits, this.#at, 16, 'hex') !== 16) throw new RangeError('an id is 16 bytes in hexadecimal digits');
    this.#at += 16;
  }

  /** bigint. Throws a RangeError on what is no whole number below 2^53. */
  int8(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError('a number is whole, and below 2^53');
    this.#room(12);
    this.#at = this.#bytes.writeInt32BE(8, this.#at);
    const high = Math.floor(value / 2 ** 32);
    this.#at = this.#bytes.writeInt32BE(high, this.#at);
    this.#at = this.#bytes.writeUInt32BE(value - high * 2 ** 32, this.#at);
  }

  int2(value: number): void {
    this.#room(6);
    this.#at = this.#bytes.writeInt32BE(2, this.#at);
    this.#at = this.#bytes.writeInt16BE(value, this.#at);
  }

  /** timestamptz of whole microseconds since the Unix epoch. */
  time(micros: number): void {
    this.int8(micros - EPOCH_MS * 1000);
  }

  bytes(value: Uint8Array | null): void {
    this.#room(4 + (value?.length ?? 0));
    this.#at = this.#bytes.writeInt32BE(value === null ? -1 : value.length, this.#at);
    if (value === null) return;
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  text(value: string): void {
    this.#room(4 + value.length * 3);
    const length = this.#bytes.write(value, this.#at + 4, 'utf8');
    this.#bytes.writeInt32BE(length, this.#at);
    this.#at += 4 + length;
  }

  /** The whole COPY; no row follows. */
  end(): Uint8Array {
    this.#room(2);
    this.#at = this.#bytes.writeInt16BE(-1, this.#at);
    return this.#bytes.subarray(0, this.#at);
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}
