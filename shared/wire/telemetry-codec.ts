/**
 * Telemetry batches between bytes and types (proto/telemetry.proto). The data plane encodes a batch once, when it is
 * folded; the control plane decodes it when it stores it. Decoding refuses what is not well-formed.
 */
import { holdfast } from '../../proto/gen/telemetry.js';
import { HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type EntityId } from '../model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../model/version.ts';

/** Requests of one (route, consumer, status class) in a batch's interval. Ids are '' where there was none. */
export interface UsageRow {
  readonly routeId: string;
  readonly consumerId: string;
  readonly statusClass: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMicros: number;
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
}

/** How finely counts are kept in time at the control plane: batches of one such interval lose nothing when they are merged. */
export const USAGE_RESOLUTION_MS = 60_000;

/** Rows of one batch at most: with the largest numbers they stay well below what one frame of the session carries. */
export const MAXIMUM_BATCH_ROWS = 2_000;

/** Versions of one batch at most, NO_VERSION among them: what matters is the last two. */
export const MAXIMUM_VERSION_ROWS = 16;

const { Batch } = holdfast.telemetry.v1;
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
      statusClass: row.statusClass,
      requests: row.requests,
      bytesIn: row.bytesIn,
      bytesOut: row.bytesOut,
      durationUs: row.durationMicros,
    })),
    versions: batch.versions.map(({ version, requests, failed, failedHere }) => ({ ...version, requests, failed, failedHere })),
    drops: batch.drops.map((drop) => ({ reason: drop.reason, count: drop.count })),
    crashGaps: batch.crashGaps.map((gap) => ({
      bootId: idToBytes(gap.bootId as EntityId),
      lastFoldMs: gap.lastFoldMs,
      atMostMs: gap.atMostMs,
      lastRatePerSecond: gap.lastRatePerSecond,
    })),
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
        statusClass: statusClass(row.statusClass),
        requests: whole(row.requests),
        bytesIn: whole(row.bytesIn),
        bytesOut: whole(row.bytesOut),
        durationMicros: whole(row.durationUs),
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
    };
  } catch (cause) {
    throw new HoldfastError({ code: 'TELEMETRY_MALFORMED', source: 'gateway', publicMessage: 'the telemetry batch cannot be decoded', cause });
  }
}

/**
 * One batch over the whole span of several: rows of the same key are added up, so totals stay exact while detail in
 * time is given up. The version is the last one's.
 */
export function mergeTelemetryBatches(batches: readonly TelemetryBatch[]): TelemetryBatch {
  const usage = new Map<string, UsageRow>();
  const drops = new Map<string, number>();
  let fromMs = Infinity;
  let toMs = 0;
  let version: ConfigVersion = { epoch: 0, sequence: 0 };
  for (const batch of batches) {
    fromMs = Math.min(fromMs, batch.fromMs);
    toMs = Math.max(toMs, batch.toMs);
    version = batch.version;
    for (const row of batch.usage) {
      const key = keyOfUsageRow(row);
      const sum = usage.get(key);
      usage.set(key, sum === undefined ? row : {
        ...row,
        requests: sum.requests + row.requests,
        bytesIn: sum.bytesIn + row.bytesIn,
        bytesOut: sum.bytesOut + row.bytesOut,
        durationMicros: sum.durationMicros + row.durationMicros,
      });
    }
    for (const drop of batch.drops) drops.set(drop.reason, (drops.get(drop.reason) ?? 0) + drop.count);
  }
  return {
    fromMs: Number.isFinite(fromMs) ? fromMs : 0,
    toMs,
    version,
    usage: [...usage.values()],
    versions: boundVersionRows(batches.flatMap((batch) => batch.versions)),
    drops: [...drops].map(([reason, count]) => ({ reason, count })),
    crashGaps: batches.flatMap((batch) => batch.crashGaps),
  };
}

/**
 * One row for each version, newest first, MAXIMUM_VERSION_ROWS at most: the oldest beyond it go into that of NO_VERSION, which
 * comes last, so that the sum over all stays exact.
 */
export function boundVersionRows(rows: readonly VersionRow[]): readonly VersionRow[] {
  const sums = new Map<string, VersionRow>();
  for (const row of rows) addVersionRow(sums, row);
  const newestFirst = [...sums.values()].toSorted((a, b) => compareVersions(b.version, a.version));
  if (newestFirst.length <= MAXIMUM_VERSION_ROWS) return newestFirst;
  const older = newestFirst.slice(MAXIMUM_VERSION_ROWS - 1).reduce(addRows);
  return [...newestFirst.slice(0, MAXIMUM_VERSION_ROWS - 1), { ...older, version: NO_VERSION }];
}

/** Adds a row to the one of its version. */
export function addVersionRow(sums: Map<string, VersionRow>, row: VersionRow): void {
  const name = formatVersion(row.version);
  const sum = sums.get(name);
  sums.set(name, sum === undefined ? row : addRows(sum, row));
}

function addRows(a: VersionRow, b: VersionRow): VersionRow {
  return { version: a.version, requests: a.requests + b.requests, failed: a.failed + b.failed, failedHere: a.failedHere + b.failedHere };
}

/** What a row counts for: rows of one key are added up. */
export function keyOfUsageRow({ routeId, consumerId, statusClass }: Pick<UsageRow, 'routeId' | 'consumerId' | 'statusClass'>): string {
  return `${routeId}/${consumerId}/${statusClass}`;
}

/** All requests of a batch: what T3 adds up. */
export function requestsIn(batch: TelemetryBatch): number {
  return batch.usage.reduce((sum, row) => sum + row.requests, 0);
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

function statusClass(value: number | null | undefined): number {
  const number = whole(value);
  if (number > 5) throw new RangeError('a status class is 0 to 5');
  return number;
}

/** A word, because it becomes a key of the store and a label. */
function dropReason(value: string | null | undefined): string {
  if (value === null || value === undefined || !/^[a-z][a-z-]{0,63}$/.test(value)) throw new RangeError('a reason is a word of lower-case letters and hyphens');
  return value;
}
