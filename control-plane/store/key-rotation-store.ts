/**
 * Rotation of tenants' data keys and of the key-encryption key, in batches that each commit with how far they got: any instance
 * goes on where one stopped or was killed. Reads and writes go on; a write that would still seal with a closed key is refused at
 * its commit (entity-writer.ts), so when a whole pass finds nothing under an old key, nothing can come. Called by keys/.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { GatewayId, TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { clientSecretPlace } from './identity-provider-store.ts';
import { resealDocument, resealValue, type Resealed } from './reseal.ts';
import { CONTROL_PLANE_ACTOR, type Actor } from './scope.ts';
import type { SecretBox } from './secret-box.ts';
import { contentKeyPlace, tenantKeyPlace, type SecretKeys } from './secret-keys.ts';
import { placeOfSigningKey, type SigningPurpose } from './signing-key-store.ts';
import { webhookSecretPlace } from './webhook-store.ts';

export interface DataKeyRotation {
  readonly tenantId: TenantId;
  readonly toKey: number;
  readonly phase: 'closing' | 'resealing' | 'done';
  readonly lookedAt: number;
  readonly resealed: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
}

/** `waiting`: until every instance knows the new key, or before another pass. `idle`: nothing to do here, or another instance is at it. */
export type RotationStep = 'moved' | 'waiting' | 'idle';

export interface KeyRotationStore {
  /** Makes a new data key. Its number; undefined where a rotation of the tenant is under way. */
  begin(tenantId: TenantId, actor: Actor): Promise<number | undefined>;
  /** The newest of each tenant that is still there. */
  list(): Promise<readonly DataKeyRotation[]>;
  /** One batch, in one transaction. */
  step(tenantId: TenantId): Promise<RotationStep>;
  /** Wraps at most `limit` data keys and private keys under the key-encryption key in use. How many. */
  rewrapSome(limit: number): Promise<number>;
  /** With a command: a new key-encryption key. Undefined where settings give the key. */
  renewEncryptingKey(): Promise<number | undefined>;
  /** With a command: takes away keys under which nothing stands and which no instance seals with. How many. */
  forgetEncryptingKeys(graceMs: number): Promise<number>;
  /** Of key-encryption keys: the one that seals, those that are here, and what stands under which. */
  encryptingKeys(): Promise<{ readonly current: number; readonly here: readonly number[]; readonly standing: readonly { readonly keyId: number; readonly values: number }[] }>;
}

interface RotationRow {
  readonly tenant_id: TenantId;
  readonly to_key: number;
  readonly phase: 'closing' | 'resealing' | 'done';
  readonly at_table: string;
  readonly at_row: readonly string[];
  readonly found: number;
  readonly looked_at: number;
  readonly resealed: number;
  readonly started_at: Date;
  readonly finished_at: Date | null;
}

/** A row with secrets: where it is, and what it holds sealed again. */
interface Looked {
  readonly place: readonly string[];
  readonly found: number;
  /** Undefined where nothing is to be written. Resolves to how many rows were as they had been read. */
  readonly write: (() => Promise<number>) | undefined;
}

type LookAt = (transaction: Transaction, tenantId: TenantId, box: SecretBox, after: readonly string[]) => Promise<readonly Looked[]>;

const NOBODY = '00000000-0000-0000-0000-000000000000';
const ROWS_AT_ONCE = 500;
const NOTHING = { now: undefined, found: 0 };

/** In the order of a pass, each with what stands before its first row. */
const TABLES: readonly { readonly name: string; readonly begin: readonly string[]; readonly lookAt: LookAt }[] = [
  { name: 'content_keys', begin: [NOBODY, '0'], lookAt: lookAtContentKeys },
  { name: 'identity_providers', begin: [NOBODY], lookAt: lookAtIdentityProviders },
  { name: 'webhooks', begin: [NOBODY], lookAt: lookAtWebhooks },
  { name: 'entities', begin: [NOBODY, '', NOBODY], lookAt: lookAtEntities },
  { name: 'changes', begin: [NOBODY, '0', '0', '0'], lookAt: lookAtChanges },
];

