/**
 * One data plane as far as its control plane can tell: the real session (data-plane/sync/session.ts: greeting, pings, silence, backoff) over a
 * lean socket, credit as the real intake gives it, its own check of the bytes it received, the right answer. It keeps version, root and trust.
 * What it does not: compile, serve, write to disk, send telemetry, renew. Many of them live in a simulator process.
 */
import { hash, randomUUID } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Session } from '../../data-plane/sync/session.ts';
import { CHUNK_WINDOW, CREDIT_STEP } from '../../data-plane/sync/transfer-intake.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import { compareVersions, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import type { Refusal } from '../../shared/trust/refusal.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Chunk, Delta, Hello, Snapshot, SyncMessage, Welcome } from '../../shared/wire/sync-message.ts';
import { LeanFrameSocket } from './lean-frame-socket.ts';
import type { SharedConfiguration, SharedTrust, SharedVerification, VerifiedAnnouncement } from './shared-verification.ts';
import { sharedNowMs, type SimulatedIdentity } from './simulator-messages.ts';

export interface SimulatedDataPlaneOptions extends SimulatedIdentity {
  readonly caCertificates: string;
  readonly verification: SharedVerification;
  readonly softwareVersion: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly counters: SimulatorCounters;
}

/** Of all data planes of a process. */
export interface SimulatorCounters {
  connections: number;
  refused: number;
  transferBytes: number;
  receivedBytes: number;
  applications: number;
  readonly endings: Map<string, number>;
}

interface Unfinished {
  readonly announcement: Snapshot | Delta;
  readonly verified: VerifiedAnnouncement;
  readonly bytes: Buffer;
  readonly beganAtMs: number;
  received: number;
}

/** As in data-plane/sync/sync-client.ts. */
const BACKOFF = { initialMs: 1_000, maximumMs: 30_000 };
const GREETING_TIMEOUT_MS = 15_000;
/** As its Hello says it; one list for all. */
const PLUGINS = [...pluginCatalog.values()].map(({ name, version }) => ({ name, version, hash: '' }));

export class SimulatedDataPlane {
  readonly #options: SimulatedDataPlaneOptions;
  readonly #session: Session;
  readonly #bootId = randomUUID();
  #secureContext: SecureContext | undefined;
  #trust: SharedTrust | undefined;
  #active: SharedConfiguration | undefined;
  #unfinished: Unfinished | undefined;
  /** Frames of transfers are handled in their order, because verifying takes a moment. */
  #queue: Promise<void> | undefined;
  /** Chunks taken that no credit was given back for. */
  #owed = 0;
  /** Connections that went live; what was begun over an earlier one is not answered over the next. */
  #lives = 0;
  #liveAtMs = Number.NaN;
  #appliedAtMs = Number.NaN;
  #history: { readonly sequence: number; readonly atMs: number }[] | undefined;

