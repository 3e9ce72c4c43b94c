/**
 * Which key seals what (T2): the key-encryption key seals the installation's private keys and one data key per tenant; a
 * tenant's data key seals its entities' secrets and its gateways' content keys. Keys are made with their tenant or
 * gateway, in the same transaction, and kept in memory for some seconds once opened: so long does it take until every instance
 * knows a new one (key-rotation-store.ts).
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { ConfigFieldsOf } from '../../shared/model/redact.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { configFieldsOf } from '../../shared/plugins/catalog.ts';
import { ContentSeal, type ContentKey } from '../../shared/trust/content-seal.ts';
import { credentialDigest, deriveLookupKey } from '../../shared/trust/credential-digest.ts';
import type { Database, Transaction } from './database.ts';
import { KeyEncryptionRing, type KeyEncryptionOptions } from './key-encryption-ring.ts';
import type { GatewayScope } from './scope.ts';
import { createSecretBox, type GatewaySecrets, type SecretBox } from './secret-box.ts';

const KEY_BYTES = 32;
const FIRST_KEY = 1;
const CACHED_TENANTS = 10_000;
const CACHED_GATEWAYS = 10_000;

export interface SecretKeysOptions extends KeyEncryptionOptions {
  readonly clock: Clock;
  /** How long an instance goes by what it read; KEYS_KEPT_MS where not said. */
  readonly keysKeptMs?: number;
  /** The config fields of the plugins that may be written; the bundled ones' where not said. */
  readonly configFieldsOf?: ConfigFieldsOf;
}

export const KEYS_KEPT_MS = 15_000;

export class SecretKeys {
  /** Seals what belongs to the installation. */
  readonly ring: KeyEncryptionRing;
  readonly keptMs: number;
  readonly #database: Database;
  readonly #configFieldsOf: ConfigFieldsOf;
  readonly #tenantBoxes: LRUCache<TenantId, Promise<SecretBox>>;
  readonly #gateways: LRUCache<string, Promise<GatewaySecrets>>;

  constructor(database: Database, options: SecretKeysOptions) {
    const { clock, keysKeptMs = KEYS_KEPT_MS } = options;
    const perf = { now: () => clock.monotonicMs() };
    this.#database = database;
    this.keptMs = keysKeptMs;
    this.#configFieldsOf = options.configFieldsOf ?? configFieldsOf;
    this.ring = new KeyEncryptionRing(database, options);
    // What was read of a gateway was read from what was kept of its tenant: both together are kept no longer than that.
    this.#tenantBoxes = new LRUCache({ max: CACHED_TENANTS, ttl: keysKeptMs / 2, perf });
    this.#gateways = new LRUCache({ max: CACHED_GATEWAYS, ttl: keysKeptMs / 2, perf });
  }

  /** Loads keys. Throws STORE_KEY_ENCRYPTION_KEY_WRONG where the database was written with one that is not here: better now than at the first secret. */
  async check(): Promise<void> {
    await this.ring.load();
    const missing = (await this.listEncryptingKeys()).filter(({ keyId }) => !this.ring.keyIds.includes(keyId));
    if (missing.length === 0) return;
    throw new HoldfastError({
      code: 'STORE_KEY_ENCRYPTION_KEY_WRONG',
      source: 'control-plane',
      publicMessage: 'the key-encryption key is not the one the database was written with',
      message: `secrets in the database stand under ${missing.map(({ keyId, values }) => `key-encryption key ${keyId} (${values})`).join(', ')}, which is not here; give this control plane the key that the others use (an old one in HOLDFAST_OTHER_KEY_ENCRYPTION_KEYS, until "holdfast keys rewrap" is done), or restore the key file in the state folder`,
    });
  }

