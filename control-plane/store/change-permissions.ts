/**
 * The caller's permissions against what a write did, just before it is committed: whatever way it was asked for (nested, in
 * bulk, declared, rolled back) and whatever cascaded. The one place where writes of entities are permitted; called by
 * entity-changes.ts. Costs nothing where the caller may write every entity of these kinds.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { EntityKind, FieldType, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { definitionOf, entityKinds, isEntityKind } from '../../shared/model/registry.ts';
import { decodeEntity } from '../../shared/wire/entity-codec.ts';
import type { Verb } from '../access/permission.ts';
import type { EntityAccess } from '../access/policy.ts';
import type { Transaction } from './database.ts';
import type { EntityChange } from './entity-changes.ts';
import { referencesOf, type EntityReference } from './entity-record.ts';
import type { EntityScope } from './scope.ts';

/** What one change is, as permissions see it. Undefined sides do not exist; `unreadable` has tags that are not known. */
interface Side {
  readonly tags: readonly string[] | 'unreadable';
  readonly references: readonly EntityReference[];
}

/** A reference to what the caller may not see: told like one to what is not there. */
export class ReferenceHidden extends HoldfastError {
  readonly reference: EntityReference;

  constructor(reference: EntityReference) {
    super({ code: 'STORE_REFERENCE_HIDDEN', source: 'downstream', publicMessage: `${reference.field}: there is no ${reference.to} with the id ${reference.id}` });
    this.reference = reference;
  }
}

/** As many as a person reads. */
const MOST_NAMED = 10;

/** Throws STORE_CHANGE_NOT_PERMITTED or STORE_REFERENCE_HIDDEN; nothing of the write stays then. */
export async function refuseUnpermitted(transaction: Transaction, scope: EntityScope, changes: readonly EntityChange[]): Promise<void> {
  const { access } = scope;
  const looked = changes.filter(({ kind, action, verb = action }) => !access.mayAll(kind, verb) || !access.mayAll(kind, 'read')).map((change) => ({ change, before: sideOf(change.kind, change.before), after: sideOf(change.kind, change.after) }));
  const refused = looked.flatMap(({ change, before, after }) => refusalOf(access, change, before, after) ?? []);
  if (refused.length > 0) throw notPermitted(refused);
  const references = await newReferences(transaction, scope, changes, looked);
  for (const { reference, tags } of references) {
    if (tags === undefined || !access.may(reference.to, 'read', tags)) throw new ReferenceHidden(reference);
  }
  // What goes with its owner is a part of it: whoever may not change the owner may not add to it.
  const foreign = references.filter(({ reference, tags }) => reference.onDelete === 'cascade' && !access.may(reference.to, 'update', tags ?? []));
  if (foreign.length > 0) throw notPermitted(foreign.map(({ reference }) => `adding to the ${reference.to} ${reference.id} needs the permission to update it`));
}

function refusalOf(access: EntityAccess, { kind, id, action: done, verb: action = done }: EntityChange, before: Side | undefined, after: Side | undefined): string | undefined {
  const may = (verb: Verb, side: Side | undefined): boolean => side === undefined || access.mayAll(kind, verb) || (side.tags !== 'unreadable' && access.may(kind, verb, side.tags));
  if (before !== undefined && !may('read', before)) return `${action} of ${kind} that you may not see`;
  if (!may(action, before)) return `${action} of ${kind} ${id}`;
  if (!may(action, after)) return `${action} of ${kind} ${id}${wantedTags(access, kind, action)}`;
  if ([before, after].some((side) => side !== undefined && reachesAll(kind, side)) && access.rulesFor(kind, action).length > 0) return `${action} of ${kind} ${id} for the whole gateway: a permission that is limited to tags is not enough`;
  return undefined;
}

/** A plugin that belongs to nothing acts on the requests of everybody, whatever tags it carries. */
function reachesAll(kind: EntityKind, { references }: Side): boolean {
  return kind === 'plugins' && !references.some(({ onDelete }) => onDelete === 'cascade');
}

function wantedTags(access: EntityAccess, kind: EntityKind, verb: Verb): string {
  const wanted = access.rulesFor(kind, verb).flatMap(({ allow }) => allow.map((tags) => tags.join(' and ')));
  return wanted.length === 0 ? '' : `: it must carry the tags ${wanted.join(', or ')}`;
}

