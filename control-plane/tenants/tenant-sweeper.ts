/**
 * Removes tenants whose grace period is over, in bounded steps with pauses between. Every instance has one; each step is a
 * transaction that holds the tenant, so two of them only take turns. Started by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantStore } from '../store/tenant-store.ts';

export interface TenantSweeperOptions {
  readonly tenants: Pick<TenantStore, 'listEnding' | 'removeSome'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export const SWEEP_EVERY_MS = 60_000;
/** Rows of one table in one step. */
const BATCH_ROWS = 1_000;
const PAUSE_MS = 50;

export class TenantSweeper {
  readonly #options: TenantSweeperOptions;
  readonly #stopping = Promise.withResolvers<void>();
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: TenantSweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.after(SWEEP_EVERY_MS, () => {
      this.#running = this.sweep().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#stopping.resolve();
    await this.#running;
  }

  /** Never throws: what could not be removed now is removed next time. */
  async sweep(): Promise<void> {
    const { tenants, log } = this.#options;
    try {
      for (const tenantId of await tenants.listEnding()) {
        while (!this.#stopped && !(await tenants.removeSome(tenantId, BATCH_ROWS))) await this.#pause();
        if (this.#stopped) return;
        log.warn({ event: 'tenant-removed', tenantId }, 'a tenant whose grace period was over is removed for good');
      }
    } catch (thrown) {
      log.warn({ event: 'tenant-not-removed', reason: describeThrown(thrown) }, 'a tenant could not be removed now');
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(PAUSE_MS, resolve);
    await Promise.race([promise, this.#stopping.promise]);
    timer.cancel();
  }
}
