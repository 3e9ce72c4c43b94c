/**
 * All sessions of this instance: one per data plane, found by gateway. Tells them of releases and keys, keeps their time,
 * cuts those of revoked data planes, and decides who counts where two claim to be one. Owned by sync-server.ts.
 */
import { LRUCache } from 'lru-cache';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { DataPlaneId, GatewayId } from '../../shared/model/ids.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { HEAD_INTERVAL_MS, type PublishedVersion } from '../publish/publisher.ts';
import { CountDesk } from '../cluster-counters/count-desk.ts';
import type { GatewayScope } from '../store/scope.ts';
import { CloneWatch } from './clone-watch.ts';
import { FleetDirectory } from './fleet-directory.ts';
import type { QuestionOutcome } from './questions-to-data-plane.ts';
import { ReportWriter } from './report-writer.ts';
import type { SeenDataPlane } from './seen-data-plane.ts';
import type { SessionDependencies, SessionEnd, SessionServices } from './session-dependencies.ts';
import { PING_INTERVAL_MS } from './session-state.ts';
import { REVOKED, Session, type SessionOptions } from './session.ts';
import { SharedFrames } from './shared-frames.ts';
import { TickWheel } from './tick-wheel.ts';
import { creditsAmong } from './telemetry-credit.ts';
import { TrustPush } from './trust-push.ts';

/** What was asked, and whom. */
export type AskedDataPlane =
  | { readonly kind: 'asked'; readonly dataPlaneId: DataPlaneId; readonly outcome: QuestionOutcome }
  /** None of them has a session at this control plane. */
  | { readonly kind: 'not-connected' };

/** After a goodbye data planes come back spread over some time, not all at once. */
const RETURN_MS = { least: 2_000, perSession: 4, most: 60_000 };
/** Sessions that are told of a release before other events get their turn. */
const TOLD_AT_ONCE = 100;
const PING_SLOTS = 100;
const HEAD_SLOTS = 600;
const ROOTS_KEPT = 256;

interface Fleet {
  readonly scope: GatewayScope;
  /** One session per data plane: the newest. */
  readonly sessions: Map<DataPlaneId, Session>;
  newest: PublishedVersion | undefined;
  telling: boolean;
}

export class FleetSessions {
  readonly #services: SessionServices;
  readonly #fleets = new Map<GatewayId, Fleet>();
  /** Also those that have not greeted, and those that were told to end and are not gone yet. */
  readonly #open = new Set<Session>();
  readonly #clones: CloneWatch;
  readonly #pings: TickWheel<Session>;
  readonly #heads: TickWheel<Session>;
  readonly #lastIsGone = Promise.withResolvers<void>();
  #unsubscribe: () => void = () => undefined;
  #stopping = false;

