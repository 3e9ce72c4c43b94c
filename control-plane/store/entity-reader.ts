/**
 * Reads entities of one gateway inside one transaction, as far as the caller may see them: others are not there. Used
 * through Store.read and Store.write.
 */
import { assert, defined } from '../../shared/assert.ts';
import type { EntityDefinition, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import { onlyRow, type SqlValue, type Transaction } from './database.ts';
import { uniqueKeyName, uniqueKeyValue } from './entity-keys.ts';
import type { EntityScope } from './scope.ts';
import type { GatewaySecrets } from './secret-box.ts';
import { findUnstorableText } from './storable-text.ts';
import { visibleOnly } from './visible-entities.ts';

/** An entity as stored: readEntity (entity-record.ts) makes the admin API's document of it. */
export interface StoredEntity {
  readonly kind: EntityKind;
  readonly id: EntityId;
  /** What data planes may see, without secrets and their digests. */
  readonly published: JsonObject;
  /** Control-plane-only fields; secrets as envelopes in base64. */
  readonly controlPlaneOnly: JsonObject;
  /** The published form on the wire, encoded once; with digests. */
  readonly bytes: Uint8Array;
  readonly tags: readonly string[];
}

declare const cursorBrand: unique symbol;
/** Opaque position in a list: parse one that came from outside with parseEntityCursor. */
export type EntityCursor = string & { readonly [cursorBrand]: true };

export interface ListOptions {
  /** Only entities whose reference field names this entity. */
  readonly reference?: { readonly field: string; readonly id: EntityId };
  /** Only entities that a link names: those that an entity of the kind `by` has under `field`, which has the entity `from` under the other. */
  readonly linked?: { readonly by: EntityKind; readonly field: string; readonly from: { readonly field: string; readonly id: EntityId } };
  readonly tags?: { readonly mode: 'and' | 'or'; readonly values: readonly string[] };
  /** At most so many; the caller bounds it. */
  readonly size: number;
  readonly after?: EntityCursor;
}

export interface EntityPage {
  readonly entities: readonly StoredEntity[];
  /** Where the next page starts; undefined on the last one. */
  readonly next: EntityCursor | undefined;
}

export interface EntityReader {
  get(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined>;
  /**
   * By the definition's endpoint key (a service's name, a credential's key in the clear). `parentId` is needed where
   * `endpointKeyScope` is `parent`: the id of the entity it belongs to.
   */
  getByEndpointKey(definition: EntityDefinition, value: string, parentId?: EntityId): Promise<StoredEntity | undefined>;
  /** By one or several unique fields; values in the order of the fields, as in `uniqueTogether`; digests of secrets. */
  findByUnique(kind: EntityKind, fields: readonly string[], values: readonly (string | null)[]): Promise<StoredEntity | undefined>;
  /** In id order, which for our own ids is creation order. */
  list(kind: EntityKind, options: ListOptions): Promise<EntityPage>;
  count(kind: EntityKind): Promise<number>;
  /** Whether the caller may see the secrets of an entity with these tags in the clear (T2). */
  mayReveal(kind: EntityKind, tags: readonly string[]): boolean;
  /** The same of one whose secrets are then shown: noted, for the audit. */
  reveal(stored: StoredEntity): boolean;
  /** What was. */
  readonly revealed: readonly Revealed[];
  /** The endpoint keys of those whose reference field names one of these, in their order; nothing for one that nobody names. */
  endpointKeysReferringTo(definition: EntityDefinition, field: string, ids: readonly EntityId[]): Promise<readonly ReferringKey[]>;
}

export interface Revealed {
  readonly kind: EntityKind;
  readonly id: EntityId;
}

export interface ReferringKey {
  /** Who is named. */
  readonly toId: EntityId;
  readonly id: EntityId;
  readonly endpointKey: string;
}

/** Parses an `offset` that a client sent back; undefined where it is none of ours. */
export function parseEntityCursor(text: string): EntityCursor | undefined {
  const id = parseId<EntityId>(Buffer.from(text, 'base64url').toString('utf8'));
  return id !== undefined && toCursor(id) === text ? toCursor(id) : undefined;
}

function toCursor(id: EntityId): EntityCursor {
  return Buffer.from(id, 'utf8').toString('base64url') as EntityCursor;
}

function fromCursor(cursor: EntityCursor): EntityId {
  return defined(parseId<EntityId>(Buffer.from(cursor, 'base64url').toString('utf8')), 'the id in a cursor');
}

interface EntityRow {
  readonly id: EntityId;
  readonly published: JsonObject;
  readonly control_plane_only: JsonObject;
  readonly bytes: Buffer;
  readonly tags: readonly string[];
}

const COLUMNS = 'e.id, e.published, e.control_plane_only, e.bytes, e.tags';
const IN_GATEWAY = 'e.tenant_id = $1 AND e.gateway_id = $2 AND e.kind = $3';

/** Entities in the order of the ids that a query gives, each looked up when it is wanted: what to select from, and the order. */
function inOrderOf(ids: string): readonly [from: string, order: string] {
  return [`FROM (${ids}) wanted CROSS JOIN LATERAL (
    SELECT id, published, control_plane_only, bytes, tags FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND id = wanted.id OFFSET 0) e WHERE true`, 'wanted.id'];
}

/** Of a field that is a reference. */
function targetOf(kind: EntityKind, name: string): EntityKind {
  const type = definitionOf(kind).fields.find((field) => field.name === name)?.type;
  assert(type?.kind === 'reference', `${kind}.${name} is a reference`);
  return type.to;
}

export class TransactionReader implements EntityReader {
  readonly #revealed: Revealed[] = [];
  protected readonly transaction: Transaction;
  protected readonly scope: EntityScope;
  protected readonly secrets: GatewaySecrets;

  constructor(transaction: Transaction, scope: EntityScope, secrets: GatewaySecrets) {
    this.transaction = transaction;
    this.scope = scope;
    this.secrets = secrets;
  }

  async get(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined> {
    return this.#one(kind, `SELECT ${COLUMNS} FROM entities e WHERE ${IN_GATEWAY} AND e.id = $4`, [id]);
  }

  async getByEndpointKey(definition: EntityDefinition, value: string, parentId?: EntityId): Promise<StoredEntity | undefined> {
    const { fields, values } = this.endpointKeyOf(definition, value, parentId);
    return this.byUnique(definition.kind, fields, values);
  }

  async findByUnique(kind: EntityKind, fields: readonly string[], values: readonly (string | null)[]): Promise<StoredEntity | undefined> {
    return this.byUnique(kind, fields, values);
  }

  protected endpointKeyOf(definition: EntityDefinition, value: string, parentId: EntityId | undefined): { readonly fields: readonly string[]; readonly values: readonly string[] } {
    const key = defined(definition.endpointKey, `the endpoint key of ${definition.kind}`);
    const field = definition.fields.find((candidate) => candidate.name === key);
    if (definition.endpointKeyScope !== 'parent') return { fields: [key], values: [field?.secret === 'digest' ? this.secrets.digest(value) : value] };
    const fields = defined(definition.uniqueTogether?.find((candidate) => candidate.length === 2 && candidate.includes(key)), `the key of ${definition.kind} under its parent`);
    const parent = defined(parentId, `the parent of ${definition.kind}`);
    return { fields, values: fields.map((name) => (name === key ? value : parent)) };
  }

  /** `lock`: what is found is held until the transaction ends. */
  protected async byUnique(kind: EntityKind, fields: readonly string[], values: readonly (string | null)[], lock: '' | 'FOR UPDATE OF e' = ''): Promise<StoredEntity | undefined> {
    // What can't be stored can't be found either, and Postgres would refuse the question.
    if (findUnstorableText(values) !== undefined) return undefined;
    return this.#one(
      kind,
      // No join: before a table's first statistics the planner reads a whole kind instead of one entry of each index (20,000 entities: 86 ms).
      `SELECT ${COLUMNS} FROM entities e WHERE ${IN_GATEWAY}
       AND e.id = (SELECT u.entity_id FROM entity_unique u WHERE (u.tenant_id, u.gateway_id, u.kind, u.key_name, u.value) = ($1, $2, $3, $4, $5)) ${lock}`,
      [uniqueKeyName(fields), uniqueKeyValue(values)],
    );
  }

  async list(kind: EntityKind, options: ListOptions): Promise<EntityPage> {
    const values: SqlValue[] = [this.scope.tenantId, this.scope.gatewayId, kind];
    const parameter = (value: SqlValue): string => `$${values.push(value)}`;
    const conditions: string[] = [];
    let [from, order] = [`FROM entities e WHERE ${IN_GATEWAY}`, 'e.id'];
    if (options.after !== undefined) conditions.push(`e.id > ${parameter(fromCursor(options.after))}`);
    if (findUnstorableText(options.tags?.values ?? []) !== undefined) return { entities: [], next: undefined };
    if (options.tags !== undefined) conditions.push(`e.tags ${options.tags.mode === 'and' ? '@>' : '&&'} ${parameter(options.tags.values)}::text[]`);
    // Who refers first, then the entities in that order, only as many as are wanted: no plan reads a whole kind, or all that refer to one.
    if (options.reference !== undefined) {
      const { field, id } = options.reference;
      [from, order] = inOrderOf(`SELECT r.from_id AS id FROM entity_references r WHERE r.tenant_id = $1 AND r.gateway_id = $2 AND r.from_kind = $3
        AND r.field = ${parameter(field)} AND r.to_kind = ${parameter(targetOf(kind, field))} AND r.to_id = ${parameter(id)}${options.after === undefined ? '' : ` AND r.from_id > ${parameter(fromCursor(options.after))}`}
        ORDER BY r.from_id OFFSET 0`);
    }
    if (options.linked !== undefined) {
      const { by, field, from: near } = options.linked;
      [from, order] = inOrderOf(`SELECT DISTINCT other.to_id AS id FROM (
          SELECT from_id FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = ${parameter(by)} AND field = ${parameter(near.field)} AND to_id = ${parameter(near.id)} OFFSET 0) near
        CROSS JOIN LATERAL (
          SELECT to_id FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = ${parameter(by)} AND from_id = near.from_id AND field = ${parameter(field)} AND to_kind = $3 OFFSET 0) other
        ORDER BY id OFFSET 0`);
    }
    conditions.push(...visibleOnly(this.scope.access, kind, parameter));
    // One more than asked for tells whether there is a next page.
    const text = `SELECT ${COLUMNS} ${from}${conditions.map((condition) => ` AND ${condition}`).join('')} ORDER BY ${order} LIMIT ${parameter(options.size + 1)}`;
    const rows = await this.transaction.query<EntityRow>(text, values);
    const entities = rows.slice(0, options.size).map((row) => toStored(kind, row));
    const last = entities.at(-1);
    return { entities, next: rows.length > options.size && last !== undefined ? toCursor(last.id) : undefined };
  }

  async endpointKeysReferringTo(definition: EntityDefinition, field: string, ids: readonly EntityId[]): Promise<readonly ReferringKey[]> {
    const key = defined(definition.endpointKey, `the endpoint key of ${definition.kind}`);
    const values: SqlValue[] = [this.scope.tenantId, this.scope.gatewayId, definition.kind, key, field, ids];
    const visible = visibleOnly(this.scope.access, definition.kind, (value) => `$${values.push(value)}`);
    const rows = await this.transaction.query<{ readonly to_id: EntityId; readonly id: EntityId; readonly key: string }>(
      `SELECT r.to_id, e.id, e.published ->> $4 AS key FROM (
         SELECT to_id, from_id FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = $3 AND field = $5 AND to_id = ANY($6::uuid[]) OFFSET 0) r
       CROSS JOIN LATERAL (SELECT id, published, tags FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND id = r.from_id OFFSET 0) e
       WHERE true${visible.map((condition) => ` AND ${condition}`).join('')}
       ORDER BY (e.published ->> $4) COLLATE "C"`,
      values,
    );
    return rows.map((row) => ({ toId: row.to_id, id: row.id, endpointKey: row.key }));
  }

  async count(kind: EntityKind): Promise<number> {
    const values: SqlValue[] = [this.scope.tenantId, this.scope.gatewayId, kind];
    const conditions = [IN_GATEWAY, ...visibleOnly(this.scope.access, kind, (value) => `$${values.push(value)}`)];
    const rows = await this.transaction.query<{ readonly count: number }>(`SELECT count(*) AS count FROM entities e WHERE ${conditions.join(' AND ')}`, values);
    return onlyRow(rows).count;
  }

  mayReveal(kind: EntityKind, tags: readonly string[]): boolean {
    return this.scope.access.may(kind, 'reveal', tags);
  }

  get revealed(): readonly Revealed[] {
    return this.#revealed;
  }

  reveal(stored: StoredEntity): boolean {
    if (!this.mayReveal(stored.kind, stored.tags)) return false;
    if (secretFieldsOf(definitionOf(stored.kind)).some(({ path, field }) => field.writeOnly !== true && typeof stored.controlPlaneOnly[path] === 'string')) this.#revealed.push({ kind: stored.kind, id: stored.id });
    return true;
  }

  /** Like get, holding the row until the transaction ends. */
  protected async lock(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined> {
    return this.#one(kind, `SELECT ${COLUMNS} FROM entities e WHERE ${IN_GATEWAY} AND e.id = $4 FOR UPDATE`, [id]);
  }

  async #one(kind: EntityKind, text: string, values: readonly SqlValue[]): Promise<StoredEntity | undefined> {
    const [row] = await this.transaction.query<EntityRow>(text, [this.scope.tenantId, this.scope.gatewayId, kind, ...values]);
    return row === undefined || !this.scope.access.may(kind, 'read', row.tags) ? undefined : toStored(kind, row);
  }
}

function toStored(kind: EntityKind, row: EntityRow): StoredEntity {
  return { kind, id: row.id, published: row.published, controlPlaneOnly: row.control_plane_only, bytes: row.bytes, tags: row.tags };
}
