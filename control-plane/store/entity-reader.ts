/**
 * Reads entities of one gateway inside one transaction, as far as the caller may see them: others are not there. Used
 * through Store.read and Store.write.
 */
import { defined } from '../../shared/assert.ts';
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
    const key = defined(definition.endpointKey, `the endpoint key of ${definition.kind}`);
    const field = definition.fields.find((candidate) => candidate.name === key);
    if (definition.endpointKeyScope !== 'parent') return this.findByUnique(definition.kind, [key], [field?.secret === 'digest' ? this.secrets.digest(value) : value]);
    const fields = defined(definition.uniqueTogether?.find((candidate) => candidate.length === 2 && candidate.includes(key)), `the key of ${definition.kind} under its parent`);
    const parent = defined(parentId, `the parent of ${definition.kind}`);
    return this.findByUnique(definition.kind, fields, fields.map((name) => (name === key ? value : parent)));
  }

  async findByUnique(kind: EntityKind, fields: readonly string[], values: readonly (string | null)[]): Promise<StoredEntity | undefined> {
    // What can't be stored can't be found either, and Postgres would refuse the question.
    if (findUnstorableText(values) !== undefined) return undefined;
    return this.#one(
      kind,
      `SELECT ${COLUMNS} FROM entities e
       JOIN entity_unique u ON (u.tenant_id, u.gateway_id, u.kind, u.entity_id) = (e.tenant_id, e.gateway_id, e.kind, e.id)
       WHERE ${IN_GATEWAY} AND u.key_name = $4 AND u.value = $5`,
      [uniqueKeyName(fields), uniqueKeyValue(values)],
    );
  }

  async list(kind: EntityKind, options: ListOptions): Promise<EntityPage> {
    const values: SqlValue[] = [this.scope.tenantId, this.scope.gatewayId, kind];
    const parameter = (value: SqlValue): string => `$${values.push(value)}`;
    const conditions = [IN_GATEWAY];
    if (options.after !== undefined) conditions.push(`e.id > ${parameter(fromCursor(options.after))}`);
    if (findUnstorableText(options.tags?.values ?? []) !== undefined) return { entities: [], next: undefined };
    if (options.tags !== undefined) conditions.push(`e.tags ${options.tags.mode === 'and' ? '@>' : '&&'} ${parameter(options.tags.values)}::text[]`);
    if (options.reference !== undefined) {
      conditions.push(`EXISTS (SELECT FROM entity_references r
        WHERE (r.tenant_id, r.gateway_id, r.from_kind, r.from_id) = (e.tenant_id, e.gateway_id, e.kind, e.id)
        AND r.field = ${parameter(options.reference.field)} AND r.to_id = ${parameter(options.reference.id)})`);
    }
    if (options.linked !== undefined) {
      const { by, field, from } = options.linked;
      conditions.push(`e.id IN (SELECT other.to_id FROM entity_references near
        JOIN entity_references other ON (other.tenant_id, other.gateway_id, other.from_kind, other.from_id) = (near.tenant_id, near.gateway_id, near.from_kind, near.from_id)
        WHERE near.tenant_id = $1 AND near.gateway_id = $2 AND near.from_kind = ${parameter(by)} AND near.field = ${parameter(from.field)} AND near.to_id = ${parameter(from.id)}
        AND other.field = ${parameter(field)} AND other.to_kind = $3)`);
    }
    conditions.push(...visibleOnly(this.scope.access, kind, parameter));
    // One more than asked for tells whether there is a next page.
    const text = `SELECT ${COLUMNS} FROM entities e WHERE ${conditions.join(' AND ')} ORDER BY e.id LIMIT ${parameter(options.size + 1)}`;
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
      `SELECT r.to_id, e.id, e.published ->> $4 AS key FROM entity_references r
       JOIN entities e ON (e.tenant_id, e.gateway_id, e.kind, e.id) = (r.tenant_id, r.gateway_id, r.from_kind, r.from_id)
       WHERE r.tenant_id = $1 AND r.gateway_id = $2 AND r.from_kind = $3 AND r.field = $5 AND r.to_id = ANY($6::uuid[])${visible.map((condition) => ` AND ${condition}`).join('')}
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
