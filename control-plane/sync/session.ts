/**
 * One data plane's session: carries out what session-state.ts decides. Frames come from a WebSocket whose certificate was
 * checked; who the data plane is comes from that certificate and from nowhere else. There are thousands of these: what is the
 * same for many is in SessionServices. Created by sync-server.ts.
 */
import type { TLSSocket } from 'node:tls';
import WebSocket, { type RawData } from 'ws';
import type { SeenDataPlane } from './seen-data-plane.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { newId } from '../../shared/model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { wrapContentKey } from '../../shared/trust/content-key.ts';
import type { DataPlaneIdentity } from '../../shared/trust/identity.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import { COUNTS_SINCE_VERSION, MAXIMUM_FRAME_BYTES, TRUST_AND_NOTICES_SINCE_VERSION, type CachePurges, type Counts, type FellBack, type Hello, type Notice, type PartialTransfer, type Renew, type SyncMessage, type Welcome } from '../../shared/wire/sync-message.ts';
import { readCertificateRequest } from '../enrolment/certificate-authority.ts';
import type { OutgoingTransfer, PublishedVersion } from '../publish/publisher.ts';
import type { AheadClaim, DataPlaneReport } from '../store/data-plane-reports.ts';
import type { FleetMember } from '../store/data-plane-store.ts';
import type { Ingest } from '../telemetry/ingest.ts';
import { QuestionsToDataPlane, type QuestionOutcome } from './questions-to-data-plane.ts';
import type { ReportingSession } from './report-writer.ts';
import { differingPlugins } from '../plugins/differing-plugins.ts';
import type { SessionEnd, SessionServices } from './session-dependencies.ts';
import type { AlarmCode, SessionEffect, SessionEvent, SessionState, TransferInHand } from './session-events.ts';
import { initialState, PING_INTERVAL_MS, stepSession } from './session-state.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import type { SessionTrust } from './trust-push.ts';

export interface SessionOptions {
  readonly socket: WebSocket;
  /** What the WebSocket is on. */
  readonly tls: TLSSocket;
  readonly identity: DataPlaneIdentity;
  readonly validity: 'valid' | 'expired';
  /** Once: its greeting is answered, or it is over. */
  readonly onGreeted: () => void;
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
const ALARM_EVENTS: Readonly<Record<AlarmCode, string>> = { SYNC_DATA_PLANE_AHEAD: 'data-plane-ahead', SYNC_DATA_PLANE_DIVERGED: 'data-plane-diverged', SYNC_UNANSWERED: 'data-plane-unanswered' };
const UNKNOWN: SessionEnd = { code: 'SYNC_DATA_PLANE_UNKNOWN', reason: 'this data plane is not (any more) known here; join again with a new join token', retryAfterMs: 60_000 };
export const REVOKED: SessionEnd = { code: 'SYNC_DATA_PLANE_REVOKED', reason: 'this data plane was revoked by an operator', retryAfterMs: 60_000 };

export class Session implements ReportingSession {
  readonly id: string = newId();
  readonly identity: DataPlaneIdentity;
  readonly beganAtMs: number;
  readonly #services: SessionServices;
  readonly #socket: WebSocket;
  readonly #tls: TLSSocket;
  readonly #onGreeted: () => void;
  readonly #telemetry: TelemetryIntake;
  /** Access records. */
  readonly #records: TelemetryIntake;
  readonly #questions: QuestionsToDataPlane;
  #state: SessionState;
  #transfer: OutgoingTransfer | undefined;
  /** After Welcome. */
  #greeted: Pick<SeenDataPlane, 'hostname' | 'softwareVersion'> & { readonly bootId: string; readonly labels: FleetMember['labels']; readonly takesTrust: boolean } | undefined;
  /** What it was told of keys (SessionTrust.mark). */
  #toldTrust: string | undefined;
  #renewing = false;
  #seenReportedAtMs = -Infinity;
  /** What it had was newer than all that is published here, until it applies something from here. */
  #wasAhead = false;