interface FoundReference {
  readonly reference: EntityReference;
  /** Of what is referred to; undefined where it is not there. */
  readonly tags: readonly string[] | undefined;
}

/** What is referred to now and was not before, where the caller may not do everything to its kind. */
async function newReferences(transaction: Transaction, { tenantId, gatewayId, access }: EntityScope, changes: readonly EntityChange[], looked: readonly { readonly change: EntityChange; readonly before: Side | undefined; readonly after: Side | undefined }[]): Promise<readonly FoundReference[]> {
  const sides = new Map(looked.map(({ change, before, after }) => [change, { before, after }]));
  const isOpen = (to: EntityKind): boolean => access.mayAll(to, 'read') && access.mayAll(to, 'update');
  const wanted = changes.filter(({ kind, after }) => after !== undefined && targetsOf(kind).some((to) => !isOpen(to))).flatMap((change) => {
    const { before, after } = sides.get(change) ?? { before: sideOf(change.kind, change.before), after: sideOf(change.kind, change.after) };
    const known = new Set(before?.references.map(({ field, id }) => `${field} ${id}`));
    return (after?.references ?? []).filter(({ field, id, to }) => !isOpen(to) && !known.has(`${field} ${id}`));
  });
  if (wanted.length === 0) return [];
  const rows = await transaction.query<{ readonly kind: EntityKind; readonly id: EntityId; readonly tags: readonly string[] }>(
    `SELECT r.kind, r.id, e.tags FROM unnest($3::text[], $4::uuid[]) AS r (kind, id)
     CROSS JOIN LATERAL (SELECT tags FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, r.kind, r.id) OFFSET 0) e`,
    [tenantId, gatewayId, wanted.map(({ to }) => to), wanted.map(({ id }) => id)],
  );
  const tagsOf = new Map(rows.map(({ kind, id, tags }) => [`${kind} ${id}`, tags]));
  return wanted.map((reference) => ({ reference, tags: tagsOf.get(`${reference.to} ${reference.id}`) }));
}

/** Kinds that one kind can refer to; none of one that only a newer version knows, which cascades take along. */
function targetsOf(kind: EntityKind): readonly EntityKind[] {
  return isEntityKind(kind) ? definitionOf(kind).fields.flatMap(({ type }) => targetsIn(type)) : [];
}

function targetsIn(type: FieldType): readonly EntityKind[] {
  if (type.kind === 'reference') return [type.to];
  if (type.kind === 'record') return type.fields.flatMap((field) => targetsIn(field.type));
  return type.kind === 'array' || type.kind === 'set' ? targetsIn(type.of) : [];
}

/** Whether who may do this sees an entity with these published bytes; none are seen by everybody. */
export function maySee(access: EntityAccess, kind: string, bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined) return true;
  if (!isEntityKind(kind)) return entityKinds.every((known) => access.mayAll(known, 'read'));
  if (access.mayAll(kind, 'read')) return true;
  const tags = sideOf(kind, bytes)?.tags;
  return tags !== undefined && tags !== 'unreadable' && access.may(kind, 'read', tags);
}

function sideOf(kind: EntityKind, bytes: Uint8Array | undefined): Side | undefined {
  if (bytes === undefined) return undefined;
  const entity = decoded(kind, bytes);
  if (entity === undefined) return { tags: 'unreadable', references: [] };
  const tags = entity['tags'];
  return { tags: Array.isArray(tags) ? tags.map(String) : [], references: referencesOf(definitionOf(kind), entity) };
}

/** Undefined for what only a newer version can read: deleting it is all that happens to it here. */
function decoded(kind: EntityKind, bytes: Uint8Array): JsonObject | undefined {
  try {
    return { ...decodeEntity(kind, bytes) };
  } catch {
    return undefined;
  }
}

function notPermitted(refused: readonly string[]): HoldfastError {
  const different = [...new Set(refused)];
  const more = different.length > MOST_NAMED ? `, and ${different.length - MOST_NAMED} more` : '';
  return new HoldfastError({
    code: 'STORE_CHANGE_NOT_PERMITTED',
    source: 'downstream',
    publicMessage: `Forbidden: your permissions do not include ${different.slice(0, MOST_NAMED).join('; ')}${more}. Nothing was changed`,
  });
}
