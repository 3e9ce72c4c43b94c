/**
 * The highest version this data plane ever accepted, in a small file of its own apart from the cache: it never goes
 * down, whatever is lost or rolled back elsewhere (S4). It carries the mark of our key, so an edited one is as good as a damaged
 * one, and an alarm. Read at start, raised by config-keeper.ts before every swap.
 */
import { compareVersions } from '../../shared/model/version.ts';
import { isSameConfig, parseVersionedRoot, type VersionedRoot } from '../config/versioned-root.ts';
import type { Disk } from './disk.ts';
import { SealedJson } from './sealed-json.ts';
import type { StateSeal } from './state-seal.ts';

export class HighestAccepted {
  readonly #file: SealedJson;
  #current: VersionedRoot | undefined;
  /** Why the file can't be believed, where there is one: whoever owns this raises an alarm. */
  readonly damage: string | undefined;

  private constructor(file: SealedJson, current: VersionedRoot | undefined, damage: string | undefined) {
    this.#file = file;
    this.#current = current;
    this.damage = damage;
  }

  static async open(disk: Disk, path: string, seal: StateSeal): Promise<HighestAccepted> {
    const file = new SealedJson(disk, path, seal);
    const stored = await file.read();
    const current = stored.kind === 'read' ? parseVersionedRoot(stored.value) : undefined;
    const damage = stored.kind === 'damaged' ? stored.reason : stored.kind === 'read' && current === undefined ? 'it names no version' : undefined;
    return new HighestAccepted(file, current, damage);
  }

  /** Undefined before the first. */
  get current(): VersionedRoot | undefined {
    return this.#current;
  }

  /** Resolves when it is durable. A version that is not higher changes nothing. */
  async raise({ version, contentRoot }: VersionedRoot): Promise<void> {
    const next = { version, contentRoot };
    if (isSameConfig(this.#current, next) || (this.#current !== undefined && compareVersions(version, this.#current.version) <= 0)) return;
    await this.#file.replace(next);
    this.#current = next;
  }

  /** Writes it anew, marked. */
  async seal(): Promise<void> {
    if (this.#current !== undefined) await this.#file.replace(this.#current);
  }
}