  constructor(services: SessionServices, options: SessionOptions) {
    const { identity, socket, validity } = options;
    const { ingest, ingestRecords } = services;
    this.identity = identity;
    this.beganAtMs = services.clock.monotonicMs();
    this.#services = services;
    this.#socket = socket;
    this.#tls = options.tls;
    this.#onGreeted = options.onGreeted;
    this.#state = initialState(validity, this.beganAtMs);
    this.#telemetry = this.#intakeOf(ingest);
    // Counts come first: details wait while there are any.
    this.#records = this.#intakeOf(async (...batch) => {
      await this.#telemetry.settled();
      await ingestRecords?.(...batch);
    });
    this.#questions = new QuestionsToDataPlane((message) => this.#send(message), services.clock);
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    socket.on('error', (error) => this.#log('info', { event: 'session-socket-error', reason: error.message }, 'a session broke'));
    socket.on('close', () => this.#closed());
  }

  /** Labels as the data plane was told; undefined before Welcome. */
  get labels(): FleetMember['labels'] | undefined {
    return this.#greeted?.labels;
  }

  /** Of the data plane's process; undefined before Hello. */
  get bootId(): string | undefined {
    return this.#state.kind === 'greeting' ? this.#state.hello.bootId : this.#greeted?.bootId;
  }

  /** Whether `ask` has somebody to ask: it is welcomed, and knows of questions. */
  get canAnswer(): boolean {
    return this.#questions.canAnswer;
  }

  get stateKind(): SessionState['kind'] {
    return this.#state.kind;
  }

  /** For whoever watches; undefined before Welcome and after the end. */
  get seen(): SeenDataPlane | undefined {
    const greeted = this.#greeted;
    if (greeted === undefined || !('peer' in this.#state)) return undefined;
    const { link, peer } = this.#state;
    return { dataPlaneId: this.identity.dataPlaneId, ...greeted, heardAtMs: link.heardAtMs, contentRoot: peer.active?.contentRoot, certificateEnds: this.#tls.getPeerCertificate().valid_to };
  }

  /** Sends Bye and cuts the connection. */
  end(ended: SessionEnd): void {
    this.#take({ kind: 'end', ...ended });
  }

  onOutlived(): void {
    if (this.#state.kind !== 'closed') this.#services.outlived(this);
  }

  onBootReturned(times: number): void {
    this.#services.bootReturned(this, times);
  }

  onAhead({ version, isProved }: AheadClaim): void {
    this.#wasAhead = true;
    const proof = isProved ? '' : '; it shows no manifest of that version which this installation signed, so publishing goes on: it may be lying, or was restored here from a backup older than a change of publish keys';
    this.#raise({ code: 'SYNC_DATA_PLANE_AHEAD', detail: `it says it accepted ${formatVersion(version)}, newer than all that is published here${proof}` });
  }

  /** Asks the data plane something; see QuestionsToDataPlane. */
  ask(subject: string, question: JsonObject): Promise<QuestionOutcome> {
    return this.#questions.ask(subject, question);
  }

  /** Keys may have changed: tells the data plane what it does not know; one that can't be told is asked to come back. */
  takeTrust(trust: SessionTrust): void {
    if (this.#toldTrust === undefined || this.#toldTrust === trust.mark || this.#state.kind === 'closed') return;
    if (this.#greeted?.takesTrust !== true) return this.end({ code: 'SYNC_TRUST_CHANGED', reason: 'keys were changed; it comes back and is told the new ones', retryAfterMs: Math.floor(this.#services.random() * RETURN_WITHIN_MS) });
    this.#toldTrust = trust.mark;
    const { rootStatements, delegationStatement, authoritiesStatement } = trust;
    this.#send({ kind: 'trust', rootStatements, delegationStatement, contentKeys: this.#wrap(trust), authoritiesStatement });
    void this.sendHead();
  }

  /** What other data planes of the gateway counted. */
  sendCounts(counts: Counts): void {
    this.#send(counts);
  }

  /** What operators emptied of caches. */
  sendPurges(purges: CachePurges): void {
    this.#send(purges);
  }

  /** A newer release exists. */
  released(published: PublishedVersion): void {
    this.#take({ kind: 'released', published });
  }

  /** Every PING_INTERVAL_MS: liveness, and "last seen". */
  tick(): void {
    const nowMs = this.#services.clock.monotonicMs();
    this.#take({ kind: 'tick', nowMs });
    if (this.#greeted === undefined || this.#state.kind === 'closed' || nowMs - this.#seenReportedAtMs < SEEN_INTERVAL_MS || this.#state.link.heardAtMs < this.#seenReportedAtMs) return;
    this.#seenReportedAtMs = nowMs;
    this.#report({ connected: true, lastSeenAt: this.#now() });
  }

  /** A fresh head statement, so that the data plane knows that nobody keeps news from it. */
  async sendHead(): Promise<void> {
    const { publisher, frames } = this.#services;
    if (this.#greeted === undefined || this.#state.kind === 'closed') return;
    try {
      this.#write(frames.head(this.identity.gatewayId, await publisher.headStatement(this.identity)));
    } catch (thrown) {
      // Who can't make it says so itself; here it would be once a minute for each of thousands.
      this.#log('debug', { event: 'head-not-sent', reason: describeThrown(thrown) }, 'a head statement could not be made');
    }
  }

  /** It had the data plane's place, and nobody else has it now. */
  reportGone(): void {
    this.#report({ connected: false, lastSeenAt: this.#now() });
  }

  #intakeOf(ingest: Ingest): TelemetryIntake {
    const { clock, random } = this.#services;
    const { tenantId, gatewayId, dataPlaneId } = this.identity;
    return new TelemetryIntake({
      store: ({ bootId, sequence, batch }) => ingest({ tenantId, gatewayId, dataPlaneId, bootId }, sequence, batch),
      onStored: ({ bootId, sequence, records }) => this.#take({ kind: 'telemetry-stored', bootId, sequence, records }),
      onStuck: ({ bootId, sequence, records }, thrown) =>
        this.#log('error', { event: 'telemetry-stuck', boot: bootId, sequence, records, reason: describeThrown(thrown) }, `a batch of ${records ? 'access records' : 'telemetry'} can not be stored; the data plane keeps it and what follows`),
      clock,
      random,
    });
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
    if (frame.gatewayId === this.identity.gatewayId) this.#take({ kind: 'frame', message: frame.message, nowMs: this.#services.clock.monotonicMs() });
    else this.end({ code: 'SYNC_GATEWAY_MISMATCH', reason: 'a frame names another gateway than the certificate', retryAfterMs: 0 });
  }

  #take(event: SessionEvent): void {
    const { state, effects } = stepSession(this.#state, event);
    this.#state = state;
    // An announcement and its only chunk leave in one write.
    const many = effects.length > 1;
    if (many) this.#tls.cork();
    for (const effect of effects) this.#carryOut(effect);
    if (many) this.#tls.uncork();
    // Of thousands of sessions one would else keep the bytes of each version that ever was.
    if (this.#state.kind !== 'sending' && this.#state.kind !== 'preparing') this.#transfer = undefined;
  }

  #carryOut(effect: SessionEffect): void {
    const { frames, alarms } = this.#services;
    const { gatewayId, dataPlaneId } = this.identity;
    switch (effect.kind) {
      case 'send':
        return this.#send(effect.message);
      case 'greet':
        return this.#run('greet', this.#greet(effect.hello));
      case 'prepare':
        return this.#run('prepare', this.#prepare(effect.base, effect.partial, effect.newcomer));
      case 'announce':
        return this.#transfer === undefined ? undefined : this.#write(frames.announcement(gatewayId, this.#transfer, effect.startOffset));
      case 'send-chunk':
        // The next chunk follows when this one has left for the kernel: other frames never wait behind more than one.
        if (this.#transfer === undefined) return undefined;
        return this.#write(frames.chunk(gatewayId, this.#transfer, effect.offset, effect.length), () => this.#take({ kind: 'chunk-sent', transferId: effect.transferId }));
      case 'store-telemetry':
        return (effect.telemetry.records ? this.#records : this.#telemetry).take(effect.telemetry);
      case 'take-answer':
        return this.#questions.answered(effect.answer);
      case 'renew':
        return this.#run('renew', this.#renew(effect.renew));
      case 'report-desired':
        return this.#report({ desired: { version: effect.version, at: this.#now() } });
      case 'report-active':
        return this.#report({ active: { ...servedOf(effect.active.version, effect.active.contentRoot), at: this.#now() } });
      case 'report-applied': {
        const { version, contentRoot, quarantined, tookMs, already } = effect.applied;
        this.#log('debug', { event: 'applied', version: formatVersion(version), tookMs, quarantined: quarantined.length }, `applied ${formatVersion(version)}`);
        if (this.#wasAhead) alarms.settle(this.identity, { code: 'SYNC_DATA_PLANE_AHEAD', dataPlaneId });
        this.#wasAhead = false;
        if (!already) this.#services.meter?.applied(this.identity, version, this.beganAtMs);
        const entities = quarantined.map(({ entityKind, id, code, reason }) => ({ kind: entityKind, id, code, reason }));
        return this.#report({ applied: { ...servedOf(version, contentRoot), at: this.#now(), tookMs: already ? undefined : tookMs, quarantined: entities, already } });
      }
      case 'report-rejected': {
        const { version, code, reasons } = effect.rejected;
        this.#log('warn', { event: 'rejected', version: formatVersion(version), code, reasons }, `a data plane refused ${formatVersion(version)}`);
        return this.#report({ rejection: { code, reasons, ...version } });
      }
      case 'report-fell-back':
        return this.#run('report-fell-back', this.#reportFellBack(effect.fellBack));
      case 'report-notice':
        return this.#reportNotice(effect.notice);
      case 'take-counts':
        return this.#services.counts.take(this, effect.counts);
      case 'report-health':
        return this.#report({ health: { targets: effect.health.targets, leftOut: effect.health.leftOut, at: this.#now() } });
      case 'alarm':
        return this.#raise(effect);
      case 'settle':
        return effect.codes.forEach((code) => alarms.settle(this.identity, { code, dataPlaneId }));
      case 'close':
        return this.#close(effect.code, effect.reason);
    }
  }

  /** Asks the database nothing where the gateway is known: the fleet's directory hears of revocations (C2). */
  async #greet(hello: Hello): Promise<void> {
    const { publisher, directory, trust, softwareVersion, takePlace, clock } = this.#services;
    const { identity } = this;
    const member = await directory.find(identity, identity.dataPlaneId);
    if (this.#state.kind !== 'greeting') return undefined;
    if (member === undefined) return this.end(UNKNOWN);
    const refusal = member.isRevoked ? REVOKED : takePlace(this);
    if (refusal !== undefined) return this.end(refusal);
    // From here on revocations, labels and releases find this session; what is read now is no older than that.
    const [keys, headStatement, newest] = await Promise.all([trust.current(identity), publisher.headStatement(identity), publisher.published(identity)]);
    if (this.#state.kind !== 'greeting') return undefined;
    const ahead = await this.#aheadClaim(hello, newest?.version ?? NO_VERSION);
    if (this.#state.kind !== 'greeting') return undefined;
    const { rootStatements, delegationStatement, authoritiesStatement } = keys;
    // A change that was read meanwhile found no labels here to compare.
    const { labels } = directory.known(identity, identity.dataPlaneId) ?? member;
    const credits = this.#services.telemetryCredits();
    const welcome: Welcome = {
      kind: 'welcome', protocolVersion: Math.min(PROTOCOL_VERSION, hello.protocolVersion), softwareVersion, rootStatements, delegationStatement, headStatement, contentKeys: this.#wrap(keys),
      pingIntervalMs: PING_INTERVAL_MS, telemetryCredit: credits.telemetry, recordsCredit: this.#services.ingestRecords === undefined ? 0 : credits.records, labels, authoritiesStatement,
    };
    const { hostname, softwareVersion: peerVersion, bootId, protocolVersion } = hello;
    this.#greeted = { hostname, softwareVersion: peerVersion, bootId, labels, takesTrust: protocolVersion >= TRUST_AND_NOTICES_SINCE_VERSION };
    this.#toldTrust = keys.mark;
    this.#questions.open(protocolVersion);
    this.#seenReportedAtMs = clock.monotonicMs();
    this.#report({ connected: true, lastSeenAt: this.#now(), hostname, softwareVersion: peerVersion, bootId, ...(ahead === undefined ? {} : { ahead }) });
    this.#log('info', { event: 'data-plane-connected', hostname, version: peerVersion, active: hello.active === undefined ? 'none' : formatVersion(hello.active.version) }, 'a data plane connected');
    this.#notePlugins(hello);
    this.#take({ kind: 'welcome-ready', welcome, newest });
    if (protocolVersion >= COUNTS_SINCE_VERSION) this.#joinDesks();
    this.#onGreeted();
    // Keys that changed while this was put together were told to those who had their Welcome.
    this.takeTrust(await trust.current(identity));
    return undefined;
  }

  /** Code other than what was registered: what its config was checked against need not be what runs. */
  #notePlugins({ plugins }: Hello): void {
    const { alarms, registeredHash = () => undefined } = this.#services;
    const differing = differingPlugins(plugins, registeredHash);
    const alarm = { code: 'SYNC_PLUGIN_DIFFERS', dataPlaneId: this.identity.dataPlaneId };
    if (differing === undefined) alarms.settle(this.identity, alarm);
    else alarms.raise(this.identity, { ...alarm, detail: differing });
  }

  #joinDesks(): void {
    this.#services.counts.join(this);
    this.#services.purges?.join(this);
  }

  /** One data plane's word alone must not keep all others from what is new (S4). */
  async #aheadClaim({ highestAccepted: version, highestManifest }: Hello, newest: ConfigVersion): Promise<AheadClaim | undefined> {
    if (compareVersions(version, newest) <= 0) return undefined;
    return { version, isProved: await this.#services.signing.hasSigned(this.identity, highestManifest, version) };
  }

  async #prepare(base: ConfigVersion | undefined, partial: PartialTransfer | undefined, newcomer: boolean): Promise<void> {
    const { trust, publisher, frames } = this.#services;
    let transfer: TransferInHand | undefined;
    try {
      await trust.settled(this.identity);
      const resumed = partial === undefined ? undefined : await publisher.packedByHash(this.identity, partial.wireHash);
      const outgoing = resumed !== undefined && leadsOn(resumed, base) ? resumed : await publisher.transferFrom(this.identity, base, { newcomer });
      const startOffset = outgoing !== undefined && outgoing.wireHash === partial?.wireHash && partial.bytes < outgoing.bytes.length ? partial.bytes : 0;
      this.#transfer = outgoing;
      transfer = outgoing && { transferId: frames.transferIdOf(outgoing), kind: outgoing.kind, published: { version: outgoing.version, contentRoot: outgoing.contentRoot }, length: outgoing.bytes.length, startOffset };
    } catch (thrown) {
      this.#log('error', { event: 'transfer-not-prepared', reason: describeThrown(thrown) }, 'a configuration could not be prepared for a data plane; tried again soon');
      this.#take({ kind: 'transfer-failed' });
      return;
    }
    this.#take({ kind: 'transfer-ready', transfer });
  }

  async #renew({ certificateRequest }: Renew): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const { authority, dataPlanes, clock, certificateLifetimeMs, trust } = this.#services;
    const { identity } = this;
    try {
      const publicKey = await readCertificateRequest(certificateRequest);
      const issued = await authority.signDataPlane({ publicKey, identity, nowMs: clock.nowMs(), lifetimeMs: certificateLifetimeMs, isOldSoftware: this.#greeted?.takesTrust !== true });
      if (!(await dataPlanes.setCertificate(identity, identity.dataPlaneId, issued))) return this.end(REVOKED);
      // It takes none by an authority that it was not told of.
      await trust.settled(identity);
      this.#log('info', { event: 'certificate-renewed', serial: issued.serial, notAfter: issued.notAfter.toISOString() }, 'a data plane has a new certificate');
      this.#send({ kind: 'renewed', certificateChain: issued.chainPem });
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || thrown.code !== 'ENROL_CERTIFICATE_REQUEST_INVALID') throw thrown;
      this.end({ code: thrown.code, reason: thrown.publicMessage, retryAfterMs: 60_000 });
    } finally {
      this.#renewing = false;
    }
    return undefined;
  }

  async #reportFellBack({ from, to, reason }: FellBack): Promise<void> {
    this.#log('error', { event: 'fell-back', from: formatVersion(from), to: formatVersion(to), reason }, `a data plane fell back to ${formatVersion(to)}`);
    const contentRoot = await this.#services.rootOf(this.identity, to);
    if (contentRoot !== undefined) this.#report({ active: { ...servedOf(to, contentRoot), at: this.#now() } });
    this.#report({ rejection: { code: 'SYNC_FELL_BACK', reasons: [reason], ...from } });
  }

  #reportNotice({ code, detail, version }: Notice): void {
    const about = version === undefined ? '' : ` (${formatVersion(version)})`;
    this.#services.alarms.raise(this.identity, { code, dataPlaneId: this.identity.dataPlaneId, detail: `${detail}${about}` });
  }

  #raise({ code, detail }: { readonly code: AlarmCode; readonly detail: string }): void {
    this.#log('error', { event: ALARM_EVENTS[code], detail }, `a data plane and the published configuration do not fit together: ${detail}`);
    this.#services.alarms.raise(this.identity, { code, dataPlaneId: this.identity.dataPlaneId, detail });
  }

  #report(report: DataPlaneReport): void {
    this.#services.reports.add(this, report);
  }

  /** For the holder of this session's certificate. */
  #wrap({ contentKeys }: SessionTrust): Welcome['contentKeys'] {
    const recipient = this.#tls.getPeerX509Certificate()?.publicKey;
    return recipient === undefined ? [] : contentKeys.map(({ keyId, key }) => wrapContentKey({ contentKey: key, keyId, recipient, identity: this.identity }));
  }

  #send(message: SyncMessage): void {
    this.#write(encodeFrame({ gatewayId: this.identity.gatewayId, message }));
  }

  #write(frame: Uint8Array, sent?: () => void): void {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAXIMUM_UNREAD_BYTES) return this.#cutOff();
    socket.send(frame, { binary: true }, sent === undefined ? undefined : (error) => {
      if (error == null) sent();
    });
  }

  /** No Bye: it would wait behind what is not read. */
  #cutOff(): void {
    this.#log('warn', { event: 'session-unread', code: 'SYNC_UNREAD', unreadBytes: this.#socket.bufferedAmount }, 'a data plane asks and does not read the answers; its connection is cut');
    this.#socket.terminate();
  }

  /** What fails here is the database or us, never the data plane: it comes back. */
  #run(step: string, work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      this.#log('error', { event: 'session-step-failed', step, reason: describeThrown(thrown) }, 'a session could not go on');
      this.end({ code: 'SYNC_UNAVAILABLE', reason: 'the control plane can not serve this data plane right now', retryAfterMs: 1000 });
    });
  }

  #close(code: string, reason: string): void {
    this.#log('info', { event: 'session-ended', code, reason }, 'a session was ended');
    this.#socket.close(code === 'shutting-down' ? GOING_AWAY : POLICY_VIOLATION, code.slice(0, 100));
    this.#services.clock.after(CLOSE_TIMEOUT_MS, () => this.#socket.terminate());
  }

  #closed(): void {
    this.#take({ kind: 'disconnected' });
    this.#telemetry.stop();
    this.#records.stop();
    this.#questions.close();
    this.#services.counts.leave(this);
    this.#services.purges?.leave(this);
    this.#log('info', { event: 'data-plane-disconnected' }, 'a data plane disconnected');
    this.#onGreeted();
    this.#services.closed(this);
  }

  /** No logger of its own: ten thousand of them would be megabytes. */
  #log(level: 'debug' | 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>, text: string): void {
    const { log } = this.#services;
    if (!log.isLevelEnabled(level)) return;
    const { gatewayId, dataPlaneId } = this.identity;
    log[level]({ gateway: gatewayId, dataPlane: dataPlaneId, ...fields }, text);
  }

  #now(): Date {
    return new Date(this.#services.clock.nowMs());
  }
}

/** Whether a transfer of before still brings a data plane that is at `base` further. */
function leadsOn({ base: from, version }: OutgoingTransfer, base: ConfigVersion | undefined): boolean {
  if (base === undefined) return from === undefined;
  return from === undefined ? compareVersions(version, base) > 0 : compareVersions(from, base) === 0;
}

function servedOf(version: ConfigVersion, contentRoot: string): { readonly version: ConfigVersion; readonly root: Uint8Array } {
  return { version, root: Buffer.from(contentRoot, 'hex') };
}
