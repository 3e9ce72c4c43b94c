/**
 * Telemetry batches between bytes and types (proto/telemetry.proto). The data plane encodes a batch once, when it is
 * folded; the control plane decodes it when it stores it. Decoding refuses what is not well-formed.
 */
import { holdfast } from '../../proto/gen/telemetry.js';
import { HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type EntityId } from '../model/ids.ts';
import type { ConfigVersion } from '../model/version.ts';
import { LatencySketch } from '../telemetry/latency-sketch.ts';
import { boundVersionRows } from './telemetry-merge.ts';

/** Sketches of latencies in their encoded form (shared/telemetry/latency-sketch.ts), as they are stored; empty where nothing was measured. */
export interface Latencies {
  /** From the head of the request to the last byte of the response. */
  readonly request: Uint8Array;
  /** Of those for which an attempt was made: from the first wish for a connection to the head of the response or the last failure, with pauses between attempts. */
  readonly upstream: Uint8Array;
  /** What the gateway added until the head of the response was there. */
  readonly gateway: Uint8Array;
}

/** Requests of one (route, consumer, status) in a batch's interval. Ids are '' where there was none. */
export interface UsageRow {
  readonly routeId: string;
  readonly consumerId: string;
  /** 100…599; 0 where the client went away before a status; 1…5 for a class alone, from a data plane that told no more. */
  readonly status: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMicros: number;
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
  /** Undefined for rows beyond the bound of those that carry their own (`overflow` of the batch), and from an older data plane. */
  readonly latencies: Latencies | undefined;
}

/** Attempts at one target in a batch's interval. All texts '' for those beyond the bound. */
export interface TargetRow {
  readonly upstream: string;
  readonly target: string;
  readonly address: string;
  readonly attempts: number;
  readonly failed: number;
  readonly status5xx: number;
  readonly latency: Uint8Array;
}

/** Failed requests of one route under one version. `routeId` '' for those without one and those beyond the bound. */
export interface RouteVersionRow {
  readonly routeId: string;
  readonly version: ConfigVersion;
  readonly failed: number;
  readonly failedHere: number;
}

/** How a data plane itself is, at the end of an interval. */
export interface Vitals {
  readonly atMs: number;
  readonly spoolBytes: number;
  readonly spoolMaxBytes: number;
  readonly recordSpoolBytes: number;
  readonly recordSpoolMaxBytes: number;
  /** Since a control plane last vouched for the configuration; undefined while none ever did. */
  readonly headAgeMs: number | undefined;
  readonly stale: boolean;
  readonly certificateValidToMs: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** 99th percentile, of the worst proxy thread. */
  readonly loopDelayMicros: number;
  readonly openFiles: number;
  readonly cpuMs: number;
  readonly threads: number;
  readonly connections: number;
  readonly droppedRecords: number;
}

/** Requests of one configuration version in a batch's interval. NO_VERSION sums up those that had none, and those of versions beyond the bound. */
export interface VersionRow {
  readonly version: ConfigVersion;
  readonly requests: number;
  /** Answered 5xx, by whomever, or broken off by the gateway or the upstream. */
  readonly failed: number;
  /** Of those, the ones that the gateway answered itself. */
  readonly failedHere: number;
}

/** An earlier boot that ended without its last fold. */
export interface CrashGap {
  readonly bootId: string;
  readonly lastFoldMs: number;
  /** Upper bound of the interval whose counts are lost, milliseconds. */
  readonly atMostMs: number;
  readonly lastRatePerSecond: number;
}

export interface TelemetryBatch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly version: ConfigVersion;
  readonly usage: readonly UsageRow[];
  /** As many requests as `usage` has, each once; at most MAXIMUM_VERSION_ROWS. Empty from a data plane that did not count them yet. */
  readonly versions: readonly VersionRow[];
  readonly drops: readonly { readonly reason: string; readonly count: number }[];
  readonly crashGaps: readonly CrashGap[];
  readonly targets: readonly TargetRow[];
  readonly routeVersions: readonly RouteVersionRow[];
  readonly overflow: Latencies | undefined;
  readonly vitals: Vitals | undefined;
}

