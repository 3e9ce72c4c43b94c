/**
 * Which configuration each request is pinned to, and when nobody is pinned to an old one any more, so that its owner can
 * close what it no longer needs (R3).
 */
import { formatVersion } from '../../shared/model/version.ts';
import type { ActiveConfig } from '../config/active-config.ts';

export interface PinnedConfig {
  readonly config: ActiveConfig;
  /** Requests that run on it. */
  requests: number;
}

/** For log lines: the version that a request or stream ran on. */
export function configOf(pinned: PinnedConfig | undefined): { readonly config?: string } {
  return pinned === undefined ? {} : { config: formatVersion(pinned.config.version) };
}

export class PinnedConfigs {
  readonly #getConfig: () => ActiveConfig | undefined;
  readonly #released: (config: ActiveConfig) => void;
  #current: PinnedConfig | undefined;

  constructor(getConfig: () => ActiveConfig | undefined, released: (config: ActiveConfig) => void) {
    this.#getConfig = getConfig;
    this.#released = released;
  }

  /** Pins the configuration that serves now; undefined where there is none. Each pin needs one `unpin`. */
  pin(): PinnedConfig | undefined {
    this.refresh();
    if (this.#current !== undefined) this.#current.requests += 1;
    return this.#current;
  }

  /** Pins the same once more, for a request that another one leads to. */
  pinAgain(pinned: PinnedConfig): PinnedConfig {
    pinned.requests += 1;
    return pinned;
  }

  /** What serves now, for a look that lasts no longer than the call. */
  current(): ActiveConfig | undefined {
    this.refresh();
    return this.#current?.config;
  }

  unpin(pinned: PinnedConfig): void {
    pinned.requests -= 1;
    if (pinned.requests > 0) return;
    const wasCurrent = pinned === this.#current;
    this.refresh();
    if (!wasCurrent && pinned.config !== this.#current?.config) this.#released(pinned.config);
  }

  /** Notices a swap. Requests do so by themselves; an idle proxy needs somebody to ask. */
  refresh(): void {
    const config = this.#getConfig();
    const old = this.#current;
    if (config === old?.config) return;
    this.#current = config === undefined ? undefined : { config, requests: 0 };
    if (old !== undefined && old.requests === 0) this.#released(old.config);
  }
}
