/**
 * Turns the change feed into releases for all gateways, and hands sessions what they send: the newest release, the bytes
 * from where a data plane is to there, a fresh head statement. Every transfer is packed once and shared by all data planes
 * (C2). Started by main.ts, one per control-plane instance.
 */
import { LRUCache } from 'lru-cache';
import type { GatewayId } from '../../shared/model/ids.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import { encodeDeltaContent, encodeSnapshotContent } from '../../shared/wire/content-codec.ts';
import type { ChangeFeed, ChangeListener } from '../store/change-feed.ts';
import type { Release } from '../store/release-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { GatewayPublisher } from './gateway-publisher.ts';
import type { PublishDependencies } from './publish-dependencies.ts';
import { packTransfer, type PackedTransfer } from './transfer-builder.ts';

/** A data plane that hears no head for HEAD_VALID_MS knows that somebody keeps news from it. */
export const HEAD_INTERVAL_MS = 60_000;
const HEAD_VALID_MS = 300_000;
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
  readonly manifestStatement: string;
  readonly transferStatement: string;
  /** '' in the first epoch. */
  readonly epochStatement: string;
  readonly bytes: Uint8Array;
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
  readonly #packed: LRUCache<string, PackedTransfer>;
  readonly #packing = new Map<string, Promise<PackedTransfer | undefined>>();
  #feed: ChangeFeed | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#packed = new LRUCache({ maxSize: options.transferCacheBytes, sizeCalculation: (packed) => packed.bytes.length + packed.transferStatement.length });
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
        this.#tell((listener) => listener.onDataPlanesChanged(scope));
      },
    });
  }

  /** Stops listening and waits for a release in the making. */
  async stop(): Promise<void> {
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
   * release; undefined where there is none. The same bytes for everybody who asks for the same.
   */
  async transferFrom(scope: GatewayScope, base: ConfigVersion | undefined): Promise<OutgoingTransfer | undefined> {
    const gateway = this.#gateway(scope);
    const release = await gateway.newestRelease();
    if (release === undefined) return undefined;
    if (base !== undefined && compareVersions(base, release.version) < 0) {
      const packed = await this.#deltaFrom(gateway, base, release);
      if (packed !== undefined) return this.#outgoing('delta', scope, release, packed);
    }
    // The newest release may be another one by now: what is packed says which.
    const snapshot = await gateway.readContent((newest, content) => ({
      release: newest,
      packed: this.#pack(`${scope.gatewayId} ${formatVersion(newest.version)}`, () => ({ scope, base: null, target: newest.version, content: encodeSnapshotContent(content.leaves()) })),
    }));
    const packed = await snapshot?.packed;
    return snapshot === undefined || packed === undefined ? undefined : this.#outgoing('snapshot', scope, snapshot.release, packed);
  }

  /** A signed statement of what is newest, at most HEAD_INTERVAL_MS old. */
  async headStatement(scope: GatewayScope): Promise<string> {
    const [published, { publishKey }] = await Promise.all([this.published(scope), this.#options.signing.trustFor(scope)]);
    const version = published?.version ?? NO_VERSION;
    const nowMs = this.#options.clock.nowMs();
    const known = this.#heads.get(scope.gatewayId);
    if (known?.keyId === publishKey.keyId && compareVersions(known.version, version) === 0 && Math.abs(nowMs - known.atMs) < HEAD_INTERVAL_MS / 2) return known.statement;
    const statement = signStatement(
      'head',
      {
        format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, epoch: Math.max(version.epoch, 1), sequence: version.sequence,
        contentRoot: published?.contentRoot ?? EMPTY_ROOT, issuedAt: nowMs, expiresAt: nowMs + HEAD_VALID_MS,
      },
      publishKey,
    );
    this.#heads.set(scope.gatewayId, { version, atMs: nowMs, keyId: publishKey.keyId, statement });
    return statement;
  }

  /** The bundle that lets our publish key sign for this gateway, for Welcome and enrolment. */
  delegationFor(scope: GatewayScope): Promise<string> {
    return this.#options.signing.delegationFor(scope);
  }

  async #deltaFrom(gateway: GatewayPublisher, base: ConfigVersion, release: Release): Promise<PackedTransfer | undefined> {
    if (release.delta !== undefined && release.base !== undefined && compareVersions(release.base, base) === 0) return release.delta;
    const { scope } = gateway;
    const key = `${scope.gatewayId} ${formatVersion(base)} ${formatVersion(release.version)}`;
    return this.#pack(key, async () => {
      const changes = await gateway.changesBetween(base, release.version);
      return changes === undefined ? undefined : { scope, base, target: release.version, content: encodeDeltaContent(changes) };
    });
  }

  /** Packs once, also for those who ask while it is being packed. `make` is called at once or not at all. */
  #pack(key: string, make: () => PackOrder | Promise<PackOrder>): Promise<PackedTransfer | undefined> {
    const packed = this.#packed.get(key);
    if (packed !== undefined) return Promise.resolve(packed);
    const pending = this.#packing.get(key);
    if (pending !== undefined) return pending;
    const order = make();
    const packing = this.#packOrder(key, order).finally(() => this.#packing.delete(key));
    this.#packing.set(key, packing);
    return packing;
  }

  async #packOrder(key: string, awaited: PackOrder | Promise<PackOrder>): Promise<PackedTransfer | undefined> {
    const order = await awaited;
    if (order === undefined) return undefined;
    const { publishKey } = await this.#options.signing.trustFor(order.scope);
    const packed = await packTransfer({ ...order, publishKey });
    this.#packed.set(key, packed);
    return packed;
  }

  async #outgoing(kind: 'snapshot' | 'delta', scope: GatewayScope, release: Release, packed: PackedTransfer): Promise<OutgoingTransfer> {
    const { signing } = this.#options;
    const [epochStatement, manifestStatement, transferStatement] = await Promise.all([
      kind === 'delta' ? '' : signing.epochStatementFor(scope, release.version.epoch),
      signing.currentStatement('manifest', scope, release.manifestStatement),
      signing.currentStatement('transfer', scope, packed.transferStatement),
    ]);
    return { kind, ...toPublished(release), manifestStatement, transferStatement, epochStatement, bytes: packed.bytes };
  }

  #gateway(scope: GatewayScope): GatewayPublisher {
    const known = this.#gateways.get(scope.gatewayId);
    if (known !== undefined) return known;
    const gateway = new GatewayPublisher(scope, this.#options, (release) => this.#tell((listener) => listener.onRelease(scope, toPublished(release))));
    this.#gateways.set(scope.gatewayId, gateway);
    return gateway;
  }

  #tell(tell: (listener: PublishListener) => void): void {
    for (const listener of this.#listeners) tell(listener);
  }
}

type PackOrder = { readonly scope: GatewayScope; readonly base: ConfigVersion | null; readonly target: ConfigVersion; readonly content: Uint8Array } | undefined;

function toPublished(release: Release): PublishedVersion {
  return { version: release.version, contentRoot: Buffer.from(release.contentRoot).toString('hex') };
}
