/**
 * One gateway's way from change rows to a release: wait for the burst to end, read what changed, bring the content
 * forward, build the delta once, sign, store (another instance may have been first: then its bytes count), tell the sessions.
 * Cost follows the size of the change (C2). One release at a time; a failure is logged and tried again (C1).
 */
import { Backoff } from '../../shared/backoff.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import { encodeDeltaContent } from '../../shared/wire/content-codec.ts';
import type { LeafChange } from '../../shared/wire/sync-message.ts';
import type { Change, ChangedLeafRow } from '../store/change-reader.ts';
import type { Release } from '../store/release-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { checkChanges, type SuspiciousEntity } from './check-changes.ts';
import { CoalescingWindow, RELEASE_WINDOW } from './coalescing-window.ts';
import { countChanges, GatewayContent, lastStates, putLeaf, type LeafMap } from './gateway-content.ts';
import type { PublishDependencies } from './publish-dependencies.ts';
import { momentOf, NewestRelease, type Moment } from './newest-release.ts';
import { packTransfer } from './transfer-builder.ts';

/** Data planes of this version and later understand what is published. */
const MINIMUM_DATA_PLANE_VERSION = '0.1.0';
/** Rows that one delta is made of at most. The retention keeps as many for data planes that are behind. */
export const CHANGES_PER_READ = 5000;
/** With more changes than this and than entities, a snapshot is the shorter way. */
const ALWAYS_A_DELTA = 1000;
const RETRY = { initialMs: 100, maximumMs: 10_000 };
/** Content that nobody needed for so long is let go; the next who needs it reads it again. */
const CONTENT_IDLE_MS = 600_000;

/** After these the content is read afresh. */
const STARTS_OVER: ReadonlySet<string> = new Set(['PUBLISH_CONTENT_DIVERGED', 'STORE_HISTORY_REMOVED']);

export interface GatewayPublisherOptions extends PublishDependencies {
  readonly scope: GatewayScope;
  /** Told once for each release that is newest. */
  readonly onRelease: (release: Release) => void;
  /** Every head that had moved until then was reported. */
  readonly caughtUpAt: () => Moment | undefined;
}

/** Does not pass by itself. */
const NEEDS_SOMEBODY: ReadonlySet<string> = new Set(['PUBLISH_DELEGATION_PENDING', 'PUBLISH_DATA_PLANES_AHEAD']);

export class GatewayPublisher {
  readonly scope: GatewayScope;
  readonly #options: GatewayPublisherOptions;
  readonly #window = new CoalescingWindow(RELEASE_WINDOW);
  readonly #backoff: Backoff;
  #head: ConfigVersion = NO_VERSION;
  readonly #newest: NewestRelease;
  #content: GatewayContent | undefined;
  #contentUsedMs = 0;
  #loading: Promise<GatewayContent> | undefined;
  #running: Promise<void> | undefined;
  /** Resolved, and made anew, whenever release or content may have moved. */
  #step = Promise.withResolvers<void>();
  #stopped = false;
  readonly #stopping = Promise.withResolvers<void>();

  constructor(options: GatewayPublisherOptions) {
    this.scope = options.scope;
    this.#options = options;
    this.#newest = new NewestRelease({ ...options, readNewest: () => options.releases.newest(options.scope), onLearned: () => this.#noteStep() });
    this.#backoff = new Backoff({ ...RETRY, random: options.random });
  }

