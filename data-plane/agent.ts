/**
 * The agent thread: brings a data plane up and takes it down, and knows all its parts. Order of a start: status port,
 * identity (enrolment at the first start), proxy threads serving from the cache, then the control plane. Nothing waits for a
 * control plane that has been there once (S1, S2). Called by main.ts.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Backoff } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { describeThrown, HoldfastError } from '../shared/errors.ts';
import { Lifecycle } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/log.ts';
import { ProcessVitals } from '../shared/process-vitals.ts';
import type { MetricsFormat } from '../shared/prometheus-text.ts';
import { parseJoinToken, type JoinToken } from '../shared/trust/join-token.ts';
import { EXPLAIN_SUBJECT } from '../shared/wire/sync-message.ts';
import { formatAddress } from '../shared/setting-types.ts';
import { checkSettings } from './check-settings.ts';
import { runInTurns } from './config/run-in-slices.ts';
import type { ListenerKind, ListenerOptions } from './listeners/listener-options.ts';
import { listenersOf } from './listeners/listen-settings.ts';
import type { DataPlaneSettings } from './settings.ts';
import { startEnrolledParts, type EnrolledParts } from './enrolled-parts.ts';
import { systemDisk } from './state/disk.ts';
import { lockFolder } from './state/folder-lock.ts';
import { startStatusServer } from './status/status-server.ts';
import { BoundedRoutes } from './status/bounded-routes.ts';
import type { DataPlaneView } from './status/data-plane-view.ts';
import { IdentityStore } from './sync/identity-store.ts';
import { replaceJson } from './state/durable-file.ts';
import { ROUTES_WITH_HISTOGRAMS } from './telemetry/running-totals.ts';

export interface AgentOptions {
  readonly settings: DataPlaneSettings;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly softwareVersion: string;
  /** Serving is not possible any more: the process should end with an error. */
  readonly onFatal: (reason: string, code?: string) => void;
}

const ENROL_TIMEOUT_MS = 15_000;
const ENROL_BACKOFF = { initialMs: 1_000, maximumMs: 30_000 };
/** How long a stopping data plane waits for the acknowledgement of its last counts. */
const LAST_TELEMETRY_MS = 3_000;
const LAST_TELEMETRY_CHECK_MS = 50;

export class Agent {
  readonly #options: AgentOptions;
  readonly #lifecycle: Lifecycle;
  readonly #bootId = randomUUID();
  readonly #startedAtMs: number;
  readonly #vitals: ProcessVitals;
  /** Who has series of their own stays in. */
  readonly #boundedRoutes = new BoundedRoutes(ROUTES_WITH_HISTOGRAMS);
  readonly #scrapes = new Map<MetricsFormat, Promise<string>>();
  #parts: EnrolledParts | undefined;
  #notEnrolled = 'starting';
  #draining = false;
  #faults = 0;
  #statusPort = 0;

  private constructor(options: AgentOptions) {
    this.#options = options;
    this.#lifecycle = new Lifecycle(options.log);
    this.#startedAtMs = options.clock.nowMs();
    this.#vitals = new ProcessVitals(options.clock);
    this.#lifecycle.add('vitals', () => this.#vitals.stop());
  }

  /** Resolves when the data plane serves what it has, or tries to enrol. Rejects where it can't start at all. */
  static async start(options: AgentOptions): Promise<Agent> {
    const agent = new Agent(options);
    try {
      await agent.#start();
    } catch (thrown) {
      await agent.#lifecycle.stop();
      throw thrown;
    }
    return agent;
  }

  get statusPort(): number {
    return this.#statusPort;
  }

  /** An error in the agent thread that nobody caught. Traffic does not depend on this thread, so it goes on (S1). */
  survived(thrown: unknown): void {
    this.#faults += 1;
    this.#options.log.fatal({ event: 'agent-fault', reason: describeThrown(thrown), stack: thrown instanceof Error ? thrown.stack : undefined }, `unexpected error in the agent thread; traffic goes on: ${describeThrown(thrown)}`);
  }

