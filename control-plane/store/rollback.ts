/**
 * Rolling back: one transaction that restores a gateway's entities to what they were at a release and takes one sequence, so
 * that tables and releases never differ; it is published as a new version like any other write. The state of then comes from
 * change rows, so the cost follows what was changed since. Credentials and private keys stay as they are unless asked for, lest
 * a revoked one comes back. Called through Store.rollBack.
 */
import { defined } from '../../shared/assert.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { definitionOf, isEntityKind } from '../../shared/model/registry.ts';
import { holdsSecret, mayHoldSecret } from '../../shared/model/secret-kinds.ts';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import { decodeEntity, unknownFieldOf } from '../../shared/wire/entity-codec.ts';
import type { EntityAccess } from '../access/policy.ts';
import { addAuditRow } from './audit-store.ts';
import { refuseRemoved } from './change-reader.ts';
import type { Database, Transaction } from './database.ts';
import { maySee } from './change-permissions.ts';
import { commitChanges } from './entity-changes.ts';
import { entityKey, uniqueKeyName, uniqueKeyValue, uniqueValueKey } from './entity-keys.ts';
import { restoreEntityRecord, type EntityRecord } from './entity-record.ts';
import { restoreEntities } from './entity-restore.ts';
import { gatewayFrozen } from './gateway-freeze.ts';
import { readTouched, type TouchedEntity } from './history-reader.ts';
import { planRollback, type Candidate, type Dependant, type RollbackAction, type RollbackPlan, type SkipReason } from './rollback-plan.ts';
import type { Actor, EntityScope, GatewayScope } from './scope.ts';
import type { GatewaySecrets } from './secret-box.ts';
import { contentKeyChanged, gatewayUnknown } from './secret-keys.ts';
import { storableText } from './storable-text.ts';

export interface RollbackOptions {
  /** A release. */
  readonly to: ConfigVersion;
  readonly includeCredentials: boolean;
  /** Done and undone. */
  readonly dryRun: boolean;
  /** Whoever froze the gateway rolls it back before others may write again. */
  readonly whileFrozen: boolean;
  readonly reason: string;
}

export interface RolledBackEntity {
  /** Perhaps one that only a newer version knows. */
  readonly kind: string;
  readonly id: EntityId;
  /** By which paths name it; undefined where nothing does, or a secret. */
  readonly name: string | undefined;
  /** `delete-with`: it goes with what it belongs to. */
  readonly outcome: RollbackAction | 'delete-with' | 'skip';
  /** What would have been done with one that is skipped. */
  readonly wanted: RollbackAction;
  readonly reason?: SkipReason;
}

export interface RollbackReport {
  /** Undefined where nothing was changed, or only told. */
  readonly version: ConfigVersion | undefined;
  readonly entities: readonly RolledBackEntity[];
}

export type RollbackResult = { readonly kind: 'done'; readonly report: RollbackReport } | { readonly kind: 'no-such-release' };

/** Within the time limit of a statement, with room. */
const MOST_ENTITIES = 25_000;
const LOCK_WITHIN_MS = 250;

/** Throws STORE_HISTORY_REMOVED, STORE_GATEWAY_FROZEN, STORE_GATEWAY_UNKNOWN, STORE_CONTENT_KEY_CHANGED and STORE_ROLLBACK_TOO_LARGE. */
export function rollBack(database: Database, secrets: GatewaySecrets, scope: EntityScope, actor: Actor, options: RollbackOptions): Promise<RollbackResult> {
  return database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'write' }, async (transaction): Promise<RollbackResult> => {
    const head = await holdHead(transaction, scope, secrets, options);
    if (!(await isRelease(transaction, scope, options.to))) {
      await refuseRemoved(transaction, scope, options.to);
      return { kind: 'no-such-release' };
    }
    const { plan, unknown } = await makePlan(transaction, scope, secrets, head, options);
    const { access } = scope;
    const seen = unknown.filter(({ kind, before, after }) => maySee(access, kind, before) && maySee(access, kind, after));
    const entities = [...toEntities(plan, access), ...seen.map(toUnknown)];
    if (plan.apply.length === 0) return { kind: 'done', report: { version: undefined, entities } };
    const changes = await restoreEntities(transaction, scope, plan);
    const details = { reason: storableText(options.reason), include_credentials: options.includeCredentials, changed: changes.length, skipped: plan.skipped.length };
    await addAuditRow(transaction, { ...scope, actor, action: 'rollback', subjectKind: 'releases', subjectId: formatVersion(options.to), details });
    return { kind: 'done', report: { version: await commitChanges(transaction, scope, actor, changes, options), entities } };
  });
}

