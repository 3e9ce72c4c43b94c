/**
 * The proxy threads, seen from the agent thread: all of them serve the same configuration, swapped in two phases; one
 * that dies is replaced and gets the current one; all of them drain together (R3). config-keeper.ts prepares and commits.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { LevelsInForce, LogArea } from '../../shared/log-areas.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { ExplainQuestion } from '../../shared/model/explain-question.ts';
import type { NodeFacts } from '../../shared/plugins/plugin-services.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import type { CountedWindow } from '../../shared/wire/sync-message.ts';
import type { Quarantined } from '../config/compile-contract.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { isSameConfig, type VersionedRoot } from '../config/versioned-root.ts';
import type { ProxyStats } from '../proxy/proxy-contract.ts';
import type { TelemetryTable } from '../telemetry/thread-tables.ts';
import type { TargetReport, TargetsReport } from '../upstreams/upstream-control.ts';
import type { VaultValues } from '../vaults/vault-values.ts';
import { HealthBoard } from './health-board.ts';
import type { LabelPair, RouteLabels } from './route-labels.ts';
import { addTraffic, NO_TRAFFIC, withoutPresent, type ProxyTotals } from './proxy-totals.ts';
import { ThreadLink, type Answer, type WorkerEvents, type WorkerPort } from './thread-link.ts';
import { forwardThreadLine } from './thread-log.ts';
import { STATS_INTERVAL_MS, type ThreadVitals } from './thread-vitals.ts';

export interface ProxyPoolOptions {
  readonly threads: number;
  /** Of the listeners, in order. 0: the first thread takes a free port, the others share it. */
  readonly ports: readonly number[];
  /** Of TLS session tickets, as they are now. */
  readonly ticketKeys: () => Uint8Array;
  readonly startWorker: (index: number, events: WorkerEvents) => WorkerPort;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** For what threads log. */
  readonly threadLog: (area: LogArea | undefined) => Logger;
  readonly prepareTimeoutMs: number;
  /** The gateway's content keys as they are known now. */
  readonly contentKeys: () => ContentKeyRing | undefined;
  readonly onTelemetryTable: (threadId: number, table: TelemetryTable) => void;
  /** A thread begins to make access records, and hands some over. */
  readonly onRecordCounts?: (threadId: number, counts: SharedArrayBuffer) => void;
  readonly onAccessRecords?: (threadId: number, records: number, bytes: Uint8Array) => void;
  /** How the targets of upstreams are, when it changes. */
  readonly onTargets?: (report: TargetsReport) => void;
  /** What a thread counted for policy `cluster`. */
  readonly onClusterCounts?: (windows: readonly CountedWindow[]) => void;
  /** Also where it was told to end. */
  readonly onThreadGone: (threadId: number) => void;
  /** A thread died of itself; it is being replaced. */
  readonly onCrash: () => void;
  /** The port can't be had: there is nothing to serve on. */
  readonly onListenFailed: (reason: string) => void;
}

export type PrepareOutcome =
  | { readonly kind: 'prepared'; readonly quarantined: readonly Quarantined[] }
  | { readonly kind: 'refused'; readonly code: string; readonly reasons: readonly string[] };

export interface ThreadStatus {
  readonly index: number;
  /** `epoch.sequence`, or null before the first. */
  readonly version: string | null;
  readonly listening: boolean;
  readonly stats: ProxyStats | undefined;
  readonly vitals: ThreadVitals | undefined;
  /** Seconds for which a thread that serves has given no sign of life. */
  readonly silentSeconds: number;
}

