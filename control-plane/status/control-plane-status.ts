/**
 * Gathers what a control plane tells of itself, from the first moment of its start to the last of its end. Made by
 * start-control-plane.ts, which hands it the parts once all of them run.
 */
import { hostname } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import type { Lifecycle } from '../../shared/lifecycle.ts';
import { ProcessVitals } from '../../shared/process-vitals.ts';
import type { ControlPlaneView, PartsView } from './control-plane-view.ts';

export interface ControlPlaneStatusOptions {
  readonly softwareVersion: string;
  /** Says that everything is being stopped. */
  readonly lifecycle: Pick<Lifecycle, 'stopping'>;
  readonly clock: Clock;
  readonly kongMetrics: boolean;
}

export class ControlPlaneStatus {
  readonly #options: ControlPlaneStatusOptions;
  readonly #startedAtMs: number;
  readonly #vitals: ProcessVitals;
  #parts: PartsView | undefined;

  constructor(options: ControlPlaneStatusOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    this.#vitals = new ProcessVitals(options.clock);
  }

  /** From now on it is ready. */
  serving(parts: PartsView): void {
    this.#parts = parts;
  }

  view(): ControlPlaneView {
    const { softwareVersion, lifecycle, clock } = this.#options;
    const vitals = this.#vitals;
    return {
      softwareVersion,
      hostname: hostname(),
      startedAtMs: this.#startedAtMs,
      nowMs: clock.nowMs(),
      phase: lifecycle.stopping ? 'stopping' : this.#parts === undefined ? 'starting' : 'serving',
      // Read by those who tell of it: a probe every second need not count file descriptors.
      get process() { return vitals.view(); },
      parts: this.#parts,
      monotonicMs: clock.monotonicMs(),
      kongMetrics: this.#options.kongMetrics,
    };
  }

  stop(): void {
    this.#vitals.stop();
  }
}