  /** Fails readiness, lets load balancers move away, ends requests, hands telemetry over, then stops. Idempotent. */
  async drain(): Promise<void> {
    const { settings, log } = this.#options;
    if (this.#draining) return this.#lifecycle.stop();
    this.#draining = true;
    const { drainDelay: acceptForMs, drainTimeout: boundMs } = settings;
    log.info({ event: 'draining', acceptForMs, boundMs }, `draining: not ready any more, accepting for ${acceptForMs} ms, then ending requests within ${boundMs} ms`);
    await this.#parts?.keeper.ending();
    await this.#parts?.pool.drain({ acceptForMs, boundMs });
    await this.#handOverTelemetry();
    await this.#lifecycle.stop();
    log.info({ event: 'stopped' }, 'stopped');
    return undefined;
  }

  async #start(): Promise<void> {
    const { settings, log } = this.#options;
    checkSettings(settings);
    const status = await startStatusServer(settings.statusListen, { view: () => this.#view(), metrics: (format) => this.#metrics(format), explain: (question) => this.#explain(question) });
    this.#statusPort = status.port;
    this.#lifecycle.add('status server', () => status.close());
    await systemDisk.makeFolder(settings.stateFolder);
    this.#lifecycle.add('state folder lock', await lockFolder(settings.stateFolder));
    const identity = await IdentityStore.open(systemDisk, join(settings.stateFolder, 'identity'));
    for (const listener of listenersOf(settings)) await probePort(listener);
    log.info({ event: 'started', statusPort: status.port, stateFolder: settings.stateFolder, bootId: this.#bootId, version: this.#options.softwareVersion }, `data plane ${this.#options.softwareVersion} started, status on port ${status.port}`);
    if (identity.enrolment !== undefined) return this.#startEnrolled(identity);
    const token = joinTokenOf(settings);
    // In the background: the status port tells how it goes.
    void this.#enrol(identity, token).catch((thrown: unknown) => this.#options.onFatal(describeThrown(thrown), thrown instanceof HoldfastError ? thrown.code : undefined));
    return undefined;
  }

  async #startEnrolled(identity: IdentityStore): Promise<void> {
    const { settings, clock, random, log, softwareVersion, onFatal } = this.#options;
    this.#parts = await startEnrolledParts({ settings, clock, random, log, softwareVersion, onFatal, identity, bootId: this.#bootId, lifecycle: this.#lifecycle });
  }

  /** Tries until it succeeds, every address has refused, or the data plane stops. */
  async #enrol(identity: IdentityStore, token: JoinToken): Promise<void> {
    const { settings, clock, random, log, softwareVersion } = this.#options;
    // Loaded at the first start only: it would cost every other start a tenth of its time (S2).
    const { enrol } = await import('./sync/enrol.ts');
    const urls = settings.controlPlaneUrls ?? token.urls;
    const backoff = new Backoff({ ...ENROL_BACKOFF, random });
    const refusedBy = new Set<string>();
    for (let attempt = 0; !this.#lifecycle.stopping; attempt++) {
      const url = urls[attempt % urls.length] ?? '';
      try {
        const enrolled = await enrol({ token, url, proxy: settings.controlPlaneProxy, keyPem: identity.keyPem, hostname: hostname(), softwareVersion, timeoutMs: ENROL_TIMEOUT_MS });
        await replaceJson(systemDisk, join(settings.stateFolder, 'identity', 'trust.json'), { rootStatements: enrolled.rootStatements, delegationStatement: enrolled.delegationStatement });
        await identity.save(enrolled.enrolment);
        const { dataPlaneId, gatewayId } = enrolled.enrolment;
        log.info({ event: 'enrolled', dataPlaneId, gatewayId, url }, `enrolled as data plane ${dataPlaneId} of gateway ${gatewayId}`);
        if (!this.#lifecycle.stopping) await this.#startEnrolled(identity);
        return;
      } catch (thrown) {
        if (!(thrown instanceof HoldfastError)) throw thrown;
        if (!thrown.retryable) refusedBy.add(url);
        // One wrong address among several is not the end.
        if (urls.every((other) => refusedBy.has(other))) throw thrown;
        const inMs = backoff.nextDelayMs();
        this.#notEnrolled = thrown.message;
        log.warn({ event: 'enrolment-failed', code: thrown.code, reason: thrown.message, retryInMs: inMs }, `not enrolled yet: ${thrown.message}; trying again in ${inMs} ms`);
        await new Promise<void>((resolve) => clock.after(inMs, resolve));
      }
    }
  }

  async #explain(question: Uint8Array): Promise<string> {
    const parts = this.#parts;
    if (parts === undefined) throw new HoldfastError({ code: 'EXPLAIN_UNAVAILABLE', source: 'gateway', retryable: true, publicMessage: `no explanation: this data plane serves nothing yet: ${this.#notEnrolled}` });
    // Loaded when asked for, as it is for a control plane's questions.
    const { answerQuestion } = await import('./explain/answer-question.ts');
    return answerQuestion(parts.pool, EXPLAIN_SUBJECT, question);
  }

  /** The last counts reach the control plane where one listens; otherwise they stay in the spool. */
  async #handOverTelemetry(): Promise<void> {
    const { clock } = this.#options;
    const parts = this.#parts;
    if (parts === undefined) return;
    parts.telemetry.fold();
    parts.records.flush();
    const deadlineMs = clock.monotonicMs() + LAST_TELEMETRY_MS;
    while (parts.sync.status.connected && (parts.telemetry.totals().bufferedBatches > 0 || parts.records.hasWork) && clock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => clock.after(LAST_TELEMETRY_CHECK_MS, resolve, { keepAlive: true }));
    }
  }

