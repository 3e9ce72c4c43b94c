/**
 * Notices two processes with one identity: a state folder that was copied, or stolen. They take the session from each other,
 * so a start of the process that was superseded comes back, again and again; a restart never does. The store counts it over
 * all control planes (data-plane-reports.ts); here it is said to the operator, and whoever loses stays away for longer
 * each time, so that the two do not flap at full speed. One per sync server.
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';

/** Returns within some minutes that are no accident any more. */
const RETURNS_OF_A_CLONE = 2;
const FORGOTTEN_AFTER_MS = 10 * 60_000;
const AWAY_MS = { first: 5_000, most: 10 * 60_000 };
/** Data planes that are remembered (R5); the one that was quiet longest goes first. */
const MOST_KEPT = 10_000;

interface Suspect {
  readonly returns: number;
  readonly atMs: number;
}

export class CloneWatch {
  readonly #clock: Clock;
  readonly #suspects = new Map<DataPlaneId, Suspect>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So often within some minutes did a superseded process come back. True where that makes two of them certain. */
  noteReturns(id: DataPlaneId, times: number): boolean {
    const returns = Math.max(times, this.#of(id)?.returns ?? 0);
    this.#keep(id, returns);
    return returns >= RETURNS_OF_A_CLONE;
  }

  /** One of two certain ones asked for the session of the other. Returns how long it has to stay away. */
  noteRefusal(id: DataPlaneId): number {
    this.#keep(id, (this.#of(id)?.returns ?? 0) + 1);
    return this.awayMs(id);
  }

  isCloned(id: DataPlaneId): boolean {
    return (this.#of(id)?.returns ?? 0) >= RETURNS_OF_A_CLONE;
  }

  /** For whoever loses its session to another one. */
  awayMs(id: DataPlaneId): number {
    return Math.min(AWAY_MS.first * 2 ** Math.min(this.#of(id)?.returns ?? 0, 20), AWAY_MS.most);
  }

  #of(id: DataPlaneId): Suspect | undefined {
    const suspect = this.#suspects.get(id);
    if (suspect === undefined || this.#clock.monotonicMs() - suspect.atMs < FORGOTTEN_AFTER_MS + AWAY_MS.most) return suspect;
    this.#suspects.delete(id);
    return undefined;
  }

  #keep(id: DataPlaneId, returns: number): void {
    this.#suspects.delete(id);
    const [quietest] = this.#suspects.keys();
    if (this.#suspects.size >= MOST_KEPT && quietest !== undefined) this.#suspects.delete(quietest);
    this.#suspects.set(id, { returns, atMs: this.#clock.monotonicMs() });
  }
}
