/**
 * Rotation of a gateway's content key: one version in which every digest and every sealed secret stands under the new key, so
 * that no moment has both. Data planes have the key before that version, because sessions bring it first. The old key stays
 * until no data plane serves anything older. Called by control-plane/keys.
 */
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import { entityDefinitions } from '../../shared/model/registry.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, Transaction } from './database.ts';
import { CHANGE_CHANNEL } from './entity-changes.ts';
import type { EntityCursor } from './entity-reader.ts';
import { keepsSecrets, rebuildEntityRecord } from './entity-record.ts';
import { TransactionWriter } from './entity-writer.ts';
import { withEveryEntity, type Actor, type GatewayScope } from './scope.ts';
import type { GatewaySecrets } from './secret-box.ts';
import { gatewayUnknown, type SecretKeys } from './secret-keys.ts';

export interface ContentKeyState {
  readonly keyId: number;
  readonly createdAt: Date;
  /** All that is published from this version on stands under it or a later one; undefined for a gateway's first key. */
  readonly from: ConfigVersion | undefined;
  readonly retiredAt: Date | undefined;
}

export interface ContentKeyStore {
  /** Newest first. */
  list(scope: GatewayScope): Promise<readonly ContentKeyState[]>;
  /** Writes every secret of the gateway again. `version` is undefined where it has none. Throws STORE_GATEWAY_UNKNOWN. */
  rotate(scope: GatewayScope, actor: Actor): Promise<{ readonly keyId: number; readonly version: ConfigVersion | undefined }>;
  /** Refused while a data plane serves something older than the key after this one, so may still need it. */
  retire(scope: GatewayScope, keyId: number, actor: Actor): Promise<RetiredContentKey>;
}

