/**
 * Turns the change feed into releases for all gateways, and hands sessions what they send: the newest release, the bytes
 * from where a data plane is to there, a fresh head statement. Every transfer is packed once and shared by all data planes
 * (C2). Started by main.ts, one per control-plane instance.
 */
import type { TimerHandle } from '../../shared/clock.ts';
import type { GatewayId } from '../../shared/model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import { encodeDeltaContent, snapshotPieces } from '../../shared/wire/content-codec.ts';
import type { ChangeFeed, ChangeListener } from '../store/change-feed.ts';
import type { Release } from '../store/release-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { GatewayPublisher } from './gateway-publisher.ts';
import { momentOf, type Moment } from './newest-release.ts';
import type { PublishDependencies } from './publish-dependencies.ts';
import { packTransfer, wireHashOf, type PackedTransfer } from './transfer-builder.ts';
import { TransferCache, type ReadyTransfer } from './transfer-cache.ts';

/** A data plane that hears no head for HEAD_VALID_MS knows that somebody keeps news from it. */
export const HEAD_INTERVAL_MS = 60_000;
const HEAD_VALID_MS = 300_000;
const TIDY_INTERVAL_MS = 60_000;
/** A snapshot that took so long is given to newcomers for twenty times as long, so that packing takes a twentieth of a core at most. */
const LONG_PACKING_MS = 50;
const REUSED_FOR = 20;
const EMPTY_ROOT = new ContentTree().rootHex();

/** What a data plane should serve. */
export interface PublishedVersion {
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
}

/** What a session sends to get its data plane there. */
export interface OutgoingTransfer extends PublishedVersion {
  readonly kind: 'snapshot' | 'delta';
  /** Of a delta. */
  readonly base: ConfigVersion | undefined;
  readonly manifestStatement: string;
  readonly transferStatement: string;
  /** '' in the first epoch. */
  readonly epochStatement: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes in lower-case hex: by it a transfer that was cut off is found again. */
  readonly wireHash: string;
}

export interface PublisherOptions extends PublishDependencies {
  readonly listenForChanges: (listener: ChangeListener) => Promise<ChangeFeed>;
  /** Packed snapshots and merged deltas that are kept for the next data plane, bytes. */
  readonly transferCacheBytes: number;
}

/** What sessions are told. Neither may throw. */
export interface PublishListener {
  readonly onRelease: (scope: GatewayScope, published: PublishedVersion) => void;
  /** Labels, revocations or certificates changed, or the gateway is gone. */
  readonly onDataPlanesChanged: (scope: GatewayScope) => void;
}

