/**
 * The conversation with a control plane, as a story: greet, check its signed statements, take configurations and answer
 * for them, hand telemetry over, renew the certificate in time. What it decides nothing about: which configuration serves
 * (config-keeper.ts), when to connect (session-state.ts). Lives in the agent thread.
 */
import { hostname } from 'node:os';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { formatVersion, NO_VERSION } from '../../shared/model/version.ts';
import type { LoadedPlugin } from '../../shared/plugin-kit/plugin-package.ts';
import { isBundled, pluginCatalog } from '../../shared/plugins/catalog.ts';
import { verifyStatement } from '../../shared/trust/statements.ts';
import { verifyTransfer } from '../../shared/trust/verify-transfer.ts';
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { COUNTS_SINCE_VERSION, TRUST_AND_NOTICES_SINCE_VERSION } from '../../shared/wire/sync-message.ts';
import type { Delta, FellBack, Hello, Notice, Question, Renewed, Snapshot, SyncMessage, TrustUpdate, Welcome } from '../../shared/wire/sync-message.ts';
import { claimedVersion, type ApplyResult, type ConfigKeeper, type FallBack } from '../config/config-keeper.ts';
import type { PurgeIntake } from '../cache-purges/purge-intake.ts';
import type { CountExchange } from '../cluster-counters/count-exchange.ts';
import type { CrashRecord } from '../state/crash-record.ts';
import type { HighestAccepted } from '../state/highest-accepted.ts';
import type { RecordAgent } from '../telemetry/record-agent.ts';
import type { TelemetryAgent } from '../telemetry/telemetry-agent.ts';
import type { TargetsReport } from '../upstreams/upstream-control.ts';
import { AnswerDesk, type AnswerQuestion } from './answer-desk.ts';
import type { ContentKeys } from './content-keys.ts';
import type { OpenFrameSocket } from './frame-socket.ts';
import type { HeadWatch } from './head-watch.ts';
import { HealthReports } from './health-reports.ts';
import { isIssuedByNewest, leafOf, refuseAuthorities, type IdentityStore } from './identity-store.ts';
import { acceptRenewed, changeOverDueAtMs, isExpired, renewalDueAtMs } from './renewal.ts';
import { NewestOnly } from './newest-only.ts';
import { Notices } from './notices.ts';
import { Session, type SessionStatus } from './session.ts';
import { TransferIntake, type ReceivedOffer } from './transfer-intake.ts';
import type { Trust, TrustAnchor } from './trust-anchor.ts';

export interface SyncClientOptions {
  readonly urls: readonly string[];
  readonly open: OpenFrameSocket;
  readonly identity: IdentityStore;
  readonly trust: TrustAnchor;
  readonly contentKeys: ContentKeys;
  readonly heads: HeadWatch;
  readonly keeper: ConfigKeeper;
  readonly highest: HighestAccepted;
  readonly crashes: CrashRecord;
  readonly telemetry: TelemetryAgent;
  readonly records: Pick<RecordAgent, 'connected' | 'disconnected' | 'addCredit' | 'acknowledged'>;
  readonly counts: Pick<CountExchange, 'connected' | 'disconnected' | 'heard'>;
  readonly purges: Pick<PurgeIntake, 'heard'>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly bootId: string;
  readonly softwareVersion: string;
  /** The custom ones. */
  readonly plugins: readonly LoadedPlugin[];
  readonly answerQuestion: AnswerQuestion;
  readonly maximumConfigBytes: number;
  /** The control plane's word on who this data plane is. */
  readonly onLabels?: (labels: Readonly<Record<string, string>>) => void;
}

/** A control plane that turns a herd away in part has it back in the time of two attempts at most. */
const BACKOFF = { initialMs: 1_000, maximumMs: 15_000 };
const GREETING_TIMEOUT_MS = 15_000;
const RENEWAL_CHECK_MS = 60_000;
/** Frames behind a Trust that is still being verified; chunks among them have credit. */
const MAXIMUM_HELD = 64;