  /** The change feed says that the gateway is at `head`. Publishes soon; never throws. Sequence 0: nothing was written yet. */
  noteHead(head: ConfigVersion): void {
    if (compareVersions(head, this.#head) <= 0 || head.sequence === 0) return;
    this.#head = head;
    this.#newest.noteHead(head);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#noteStep();
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.resolve();
    await this.#running;
  }

  /** The newest release, known to be that; undefined where nothing was published yet. Throws PUBLISH_NOT_CURRENT. */
  newestRelease(): Promise<Release | undefined> {
    return this.#newest.read();
  }

  /** With the moment at which it was known to be that, for statements that say so. */
  newestReleaseAsOf(): Promise<{ readonly release: Release | undefined; readonly moment: Moment }> {
    return this.#newest.readAsOf();
  }

  /** Lets go of content that nobody needed for a while. Called now and then. */
  letGoIfIdle(): void {
    if (this.#running === undefined && this.#loading === undefined && this.#options.clock.monotonicMs() - this.#contentUsedMs > CONTENT_IDLE_MS) this.#content = undefined;
  }

  /** Somebody has sessions of this gateway: its content will be needed. */
  noteUse(): void {
    this.#contentUsedMs = this.#options.clock.monotonicMs();
  }

  /**
   * Lets `read` look at the newest release and its content, loaded at first; undefined where nothing was published yet.
   * `read` must be done when it returns, because the content moves on.
   */
  async readContent<T>(read: (release: Release, content: GatewayContent) => T): Promise<T | undefined> {
    while (!this.#stopped) {
      const release = await this.newestRelease();
      if (release === undefined) return undefined;
      this.noteUse();
      const content = this.#content;
      if (content !== undefined && compareVersions(content.version, release.version) === 0) return read(release, content);
      if (this.#running === undefined) {
        const stored = (await this.#load()).version;
        if (compareVersions(stored, release.version) < 0) throw this.#diverged(`its content ends at ${formatVersion(stored)}, before its release ${formatVersion(release.version)}`);
        // What is stored may be ahead of the release: then that is published first.
        this.noteHead(stored);
      } else {
        await this.#step.promise;
      }
    }
    return undefined;
  }

  /** What changed after `base`, up to `target`; undefined where a snapshot is the shorter or only way. */
  async changesBetween(base: ConfigVersion, target: ConfigVersion): Promise<readonly LeafChange[] | undefined> {
    if (base.epoch !== target.epoch) return undefined;
    const states = lastStates(await this.#leavesBetween(base, target));
    return states.length > 0 && states.length <= this.#largestDelta() ? states : undefined;
  }

  /** Nothing where the rows are too many, or not kept any more. */
  async #leavesBetween(base: ConfigVersion, target: ConfigVersion): Promise<readonly ChangedLeafRow[]> {
    try {
      return await this.#options.changes.readLeavesBetween(this.scope, base, target, CHANGES_PER_READ);
    } catch (thrown) {
      if (thrown instanceof HoldfastError && thrown.code === 'STORE_HISTORY_REMOVED') return [];
      throw thrown;
    }
  }

  /** Publishes until the release is at the head. */
  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const release = await this.#newest.readToFollow();
        if (release !== undefined && compareVersions(release.version, this.#head) >= 0) return;
        await this.#wait(this.#window.delayMs);
        if (this.#stopped) return;
        const { version } = await this.#publish(release);
        this.#window.noteRelease(version.sequence - (release?.version.sequence ?? 0));
        this.#backoff.reset();
        for (const code of NEEDS_SOMEBODY) this.#options.alarms.settle(this.scope, { code, dataPlaneId: undefined });
      } catch (thrown) {
        this.#newest.forget();
        if (thrown instanceof HoldfastError && STARTS_OVER.has(thrown.code)) this.#content = undefined;
        if (thrown instanceof HoldfastError && NEEDS_SOMEBODY.has(thrown.code)) this.#options.alarms.raise(this.scope, { code: thrown.code, dataPlaneId: undefined, detail: thrown.message });
        this.#options.meter?.failures.add();
        const delayMs = this.#backoff.nextDelayMs();
        this.#options.log.error({ event: 'publish-failed', gateway: this.scope.gatewayId, head: formatVersion(this.#head), reason: describeThrown(thrown), retryInMs: delayMs }, 'a release could not be published');
        await this.#wait(delayMs);
      }
    }
  }

  async #publish(before: Release | undefined): Promise<Release> {
    const begunMs = this.#options.clock.monotonicMs();
    const { content, changes } = await this.#bringForward(before);
    this.noteUse();
    await this.#refuseBehindDataPlanes();
    const { version } = content;
    const committedAt = changes[0]?.at;
    const states = lastStates(changes);
    this.#noteSuspicious(version, checkChanges(states, (kind, id) => content.has(kind, id)));
    const { manifestStatement, delta } = await this.#sign(before?.version, content, states);
    const author = [...new Set(changes.map((change) => change.actor))].slice(0, 3).join(', ');
    const contentRoot = Buffer.from(content.rootHex, 'hex');
    const moment = momentOf(this.#options.clock);
    const { kind, release } = await this.#options.releases.insert(this.scope, {
      version, base: before?.version, manifestStatement, contentRoot, entityCount: content.size, author, changeCounts: countChanges(changes), ...(delta === undefined ? {} : { delta }),
    });
    if (kind === 'lost' && compareVersions(release.version, version) === 0 && !contentRoot.equals(release.contentRoot)) throw this.#diverged(`another instance published ${formatVersion(version)} with other content`);
    if (kind === 'inserted' && committedAt !== undefined) this.#options.meter?.published(this.scope, version, { committedAt, tookMs: this.#options.clock.monotonicMs() - begunMs });
    // The winner of a lost race need not be the newest.
    this.#newest.adopt(release, kind === 'inserted' ? moment : undefined);
    return release;
  }

  /**
   * Brings the content to the newest committed version; with it come the rows since the release before. The content may
   * have been ahead of that release (a try before this one failed) or behind (another instance published it).
   */
  async #bringForward(before: Release | undefined): Promise<{ readonly content: GatewayContent; readonly changes: readonly Change[] }> {
    const { epoch } = this.#head;
    const content = this.#content?.version.epoch === epoch ? this.#content : await this.#load();
    const released = before?.version.epoch === epoch ? before.version : { epoch, sequence: 0 };
    const behind = compareVersions(content.version, released) < 0 ? content.version : released;
    const rows = await this.#readChanges(behind);
    const unapplied = rows.filter((row) => compareVersions(row.version, content.version) > 0);
    const last = unapplied.at(-1);
    if (last !== undefined) content.apply(last.version, lastStates(unapplied));
    if (compareVersions(content.version, before?.version ?? NO_VERSION) <= 0) {
      throw this.#diverged(`its head is ${formatVersion(this.#head)}, its content ends at ${formatVersion(content.version)}`);
    }
    return { content, changes: rows.filter((row) => compareVersions(row.version, released) > 0) };
  }

  async #sign(before: ConfigVersion | undefined, content: GatewayContent, states: readonly LeafChange[]) {
    const { publishKey } = await this.#options.signing.trustFor(this.scope);
    const { tenantId: tenant, gatewayId: gateway } = this.scope;
    const { version } = content;
    const base = before?.epoch === version.epoch ? before : undefined;
    const packed = base !== undefined && states.length <= this.#largestDelta()
      ? packTransfer({ scope: this.scope, publishKey, base, target: version, content: encodeDeltaContent(states) })
      : undefined;
    const manifest = signStatement(
      'manifest',
      {
        format: 1, tenant, gateway, ...version, contentRoot: content.rootHex, entityCount: content.size,
        // Empty by recorded deletions is what somebody wanted; empty after a new epoch began is an accident.
        allowEmpty: content.size === 0 && (before === undefined || base !== undefined),
        issuedAt: this.#options.clock.nowMs(), minimumDataPlaneVersion: MINIMUM_DATA_PLANE_VERSION,
      },
      publishKey,
    );
    const [manifestStatement, delta] = await Promise.all([manifest, packed]);
    return { manifestStatement, delta };
  }

