/**
 * Which release of a gateway is the newest, and since when this instance can't be sure any more: one that stood still, or whose
 * database is away, asks before it says anything. Sessions hear of each release once, and not before it is known to be the newest.
 * Owned by one gateway-publisher.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { compareVersions, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import type { Release } from '../store/release-store.ts';

/** The feed looks every second; whoever has not looked for so long may have been overtaken. */
const CURRENT_FOR_MS = 5_000;
/** Asking the database took too long each time. */
const ATTEMPTS = 3;

/** On both clocks of the process. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}

export interface NewestReleaseOptions {
  readonly readNewest: () => Promise<Release | undefined>;
  /** Every head that had moved until then was reported to noteHead. */
  readonly caughtUpAt: () => Moment | undefined;
  /** Something was learned. */
  readonly onLearned: () => void;
  /** Told once for each release that is newest. */
  readonly onRelease: (release: Release) => void;
  readonly clock: Clock;
}

export class NewestRelease {
  readonly #options: NewestReleaseOptions;
  #head: ConfigVersion = NO_VERSION;
  #release: Release | undefined;
  #told: ConfigVersion = NO_VERSION;
  /** When the store last said that this release is the newest one. */
  #confirmed: Moment | undefined;
  #confirming: Promise<void> | undefined;

  constructor(options: NewestReleaseOptions) {
    this.#options = options;
  }

  /** As far as is known. */
  get release(): Release | undefined {
    return this.#release;
  }

  noteHead(head: ConfigVersion): void {
    this.#head = head;
  }

  /**
   * The newest release; undefined where nothing was published yet. Asks the store where this instance can't know, at first and
   * after a standstill. Throws PUBLISH_NOT_CURRENT where the answers take too long to still be true.
   */
  async read(): Promise<Release | undefined> {
    return (await this.readAsOf()).release;
  }

  /** With the moment at which it was known to be that, for statements that say so. */
  async readAsOf(): Promise<{ readonly release: Release | undefined; readonly moment: Moment }> {
    for (let attempt = 0; attempt <= ATTEMPTS; attempt += 1) {
      const moment = this.#currentAt();
      if (moment !== undefined) return { release: this.#release, moment };
      await (this.#confirming ??= this.confirm().finally(() => (this.#confirming = undefined)));
    }
    throw new HoldfastError({ code: 'PUBLISH_NOT_CURRENT', source: 'control-plane', retryable: true, publicMessage: 'the database is too slow to tell which configuration is newest' });
  }

  /** For who is about to publish: the last known one serves, because the store decides; but it must have been read, and told. */
  async readToFollow(): Promise<Release | undefined> {
    if (this.#confirmed === undefined || (this.#isUntold() && this.#currentAt() === undefined)) await this.confirm();
    this.#tell();
    return this.#release;
  }

  /** Asks the store. */
  async confirm(): Promise<void> {
    const moment = momentOf(this.#options.clock);
    this.adopt(await this.#options.readNewest(), moment);
  }

  /** What is known may be wrong: the store is asked before it is used again. */
  forget(): void {
    this.#confirmed = undefined;
  }

  /** From here on this is the newest release, unless a newer one came while this one was read. `moment`: it was the newest then. */
  adopt(release: Release | undefined, moment: Moment | undefined): void {
    if (compareVersions(release?.version ?? NO_VERSION, this.#release?.version ?? NO_VERSION) > 0) this.#release = release;
    if (moment === undefined || moment.monotonicMs > (this.#confirmed?.monotonicMs ?? -Infinity)) this.#confirmed = moment;
    this.#options.onLearned();
    this.#tell();
  }

  /** Undefined where others may have published without our knowing. */
  #currentAt(): Moment | undefined {
    const isAtHead = this.#confirmed !== undefined && compareVersions(this.#release?.version ?? NO_VERSION, this.#head) >= 0;
    const caughtUp = isAtHead ? this.#options.caughtUpAt() : undefined;
    const moment = caughtUp !== undefined && caughtUp.monotonicMs > (this.#confirmed?.monotonicMs ?? 0) ? caughtUp : this.#confirmed;
    return moment !== undefined && this.#options.clock.monotonicMs() - moment.monotonicMs < CURRENT_FOR_MS ? moment : undefined;
  }

  #tell(): void {
    const release = this.#release;
    if (release === undefined || !this.#isUntold() || this.#currentAt() === undefined) return;
    this.#told = release.version;
    this.#options.onRelease(release);
  }

  #isUntold(): boolean {
    return compareVersions(this.#release?.version ?? NO_VERSION, this.#told) > 0;
  }
}