  /** Those who ask at the same time get the same. */
  #metrics(format: MetricsFormat): Promise<string> {
    const known = this.#scrapes.get(format);
    if (known !== undefined) return known;
    const scrape = this.#gatherMetrics(format).finally(() => this.#scrapes.delete(format));
    this.#scrapes.set(format, scrape);
    return scrape;
  }

  async #gatherMetrics(format: MetricsFormat): Promise<string> {
    // Loaded at the first scrape: a start has no time to lose (S2).
    const { prometheusText } = await import('./status/prometheus-text.ts');
    const view = this.#view();
    const labels = view.enrolled.kind === 'enrolled' ? await this.#parts?.labelsFor(view.enrolled) : undefined;
    return runInTurns(prometheusText(view, { format, routes: this.#boundedRoutes, labels, kongForAll: this.#options.settings.kongMetrics }));
  }

  #view(): DataPlaneView {
    const { softwareVersion, clock } = this.#options;
    const vitals = this.#vitals;
    return {
      softwareVersion,
      bootId: this.#bootId,
      hostname: hostname(),
      startedAtMs: this.#startedAtMs,
      nowMs: clock.nowMs(),
      draining: this.#draining,
      agentFaults: this.#faults,
      // Read by those who tell of it: a probe every second need not count file descriptors.
      get process() { return vitals.view(); },
      enrolled: this.#parts?.view() ?? { kind: 'not-enrolled', reason: this.#notEnrolled },
    };
  }
}

function joinTokenOf(settings: DataPlaneSettings): JoinToken {
  if (settings.joinToken !== undefined) return parseJoinToken(settings.joinToken);
  throw new HoldfastError({
    code: 'DATA_PLANE_NOT_ENROLLED',
    source: 'gateway',
    publicMessage: 'this data plane is not enrolled and has no join token',
    message: `there is no identity in ${settings.stateFolder} and no join token; create one with "holdfast join-token create" and set HOLDFAST_JOIN_TOKEN or HOLDFAST_JOIN_TOKEN_FILE`,
  });
}

const SETTING_OF: Readonly<Record<ListenerKind, string>> = { http: 'HOLDFAST_PROXY_LISTEN', https: 'HOLDFAST_PROXY_TLS_LISTEN', tcp: 'HOLDFAST_STREAM_LISTEN', tls: 'HOLDFAST_STREAM_LISTEN' };

/**
 * Threads share the port, so a second data plane would share it too, unnoticed. Taking it alone for a moment tells.
 * Throws DATA_PLANE_PROXY_PORT.
 */
async function probePort(listener: ListenerOptions): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const why = `the proxy address ${formatAddress(listener)} can't be used: ${error.message}; free it or change ${SETTING_OF[listener.kind]}`;
      reject(new HoldfastError({ code: 'DATA_PLANE_PROXY_PORT', source: 'gateway', publicMessage: 'the proxy address is not available', message: why, cause: error }));
    });
    server.listen({ host: listener.host, port: listener.port, exclusive: true }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}