const COMMIT_TIMEOUT_MS = 10_000;
const LISTEN_TIMEOUT_MS = 10_000;
/** Less than a control plane waits for it. */
const EXPLAIN_TIMEOUT_MS = 4_000;
/** A scrape waits for it. */
const LABELS_TIMEOUT_MS = 2_000;
/** A thread that lived this long did not die of what the one before it died of. */
const STEADY_AFTER_MS = 30_000;
const MOST_REASONS = 20;
const MOST_ATTEMPTS = 3;
const THREAD_CHECK_MS = 20;
/** For what log plugins have not sent when the last request has ended. */
const FLUSH_MS = 5_000;
const NO_THREAD: Extract<PrepareOutcome, { kind: 'refused' }> = { kind: 'refused', code: 'CONFIG_THREAD_DIED', reasons: ['no proxy thread is alive to prepare the configuration'] };

export class ProxyPool {
  readonly #options: ProxyPoolOptions;
  readonly #links: (ThreadLink | undefined)[];
  readonly #backoffs: readonly Backoff[];
  readonly #health: HealthBoard;
  #applyId = 0;
  #explainId = 0;
  #current: ConfigContent | undefined;
  #prepared: { readonly applyId: number; readonly content: ConfigContent; readonly links: readonly ThreadLink[] } | undefined;
  #ports: readonly number[];
  #vaultValues: VaultValues = new Map();
  /** Undefined: as the threads were started. */
  #logLevels: LevelsInForce | undefined;
  #listening: Promise<void> = Promise.resolve();
  /** Between the beginning of a prepare and its commit, discard or refusal. */
  #isCommitting = false;
  #isPreparing = false;
  #crashes = 0;
  #ticking: TimerHandle | undefined;
  /** What threads that are gone did. */
  #departed = NO_TRAFFIC;
  #ending = false;

  constructor(options: ProxyPoolOptions) {
    this.#options = options;
    this.#ports = options.ports;
    this.#links = Array.from({ length: options.threads }, () => undefined);
    this.#health = new HealthBoard(options.clock, () => this.#live().filter((link) => link.listening), options.onTargets);
    this.#backoffs = this.#links.map(() => new Backoff({ initialMs: 200, maximumMs: 10_000, random: options.random }));
  }

  /** Starts the threads. They accept connections after their first commit. */
  start(): void {
    for (let index = 0; index < this.#links.length; index++) this.#startThread(index);
    this.#ticking = this.#options.clock.every(STATS_INTERVAL_MS, () => {
      for (const link of this.#live()) link.tick();
    });
  }

  /** The ports on which connections are accepted, in the order of the listeners; the configured ones before that. */
  get ports(): readonly number[] {
    return this.#ports;
  }

