/**
 * From a request to the configuration that it ran on: which release brought that version, who wrote it, what it changed and what of that
 * concerns the request; when each thing that served it was changed last; how many requests of the route failed under this version and
 * others; what is quarantined, and which alarms were raised around it. Called by request-routes.ts.
 */
import { HoldfastError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { parseId, type DataPlaneId, type EntityId } from '../../../shared/model/ids.ts';
import { definitionOf } from '../../../shared/model/registry.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../../shared/model/version.ts';
import type { EntityAccess } from '../../access/policy.ts';
import type { Alarm } from '../../store/alarm-store.ts';
import type { AnalyticsStore, RouteVersionErrors } from '../../store/analytics-store.ts';
import type { EntityReader, StoredEntity } from '../../store/entity-reader.ts';
import type { LastChange } from '../../store/last-changes.ts';
import type { QuarantineEntry } from '../../store/quarantine-store.ts';
import type { StoredRecord } from '../../store/record-store.ts';
import type { ReleaseSummary } from '../../store/release-store.ts';
import type { Store } from '../../store/store.ts';
import type { GatewayRequest } from '../route.ts';
import { describeDifference, type EntityDifference } from './release-diff.ts';

export type BlameSources = Pick<Store, 'read' | 'releases' | 'quarantine' | 'alarms'> & { readonly analytics: AnalyticsStore };

/** Something that served the request, as it is now. */
export interface Concerned {
  readonly kind: string;
  readonly id: EntityId;
  readonly name: string | undefined;
}

export interface Blame {
  readonly found: StoredRecord;
  readonly release: ReleaseSummary | undefined;
  /** What is not told, and why. */
  readonly notes: readonly string[];
  readonly differences: readonly (EntityDifference & { readonly concerns: boolean })[];
  readonly truncated: boolean;
  readonly lastChanges: readonly (LastChange & Pick<Concerned, 'name'>)[];
  /** Of the route, in the days around the request. */
  readonly errors: readonly RouteVersionErrors[];
  readonly quarantined: readonly QuarantineEntry[];
  readonly alarms: readonly Alarm[];
}

const MOST_DIFFERENCES = 200;
/** Plugins, targets: of each, so many are looked at. */
const MOST_RELATED = 100;
/** Of a plugin; without any of them it is one of all requests. */
const BINDINGS = ['route', 'service', 'consumer', 'consumer_group'] as const;
const AROUND_MS = 86_400_000;
/** Alarms raised, or last seen, so near to it. */
const ALARMS_AROUND_MS = 3_600_000;
const MOST_ALARMS = 1_000;
const MOST_QUARANTINED = 200;
const MOST_ERROR_ROWS = 10;

export async function blameFor(store: BlameSources, { gateway, caller }: Pick<GatewayRequest, 'gateway' | 'caller'>, found: StoredRecord): Promise<Blame> {
  const { record } = found;
  const may = (on: 'releases' | 'quarantine' | 'alarms' | 'usage'): boolean => caller.policy.allows({ on, verb: 'read' }, gateway.name);
  const notes: string[] = (['releases', 'quarantine', 'alarms', 'usage'] as const).filter((on) => !may(on)).map((on) => `your role does not include reading ${on}, which is left out`);
  const hasVersion = compareVersions(record.version, NO_VERSION) > 0;
  if (!hasVersion) notes.push('the request was answered before the data plane had a configuration');
  const concerned = await store.read(gateway, (reader) => readConcerned(reader, gateway.access, found));
  const ids = new Set<string>(concerned.map(({ id }) => id));
  const [history, errors, quarantined, alarms] = await Promise.all([
    hasVersion && may('releases') ? readHistory(store, gateway, record.version, concerned, notes) : { release: undefined, differences: [], truncated: false, lastChanges: [] },
    may('usage') ? store.analytics.routeVersionErrors(gateway, { from: around(found, -AROUND_MS), to: around(found, AROUND_MS), routes: [record.routeId === '' ? null : record.routeId], limit: MOST_ERROR_ROWS }) : [],
    may('quarantine') ? store.quarantine.list(gateway, { limit: MOST_QUARANTINED }) : [],
    may('alarms') ? store.alarms.list(gateway, { cleared: true, limit: MOST_ALARMS }) : [],
  ]);
  return {
    found, notes, ...history, errors,
    differences: history.differences.map((difference) => ({ ...difference, concerns: concerns(difference, ids) })),
    quarantined: quarantined.filter(({ id, dependants }) => ids.has(id) || dependants.named.some((one) => ids.has(one.id))),
    alarms: alarms.filter((alarm) => isAround(alarm, found)),
  };
}

interface History {
  readonly release: ReleaseSummary | undefined;
  readonly differences: readonly EntityDifference[];
  readonly truncated: boolean;
  readonly lastChanges: Blame['lastChanges'];
}

/** What of it is not kept any more is noted. */
async function readHistory({ releases }: BlameSources, gateway: GatewayRequest['gateway'], version: ConfigVersion, concerned: readonly Concerned[], notes: string[]): Promise<History> {
  const names = new Map(concerned.map(({ id, name }) => [id, name]));
  const lastChanges = (await releases.lastChanges(gateway, concerned.map(({ id }) => id), version)).map((change) => ({ ...change, name: names.get(change.id) }));
  const removed = `what release ${formatVersion(version)} changed is no longer kept`;
  const release = await keptOrNote(releases.find(gateway, version), notes, removed);
  if (release === undefined && !notes.includes(removed)) {
    const newest = (await releases.newest(gateway))?.version ?? NO_VERSION;
    notes.push(compareVersions(version, newest) < 0 ? removed : `there is no release ${formatVersion(version)} at this control plane`);
  }
  const found = release === undefined ? [] : ((await keptOrNote(releases.differences(gateway, release.base ?? NO_VERSION, version, { limit: MOST_DIFFERENCES + 1 }), notes, removed)) ?? []);
  const differences = found.slice(0, MOST_DIFFERENCES).flatMap((difference) => describeDifference(difference, gateway.access) ?? []);
  return { release, differences, truncated: found.length > MOST_DIFFERENCES, lastChanges };
}

/** Undefined, and a note, where that part of the history was removed. */
async function keptOrNote<T>(reading: Promise<T>, notes: string[], note: string): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError) || thrown.code !== 'STORE_HISTORY_REMOVED') throw thrown;
    notes.push(note);
    return undefined;
  }
}