export type RetiredContentKey =
  | { readonly kind: 'retired' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in-use' }
  /** Not revoked, and on a version before `from`. */
  | { readonly kind: 'needed'; readonly from: ConfigVersion; readonly by: readonly { readonly id: DataPlaneId; readonly hostname: string }[] };

const PAGE = 500;
const SHOWN = 20;
const SECRET_KINDS = entityDefinitions.filter((definition) => secretFieldsOf(definition).length > 0);

interface Row {
  readonly key_id: number;
  readonly created_at: Date;
  readonly from_epoch: number | null;
  readonly from_sequence: number | null;
  readonly retired_at: Date | null;
}

export function createContentKeyStore(database: Database, keys: SecretKeys): ContentKeyStore {
  const within = ({ tenantId }: GatewayScope, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const place = ({ tenantId, gatewayId }: GatewayScope) => [tenantId, gatewayId] as const;
  return {
    async list(scope) {
      const rows = await database.query<Row>(
        within(scope, 'snapshot'),
        'SELECT key_id, created_at, from_epoch, from_sequence, retired_at FROM content_keys WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY key_id DESC',
        place(scope),
      );
      return rows.map(toState);
    },

    async rotate(scope, actor) {
      const before = await keys.listContentKeys(scope);
      const rotated = await database.transaction(within(scope, 'write'), async (transaction) => {
        // Held from here on: writes that were prepared under the old key come before this, or are refused after it.
        const [gateway] = await transaction.query<{ readonly epoch: number; readonly head_sequence: number; readonly content_key_id: number }>(
          'SELECT epoch, head_sequence, content_key_id FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE',
          place(scope),
        );
        if (gateway === undefined) throw gatewayUnknown(scope);
        const keyId = gateway.content_key_id + 1;
        const from: ConfigVersion = { epoch: gateway.epoch, sequence: gateway.head_sequence + 1 };
        const secrets = await keys.addContentKey(transaction, scope, { keyId, from, before });
        await transaction.query(
          `UPDATE gateways SET content_key_id = $3, fleet_revision = fleet_revision + 1 WHERE tenant_id = $1 AND id = $2 RETURNING pg_notify('${CHANGE_CHANNEL}', $2::text)`,
          [...place(scope), keyId],
        );
        await addAuditRow(transaction, { ...scope, actor, action: 'rotate', subjectKind: 'content-keys', subjectId: String(keyId) });
        const writer = new TransactionWriter(transaction, withEveryEntity(scope), secrets);
        await rewriteSecrets(writer, secrets);
        // A stolen key is replaced whether or not the gateway is frozen: what is configured stays the same.
        const version = await writer.finish(actor, true);
        // Without secrets there is no such version, and what is there stands under no key.
        if (version === undefined) await transaction.query('UPDATE content_keys SET from_sequence = $4 WHERE tenant_id = $1 AND gateway_id = $2 AND key_id = $3', [...place(scope), keyId, gateway.head_sequence]);
        return { keyId, version };
      });
      keys.forget(scope);
      return rotated;
    },

    retire: (scope, keyId, actor) =>
      database.transaction(within(scope, 'write'), async (transaction): Promise<RetiredContentKey> => {
        const rows = await transaction.query<Row>(
          'SELECT key_id, created_at, from_epoch, from_sequence, retired_at FROM content_keys WHERE tenant_id = $1 AND gateway_id = $2 AND key_id >= $3 ORDER BY key_id LIMIT 2',
          [...place(scope), keyId],
        );
        const [key, next] = rows.map(toState);
        if (key?.keyId !== keyId) return { kind: 'unknown' };
        if (next?.from === undefined) return { kind: 'in-use' };
        const needed = await whoNeeds(transaction, scope, next.from);
        if (needed.length > 0) return { kind: 'needed', from: next.from, by: needed };
        await transaction.query('UPDATE content_keys SET retired_at = now() WHERE tenant_id = $1 AND gateway_id = $2 AND key_id = $3 AND retired_at IS NULL', [...place(scope), keyId]);
        await addAuditRow(transaction, { ...scope, actor, action: 'retire', subjectKind: 'content-keys', subjectId: String(keyId), details: { before: formatVersion(next.from) } });
        await transaction.query(`UPDATE gateways SET fleet_revision = fleet_revision + 1 WHERE tenant_id = $1 AND id = $2 RETURNING pg_notify('${CHANGE_CHANNEL}', $2::text)`, place(scope));
        return { kind: 'retired' };
      }),
  };
}

async function rewriteSecrets(writer: TransactionWriter, secrets: GatewaySecrets): Promise<void> {
  for (const definition of SECRET_KINDS) {
    for (let after: EntityCursor | undefined; ; ) {
      const { entities, next } = await writer.list(definition.kind, { size: PAGE, ...(after === undefined ? {} : { after }) });
      for (const stored of entities) {
        // Of plugins most have none.
        if (!keepsSecrets(stored)) continue;
        const problem = await writer.update(rebuildEntityRecord(definition, stored, secrets));
        if (problem !== undefined) throw new Error(`internal invariant broken: ${definition.kind} ${stored.id} can't be written again: ${problem.kind}`);
      }
      if (next === undefined) break;
      after = next;
    }
  }
}

function whoNeeds(transaction: Transaction, scope: GatewayScope, from: ConfigVersion): Promise<readonly { readonly id: DataPlaneId; readonly hostname: string }[]> {
  return transaction.query(
    `SELECT id, hostname FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 AND revoked_at IS NULL
     AND (applied_epoch, applied_sequence) < ($3::bigint, $4::bigint) ORDER BY id LIMIT ${SHOWN}`,
    [scope.tenantId, scope.gatewayId, from.epoch, from.sequence],
  );
}

function toState(row: Row): ContentKeyState {
  return {
    keyId: row.key_id,
    createdAt: row.created_at,
    from: row.from_epoch === null || row.from_sequence === null ? undefined : { epoch: row.from_epoch, sequence: row.from_sequence },
    retiredAt: row.retired_at ?? undefined,
  };
}
