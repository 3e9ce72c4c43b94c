/**
 * What createProxy takes and gives. Called by whoever hosts a proxy: a proxy thread of the data plane, the bench, tests.
 * One proxy is one event loop: nothing in it is shared between threads.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { ActiveConfig } from '../config/active-config.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import type { DownstreamTls, ListenerOptions } from '../listeners/listener-options.ts';
import type { SocketIoKind } from '../http1/wire-socket.ts';
import type { RecordSink } from '../telemetry/record-outbox.ts';
import type { RequestRecorder } from '../telemetry/request-recorder.ts';
import type { HealthSharing } from '../upstreams/peer-health.ts';
import type { LookUp } from '../upstreams/resolve-address.ts';
import type { UpstreamControl } from '../upstreams/upstream-control.ts';
import type { MessageOptions } from './message-options.ts';
import type { MemoryGauge, OverloadLimits } from './overload.ts';

export interface ProxyOptions {
  /** Asked once at the start of each request, which is pinned to the answer (R3). Undefined: nothing to serve yet, 503. */
  readonly getConfig: () => ActiveConfig | undefined;
  readonly listeners: readonly ListenerOptions[];
  /** Needed where one of them ends TLS. */
  readonly tls?: DownstreamTls;
  /** Shares the ports with other listeners that say so too (SO_REUSEPORT). */
  readonly reusePort: boolean;
  readonly recorder: RequestRecorder;
  /** Takes access records; absent where nobody wants any. */
  readonly records?: RecordSink;
  readonly log: Logger;
  readonly clock: Clock;
  /** How sockets are read and written; `documented` by default, `handle` only after the check in http1/handle-check.ts. */
  readonly socketIo?: SocketIoKind;
  /** What is left out takes DEFAULT_PROXY_LIMITS. */
  readonly limits?: Partial<ProxyLimits>;
  /** When load is shed; never by default. */
  readonly overload?: { readonly limits: OverloadLimits; readonly memory: MemoryGauge };
  /** What is left out takes DEFAULT_MESSAGE_OPTIONS. */
  readonly messages?: Partial<MessageOptions>;
  /** Addresses and CIDR blocks whose X-Forwarded-* and X-Real-IP headers are believed. Throws PROXY_TRUSTED_ADDRESS_INVALID. */
  readonly trustedAddresses: readonly string[];
  /** Product token for Via and Server: `holdfast`. */
  readonly serverName: string;
  readonly version: string;
  /** Called once after the last request pinned to a configuration that is no longer the current one has ended. */
  readonly configReleased?: (config: ActiveConfig) => void;
  /** Addresses of a host name; the system's resolver by default. Rejects where nobody answers. */
  readonly lookup?: LookUp;
  /** Uniform in [0, 1); Math.random by default. */
  readonly random?: () => number;
  /** The other threads of the process, where there are any, as far as the health of targets goes. */
  readonly healthSharing?: HealthSharing;
}

export interface Proxy {
  /** Resolves once connections are accepted, with the port of each listener in order; rejects where one can't be had, and then none is. */
  listen(): Promise<{ readonly ports: readonly number[] }>;
  /** New session tickets are made with these 48 bytes; older tickets lead to a full handshake. */
  setTicketKeys(keys: Uint8Array): void;
  /**
   * Ends without failing a request (R3): for `acceptForMs` new connections are still accepted, then no more; every answer
   * from now on carries `Connection: close`. Resolves when no connection is left, at the latest after another `boundMs`,
   * when what is left is cut. Idempotent.
   */
  drain(times: { readonly acceptForMs: number; readonly boundMs: number }): Promise<void>;
  /** Cuts everything at once. Idempotent. */
  close(): Promise<void>;
  stats(): ProxyStats;
  /** Health of upstreams' targets: active checks, what other threads found, what there is to tell. */
  readonly upstreams: UpstreamControl;
}

export interface ProxyStats {
  /** Client connections now. */
  readonly connections: number;
  readonly acceptedConnections: number;
  /** Requests begun and not yet ended. */
  readonly activeRequests: number;
  /** Requests ended; equals the calls of `recorder.record`. */
  readonly endedRequests: number;
  readonly idleUpstream: number;
  readonly busyUpstream: number;
  readonly openedUpstream: number;
  /** Part of the new requests that is turned away because of overload, 0 to 1. */
  readonly shedding: number;
  /** How plain sockets are read and written. */
  readonly socketIo: SocketIoKind;
  /** Plugins that threw, by plugin name. */
  readonly pluginErrors: Readonly<Record<string, number>>;
  /** Answers that the gateway made because of an error, by its code (see ERRORS.md). */
  readonly refusals: Readonly<Record<string, number>>;
  /** Requests that were connected or sent again. */
  readonly retries: number;
  /** Retries that did not happen because there had been too many. */
  readonly retriesOverBudget: number;
  /** Requests that went upstream for plugins alone, after their client had its answer; they are not among the requests. And those that did not, because too many were under way. */
  readonly refreshes: number;
  readonly refreshesSkipped: number;
  /** Circuits of targets that this proxy opened, and closed again. */
  readonly circuitsOpened: number;
  readonly circuitsClosed: number;
}
