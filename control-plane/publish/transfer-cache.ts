/**
 * Transfers that are packed and ready to be sent, up to a number of bytes: each is made once, also for those who ask while it
 * is being made, and found again by the hash of its bytes when one that was cut off goes on. Owned by publisher.ts.
 */
import { LRUCache } from 'lru-cache';
import type { GatewayId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { PackedTransfer } from './transfer-builder.ts';

/** As it was packed; its statements may have been signed with a key of before. */
export interface ReadyTransfer {
  readonly kind: 'snapshot' | 'delta';
  readonly gatewayId: GatewayId;
  /** Undefined for a snapshot. */
  readonly base: ConfigVersion | undefined;
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
  readonly manifestStatement: string;
  readonly packed: PackedTransfer;
  /** SHA-256 of the packed bytes, lower-case hex. */
  readonly wireHash: string;
}

export class TransferCache {
  readonly #ready: LRUCache<string, ReadyTransfer>;
  readonly #keyByHash = new Map<string, string>();
  readonly #pending = new Map<string, Promise<ReadyTransfer | undefined>>();

  constructor(maximumBytes: number) {
    this.#ready = new LRUCache({
      maxSize: maximumBytes,
      sizeCalculation: ({ packed, manifestStatement }) => packed.bytes.length + packed.transferStatement.length + manifestStatement.length,
      dispose: (transfer, key) => {
        if (this.#keyByHash.get(hashKey(transfer.gatewayId, transfer.wireHash)) === key) this.#keyByHash.delete(hashKey(transfer.gatewayId, transfer.wireHash));
      },
    });
  }

  get(key: string): ReadyTransfer | undefined {
    return this.#ready.get(key);
  }

  findByHash(gatewayId: GatewayId, wireHash: string): ReadyTransfer | undefined {
    const key = this.#keyByHash.get(hashKey(gatewayId, wireHash));
    return key === undefined ? undefined : this.#ready.get(key);
  }

  /** What is there under the key, else what `make` makes. `make` is called at once or not at all; undefined is not kept. */
  getOrMake(key: string, make: () => Promise<ReadyTransfer | undefined>): Promise<ReadyTransfer | undefined> {
    const ready = this.#ready.get(key);
    if (ready !== undefined) return Promise.resolve(ready);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const making = make()
      .then((made) => {
        if (made !== undefined) this.#keep(key, made);
        return made;
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, making);
    return making;
  }

  #keep(key: string, transfer: ReadyTransfer): void {
    this.#ready.set(key, transfer);
    // One that is too large for the whole cache was not kept.
    if (this.#ready.has(key)) this.#keyByHash.set(hashKey(transfer.gatewayId, transfer.wireHash), key);
  }
}

function hashKey(gatewayId: GatewayId, wireHash: string): string {
  return `${gatewayId} ${wireHash}`;
}
