/**
 * Which key seals what (T2): the key-encryption key seals the installation's private keys and one data key per tenant; a
 * tenant's data key seals its entities' secrets and its gateways' content keys. Keys are made with their tenant or
 * gateway, in the same transaction, and kept in memory once opened.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { HoldfastError } from '../../shared/errors.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { ContentSeal, type ContentKey } from '../../shared/trust/content-seal.ts';
import { credentialDigest, deriveLookupKey } from '../../shared/trust/credential-digest.ts';
import { decodeEnvelope } from '../../shared/trust/envelope.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { keyEncryptionKeyId } from './key-encryption-key.ts';
import type { GatewayScope } from './scope.ts';
import { createSecretBox, type GatewaySecrets, type SecretBox } from './secret-box.ts';

const KEY_BYTES = 32;
const FIRST_KEY = 1;
const CACHED_TENANTS = 10_000;
const CACHED_GATEWAYS = 10_000;

export class SecretKeys {
  /** Seals what belongs to the installation. */
  readonly installationBox: SecretBox;
  readonly #database: Database;
  readonly #keyEncryptionKeyId: number;
  readonly #tenantBoxes = new LRUCache<TenantId, Promise<SecretBox>>({ max: CACHED_TENANTS });
  readonly #gateways = new LRUCache<string, Promise<GatewaySecrets>>({ max: CACHED_GATEWAYS });

  constructor(database: Database, keyEncryptionKey: Uint8Array) {
    this.#database = database;
    this.#keyEncryptionKeyId = keyEncryptionKeyId(keyEncryptionKey);
    this.installationBox = createSecretBox(keyEncryptionKey, this.#keyEncryptionKeyId);
  }

  /** Throws STORE_KEY_ENCRYPTION_KEY_WRONG where the database was written with another key: better now than at the first secret. */
  async check(): Promise<void> {
    const envelopes = await this.#database.query<{ readonly envelope: Buffer }>({ role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT envelope FROM tenant_keys LIMIT 1');
    for (const { envelope } of envelopes) {
      if (decodeEnvelope(envelope).keyId === this.#keyEncryptionKeyId) continue;
      throw new HoldfastError({
        code: 'STORE_KEY_ENCRYPTION_KEY_WRONG',
        source: 'control-plane',
        publicMessage: 'the key-encryption key is not the one the database was written with',
        message: 'the secrets in the database were sealed with another key-encryption key; give this control plane the key that the others use, or restore the key file in the state folder',
      });
    }
  }

  /** Part of creating a tenant. */
  async createTenantKey(transaction: Transaction, tenantId: TenantId): Promise<void> {
    const envelope = this.installationBox.seal(tenantKeyPlace(tenantId, FIRST_KEY), randomBytes(KEY_BYTES));
    await transaction.query('INSERT INTO tenant_keys (tenant_id, key_id, envelope) VALUES ($1, $2, $3)', [tenantId, FIRST_KEY, envelope]);
  }

  /** Part of creating a gateway. */
  async createContentKey(transaction: Transaction, scope: GatewayScope): Promise<void> {
    const box = await this.#openTenantBox(transaction, scope.tenantId);
    const envelope = box.seal(contentKeyPlace(scope, FIRST_KEY), randomBytes(KEY_BYTES));
    await transaction.query('INSERT INTO content_keys (tenant_id, gateway_id, key_id, envelope) VALUES ($1, $2, $3, $4)', [scope.tenantId, scope.gatewayId, FIRST_KEY, envelope]);
  }

  /** Throws STORE_GATEWAY_UNKNOWN. */
  secretsOf(scope: GatewayScope): Promise<GatewaySecrets> {
    return remember(this.#gateways, `${scope.tenantId}|${scope.gatewayId}`, async () => {
      const box = await this.#tenantBox(scope.tenantId);
      // Retired ones too: what is in the history stands under them.
      return gatewaySecrets(scope, box, await this.#readContentKeys(scope, ''));
    });
  }

  /** The gateway's keys changed: read again when they are asked for. */
  forget(scope: GatewayScope): void {
    this.#gateways.delete(`${scope.tenantId}|${scope.gatewayId}`);
  }

  /** Part of a rotation: what stands under the new key from `from` on. `before` are the keys there are, newest first. */
  async addContentKey(transaction: Transaction, scope: GatewayScope, { keyId, from, before }: { readonly keyId: number; readonly from: ConfigVersion; readonly before: readonly ContentKey[] }): Promise<GatewaySecrets> {
    const box = await this.#openTenantBox(transaction, scope.tenantId);
    const key = randomBytes(KEY_BYTES);
    await transaction.query('INSERT INTO content_keys (tenant_id, gateway_id, key_id, envelope, from_epoch, from_sequence) VALUES ($1, $2, $3, $4, $5, $6)', [
      scope.tenantId, scope.gatewayId, keyId, box.seal(contentKeyPlace(scope, keyId), key), from.epoch, from.sequence,
    ]);
    return gatewaySecrets(scope, box, [{ keyId, key }, ...before]);
  }

  /** Those in use, newest first. */
  listContentKeys(scope: GatewayScope): Promise<readonly ContentKey[]> {
    return this.#readContentKeys(scope, 'AND retired_at IS NULL');
  }

  async #readContentKeys(scope: GatewayScope, condition: string): Promise<readonly ContentKey[]> {
    const box = await this.#tenantBox(scope.tenantId);
    const rows = await this.#database.query<{ readonly key_id: number; readonly envelope: Buffer }>(
      { role: 'holdfast_publisher', mode: 'snapshot' },
      `SELECT key_id, envelope FROM content_keys WHERE tenant_id = $1 AND gateway_id = $2 ${condition} ORDER BY key_id DESC`,
      [scope.tenantId, scope.gatewayId],
    );
    return rows.map((row) => ({ keyId: row.key_id, key: box.open(contentKeyPlace(scope, row.key_id), row.envelope) }));
  }

  #tenantBox(tenantId: TenantId): Promise<SecretBox> {
    return remember(this.#tenantBoxes, tenantId, () =>
      this.#database.transaction({ role: 'holdfast_publisher', mode: 'snapshot' }, (transaction) => this.#openTenantBox(transaction, tenantId)));
  }

  async #openTenantBox(transaction: Transaction, tenantId: TenantId): Promise<SecretBox> {
    const rows = await transaction.query<{ readonly key_id: number; readonly envelope: Buffer }>('SELECT key_id, envelope FROM tenant_keys WHERE tenant_id = $1 ORDER BY key_id DESC LIMIT 1', [tenantId]);
    const { key_id: keyId, envelope } = onlyRow(rows);
    return createSecretBox(this.installationBox.open(tenantKeyPlace(tenantId, keyId), envelope), keyId);
  }
}

function gatewaySecrets(scope: GatewayScope, box: SecretBox, keys: readonly ContentKey[]): GatewaySecrets {
  const [newest] = keys;
  if (newest === undefined) throw gatewayUnknown(scope);
  const lookupKey = deriveLookupKey(newest.key);
  const seal = new ContentSeal({ ...scope, keys });
  return {
    box, place: [scope.tenantId, scope.gatewayId], contentKeyId: newest.keyId,
    digest: (secret) => credentialDigest(lookupKey, secret),
    sealForContent: (place, plaintext) => seal.seal(place, plaintext),
    openContent: (place, sealed) => seal.open(place, sealed),
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

function tenantKeyPlace(tenantId: TenantId, keyId: number): readonly string[] {
  return [tenantId, 'data-key', String(keyId)];
}

function contentKeyPlace(scope: GatewayScope, keyId: number): readonly string[] {
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
