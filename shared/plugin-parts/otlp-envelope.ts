/**
 * What stands around spans, log records and metrics in a request of OTLP (https://opentelemetry.io/docs/specs/otlp/): resource and
 * scope, alike for the three, and what a collector answers. Used by opentelemetry.
 */
import { attributeKey, written, type EncodedEntry } from './protobuf-writer.ts';

/** Of `ScopeSpans.spans`, `ScopeLogs.log_records` and `ScopeMetrics.metrics`, all of which are field 2. */
export const OTLP_ITEM_TAG = 0x12;
const MESSAGE_FIELD_1 = 0x0a;
const MESSAGE_FIELD_2 = 0x12;

export interface OtlpScope {
  readonly name: string;
  readonly version: string;
}

export class OtlpEnvelope {
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;

  constructor(resource: ReadonlyMap<string, string>, { name, version }: OtlpScope) {
    const attributes = Buffer.concat([...resource].map(([key, value]) => {
      const keyBytes = attributeKey(key);
      return written((writer) => writer.textAttribute(MESSAGE_FIELD_1, keyBytes, value));
    }));
    this.#resource = message(MESSAGE_FIELD_1, [attributes]);
    this.#scope = message(MESSAGE_FIELD_1, [written((writer) => {
      writer.byte(0x0a);
      writer.text(name);
      writer.byte(0x12);
      writer.text(version);
    })]);
  }

  /** A whole request. Each entry is one item or several, each with its tag and length. `memory` is used where it is large enough. */
  around(entries: readonly EncodedEntry[], memory: Buffer): Buffer {
    let length = this.#scope.length;
    for (const entry of entries) length += entry.length;
    const scopeHead = head(MESSAGE_FIELD_2, length);
    const requestHead = head(MESSAGE_FIELD_1, this.#resource.length + scopeHead.length + length);
    const whole = requestHead.length + this.#resource.length + scopeHead.length + length;
    const bytes = memory.length >= whole ? memory.subarray(0, whole) : Buffer.allocUnsafeSlow(whole);
    let at = 0;
    for (const piece of [requestHead, this.#resource, scopeHead, this.#scope]) {
      bytes.set(piece, at);
      at += piece.length;
    }
    for (const entry of entries) at += bytes.write(entry, at, 'latin1');
    return bytes;
  }
}

function head(tag: number, length: number): Uint8Array {
  return written((writer) => {
    writer.byte(tag);
    writer.varint(length);
  });
}

function message(tag: number, pieces: readonly Uint8Array[]): Uint8Array {
  const whole = Buffer.concat(pieces);
  return Buffer.concat([head(tag, whole.length), whole]);
}

/** What a collector did not take of a request that it answered with 200 (`partial_success`). Undefined where it took all, or says nothing that can be read. */
export function partialSuccess(body: Uint8Array): { readonly rejected: number; readonly message: string } | undefined {
  let partial: Uint8Array | undefined;
  for (const { tag, bytes } of fieldsIn(body)) if (tag === MESSAGE_FIELD_1 && bytes !== undefined) partial = bytes;
  if (partial === undefined) return undefined;
  let rejected = 0;
  let text = '';
  for (const { tag, value, bytes } of fieldsIn(partial)) {
    if (tag === 0x08 && value < Number.MAX_SAFE_INTEGER) rejected = value;
    else if (tag === 0x12 && bytes !== undefined) text = Buffer.from(bytes.subarray(0, 512)).toString('utf8');
  }
  return rejected === 0 && text === '' ? undefined : { rejected, message: text };
}

interface ReadField {
  readonly tag: number;
  readonly value: number;
  /** Of a text or message. */
  readonly bytes: Uint8Array | undefined;
}

/** The fields of a message with varints and lengths, up to the first thing that is neither. */
function fieldsIn(bytes: Uint8Array): readonly ReadField[] {
  const fields: ReadField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 10 && at < bytes.length; shift += 1) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 128 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length && fields.length < 16) {
    const tag = varint();
    const value = varint();
    if (Number.isNaN(tag) || Number.isNaN(value)) break;
    if (tag % 8 === 0) fields.push({ tag, value, bytes: undefined });
    else if (tag % 8 === 2 && at + value <= bytes.length) {
      fields.push({ tag, value, bytes: bytes.subarray(at, at + value) });
      at += value;
    } else break;
  }
  return fields;
}
