/**
 * The highest version this data plane ever accepted, in a small file of its own apart from the cache: it never goes
 * down, whatever is lost or rolled back elsewhere (S4). It carries the mark of our key, so an edited one is as good as a damaged
 * one, and an alarm. Read at start, raised by config-keeper.ts before every swap.
 */
import { compareVersions } from '../../shared/model/version.ts';
import type { ContentProof } from '../config/config-content.ts';
import { isRecord, isSameConfig, parseVersionedRoot, type VersionedRoot } from '../config/versioned-root.ts';
import type { Disk } from './disk.ts';
import { SealedJson } from './sealed-json.ts';
import type { StateSeal } from './state-seal.ts';

export interface AcceptedConfig extends VersionedRoot {
  /** Shown to a control plane that knows of nothing so new; '' in the record of an earlier release. */
  readonly manifestStatement: string;
}

export class HighestAccepted {
  readonly #file: SealedJson;
  #current: AcceptedConfig | undefined;
  /** Why the file can't be believed, where there is one: whoever owns this raises an alarm. */
  readonly damage: string | undefined;

  private constructor(file: SealedJson, current: AcceptedConfig | undefined, damage: string | undefined) {
    this.#file = file;
    this.#current = current;
    this.damage = damage;
  }

  static async open(disk: Disk, path: string, seal: StateSeal): Promise<HighestAccepted> {
    const file = new SealedJson(disk, path, seal);
    const stored = await file.read();
    const current = stored.kind === 'read' ? parseAccepted(stored.value) : undefined;
    const damage = stored.kind === 'damaged' ? stored.reason : stored.kind === 'read' && current === undefined ? 'it names no version' : undefined;
    return new HighestAccepted(file, current, damage);
  }

  /** Undefined before the first. */
  get current(): AcceptedConfig | undefined {
    return this.#current;
  }

  /** Resolves when it is durable. A version that is not higher changes nothing, but for a proof that was missing. */
  async raise({ version, contentRoot, proof }: VersionedRoot & { readonly proof: Pick<ContentProof, 'manifestStatement'> }): Promise<void> {
    const next = { version, contentRoot, manifestStatement: proof.manifestStatement };
    const known = this.#current;
    const isHigher = known === undefined || compareVersions(version, known.version) > 0;
    if (!isHigher && !(isSameConfig(known, next) && known.manifestStatement === '')) return;
    await this.#file.replace(next);
    this.#current = next;
  }

  /** Writes it anew, marked. */
  async seal(): Promise<void> {
    if (this.#current !== undefined) await this.#file.replace(this.#current);
  }
}

function parseAccepted(value: unknown): AcceptedConfig | undefined {
  const config = parseVersionedRoot(value);
  if (config === undefined || !isRecord(value)) return undefined;
  const { manifestStatement } = value;
  return { ...config, manifestStatement: typeof manifestStatement === 'string' ? manifestStatement : '' };
}