export class SyncClient {
  readonly #options: SyncClientOptions;
  readonly #session: Session;
  readonly #intake: TransferIntake;
  readonly #notices = new Notices();
  readonly #health = new HealthReports();
  readonly #renewalJitter: number;
  /** Made ahead, because a greeting can't wait for it. */
  #renewalRequest: Uint8Array | undefined;
  #renewalTimer: TimerHandle | undefined;
  /** When authorities were learnt of whose newest has not signed our certificate; monotonic milliseconds. */
  #newAuthorityAtMs: number | undefined;
  /** Entities left quarantine without a new version. */
  #leftQuarantine = false;
  #labels: Readonly<Record<string, string>> = {};
  /** What came behind a Trust, in order; undefined while none is being learnt. What is signed by a new key waits for it here. */
  #held: SyncMessage[] | undefined;
  /* What makes all before it of no use. Trust is one at a time too: what comes behind it is held. */
  readonly #offers = new NewestOnly<ReceivedOffer>((offer) => this.#takeOffer(offer), (thrown) => this.#notTaken('configuration', thrown));
  readonly #heads = new NewestOnly<string>((statement) => this.#learnHead(statement), (thrown) => this.#notTaken('head', thrown));
  readonly #renewals = new NewestOnly<Renewed>((message) => this.#takeRenewed(message), (thrown) => this.#notTaken('new certificate', thrown));
  readonly #answers: AnswerDesk;

