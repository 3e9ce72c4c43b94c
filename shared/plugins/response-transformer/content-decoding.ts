/**
 * A body without its content coding (RFC 9110 §8.4), of bounded size: a few bytes may stand for gigabytes. And which codings an upstream may
 * choose, so that no client can ask for one in which its answer would pass unread.
 */
import type * as Zlib from 'node:zlib';

type Decode = (body: Uint8Array, options: Zlib.ZlibOptions & Zlib.BrotliOptions) => Buffer;

/** Node's own, opened when the first body needs it. */
const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib');

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', (body, options) => zlib().gunzipSync(body, options)],
  ['x-gzip', (body, options) => zlib().gunzipSync(body, options)],
  ['br', (body, options) => zlib().brotliDecompressSync(body, options)],
  // zlib's format as RFC 9110 says, or the bare one that some servers send.
  ['deflate', (body, options) => ((body[0] ?? 0) & 0x0f) === 8 ? zlib().inflateSync(body, options) : zlib().inflateRawSync(body, options)],
]);

/** Undefined where the coding is not known, the bytes are not in it, or it would be more than `maxBytes`. */
export function decodedBody(body: Uint8Array, coding: string, maxBytes: number): Uint8Array | undefined {
  const decode = DECODERS.get(coding);
  try {
    return decode?.(body, { maxOutputLength: maxBytes });
  } catch {
    return undefined;
  }
}

/** The elements of an Accept-Encoding whose codings `decodedBody` knows; undefined where that is all of them. */
export function readableCodings(accepted: string): string | undefined {
  const elements = accepted.split(',');
  const kept = elements.filter((element) => {
    const coding = (element.split(';', 1)[0] ?? '').trim().toLowerCase();
    return coding === '' || coding === 'identity' || DECODERS.has(coding);
  });
  return kept.length === elements.length ? undefined : kept.join(',').trim();
}