/** How finely counts are kept in time at the control plane: batches of one such interval lose nothing when they are merged. */
export const USAGE_RESOLUTION_MS = 10_000;

/** Rows of one batch at most. */
export const MAXIMUM_BATCH_ROWS = 2_000;
/** Bytes of one batch at most, give or take one row: well below what one frame of the session carries (MAXIMUM_FRAME_BYTES). */
export const MAXIMUM_BATCH_BYTES = 160 * 1024;

/** Of a target, an upstream, an address. */
export const MAXIMUM_NAME_LENGTH = 255;

const { Batch } = holdfast.telemetry.v1;
const NO_BYTES = new Uint8Array(0);
/** The end of what a Date can hold (ECMAScript, Time Values). */
const LAST_INSTANT_MS = 8.64e15;

export function encodeTelemetryBatch(batch: TelemetryBatch): Uint8Array {
  return Batch.encode({
    fromMs: batch.fromMs,
    toMs: batch.toMs,
    epoch: batch.version.epoch,
    sequence: batch.version.sequence,
    usage: batch.usage.map((row) => ({
      routeId: bytesOrEmpty(row.routeId),
      consumerId: bytesOrEmpty(row.consumerId),
      statusClass: statusClassOf(row.status),
      status: row.status < 100 ? 0 : row.status,
      requests: row.requests,
      bytesIn: row.bytesIn,
      bytesOut: row.bytesOut,
      durationUs: row.durationMicros,
      upstreamUs: row.upstreamMicros,
      gatewayUs: row.gatewayMicros,
      ...(row.latencies === undefined ? {} : { latencies: row.latencies }),
    })),
    versions: batch.versions.map(({ version, requests, failed, failedHere }) => ({ ...version, requests, failed, failedHere })),
    drops: batch.drops.map((drop) => ({ reason: drop.reason, count: drop.count })),
    crashGaps: batch.crashGaps.map((gap) => ({
      bootId: idToBytes(gap.bootId as EntityId),
      lastFoldMs: gap.lastFoldMs,
      atMostMs: gap.atMostMs,
      lastRatePerSecond: gap.lastRatePerSecond,
    })),
    targets: batch.targets.map(({ status5xx, ...row }) => ({ ...row, status_5xx: status5xx })),
    routeVersions: batch.routeVersions.map(({ routeId, version, failed, failedHere }) => ({ routeId: bytesOrEmpty(routeId), ...version, failed, failedHere })),
    ...(batch.overflow === undefined ? {} : { overflow: batch.overflow }),
    ...(batch.vitals === undefined ? {} : { vitals: { ...batch.vitals, loopDelayUs: batch.vitals.loopDelayMicros, headAgeMs: batch.vitals.headAgeMs ?? null } }),
  }).finish();
}

/** Throws TELEMETRY_MALFORMED where the bytes are no batch or a number is out of range. */
export function decodeTelemetryBatch(bytes: Uint8Array): TelemetryBatch {
  try {
    const message = Batch.decode(bytes);
    return {
      fromMs: instant(message.fromMs),
      toMs: instant(message.toMs),
      version: { epoch: whole(message.epoch), sequence: whole(message.sequence) },
      usage: message.usage.map((row) => ({
        routeId: idOrEmpty(row.routeId),
        consumerId: idOrEmpty(row.consumerId),
        status: status(row.status, row.statusClass),
        requests: whole(row.requests),
        bytesIn: whole(row.bytesIn),
        bytesOut: whole(row.bytesOut),
        durationMicros: whole(row.durationUs),
        upstreamMicros: whole(row.upstreamUs),
        gatewayMicros: whole(row.gatewayUs),
        latencies: decodeLatencies(row.latencies),
      })),
      versions: boundVersionRows(message.versions.map((row) => ({
        version: { epoch: whole(row.epoch), sequence: whole(row.sequence) },
        requests: whole(row.requests),
        failed: whole(row.failed),
        failedHere: whole(row.failedHere),
      }))),
      drops: message.drops.map((drop) => ({ reason: dropReason(drop.reason), count: whole(drop.count) })),
      crashGaps: message.crashGaps.map((gap) => ({
        bootId: idOrEmpty(gap.bootId),
        lastFoldMs: instant(gap.lastFoldMs),
        atMostMs: whole(gap.atMostMs),
        lastRatePerSecond: Number.isFinite(gap.lastRatePerSecond) ? (gap.lastRatePerSecond ?? 0) : 0,
      })),
      targets: message.targets.map((row) => ({
        upstream: shortText(row.upstream),
        target: shortText(row.target),
        address: shortText(row.address),
        attempts: whole(row.attempts),
        failed: whole(row.failed),
        status5xx: whole(row.status_5xx),
        latency: sketchBytes(row.latency),
      })),
      routeVersions: message.routeVersions.map((row) => ({
        routeId: idOrEmpty(row.routeId),
        version: { epoch: whole(row.epoch), sequence: whole(row.sequence) },
        failed: whole(row.failed),
        failedHere: whole(row.failedHere),
      })),
      overflow: decodeLatencies(message.overflow),
      vitals: decodeVitals(message.vitals),
    };
  } catch (cause) {
    throw new HoldfastError({ code: 'TELEMETRY_MALFORMED', source: 'gateway', publicMessage: 'the telemetry batch cannot be decoded', cause });
  }
}

