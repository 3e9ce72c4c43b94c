/**
 * Keeps the catalogue of this process in step with the custom plugins that are registered in the database, by this instance or
 * another: looked at every two seconds, at once where one is registered here. While the database is away nothing changes. Owned by
 * start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { setCustomSchemas } from '../../shared/plugins/catalog.ts';
import { readSchemaDocument } from '../../shared/plugins/schema-document.ts';
import type { PluginStore, RegisteredPlugin } from '../store/plugin-store.ts';

const LOOK_EVERY_MS = 2_000;

export interface CustomPluginsOptions {
  readonly store: PluginStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export class CustomPlugins {
  readonly #options: CustomPluginsOptions;
  #timer: TimerHandle | undefined;
  #known: readonly RegisteredPlugin[] = [];
  #looking: Promise<void> | undefined;

  constructor(options: CustomPluginsOptions) {
    this.#options = options;
  }

  /** Throws where the database is away: an instance that does not know what there is would refuse what another took. */
  async start(): Promise<void> {
    await this.#read();
    this.#timer = this.#options.clock.every(LOOK_EVERY_MS, () => void this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** In the order of names, then of registration. */
  get known(): readonly RegisteredPlugin[] {
    return this.#known;
  }

  /** Undefined where it is not registered. */
  readonly hashOf = (name: string, version: string): string | undefined => this.#known.find((plugin) => plugin.name === name && plugin.version === version)?.hash;

  /** What is registered under the name and version now: this, or what was there before. Throws where the database is away. */
  async register(plugin: Omit<RegisteredPlugin, 'registeredAt'>): Promise<RegisteredPlugin> {
    const registered = await this.#options.store.register(plugin);
    await this.#read();
    return registered;
  }

  /** Whether there is more now than those `known` were. Never throws. */
  async grewSince(known: readonly RegisteredPlugin[]): Promise<boolean> {
    await this.#look();
    return this.#known.length > known.length;
  }

  async #look(): Promise<void> {
    this.#looking ??= this.#readIfGrown().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #readIfGrown(): Promise<void> {
    try {
      if ((await this.#options.store.count()) !== this.#known.length) await this.#read();
    } catch (thrown) {
      this.#options.log.debug({ event: 'custom-plugins-not-read', reason: describeThrown(thrown) }, 'the custom plugins could not be read');
    }
  }

  async #read(): Promise<void> {
    const { store, log } = this.#options;
    const registered = await store.list();
    // Two readings may end in the other order, and nothing is ever taken away.
    if (registered.length < this.#known.length) return;
    const schemas = registered.flatMap(({ name, version, schema }) => {
      const read = readSchemaDocument(schema);
      if (read.kind === 'schema') return [read.schema];
      log.error({ event: 'custom-plugin-unreadable', plugin: name, version, problems: read.problems.slice(0, 5) }, `the schema of plugin ${name} ${version} can't be read: was it registered by a newer version of this software? It can't be configured here`);
      return [];
    });
    setCustomSchemas(schemas);
    this.#known = registered;
  }
}
