/**
 * Looks at what the data planes of a scene say they serve, all the time: the highest accepted version never goes down, not
 * across restarts either (S4), what serves goes down only where a fault allows it, and a version has one content everywhere.
 */
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import type { DataPlaneProcess } from '../support/data-plane-process.ts';

const LOOK_EVERY_MS = 50;

export class VersionWatch {
  /** What should not be, in words. */
  readonly violations: string[] = [];
  /** Whether an older version may serve for a while: after a fall-back, or where the newest was destroyed on disk. */
  mayServeOlder = false;
  readonly #dataPlanes: () => readonly DataPlaneProcess[];
  readonly #highest = new Map<string, string>();
  readonly #served = new Map<string, string>();
  readonly #rootOf = new Map<string, string>();
  #over = false;
  #looking: Promise<void>;
  #looks = 0;

  constructor(dataPlanes: () => readonly DataPlaneProcess[]) {
    this.#dataPlanes = dataPlanes;
    this.#looking = this.#look();
  }

  get looks(): number {
    return this.#looks;
  }

  get versionsSeen(): number {
    return this.#rootOf.size;
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#over) {
      await Promise.all(this.#dataPlanes().map((dataPlane, index) => this.#lookAt(dataPlane, `data plane ${index}`)));
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #lookAt(dataPlane: DataPlaneProcess, name: string): Promise<void> {
    const status = await dataPlane.status().catch(() => undefined);
    if (status === undefined) return;
    this.#looks += 1;
    const { config, highest_accepted: highest } = status.holdfast ?? {};
    if (highest != null) this.#note(this.#highest, name, highest, 'S4: its highest accepted version went down');
    if (config == null) return;
    if (this.mayServeOlder) this.#served.delete(name);
    else this.#note(this.#served, name, config.version, 'what it serves went down');
    const root = this.#rootOf.get(config.version);
    if (root !== undefined && root !== config.content_root) this.violations.push(`${name} serves version ${config.version} with another content than was seen for it before`);
    this.#rootOf.set(config.version, config.content_root);
  }

  #note(known: Map<string, string>, name: string, version: string, what: string): void {
    const before = known.get(name);
    if (before !== undefined && compare(version, before) < 0) this.violations.push(`${name}: ${what}, from ${before} to ${version}`);
    known.set(name, version);
  }
}

/** A version as it is shown: `epoch.sequence`. */
export function parseShownVersion(shown: string): ConfigVersion {
  const [epoch = 0, sequence = 0] = shown.split('.').map(Number);
  return { epoch, sequence };
}

export function compare(a: string, b: string): number {
  return compareVersions(parseShownVersion(a), parseShownVersion(b));
}
