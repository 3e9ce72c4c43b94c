/**
 * The plugins of a configuration as they run. An instance is made once per entity and content and shared by all
 * configurations that have it; it is closed when the last of them lets go. A plugin that can't be made is replaced by one
 * that refuses every request: what it was to protect must never stand open (S6).
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { PluginInstance, PluginSchema, Verdict } from '../../shared/plugins/contract.ts';
import type { PluginServices } from '../../shared/plugins/plugin-services.ts';
import type { ContentSeal } from '../../shared/trust/content-seal.ts';
import type { ChainEntry } from './active-config.ts';
import type { CompileServices, InstanceServices, Quarantined, QuarantineCode } from './compile-contract.ts';
import type { Published } from './config-tables.ts';
import { PersistentMap } from './persistent-map.ts';
import { compileCondition } from './plugin-condition.ts';
import { openPluginConfig, withoutSecrets } from './plugin-secrets.ts';
import { orderingOf } from './plugin-order.ts';

export const STREAM_PROTOCOLS: ReadonlySet<string> = new Set(['tcp', 'tls', 'tls_passthrough']);

/** Behind every plugin: wherever a request joins the chain, for instance after authentication, this is still to come. */
const REPLACEMENT_PRIORITY = Number.MIN_SAFE_INTEGER;

export class HeldPlugin {
  readonly entity: Published<'plugins'>;
  readonly entry: ChainEntry;
  /** Set where the entry is a replacement. */
  readonly quarantined: Quarantined | undefined;
  /** Of stream routes it runs on, if it is on their path; also where it cannot be made, since then it closes them. */
  readonly streamProtocols: ReadonlySet<string>;
  readonly #bytes: Uint8Array;
  readonly #services: InstanceServices;
  #holders = 0;