export function createKeyRotationStore(database: Database, keys: SecretKeys): KeyRotationStore {
  const within = (tenantId: TenantId) => ({ role: 'holdfast_app', tenantId, mode: 'write' }) as const;
  return {
    async begin(tenantId, actor) {
      await keys.ring.refresh();
      return database.transaction(within(tenantId), async (transaction): Promise<number | undefined> => {
        const [newest] = await transaction.query<{ readonly key_id: number }>('SELECT key_id FROM tenant_keys WHERE tenant_id = $1 ORDER BY key_id DESC LIMIT 1 FOR SHARE', [tenantId]);
        const keyId = (newest?.key_id ?? 0) + 1;
        const rows = await transaction.query(
          `INSERT INTO data_key_rotations AS r (tenant_id, to_key, phase) VALUES ($1, $2, 'closing')
           ON CONFLICT (tenant_id) DO UPDATE SET to_key = excluded.to_key, phase = 'closing', at_table = 'content_keys', at_row = '[]', found = 0, looked_at = 0, resealed = 0,
             started_at = clock_timestamp(), moved_at = clock_timestamp(), finished_at = NULL
           WHERE r.phase = 'done' RETURNING tenant_id`,
          [tenantId, keyId],
        );
        if (rows.length === 0) return undefined;
        await keys.addTenantKey(transaction, tenantId, keyId);
        await addAuditRow(transaction, { tenantId, actor, action: 'rotate', subjectKind: 'data-keys', subjectId: String(keyId) });
        return keyId;
      });
    },

    async list() {
      const rows = await database.query<RotationRow>(
        { role: 'holdfast_publisher', mode: 'snapshot' },
        `SELECT r.tenant_id, r.to_key, r.phase, r.at_table, r.at_row, r.found, r.looked_at, r.resealed, r.started_at, r.finished_at
         FROM data_key_rotations r JOIN tenants t ON t.id = r.tenant_id AND t.deleted_at IS NULL ORDER BY r.tenant_id`,
      );
      return rows.map((row) => ({
        tenantId: row.tenant_id, toKey: row.to_key, phase: row.phase, lookedAt: row.looked_at, resealed: row.resealed, startedAt: row.started_at, finishedAt: row.finished_at ?? undefined,
      }));
    },

    step: (tenantId) =>
      database.transaction(within(tenantId), async (transaction): Promise<RotationStep> => {
        const [rotation] = await transaction.query<RotationRow>(
          `SELECT tenant_id, to_key, phase, at_table, at_row, found, looked_at, resealed, started_at, finished_at FROM data_key_rotations
           WHERE tenant_id = $1 AND phase <> 'done' FOR UPDATE SKIP LOCKED`,
          [tenantId],
        );
        if (rotation === undefined) return 'idle';
        if (rotation.phase === 'closing') return close(transaction, rotation, keys.keptMs);
        return moveOn(transaction, rotation, await keys.openTenantBox(transaction, tenantId));
      }),

    async rewrapSome(limit) {
      await keys.ring.refresh();
      return database.transaction({ role: 'holdfast_publisher', mode: 'write' }, async (transaction) => {
        const current = Buffer.alloc(4);
        current.writeUInt32BE(keys.ring.keyId);
        const tenantKeys = await transaction.query<{ readonly tenant_id: TenantId; readonly key_id: number; readonly envelope: Buffer }>(
          'SELECT tenant_id, key_id, envelope FROM tenant_keys WHERE retired_at IS NULL AND substring(envelope FROM 2 FOR 4) <> $1 LIMIT $2 FOR UPDATE SKIP LOCKED', [current, limit]);
        for (const { tenant_id: tenantId, key_id: keyId, envelope } of tenantKeys) {
          const { now } = resealValue(keys.ring, tenantKeyPlace(tenantId, keyId), envelope);
          await transaction.query('UPDATE tenant_keys SET envelope = $3 WHERE tenant_id = $1 AND key_id = $2', [tenantId, keyId, now ?? envelope]);
        }
        const signingKeys = await transaction.query<{ readonly purpose: SigningPurpose; readonly key_id: string; readonly private_envelope: Buffer }>(
          'SELECT purpose, key_id, private_envelope FROM signing_keys WHERE substring(private_envelope FROM 2 FOR 4) <> $1 LIMIT $2 FOR UPDATE SKIP LOCKED', [current, limit - tenantKeys.length]);
        for (const { purpose, key_id: keyId, private_envelope: envelope } of signingKeys) {
          const { now } = resealValue(keys.ring, placeOfSigningKey(purpose, keyId), envelope);
          await transaction.query('UPDATE signing_keys SET private_envelope = $3 WHERE purpose = $1 AND key_id = $2', [purpose, keyId, now ?? envelope]);
        }
        return tenantKeys.length + signingKeys.length;
      });
    },

    renewEncryptingKey: async () => (keys.ring.canRenew ? keys.ring.renew() : undefined),

    forgetEncryptingKeys: async (graceMs) => keys.ring.forgetOthers((await keys.listEncryptingKeys()).map(({ keyId }) => keyId), graceMs),

    async encryptingKeys() {
      const standing = await keys.listEncryptingKeys();
      return { current: keys.ring.keyId, here: keys.ring.keyIds, standing };
    },
  };
}

