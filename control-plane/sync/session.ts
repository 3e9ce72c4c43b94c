/**
 * One data plane's session: carries out what session-state.ts decides. Frames come from a WebSocket whose certificate was
 * checked; who the data plane is comes from that certificate and from nowhere else. Created by sync-server.ts.
 */
import type { X509Certificate } from 'node:crypto';
import WebSocket, { type RawData } from 'ws';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import { wrapContentKey } from '../../shared/trust/content-key.ts';
import type { DataPlaneIdentity } from '../../shared/trust/identity.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import { MAXIMUM_FRAME_BYTES, TRUST_AND_NOTICES_SINCE_VERSION, type FellBack, type Hello, type Renew, type SyncMessage, type Welcome } from '../../shared/wire/sync-message.ts';
import { readCertificateRequest } from '../enrolment/certificate-authority.ts';
import type { OutgoingTransfer, PublishedVersion } from '../publish/publisher.ts';
import type { DataPlane } from '../store/data-plane.ts';
import { DataPlaneReporter } from './data-plane-reporter.ts';
import { QuestionsToDataPlane, type QuestionOutcome } from './questions-to-data-plane.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import type { SessionTrust, TrustPush } from './trust-push.ts';
import { initialState, PING_INTERVAL_MS, stepSession, TELEMETRY_CREDIT, type SessionEffect, type SessionEvent, type SessionState } from './session-state.ts';
import { TelemetryIntake } from './telemetry-intake.ts';

export interface SessionOptions {
  readonly socket: WebSocket;
  readonly identity: DataPlaneIdentity;
  readonly certificate: X509Certificate;
  readonly validity: 'valid' | 'expired';
  readonly trust: TrustPush;
  /** Once, when the session is over. */
  readonly onClosed: () => void;
}

/** "Last seen" in the store is at most this old. */
const SEEN_INTERVAL_MS = 20_000;
/** How long a socket may take to close in good order. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Answers that the other side left unread, beyond what the kernel holds; four frames of the largest size. */
const MAXIMUM_UNREAD_BYTES = 4 * MAXIMUM_FRAME_BYTES;
/** Data planes that are sent away for new keys come back spread over this time. */
const RETURN_WITHIN_MS = 10_000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

export class Session {
  readonly identity: DataPlaneIdentity;
  readonly #dependencies: SessionDependencies;
  readonly #options: SessionOptions;
  readonly #log: Logger;
  readonly #reporter: DataPlaneReporter;
  readonly #telemetry: TelemetryIntake;
  readonly #questions: QuestionsToDataPlane;
  #state: SessionState;
  #transfer: OutgoingTransfer | undefined;
  #dataPlane: DataPlane | undefined;
  /** Version 3 and later takes changed keys while the session lives. */
  #takesTrust = false;
  /** What it was told of keys, told apart by `markOf`. */
  #toldTrust: string | undefined;
  #renewing = false;
  #seenReportedAtMs = -Infinity;

