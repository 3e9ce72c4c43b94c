/**
 * Statements of trust and the keys that sign them (root, publish, certificate authority), content keys. Private keys are
 * envelopes under the key-encryption key at rest (T2) and are opened here; only the publisher's role can read them.
 */
import type { GatewayId, TenantId } from '../../shared/model/ids.ts';
import type { ContentKey } from '../../shared/trust/content-seal.ts';
import type { Database } from './database.ts';
import type { GatewayScope } from './scope.ts';
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
  /** Compact JWS. */
  readonly statement: string;
}

export interface SigningKeyStore {
  /** False where a key with this purpose and id exists already. */
  insertKey(key: NewSigningKey): Promise<boolean>;
  /** Oldest first; those of the installation where `scope` is undefined. */
  listKeys(purpose: SigningPurpose, scope: GatewayScope | undefined): Promise<readonly StoredSigningKey[]>;
  retireKey(purpose: SigningPurpose, keyId: string): Promise<void>;
  /** False where another instance has stored that ordinal first: read again. */
  insertStatement(kind: StatementKind, scope: GatewayScope | undefined, ordinal: number, statement: string): Promise<boolean>;
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

  function toKey(row: KeyRow): StoredSigningKey {
    return {
      purpose: row.purpose,
      keyId: row.key_id,
      scope: row.tenant_id === null || row.gateway_id === null ? undefined : { tenantId: row.tenant_id, gatewayId: row.gateway_id },
      publicKey: row.public_key,
      certificate: row.certificate ?? undefined,
      privateKey: row.private_envelope === null ? undefined : Buffer.from(keys.installationBox.open(placeOf(row.purpose, row.key_id), row.private_envelope)).toString('utf8'),
      createdAt: row.created_at,
      retiredAt: row.retired_at ?? undefined,
    };
  }

  return {
    async insertKey(key) {
      const envelope = key.privateKey === undefined ? null : keys.installationBox.seal(placeOf(key.purpose, key.keyId), Buffer.from(key.privateKey, 'utf8'));
      const rows = await database.query(
        write,
        `INSERT INTO signing_keys (purpose, key_id, tenant_id, gateway_id, public_key, certificate, private_envelope)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING key_id`,
        [key.purpose, key.keyId, key.scope?.tenantId ?? null, key.scope?.gatewayId ?? null, key.publicKey, key.certificate ?? null, envelope],
      );
      return rows.length === 1;
    },

    async listKeys(purpose, scope) {
      const rows = await database.query<KeyRow>(
        read,
        `SELECT purpose, key_id, tenant_id, gateway_id, public_key, certificate, private_envelope, created_at, retired_at
         FROM signing_keys WHERE purpose = $1 AND ${OF_SCOPE} ORDER BY created_at, key_id`,
        [purpose, scope?.tenantId ?? null, scope?.gatewayId ?? null],
      );
      return rows.map(toKey);
    },

    async retireKey(purpose, keyId) {
      await database.query(write, 'UPDATE signing_keys SET retired_at = now() WHERE purpose = $1 AND key_id = $2 AND retired_at IS NULL', [purpose, keyId]);
    },

    async insertStatement(kind, scope, ordinal, statement) {
      const rows = await database.query(
        write,
        'INSERT INTO statements (kind, tenant_id, gateway_id, ordinal, statement) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING ordinal',
        [kind, scope?.tenantId ?? null, scope?.gatewayId ?? null, ordinal, statement],
      );
      return rows.length === 1;
    },

    listStatements: (kind, scope) =>
      database.query<StoredStatement>(read, `SELECT ordinal, statement FROM statements WHERE kind = $1 AND ${OF_SCOPE} ORDER BY ordinal`, [kind, scope?.tenantId ?? null, scope?.gatewayId ?? null]),

    listContentKeys: (scope) => keys.listContentKeys(scope),
  };
}

function placeOf(purpose: SigningPurpose, keyId: string): SecretPlace {
  return ['installation', 'signing-key', purpose, keyId];
}
