/**
 * Signed heads say what is newest, every minute, whether or not anything changed: that is how a data plane tells "nothing
 * new" from "kept in the dark". Only informs (status, metrics, staleness policy); it never stops serving by itself (S1).
 */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import { compareVersions, formatVersion } from '../../shared/model/version.ts';
import { refused, type Refusal } from '../../shared/trust/refusal.ts';
import { verifyStatement } from '../../shared/trust/statements.ts';
import { isCount, isRecord, parseVersionedRoot, type VersionedRoot } from '../config/versioned-root.ts';
import type { Disk } from '../state/disk.ts';
import { SealedJson } from '../state/sealed-json.ts';
import type { StateSeal } from '../state/state-seal.ts';
import type { Trust } from './trust-anchor.ts';

/** How far apart the two clocks may be. */
const CLOCK_SKEW_MS = 5 * 60_000;

export class HeadWatch {
  readonly #file: SealedJson;
  readonly #clock: Clock;
  #newest: VersionedRoot | undefined;
  #confirmedAtMs: number | undefined;
  #refusal: Refusal | undefined;

  private constructor(file: SealedJson, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** What can't be believed is as if there were none: it counts from the next head. */
  static async open(disk: Disk, path: string, clock: Clock, seal: StateSeal): Promise<HeadWatch> {
    const file = new SealedJson(disk, path, seal);
    const watch = new HeadWatch(file, clock);
    const record = await file.read();
    const stored = record.kind === 'read' ? record.value : undefined;
    if (isRecord(stored) && isCount(stored['confirmedAtMs'])) {
      watch.#confirmedAtMs = stored['confirmedAtMs'];
      watch.#newest = parseVersionedRoot(stored['newest']);
    }
    return watch;
  }

  /** The newest version a control plane has vouched for. */
  get newest(): VersionedRoot | undefined {
    return this.#newest;
  }

  /** Milliseconds since a control plane last vouched for what is newest; undefined where none ever did. */
  get ageMs(): number | undefined {
    return this.#confirmedAtMs === undefined ? undefined : Math.max(0, this.#clock.nowMs() - this.#confirmedAtMs);
  }

  /** Why the last head was refused; undefined where it held. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** True where a control plane last vouched for what is newest longer ago than this. Never where none ever did. */
  isStale(afterMs: number): boolean {
    return (this.ageMs ?? 0) > afterMs;
  }

  /** Writes what is known anew, marked. */
  async seal(): Promise<void> {
    if (this.#confirmedAtMs !== undefined) await this.#file.replaceLoosely(this.#stored());
  }

  /** Undefined where the head holds and is current. */
  async learn(statement: string, trust: Trust): Promise<Refusal | undefined> {
    this.#refusal = await this.#learn(statement, trust);
    return this.#refusal;
  }

  async #learn(statement: string, trust: Trust): Promise<Refusal | undefined> {
    const { keys, audience } = trust.publishKeys;
    const verified = await verifyStatement('head', statement, keys, audience);
    if (verified.kind === 'refused') return verified;
    const { epoch, sequence, contentRoot, expiresAt } = verified.claims;
    const version = { epoch, sequence };
    const lateMs = this.#clock.nowMs() - expiresAt;
    if (lateMs > CLOCK_SKEW_MS) return refused({ code: 'SYNC_HEAD_EXPIRED', reason: `the head expired ${Math.round(lateMs / 1000)} s ago: it was held back, or one of the clocks is wrong` });
    if (this.#newest !== undefined && compareVersions(version, this.#newest.version) < 0) {
      return refused({ code: 'SYNC_HEAD_OLDER', reason: `the head names ${formatVersion(version)}, ${formatVersion(this.#newest.version)} was named before` });
    }
    this.#newest = { version, contentRoot };
    this.#confirmedAtMs = this.#clock.nowMs();
    try {
      await this.#file.replaceLoosely(this.#stored());
    } catch (thrown) {
      return refused({ code: 'SYNC_HEAD_NOT_KEPT', reason: `the state folder can't be written: ${describeThrown(thrown)}` });
    }
    return undefined;
  }

  #stored(): object {
    return { newest: this.#newest, confirmedAtMs: this.#confirmedAtMs };
  }
}