  constructor(options: SimulatedDataPlaneOptions) {
    this.#options = options;
    const { urls, clock, random, log, identity, counters } = options;
    this.#session = new Session({
      urls,
      open: (url, events) => {
        counters.connections += 1;
        return new LeanFrameSocket(url, { ...events, closed: (reason) => this.#ended(reason, events.closed) }, {
          gatewayId: identity.gatewayId,
          secureContext: this.#context(),
          timeoutMs: GREETING_TIMEOUT_MS,
          received: (message, bytes) => this.#count(message, bytes),
        });
      },
      clock,
      random,
      log,
      backoff: BACKOFF,
      greetingTimeoutMs: GREETING_TIMEOUT_MS,
      greeting: () => this.#hello(),
      verifyWelcome: (welcome) => this.#verifyWelcome(welcome),
      onLive: () => this.#live(),
      onLost: () => this.#lost(),
      onMessage: (message) => this.#hear(message),
    });
  }

  get live(): boolean {
    return this.#session.live;
  }

  get active(): SharedConfiguration | undefined {
    return this.#active;
  }

  /** When its present session went live; NaN without one. */
  get liveAtMs(): number {
    return this.#liveAtMs;
  }

  /** When it applied what it serves; NaN where it has it from elsewhere. */
  get appliedAtMs(): number {
    return this.#appliedAtMs;
  }

  /** Every version applied since `keepHistory`, in order. */
  get history(): readonly { readonly sequence: number; readonly atMs: number }[] {
    return this.#history ?? [];
  }

  keepHistory(keep: boolean): void {
    this.#history = keep ? [] : undefined;
  }

  /** Connects. `cached`: what it serves already, as a data plane that starts with its cache. */
  start(cached: SharedConfiguration | undefined): void {
    this.#active = cached;
    this.#session.start();
  }

  stop(): void {
    this.#session.stop();
  }

  hasApplied(version: ConfigVersion): boolean {
    return this.#active !== undefined && compareVersions(this.#active.version, version) >= 0;
  }

  /** A real data plane makes it for each connection, on a machine of its own. */
  #context(): SecureContext {
    const { certificatePem, privateKeyPem, caCertificates } = this.#options;
    return (this.#secureContext ??= createSecureContext({ cert: certificatePem, key: privateKeyPem, ca: caCertificates, minVersion: 'TLSv1.3' }));
  }

  #hello(): Hello {
    const { softwareVersion, identity } = this.#options;
    return {
      kind: 'hello', protocolVersion: PROTOCOL_VERSION, softwareVersion, bootId: this.#bootId, hostname: `simulated-${identity.dataPlaneId.slice(-12)}`,
      active: this.#active, highestAccepted: this.#active?.version ?? NO_VERSION, highestManifest: '', plugins: PLUGINS, compressions: ['zstd', 'none'], barred: [], partial: undefined,
    };
  }

  async #verifyWelcome(welcome: Welcome): Promise<string | undefined> {
    const { verification } = this.#options;
    const trust = await verification.trust(welcome);
    if ('kind' in trust) return describe(trust);
    this.#trust = trust;
    const head = welcome.headStatement === '' ? undefined : await verification.head(welcome.headStatement, trust);
    return head && describe(head);
  }

  #live(): void {
    this.#lives += 1;
    this.#liveAtMs = sharedNowMs();
    this.#unfinished = undefined;
    this.#owed = 0;
    this.#giveCredit(CHUNK_WINDOW);
  }

  #lost(): void {
    this.#liveAtMs = Number.NaN;
  }

  #ended(reason: string, closed: (reason: string) => void): void {
    const { endings } = this.#options.counters;
    endings.set(reason, (endings.get(reason) ?? 0) + 1);
    closed(reason);
  }

  #count(message: SyncMessage, bytes: number): void {
    const { counters } = this.#options;
    counters.receivedBytes += bytes;
    if (message.kind === 'delta' || message.kind === 'snapshot' || message.kind === 'chunk') counters.transferBytes += bytes;
  }

  #hear(message: SyncMessage): void {
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
        return this.#inTurn(() => this.#begin(message));
      case 'chunk':
        this.#payBack();
        return this.#queue === undefined ? void this.#addChunk(message) : this.#inTurn(() => this.#addChunk(message));
      case 'head':
        return this.#watch(message.headStatement);
      case 'trust':
        return this.#inTurn(async () => {
          const trust = await this.#options.verification.trust(message);
          if ('kind' in trust) this.#session.violated(describe(trust));
          else this.#trust = trust;
        });
      default:
        return undefined;
    }
  }

  #inTurn(work: () => Promise<void> | void): void {
    const queue: Promise<void> = (this.#queue ?? Promise.resolve())
      .then(work)
      .catch((thrown: unknown) => this.#session.violated(String(thrown)))
      .finally(() => {
        if (this.#queue === queue) this.#queue = undefined;
      });
    this.#queue = queue;
  }

  #watch(statement: string): void {
    if (this.#trust === undefined) return;
    void this.#options.verification.head(statement, this.#trust).then((refusal) => refusal && this.#session.violated(describe(refusal)));
  }

  async #begin(announcement: Snapshot | Delta): Promise<void> {
    const life = this.#lives;
    const beganAtMs = sharedNowMs();
    this.#unfinished = undefined;
    if (this.#trust === undefined) return this.#session.violated('it offered a configuration before its keys were known');
    const verified = await this.#options.verification.announcement(announcement, this.#trust);
    if (life !== this.#lives) return;
    if (verified.kind === 'refused') return this.#reject(verified, NO_VERSION);
    this.#unfinished = { announcement, verified, beganAtMs, bytes: Buffer.allocUnsafeSlow(verified.transfer.wireLength), received: 0 };
  }

  #addChunk(chunk: Chunk): Promise<void> | void {
    const unfinished = this.#unfinished;
    if (unfinished === undefined || unfinished.announcement.transferId !== chunk.transferId) return;
    const { bytes } = unfinished;
    if (chunk.offset !== unfinished.received || chunk.offset + chunk.bytes.length > bytes.length) return this.#session.violated('a chunk is out of order or too long');
    bytes.set(chunk.bytes, chunk.offset);
    unfinished.received += chunk.bytes.length;
    if (unfinished.received < bytes.length) return;
    this.#unfinished = undefined;
    this.#inTurn(() => this.#apply(unfinished));
  }

  async #apply({ announcement, verified, bytes, beganAtMs }: Unfinished): Promise<void> {
    const { verification, counters } = this.#options;
    const life = this.#lives;
    const trust = this.#trust;
    if (trust === undefined) return;
    const { epoch, sequence } = verified.manifest;
    if (hash('sha256', bytes, 'hex') !== verified.transfer.wireHash) {
      return this.#reject({ kind: 'refused', code: 'TRANSFER_HASH_MISMATCH', reasons: ['the bytes are not those that were signed'] }, { epoch, sequence });
    }
    const configuration = await verification.transfer(announcement, bytes, trust, this.#active);
    if ('kind' in configuration) return this.#reject(configuration, { epoch, sequence });
    this.#active = configuration;
    this.#appliedAtMs = sharedNowMs();
    this.#history?.push({ sequence, atMs: this.#appliedAtMs });
    counters.applications += 1;
    const { version, contentRoot } = configuration;
    // Over another connection the answer would be to nothing: its Hello says it.
    if (life === this.#lives) this.#session.send({ kind: 'applied', version, contentRoot, tookMs: Math.round(this.#appliedAtMs - beganAtMs), quarantined: [], already: false });
  }

  #reject(refusal: Refusal, version: ConfigVersion): void {
    this.#options.counters.refused += 1;
    this.#options.log.error({ event: 'transfer-refused', code: refusal.code, reasons: refusal.reasons }, 'a simulated data plane refused a transfer');
    this.#session.send({ kind: 'rejected', version, code: refusal.code, reasons: refusal.reasons });
  }

  /** As the real intake does. */
  #payBack(): void {
    this.#owed += 1;
    if (this.#owed < CREDIT_STEP) return;
    this.#giveCredit(this.#owed);
    this.#owed = 0;
  }

  #giveCredit(chunks: number): void {
    this.#session.send({ kind: 'credit', chunks, telemetry: 0, records: 0 });
  }
}

function describe(refusal: Refusal): string {
  return `its statements do not hold: ${refusal.code}: ${refusal.reasons.join('; ')}`;
}