/** The version that is rolled back from. No other write of the gateway commits until this one has. */
async function holdHead(transaction: Transaction, scope: GatewayScope, secrets: GatewaySecrets, { whileFrozen }: RollbackOptions): Promise<ConfigVersion> {
  const [row] = await transaction.query<ConfigVersion & { readonly content_key_id: number; readonly name: string; readonly frozen_at: Date | null; readonly frozen_by: string | null; readonly frozen_reason: string | null }>(
    `SELECT epoch, head_sequence AS sequence, content_key_id, name, frozen_at, frozen_by, frozen_reason FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`,
    [scope.tenantId, scope.gatewayId],
  );
  if (row === undefined) throw gatewayUnknown(scope);
  // Whoever waits for the head may hold an entity that is needed here: rather begin anew than wait until a deadlock is found.
  await transaction.query(`SET LOCAL lock_timeout = ${LOCK_WITHIN_MS}`);
  if (row.frozen_at !== null && !whileFrozen) throw gatewayFrozen(row.name, { at: row.frozen_at, by: row.frozen_by ?? '', reason: row.frozen_reason ?? '' });
  if (row.content_key_id !== secrets.contentKeyId) throw contentKeyChanged();
  return { epoch: row.epoch, sequence: row.sequence };
}

async function isRelease(transaction: Transaction, scope: GatewayScope, { epoch, sequence }: ConfigVersion): Promise<boolean> {
  const rows = await transaction.query('SELECT FROM releases WHERE tenant_id = $1 AND gateway_id = $2 AND epoch = $3 AND sequence = $4', [scope.tenantId, scope.gatewayId, epoch, sequence]);
  return rows.length > 0;
}

/** With the entities of kinds that are not known here: they stay as they are. */
async function makePlan(transaction: Transaction, scope: GatewayScope, secrets: GatewaySecrets, head: ConfigVersion, { to, includeCredentials }: RollbackOptions): Promise<{ readonly plan: RollbackPlan; readonly unknown: readonly TouchedEntity[] }> {
  const touched = await readTouched(transaction, scope, { after: to, upTo: head, limit: MOST_ENTITIES + 1 });
  // Asked afterwards: rows that went away while they were read are found missing now.
  await refuseRemoved(transaction, scope, to);
  if (touched.length > MOST_ENTITIES) throw tooLarge(to);
  const different = touched.filter(({ before, after }) => !isSame(before, after));
  const privateNow = await readPrivate(transaction, scope, different);
  const candidates = different.flatMap((entity) => toCandidate(entity, privateNow.get(`${entity.kind}/${entity.id}`), secrets, includeCredentials) ?? []);
  const plan = planRollback({
    candidates,
    dependants: await readDependants(transaction, scope, candidates.filter(({ action, skip }) => action === 'delete' && skip === undefined)),
    owners: await readOwners(transaction, scope, candidates),
    uniqueValueKey,
    mayCascade: (kind) => isEntityKind(kind) && holdsSecret(kind),
  });
  return { plan, unknown: different.filter(({ kind }) => !isEntityKind(kind)) };
}

