/**
 * What the event stream tells, made by comparing two moments of a gateway: pure, so that every case is under test. Called by
 * gateway-watch.ts.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { GONE_AFTER_MS } from '../store/convergence-store.ts';
import type { QuarantinedEntity } from '../store/data-plane.ts';
import { QUARANTINED_SEEN, type FleetState, type SeenDataPlane, type SeenRelease } from '../store/fleet-state-store.ts';

export const EVENT_TYPES = [
  'release', 'convergence', 'data-plane-connected', 'data-plane-gone', 'data-plane-revoked', 'rejected', 'fell-back', 'quarantine-set', 'quarantine-cleared',
  'alarm-raised', 'alarm-cleared', 'frozen', 'unfrozen', 'reset',
] as const;

export interface FleetEvent {
  readonly type: (typeof EVENT_TYPES)[number];
  readonly data: JsonObject;
}

/** A gateway as the stream last told of it. */
export interface Told {
  /** As they were read; `connected` is who had a session and was seen lately. */
  readonly dataPlanes: ReadonlyMap<DataPlaneId, SeenDataPlane>;
  readonly newest: SeenRelease | undefined;
  readonly alarms: FleetState['alarms'];
  readonly frozen: FleetState['frozen'];
}

/** Single events of one look; where there are more, they are not told one by one. */
const EVENTS_AT_ONCE = 500;

/** The next thing to compare with. */
export function toldOf(before: Told | undefined, state: FleetState, nowMs: number): Told {
  const dataPlanes = new Map(before?.dataPlanes);
  for (const dataPlane of state.dataPlanes) dataPlanes.set(dataPlane.id, dataPlane);
  // A control plane that was killed could not say who is gone.
  for (const [id, dataPlane] of dataPlanes) if (dataPlane.connected && nowMs - dataPlane.lastSeenMs >= GONE_AFTER_MS) dataPlanes.set(id, { ...dataPlane, connected: false });
  return { dataPlanes, newest: state.releases[0] ?? before?.newest, alarms: state.alarms, frozen: state.frozen };
}

/** In the order in which a reader makes sense of them; progress, where it moved, last. */
export function eventsBetween(before: Told, after: Told, releases: readonly SeenRelease[]): readonly FleetEvent[] {
  const single = [
    ...releases.toReversed().map(releaseEvent),
    ...freezeEvents(before.frozen, after.frozen),
    ...[...after.dataPlanes.values()].flatMap((dataPlane) => dataPlaneEvents(before.dataPlanes.get(dataPlane.id), dataPlane)),
    ...alarmEvents(before.alarms, after.alarms),
  ];
  const untold = [...after.dataPlanes.values()].some((dataPlane) => isUntold(before.dataPlanes.get(dataPlane.id), dataPlane)) ? [resetEvent('more was quarantined, or is usable again, than is told one by one')] : [];
  const progress = [progressOf(before), progressOf(after)] as const;
  const moved = JSON.stringify(progress[0]) === JSON.stringify(progress[1]) ? [] : [progress[1]];
  return [...(single.length > EVENTS_AT_ONCE ? [resetEvent('more happened at once than is told one by one')] : [...single, ...untold]), ...moved];
}

/** Whoever gets it has missed something: lists and the convergence endpoint have the truth. */
export function resetEvent(reason: string): FleetEvent {
  return { type: 'reset', data: { reason } };
}

/** How far the newest release has got, over all data planes that are not revoked; as the convergence endpoint counts. */
export function progressOf({ dataPlanes, newest }: Told): FleetEvent {
  const counts = { selected: 0, applied: 0, pending: 0, rejected: 0, fell_back: 0, disconnected: 0, quarantining: 0 };
  for (const dataPlane of dataPlanes.values()) {
    if (dataPlane.revoked) continue;
    const standing = standingOf(dataPlane, newest?.version ?? NO_VERSION);
    counts.selected += 1;
    counts[standing] += 1;
    if (standing === 'applied' && dataPlane.quarantinedCount > 0) counts.quarantining += 1;
  }
  return { type: 'convergence', data: { version: newest === undefined ? null : formatVersion(newest.version), ...counts } };
}

