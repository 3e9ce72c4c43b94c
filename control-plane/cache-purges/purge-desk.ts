/**
 * Orders to empty the caches of data planes (proxy-cache): stored, told to all data planes of the gateway that are connected here, and
 * found by the other instances of the control plane within two seconds. A data plane that connects is told what is remembered; what of
 * it is news to it, it knows itself. Owned by start-control-plane.ts; sessions join after Welcome.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { GatewayId } from '../../shared/model/ids.ts';
import type { CachePurges } from '../../shared/wire/sync-message.ts';
import type { CachePurgeStore, PurgeOrder } from '../store/cache-purge-store.ts';
import type { Actor, GatewayScope } from '../store/scope.ts';

/** A session that takes such orders. */
export interface PurgedSession {
  readonly identity: { readonly gatewayId: GatewayId };
  sendPurges(purges: CachePurges): void;
}

export interface PurgeDeskOptions {
  readonly store: CachePurgeStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export const LOOK_EVERY_MS = 2_000;
/** What an instance with another clock, or a slow transaction, wrote is looked for this far back. */
const LOOK_BACK_MS = 60_000;

interface Gateway {
  readonly sessions: Set<PurgedSession>;
  /** Undefined while it was not read yet. */
  known: CachePurges | undefined;
}

export class PurgeDesk {
  readonly #options: PurgeDeskOptions;
  readonly #gateways = new Map<GatewayId, Gateway>();
  readonly #timer: TimerHandle;
  #looking = false;
  /** What was written before was found, or read for who joined since. */
  #lookedAtMs: number;

  constructor(options: PurgeDeskOptions) {
    this.#options = options;
    this.#lookedAtMs = options.clock.nowMs();
    this.#timer = options.clock.every(LOOK_EVERY_MS, () => void this.#look());
  }

  /** False where there is no such gateway. Throws where the database is away: an order that could be lost is none. */
  async order(scope: GatewayScope, order: PurgeOrder, actor: Actor): Promise<boolean> {
    const purges = await this.#options.store.add(scope, order, actor);
    if (purges === undefined) return false;
    this.#learn(scope.gatewayId, purges);
    return true;
  }

  /** After Welcome. */
  join(session: PurgedSession): void {
    const { gatewayId } = session.identity;
    const known = this.#gateways.get(gatewayId);
    if (known !== undefined) {
      known.sessions.add(session);
      if (known.known !== undefined) tell(session, known.known);
      return;
    }
    this.#gateways.set(gatewayId, { sessions: new Set([session]), known: undefined });
    void this.#read(gatewayId);
  }

  leave(session: PurgedSession): void {
    const { gatewayId } = session.identity;
    const gateway = this.#gateways.get(gatewayId);
    gateway?.sessions.delete(session);
    if (gateway?.sessions.size === 0) this.#gateways.delete(gatewayId);
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** One query, whatever the number of gateways; nothing where there are no data planes. */
  async #look(): Promise<void> {
    const { store, clock } = this.#options;
    if (this.#looking || this.#gateways.size === 0) return;
    this.#looking = true;
    const nowMs = clock.nowMs();
    try {
      for (const { gatewayId, purges } of await store.since(Math.min(nowMs, this.#lookedAtMs) - LOOK_BACK_MS)) this.#learn(gatewayId, purges);
      this.#lookedAtMs = nowMs;
    } catch (thrown) {
      this.#notRead(thrown);
    } finally {
      this.#looking = false;
    }
    for (const [gatewayId, { known }] of [...this.#gateways]) if (known === undefined) await this.#read(gatewayId);
  }

  async #read(gatewayId: GatewayId): Promise<void> {
    try {
      this.#learn(gatewayId, await this.#options.store.of({ gatewayId }));
    } catch (thrown) {
      this.#notRead(thrown);
    }
  }

  #learn(gatewayId: GatewayId, purges: CachePurges): void {
    const gateway = this.#gateways.get(gatewayId);
    if (gateway === undefined || (gateway.known !== undefined && newestOf(purges) <= newestOf(gateway.known))) return;
    gateway.known = purges;
    for (const session of gateway.sessions) tell(session, purges);
  }

  #notRead(thrown: unknown): void {
    this.#options.log.debug({ event: 'cache-purges-not-read', reason: describeThrown(thrown) }, 'what operators emptied of caches could not be read; tried again soon');
  }
}

function tell(session: PurgedSession, purges: CachePurges): void {
  if (purges.purges.length > 0) session.sendPurges(purges);
}

function newestOf({ purges }: CachePurges): number {
  return purges.at(-1)?.atMs ?? -1;
}