/** 1…5; 0 where no status was sent. */
export function statusClassOf(status: number): number {
  return status < 100 ? status : Math.floor(status / 100);
}

function bytesOrEmpty(id: string): Uint8Array {
  return id === '' ? new Uint8Array(0) : idToBytes(id as EntityId);
}

function idOrEmpty(bytes: Uint8Array | null | undefined): string {
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

function status(value: number | null | undefined, classOnly: number | null | undefined): number {
  const number = whole(value);
  if (number !== 0 && (number < 100 || number > 599)) throw new RangeError('a status is 100 to 599');
  const statusClass = whole(classOnly);
  if (statusClass > 5) throw new RangeError('a status class is 0 to 5');
  return number === 0 ? statusClass : number;
}

function decodeLatencies(message: holdfast.telemetry.v1.ILatencies | null | undefined): Latencies | undefined {
  if (message === null || message === undefined) return undefined;
  return { request: sketchBytes(message.request), upstream: sketchBytes(message.upstream), gateway: sketchBytes(message.gateway) };
}

/** Throws on what is no sketch: what is stored can be merged. */
function sketchBytes(bytes: Uint8Array | null | undefined): Uint8Array {
  if (bytes === null || bytes === undefined || bytes.length === 0) return NO_BYTES;
  LatencySketch.decode(bytes);
  return bytes;
}

function decodeVitals(message: holdfast.telemetry.v1.IVitals | null | undefined): Vitals | undefined {
  if (message === null || message === undefined) return undefined;
  return {
    atMs: instant(message.atMs),
    spoolBytes: whole(message.spoolBytes),
    spoolMaxBytes: whole(message.spoolMaxBytes),
    recordSpoolBytes: whole(message.recordSpoolBytes),
    recordSpoolMaxBytes: whole(message.recordSpoolMaxBytes),
    headAgeMs: message.headAgeMs === null || message.headAgeMs === undefined ? undefined : whole(message.headAgeMs),
    stale: message.stale === true,
    certificateValidToMs: instant(message.certificateValidToMs),
    residentBytes: whole(message.residentBytes),
    heapBytes: whole(message.heapBytes),
    loopDelayMicros: whole(message.loopDelayUs),
    openFiles: whole(message.openFiles),
    cpuMs: whole(message.cpuMs),
    threads: whole(message.threads),
    connections: whole(message.connections),
    droppedRecords: whole(message.droppedRecords),
  };
}

/** Names and addresses; longer ones were cut where they were counted. */
function shortText(value: string | null | undefined): string {
  const text = value ?? '';
  if (text.length > MAXIMUM_NAME_LENGTH || /\p{Cc}/u.test(text)) throw new RangeError(`a name has at most ${MAXIMUM_NAME_LENGTH} characters, and no control characters`);
  return text;
}

/** A word, because it becomes a key of the store and a label. */
function dropReason(value: string | null | undefined): string {
  if (value === null || value === undefined || !/^[a-z][a-z-]{0,63}$/.test(value)) throw new RangeError('a reason is a word of lower-case letters and hyphens');
  return value;
}
