/**
 * Who a request counts for, for the plugins that limit: the consumer, the credential, a header, …, or several of them together; where a
 * request has none of that, its address. Keys of clients that come again are kept, so that they need not be made and hashed anew.
 */
import { normalisePath } from '../model/normal-path.ts';
import { clientNetwork } from './client-network.ts';
import type { RequestContext } from '../plugins/contract.ts';
import type { CounterKey, PluginServices } from '../plugins/plugin-services.ts';

export type ClientKind = 'consumer' | 'credential' | 'ip' | 'service' | 'header' | 'path' | 'consumer-group';

export interface LimitedClientsOptions {
  /** What counts as one client; several: each combination. */
  readonly kinds: readonly [ClientKind, ...ClientKind[]];
  readonly headerName: string | null;
  readonly path: string | null;
  /** What stands in front of every key: the plugin entity, or what several of them share. */
  readonly space: string;
  /** Others meet the keys, so they are hashes: what a client sent is neither readable nor foreseeable there. */
  readonly areShared: boolean;
  readonly services: PluginServices;
}

/** Clients whose keys are kept, some 300 bytes each; beyond it all are forgotten. */
const REMEMBERED_CLIENTS = 32_768;
/** Keys that are hashes are made anew this often: the key of the hash may have been replaced, and data planes must agree. */
const HASHES_KEPT_MS = 30_000;

export class LimitedClients {
  readonly #options: LimitedClientsOptions;
  readonly #first: ClientKind;
  readonly #headerName: string;
  /** In the form that paths of requests have. */
  readonly #path: string | null;
  readonly #isCompound: boolean;
  /** By consumer, credential, service or address; not by what a header says, which may be a secret. */
  readonly #keys = new Map<string, CounterKey>();
  #keptUntilMs = -Infinity;

  constructor(options: LimitedClientsOptions) {
    this.#options = options;
    this.#first = options.kinds[0];
    this.#isCompound = options.kinds.length > 1;
    this.#path = options.path === null ? null : normalisePath(options.path);
    this.#headerName = (options.headerName ?? '').toLowerCase();
  }

  /** The kind stands in front of a client, so that none can pose as another by sending its id as a header. */
  keyOf(context: RequestContext): CounterKey {
    if (this.#isCompound) return this.#newKey(this.#compound(context));
    if (this.#options.areShared) this.#forgetOldHashes();
    const identity = this.#identity(this.#first, context);
    if (this.#first === 'header' && identity !== undefined) return this.#newKey(`header ${identity}`);
    // No id is an address, so the two share a map.
    const client = identity ?? context.request.clientAddress;
    const known = this.#keys.get(client);
    if (known !== undefined) return known;
    const key = this.#newKey(identity === undefined ? `ip ${clientNetwork(client)}` : `${this.#first} ${identity}`);
    if (this.#keys.size >= REMEMBERED_CLIENTS) this.#keys.clear();
    this.#keys.set(client, key);
    return key;
  }

  #forgetOldHashes(): void {
    const nowMs = this.#options.services.clock.monotonicMs();
    if (nowMs < this.#keptUntilMs) return;
    this.#keptUntilMs = nowMs + HASHES_KEPT_MS;
    this.#keys.clear();
  }

  /** Lengths keep a value from reaching into the next. */
  #compound(context: RequestContext): string {
    let text = '';
    for (const kind of this.#options.kinds) {
      const identity = kind === 'ip' ? clientNetwork(context.request.clientAddress) : this.#identity(kind, context);
      if (identity !== undefined) text += `${kind} ${identity.length} ${identity} `;
    }
    return text === '' ? `ip ${clientNetwork(context.request.clientAddress)}` : text;
  }

  #newKey(client: string): CounterKey {
    const { space, areShared, services } = this.#options;
    const text = `${space} ${client}`;
    return { text: areShared ? services.secrets.keyedHash(text) : text, known: undefined };
  }

  #identity(kind: ClientKind, context: RequestContext): string | undefined {
    switch (kind) {
      case 'consumer':
        return context.consumer?.id ?? context.credential?.id;
      case 'credential':
        return context.credential?.id;
      case 'service':
        return context.service?.id;
      case 'header':
        return context.request.header(this.#headerName);
      case 'path':
        return context.request.path === this.#path ? context.request.path : undefined;
      case 'consumer-group':
        return this.#options.services.consumerGroupId;
      case 'ip':
        return undefined;
    }
  }
}
