/**
 * What goes into compile.ts and what comes out. The agent verifies a snapshot or delta (S3), each proxy thread then
 * compiles it in slices between requests and swaps one reference.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { PublishedEntities } from '../../shared/model/registry.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { PluginServices } from '../../shared/plugins/plugin-services.ts';
import type { RegisteredPlugin } from '../../shared/plugins/registered-plugin.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import type { VaultValues } from '../vaults/vault-values.ts';
import type { CompiledConfig } from './compiled-config.ts';

/** One entity that was put (`bytes`) or deleted (undefined). One of a kind that this version does not know is set aside and reported. */
export interface EntityChange {
  readonly kind: string;
  readonly id: string;
  /** The published encoding; not kept. */
  readonly bytes: Uint8Array | undefined;
}

export interface ConfigChange {
  readonly version: ConfigVersion;
  /** Merkle root over all entities after the change, lower-case hex. */
  readonly contentRoot: string;
  /** True for a snapshot: nothing of the base stays but the plugin instances whose entity is unchanged. */
  readonly reset: boolean;
  /** In any order; read once. */
  readonly changes: Iterable<EntityChange>;
  /** The gateway's content keys: the newest made the credentials' digests, each opens what it sealed. Undefined where there is none yet. */
  readonly contentKeys: ContentKeyRing | undefined;
  /** What references to vaults stand for now, of the base as well; undefined: nothing was looked up. */
  readonly vaultValues?: VaultValues;
}

/** Of a plugin entity. */
export interface PluginIdentity {
  readonly id: string;
  readonly name: string;
  /** Of the plugin, where the entity says one. */
  readonly version?: string | null;
  readonly consumerGroupId: string | undefined;
}

/** Services of one plugin instance, until they are released. */
export interface InstanceServices {
  readonly given: PluginServices;
  /** What the instance has taken in and not sent yet goes out, while it is not closed; bounded. Undefined where there is nothing to wait for. */
  settle?(): Promise<void> | undefined;
  /** Ends what the instance left running. Idempotent. */
  release(): void;
}

/** What a thread lends to its configurations. */
export interface CompileServices {
  /** Throws on bytes that are no entity of that kind. */
  readonly decodeEntity: <K extends EntityKind>(kind: K, bytes: Uint8Array) => PublishedEntities[K];
  /** What can be read of an entity that `decodeEntity` threw on; undefined where that is not enough to know what it is about. */
  readonly salvageEntity: <K extends EntityKind>(kind: K, bytes: Uint8Array) => PublishedEntities[K] | undefined;
  readonly plugins: ReadonlyMap<string, RegisteredPlugin>;
  readonly clock: { nowMs(): number };
  /** What one instance of a plugin is given (data-plane/plugin-services); to be released when the instance is closed, or could not be made. */
  readonly servicesOf: (plugin: PluginIdentity) => InstanceServices;
}

/** An entity that cannot be used, isolated (S6): what depends on it answers 503, the rest serves. */
export interface Quarantined {
  /** May be one that this version does not know. */
  readonly kind: string;
  readonly id: string;
  readonly code: QuarantineCode;
  /** For the operator, in the report to the control plane and in the log: what is wrong, and what to do about it. */
  readonly reason: string;
}

/** See ERRORS.md. Stable: clients and alarms go by them. */
export type QuarantineCode =
  | 'CONFIG_KIND_UNKNOWN' | 'CONFIG_ENTITY_UNREADABLE' | 'CONFIG_CONTENT_KEY_MISSING' | 'CONFIG_VAULT_UNRESOLVED' | 'CONFIG_VAULT_VALUE_INVALID' | 'CONFIG_PROTOCOL_UNSUPPORTED' | 'CONFIG_ROUTE_UNMATCHABLE'
  | 'CONFIG_TARGET_INVALID' | 'CONFIG_CERTIFICATE_UNUSABLE' | 'CONFIG_PLUGIN_UNKNOWN' | 'CONFIG_PLUGIN_SECRET_UNOPENED' | 'CONFIG_PLUGIN_FAILED' | 'CONFIG_REFERENCE_DANGLING'
  | 'CONFIG_PLUGIN_OUT_OF_PLACE' | 'CONFIG_PLUGIN_ORDER_CYCLE';

export type CompileResult =
  /** `quarantined` is of all of the configuration, not only of what the change brought; bounded (quarantine.ts). */
  | { readonly kind: 'compiled'; /** The caller's, to be released some day. */ readonly config: CompiledConfig; readonly quarantined: readonly Quarantined[] }
  /** Cannot be served safely; the base stays. Nothing is left to dispose of. */
  | { readonly kind: 'refused'; readonly problems: readonly Quarantined[] };