  /** Hands new keys of TLS session tickets to all threads. */
  setTicketKeys(keys: Uint8Array): void {
    for (const link of this.#live()) link.tell({ kind: 'ticket-keys', keys });
  }

  /** Of the threads' own lines. */
  setLogLevels(levels: LevelsInForce): void {
    this.#logLevels = levels;
    for (const link of this.#live()) link.tell({ kind: 'log-levels', levels });
  }

  /** Of this data plane, for plugins; a thread that starts later is told with its start. */
  setLabels(labels: NodeFacts['labels']): void {
    for (const link of this.#live()) link.tell({ kind: 'node-labels', labels });
  }

  /** Empties caches of plugins in all threads: of one plugin entity or all, of one key or all. */
  purge(pluginId: string | undefined, key: string | undefined): void {
    for (const link of this.#live()) link.tell({ kind: 'purge', pluginId, key });
  }

  /** What references to vaults stand for, for what is prepared from here on. Cheap where it is the same map. */
  setVaultValues(values: VaultValues): void {
    if (values === this.#vaultValues) return;
    this.#vaultValues = values;
    for (const link of this.#live()) link.tell({ kind: 'vault-values', values });
  }

  /** True where every thread accepts connections and serves one and the same configuration, or goes over to the next: a change must not look like an outage to load balancers (S1). */
  get serving(): boolean {
    return this.#links.every((link) => link?.listening === true && link.serving !== undefined && (this.#isCommitting || isSameConfig(link.serving, this.#current)));
  }

  /** Threads that died of themselves since the process started. */
  get crashes(): number {
    return this.#crashes;
  }

  traffic(): ProxyTotals {
    return this.#live().reduce((sum, { stats }) => (stats === undefined ? sum : addTraffic(sum, stats)), this.#departed);
  }

  /** Targets of upstreams and their health. */
  targets(): readonly TargetReport[] {
    return this.#health.targets;
  }

  status(): readonly ThreadStatus[] {
    return this.#links.map((link, index) => ({
      index,
      version: link?.serving === undefined ? null : formatVersion(link.serving.version),
      listening: link?.listening ?? false,
      stats: link?.stats,
      vitals: link?.vitals,
      silentSeconds: ((link?.silentTicks ?? 0) * STATS_INTERVAL_MS) / 1_000,
    }));
  }

  /**
   * First phase: every thread builds the configuration beside what it serves. A refusal leaves nothing behind. A thread
   * that dies meanwhile may have died of something else, so it is tried again before the configuration is blamed.
   */
  async prepare(content: ConfigContent): Promise<PrepareOutcome> {
    this.#isPreparing = true;
    let outcome = await this.#prepareOnce(content);
    for (let attempt = 1; attempt < MOST_ATTEMPTS && outcome.kind === 'refused' && outcome.code === NO_THREAD.code; attempt++) outcome = await this.#prepareOnce(content);
    if (outcome.kind === 'refused') this.#endPreparing();
    return outcome;
  }

  /** Second phase: resolves when every thread that is alive serves what was prepared. */
  async commit(): Promise<void> {
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    this.#prepared = undefined;
    this.#current = prepared.content;
    this.#isCommitting = true;
    await Promise.all(prepared.links.map((link) => this.#commitOn(link, prepared.content, prepared.applyId)));
    this.#isCommitting = false;
    await this.#listenEverywhere();
    this.#endPreparing();
  }

  /** Instead of commit. */
  discard(): void {
    for (const link of this.#prepared?.links ?? []) link.tell({ kind: 'discard', applyId: this.#prepared?.applyId ?? 0 });
    this.#prepared = undefined;
    this.#endPreparing();
  }

  /** Accepts for `acceptForMs` more, then lets requests in flight end within `boundMs`, and log plugins send what they have; then the threads are gone. */
  async drain(times: { readonly acceptForMs: number; readonly boundMs: number }): Promise<void> {
    this.#ending = true;
    const boundMs = times.acceptForMs + times.boundMs + FLUSH_MS + 1_000;
    const listening = this.#live().filter((link) => link.listening);
    await Promise.all(listening.map((link) => link.ask({ kind: 'drain', ...times, flushMs: FLUSH_MS }, boundMs)));
    this.stop();
  }

  /** Asks a thread that serves. Throws EXPLAIN_UNAVAILABLE with the reason where there is no answer. */
  async explain(question: ExplainQuestion): Promise<JsonObject> {
    const link = this.#live().find(({ serving }) => serving !== undefined);
    const answer = await link?.ask({ kind: 'explain', explainId: (this.#explainId += 1), question }, EXPLAIN_TIMEOUT_MS);
    if (answer?.kind === 'explained') return answer.explanation;
    const reason = answer === undefined ? 'no configuration is served yet' : answer.kind === 'not-explained' || answer.kind === 'gone' ? answer.reason : 'it took too long';
    throw new HoldfastError({ code: 'EXPLAIN_UNAVAILABLE', source: 'gateway', retryable: true, publicMessage: `no explanation: ${reason}` });
  }

  /** What routes and consumers are called, by a thread that serves; undefined where there is none, or it takes too long. */
  async labels(pairs: readonly LabelPair[]): Promise<readonly RouteLabels[] | undefined> {
    const link = this.#live().find(({ serving }) => serving !== undefined);
    const answer = await link?.ask({ kind: 'ask-labels', labelsId: (this.#explainId += 1), pairs }, LABELS_TIMEOUT_MS);
    return answer?.kind === 'labels' ? answer.rows : undefined;
  }

  /** Ends all threads at once. */
  stop(): void {
    this.#ending = true;
    this.#ticking?.cancel();
    for (const link of this.#live()) link.terminate();
  }

  async #prepareOnce(content: ConfigContent): Promise<PrepareOutcome> {
    const links = await this.#someThreads();
    const applyId = (this.#applyId += 1);
    const answers = await Promise.all(links.map((link) => this.#askToPrepare(link, content, applyId)));
    const refusal = links.length === 0 ? NO_THREAD : answers.map(refusalOf).find((outcome) => outcome !== undefined);
    if (refusal === undefined) {
      this.#prepared = { applyId, content, links };
      return { kind: 'prepared', quarantined: answers.flatMap((answer) => (answer.kind === 'prepared' ? [answer.quarantined] : []))[0] ?? [] };
    }
    for (const [index, link] of links.entries()) {
      const answer = answers[index]?.kind;
      if (answer === 'prepared') link.tell({ kind: 'discard', applyId });
      // One that does not answer within the time will not serve either.
      if (answer === 'late') link.terminate();
    }
    return refusal;
  }

  /** Those that are alive; where all are dead, the first that comes back. None only where that takes too long. */
  async #someThreads(): Promise<readonly ThreadLink[]> {
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.prepareTimeoutMs;
    while (this.#live().length === 0 && this.#options.clock.monotonicMs() < deadlineMs && !this.#ending) {
      await new Promise<void>((resolve) => this.#options.clock.after(THREAD_CHECK_MS, resolve, { keepAlive: true }));
    }
    return this.#live();
  }

  /** Threads that came back meanwhile waited for the outcome, because what is prepared may be the cure for what killed them. */
  #endPreparing(): void {
    this.#isPreparing = false;
    const current = this.#current;
    if (current === undefined) return;
    for (const link of this.#live()) if (link.serving === undefined) void this.#bringUp(link, current);
  }

  #live(): readonly ThreadLink[] {
    return this.#links.filter((link) => link !== undefined);
  }

  #startThread(index: number): void {
    const { clock, startWorker, onTelemetryTable } = this.#options;
    const link = new ThreadLink(index, clock, (events) => startWorker(index, events), {
      telemetryTable: (from, table) => onTelemetryTable(from.threadId, table),
      recordCounts: (from, counts) => this.#options.onRecordCounts?.(from.threadId, counts),
      accessRecords: (from, records, bytes) => this.#options.onAccessRecords?.(from.threadId, records, bytes),
      line: (_from, line) => forwardThreadLine(this.#options.threadLog, index, line),
      peerChange: (from, change) => this.#health.changed(from, change),
      targets: (from, report) => this.#health.reported(from, report),
      clusterCounts: (_from, windows) => this.#options.onClusterCounts?.(windows),
      exited: (from, reason) => this.#exited(from, reason),
    });
    this.#links[index] = link;
    link.tell({ kind: 'ticket-keys', keys: this.#options.ticketKeys() });
    if (this.#logLevels !== undefined) link.tell({ kind: 'log-levels', levels: this.#logLevels });
    if (this.#vaultValues.size > 0) link.tell({ kind: 'vault-values', values: this.#vaultValues });
    if (this.#current !== undefined && !this.#isPreparing) void this.#bringUp(link, this.#current);
  }

  /** Gives a replacement what the others serve. */
  async #bringUp(link: ThreadLink, content: ConfigContent): Promise<void> {
    const applyId = (this.#applyId += 1);
    const answer = await this.#askToPrepare(link, content, applyId);
    if (answer.kind !== 'prepared') return link.terminate();
    await this.#commitOn(link, content, applyId);
    await this.#listenEverywhere();
  }

  #askToPrepare(link: ThreadLink, content: ConfigContent, applyId: number): Promise<Answer> {
    const { version, contentRoot } = content;
    const steps = stepsFrom(link.serving, content);
    const contentKeys = this.#options.contentKeys();
    return link.ask({ kind: 'prepare', applyId, version, contentRoot, reset: steps === undefined, parts: steps ?? content.parts, contentKeys }, this.#options.prepareTimeoutMs);
  }

  async #commitOn(link: ThreadLink, content: ConfigContent, applyId: number): Promise<void> {
    const answer = await link.ask({ kind: 'commit', applyId }, COMMIT_TIMEOUT_MS);
    // It may have committed something newer meanwhile only if that was asked later, and then is answered later too.
    if (answer.kind === 'committed') link.serving = content;
    else link.terminate();
  }

  /** One round at a time: a thread is told to listen once. */
  #listenEverywhere(): Promise<void> {
    this.#listening = this.#listening.then(() => this.#listenRound());
    return this.#listening;
  }

  /** The first thread settles the ports, the others share them. */
  async #listenRound(): Promise<void> {
    for (const link of this.#live()) {
      if (link.listening || link.serving === undefined) continue;
      const answer = await link.ask({ kind: 'listen', ports: this.#ports }, LISTEN_TIMEOUT_MS);
      if (answer.kind === 'listening') {
        link.listening = true;
        this.#health.joined(link);
        this.#ports = answer.ports;
      } else if (answer.kind === 'listen-failed') {
        this.#options.onListenFailed(answer.reason);
      } else {
        link.terminate();
      }
    }
  }

  #exited(link: ThreadLink, reason: string): void {
    const { clock, log, onThreadGone, onCrash } = this.#options;
    this.#links[link.index] = undefined;
    if (link.stats !== undefined) this.#departed = addTraffic(this.#departed, withoutPresent(link.stats));
    onThreadGone(link.threadId);
    if (this.#ending) return;
    this.#health.left(link);
    this.#crashes += 1;
    const backoff = this.#backoffs[link.index];
    if (clock.monotonicMs() - link.startedAtMs > STEADY_AFTER_MS) backoff?.reset();
    const inMs = backoff?.nextDelayMs() ?? 0;
    log.error({ event: 'thread-crashed', thread: link.index, reason, replacedInMs: inMs }, `proxy thread ${link.index} died: ${reason}; replaced in ${inMs} ms`);
    clock.after(inMs, () => {
      if (!this.#ending) this.#startThread(link.index);
    });
    onCrash();
  }
}

/** What leads from what a thread serves to the content: nothing where it serves it (only the content keys may differ); undefined where it needs the whole. */
function stepsFrom(serving: VersionedRoot | undefined, { version, contentRoot, change }: ConfigContent): readonly SharedArrayBuffer[] | undefined {
  if (isSameConfig(serving, { version, contentRoot })) return [];
  return change !== undefined && isSameConfig(serving, change.base) ? [change.packed] : undefined;
}

function refusalOf(answer: Answer): Extract<PrepareOutcome, { kind: 'refused' }> | undefined {
  switch (answer.kind) {
    case 'refused':
      return { kind: 'refused', code: answer.code, reasons: answer.reasons.slice(0, MOST_REASONS) };
    case 'gone':
      return { kind: 'refused', code: 'CONFIG_THREAD_DIED', reasons: [`a proxy thread died while it prepared the configuration: ${answer.reason}`] };
    case 'late':
      return { kind: 'refused', code: 'CONFIG_PREPARE_TIMEOUT', reasons: ['a proxy thread did not prepare the configuration in time'] };
    case 'prepared':
    case 'committed':
    case 'listening':
    case 'listen-failed':
    case 'drained':
    case 'explained':
    case 'not-explained':
    case 'labels':
    case 'telemetry-table':
    case 'stats':
    case 'log':
    case 'peer-change':
    case 'targets':
    case 'cluster-counts':
    case 'record-counts':
    case 'access-records':
      return undefined;
  }
}