/** Starts publishing; resolves when the feed's first pass over all gateways is done. */
export async function startPublisher(options: PublisherOptions): Promise<Publisher> {
  const publisher = new Publisher(options);
  await publisher.listen(options.listenForChanges);
  return publisher;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #gateways = new Map<GatewayId, GatewayPublisher>();
  readonly #listeners = new Set<PublishListener>();
  readonly #heads = new Map<GatewayId, { readonly version: ConfigVersion; readonly atMs: number; readonly keyId: string; readonly statement: Promise<string> }>();
  readonly #transfers: TransferCache;
  /** The newest snapshot of each gateway that took long to pack. */
  readonly #snapshots = new Map<GatewayId, { readonly key: string; readonly version: ConfigVersion; readonly untilMs: number }>();
  #caughtUp: Moment | undefined;
  #tidying: TimerHandle | undefined;
  #feed: ChangeFeed | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#transfers = new TransferCache(options.transferCacheBytes);
  }

  async listen(listenForChanges: PublisherOptions['listenForChanges']): Promise<void> {
    this.#feed = await listenForChanges({
      onHead: (scope, head) => this.#gateway(scope).noteHead(head),
      onDataPlanesChanged: (scope) => {
        void this.#options.signing.refreshGateway(scope);
        this.#tell((listener) => listener.onDataPlanesChanged(scope));
      },
      onTrustChanged: () => void this.#options.signing.refresh(),
      onGatewayDeleted: (scope) => {
        void this.#gateways.get(scope.gatewayId)?.stop();
        this.#gateways.delete(scope.gatewayId);
        this.#heads.delete(scope.gatewayId);
        this.#options.signing.forget(scope);
        this.#snapshots.delete(scope.gatewayId);
        this.#tell((listener) => listener.onDataPlanesChanged(scope));
      },
      onLook: () => {
        const moment = momentOf(this.#options.clock);
        return () => (this.#caughtUp = moment);
      },
    });
    this.#tidying = this.#options.clock.every(TIDY_INTERVAL_MS, () => {
      for (const gateway of this.#gateways.values()) gateway.letGoIfIdle();
    });
  }

  /** Stops listening and waits for a release in the making. */
  async stop(): Promise<void> {
    this.#tidying?.cancel();
    await this.#feed?.stop();
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.stop()));
  }

  /** Returns what ends the subscription. */
  subscribe(listener: PublishListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The newest release; undefined where nothing was published yet. */
  async published(scope: GatewayScope): Promise<PublishedVersion | undefined> {
    const release = await this.#gateway(scope).newestRelease();
    return release === undefined ? undefined : toPublished(release);
  }

  /**
   * The bytes that bring a data plane from `base` (undefined: from nothing, or from something unknown) to the newest
   * release; undefined where there is none. The same bytes for everybody who asks for the same. `newcomer`: it never accepted
   * anything, so that a snapshot of a moment ago serves it as well; what is newer follows as a delta.
   */
  async transferFrom(scope: GatewayScope, base: ConfigVersion | undefined, { newcomer = false }: { readonly newcomer?: boolean } = {}): Promise<OutgoingTransfer | undefined> {
    const gateway = this.#gateway(scope);
    const release = await gateway.newestRelease();
    if (release === undefined) return undefined;
    if (base !== undefined && compareVersions(base, release.version) < 0) {
      const delta = await this.#deltaFrom(gateway, base, release);
      if (delta !== undefined) return this.#outgoing(scope, delta);
    }
    const snapshot = (newcomer ? this.#recentSnapshot(scope, release) : undefined) ?? (await this.#snapshot(gateway));
    return snapshot === undefined ? undefined : this.#outgoing(scope, snapshot);
  }

  /**
   * A transfer that this instance has packed and still has, by the hash of its bytes: for a data plane that holds a part of it.
   * It may lead to an older release than the newest one, of the same epoch; what is newer follows as a delta.
   */
  async packedByHash(scope: GatewayScope, wireHash: string): Promise<OutgoingTransfer | undefined> {
    const transfer = this.#transfers.findByHash(scope.gatewayId, wireHash);
    const newest = transfer === undefined ? undefined : await this.#gateway(scope).newestRelease();
    return transfer === undefined || transfer.version.epoch !== newest?.version.epoch ? undefined : this.#outgoing(scope, transfer);
  }

  /** A signed statement of what is newest, at most HEAD_INTERVAL_MS old. */
  async headStatement(scope: GatewayScope): Promise<string> {
    const gateway = this.#gateway(scope);
    gateway.noteUse();
    const [{ release, moment }, { publishKey }] = await Promise.all([gateway.newestReleaseAsOf(), this.#options.signing.trustFor(scope)]);
    const version = release?.version ?? NO_VERSION;
    // When this was true, not when it is said: an instance that stood still in between would lie.
    const nowMs = moment.wallMs;
    const known = this.#heads.get(scope.gatewayId);
    if (known?.keyId === publishKey.keyId && compareVersions(known.version, version) === 0 && Math.abs(nowMs - known.atMs) < HEAD_INTERVAL_MS / 2) return known.statement;
    const statement = signStatement(
      'head',
      {
        format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, epoch: Math.max(version.epoch, 1), sequence: version.sequence,
        contentRoot: release === undefined ? EMPTY_ROOT : toPublished(release).contentRoot, issuedAt: nowMs, expiresAt: nowMs + HEAD_VALID_MS,
      },
      publishKey,
    );
    this.#heads.set(scope.gatewayId, { version, atMs: nowMs, keyId: publishKey.keyId, statement });
    return statement;
  }

  /** Undefined where a snapshot is the shorter or only way. */
  #deltaFrom(gateway: GatewayPublisher, base: ConfigVersion, release: Release): Promise<ReadyTransfer | undefined> {
    const { scope } = gateway;
    return this.#transfers.getOrMake(`${scope.gatewayId} ${formatVersion(base)} ${formatVersion(release.version)}`, async () => {
      if (release.delta !== undefined && release.base !== undefined && compareVersions(release.base, base) === 0) return toReady('delta', scope, base, release, release.delta);
      const changes = await gateway.changesBetween(base, release.version);
      if (changes === undefined) return undefined;
      const { publishKey } = await this.#options.signing.trustFor(scope);
      return toReady('delta', scope, base, release, await packTransfer({ scope, publishKey, base, target: release.version, content: encodeDeltaContent(changes) }));
    });
  }

  async #snapshot(gateway: GatewayPublisher): Promise<ReadyTransfer | undefined> {
    const { scope } = gateway;
    // The newest release may be another one than a moment ago: what is packed says which.
    const packing = await gateway.readContent((release, content) => {
      const key = snapshotKey(scope, release.version);
      return {
        packed: this.#transfers.getOrMake(key, async () => {
          const leaves = content.leaves();
          const begunMs = this.#options.clock.monotonicMs();
          const { publishKey } = await this.#options.signing.trustFor(scope);
          const packed = await packTransfer({ scope, publishKey, base: null, target: release.version, content: snapshotPieces(leaves) });
          const endedMs = this.#options.clock.monotonicMs();
          if (endedMs - begunMs >= LONG_PACKING_MS) this.#snapshots.set(scope.gatewayId, { key, version: release.version, untilMs: endedMs + REUSED_FOR * (endedMs - begunMs) });
          return toReady('snapshot', scope, undefined, release, packed);
        }),
      };
    });
    return packing?.packed;
  }

  #recentSnapshot(scope: GatewayScope, release: Release): ReadyTransfer | undefined {
    const recent = this.#snapshots.get(scope.gatewayId);
    if (recent === undefined || recent.version.epoch !== release.version.epoch || this.#options.clock.monotonicMs() > recent.untilMs) return undefined;
    return this.#transfers.get(recent.key);
  }

  /** With the statements signed by the key that holds now. */
  async #outgoing(scope: GatewayScope, { kind, base, version, contentRoot, manifestStatement, packed, wireHash }: ReadyTransfer): Promise<OutgoingTransfer> {
    const { signing } = this.#options;
    const [epochStatement, manifest, transfer] = await Promise.all([
      kind === 'delta' ? '' : signing.epochStatementFor(scope, version.epoch),
      signing.currentStatement('manifest', scope, manifestStatement),
      signing.currentStatement('transfer', scope, packed.transferStatement),
    ]);
    return { kind, base, version, contentRoot, manifestStatement: manifest, transferStatement: transfer, epochStatement, bytes: packed.bytes, wireHash };
  }

  #gateway(scope: GatewayScope): GatewayPublisher {
    const known = this.#gateways.get(scope.gatewayId);
    if (known !== undefined) return known;
    const gateway = new GatewayPublisher({
      ...this.#options,
      scope,
      caughtUpAt: () => this.#caughtUp,
      onRelease: (release) => {
        // Of what another instance made, its commit is at most the collecting of a burst before this.
        this.#options.meter?.published(scope, release.version, { committedAt: release.createdAt });
        this.#tell((listener) => listener.onRelease(scope, toPublished(release)));
      },
    });
    this.#gateways.set(scope.gatewayId, gateway);
    return gateway;
  }

  #tell(tell: (listener: PublishListener) => void): void {
    for (const listener of this.#listeners) tell(listener);
  }
}

function snapshotKey(scope: GatewayScope, version: ConfigVersion): string {
  return `${scope.gatewayId} ${formatVersion(version)}`;
}

function toReady(kind: ReadyTransfer['kind'], scope: GatewayScope, base: ConfigVersion | undefined, release: Release, packed: PackedTransfer): ReadyTransfer {
  return { kind, gatewayId: scope.gatewayId, base, ...toPublished(release), manifestStatement: release.manifestStatement, packed, wireHash: wireHashOf(packed.bytes) };
}

function toPublished(release: Release): PublishedVersion {
  return { version: release.version, contentRoot: Buffer.from(release.contentRoot).toString('hex') };
}