function standingOf({ connected, applied, rejection }: SeenDataPlane, version: ConfigVersion): 'applied' | 'pending' | 'rejected' | 'fell_back' | 'disconnected' {
  if (!connected) return 'disconnected';
  // A newer one than was published here is of another history.
  if (compareVersions(applied, version) === 0) return 'applied';
  if (rejection === undefined || compareVersions(rejection, version) < 0) return 'pending';
  return rejection.code === 'SYNC_FELL_BACK' ? 'fell_back' : 'rejected';
}

function releaseEvent({ version, base, author, createdAt, entityCount }: SeenRelease): FleetEvent {
  return { type: 'release', data: { version: formatVersion(version), base_version: base === undefined ? null : formatVersion(base), author, created_at: createdAt.toISOString(), entity_count: entityCount } };
}

function freezeEvents(before: Told['frozen'], after: Told['frozen']): readonly FleetEvent[] {
  if (before === undefined) return after === undefined ? [] : [{ type: 'frozen', data: { ...after } }];
  return after === undefined ? [{ type: 'unfrozen', data: {} }] : [];
}

function dataPlaneEvents(before: SeenDataPlane | undefined, after: SeenDataPlane): readonly FleetEvent[] {
  if (before === after) return [];
  const who = { data_plane: { id: after.id, hostname: after.hostname } };
  const events: FleetEvent[] = [];
  if (after.connected !== (before?.connected ?? false)) events.push({ type: after.connected ? 'data-plane-connected' : 'data-plane-gone', data: { ...who, applied_version: formatVersion(after.applied) } });
  if (after.revoked && before?.revoked !== true) events.push({ type: 'data-plane-revoked', data: who });
  const { rejection } = after;
  if (rejection !== undefined && (before?.rejection?.code !== rejection.code || compareVersions(before.rejection, rejection) !== 0)) {
    events.push({ type: rejection.code === 'SYNC_FELL_BACK' ? 'fell-back' : 'rejected', data: { ...who, version: formatVersion(rejection), code: rejection.code, reasons: rejection.reasons } });
  }
  if (isUntold(before, after)) return events;
  const changed = (type: 'quarantine-set' | 'quarantine-cleared') => ({ kind, id, code, reason }: QuarantinedEntity): FleetEvent => ({ type, data: { ...who, entity: { kind, id }, code, reason } });
  events.push(...missingFrom(before?.quarantined ?? [], after.quarantined).map(changed('quarantine-set')), ...missingFrom(after.quarantined, before?.quarantined ?? []).map(changed('quarantine-cleared')));
  return events;
}

/** It quarantined so much, or no longer does, that the entities were not read. */
function isUntold(before: SeenDataPlane | undefined, after: SeenDataPlane): boolean {
  const [then, now] = [before?.quarantinedCount ?? 0, after.quarantinedCount];
  return then !== now && Math.max(then, now) > QUARANTINED_SEEN;
}

/** Those of `entities` that are not among `others`, or are there for something else. */
function missingFrom(others: readonly QuarantinedEntity[], entities: readonly QuarantinedEntity[]): readonly QuarantinedEntity[] {
  if (entities.length === 0) return [];
  const keyOf = ({ kind, id, code }: QuarantinedEntity): string => `${kind}/${id}/${code}`;
  const known = new Set(others.map(keyOf));
  return entities.filter((entity) => !known.has(keyOf(entity)));
}

function alarmEvents(before: Told['alarms'], after: Told['alarms']): readonly FleetEvent[] {
  const event = (type: 'alarm-raised' | 'alarm-cleared') => ({ id, code, dataPlaneId, detail }: Told['alarms'][number]): FleetEvent => ({ type, data: { id, code, data_plane_id: dataPlaneId ?? null, detail } });
  const ids = (alarms: Told['alarms']): ReadonlySet<string> => new Set(alarms.map(({ id }) => id));
  const [known, open] = [ids(before), ids(after)];
  return [...after.filter(({ id }) => !known.has(id)).map(event('alarm-raised')), ...before.filter(({ id }) => !open.has(id)).map(event('alarm-cleared'))];
}
