/**
 * Carries on the rotations of tenants' data keys, batch by batch with pauses, off everybody's way. Every instance has one; a row
 * lock lets one at a time work for a tenant, and each batch commits how far it got, so a killed one costs nothing. Started by
 * start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { KeyRotationStore } from '../store/key-rotation-store.ts';

export interface DataKeyRotatorOptions {
  readonly rotations: Pick<KeyRotationStore, 'list' | 'step'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK_EVERY_MS = 1_000;
/** After each batch, so that it takes a small part of what the database can do. */
const PAUSE_MS = 20;

export class DataKeyRotator {
  readonly #options: DataKeyRotatorOptions;
  readonly #stopping = Promise.withResolvers<void>();
  #next: TimerHandle | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #failing = false;

  constructor(options: DataKeyRotatorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#next = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#running = this.#look().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next?.cancel();
    this.#stopping.resolve();
    await this.#running;
  }

  async #look(): Promise<void> {
    const { rotations, log } = this.#options;
    const failures: unknown[] = [];
    try {
      for (const { tenantId, phase } of await rotations.list()) {
        // What one tenant's can't get past holds up no other's.
        if (phase !== 'done') await this.#goOn(tenantId).catch((thrown: unknown) => failures.push(thrown));
      }
    } catch (thrown) {
      failures.push(thrown);
    }
    if (failures.length > 0 && !this.#failing) log.warn({ event: 'data-keys-not-rotated', reason: describeThrown(failures[0]) }, 'a rotation of data keys could not go on; tried again every second');
    this.#failing = failures.length > 0;
  }

  async #goOn(tenantId: TenantId): Promise<void> {
    while (!this.#stopped && (await this.#options.rotations.step(tenantId)) === 'moved') await this.#pause();
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(PAUSE_MS, resolve);
    await Promise.race([promise, this.#stopping.promise]);
    timer.cancel();
  }
}
