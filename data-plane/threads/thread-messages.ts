/**
 * What the agent thread and a proxy thread say to each other. A configuration is swapped in two phases: every thread
 * prepares it beside what it serves, then all commit; a refusal anywhere means that nobody commits.
 */
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { LevelsInForce } from '../../shared/log-areas.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { ExplainQuestion } from '../../shared/model/explain-question.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import type { PluginPackage } from '../../shared/plugin-kit/plugin-package.ts';
import type { CountedWindow } from '../../shared/wire/sync-message.ts';
import type { Quarantined } from '../config/compile-contract.ts';
import type { SocketIoSetting } from '../http1/handle-check.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import type { DownstreamTls, ListenerOptions } from '../listeners/listener-options.ts';
import type { MessageOptions } from '../proxy/message-options.ts';
import type { NodeFacts } from '../../shared/plugins/plugin-services.ts';
import type { TelemetryTable } from '../telemetry/thread-tables.ts';
import type { DnsServer } from '../upstreams/dns-client.ts';
import type { PeerChange } from '../upstreams/peer-health.ts';
import type { TargetsReport } from '../upstreams/upstream-control.ts';
import type { ThreadStats } from './proxy-totals.ts';
import type { LabelPair, RouteLabels } from './route-labels.ts';
import type { ThreadVitals } from './thread-vitals.ts';
import type { VaultValues } from '../vaults/vault-values.ts';

/** Given to a proxy thread when it starts. */
export interface ThreadData {
  readonly listeners: readonly ListenerOptions[];
  /** The ticket keys come in a message of their own, before `listen`. */
  readonly tls: Omit<DownstreamTls, 'ticketKeys'>;
  readonly reusePort: boolean;
  readonly trustedAddresses: readonly string[];
  /** Instead of those in resolv.conf; empty: those. */
  readonly dnsResolvers: readonly DnsServer[];
  readonly pluginFetchNetworks: readonly string[];
  readonly fileLogFolders: readonly string[];
  /** Labels may change (`node-labels`). */
  readonly node: NodeFacts;
  /** The custom plugins, which the agent has found to be ones. */
  readonly plugins: readonly PluginPackage[];
  readonly socketIo: SocketIoSetting;
  readonly limits: Partial<ProxyLimits>;
  readonly messages: MessageOptions;
  /** When load is shed. */
  readonly maxLoopDelayMs: number;
  readonly memoryLimitBytes: number;
  readonly softwareVersion: string;
  readonly logLevels: LevelsInForce;
  /** Shared counters of plugins (data-plane/counters). */
  readonly counters: SharedArrayBuffer;
  /** Keys of one usage table (data-plane/telemetry/usage-table.ts). */
  readonly usageKeys: number;
  /** Whether errors and slow requests are recorded where no plugin says what is. */
  readonly accessRecords: boolean;
  /** For compiled code. */
  readonly stateFolder: string;
}

export interface Prepare {
  readonly kind: 'prepare';
  readonly applyId: number;
  readonly version: ConfigVersion;
  readonly contentRoot: string;
  /** True: `parts` are a whole configuration and the changes after it. False: one part, the change from what the thread serves. */
  readonly reset: boolean;
  readonly parts: readonly SharedArrayBuffer[];
  readonly contentKeys: ContentKeyRing | undefined;
}

export type ToThread =
  | Prepare
  | { readonly kind: 'commit'; readonly applyId: number }
  | { readonly kind: 'discard'; readonly applyId: number }
  /** Once, after the first commit: no request meets a thread without a configuration. The ports of the listeners, in order. */
  | { readonly kind: 'listen'; readonly ports: readonly number[] }
  /** At the start of the thread, and again whenever they are replaced. */
  | { readonly kind: 'ticket-keys'; readonly keys: Uint8Array }
  /** What references to vaults stand for: for what is prepared from here on. */
  | { readonly kind: 'vault-values'; readonly values: VaultValues }
  /** What would become of this request? */
  | { readonly kind: 'explain'; readonly explainId: number; readonly question: ExplainQuestion }
  /** What are these routes and consumers called? For /metrics. */
  | { readonly kind: 'ask-labels'; readonly labelsId: number; readonly pairs: readonly LabelPair[] }
  /** What other threads found about the health of upstreams' targets. */
  | { readonly kind: 'peer-changes'; readonly changes: readonly PeerChange[] }
  /** Of its own lines, from now on. */
  | { readonly kind: 'log-levels'; readonly levels: LevelsInForce }
  /** The control plane says that these are the data plane's labels. */
  | { readonly kind: 'node-labels'; readonly labels: NodeFacts['labels'] }
  /** An operator empties caches of plugins: of one plugin entity or of all, under one key or all. */
  | { readonly kind: 'purge'; readonly pluginId: string | undefined; readonly key: string | undefined }
  /** Run the active checks, and report about targets. */
  | { readonly kind: 'lead' }
  /** `flushMs`: how long log plugins may take to send what they have, after the last request. */
  | { readonly kind: 'drain'; readonly acceptForMs: number; readonly boundMs: number; readonly flushMs: number };

export type FromThread =
  | { readonly kind: 'prepared'; readonly applyId: number; readonly quarantined: readonly Quarantined[] }
  | { readonly kind: 'refused'; readonly applyId: number; readonly code: string; readonly reasons: readonly string[] }
  | { readonly kind: 'committed'; readonly applyId: number }
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'listen-failed'; readonly reason: string }
  | { readonly kind: 'drained' }
  | { readonly kind: 'explained'; readonly explainId: number; readonly explanation: JsonObject }
  | { readonly kind: 'not-explained'; readonly explainId: number; readonly reason: string }
  | { readonly kind: 'labels'; readonly labelsId: number; readonly rows: readonly RouteLabels[] }
  /** The thread counts into this table from now on. */
  | { readonly kind: 'telemetry-table'; readonly table: TelemetryTable }
  | { readonly kind: 'stats'; readonly stats: ThreadStats; readonly vitals: ThreadVitals }
  /** Counts of the access records that the thread makes (data-plane/telemetry/record-outbox.ts); once, before the first. */
  | { readonly kind: 'record-counts'; readonly counts: SharedArrayBuffer }
  | { readonly kind: 'access-records'; readonly records: number; readonly bytes: Uint8Array }
  | { readonly kind: 'peer-change'; readonly change: PeerChange }
  /** All targets that it knows; from the thread that leads. */
  | { readonly kind: 'targets'; readonly report: TargetsReport }
  /** What was counted here for policy `cluster`, in windows where it changed. */
  | { readonly kind: 'cluster-counts'; readonly windows: readonly CountedWindow[] }
  /** One line of its logger, JSON. */
  | { readonly kind: 'log'; readonly line: string };
