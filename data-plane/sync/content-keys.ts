/**
 * The gateway's content keys as they were wrapped to this data plane: kept wrapped on disk beside the cache, so that a
 * restart without a control plane can use what it has (S2), and useless without our private key (T2).
 */
import type { KeyObject } from 'node:crypto';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { unwrapContentKey } from '../../shared/trust/content-key.ts';
import type { ContentKey, ContentKeyRing } from '../../shared/trust/content-seal.ts';
import type { DataPlaneIdentity } from '../../shared/trust/identity.ts';
import type { WrappedKey } from '../../shared/wire/sync-message.ts';
import { isCount, isRecord } from '../config/versioned-root.ts';
import type { Disk } from '../state/disk.ts';
import { readJson, replaceJson } from '../state/durable-file.ts';

export interface ContentKeysOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly privateKey: KeyObject;
  readonly identity: DataPlaneIdentity;
  readonly log: Logger;
}

/** As many as slots of the cache and one more. */
const MOST_KEYS = 4;

export class ContentKeys {
  readonly #options: ContentKeysOptions;
  #wrapped: readonly WrappedKey[] = [];
  #ring: ContentKeyRing | undefined;

  private constructor(options: ContentKeysOptions) {
    this.#options = options;
  }

  static async open(options: ContentKeysOptions): Promise<ContentKeys> {
    const keys = new ContentKeys(options);
    const stored = await readJson(options.disk, options.path);
    if (Array.isArray(stored)) keys.#use(stored.map(parseWrapped).filter((wrapped) => wrapped !== undefined));
    return keys;
  }

  /** Undefined where the gateway has no key yet. Secret. */
  get ring(): ContentKeyRing | undefined {
    return this.#ring;
  }

  /**
   * Takes the keys of a Welcome or Trust; true where the ring is another one now. Those known stay beside them: what is served or
   * cached may stand under a key that was retired, or that a control plane restored from an old backup knows nothing of.
   * Resolves when they are durable; a full disk is logged and no reason to stop.
   */
  async learn(wrapped: readonly WrappedKey[]): Promise<boolean> {
    const before = this.#ring;
    this.#use(wrapped);
    if (this.#ring === before) return false;
    const { disk, path, log } = this.#options;
    await replaceJson(disk, path, this.#wrapped.map(formatWrapped)).catch((thrown: unknown) => {
      log.error({ event: 'content-keys-not-written', reason: describeThrown(thrown) }, 'the content keys could not be written: a restart needs a control plane');
    });
    return true;
  }

  #use(all: readonly WrappedKey[]): void {
    const { tenantId, gatewayId } = this.#options.identity;
    const told = newestOf(all);
    const newest = Math.max(...told.map(({ keyId }) => keyId));
    const opened = told.flatMap((one) => this.#unwrap(one) ?? []);
    // Without the newest, credentials could not be recognised: what was there is better.
    if (!opened.some(({ keyId }) => keyId === newest)) return;
    const isTold = ({ keyId }: { readonly keyId: number }): boolean => told.some((one) => one.keyId === keyId);
    const known = this.#ring?.keys ?? [];
    const keys = newestOf([...opened, ...known.filter((key) => !isTold(key))]);
    // Wrapped anew at every Welcome: only a key that is not known is worth a write.
    if (keys.length === known.length && keys.every(({ key }, index) => Buffer.from(key).equals(known[index]?.key ?? Buffer.alloc(0)))) return;
    this.#ring = { tenantId, gatewayId, keys };
    this.#wrapped = newestOf([...told, ...this.#wrapped.filter((one) => !isTold(one))]);
  }

  #unwrap(wrapped: WrappedKey): ContentKey | undefined {
    const { privateKey, identity, log } = this.#options;
    try {
      return { keyId: wrapped.keyId, key: unwrapContentKey({ wrapped, privateKey, identity }) };
    } catch (thrown) {
      log.error({ event: 'content-key-unusable', keyId: wrapped.keyId, reason: describeThrown(thrown) }, `content key ${wrapped.keyId} can't be unwrapped: ${describeThrown(thrown)}`);
      return undefined;
    }
  }
}

function newestOf<K extends { readonly keyId: number }>(keys: readonly K[]): readonly K[] {
  return keys.toSorted((a, b) => b.keyId - a.keyId).slice(0, MOST_KEYS);
}

function formatWrapped({ keyId, ephemeralPublicKey, nonce, ciphertext }: WrappedKey): object {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return { keyId, ephemeralPublicKey: text(ephemeralPublicKey), nonce: text(nonce), ciphertext: text(ciphertext) };
}

function parseWrapped(value: unknown): WrappedKey | undefined {
  if (!isRecord(value)) return undefined;
  const { keyId, ephemeralPublicKey, nonce, ciphertext } = value;
  if (!isCount(keyId) || typeof ephemeralPublicKey !== 'string' || typeof nonce !== 'string' || typeof ciphertext !== 'string') return undefined;
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
  return { keyId, ephemeralPublicKey: bytes(ephemeralPublicKey), nonce: bytes(nonce), ciphertext: bytes(ciphertext) };
}