/** Undefined where it is as it was, its secrets perhaps under another content key, or of a kind that is not known here. */
function toCandidate({ kind, id, before, privateBefore, after }: TouchedEntity, privateNow: JsonObject | undefined, secrets: GatewaySecrets, includeCredentials: boolean): Candidate | undefined {
  if (!isEntityKind(kind)) return undefined;
  const candidate = { kind, id, action: actionOf(before, after), now: after, privateNow, restored: undefined } as const;
  const excluded = holdsSecret(kind) && !includeCredentials ? ({ kind: 'holds-secret' } as const) : undefined;
  if (excluded !== undefined && candidate.action !== 'update') return { ...candidate, skip: excluded };
  if (before === undefined) return candidate;
  const restored = restore(kind, before, privateBefore, secrets);
  if ('record' in restored && isSame(restored.record.bytes, after)) return undefined;
  if (excluded !== undefined) return { ...candidate, skip: excluded };
  return 'record' in restored ? { ...candidate, restored: restored.record } : { ...candidate, skip: restored.skip };
}

function restore(kind: EntityKind, before: Uint8Array, privateBefore: JsonObject, secrets: GatewaySecrets): { readonly record: EntityRecord } | { readonly skip: SkipReason } {
  try {
    const record = restoreEntityRecord(definitionOf(kind), before, privateBefore, secrets);
    const newer = unknownFieldOf(kind, before);
    if (newer !== undefined) return { skip: { kind: 'unreadable', problem: `a newer version wrote it then: what field ${newer} says is not known here` } };
    return record === undefined ? { skip: { kind: 'secret-not-kept' } } : { record };
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) throw thrown;
    return { skip: { kind: 'unreadable', problem: describeThrown(thrown) } };
  }
}

function actionOf(before: Uint8Array | undefined, after: Uint8Array | undefined): RollbackAction {
  if (before === undefined) return 'delete';
  return after === undefined ? 'create' : 'update';
}

/** What stands beside those that exist, where something does. */
async function readPrivate(transaction: Transaction, scope: GatewayScope, entities: readonly TouchedEntity[]): Promise<ReadonlyMap<string, JsonObject>> {
  const wanted = entities.filter(({ kind, after }) => after !== undefined && isEntityKind(kind) && (mayHoldSecret(kind) || definitionOf(kind).fields.some((field) => field.controlPlaneOnly === true)));
  if (wanted.length === 0) return new Map();
  const rows = await transaction.query<{ readonly kind: EntityKind; readonly id: EntityId; readonly control_plane_only: JsonObject }>(
    `SELECT w.kind, w.id, e.control_plane_only FROM unnest($3::text[], $4::uuid[]) AS w (kind, id)
     CROSS JOIN LATERAL (SELECT control_plane_only FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, w.kind, w.id) OFFSET 0) e`,
    [scope.tenantId, scope.gatewayId, wanted.map(({ kind }) => kind), wanted.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [`${row.kind}/${row.id}`, row.control_plane_only]));
}

/** Who refers to these, and to those. */
async function readDependants(transaction: Transaction, scope: GatewayScope, roots: readonly { readonly kind: EntityKind; readonly id: EntityId }[]): Promise<readonly Dependant[]> {
  const found: Dependant[] = [];
  const seen = new Set<string>(roots.map(({ kind, id }) => entityKey(kind, id)));
  for (let level = roots; level.length > 0; ) {
    const rows = await transaction.query<{ readonly kind: EntityKind; readonly id: EntityId; readonly bytes: Buffer; readonly control_plane_only: JsonObject; readonly on_delete: 'cascade' | 'restrict'; readonly to_kind: EntityKind; readonly to_id: EntityId }>(
      `SELECT r.from_kind AS kind, r.from_id AS id, e.bytes, e.control_plane_only, r.on_delete, r.to_kind, r.to_id
       FROM unnest($3::text[], $4::uuid[]) AS d (kind, id)
       CROSS JOIN LATERAL (SELECT * FROM entity_references WHERE (tenant_id, gateway_id, to_kind, to_id) = ($1, $2, d.kind, d.id) OFFSET 0) r
       CROSS JOIN LATERAL (SELECT bytes, control_plane_only FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, r.from_kind, r.from_id) OFFSET 0) e`,
      [scope.tenantId, scope.gatewayId, level.map(({ kind }) => kind), level.map(({ id }) => id)],
    );
    found.push(...rows.map((row) => ({ kind: row.kind, id: row.id, now: row.bytes, privateNow: row.control_plane_only, onDelete: row.on_delete, to: entityKey(row.to_kind, row.to_id) })));
    level = rows.filter(({ kind, id }) => !seen.has(entityKey(kind, id)));
    for (const { kind, id } of level) seen.add(entityKey(kind, id));
  }
  return found;
}