  /** Under which key-encryption keys something stands, and how much. */
  async listEncryptingKeys(): Promise<readonly { readonly keyId: number; readonly values: number }[]> {
    const rows = await this.#database.query<{ readonly key_id: Buffer; readonly values: number }>(
      { role: 'holdfast_publisher', mode: 'snapshot' },
      `SELECT substring(envelope FROM 2 FOR 4) AS key_id, count(*) AS values FROM (
         SELECT envelope FROM tenant_keys WHERE retired_at IS NULL UNION ALL SELECT private_envelope FROM signing_keys WHERE private_envelope IS NOT NULL) sealed
       GROUP BY 1`,
    );
    return rows.map((row) => ({ keyId: row.key_id.readUInt32BE(0), values: row.values }));
  }

  /** Part of creating a tenant. */
  async createTenantKey(transaction: Transaction, tenantId: TenantId): Promise<void> {
    await this.ring.refresh();
    const envelope = this.ring.seal(tenantKeyPlace(tenantId, FIRST_KEY), randomBytes(KEY_BYTES));
    await transaction.query('INSERT INTO tenant_keys (tenant_id, key_id, envelope) VALUES ($1, $2, $3)', [tenantId, FIRST_KEY, envelope]);
  }

  /** Part of creating a gateway. */
  async createContentKey(transaction: Transaction, scope: GatewayScope): Promise<void> {
    const box = await this.openTenantBox(transaction, scope.tenantId);
    const envelope = box.seal(contentKeyPlace(scope, FIRST_KEY), randomBytes(KEY_BYTES));
    await transaction.query('INSERT INTO content_keys (tenant_id, gateway_id, key_id, envelope) VALUES ($1, $2, $3, $4)', [scope.tenantId, scope.gatewayId, FIRST_KEY, envelope]);
  }

  /** Throws STORE_GATEWAY_UNKNOWN. */
  secretsOf(scope: GatewayScope): Promise<GatewaySecrets> {
    return remember(this.#gateways, `${scope.tenantId}|${scope.gatewayId}`, async () => {
      const box = await this.tenantBox(scope.tenantId);
      // Retired ones too: what is in the history stands under them.
      return gatewaySecrets(scope, box, await this.#readContentKeys(scope, ''), this.#configFieldsOf);
    });
  }

  /** The gateway's keys changed: read again when they are asked for. */
  forget(scope: GatewayScope): void {
    this.#gateways.delete(`${scope.tenantId}|${scope.gatewayId}`);
    this.#tenantBoxes.delete(scope.tenantId);
  }

  /** Part of a rotation: what stands under the new key from `from` on. `before` are the keys there are, newest first. */
  async addContentKey(transaction: Transaction, scope: GatewayScope, { keyId, from, before }: { readonly keyId: number; readonly from: ConfigVersion; readonly before: readonly ContentKey[] }): Promise<GatewaySecrets> {
    const box = await this.openTenantBox(transaction, scope.tenantId);
    const key = randomBytes(KEY_BYTES);
    await transaction.query('INSERT INTO content_keys (tenant_id, gateway_id, key_id, envelope, from_epoch, from_sequence) VALUES ($1, $2, $3, $4, $5, $6)', [
      scope.tenantId, scope.gatewayId, keyId, box.seal(contentKeyPlace(scope, keyId), key), from.epoch, from.sequence,
    ]);
    return gatewaySecrets(scope, box, [{ keyId, key }, ...before], this.#configFieldsOf);
  }

  /** Part of a rotation of the tenant's data key: made now, used once every instance knows it. */
  async addTenantKey(transaction: Transaction, tenantId: TenantId, keyId: number): Promise<void> {
    const envelope = this.ring.seal(tenantKeyPlace(tenantId, keyId), randomBytes(KEY_BYTES));
    await transaction.query("INSERT INTO tenant_keys (tenant_id, key_id, envelope, active_at) VALUES ($1, $2, $3, clock_timestamp() + $4::bigint * interval '1 millisecond')", [tenantId, keyId, envelope, this.keptMs]);
  }

  /** Those in use, newest first. */
  listContentKeys(scope: GatewayScope): Promise<readonly ContentKey[]> {
    return this.#readContentKeys(scope, 'AND retired_at IS NULL');
  }

  async #readContentKeys(scope: GatewayScope, condition: string): Promise<readonly ContentKey[]> {
    const rows = await this.#database.query<{ readonly key_id: number; readonly envelope: Buffer }>(
      { role: 'holdfast_publisher', mode: 'snapshot' },
      `SELECT key_id, envelope FROM content_keys WHERE tenant_id = $1 AND gateway_id = $2 ${condition} ORDER BY key_id DESC`,
      [scope.tenantId, scope.gatewayId],
    );
    const box = await this.tenantBox(scope.tenantId);
    return rows.map((row) => ({ keyId: row.key_id, key: box.open(contentKeyPlace(scope, row.key_id), row.envelope) }));
  }

  /** What seals and opens secrets of the tenant as a whole. A new table with such secrets is also one of key-rotation-store.ts. */
  tenantBox(tenantId: TenantId): Promise<SecretBox> {
    return remember(this.#tenantBoxes, tenantId, () =>
      this.#database.transaction({ role: 'holdfast_publisher', mode: 'snapshot' }, (transaction) => this.openTenantBox(transaction, tenantId)));
  }

  /** As it is in the database now: all keys that are not retired open; the newest that is active seals. */
  async openTenantBox(transaction: Transaction, tenantId: TenantId): Promise<SecretBox> {
    const rows = await transaction.query<{ readonly key_id: number; readonly envelope: Buffer; readonly active: boolean }>(
      'SELECT key_id, envelope, active_at <= clock_timestamp() AS active FROM tenant_keys WHERE tenant_id = $1 AND retired_at IS NULL ORDER BY active_at <= clock_timestamp() DESC, key_id DESC',
      [tenantId],
    );
    await this.ring.know(rows.map(({ envelope }) => envelope));
    return createSecretBox(rows.map(({ key_id: keyId, envelope }) => ({ keyId, key: this.ring.open(tenantKeyPlace(tenantId, keyId), envelope) })));
  }
}

