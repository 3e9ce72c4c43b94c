/**
 * The highest version this data plane ever accepted, in a small file of its own apart from the cache: it never goes
 * down, whatever is lost or rolled back elsewhere (S4). Read at start, raised by config-keeper.ts before every swap.
 */
import { compareVersions } from '../../shared/model/version.ts';
import { isSameConfig, parseVersionedRoot, type VersionedRoot } from '../config/versioned-root.ts';
import type { Disk } from './disk.ts';
import { readJson, replaceJson } from './durable-file.ts';

export class HighestAccepted {
  readonly #disk: Disk;
  readonly #path: string;
  #current: VersionedRoot | undefined;
  /** True where there is a file and it can't be read: whoever owns this raises an alarm. */
  readonly damaged: boolean;

  private constructor(disk: Disk, path: string, current: VersionedRoot | undefined, damaged: boolean) {
    this.#disk = disk;
    this.#path = path;
    this.#current = current;
    this.damaged = damaged;
  }

  static async open(disk: Disk, path: string): Promise<HighestAccepted> {
    const current = parseVersionedRoot(await readJson(disk, path));
    const damaged = current === undefined && (await disk.read(path)) !== undefined;
    return new HighestAccepted(disk, path, current, damaged);
  }

  /** Undefined before the first. */
  get current(): VersionedRoot | undefined {
    return this.#current;
  }

  /** Resolves when it is durable. A version that is not higher changes nothing. */
  async raise({ version, contentRoot }: VersionedRoot): Promise<void> {
    const next = { version, contentRoot };
    if (isSameConfig(this.#current, next) || (this.#current !== undefined && compareVersions(version, this.#current.version) <= 0)) return;
    await replaceJson(this.#disk, this.#path, next);
    this.#current = next;
  }
}
