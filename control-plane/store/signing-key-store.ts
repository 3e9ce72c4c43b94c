/**
 * Statements of trust and the keys that sign them (root, publish, certificate authority), content keys. Private keys are
 * envelopes under the key-encryption key at rest (T2) and are opened here; only the publisher's role can read them.
 */
import type { DataPlaneId, GatewayId, TenantId } from '../../shared/model/ids.ts';
import type { ContentKey } from '../../shared/trust/content-seal.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, Transaction } from './database.ts';
import { CHANGE_CHANNEL } from './entity-changes.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { SecretPlace } from './secret-box.ts';
import type { SecretKeys } from './secret-keys.ts';

export type SigningPurpose = 'root' | 'publish' | 'certificate-authority';

export interface NewSigningKey {
  readonly purpose: SigningPurpose;
  /** Unique within the purpose. */
  readonly keyId: string;
  /** Undefined: of the installation. */
  readonly scope: GatewayScope | undefined;
  readonly publicKey: string;
  /** PEM, for a certificate authority. */
  readonly certificate: string | undefined;
  /** PKCS #8 PEM; undefined where it is kept offline. */
  readonly privateKey: string | undefined;
}

export interface StoredSigningKey extends NewSigningKey {
  readonly createdAt: Date;
  readonly retiredAt: Date | undefined;
}

export type StatementKind = 'root' | 'delegation' | 'epoch';

export interface StoredStatement {
  readonly ordinal: number;
  /** A bundle. */
  readonly statement: string;
}

/** Of a root set its version, of a delegation its serial, of an epoch its number. */
export interface NewStatement extends StoredStatement {
  readonly kind: StatementKind;
  readonly scope: GatewayScope | undefined;
}

/** Who changes keys, for the audit of the tenant they belong to. */
export interface KeyChange {
  readonly tenantId: TenantId;
  readonly actor: Actor;
}

export interface GatewayPlace extends GatewayScope {
  readonly tenantName: string;
  readonly name: string;
  readonly epoch: number;
  readonly headSequence: number;
}

export interface SigningKeyStore {
  /** False where a key with this purpose and id exists already. */
  insertKey(key: NewSigningKey): Promise<boolean>;
  /** Like insertKey, for an installation that runs: audited, and every control plane hears of it. */
  addKey(key: NewSigningKey, change: KeyChange): Promise<boolean>;
  /** Oldest first; those of the installation where `scope` is undefined. */
  listKeys(purpose: SigningPurpose, scope: GatewayScope | undefined): Promise<readonly StoredSigningKey[]>;
  /** Every control plane hears of it. False where there is no such key in use. */
  retireKey(purpose: SigningPurpose, keyId: string, change: KeyChange): Promise<boolean>;
  /** False where another instance has stored that ordinal first: read again. Every control plane hears of it. */
  insertStatement(kind: StatementKind, scope: GatewayScope | undefined, ordinal: number, statement: string): Promise<boolean>;
  /**
   * Stores verified statements, all or none; an epoch moves its gateway's head there, or replaces the statement of the epoch
   * that the gateway is in. False where something else has been stored meanwhile: verify again.
   */
  storeStatements(statements: readonly NewStatement[], change: KeyChange): Promise<boolean>;
  /** Unrevoked data planes of all tenants whose certificate this authority signed, at most 20; those of unknown authority are the first one's. */
  listCertifiedBy(authority: string): Promise<readonly { readonly id: DataPlaneId; readonly hostname: string; readonly gatewayId: GatewayId }[]>;
  /** Every gateway of every tenant, in order of creation. */
  listGateways(): Promise<readonly GatewayPlace[]>;
  /** Oldest first. */
  listStatements(kind: StatementKind, scope: GatewayScope | undefined): Promise<readonly StoredStatement[]>;
  /** The gateway's content keys, newest first. */
  listContentKeys(scope: GatewayScope): Promise<readonly ContentKey[]>;
}

interface KeyRow {
  readonly purpose: SigningPurpose;
  readonly key_id: string;
  readonly tenant_id: TenantId | null;
  readonly gateway_id: GatewayId | null;
  readonly public_key: string;
  readonly certificate: string | null;
  readonly private_envelope: Buffer | null;
  readonly created_at: Date;
  readonly retired_at: Date | null;
}

