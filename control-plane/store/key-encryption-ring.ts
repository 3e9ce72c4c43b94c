/**
 * The key-encryption keys of the installation: one seals, all of them open, so that a key can be replaced while instances go on.
 * They are given by settings, or made here and kept in the database wrapped by an external program (key-command.ts). Under them
 * stand tenants' data keys and the installation's private keys. Made once by secret-keys.ts.
 */
import { randomBytes } from 'node:crypto';
import { HoldfastError } from '../../shared/errors.ts';
import { decodeEnvelope } from '../../shared/trust/envelope.ts';
import type { Database } from './database.ts';
import type { KeyCommand } from './key-command.ts';
import { KEY_BYTES, keyEncryptionKeyId } from './key-encryption-key.ts';
import { createSecretBox, type SecretBox, type SecretPlace } from './secret-box.ts';

export interface KeyEncryptionOptions {
  /** Seals; undefined where the newest of the command's does. */
  readonly keyEncryptionKey?: Uint8Array | undefined;
  /** Open what was sealed with them: those of before a rotation, or of after one that other instances have begun. */
  readonly otherKeyEncryptionKeys?: readonly Uint8Array[];
  readonly keyCommand?: KeyCommand | undefined;
}

interface Key {
  readonly keyId: number;
  readonly key: Uint8Array;
}

export class KeyEncryptionRing implements SecretBox {
  readonly #database: Database;
  readonly #command: KeyCommand | undefined;
  readonly #given: readonly Key[];
  /** By the command, newest first. */
  #wrapped: readonly Key[] = [];
  readonly #sealsWithGiven: boolean;

  constructor(database: Database, { keyEncryptionKey, otherKeyEncryptionKeys = [], keyCommand }: KeyEncryptionOptions) {
    this.#database = database;
    this.#command = keyCommand;
    this.#sealsWithGiven = keyEncryptionKey !== undefined;
    this.#given = [...(keyEncryptionKey === undefined ? [] : [keyEncryptionKey]), ...otherKeyEncryptionKeys].map((key) => ({ keyId: keyEncryptionKeyId(key), key }));
  }

  /** Under which new values stand. */
  get keyId(): number {
    return this.#box().keyId;
  }

  get keyIds(): readonly number[] {
    return this.#keys().map(({ keyId }) => keyId);
  }

  /** True where the key that seals can be made anew here, because a command wraps it. */
  get canRenew(): boolean {
    return this.#command !== undefined && !this.#sealsWithGiven;
  }

  seal(place: SecretPlace, plaintext: Uint8Array): Uint8Array {
    return this.#box().seal(place, plaintext);
  }

  open(place: SecretPlace, sealed: Uint8Array): Uint8Array {
    return this.#box().open(place, sealed);
  }

  /** Before anything else: unwraps what the command keeps, and makes the first key. Throws STORE_KEY_COMMAND_FAILED. */
  async load(): Promise<void> {
    await this.#readWrapped();
    if (this.canRenew && this.#wrapped.length === 0) await this.renew();
  }

  /** Another instance may have made a key that these stand under. */
  async know(envelopes: readonly (Uint8Array | null)[]): Promise<void> {
    const known = new Set(this.keyIds);
    if (this.#command !== undefined && envelopes.some((sealed) => sealed !== null && !known.has(decodeEnvelope(sealed).keyId))) await this.#readWrapped();
  }

  /** Other instances may have made a newer key: what is sealed from now on stands under it. */
  refresh(): Promise<void> {
    return this.#readWrapped();
  }

  /** A new key by the command, which seals from now on. */
  async renew(): Promise<number> {
    if (this.#command === undefined) throw new Error('internal invariant broken: only with a command is a key made here');
    const key = randomBytes(KEY_BYTES);
    const keyId = keyEncryptionKeyId(key);
    const wrapped = await this.#command.wrap(key);
    await this.#database.query({ role: 'holdfast_publisher', mode: 'write' }, 'INSERT INTO key_encryption_keys (key_id, wrapped) VALUES ($1, $2)', [keyId, wrapped]);
    await this.#readWrapped();
    return this.keyId;
  }

  /** Takes wrapped keys away, but those in `needed` and the newest, once a newer one is so old that every instance seals with that. How many. */
  async forgetOthers(needed: readonly number[], graceMs: number): Promise<number> {
    const rows = await this.#database.query(
      { role: 'holdfast_publisher', mode: 'write' },
      `DELETE FROM key_encryption_keys k WHERE NOT key_id = ANY($1::bigint[])
       AND EXISTS (SELECT FROM key_encryption_keys newer WHERE newer.created_at > k.created_at AND newer.created_at < clock_timestamp() - $2::bigint * interval '1 millisecond') RETURNING key_id`,
      [[...needed], graceMs],
    );
    await this.#readWrapped();
    return rows.length;
  }

  async #readWrapped(): Promise<void> {
    const command = this.#command;
    if (command === undefined) return;
    const rows = await this.#database.query<{ readonly key_id: number; readonly wrapped: Buffer }>(
      { role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT key_id, wrapped FROM key_encryption_keys ORDER BY created_at DESC, key_id DESC');
    const known = new Map(this.#wrapped.map((one) => [one.keyId, one]));
    this.#wrapped = await Promise.all(rows.map(async ({ key_id: keyId, wrapped }) => known.get(keyId) ?? { keyId, key: checked(keyId, await command.unwrap(wrapped)) }));
  }

  #keys(): readonly Key[] {
    return this.#sealsWithGiven ? [...this.#given, ...this.#wrapped] : [...this.#wrapped, ...this.#given];
  }

  #box(): SecretBox {
    return createSecretBox(this.#keys());
  }
}

/** Whatever the program answered, a wrong key must not be used. */
function checked(keyId: number, key: Uint8Array): Uint8Array {
  if (key.length === KEY_BYTES && keyEncryptionKeyId(key) === keyId) return key;
  throw new HoldfastError({
    code: 'STORE_KEY_COMMAND_FAILED',
    source: 'control-plane',
    publicMessage: 'the program that keeps the key-encryption key failed',
    message: `the program of HOLDFAST_KEY_ENCRYPTION_COMMAND unwrapped another key than the one that was wrapped as ${keyId}; does it use the right key?`,
  });
}