/** From here on no write commits with an older key: who is about to is before this, or is refused. */
async function close(transaction: Transaction, { tenant_id: tenantId, to_key: toKey }: RotationRow, keptMs: number): Promise<RotationStep> {
  const { known } = onlyRow(await transaction.query<{ readonly known: boolean }>(
    "SELECT active_at + $3::bigint * interval '1 millisecond' <= clock_timestamp() AS known FROM tenant_keys WHERE tenant_id = $1 AND key_id = $2", [tenantId, toKey, keptMs]));
  if (!known) return 'waiting';
  await transaction.query('SELECT FROM gateways WHERE tenant_id = $1 ORDER BY id FOR NO KEY UPDATE', [tenantId]);
  await transaction.query('UPDATE tenant_keys SET closed_at = clock_timestamp() WHERE tenant_id = $1 AND key_id < $2 AND closed_at IS NULL', [tenantId, toKey]);
  await transaction.query("UPDATE data_key_rotations SET phase = 'resealing', moved_at = clock_timestamp() WHERE tenant_id = $1", [tenantId]);
  return 'moved';
}

/** Whoever finds in every pass what it may not seal again pauses between them. */
async function moveOn(transaction: Transaction, rotation: RotationRow, box: SecretBox): Promise<RotationStep> {
  const index = Math.max(TABLES.findIndex(({ name }) => name === rotation.at_table), 0);
  const table = TABLES[index];
  if (table === undefined) return 'idle';
  const rows = await table.lookAt(transaction, rotation.tenant_id, box, rotation.at_row.length === 0 ? table.begin : rotation.at_row);
  const written = await Promise.all(rows.flatMap(({ write }) => (write === undefined ? [] : [write()])));
  const found = rotation.found + rows.reduce((sum, row) => sum + row.found, 0);
  const next = TABLES[index + 1];
  const isLast = rows.length < ROWS_AT_ONCE && next === undefined;
  const isDone = isLast && found === 0;
  const [atTable, atRow] = rows.length === ROWS_AT_ONCE ? [table.name, rows.at(-1)?.place ?? []] : [(next ?? TABLES[0] ?? table).name, []];
  await transaction.query(
    `UPDATE data_key_rotations SET at_table = $2, at_row = $3::jsonb, found = $4, looked_at = looked_at + $5, resealed = resealed + $6, moved_at = clock_timestamp(),
       phase = CASE WHEN $7 THEN 'done' ELSE phase END, finished_at = CASE WHEN $7 THEN clock_timestamp() END WHERE tenant_id = $1`,
    [rotation.tenant_id, atTable, JSON.stringify(atRow), isLast ? 0 : found, rows.length, written.reduce((sum, count) => sum + count, 0), isDone],
  );
  if (isDone) await retire(transaction, rotation);
  return isLast && !isDone ? 'waiting' : 'moved';
}

async function retire(transaction: Transaction, { tenant_id: tenantId, to_key: toKey }: RotationRow): Promise<void> {
  const retired = await transaction.query<{ readonly key_id: number }>('UPDATE tenant_keys SET retired_at = clock_timestamp() WHERE tenant_id = $1 AND key_id < $2 AND retired_at IS NULL RETURNING key_id', [tenantId, toKey]);
  for (const { key_id: keyId } of retired) await addAuditRow(transaction, { tenantId, actor: CONTROL_PLANE_ACTOR, action: 'retire', subjectKind: 'data-keys', subjectId: String(keyId) });
}

async function lookAtContentKeys(transaction: Transaction, tenantId: TenantId, box: SecretBox, [gateway = '', key = '']: readonly string[]): Promise<readonly Looked[]> {
  const rows = await transaction.query<{ readonly gateway_id: GatewayId; readonly key_id: number; readonly envelope: Buffer }>(
    'SELECT gateway_id, key_id, envelope FROM content_keys WHERE tenant_id = $1 AND (gateway_id, key_id) > ($2::uuid, $3::integer) ORDER BY gateway_id, key_id LIMIT $4', [tenantId, gateway, key, ROWS_AT_ONCE]);
  return rows.map(({ gateway_id: gatewayId, key_id: keyId, envelope }) =>
    looked([gatewayId, String(keyId)], resealValue(box, contentKeyPlace({ tenantId, gatewayId }, keyId), envelope), (now) =>
      transaction.query('UPDATE content_keys SET envelope = $4 WHERE tenant_id = $1 AND gateway_id = $2 AND key_id = $3 AND envelope = $5 RETURNING key_id', [tenantId, gatewayId, keyId, now, envelope])));
}

