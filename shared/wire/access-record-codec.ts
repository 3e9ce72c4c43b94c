/**
 * Access records between bytes and types (proto/telemetry.proto, RecordBatch). A proxy thread encodes each record once, as a piece of
 * a batch; the agent puts pieces together without decoding them; the control plane decodes a batch when it stores it. Texts are cut
 * and control characters escaped where a record is made; decoding refuses what is not so.
 */
import protobuf from 'protobufjs/minimal.js';
import { holdfast } from '../../proto/gen/telemetry.js';
import { HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type EntityId } from '../model/ids.ts';
import type { ConfigVersion } from '../model/version.ts';

/** Why a request was chosen, the first that holds. */
export type RecordReason = 'error' | 'slow' | 'sampled';

/** One request. Ids and texts are '' where there was none, or where the rules leave them out. */
export interface AccessRecord {
  /** 32 lower-case hex digits: the X-Kong-Request-Id. */
  readonly requestId: string;
  /** Since the epoch. */
  readonly startedMicros: number;
  readonly reason: RecordReason;
  readonly routeId: string;
  readonly serviceId: string;
  readonly consumerId: string;
  /** Of the configuration that it ran on; NO_VERSION where it was answered before there was one. */
  readonly version: ConfigVersion;
  /** 0 where the client went away before. */
  readonly status: number;
  /** Of an error of the gateway's own (ERRORS.md). */
  readonly errorCode: string;
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  readonly httpVersion: string;
  readonly tlsVersion: string;
  readonly tlsCipher: string;
  readonly clientAddress: string;
  /** Of the last attempt: where it was connected to, address:port. */
  readonly target: string;
  /** How often it was sent or connected again. */
  readonly retries: number;
  readonly totalMicros: number;
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** `request.<name>` and `response.<name>`, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly userAgent: string;
  /** Answered by the gateway itself. */
  readonly generated: boolean;
}

export interface RecordBatch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: readonly AccessRecord[];
  /** Records that were dropped since the batch before, by reason. */
  readonly drops: readonly { readonly reason: string; readonly count: number }[];
}

/** Longest texts of a record, in characters (UTF-16). Longer ones end in `…`. */
export const RECORD_TEXT_LENGTHS = {
  errorCode: 64, method: 32, scheme: 8, host: 255, path: 2_048, query: 2_048, httpVersion: 8, tlsVersion: 16, tlsCipher: 64, clientAddress: 64, target: 80, userAgent: 512,
} as const;
export const MAXIMUM_RECORD_HEADERS = 32;
/** `request.` or `response.` and a name. */
export const MAXIMUM_RECORD_HEADER_NAME = 128;
export const MAXIMUM_RECORD_HEADER_VALUE = 1_024;
/** Records of one batch at most. */
export const MAXIMUM_BATCH_RECORDS = 2_000;
/** Of an encoded batch: it and what is around it fit one frame. Any one record fits, whatever a client sent. */
export const MAXIMUM_RECORD_BATCH_BYTES = 240 * 1024;

const { RecordBatch: Wire } = holdfast.telemetry.v1;
/** Field 4, with its length. */
const DROPS_TAG = (4 << 3) | 2;
const NO_BYTES = new Uint8Array(0);
/** C0, DEL and C1: nothing that a terminal, a log or a spreadsheet of lines would obey. */
const CONTROL = /\p{Cc}/u;
const ALL_CONTROL = /\p{Cc}/gu;
const HEX_ID = /^[0-9a-f]{32}$/;
const REASON = /^[a-z][a-z-]{0,63}$/;
/** The end of what a Date can hold (ECMAScript, Time Values). */
const LAST_INSTANT_MS = 8.64e15;
/** Microseconds, within what a number holds exactly. */
const LAST_START_MICROS = 8.61e15;

