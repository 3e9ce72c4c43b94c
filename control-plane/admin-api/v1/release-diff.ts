/**
 * The difference between two states of an entity, field by field, as JSON and for people. A secret or its digest is named as
 * changed and never shown (T2). Used by release-routes.ts.
 */
import type { EntityKind, JsonObject } from '../../../shared/model/definition.ts';
import { changedFields, publishedNames, redactEntity, type FieldChange } from '../../../shared/model/redact.ts';
import { definitionOf, isEntityKind } from '../../../shared/model/registry.ts';
import { wireFieldsOf } from '../../../shared/model/secret-fields.ts';
import { formatVersion } from '../../../shared/model/version.ts';
import { configFieldsOf } from '../../../shared/plugins/catalog.ts';
import { decodeEntity } from '../../../shared/wire/entity-codec.ts';
import type { EntityAccess } from '../../access/policy.ts';
import { maySee } from '../../store/change-permissions.ts';
import type { Difference } from '../../store/release-store.ts';
import { showTime, showVersion } from './own-values.ts';

export interface EntityDifference {
  readonly op: 'create' | 'update' | 'delete';
  readonly kind: string;
  readonly id: string;
  /** By which people know it. */
  readonly name: string | undefined;
  /** Without secrets; null where it does not exist. */
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly fields: readonly FieldChange[];
  /** This version can't read its bytes. */
  readonly unreadable: boolean;
  readonly last: Pick<Difference, 'actor' | 'requestId' | 'at' | 'version'>;
}

/** Undefined where it is the same before and after, or was or is what may not be seen. */
export function describeDifference(difference: Difference, access: EntityAccess): EntityDifference | undefined {
  const { kind, id, before, after } = difference;
  if (before === undefined && after === undefined) return undefined;
  if (before !== undefined && after !== undefined && Buffer.from(before).equals(after)) return undefined;
  const op = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  if (!maySee(access, kind, before) || !maySee(access, kind, after)) return undefined;
  const [old, now] = [read(kind, before), read(kind, after)];
  const last = { actor: difference.actor, requestId: difference.requestId, at: difference.at, version: difference.version };
  if (!isEntityKind(kind) || old === 'unreadable' || now === 'unreadable') return { op, kind, id, name: undefined, before: null, after: null, fields: [], unreadable: true, last };
  const fields = changedFields(definitionOf(kind), old, now, configFieldsOf).filter(({ field }) => field !== 'updated_at');
  return { op, kind, id, name: nameIn(kind, now ?? old ?? {}), before: without(kind, old), after: without(kind, now), fields, unreadable: false, last };
}

export function showDifference({ op, kind, id, name, fields, unreadable, last }: EntityDifference): JsonObject {
  return {
    op, kind, id, name: name ?? null,
    fields: fields.map(({ field, before, after, secret }) => (secret ? { name: field, secret: true } : { name: field, before, after })),
    ...(unreadable ? { unreadable: true } : {}),
    actor: last.actor, request_id: last.requestId, at: showTime(last.at), version: showVersion(last.version),
  };
}

const SIGNS = { create: '+', update: '~', delete: '-' } as const;

/** Several lines. */
export function differenceAsText({ op, kind, id, name, fields, unreadable, last }: EntityDifference): string {
  const who = `${last.actor}, ${last.at.toISOString()}, ${formatVersion(last.version)}`;
  const head = `${SIGNS[op]} ${kind} ${name === undefined ? id : `${name} (${id})`}  [${who}]`;
  if (unreadable) return `${head}\n    can not be read by this version`;
  // Of what is gone the name is enough.
  if (op === 'delete') return head;
  const lines = fields.filter(({ after, secret }) => secret || op === 'update' || after !== null).map(({ field, before, after, secret }) => {
    if (secret) return `    ${field}: ${op === 'create' ? 'set' : 'changed'}, not shown`;
    return op === 'create' ? `    ${field}: ${JSON.stringify(after)}` : `    ${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`;
  });
  return [head, ...lines].join('\n');
}

function read(kind: string, bytes: Uint8Array | undefined): JsonObject | undefined | 'unreadable' {
  if (bytes === undefined) return undefined;
  if (!isEntityKind(kind)) return 'unreadable';
  try {
    return { ...decodeEntity(kind, bytes) };
  } catch {
    return 'unreadable';
  }
}

/** Without secrets, and without what stands for them in what is published. */
function without(kind: EntityKind, entity: JsonObject | undefined): JsonObject | null {
  if (entity === undefined) return null;
  const published = publishedNames(wireFieldsOf(definitionOf(kind)));
  return Object.fromEntries(Object.entries(redactEntity(definitionOf(kind), entity, configFieldsOf)).filter(([name]) => !published.has(name)));
}

function nameIn(kind: string, entity: JsonObject): string | undefined {
  const key = isEntityKind(kind) ? definitionOf(kind).endpointKey : undefined;
  const name = key === undefined ? undefined : (entity[key] ?? entity['name']);
  return typeof name === 'string' ? name : undefined;
}