async function lookAtIdentityProviders(transaction: Transaction, tenantId: TenantId, box: SecretBox, [id = '']: readonly string[]): Promise<readonly Looked[]> {
  const rows = await transaction.query<{ readonly id: string; readonly sealed: Buffer | null }>(
    'SELECT id, client_secret AS sealed FROM identity_providers WHERE tenant_id = $1 AND id > $2::uuid ORDER BY id LIMIT $3', [tenantId, id, ROWS_AT_ONCE]);
  return rows.map((row) =>
    looked([row.id], row.sealed === null ? NOTHING : resealValue(box, clientSecretPlace(tenantId, row.id), row.sealed), (now) =>
      transaction.query('UPDATE identity_providers SET client_secret = $3 WHERE tenant_id = $1 AND id = $2 AND client_secret = $4 RETURNING id', [tenantId, row.id, now, row.sealed])));
}

async function lookAtWebhooks(transaction: Transaction, tenantId: TenantId, box: SecretBox, [id = '']: readonly string[]): Promise<readonly Looked[]> {
  const rows = await transaction.query<{ readonly id: string; readonly sealed: Buffer }>('SELECT id, sealed FROM webhooks WHERE tenant_id = $1 AND id > $2::uuid ORDER BY id LIMIT $3', [tenantId, id, ROWS_AT_ONCE]);
  return rows.map((row) =>
    looked([row.id], resealValue(box, webhookSecretPlace(tenantId, row.id), row.sealed), (now) =>
      transaction.query('UPDATE webhooks SET sealed = $3 WHERE tenant_id = $1 AND id = $2 AND sealed = $4 RETURNING id', [tenantId, row.id, now, row.sealed])));
}

/** Whoever changed a row meanwhile has sealed it with the new key. */
async function lookAtEntities(transaction: Transaction, tenantId: TenantId, box: SecretBox, [gateway = '', kind = '', id = '']: readonly string[]): Promise<readonly Looked[]> {
  const rows = await transaction.query<{ readonly gateway_id: GatewayId; readonly kind: string; readonly id: string; readonly document: JsonObject }>(
    `SELECT gateway_id, kind, id, control_plane_only AS document FROM entities WHERE tenant_id = $1 AND (gateway_id, kind, id) > ($2::uuid, $3, $4::uuid) ORDER BY gateway_id, kind, id LIMIT $5`,
    [tenantId, gateway, kind, id, ROWS_AT_ONCE],
  );
  return rows.map((row) =>
    looked([row.gateway_id, row.kind, row.id], resealDocument(box, [tenantId, row.gateway_id], row.kind, row.id, row.document), (now) =>
      transaction.query(
        'UPDATE entities SET control_plane_only = $5::jsonb WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND id = $4 AND control_plane_only = $6::jsonb RETURNING id',
        [tenantId, row.gateway_id, row.kind, row.id, JSON.stringify(now), JSON.stringify(row.document)],
      )));
}

async function lookAtChanges(transaction: Transaction, tenantId: TenantId, box: SecretBox, [gateway = '', epoch = '', sequence = '', ordinal = '']: readonly string[]): Promise<readonly Looked[]> {
  const rows = await transaction.query<{ readonly gateway_id: GatewayId; readonly epoch: number; readonly sequence: number; readonly ordinal: number; readonly kind: string; readonly id: string; readonly document: JsonObject | null }>(
    `SELECT gateway_id, epoch, sequence, ordinal, kind, id, private_before AS document FROM changes
     WHERE tenant_id = $1 AND (gateway_id, epoch, sequence, ordinal) > ($2::uuid, $3::bigint, $4::bigint, $5::integer) ORDER BY gateway_id, epoch, sequence, ordinal LIMIT $6`,
    [tenantId, gateway, epoch, sequence, ordinal, ROWS_AT_ONCE],
  );
  return rows.map((row) =>
    looked([row.gateway_id, String(row.epoch), String(row.sequence), String(row.ordinal)], resealDocument(box, [tenantId, row.gateway_id], row.kind, row.id, row.document ?? {}), (now) =>
      transaction.query('SELECT reseal_change($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb)', [tenantId, row.gateway_id, row.epoch, row.sequence, row.ordinal, JSON.stringify(row.document), JSON.stringify(now)])));
}

function looked<T>(place: readonly string[], { now, found }: Resealed<T>, write: (now: T) => Promise<readonly object[]>): Looked {
  return { place, found, write: now === undefined ? undefined : async () => (await write(now)).length };
}