  /** S4: what they accepted has numbers that would be given a second time. */
  async #refuseBehindDataPlanes(): Promise<void> {
    const ahead = await this.#options.ahead.find(this.scope);
    if (ahead === undefined) return;
    const version = formatVersion(ahead.version);
    throw new HoldfastError({
      code: 'PUBLISH_DATA_PLANES_AHEAD',
      source: 'control-plane',
      retryable: true,
      publicMessage: 'data planes have a newer configuration than the database',
      message:
        `gateway ${this.scope.gatewayId} publishes nothing: ${ahead.dataPlanes} of its data planes accepted more than the database has, up to ${version} (data plane ${ahead.dataPlaneId}). ` +
        'Was it restored from an old backup? Check the configuration, then run "holdfast epoch bump"; where a data plane does not tell the truth, revoke it',
    });
  }

  #noteSuspicious(version: ConfigVersion, found: readonly SuspiciousEntity[]): void {
    if (found.length === 0) return;
    const first = found.slice(0, 5);
    this.#options.log.warn(
      { event: 'suspicious-entities', gateway: this.scope.gatewayId, version: formatVersion(version), count: found.length, first },
      'a release holds entities that data planes will not be able to use; write them again',
    );
  }

  /** A consistent read of everything; shared by who asks meanwhile. */
  #load(): Promise<GatewayContent> {
    this.#loading ??= this.#readAll().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #readAll(): Promise<GatewayContent> {
    const leaves: LeafMap = new Map();
    const tree = new ContentTree();
    const version = await this.#options.changes.readAllLeaves(this.scope, (batch) => {
      for (const { kind, id, bytes } of batch) {
        putLeaf(leaves, kind, id, bytes);
        tree.set(kind, id, bytes);
      }
    });
    this.#content = new GatewayContent(version, tree, leaves);
    return this.#content;
  }

  /** Rows after `from`, whole sequences only. */
  async #readChanges(from: ConfigVersion): Promise<readonly Change[]> {
    const all: Change[] = [];
    let limit = CHANGES_PER_READ;
    for (let position = from; ; ) {
      const batch = await this.#options.changes.readChangesSince(this.scope, position, limit);
      const last = batch.at(-1);
      if (last === undefined || batch.length < limit) return [...all, ...batch];
      // The limit may have cut the last sequence in two: it is read again as a whole, with a higher limit where it is alone.
      const whole = batch.filter((change) => compareVersions(change.version, last.version) < 0);
      all.push(...whole);
      const end = whole.at(-1);
      if (end === undefined) limit *= 2;
      else position = end.version;
    }
  }

  #largestDelta(): number {
    return Math.max(ALWAYS_A_DELTA, this.#content?.size ?? 0);
  }

  #noteStep(): void {
    this.#step.resolve();
    this.#step = Promise.withResolvers();
  }

  #diverged(what: string): HoldfastError {
    return new HoldfastError({
      code: 'PUBLISH_CONTENT_DIVERGED',
      source: 'control-plane',
      retryable: true,
      publicMessage: 'what is stored and what was published do not fit together',
      message: `gateway ${this.scope.gatewayId}: ${what}`,
    });
  }

  /** Also over when this is being stopped. */
  async #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(delayMs, resolve);
    await Promise.race([promise, this.#stopping.promise]);
    timer.cancel();
  }
}