  constructor(given: SessionDependencies) {
    const { clock, releases } = given;
    const roots = new LRUCache<string, Promise<string | undefined>>({ max: ROOTS_KEPT });
    this.#clones = new CloneWatch(clock);
    this.#services = {
      ...given,
      directory: new FleetDirectory(given),
      reports: new ReportWriter(given),
      trust: new TrustPush({
        ...given,
        tell: (scope, trust) => this.#sessionsOf(scope).forEach((session) => session.takeTrust(trust)),
        hasSessions: (scope) => this.#fleets.has(scope.gatewayId),
      }),
      counts: new CountDesk({ clock, log: given.log, share: given.shareCounts }),
      frames: new SharedFrames(),
      rootOf: (scope, version) => {
        const key = `${scope.gatewayId} ${formatVersion(version)}`;
        const root = roots.get(key) ?? releases.get(scope, version).then((release) => release && Buffer.from(release.contentRoot).toString('hex'));
        roots.set(key, root);
        root.catch(() => roots.delete(key));
        return root;
      },
      takePlace: (session) => this.#takePlace(session),
      telemetryCredits: () => creditsAmong(this.#open.size),
      outlived: (session) => session.end(this.#superseded(session)),
      bootReturned: (session, times) => this.#bootReturned(session, times),
      closed: (session) => this.#closed(session),
    };
    this.#pings = new TickWheel({ clock, intervalMs: PING_INTERVAL_MS, slots: PING_SLOTS, tick: (session) => session.tick() });
    this.#heads = new TickWheel({ clock, intervalMs: HEAD_INTERVAL_MS, slots: HEAD_SLOTS, tick: (session) => void session.sendHead() });
  }

  /** Data planes with a session here. */
  get count(): number {
    let count = 0;
    for (const { sessions } of this.#fleets.values()) count += sessions.size;
    return count;
  }

  /** Data planes that were welcomed here, `most` at most. */
  *seen(most: number): Generator<SeenDataPlane> {
    let left = most;
    for (const { sessions } of this.#fleets.values()) {
      for (const session of sessions.values()) {
        const { seen } = session;
        if (left <= 0) return;
        if (seen === undefined) continue;
        left -= 1;
        yield seen;
      }
    }
  }

  /** How many sessions are in which state, also those that have not greeted or are on their way out. */
  countByState(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { stateKind } of this.#open) counts.set(stateKind, (counts.get(stateKind) ?? 0) + 1);
    return counts;
  }

  /** `renewCertificate`: the authorities changed, so the server's certificate may have to. */
  begin(renewCertificate: () => void): void {
    const { publisher, signing, authority, trust, directory } = this.#services;
    const pushToAll = (): void => {
      for (const { scope } of this.#fleets.values()) trust.push(scope);
    };
    const subscriptions = [
      publisher.subscribe({
        onRelease: (scope, published) => this.#released(scope, published),
        onDataPlanesChanged: (scope) => {
          trust.push(scope);
          directory.refresh(scope, () => this.#recheck(scope));
        },
      }),
      signing.subscribe((scope) => (scope === undefined ? void authority.refresh() : trust.push(scope))),
      authority.subscribe(() => {
        renewCertificate();
        pushToAll();
      }),
    ];
    this.#unsubscribe = () => subscriptions.forEach((unsubscribe) => unsubscribe());
  }

  /** A WebSocket whose certificate was checked. */
  open(options: SessionOptions): void {
    const session = new Session(this.#services, options);
    this.#open.add(session);
    this.#pings.add(session);
    this.#heads.add(session);
  }

  async ask(scope: GatewayScope, dataPlaneId: DataPlaneId | undefined, subject: string, question: JsonObject): Promise<AskedDataPlane> {
    const sessions = this.#sessionsOf(scope).filter(({ identity }) => dataPlaneId === undefined || identity.dataPlaneId === dataPlaneId);
    const session = sessions.find(({ canAnswer }) => canAnswer) ?? sessions[0];
    if (session === undefined) return { kind: 'not-connected' };
    return { kind: 'asked', dataPlaneId: session.identity.dataPlaneId, outcome: await session.ask(subject, question) };
  }

  /** Says goodbye to all; resolves when they are gone. */
  async sayGoodbye(): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe();
    this.#pings.stop();
    this.#heads.stop();
    const { random } = this.#services;
    const sessions = [...this.#open];
    if (sessions.length === 0) this.#lastIsGone.resolve();
    const withinMs = Math.min(Math.max(RETURN_MS.least, sessions.length * RETURN_MS.perSession), RETURN_MS.most);
    for (const session of sessions) session.end({ code: 'shutting-down', reason: 'this control plane is stopping', retryAfterMs: Math.floor(random() * withinMs) });
    await this.#lastIsGone.promise;
  }

  /** Writes what is not stored yet; after `sayGoodbye`. */
  async stop(): Promise<void> {
    await this.#services.counts.stop();
    await this.#services.reports.stop();
  }

  #takePlace(session: Session): SessionEnd | undefined {
    const { identity: { tenantId, gatewayId, dataPlaneId }, bootId } = session;
    const fleet = this.#fleets.get(gatewayId) ?? { scope: { tenantId, gatewayId }, sessions: new Map<DataPlaneId, Session>(), newest: undefined, telling: false };
    const before = fleet.sessions.get(dataPlaneId);
    if (before !== undefined && before.bootId !== bootId && this.#clones.isCloned(dataPlaneId)) {
      return { code: 'SYNC_IDENTITY_CLONED', reason: 'another process with the same identity is connected; give each its own state folder and join token', retryAfterMs: this.#clones.noteRefusal(dataPlaneId) };
    }
    fleet.sessions.set(dataPlaneId, session);
    this.#fleets.set(gatewayId, fleet);
    before?.end(this.#superseded(before));
    return undefined;
  }

  #superseded({ identity }: Session): SessionEnd {
    return { code: 'SYNC_SUPERSEDED', reason: 'another connection with the same identity took over', retryAfterMs: this.#clones.awayMs(identity.dataPlaneId) };
  }

  #bootReturned({ identity }: Session, times: number): void {
    const { dataPlaneId } = identity;
    if (!this.#clones.noteReturns(dataPlaneId, times)) return;
    this.#services.alarms.raise(identity, {
      code: 'SYNC_IDENTITY_CLONED', dataPlaneId,
      detail: 'two processes with the identity of this data plane take the session from each other: its state folder was copied; revoke it, and let each join with a token of its own',
    });
  }

  #closed(session: Session): void {
    const { directory, trust, frames } = this.#services;
    const { gatewayId, dataPlaneId } = session.identity;
    this.#open.delete(session);
    this.#pings.delete(session);
    this.#heads.delete(session);
    if (this.#stopping && this.#open.size === 0) this.#lastIsGone.resolve();
    const fleet = this.#fleets.get(gatewayId);
    if (fleet?.sessions.get(dataPlaneId) === session) {
      fleet.sessions.delete(dataPlaneId);
      session.reportGone();
    }
    if (fleet !== undefined && fleet.sessions.size > 0) return;
    this.#fleets.delete(gatewayId);
    directory.forget(gatewayId);
    trust.forget(gatewayId);
    frames.forget(gatewayId);
  }

  #released(scope: GatewayScope, published: PublishedVersion): void {
    const fleet = this.#fleets.get(scope.gatewayId);
    if (fleet === undefined) return;
    fleet.newest = published;
    if (!fleet.telling) void this.#tellRelease(fleet);
  }

  /** In portions, so that pings and answers of others are not held up; always of what is newest by then. */
  async #tellRelease(fleet: Fleet): Promise<void> {
    fleet.telling = true;
    for (let told: PublishedVersion | undefined; told !== fleet.newest; ) {
      told = fleet.newest;
      let portion = 0;
      for (const session of [...fleet.sessions.values()]) {
        if (fleet.newest !== undefined) session.released(fleet.newest);
        if ((portion += 1) % TOLD_AT_ONCE === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    }
    fleet.telling = false;
  }

  /** Cuts the sessions of revoked data planes; relabelled ones come back at once and are told their labels. */
  #recheck(scope: GatewayScope): void {
    for (const session of this.#sessionsOf(scope)) {
      const member = this.#services.directory.known(scope, session.identity.dataPlaneId);
      if (member === undefined || member.isRevoked) session.end(REVOKED);
      else if (session.labels !== undefined && !haveSameLabels(session.labels, member.labels)) {
        session.end({ code: 'SYNC_LABELS_CHANGED', reason: 'its labels were changed; it comes back with the new ones', retryAfterMs: 0 });
      }
    }
  }

  #sessionsOf(scope: GatewayScope): readonly Session[] {
    return [...(this.#fleets.get(scope.gatewayId)?.sessions.values() ?? [])];
  }
}

function haveSameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}