  constructor(dependencies: SessionDependencies, options: SessionOptions) {
    const { identity, socket, validity } = options;
    const { clock, random, dataPlanes, ingest } = dependencies;
    this.identity = identity;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#log = dependencies.log.child({ gateway: identity.gatewayId, dataPlane: identity.dataPlaneId });
    this.#state = initialState(validity, clock.monotonicMs());
    this.#reporter = new DataPlaneReporter((report) => dataPlanes.report(identity, identity.dataPlaneId, report), this.#log);
    this.#telemetry = new TelemetryIntake({
      store: ({ bootId, sequence, batch }) => ingest({ tenantId: identity.tenantId, gatewayId: identity.gatewayId, dataPlaneId: identity.dataPlaneId, bootId }, sequence, batch),
      onStored: ({ bootId, sequence }) => this.#take({ kind: 'telemetry-stored', bootId, sequence }),
      clock,
      random,
      log: this.#log,
    });
    this.#questions = new QuestionsToDataPlane((message) => this.#send(message), clock);
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    socket.on('error', (error) => this.#log.info({ event: 'session-socket-error', reason: error.message }, 'a session broke'));
    socket.on('close', () => this.#closed());
  }

  /** Labels as the data plane was told; undefined before Welcome. */
  get labels(): Readonly<Record<string, string>> | undefined {
    return this.#dataPlane?.labels;
  }

  /** Sends Bye and cuts the connection. */
  end(ended: { readonly code: string; readonly reason: string; readonly retryAfterMs: number }): void {
    this.#take({ kind: 'end', ...ended });
  }

  /** Whether `ask` has somebody to ask: it is welcomed, and knows of questions. */
  get canAnswer(): boolean {
    return this.#questions.canAnswer;
  }

  /** Asks the data plane something; see QuestionsToDataPlane. */
  ask(subject: string, question: JsonObject): Promise<QuestionOutcome> {
    return this.#questions.ask(subject, question);
  }

  /** Keys may have changed: tells the data plane what it does not know; one that can't be told is asked to come back. */
  takeTrust(trust: SessionTrust): void {
    if (this.#toldTrust === undefined || this.#toldTrust === markOf(trust) || this.#state.kind === 'closed') return;
    if (!this.#takesTrust) return this.end({ code: 'SYNC_TRUST_CHANGED', reason: 'keys were changed; it comes back and is told the new ones', retryAfterMs: Math.floor(this.#dependencies.random() * RETURN_WITHIN_MS) });
    this.#toldTrust = markOf(trust);
    const { rootStatements, delegationStatement, caCertificates } = trust;
    this.#send({ kind: 'trust', rootStatements, delegationStatement, contentKeys: this.#wrap(trust), caCertificates });
    void this.sendHead();
  }

  /** A newer release exists. */
  released(published: PublishedVersion): void {
    this.#take({ kind: 'released', published });
  }

  /** Every PING_INTERVAL_MS: liveness, and "last seen". */
  tick(): void {
    const nowMs = this.#dependencies.clock.monotonicMs();
    this.#take({ kind: 'tick', nowMs });
    if (this.#dataPlane !== undefined && this.#state.kind !== 'closed' && nowMs - this.#seenReportedAtMs >= SEEN_INTERVAL_MS) this.#reportSeen();
  }

  /** A fresh head statement, so that the data plane knows that nobody keeps news from it. */
  async sendHead(): Promise<void> {
    if (this.#dataPlane === undefined || this.#state.kind === 'closed') return;
    try {
      this.#send({ kind: 'head', headStatement: await this.#dependencies.publisher.headStatement(this.identity) });
    } catch (thrown) {
      this.#log.warn({ event: 'head-not-sent', reason: describeThrown(thrown) }, 'a head statement could not be made');
    }
  }

  /** The data plane has no session here any more. */
  reportGone(): void {
    if (this.#dataPlane !== undefined) this.#reporter.add({ connected: false, lastSeenAt: this.#now() });
  }

  /** What is known of the data plane is in the store; at the end of a session. */
  async settled(): Promise<void> {
    await this.#reporter.settled();
  }

  #hear(data: RawData, isBinary: boolean): void {
    let frame;
    try {
      if (!isBinary || !Buffer.isBuffer(data)) throw new Error('it is not a binary message');
      frame = decodeFrame(data);
    } catch (thrown) {
      this.end({ code: 'SYNC_UNEXPECTED_FRAME', reason: describeThrown(thrown), retryAfterMs: 0 });
      return;
    }
    if (frame.gatewayId === this.identity.gatewayId) this.#take({ kind: 'frame', message: frame.message, nowMs: this.#dependencies.clock.monotonicMs() });
    else this.end({ code: 'SYNC_GATEWAY_MISMATCH', reason: 'a frame names another gateway than the certificate', retryAfterMs: 0 });
  }

  #take(event: SessionEvent): void {
    const step = stepSession(this.#state, event);
    this.#state = step.state;
    for (const effect of step.effects) this.#carryOut(effect);
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'send':
        return this.#send(effect.message);
      case 'greet':
        return this.#run('greet', this.#greet(effect.hello));
      case 'prepare':
        return this.#run('prepare', this.#prepare(effect.base));
      case 'announce':
        return this.#announce(effect.transferId);
      case 'send-chunk':
        return this.#sendChunk(effect.transferId, effect.offset, effect.length);
      case 'store-telemetry':
        return this.#telemetry.take(effect.telemetry);
      case 'take-answer':
        return this.#questions.answered(effect.answer);
      case 'renew':
        return this.#run('renew', this.#renew(effect.renew));
      case 'report-desired':
        return this.#reporter.add({ desired: effect.version });
      case 'report-active':
        return this.#reportActive(effect.active);
      case 'report-applied': {
        const { version, contentRoot, quarantined, tookMs } = effect.applied;
        this.#log.info({ event: 'applied', version: formatVersion(version), tookMs, quarantined: quarantined.length }, `applied ${formatVersion(version)}`);
        return this.#reportApplied(version, contentRoot, quarantined.map(({ entityKind, id, code, reason }) => ({ kind: entityKind, id, code, reason })));
      }
      case 'report-rejected': {
        const { version, code, reasons } = effect.rejected;
        this.#log.warn({ event: 'rejected', version: formatVersion(version), code, reasons }, `a data plane refused ${formatVersion(version)}`);
        return this.#reporter.add({ rejection: { code, reasons, ...version } });
      }
      case 'report-fell-back':
        return this.#run('report-fell-back', this.#reportFellBack(effect.fellBack));
      case 'report-notice': {
        const { code, detail, version } = effect.notice;
        return this.#log.error({ event: 'data-plane-notice', code, version: version && formatVersion(version) }, `a data plane says: ${code}: ${detail}`);
      }
      case 'alarm':
        return this.#log.error({ event: effect.event, active: effect.text }, `a data plane and the published configuration do not fit together: ${effect.text}`);
      case 'close':
        return this.#close(effect.code, effect.reason);
    }
  }

  /** Reads the data plane afresh, so that a revocation between handshake and Hello counts. */
  async #greet(hello: Hello): Promise<void> {
    const { dataPlanes, publisher, softwareVersion } = this.#dependencies;
    const { identity } = this;
    const dataPlane = await dataPlanes.get(identity, identity.dataPlaneId);
    if (dataPlane === undefined) return this.end({ code: 'SYNC_DATA_PLANE_UNKNOWN', reason: 'this data plane is not (any more) known here; join again with a new join token', retryAfterMs: 60_000 });
    if (dataPlane.revokedAt !== undefined) return this.end(REVOKED);
    const [trust, headStatement, newest] = await Promise.all([this.#options.trust.current(identity), publisher.headStatement(identity), publisher.published(identity)]);
    const { rootStatements, delegationStatement, caCertificates } = trust;
    this.#takesTrust = hello.protocolVersion >= TRUST_AND_NOTICES_SINCE_VERSION;
    this.#toldTrust = markOf(trust);
    const welcome: Welcome = {
      kind: 'welcome', protocolVersion: Math.min(PROTOCOL_VERSION, hello.protocolVersion), softwareVersion, rootStatements, delegationStatement, headStatement,
      contentKeys: this.#wrap(trust),
      pingIntervalMs: PING_INTERVAL_MS, telemetryCredit: TELEMETRY_CREDIT, labels: dataPlane.labels, caCertificates,
    };
    this.#dataPlane = dataPlane;
    this.#questions.open(hello.protocolVersion);
    this.#seenReportedAtMs = this.#dependencies.clock.monotonicMs();
    const { hostname, softwareVersion: peerVersion, bootId } = hello;
    this.#reporter.add({ connected: true, lastSeenAt: this.#now(), hostname, softwareVersion: peerVersion, bootId });
    this.#log.info({ event: 'data-plane-connected', hostname, version: peerVersion, active: hello.active === undefined ? 'none' : formatVersion(hello.active.version) }, 'a data plane connected');
    this.#take({ kind: 'welcome-ready', welcome, newest });
    return undefined;
  }

  async #prepare(base: ConfigVersion | undefined): Promise<void> {
    try {
      await this.#options.trust.settled(this.identity);
      this.#transfer = await this.#dependencies.publisher.transferFrom(this.identity, base);
    } catch (thrown) {
      this.#log.error({ event: 'transfer-not-prepared', reason: describeThrown(thrown) }, 'a configuration could not be prepared for a data plane; tried again soon');
      this.#take({ kind: 'transfer-failed' });
      return;
    }
    const transfer = this.#transfer;
    this.#take({ kind: 'transfer-ready', transfer: transfer && { kind: transfer.kind, published: transfer, length: transfer.bytes.length } });
  }

  #announce(transferId: number): void {
    const transfer = this.#transfer;
    if (transfer === undefined) return;
    const { kind, manifestStatement, transferStatement, epochStatement } = transfer;
    const announced = { transferId, manifestStatement, transferStatement, compression: 'zstd', startOffset: 0 };
    this.#send(kind === 'snapshot' ? { kind, ...announced, epochStatement } : { kind, ...announced });
  }

  /** The next chunk follows when this one has left for the kernel: other frames never wait behind more than one. */
  #sendChunk(transferId: number, offset: number, length: number): void {
    const transfer = this.#transfer;
    if (transfer === undefined) return;
    this.#send({ kind: 'chunk', transferId, offset, bytes: transfer.bytes.subarray(offset, offset + length) }, () => this.#take({ kind: 'chunk-sent', transferId }));
  }

  async #renew({ certificateRequest }: Renew): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const { authority, dataPlanes, clock, certificateLifetimeMs } = this.#dependencies;
    const { identity } = this;
    try {
      const publicKey = await readCertificateRequest(certificateRequest);
      const issued = await authority.signDataPlane({ publicKey, identity, nowMs: clock.nowMs(), lifetimeMs: certificateLifetimeMs, isOldSoftware: !this.#takesTrust });
      if (!(await dataPlanes.setCertificate(identity, identity.dataPlaneId, issued))) return this.end(REVOKED);
      this.#log.info({ event: 'certificate-renewed', serial: issued.serial, notAfter: issued.notAfter.toISOString() }, 'a data plane has a new certificate');
      this.#send({ kind: 'renewed', certificateChain: issued.chainPem });
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || thrown.code !== 'ENROL_CERTIFICATE_REQUEST_INVALID') throw thrown;
      this.end({ code: thrown.code, reason: thrown.publicMessage, retryAfterMs: 60_000 });
    } finally {
      this.#renewing = false;
    }
    return undefined;
  }

  /** What the store knows already is not written again, because a Hello does not repeat what is quarantined. */
  #reportActive({ version, contentRoot }: PublishedVersion): void {
    const known = this.#dataPlane;
    if (known?.appliedRoot !== undefined && formatVersion(known.applied) === formatVersion(version) && Buffer.from(known.appliedRoot).toString('hex') === contentRoot) return;
    this.#reportApplied(version, contentRoot, []);
  }

  #reportApplied(version: ConfigVersion, contentRoot: string, quarantined: DataPlane['quarantined']): void {
    this.#reporter.add({ applied: { version, root: Buffer.from(contentRoot, 'hex'), at: this.#now(), quarantined } });
  }

  async #reportFellBack({ from, to, reason }: FellBack): Promise<void> {
    this.#log.error({ event: 'fell-back', from: formatVersion(from), to: formatVersion(to), reason }, `a data plane fell back to ${formatVersion(to)}`);
    const release = await this.#dependencies.releases.get(this.identity, to);
    if (release !== undefined) this.#reportApplied(to, Buffer.from(release.contentRoot).toString('hex'), []);
    this.#reporter.add({ rejection: { code: 'SYNC_FELL_BACK', reasons: [reason], ...from } });
  }

  /** For the holder of this session's certificate. */
  #wrap({ contentKeys }: SessionTrust): Welcome['contentKeys'] {
    const recipient = this.#options.certificate.publicKey;
    return contentKeys.map(({ keyId, key }) => wrapContentKey({ contentKey: key, keyId, recipient, identity: this.identity }));
  }

  #reportSeen(): void {
    this.#seenReportedAtMs = this.#dependencies.clock.monotonicMs();
    this.#reporter.add({ connected: true, lastSeenAt: this.#now() });
  }

  #send(message: SyncMessage, sent?: () => void): void {
    const { socket } = this.#options;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAXIMUM_UNREAD_BYTES) return this.#cutOff();
    socket.send(encodeFrame({ gatewayId: this.identity.gatewayId, message }), { binary: true }, (error) => {
      if (error == null) sent?.();
    });
  }

  /** No Bye: it would wait behind what is not read. */
  #cutOff(): void {
    this.#log.warn({ event: 'session-unread', code: 'SYNC_UNREAD', unreadBytes: this.#options.socket.bufferedAmount }, 'a data plane asks and does not read the answers; its connection is cut');
    this.#options.socket.terminate();
  }

  /** What fails here is the database or us, never the data plane: it comes back. */
  #run(step: string, work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      this.#log.error({ event: 'session-step-failed', step, reason: describeThrown(thrown) }, 'a session could not go on');
      this.end({ code: 'SYNC_UNAVAILABLE', reason: 'the control plane can not serve this data plane right now', retryAfterMs: 1000 });
    });
  }

  #close(code: string, reason: string): void {
    this.#log.info({ event: 'session-ended', code, reason }, 'a session was ended');
    const { socket } = this.#options;
    socket.close(code === 'shutting-down' ? GOING_AWAY : POLICY_VIOLATION, code.slice(0, 100));
    this.#dependencies.clock.after(CLOSE_TIMEOUT_MS, () => socket.terminate());
  }

  #closed(): void {
    this.#take({ kind: 'disconnected' });
    this.#telemetry.stop();
    this.#questions.close();
    this.#log.info({ event: 'data-plane-disconnected' }, 'a data plane disconnected');
    this.#options.onClosed();
  }

  #now(): Date {
    return new Date(this.#dependencies.clock.nowMs());
  }
}

function markOf({ rootStatements, delegationStatement, contentKeys, caCertificates }: SessionTrust): string {
  return [rootStatements.length, delegationStatement, ...contentKeys.map(({ keyId }) => keyId), caCertificates].join(' ');
}

export const REVOKED = { code: 'SYNC_DATA_PLANE_REVOKED', reason: 'this data plane was revoked by an operator', retryAfterMs: 60_000 };
