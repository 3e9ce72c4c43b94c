/**
 * The gateways that requests name, kept for a moment: an entity's own read or write needs only which gateway it is, and looking
 * that up cost as much as the read itself. Whatever needs a gateway's version or whether it is frozen asks for it anew. Called by
 * http-server.ts for every request that is inside a gateway.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { Gateway } from '../store/gateway-store.ts';
import { notFound } from './answer.ts';
import { DEFAULT_GATEWAY, type Caller } from './route.ts';
import type { Store } from '../store/store.ts';

/** How long a gateway that was renamed or deleted at another instance is still found by its old name here. */
const KNOWN_FOR_MS = 1_000;
const MOST_KNOWN = 10_000;

export class KnownGateways {
  readonly #gateways: Pick<Store['gateways'], 'findByName'>;
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, { readonly gateway: Gateway; readonly untilMs: number }>({ max: MOST_KNOWN });

  constructor(gateways: Pick<Store['gateways'], 'findByName'>, clock: Clock) {
    this.#gateways = gateways;
    this.#clock = clock;
  }

  /** Undefined asks for the tenant's default gateway; `mayBeOld` where only its id and name count. Throws a not-found Refusal. */
  async find({ tenantId }: Caller, name: string = DEFAULT_GATEWAY, mayBeOld = false): Promise<Gateway> {
    const key = `${tenantId} ${name}`;
    const known = mayBeOld ? this.#known.get(key) : undefined;
    if (known !== undefined && this.#clock.monotonicMs() < known.untilMs) return known.gateway;
    const gateway = await this.#gateways.findByName(tenantId, name);
    if (gateway === undefined) throw notFound();
    this.#known.set(key, { gateway, untilMs: this.#clock.monotonicMs() + KNOWN_FOR_MS });
    return gateway;
  }

  /** Gateways or tenants were changed here. */
  forgetAll(): void {
    this.#known.clear();
  }
}