const OF_SCOPE = 'tenant_id IS NOT DISTINCT FROM $2 AND gateway_id IS NOT DISTINCT FROM $3';

export function createSigningKeyStore(database: Database, keys: SecretKeys): SigningKeyStore {
  const read = { role: 'holdfast_publisher', mode: 'snapshot' } as const;
  const write = { role: 'holdfast_publisher', mode: 'write' } as const;

  const insertKeyIn = async (transaction: Transaction, key: NewSigningKey): Promise<boolean> => {
    await keys.ring.refresh();
    const envelope = key.privateKey === undefined ? null : keys.ring.seal(placeOfSigningKey(key.purpose, key.keyId), Buffer.from(key.privateKey, 'utf8'));
    const rows = await transaction.query(
      `INSERT INTO signing_keys (purpose, key_id, tenant_id, gateway_id, public_key, certificate, private_envelope)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING key_id`,
      [key.purpose, key.keyId, key.scope?.tenantId ?? null, key.scope?.gatewayId ?? null, key.publicKey, key.certificate ?? null, envelope],
    );
    return rows.length === 1;
  };

  function toKey(row: KeyRow): StoredSigningKey {
    return {
      purpose: row.purpose,
      keyId: row.key_id,
      scope: row.tenant_id === null || row.gateway_id === null ? undefined : { tenantId: row.tenant_id, gatewayId: row.gateway_id },
      publicKey: row.public_key,
      certificate: row.certificate ?? undefined,
      privateKey: row.private_envelope === null ? undefined : Buffer.from(keys.ring.open(placeOfSigningKey(row.purpose, row.key_id), row.private_envelope)).toString('utf8'),
      createdAt: row.created_at,
      retiredAt: row.retired_at ?? undefined,
    };
  }

  return {
    insertKey: (key) => database.transaction(write, (transaction) => insertKeyIn(transaction, key)),

    addKey: (key, change) =>
      database.transaction(write, async (transaction) => {
        if (!(await insertKeyIn(transaction, key))) return false;
        await addAuditRow(transaction, { ...change, action: 'create', subjectKind: `${key.purpose}-keys`, subjectId: key.keyId });
        await announceTrustChange(transaction);
        return true;
      }),

    async listKeys(purpose, scope) {
      const rows = await database.query<KeyRow>(
        read,
        `SELECT purpose, key_id, tenant_id, gateway_id, public_key, certificate, private_envelope, created_at, retired_at
         FROM signing_keys WHERE purpose = $1 AND ${OF_SCOPE} ORDER BY created_at, key_id`,
        [purpose, scope?.tenantId ?? null, scope?.gatewayId ?? null],
      );
      await keys.ring.know(rows.map((row) => row.private_envelope));
      return rows.map(toKey);
    },

    retireKey: (purpose, keyId, change) =>
      database.transaction(write, async (transaction) => {
        const rows = await transaction.query('UPDATE signing_keys SET retired_at = now() WHERE purpose = $1 AND key_id = $2 AND retired_at IS NULL RETURNING key_id', [purpose, keyId]);
        if (rows.length === 0) return false;
        await addAuditRow(transaction, { ...change, action: 'retire', subjectKind: `${purpose}-keys`, subjectId: keyId });
        await announceTrustChange(transaction);
        return true;
      }),

    insertStatement: (kind, scope, ordinal, statement) =>
      database.transaction(write, async (transaction) => {
        if (!(await insertStatementIn(transaction, { kind, scope, ordinal, statement }))) return false;
        await announceStatement(transaction, scope);
        return true;
      }),

    storeStatements: (statements, change) =>
      database.transaction(write, async (transaction) => {
        for (const statement of statements) {
          const { kind, scope, ordinal } = statement;
          if (!(await insertStatementIn(transaction, statement)) && !(kind === 'epoch' && (await replaceStatementIn(transaction, statement)))) {
            transaction.abandon();
            return false;
          }
          if (kind === 'epoch' && scope !== undefined) await moveToEpoch(transaction, scope, ordinal);
          await addAuditRow(transaction, { ...change, action: 'import', subjectKind: `${kind}-statements`, subjectId: scope?.gatewayId ?? String(ordinal), details: { ordinal } });
        }
        for (const { scope } of statements) await announceStatement(transaction, scope);
        return true;
      }),

    async listCertifiedBy(authority) {
      const rows = await database.query<{ readonly id: DataPlaneId; readonly hostname: string; readonly gateway_id: GatewayId }>(
        read,
        `SELECT id, hostname, gateway_id FROM data_planes
         WHERE revoked_at IS NULL AND coalesce(certificate_authority, (SELECT key_id FROM signing_keys WHERE purpose = 'certificate-authority' ORDER BY created_at, key_id LIMIT 1)) = $1
         ORDER BY id LIMIT 20`,
        [authority],
      );
      return rows.map((row) => ({ id: row.id, hostname: row.hostname, gatewayId: row.gateway_id }));
    },

    async listGateways() {
      const rows = await database.query<{ readonly tenant_id: TenantId; readonly id: GatewayId; readonly name: string; readonly tenant_name: string; readonly epoch: number; readonly head_sequence: number }>(
        read,
        `SELECT g.tenant_id, g.id, g.name, t.name AS tenant_name, g.epoch, g.head_sequence FROM gateways g JOIN tenants t ON t.id = g.tenant_id
         WHERE g.deleted_at IS NULL ORDER BY g.id`,
      );
      return rows.map((row) => ({ tenantId: row.tenant_id, gatewayId: row.id, name: row.name, tenantName: row.tenant_name, epoch: row.epoch, headSequence: row.head_sequence }));
    },

    listStatements: (kind, scope) =>
      database.query<StoredStatement>(read, `SELECT ordinal, statement FROM statements WHERE kind = $1 AND ${OF_SCOPE} ORDER BY ordinal`, [kind, scope?.tenantId ?? null, scope?.gatewayId ?? null]),

    listContentKeys: (scope) => keys.listContentKeys(scope),
  };
}