/** As it may stand in a record: control characters as `%0A`, no half of a pair, at most `length` characters. */
export function recordText(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  if (!CONTROL.test(cut)) return cut.isWellFormed() ? cut : cut.toWellFormed();
  const escaped = cut.replace(ALL_CONTROL, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`).toWellFormed();
  return escaped.length > length ? `${escaped.slice(0, length - 1).toWellFormed()}…` : escaped;
}

/** A piece of a batch that holds this record: pieces that follow one another are a batch (Protocol Buffers, "Last One Wins": repeated fields are joined). */
export function encodeAccessRecord(record: AccessRecord): Uint8Array {
  const text = (name: keyof typeof RECORD_TEXT_LENGTHS): string => recordText(record[name], RECORD_TEXT_LENGTHS[name]);
  const headers: Record<string, string> = Object.create(null);
  let count = 0;
  for (const [name, value] of record.headers) {
    if (name.length > MAXIMUM_RECORD_HEADER_NAME || (count += 1) > MAXIMUM_RECORD_HEADERS) continue;
    headers[recordText(name, MAXIMUM_RECORD_HEADER_NAME)] = recordText(value, MAXIMUM_RECORD_HEADER_VALUE);
  }
  return Wire.encode({
    records: [{
      requestId: hexBytes(record.requestId),
      startedUs: record.startedMicros,
      reason: record.reason,
      routeId: idBytes(record.routeId),
      serviceId: idBytes(record.serviceId),
      consumerId: idBytes(record.consumerId),
      epoch: record.version.epoch,
      sequence: record.version.sequence,
      status: record.status,
      errorCode: text('errorCode'),
      method: text('method'),
      scheme: text('scheme'),
      host: text('host'),
      path: text('path'),
      query: text('query'),
      httpVersion: text('httpVersion'),
      tlsVersion: text('tlsVersion'),
      tlsCipher: text('tlsCipher'),
      clientAddress: text('clientAddress'),
      target: text('target'),
      retries: record.retries,
      totalUs: record.totalMicros,
      upstreamUs: record.upstreamMicros,
      gatewayUs: record.gatewayMicros,
      bytesIn: record.bytesIn,
      bytesOut: record.bytesOut,
      traceId: hexBytes(record.traceId),
      headers,
      userAgent: text('userAgent'),
      generated: record.generated,
    }],
  }).finish();
}

/** What a batch has besides its records: another piece. */
export function encodeRecordBatchFrame({ fromMs, toMs, drops }: Omit<RecordBatch, 'records'>): Uint8Array {
  return Wire.encode({ fromMs, toMs, drops: drops.map(({ reason, count }) => ({ reason, count })) }).finish();
}

export function encodeRecordBatch(batch: RecordBatch): Uint8Array {
  return Buffer.concat([encodeRecordBatchFrame(batch), ...batch.records.map(encodeAccessRecord)]);
}

/** Throws TELEMETRY_MALFORMED where the bytes are no batch, or a text or number in it is not as it should have been made. */
export function decodeRecordBatch(bytes: Uint8Array): RecordBatch {
  try {
    const message = Wire.decode(bytes);
    if (message.records.length > MAXIMUM_BATCH_RECORDS) throw new RangeError(`a batch has at most ${MAXIMUM_BATCH_RECORDS} records`);
    return {
      fromMs: instant(message.fromMs),
      toMs: instant(message.toMs),
      records: message.records.map(decodeAccessRecord),
      drops: message.drops.map(({ reason, count }) => ({ reason: dropReason(reason), count: whole(count) })),
    };
  } catch (cause) {
    throw new HoldfastError({ code: 'TELEMETRY_MALFORMED', source: 'gateway', publicMessage: 'the batch of access records cannot be decoded', cause });
  }
}

/** What a batch tells of drops, without a look at its records. Throws where the bytes are no batch. */
export function dropsInRecordBatch(bytes: Uint8Array): RecordBatch['drops'] {
  const reader = protobuf.Reader.create(bytes);
  const drops: { readonly reason: string; readonly count: number }[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag !== DROPS_TAG) {
      reader.skipType(tag & 7);
      continue;
    }
    const { reason, count } = holdfast.telemetry.v1.Drop.decode(reader, reader.uint32());
    drops.push({ reason: dropReason(reason), count: whole(count) });
  }
  return drops;
}

function decodeAccessRecord(record: holdfast.telemetry.v1.IAccessRecord): AccessRecord {
  const requestId = hexText(record.requestId);
  if (!HEX_ID.test(requestId)) throw new RangeError('a request id has 16 bytes');
  const startedMicros = whole(record.startedUs);
  if (startedMicros > LAST_START_MICROS) throw new RangeError('a request begins before the year 2243');
  const text = (name: keyof typeof RECORD_TEXT_LENGTHS): string => madeText(record[name], RECORD_TEXT_LENGTHS[name]);
  return {
    requestId,
    startedMicros,
    reason: reasonOf(record.reason),
    routeId: idText(record.routeId),
    serviceId: idText(record.serviceId),
    consumerId: idText(record.consumerId),
    version: { epoch: whole(record.epoch), sequence: whole(record.sequence) },
    status: status(record.status),
    errorCode: text('errorCode'),
    method: text('method'),
    scheme: text('scheme'),
    host: text('host'),
    path: text('path'),
    query: text('query'),
    httpVersion: text('httpVersion'),
    tlsVersion: text('tlsVersion'),
    tlsCipher: text('tlsCipher'),
    clientAddress: text('clientAddress'),
    target: text('target'),
    retries: whole(record.retries),
    totalMicros: whole(record.totalUs),
    upstreamMicros: whole(record.upstreamUs),
    gatewayMicros: whole(record.gatewayUs),
    bytesIn: whole(record.bytesIn),
    bytesOut: whole(record.bytesOut),
    traceId: hexText(record.traceId),
    headers: headersOf(record.headers),
    userAgent: text('userAgent'),
    generated: record.generated === true,
  };
}

function headersOf(given: Readonly<Record<string, string>> | null | undefined): ReadonlyMap<string, string> {
  const entries = Object.entries(given ?? {});
  if (entries.length > MAXIMUM_RECORD_HEADERS) throw new RangeError(`a record has at most ${MAXIMUM_RECORD_HEADERS} headers`);
  return new Map(entries.map(([name, value]) => [madeText(name, MAXIMUM_RECORD_HEADER_NAME), madeText(value, MAXIMUM_RECORD_HEADER_VALUE)]));
}

/** What a later version may call a reason is one of rules. */
function reasonOf(text: string | null | undefined): RecordReason {
  return text === 'error' || text === 'slow' ? text : 'sampled';
}

function madeText(value: string | null | undefined, length: number): string {
  const text = value ?? '';
  if (text.length > length) throw new RangeError(`a text is longer than ${length} characters`);
  if (CONTROL.test(text)) throw new RangeError('a text has control characters');
  return text;
}

function hexBytes(hex: string): Uint8Array {
  return hex === '' ? NO_BYTES : Buffer.from(hex, 'hex');
}

function hexText(bytes: Uint8Array | null | undefined): string {
  if (bytes === null || bytes === undefined || bytes.length === 0) return '';
  if (bytes.length !== 16) throw new RangeError('an id has 16 bytes');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function idBytes(id: string): Uint8Array {
  return id === '' ? NO_BYTES : idToBytes(id as EntityId);
}

function idText(bytes: Uint8Array | null | undefined): string {
  if (bytes === null || bytes === undefined || bytes.length === 0) return '';
  if (bytes.length !== 16) throw new RangeError('an id has 16 bytes');
  return bytesToId<EntityId>(bytes);
}

function whole(value: number | null | undefined): number {
  const number = value ?? 0;
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError('expected a whole number below 2^53');
  return number;
}

function instant(value: number | null | undefined): number {
  const ms = whole(value);
  if (ms > LAST_INSTANT_MS) throw new RangeError('a time is one that a Date can hold');
  return ms;
}

function status(value: number | null | undefined): number {
  const number = whole(value);
  if (number !== 0 && (number < 100 || number > 599)) throw new RangeError('a status is 100 to 599, or 0');
  return number;
}

function dropReason(value: string | null | undefined): string {
  if (value === null || value === undefined || !REASON.test(value)) throw new RangeError('a reason is a word of lower-case letters and hyphens');
  return value;
}
