/**
 * The vaults of a data plane as the rest of the agent sees them: nothing of them is loaded before a configuration refers to one, because
 * most never do and a start has no time to lose (S2). Made by enrolled-parts.ts.
 */
import { mayRefer } from '../../shared/vaults/vault-reference.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { isSameConfig, type VersionedRoot } from '../config/versioned-root.ts';
import type { StartedVaults, VaultsOptions } from './start-vaults.ts';
import type { VaultView } from './vault-resolver.ts';
import type { VaultValues } from './vault-values.ts';

const NO_VALUES: VaultValues = new Map();

export class VaultsOnDemand {
  readonly #options: VaultsOptions;
  #started: StartedVaults | undefined;
  /** What was asked about last, while nothing referred to a vault. */
  #blank: VersionedRoot | undefined;

  constructor(options: VaultsOptions) {
    this.#options = options;
  }

  /** What the references of the configuration stand for, as far as it is known; the same map while nothing changed. One call at a time. */
  async valuesFor(content: ConfigContent): Promise<VaultValues> {
    if (this.#started === undefined && !this.#mayRefer(content)) return NO_VALUES;
    this.#started ??= await (await import('./start-vaults.ts')).startVaults(this.#options);
    await this.#started.resolver.prepareFor(content);
    return this.#started.resolver.values;
  }

  /** What is new since what was asked about last; of all where that is something else. */
  #mayRefer({ version, contentRoot, change, parts }: ConfigContent): boolean {
    const news = change !== undefined && isSameConfig(this.#blank, change.base) ? [change.packed] : parts;
    this.#blank = { version, contentRoot };
    return news.some((part) => mayRefer(new Uint8Array(part)));
  }

  /** What was asked about last serves. */
  committed(): void {
    this.#started?.resolver.committed();
  }

  view(): readonly VaultView[] {
    return this.#started?.resolver.view() ?? [];
  }

  async stop(): Promise<void> {
    await this.#started?.stop();
  }
}
