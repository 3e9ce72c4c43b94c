/**
 * What the cache keeps in Redis, as bytes: `HFC1`, the length of the head (32 bits), the head as lines of text, the body as it is. Who
 * reads one takes nothing for granted: what does not look like this, or was cut short, is as if it were not there.
 */
import type { CacheRecord } from './cache-storage.ts';
import { isValue, isWellFormed } from './stored-headers.ts';
import type { HeaderLine } from './stored-response.ts';

const MAGIC = Buffer.from('HFC1', 'latin1');
const HEAD_AT = 8;

/** What differs between the clocks of the one who wrote and the one who reads. Both clocks now, in milliseconds. */
export interface Clocks {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function encodeRecord(record: CacheRecord, { wallMs, monotonicMs }: Clocks): Uint8Array {
  if (record.kind === 'varies') return frame(['varies', record.nonce, record.names.join(',')], undefined);
  const { lifetime, status, contentType, headers, body } = record;
  const onTheWall = (ms: number): number => Math.round(ms - monotonicMs + wallMs);
  const numbers = [
    status, onTheWall(lifetime.requestedAtMs), onTheWall(lifetime.receivedAtMs), lifetime.initialAgeMs, lifetime.freshMs, lifetime.staleWhileRevalidateMs, lifetime.staleIfErrorMs, lifetime.keptMs,
    lifetime.mustRevalidate ? 1 : 0, body.length,
  ];
  return frame(['response', numbers.map((number) => Math.round(number)).join(' '), contentType ?? '', ...headers.map(([name, value]) => `${name}: ${value}`)], body);
}

function frame(lines: readonly string[], body: Uint8Array | undefined): Uint8Array {
  const head = Buffer.from(lines.join('\n'), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat(body === undefined ? [MAGIC, length, head] : [MAGIC, length, head, body]);
}

/** Undefined where it is none. `cacheKey`: under which it was found. */
export function decodeRecord(bytes: Uint8Array, cacheKey: string, { wallMs, monotonicMs }: Clocks): CacheRecord | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEAD_AT || !buffer.subarray(0, 4).equals(MAGIC)) return undefined;
  const headEnd = HEAD_AT + buffer.readUInt32BE(4);
  if (headEnd > buffer.length) return undefined;
  const [kind, ...lines] = buffer.toString('utf8', HEAD_AT, headEnd).split('\n');
  if (kind === 'varies') {
    const [nonce = '', names = ''] = lines;
    return nonce === '' || names === '' ? undefined : { kind: 'varies', cacheKey, nonce, names: names.split(',') };
  }
  const [facts = '', contentType = '', ...headerLines] = lines;
  const numbers = facts.split(' ').map(Number);
  if (kind !== 'response' || numbers.length !== 10 || !numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return undefined;
  const headers = headerLines.map(asHeader);
  if (!headers.every(isWellFormed) || !isValue(contentType)) return undefined;
  const [status = 0, requestedAt = 0, receivedAt = 0, initialAgeMs = 0, freshMs = 0, staleWhileRevalidateMs = 0, staleIfErrorMs = 0, keptMs = 0, mustRevalidate = 0, length = 0] = numbers;
  if (status < 200 || status > 599 || length !== buffer.length - headEnd) return undefined;
  // A clock that is behind the writer's must not make a response younger than it was.
  const here = (onTheWall: number): number => Math.min(onTheWall, wallMs) - wallMs + monotonicMs;
  return {
    kind: 'response', cacheKey, status,
    contentType: contentType === '' ? undefined : contentType,
    headers,
    body: buffer.subarray(headEnd),
    lifetime: { requestedAtMs: here(requestedAt), receivedAtMs: here(receivedAt), initialAgeMs, freshMs, staleWhileRevalidateMs, staleIfErrorMs, keptMs, mustRevalidate: mustRevalidate === 1 },
    answer: undefined,
  };
}

function asHeader(line: string): HeaderLine {
  const colon = line.indexOf(': ');
  return [line.slice(0, colon), line.slice(colon + 2)];
}