async function readOwners(transaction: Transaction, scope: GatewayScope, candidates: readonly Candidate[]): Promise<ReadonlyMap<string, EntityId>> {
  const wanted = candidates.flatMap(({ kind, restored }) => (restored?.uniqueKeys ?? []).map(({ fields, values }) => ({ kind, name: uniqueKeyName(fields), value: uniqueKeyValue(values) })));
  if (wanted.length === 0) return new Map();
  // By each column so that the index serves; who has a value of another kind or name besides does no harm.
  const rows = await transaction.query<{ readonly kind: EntityKind; readonly name: string; readonly value: string; readonly owner_id: EntityId }>(
    `SELECT kind, key_name AS name, value, entity_id AS owner_id FROM entity_unique
     WHERE tenant_id = $1 AND gateway_id = $2 AND kind = ANY($3::text[]) AND key_name = ANY($4::text[]) AND value = ANY($5::text[])`,
    [scope.tenantId, scope.gatewayId, [...new Set(wanted.map(({ kind }) => kind))], [...new Set(wanted.map(({ name }) => name))], wanted.map(({ value }) => value)],
  );
  return new Map(rows.map((row) => [`${row.kind} ${row.name} ${row.value}`, row.owner_id]));
}

/** What is written may all be seen (change-permissions.ts); of what stays as it is, this is asked here. */
function toEntities({ apply, cascade, skipped }: RollbackPlan, access: EntityAccess): readonly RolledBackEntity[] {
  const shown = skipped.filter(({ candidate: { kind, now, restored } }) => maySee(access, kind, now) && maySee(access, kind, restored?.bytes));
  return [
    ...apply.map((candidate): RolledBackEntity => ({ ...nameOf(candidate), outcome: candidate.action, wanted: candidate.action })),
    ...cascade.map(({ kind, id }): RolledBackEntity => ({ kind, id, name: undefined, outcome: 'delete-with', wanted: 'delete' })),
    ...shown.map(({ candidate, reason }): RolledBackEntity => ({ ...nameOf(candidate), outcome: 'skip', wanted: candidate.action, reason })),
  ];
}

function toUnknown({ kind, id, before, after }: TouchedEntity): RolledBackEntity {
  return { kind, id, name: undefined, outcome: 'skip', wanted: actionOf(before, after), reason: { kind: 'unreadable', problem: 'this version does not know its kind' } };
}

/** As it was then, or as it is called now where it goes. */
function nameOf({ kind, id, restored, now }: Candidate): { readonly kind: EntityKind; readonly id: EntityId; readonly name: string | undefined } {
  const definition = definitionOf(kind);
  const { endpointKey } = definition;
  const isSecret = definition.fields.some((field) => field.name === endpointKey && field.secret !== undefined);
  if (endpointKey === undefined || isSecret) return { kind, id, name: undefined };
  const values: JsonObject = restored?.published ?? readable(kind, now);
  const name = values[endpointKey];
  return { kind, id, name: typeof name === 'string' ? name : undefined };
}

function readable(kind: EntityKind, bytes: Uint8Array | undefined): JsonObject {
  try {
    return { ...decodeEntity(kind, defined(bytes, 'the bytes of an entity that exists')) };
  } catch {
    return {};
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}

function tooLarge(to: ConfigVersion): HoldfastError {
  return new HoldfastError({
    code: 'STORE_ROLLBACK_TOO_LARGE',
    source: 'downstream',
    publicMessage: `more than ${MOST_ENTITIES} entities were changed since ${formatVersion(to)}, too many for one roll back; roll back to a later release, or restore a backup`,
  });
}