/** Route, service, upstream with its targets, consumer, and the plugins that are bound to them or to all. */
async function readConcerned(reader: EntityReader, access: EntityAccess, { record }: StoredRecord): Promise<readonly Concerned[]> {
  const get = async (kind: 'routes' | 'services' | 'consumers', id: string): Promise<StoredEntity | undefined> => {
    const parsed = parseId<EntityId>(id);
    return parsed === undefined ? undefined : reader.get(kind, parsed);
  };
  const [route, service, consumer] = await Promise.all([get('routes', record.routeId), get('services', record.serviceId), get('consumers', record.consumerId)]);
  const host = service?.published['host'];
  const upstream = typeof host === 'string' ? await reader.getByEndpointKey(definitionOf('upstreams'), host) : undefined;
  const bindings = [['route', route], ['service', service], ['consumer', consumer]] as const;
  const [targets, ...plugins] = await Promise.all([
    upstream === undefined ? [] : reader.list('targets', { reference: { field: 'upstream', id: upstream.id }, size: MOST_RELATED }).then(({ entities }) => entities),
    ...bindings.flatMap(([field, entity]) => (entity === undefined ? [] : [reader.list('plugins', { reference: { field, id: entity.id }, size: MOST_RELATED }).then(({ entities }) => entities.filter((plugin) => mayServe(plugin, bindings)))])),
    reader.list('plugins', { size: MOST_RELATED * 10 }).then(({ entities }) => entities.filter((plugin) => BINDINGS.every((field) => referenceIn(plugin.published, field) === undefined)).slice(0, MOST_RELATED)),
  ]);
  const alive = [route, service, consumer, upstream, ...targets, ...new Map(plugins.flat().map((plugin) => [plugin.id, plugin])).values()].flatMap((entity) => (entity === undefined ? [] : [{ kind: entity.kind, id: entity.id, name: nameOf(entity) }]));
  // What is gone since was changed last when it was deleted, or before. Whoever may not see all of a kind is not told of what he does not see.
  const gone = ([['routes', record.routeId], ['services', record.serviceId], ['consumers', record.consumerId]] as const).flatMap(([kind, text]) => {
    const id = parseId<EntityId>(text);
    return id === undefined || !access.mayAll(kind, 'read') || alive.some((one) => one.id === id) ? [] : [{ kind, id, name: undefined }];
  });
  return [...alive, ...gone];
}

/** Bound to nothing else of these kinds. */
function mayServe({ published }: StoredEntity, bindings: readonly (readonly [field: string, entity: StoredEntity | undefined])[]): boolean {
  return bindings.every(([field, entity]) => {
    const id = referenceIn(published, field);
    return id === undefined || id === entity?.id;
  });
}

/** Something that served the request, or is bound to it, before or after the change. */
function concerns({ id, kind, before, after }: EntityDifference, ids: ReadonlySet<string>): boolean {
  if (ids.has(id)) return true;
  const sides = [before, after].filter((side) => side !== null);
  const bound = sides.flatMap((side) => ['route', 'service', 'consumer', 'upstream'].flatMap((field) => referenceIn(side, field) ?? []));
  // A plugin of nothing in particular, perhaps deleted, was one of all requests.
  if (kind === 'plugins' && sides.some((side) => BINDINGS.every((field) => referenceIn(side, field) === undefined))) return true;
  return bound.some((one) => ids.has(one));
}

function referenceIn(entity: JsonObject, field: string): string | undefined {
  const value = entity[field];
  return isJsonObject(value) && typeof value['id'] === 'string' ? value['id'] : undefined;
}

function nameOf({ kind, published }: StoredEntity): string | undefined {
  const name = published[definitionOf(kind).endpointKey ?? 'name'] ?? published['name'];
  return typeof name === 'string' ? name : undefined;
}

function around({ record }: StoredRecord, ms: number): Date {
  return new Date(record.startedMicros / 1000 + ms);
}

/** Of the data plane that served it, or of the gateway. */
function isAround(alarm: Alarm, found: StoredRecord): boolean {
  const dataPlaneId: DataPlaneId | undefined = alarm.dataPlaneId;
  if (dataPlaneId !== undefined && dataPlaneId !== found.dataPlaneId) return false;
  return alarm.raisedAt <= around(found, ALARMS_AROUND_MS) && (alarm.clearedAt ?? alarm.lastSeenAt) >= around(found, -ALARMS_AROUND_MS);
}