function gatewaySecrets(scope: GatewayScope, box: SecretBox, keys: readonly ContentKey[], fieldsOf: ConfigFieldsOf): GatewaySecrets {
  const [newest] = keys;
  if (newest === undefined) throw gatewayUnknown(scope);
  const lookupKey = deriveLookupKey(newest.key);
  const seal = new ContentSeal({ ...scope, keys });
  return {
    box, place: [scope.tenantId, scope.gatewayId], contentKeyId: newest.keyId,
    digest: (secret) => credentialDigest(lookupKey, secret),
    sealForContent: (place, plaintext) => seal.seal(place, plaintext),
    openContent: (place, sealed) => seal.open(place, sealed),
    configFieldsOf: fieldsOf,
  };
}

/** For a scope that names no gateway. */
export function gatewayUnknown(scope: GatewayScope): HoldfastError {
  return new HoldfastError({ code: 'STORE_GATEWAY_UNKNOWN', source: 'control-plane', publicMessage: 'there is no such gateway', message: `tenant ${scope.tenantId} has no gateway ${scope.gatewayId}` });
}

/** For a write that was prepared with another content key than the gateway's present one. */
export function contentKeyChanged(): HoldfastError {
  return new HoldfastError({ code: 'STORE_CONTENT_KEY_CHANGED', source: 'control-plane', retryable: true, publicMessage: "the gateway's content key was replaced a moment ago; try again" });
}

/** For a write that was prepared with a data key that new values may no longer stand under. */
export function dataKeyChanged(): HoldfastError {
  return new HoldfastError({ code: 'STORE_DATA_KEY_CHANGED', source: 'control-plane', retryable: true, publicMessage: "the tenant's data key was replaced a moment ago; try again" });
}

/** Where a tenant's data key stands. */
export function tenantKeyPlace(tenantId: TenantId, keyId: number): readonly string[] {
  return [tenantId, 'data-key', String(keyId)];
}

/** Where a gateway's content key stands. */
export function contentKeyPlace(scope: GatewayScope, keyId: number): readonly string[] {
  return [scope.tenantId, scope.gatewayId, 'content-key', String(keyId)];
}

/** A failed load is forgotten, so that the next call tries again. */
function remember<K extends string, V extends object>(cache: LRUCache<K, Promise<V>>, key: K, load: () => Promise<V>): Promise<V> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const loading = load();
  cache.set(key, loading);
  loading.catch(() => cache.delete(key));
  return loading;
}
