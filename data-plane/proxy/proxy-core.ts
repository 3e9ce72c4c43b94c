/**
 * What all connections and requests of one proxy share. Made by createProxy; one per event loop, so nothing here is guarded.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { Deadlines } from '../http1/deadlines.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import { RequestHead } from '../http1/message-head.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import type { PieceMemory } from '../http1/piece-memory.ts';
import type { Http2Downstream } from '../http2/http2-downstream.ts';
import type { EndpointChooser } from '../upstreams/choose-endpoint.ts';
import type { ConnectionPool } from '../upstreams/connection-pool.ts';
import type { AddressBook } from '../upstreams/resolve-address.ts';
import type { RecordSink } from '../telemetry/record-outbox.ts';
import type { RequestRecorder } from '../telemetry/request-recorder.ts';
import type { TrustedAddresses } from './client-address.ts';
import type { OverloadGuard } from './overload.ts';
import type { FailureLog } from './failure-log.ts';
import type { MessageOptions } from './message-options.ts';
import type { PinnedConfigs } from './pinned-configs.ts';
import type { RequestIds } from './request-ids.ts';

export interface ProxyCore {
  readonly limits: ProxyLimits;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly failures: FailureLog;
  readonly recorder: RequestRecorder;
  /** Where access records go; undefined where nobody takes any. */
  readonly records: RecordSink | undefined;
  readonly deadlines: Deadlines;
  readonly out: OutgoingBytes;
  readonly pieces: PieceMemory;
  readonly heads: FreeHeads;
  readonly configs: PinnedConfigs;
  readonly addresses: AddressBook;
  readonly chooser: EndpointChooser;
  readonly pool: ConnectionPool;
  readonly trusted: TrustedAddresses;
  readonly requestIds: RequestIds;
  readonly counters: ProxyCounters;
  readonly date: HttpDate;
  /** Takes over connections that turn out to speak HTTP/2. Undefined while the proxy is being made. */
  http2: Http2Downstream | undefined;
  /** Requests that are under way for plugins alone: no client's end ends them. */
  readonly refreshes: Set<{ clientGone(): void }>;
  readonly memory: ProxyMemory;
  readonly messages: MessageOptions;
  /** `holdfast/0.1.0`. */
  readonly product: string;
  readonly overload: OverloadGuard;
  /** True from the start of a drain: every answer closes its connection. */
  draining: boolean;
  /** True once it accepts no more connections: idle ones go soon. */
  closing: boolean;
}

export class ProxyCounters {
  activeRequests = 0;
  endedRequests = 0;
  /** Requests sent or connected again. */
  retries = 0;
  /** Retries that did not happen because there had been too many. */
  retriesOverBudget = 0;
  /** Responses that are being compressed. */
  compressing = 0;
  /** Requests that went upstream for plugins alone (refresh-request.ts). They are no client's, and count nowhere else. */
  refreshes = 0;
  /** Refreshes that did not happen because too many were under way. */
  refreshesSkipped = 0;
  readonly refusals = new Map<string, number>();
  readonly pluginErrors = new Map<string, number>();

  countRefusal(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  countPluginError(plugin: string): void {
    this.pluginErrors.set(plugin, (this.pluginErrors.get(plugin) ?? 0) + 1);
  }
}

/** Bytes of bodies that wait in memory, of all connections together: a bound over all beside those for each (R5). */
export interface ProxyMemory {
  bufferedBytes: number;
}

const MAX_FREE_HEADS = 256;

/** Request heads between two requests, so that idle connections hold none. */
export class FreeHeads {
  readonly #free: RequestHead[] = [];
  readonly #maxHeaderCount: number;

  constructor(maxHeaderCount: number) {
    this.#maxHeaderCount = maxHeaderCount;
  }

  take(): RequestHead {
    return this.#free.pop() ?? new RequestHead(this.#maxHeaderCount);
  }

  giveBack(head: RequestHead): void {
    head.release();
    if (this.#free.length < MAX_FREE_HEADS) this.#free.push(head);
  }
}

/** The Date header, made once a second. */
export class HttpDate {
  readonly #clock: Clock;
  #second = -1;
  #text = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): string {
    const second = Math.floor(this.#clock.nowMs() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1_000).toUTCString();
    }
    return this.#text;
  }
}

