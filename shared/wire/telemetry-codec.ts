/**
 * Telemetry batches between bytes and types (proto/telemetry.proto). The data plane encodes a batch once, when it is
 * folded; the control plane decodes it when it stores it. Decoding refuses what is not well-formed.
 */
import { holdfast } from '../../proto/gen/telemetry.js';
import { defined } from '../assert.ts';
import { HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type EntityId } from '../model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../model/version.ts';
import { LatencySketch } from '../telemetry/latency-sketch.ts';

/** Sketches of latencies in their encoded form (shared/telemetry/latency-sketch.ts), as they are stored; empty where nothing was measured. */
export interface Latencies {
  /** From the head of the request to the last byte of the response. */
  readonly request: Uint8Array;
  /** Of those that went upstream: from sending to the head of the response. */
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
export const USAGE_RESOLUTION_MS = 60_000;

/** Rows of one batch at most: with the largest numbers they stay well below what one frame of the session carries. */
export const MAXIMUM_BATCH_ROWS = 2_000;

/** Targets of one batch at most, the one for those beyond it among them. */
export const MAXIMUM_TARGET_ROWS = 500;
/** Routes with failures by version, of one batch at most. */
export const MAXIMUM_ROUTE_VERSION_ROWS = 500;
/** Of a target, an upstream, an address. */
export const MAXIMUM_NAME_LENGTH = 255;

/** Versions of one batch at most, NO_VERSION among them: what matters is the last two. */
export const MAXIMUM_VERSION_ROWS = 16;

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
        upstreamMicros: sum.upstreamMicros + row.upstreamMicros,
        gatewayMicros: sum.gatewayMicros + row.gatewayMicros,
        latencies: mergeLatencies([sum.latencies, row.latencies]),
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
    targets: mergeTargets(batches.flatMap((batch) => batch.targets)),
    routeVersions: mergeRouteVersions(batches.flatMap((batch) => batch.routeVersions)),
    overflow: mergeLatencies(batches.map((batch) => batch.overflow)),
    vitals: batches.findLast((batch) => batch.vitals !== undefined)?.vitals,
  };
}

/** Undefined where none has any. */
export function mergeLatencies(all: readonly (Latencies | undefined)[]): Latencies | undefined {
  const some = all.filter((one) => one !== undefined);
  if (some.length < 2) return some[0];
  return { request: mergeSketches(some.map((one) => one.request)), upstream: mergeSketches(some.map((one) => one.upstream)), gateway: mergeSketches(some.map((one) => one.gateway)) };
}

/** Of encoded sketches, empty ones among them, one that has all their values. */
export function mergeSketches(all: readonly Uint8Array[]): Uint8Array {
  const some = all.filter((bytes) => bytes.length > 0);
  const [only] = some;
  if (some.length < 2) return only ?? NO_BYTES;
  const sketch = new LatencySketch();
  for (const bytes of some) sketch.mergeEncoded(bytes);
  return sketch.encode();
}

function mergeTargets(rows: readonly TargetRow[]): readonly TargetRow[] {
  const groups = Map.groupBy(rows, keyOfTargetRow);
  const merged = [...groups.values()].map((group): TargetRow => ({ ...defined(group[0], 'a group has a row'), attempts: sum(group, 'attempts'), failed: sum(group, 'failed'), status5xx: sum(group, 'status5xx'), latency: mergeSketches(group.map((row) => row.latency)) }));
  if (merged.length <= MAXIMUM_TARGET_ROWS) return merged;
  const kept = merged.filter((row) => row.upstream !== '');
  return [...kept.slice(0, MAXIMUM_TARGET_ROWS - 1), ...mergeTargets([...kept.slice(MAXIMUM_TARGET_ROWS - 1), ...merged.filter((row) => row.upstream === '')].map((row) => ({ ...row, upstream: '', target: '', address: '' })))];
}

function mergeRouteVersions(rows: readonly RouteVersionRow[]): readonly RouteVersionRow[] {
  const newest = [...new Set(rows.map((row) => formatVersion(row.version)))].length <= 2 ? rows : ofNewestTwo(rows);
  const groups = Map.groupBy(newest, (row) => `${row.routeId}/${formatVersion(row.version)}`);
  const merged = [...groups.values()].map((group): RouteVersionRow => ({ ...defined(group[0], 'a group has a row'), failed: sum(group, 'failed'), failedHere: sum(group, 'failedHere') }));
  if (merged.length <= MAXIMUM_ROUTE_VERSION_ROWS) return merged;
  const most = merged.toSorted((a, b) => b.failed - a.failed);
  return [...most.slice(0, MAXIMUM_ROUTE_VERSION_ROWS - 2), ...mergeRouteVersions(most.slice(MAXIMUM_ROUTE_VERSION_ROWS - 2).map((row) => ({ ...row, routeId: '' })))];
}

/** It is a table for comparing what serves with what served before. */
function ofNewestTwo(rows: readonly RouteVersionRow[]): readonly RouteVersionRow[] {
  const [first, second] = rows.map((row) => row.version).toSorted((a, b) => compareVersions(b, a)).filter((version, index, all) => index === 0 || compareVersions(version, defined(all[index - 1], 'one before')) !== 0);
  return rows.filter(({ version }) => [first, second].some((one) => one !== undefined && compareVersions(one, version) === 0));
}

function sum<Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return rows.reduce((total, row) => total + row[name], 0);
}

export function keyOfTargetRow({ upstream, target, address }: Pick<TargetRow, 'upstream' | 'target' | 'address'>): string {
  return `${upstream}\0${target}\0${address}`;
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
export function keyOfUsageRow({ routeId, consumerId, status }: Pick<UsageRow, 'routeId' | 'consumerId' | 'status'>): string {
  return `${routeId}/${consumerId}/${status}`;
}

/** 1…5; 0 where no status was sent. */
export function statusClassOf(status: number): number {
  return status < 100 ? status : Math.floor(status / 100);
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
  if (text.length > MAXIMUM_NAME_LENGTH || /[\0-\x1f\x7f]/.test(text)) throw new RangeError(`a name has at most ${MAXIMUM_NAME_LENGTH} characters, and no control characters`);
  return text;
}

/** A word, because it becomes a key of the store and a label. */
function dropReason(value: string | null | undefined): string {
  if (value === null || value === undefined || !/^[a-z][a-z-]{0,63}$/.test(value)) throw new RangeError('a reason is a word of lower-case letters and hyphens');
  return value;
}
