/**
 * Raises an alarm for a connected data plane that lacks a release for too long, refused one or fell back, and ends it when that
 * is over (C1). Every control-plane instance looks, and the database holds one open alarm for each condition, so nobody has to be
 * the leader. Started by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { compareVersions, formatVersion, NO_VERSION } from '../../shared/model/version.ts';
import { NAMED_AT_MOST, type DriftKind, type DriftStore, type NewDrift } from '../store/drift-store.ts';
import type { Alarms } from './alarm-desk.ts';

export interface DriftWatchOptions {
  readonly drift: DriftStore;
  readonly alarms: Alarms;
  /** How long a connected data plane may lack a release. */
  readonly afterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Each as ERRORS.md lists it. */
const CODES: Readonly<Record<DriftKind, { readonly code: string }>> = {
  behind: { code: 'FLEET_BEHIND' },
  rejected: { code: 'FLEET_REJECTED' },
  'fell-back': { code: 'FLEET_FELL_BACK' },
  many: { code: 'FLEET_LARGELY_BEHIND' },
};
const LONGEST_INTERVAL_MS = 15_000;
const SHORTEST_INTERVAL_MS = 250;

export class DriftWatch {
  readonly #options: DriftWatchOptions;
  readonly #timer: TimerHandle;
  #looking: Promise<void> | undefined;
  #failing = false;

  constructor(options: DriftWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.every(Math.min(LONGEST_INTERVAL_MS, Math.max(SHORTEST_INTERVAL_MS, options.afterMs / 4)), () => void this.look());
  }

  /** One look at a time; never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#timer.cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { drift, alarms, afterMs, log } = this.#options;
    try {
      const { begun, over } = await drift.compare(afterMs, { behind: CODES.behind.code, rejected: CODES.rejected.code, 'fell-back': CODES['fell-back'].code, many: CODES.many.code });
      for (const one of begun) alarms.raise(one, { ...CODES[one.kind], dataPlaneId: one.dataPlaneId, detail: describe(one, afterMs) });
      for (const one of over) alarms.settle(one, { ...CODES[one.kind], dataPlaneId: one.dataPlaneId });
      this.#failing = false;
    } catch (thrown) {
      if (!this.#failing) log.warn({ event: 'drift-not-read', reason: describeThrown(thrown) }, 'the fleets could not be compared with their releases; tried again soon');
      this.#failing = true;
    }
  }
}

function describe({ kind, hostname, applied, missing, reason, drifting }: NewDrift, afterMs: number): string {
  const serves = compareVersions(applied, NO_VERSION) === 0 ? 'nothing' : formatVersion(applied);
  switch (kind) {
    case 'behind':
      return `${hostname} is connected and serves ${serves}; ${formatVersion(missing)} has been there for more than ${Math.round(afterMs / 1000)} s${reason === '' ? '' : ` (${reason})`}`;
    case 'rejected':
      return `${hostname} refused ${formatVersion(missing)} and serves ${serves}: ${reason}`;
    case 'fell-back':
      return `${hostname} fell back from ${formatVersion(missing)} and serves ${serves}: ${reason}`;
    case 'many':
      return `${drifting} connected data planes do not serve what they should, more than are named one by one (${NAMED_AT_MOST}); see the convergence of ${formatVersion(missing)}`;
  }
}