  constructor(options: SyncClientOptions) {
    this.#options = options;
    const { urls, open, clock, random, log, trust } = options;
    this.#renewalJitter = random();
    this.#answers = new AnswerDesk(options.answerQuestion);
    this.#session = new Session({
      urls,
      open,
      clock,
      random,
      log,
      backoff: BACKOFF,
      greetingTimeoutMs: GREETING_TIMEOUT_MS,
      greeting: () => this.#greeting(),
      verifyWelcome: (welcome) => this.#verifyWelcome(welcome),
      onLive: (welcome) => this.#live(welcome),
      onLost: () => {
        this.#held = undefined;
        this.#intake.cutOff();
        this.#notices.disconnected();
        this.#health.disconnected();
        options.telemetry.disconnected();
        options.records.disconnected();
        options.counts.disconnected();
      },
      onMessage: (message) => this.#hear(message),
    });
    this.#intake = new TransferIntake({
      trust: () => trust.current,
      clock,
      maximumBytes: options.maximumConfigBytes,
      complete: (offer) => this.#offers.take(offer),
      reject: (announcement, code, reasons) => this.#reject(announcement, code, reasons),
      giveCredit: (chunks) => this.#session.send({ kind: 'credit', chunks, telemetry: 0, records: 0 }),
      violated: (reason) => this.#session.violated(reason),
    });
  }

  get status(): SessionStatus {
    return this.#session.status;
  }

  /** As the control plane knows them; none before the first Welcome of this process. */
  get labels(): Readonly<Record<string, string>> {
    return this.#labels;
  }

  async start(): Promise<void> {
    const { identity, clock } = this.#options;
    const chain = identity.enrolment?.certificateChain;
    const prepared = this.#prepareRenewal();
    if (chain !== undefined && isExpired(leafOf(chain), clock.nowMs())) await prepared;
    this.#session.start();
    this.#renewalTimer = this.#options.clock.every(RENEWAL_CHECK_MS, () => this.#renewWhereDue());
  }

  stop(): void {
    this.#renewalTimer?.cancel();
    this.#session.stop();
  }

  /** Told by the config keeper; said again in every Hello by `barred`. With what is quarantined of what serves now. */
  reportFallBack(fall: FallBack): void {
    this.#session.send(toFellBack(fall));
    this.#reportQuarantined();
  }

  /** Something an operator should know; waits for a session where there is none. */
  reportNotice(notice: Omit<Notice, 'kind'>): void {
    this.#notices.tell(notice);
  }

  /** How the targets of upstreams are; told where it is not what was told before. */
  reportHealth(report: TargetsReport): void {
    this.#health.changed(report);
  }

  #greeting(): SyncMessage {
    const { identity, clock, log } = this.#options;
    const chain = identity.enrolment?.certificateChain;
    if (chain === undefined || this.#renewalRequest === undefined || !isExpired(leafOf(chain), clock.nowMs())) return this.#hello();
    log.warn({ event: 'certificate-expired' }, 'the certificate has expired while no control plane could be reached; asking for a new one');
    return { kind: 'renew', certificateRequest: this.#renewalRequest };
  }

  #hello(): Hello {
    const { keeper, highest, crashes, bootId, softwareVersion, plugins } = this.#options;
    const { active } = keeper;
    return {
      kind: 'hello',
      protocolVersion: PROTOCOL_VERSION,
      softwareVersion,
      bootId,
      hostname: hostname().slice(0, 255),
      active: active === undefined ? undefined : { version: active.version, contentRoot: active.contentRoot },
      highestAccepted: highest.current?.version ?? NO_VERSION,
      highestManifest: highest.current?.manifestStatement ?? '',
      plugins: [...[...pluginCatalog.values()].filter(({ name }) => isBundled(name)).map(({ name, version }) => ({ name, version, hash: '' })), ...plugins.map(({ plugin: { schema: { name, version } }, hash }) => ({ name, version, hash }))],
      compressions: ['zstd', 'none'],
      barred: crashes.bars.map(toFellBack),
      partial: this.#intake.partial,
    };
  }

  /** Undefined where everything signed in it holds. Nothing else in a Welcome is believed before. */
  async #verifyWelcome(welcome: Welcome): Promise<string | undefined> {
    if (welcome.protocolVersion < OLDEST_PROTOCOL_VERSION || welcome.protocolVersion > PROTOCOL_VERSION) {
      return `it speaks protocol version ${welcome.protocolVersion}, this data plane ${OLDEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}`;
    }
    const learnt = await this.#options.trust.learn(welcome);
    if (learnt.kind === 'refused') return `its statements do not hold: ${learnt.code}: ${learnt.reasons.join('; ')}`;
    if (welcome.headStatement !== '') await this.#learnHead(welcome.headStatement);
    await this.#learnKeys(welcome, learnt.trust);
    return undefined;
  }

  /** Keys that came with statements that held. */
  async #learnKeys({ contentKeys: wrapped, authoritiesStatement }: Pick<Welcome, 'contentKeys' | 'authoritiesStatement'>, { publishKeys }: Trust): Promise<void> {
    const { contentKeys, keeper } = this.#options;
    // Not waited for: it may build the whole configuration anew.
    if (await contentKeys.learn(wrapped)) void keeper.contentKeysChanged().then((changed) => changed && this.quarantineChanged());
    // '' is a control plane that does not tell of authorities.
    if (authoritiesStatement === '') return undefined;
    const verified = await verifyStatement('authorities', authoritiesStatement, publishKeys.keys, publishKeys.audience);
    return verified.kind === 'verified' ? this.#learnAuthorities(verified.claims.certificates) : this.#refuseAuthorities(`${verified.code}: ${verified.reasons.join('; ')}`);
  }

  async #learnAuthorities(caCertificates: string): Promise<void> {
    const { identity, clock, log } = this.#options;
    const { enrolment } = identity;
    if (enrolment === undefined || caCertificates === enrolment.caCertificates) return;
    const refusal = refuseAuthorities(caCertificates, enrolment.certificateChain);
    if (refusal !== undefined) return this.#refuseAuthorities(refusal);
    const learnt = { ...enrolment, caCertificates };
    try {
      await identity.save(learnt);
    } catch (thrown) {
      return log.error({ event: 'authorities-not-kept', reason: describeThrown(thrown) }, `new certificate authorities could not be written: ${describeThrown(thrown)}`);
    }
    this.#newAuthorityAtMs = isIssuedByNewest(learnt) ? undefined : clock.monotonicMs();
    return log.info({ event: 'authorities-learnt' }, 'the control plane told of other certificate authorities; they are trusted from the next connection on');
  }

  #refuseAuthorities(reason: string): void {
    this.#options.log.error({ event: 'authorities-refused', code: 'SYNC_AUTHORITIES_REFUSED', reason }, `the certificate authorities that the control plane tells of are not taken: ${reason}`);
  }

  /** What the control plane sends next may be signed or sealed by the new keys, so it waits. */
  async #takeTrust(update: TrustUpdate): Promise<void> {
    const held: SyncMessage[] = [];
    this.#held = held;
    const learnt = await this.#options.trust.learn(update);
    if (learnt.kind === 'trusted') await this.#learnKeys(update, learnt.trust);
    // The connection may have been lost, and another begun, meanwhile.
    if (this.#held !== held) return;
    if (learnt.kind === 'refused') return this.#session.violated(`changed keys do not hold: ${learnt.code}: ${learnt.reasons.join('; ')}`);
    this.#options.log.info({ event: 'trust-learnt', rootSet: learnt.trust.rootSet.version, delegation: learnt.trust.publishKeys.serial }, 'the control plane told of changed keys');
    this.#held = undefined;
    for (const message of held) this.#hear(message);
    this.#renewWhereDue();
    return undefined;
  }

  #live(welcome: Welcome): void {
    const { telemetry, records, keeper, counts } = this.#options;
    this.#labels = welcome.labels;
    this.#options.onLabels?.(welcome.labels);
    this.#intake.restart();
    if (keeper.fellBack === undefined) this.#reportQuarantined();
    else this.reportFallBack(keeper.fellBack);
    if (welcome.protocolVersion >= TRUST_AND_NOTICES_SINCE_VERSION) {
      this.#notices.connected((notice) => this.#session.send(notice));
      this.#health.connected((health) => this.#session.send(health));
    }
    if (welcome.protocolVersion >= COUNTS_SINCE_VERSION) counts.connected((told) => this.#session.send(told));
    telemetry.connected({ sendTelemetry: ({ bootId, sequence, bytes }) => this.#session.send({ kind: 'telemetry', bootId, sequence, batch: bytes, records: false }) }, welcome.telemetryCredit);
    records.connected({ sendRecords: ({ bootId, sequence, bytes }) => this.#session.send({ kind: 'telemetry', bootId, sequence, batch: bytes, records: true }) }, welcome.recordsCredit);
    this.#renewWhereDue();
  }

  /**
   * The answer that told it may have been lost with the connection, and a Hello does not say it (S6). That nothing is quarantined is
   * said where a control plane may think otherwise: of what is in the cache, an older release of this program may have told something.
   */
  #reportQuarantined(): void {
    const { active, quarantined, source } = this.#options.keeper;
    if (active === undefined || (quarantined.length === 0 && !this.#leftQuarantine && source === 'control-plane')) return;
    this.#session.send(toAnswer({ kind: 'applied', config: active, tookMs: 0, quarantined, already: true }));
  }

  /** What is quarantined of the configuration that serves is something else, though it is the same. Said now, and after each Welcome from now on. */
  quarantineChanged(): void {
    this.#leftQuarantine = true;
    this.#reportQuarantined();
  }

  #hear(message: SyncMessage): void {
    const { telemetry, records } = this.#options;
    if (this.#held !== undefined) {
      if (this.#held.push(message) > MAXIMUM_HELD) this.#session.violated(`it sent more than ${MAXIMUM_HELD} frames behind a change of keys`);
      return undefined;
    }
    switch (message.kind) {
      case 'snapshot':
      case 'delta':
      case 'chunk':
        return this.#intake.take(message);
      case 'head':
        return this.#heads.take(message.headStatement);
      case 'telemetry-ack':
        return (message.records ? records : telemetry).acknowledged(message.bootId, message.sequence);
      case 'credit':
        telemetry.addCredit(message.telemetry);
        return records.addCredit(message.records);
      case 'renewed':
        return this.#renewals.take(message);
      case 'question':
        void this.#answer(message);
        return undefined;
      case 'trust':
        void this.#takeTrust(message);
        return undefined;
      case 'counts':
        return this.#options.counts.heard(message);
      case 'cache-purges':
        return this.#options.purges.heard(message);
      case 'answer':
      case 'notice':
      case 'health':
      case 'hello':
      case 'applied':
      case 'rejected':
      case 'fell-back':
      case 'telemetry':
      case 'renew':
      case 'welcome':
      case 'ping':
      case 'bye':
        return this.#session.violated(`it sent ${message.kind}, which only a data plane sends`);
    }
  }

  async #answer(question: Question): Promise<void> {
    const reply = this.#session.replier();
    reply(await this.#answers.answer(question));
  }

  async #learnHead(statement: string): Promise<void> {
    const { trust, heads, log } = this.#options;
    if (trust.current === undefined) return;
    const before = heads.refusal?.code;
    const refusal = await heads.learn(statement, trust.current);
    // One comes every minute: the status page has the present state, the log its beginning.
    if (refusal === undefined || refusal.code === before) return;
    if (refusal.code === 'SYNC_HEAD_OLDER') this.reportNotice({ code: refusal.code, detail: refusal.reasons.join('; '), version: heads.newest?.version });
    log.warn({ event: 'head-refused', code: refusal.code, reasons: refusal.reasons }, `a head was refused: ${refusal.code}: ${refusal.reasons.join('; ')}`);
  }

  async #takeOffer(offer: ReceivedOffer): Promise<void> {
    const result = await this.#apply(offer);
    if (result.kind !== 'given-up') this.#session.send(toAnswer(result));
  }

  #notTaken(what: string, thrown: unknown): void {
    this.#options.log.error({ event: 'frame-not-taken', reason: describeThrown(thrown) }, `a ${what} could not be taken: ${describeThrown(thrown)}`);
  }

  #apply({ announcement, trust, wireBytes, beganAtMs }: ReceivedOffer): Promise<ApplyResult> {
    const { keeper, softwareVersion, maximumConfigBytes } = this.#options;
    const { manifestStatement, transferStatement } = announcement;
    // A delta stays within its base's epoch, whose statement it keeps.
    const epochStatement = announcement.kind === 'snapshot' ? announcement.epochStatement : (keeper.active?.proof.epochStatement ?? '');
    return keeper.apply({
      transfer: { manifestStatement, framing: { kind: 'signed', transferStatement }, epochStatement, wireBytes },
      proof: { manifestStatement, epochStatement, rootStatements: trust.rootStatements, delegationStatement: trust.delegationStatement },
      beganAtMs,
      verify: (transfer, base, highest) =>
        verifyTransfer(transfer, {
          rootSet: trust.rootSet,
          publishKeys: trust.publishKeys,
          highest,
          base,
          acceptOlder: false,
          softwareVersion,
          maximumInflatedBytes: maximumConfigBytes,
        }),
    });
  }

  #reject(announcement: Snapshot | Delta, code: string, reasons: readonly string[]): void {
    const version = claimedVersion(announcement);
    this.#options.log.warn({ event: 'config-rejected', version: formatVersion(version), code, reasons }, `rejected version ${formatVersion(version)} before receiving it: ${code}: ${reasons.join('; ')}`);
    this.#session.send({ kind: 'rejected', version, code, reasons });
  }

  async #prepareRenewal(): Promise<void> {
    // Loaded when needed: it would cost a start from the cache a tenth of its time (S2).
    const { createCertificateRequest } = await import('../../shared/trust/certificate-request.ts');
    this.#renewalRequest = await createCertificateRequest(this.#options.identity.keyPem);
    this.#renewWhereDue();
  }

  #renewWhereDue(): void {
    const { identity, log } = this.#options;
    const chain = identity.enrolment?.certificateChain;
    if (chain === undefined || this.#renewalRequest === undefined || !this.#session.live) return;
    if (!this.#isRenewalDue(chain)) return;
    log.info({ event: 'certificate-renewal' }, 'asking for a new certificate');
    this.#session.send({ kind: 'renew', certificateRequest: this.#renewalRequest });
  }

  #isRenewalDue(chain: string): boolean {
    const { clock } = this.#options;
    const { enrolment } = this.#options.identity;
    // Learnt of before this start.
    if (this.#newAuthorityAtMs === undefined && enrolment !== undefined && !isIssuedByNewest(enrolment)) this.#newAuthorityAtMs = clock.monotonicMs();
    const isAuthorityDue = this.#newAuthorityAtMs !== undefined && clock.monotonicMs() >= changeOverDueAtMs(this.#newAuthorityAtMs, this.#renewalJitter);
    return isAuthorityDue || clock.nowMs() >= renewalDueAtMs(leafOf(chain), this.#renewalJitter);
  }

  async #takeRenewed(message: Renewed): Promise<void> {
    const { identity, clock, log } = this.#options;
    const { enrolment } = identity;
    if (enrolment === undefined) return;
    const refusal = acceptRenewed(message.certificateChain, { enrolment, privateKey: identity.privateKey, nowMs: clock.nowMs() });
    if (refusal !== undefined) return this.#session.violated(`the new certificate is of no use: ${refusal}`);
    try {
      await identity.save({ ...enrolment, certificateChain: message.certificateChain });
    } catch (thrown) {
      log.error({ event: 'certificate-not-kept', reason: describeThrown(thrown) }, `the new certificate could not be written: ${describeThrown(thrown)}`);
      return undefined;
    }
    this.#newAuthorityAtMs = undefined;
    log.info({ event: 'certificate-renewed', validTo: leafOf(message.certificateChain).validTo }, 'the certificate was renewed');
    return this.#session.renewed();
  }
}

function toAnswer(result: Exclude<ApplyResult, { kind: 'given-up' }>): SyncMessage {
  if (result.kind === 'rejected') return result;
  const quarantined = result.quarantined.flatMap(({ kind, id, code, reason }) => {
    const entityId = parseId<EntityId>(id);
    return entityId === undefined ? [] : [{ entityKind: kind, id: entityId, code, reason }];
  });
  return { kind: 'applied', version: result.config.version, contentRoot: result.config.contentRoot, tookMs: result.tookMs, quarantined, already: result.already };
}

function toFellBack({ from, to, reason }: FallBack): FellBack {
  return { kind: 'fell-back', from: from.version, to, fromRoot: from.contentRoot, reason };
}