async function insertStatementIn(transaction: Transaction, { kind, scope, ordinal, statement }: NewStatement): Promise<boolean> {
  const rows = await transaction.query(
    'INSERT INTO statements (kind, tenant_id, gateway_id, ordinal, statement) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING ordinal',
    [kind, scope?.tenantId ?? null, scope?.gatewayId ?? null, ordinal, statement],
  );
  return rows.length === 1;
}

async function replaceStatementIn(transaction: Transaction, { kind, scope, ordinal, statement }: NewStatement): Promise<boolean> {
  const rows = await transaction.query(`UPDATE statements SET statement = $5 WHERE kind = $1 AND ${OF_SCOPE} AND ordinal = $4 RETURNING ordinal`, [
    kind, scope?.tenantId ?? null, scope?.gatewayId ?? null, ordinal, statement,
  ]);
  return rows.length === 1;
}

/** The head goes on counting, so that no sequence of a gateway is ever used twice; what is there is published anew. */
async function moveToEpoch(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, epoch: number): Promise<void> {
  await transaction.query('UPDATE gateways SET epoch = $3, head_sequence = head_sequence + 1 WHERE tenant_id = $1 AND id = $2 AND epoch < $3 AND deleted_at IS NULL', [tenantId, gatewayId, epoch]);
}

async function announceStatement(transaction: Transaction, scope: GatewayScope | undefined): Promise<void> {
  if (scope === undefined) return announceTrustChange(transaction);
  await transaction.query(`UPDATE gateways SET fleet_revision = fleet_revision + 1 WHERE tenant_id = $1 AND id = $2 RETURNING pg_notify('${CHANGE_CHANNEL}', $2::text)`, [scope.tenantId, scope.gatewayId]);
  return undefined;
}

/** A payload that is no gateway id makes every control plane look at everything. */
async function announceTrustChange(transaction: Transaction): Promise<void> {
  await transaction.query(`UPDATE trust_state SET revision = revision + 1 RETURNING pg_notify('${CHANGE_CHANNEL}', 'trust')`);
}

/** Where its private half stands. */
export function placeOfSigningKey(purpose: SigningPurpose, keyId: string): SecretPlace {
  return ['installation', 'signing-key', purpose, keyId];
}