  /** `problem`: why it could not be read whole. `seal` opens the secrets of its config. */
  constructor(entity: Published<'plugins'>, bytes: Uint8Array, services: CompileServices, problem: Quarantined | undefined, seal: ContentSeal | undefined) {
    this.entity = entity;
    // A copy: what is given may be a view of a whole snapshot, which must not stay in memory for it.
    this.#bytes = Uint8Array.from(bytes);
    this.#services = services.servicesOf({ id: entity.id, name: entity.name, version: entity.version, consumerGroupId: entity.consumer_group?.id });
    const made = makeEntry(entity, services.plugins, this.#services.given, problem, seal);
    this.entry = made.entry;
    this.quarantined = made.quarantined;
    this.streamProtocols = streamProtocolsOf(entity);
  }

  /** What it was made of; its own. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** True where these bytes would make the same instance. */
  isMadeOf(bytes: Uint8Array): boolean {
    return Buffer.compare(this.#bytes, bytes) === 0;
  }

  /** One more set has it. */
  hold(): void {
    this.#holders += 1;
  }

  /** One set less; closes after the last. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.close();
  }

  /** Requests come no more; what the instance has of them still goes out. */
  close(): void {
    const settled = this.#services.settle?.();
    if (settled === undefined) this.#closeNow();
    else void settled.then(() => this.#closeNow());
  }

  #closeNow(): void {
    try {
      this.entry.instance.close?.();
    } catch (thrown) {
      this.#services.given.log.warn('plugin-close-failed', { reason: describeThrown(thrown) });
    }
    this.#services.release();
  }
}

/** The plugins of one configuration, and of its successors for as long as no plugin changes: then holding costs nothing. */
export class PluginSet {
  readonly byId: PersistentMap<HeldPlugin>;
  #holders = 0;

  constructor(byId: PersistentMap<HeldPlugin> = new PersistentMap()) {
    this.byId = byId;
  }

  /** One more configuration has them. */
  hold(): void {
    this.#holders += 1;
    if (this.#holders === 1) for (const plugin of this.byId.values()) plugin.hold();
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) for (const plugin of this.byId.values()) plugin.release();
  }
}

/** Those that it names; none where it is for certain clients or requests, of whom nothing is known on a stream. */
function streamProtocolsOf({ protocols, consumer, consumer_group: group, condition }: Published<'plugins'>): ReadonlySet<string> {
  return new Set(consumer === null && group === null && condition === null ? protocols.filter((protocol) => STREAM_PROTOCOLS.has(protocol)) : []);
}

/** Stream protocols that it names and that this version of the plugin does not have: without it they would stand open. */
function protocolsInVain(entity: Published<'plugins'>, schema: PluginSchema, instance: PluginInstance): readonly string[] {
  const runsOnStreams = typeof instance.stream === 'function';
  return [...streamProtocolsOf(entity)].filter((protocol) => !runsOnStreams || !schema.protocols.some((known) => known === protocol));
}

interface MadeEntry {
  readonly entry: ChainEntry;
  readonly quarantined: Quarantined | undefined;
}

function makeEntry(entity: Published<'plugins'>, plugins: CompileServices['plugins'], services: PluginServices, problem: Quarantined | undefined, seal: ContentSeal | undefined): MadeEntry {
  const { id, name, version } = entity;
  const plugin = plugins.get(version === null ? name : `${name}@${version}`);
  // Nobody asks a disabled plugin anything, so it needs neither an instance nor to be known.
  if (!entity.enabled) return { entry: { pluginId: id, name, priority: REPLACEMENT_PRIORITY, ordering: undefined, condition: undefined, instance: {} }, quarantined: undefined };
  if (problem !== undefined) return replaced(entity, problem);
  if (plugin === undefined) {
    const reason = `plugin ${name}${version === null ? '' : ` ${version}`} is not known to this data plane (known: ${[...plugins.keys()].join(', ')}): upgrade it or, where it is a custom plugin, name its folder in HOLDFAST_PLUGINS; or remove or disable the plugin`;
    return replaced(entity, { kind: 'plugins', id, code: 'CONFIG_PLUGIN_UNKNOWN', reason });
  }
  const opened = openPluginConfig(entity, seal);
  if (opened.kind === 'closed') return replaced(entity, opened.problem);
  try {
    const condition = entity.condition === null ? undefined : compileCondition(entity.condition);
    const instance = plugin.create(opened.config, services);
    const vain = protocolsInVain(entity, plugin.schema, instance);
    if (vain.length > 0) {
      instance.close?.();
      throw new Error(`it does not run on ${vain.join(', ')}`);
    }
    return { entry: { pluginId: id, name, priority: plugin.schema.priority, ordering: orderingOf(entity), condition, instance }, quarantined: undefined };
  } catch (thrown) {
    const reason = withoutSecrets(thrown instanceof HoldfastError ? `${thrown.code}: ${thrown.message}` : describeThrown(thrown), opened.secrets);
    return replaced(entity, { kind: 'plugins', id, code: 'CONFIG_PLUGIN_FAILED', reason: `plugin ${name} ${plugin.schema.version} could not be made: ${reason}; correct its config, or upgrade this data plane if the config is for a newer version` });
  }
}

/** Neither ordering nor condition: it refuses whatever they said. */
function replaced({ id, name }: Published<'plugins'>, quarantined: Quarantined): MadeEntry {
  return { entry: refusingEntry(id, name, quarantined.code), quarantined };
}

/** In the place of plugins that can't be: refuses every request that comes to it. */
export function refusingEntry(pluginId: string, name: string, code: QuarantineCode): ChainEntry {
  const refusal: Verdict = { kind: 'respond', status: 503, message: 'The upstream server is currently unavailable', headers: [['X-Holdfast-Error', code]] };
  return { pluginId, name, priority: REPLACEMENT_PRIORITY, ordering: undefined, condition: undefined, instance: { requestHead: () => refusal, upstreamRequest: () => refusal } };
}

/** True for what `refusingEntry` made: whoever had a turn under its name, its own is still to come, because its chain may hold nobody else. */
export function isRefusing({ priority }: ChainEntry): boolean {
  return priority === REPLACEMENT_PRIORITY;
}

