/**
 * Decides what is served. A pushed configuration is verified, prepared in every proxy thread, made durable and swapped,
 * in this order; whatever goes wrong on the way, the old one serves (S3, S6). At start it serves the newest one on disk
 * that verifies (S2); one that kills its process or threads again and again is barred and an older one serves (S5).
 * Called by the sync client and by the start of the agent thread; one call at a time.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import type { Refusal } from '../../shared/trust/refusal.ts';
import { parseClaims } from '../../shared/trust/statement-claims.ts';
import type { Transfer, VerifiedTransfer } from '../../shared/trust/verify-transfer.ts';
import type { CrashRecord } from '../state/crash-record.ts';
import type { HighestAccepted } from '../state/highest-accepted.ts';
import type { PrepareOutcome } from '../threads/proxy-pool.ts';
import type { Quarantined } from './compile-contract.ts';
import { foldContent, isHeavy, nextContent, type ConfigContent, type ContentProof } from './config-content.ts';
import type { SnapshotCache } from './snapshot-cache.ts';
import { isSameConfig, type VersionedRoot } from './versioned-root.ts';

/** The proxy threads, as far as configurations go. */
export interface ConfigThreads {
  prepare(content: ConfigContent): Promise<PrepareOutcome>;
  commit(): Promise<void>;
  discard(): void;
}

export interface ConfigKeeperOptions {
  readonly cache: SnapshotCache;
  readonly highest: HighestAccepted;
  readonly crashes: CrashRecord;
  readonly threads: ConfigThreads;
  readonly clock: Clock;
  readonly log: Logger;
  /** A configuration that has served this long is kept as known good. */
  readonly knownGoodAfterMs: number;
  /** A death within this time of the swap counts against the configuration. */
  readonly crashWindowMs: number;
  /** Told after each fall-back. */
  readonly onFellBack: (fall: FallBack) => void;
  /** Told of what an operator should know and would not see from here. */
  readonly onNotice: (notice: KeeperNotice) => void;
}

export interface KeeperNotice {
  /** As in ERRORS.md. */
  readonly code: 'CACHE_FILE_REFUSED' | 'STATE_RECORD_DAMAGED' | 'STATE_RECORD_MISSING' | 'TRANSFER_VERSION_CONFLICT';
  readonly detail: string;
  readonly version: ConfigVersion | undefined;
}

/** A configuration as it came: all bytes are there, nothing is verified. */
export interface Offer {
  readonly transfer: Transfer;
  readonly proof: ContentProof;
  /** Monotonic milliseconds of the first frame. */
  readonly beganAtMs: number;
  /** Verifies the transfer against what is known now (trust of the session, highest, active as base). */
  readonly verify: (transfer: Transfer, base: ConfigContent | undefined, highest: VersionedRoot | undefined) => Promise<VerifiedTransfer | Refusal>;
}

export type ApplyResult =
  | { readonly kind: 'applied'; readonly config: VersionedRoot; readonly tookMs: number; readonly quarantined: readonly Quarantined[]; readonly already: boolean }
  | { readonly kind: 'rejected'; readonly version: ConfigVersion; readonly code: string; readonly reasons: readonly string[] }
  /** The process ends, which says nothing about the configuration: there is nothing to answer. */
  | { readonly kind: 'given-up' };

export interface FallBack {
  readonly from: VersionedRoot;
  readonly to: ConfigVersion;
  readonly reason: string;
}

const MOST_CRASHES = 3;
/** Of what is quarantined, in a line of the log (R5): it is written anew with every change. */
const MOST_LOGGED = 20;

export class ConfigKeeper {
  readonly #options: ConfigKeeperOptions;
  #active: ConfigContent | undefined;
  #quarantined: readonly Quarantined[] = [];
  #activeSinceMs = 0;
  #source: 'cache' | 'control-plane' = 'cache';
  #threadCrashes = 0;
  /** The active configuration has outlived the crash window. */
  #settled = false;
  #fellBack: FallBack | undefined;
  #ending = false;
  #settleTimer: TimerHandle | undefined;
  #knownGoodTimer: TimerHandle | undefined;
  /** Files of the cache that were refused: the cache may be searched several times. */
  readonly #toldOf = new Set<string>();
  /** Changes of what serves follow one another. */
  #turn: Promise<unknown> = Promise.resolve();
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: ConfigKeeperOptions) {
    this.#options = options;
  }

  get active(): ConfigContent | undefined {
    return this.#active;
  }

  /** What of the active configuration is isolated (S6), as much of it as the threads tell (quarantine.ts). */
  get quarantined(): readonly Quarantined[] {
    return this.#quarantined;
  }

  /** Wall clock, milliseconds; 0 before the first. */
  get activeSinceMs(): number {
    return this.#activeSinceMs;
  }

  get source(): 'cache' | 'control-plane' {
    return this.#source;
  }

  /** The fall-back of this process, where there was one and nothing newer came since. */
  get fellBack(): FallBack | undefined {
    return this.#fellBack;
  }

  /** Serves the newest configuration on disk that verifies and works. Resolves when it serves, or when there is none. */
  startFromCache(): Promise<void> {
    return this.#inTurn(async () => {
      const { crashes, highest, log, cache } = this.#options;
      if (highest.damage !== undefined) this.#alarm({ code: 'STATE_RECORD_DAMAGED', event: 'highest-accepted-damaged', detail: `the record of the highest accepted version can't be believed (${highest.damage}); a rollback could go unnoticed until the next configuration (S4)` });
      else if (highest.current === undefined && !cache.isEmpty) this.#alarm({ code: 'STATE_RECORD_MISSING', event: 'highest-accepted-missing', detail: 'configurations were accepted here but there is no record of the highest accepted version; a rollback could go unnoticed until the next configuration (S4)' });
      for (const { file, reason } of crashes.damaged) this.#alarm({ code: 'STATE_RECORD_DAMAGED', event: 'crash-record-damaged', detail: `${file} can't be believed (${reason}); what it said of crashes and of barred configurations is lost (S5)` });
      const loop = crashes.died !== undefined && crashes.died.count >= MOST_CRASHES ? crashes.died : undefined;
      // What has served for long is not what kills: out of memory, a bad disk, somebody's kill -9.
      const isProved = isSameConfig(loop?.config, cache.knownGood);
      if (loop !== undefined && !isProved) return this.#leave(loop.config, this.#loopReason(loop.count));
      if (loop !== undefined) log.error({ event: 'crash-loop', version: formatVersion(loop.config.version), runs: loop.count }, `${this.#loopReason(loop.count)}, but version ${formatVersion(loop.config.version)} is known to be good: look for another cause; it serves on`);
      if (!(await this.#serveFromCache((version) => crashes.isBarred(version))) && !cache.isEmpty) {
        // Better what crashed before than nothing.
        await this.#serveFromCache(() => false);
      }
      return undefined;
    });
  }

  /** Verifies and applies what was pushed. Never rejects. */
  apply(offer: Offer): Promise<ApplyResult> {
    return this.#inTurn(async () => {
      try {
        return await this.#apply(offer);
      } catch (thrown) {
        return this.#reject(claimedVersion(offer.transfer), { kind: 'refused', code: 'CONFIG_NOT_APPLIED', reasons: [describeThrown(thrown)] });
      }
    });
  }

  /**
   * The content-key ring is another one: what could not be opened for want of a key may open now, and credentials are looked up by
   * each key. Costs what is quarantined, not the configuration. True where what is quarantined changed. Never rejects.
   */
  contentKeysChanged(): Promise<boolean> {
    return this.#again('content keys', 'keys');
  }

  /** Values from vaults are others: what refers to them is compiled again, at the cost of those entities. Otherwise as above. */
  vaultValuesChanged(): Promise<boolean> {
    return this.#again('values from vaults', 'vault-values');
  }

  #again(what: string, event: 'keys' | 'vault-values'): Promise<boolean> {
    return this.#inTurn(async () => {
      const { threads, log } = this.#options;
      const active = this.#active;
      if (active === undefined) return false;
      const before = this.#quarantined;
      try {
        const prepared = await threads.prepare(active);
        if (prepared.kind === 'refused') return false;
        await threads.commit();
        this.#quarantined = prepared.quarantined;
      } catch (thrown) {
        log.error({ event: `${event}-not-applied`, reason: describeThrown(thrown) }, `new ${what} could not be brought to what serves; it serves on as it is: ${describeThrown(thrown)}`);
        return false;
      }
      log.info({ event: `${event}-applied`, quarantined: this.#quarantined.length, before: before.length }, `new ${what}: ${this.#quarantined.length} entities are quarantined, ${before.length} were`);
      return JSON.stringify(this.#quarantined) !== JSON.stringify(before);
    });
  }

  /** A proxy thread died. Several soon after a swap mean that the configuration kills them (S5). */
  threadCrashed(): void {
    this.#threadCrashes += 1;
    const active = this.#active;
    if (active === undefined || this.#threadCrashes < MOST_CRASHES || isSameConfig(this.#options.cache.knownGood, active)) return;
    this.#threadCrashes = 0;
    void this.#inTurn(async () => {
      if (isSameConfig(this.#active, active)) await this.#leave(active, `proxy threads died ${MOST_CRASHES} times while it served`);
    });
  }

  /** The process was told to end, which may take its time and be cut short: that says nothing against what serves (S5). */
  async ending(): Promise<void> {
    this.#ending = true;
    await this.#options.crashes.close().catch(this.#notWritten);
  }

  /**
   * After an upgrade from a release that did not seal its state (state-seal.ts): writes all of it anew. Resolves when it survives a
   * power cut; rejects where the disk refuses, and then is due again at the next start.
   */
  sealState(): Promise<void> {
    const { cache, highest, crashes } = this.#options;
    const sealed = this.#tidying.then(async () => {
      await cache.sealAll();
      // In turn, lest something lower is written over what is being accepted (S4).
      await this.#inTurn(() => highest.seal());
      await crashes.seal();
    });
    this.#tidying = sealed.catch(this.#notWritten);
    return sealed;
  }

  /** The process ends as it should. */
  async stop(): Promise<void> {
    this.#settleTimer?.cancel();
    this.#knownGoodTimer?.cancel();
    await this.#turn;
    await this.#tidying;
    await this.ending();
  }

  async #apply(offer: Offer): Promise<ApplyResult> {
    const { crashes, highest, threads, clock, cache } = this.#options;
    const base = this.#active;
    const verified = await verifiedContent(offer, base, highest.current);
    if (verified.kind === 'refused') return this.#reject(claimedVersion(offer.transfer), verified);
    const { content } = verified;
    const { version, contentRoot } = content;
    if (isSameConfig(base, content)) return { kind: 'applied', config: { version, contentRoot }, tookMs: 0, quarantined: this.#quarantined, already: true };
    const loop = crashes.crashedAtLeast(MOST_CRASHES).find((crashed) => isSameConfig(crashed.config, content));
    if (loop !== undefined) await crashes.bar({ from: loop.config, to: base?.version ?? NO_VERSION, reason: this.#loopReason(loop.count) });
    if (crashes.isBarred(version)) {
      return this.#reject(version, { kind: 'refused', code: 'CONFIG_BARRED', reasons: [`version ${formatVersion(version)} is barred after a crash loop; publish a newer one`] });
    }
    const prepared = await this.#prepare(content);
    // Its threads are being ended, so that they could not prepare anything.
    if (prepared.kind === 'refused' && this.#ending) return { kind: 'given-up' };
    if (prepared.kind === 'refused') return this.#reject(version, prepared);
    try {
      const received = { framing: offer.transfer.framing, wireBytes: offer.transfer.wireBytes };
      await bothOf(cache.save(content, content.change === undefined ? null : (base ?? null), received), highest.raise(content));
    } catch (thrown) {
      threads.discard();
      await this.#giveUp();
      const reason = `the state folder can't be written, so the configuration would not survive a restart: ${describeThrown(thrown)}`;
      return this.#reject(version, { kind: 'refused', code: 'CONFIG_NOT_PERSISTED', reasons: [reason] });
    }
    await this.#swap(content, prepared.quarantined, 'control-plane');
    const tookMs = Math.round(clock.monotonicMs() - offer.beganAtMs);
    this.#fellBack = undefined;
    this.#logApplied(content, tookMs);
    return { kind: 'applied', config: { version, contentRoot }, tookMs, quarantined: prepared.quarantined, already: false };
  }

  #reject(version: ConfigVersion, refusal: Omit<Refusal, 'kind'> & { readonly kind: 'refused' }): ApplyResult {
    const { log } = this.#options;
    const { code, reasons } = refusal;
    const serving = this.#active === undefined ? 'nothing' : formatVersion(this.#active.version);
    const fields = { event: 'config-rejected', version: formatVersion(version), code, reasons, serving };
    if (code === 'TRANSFER_VERSION_CONFLICT') {
      log.error(fields, `ALARM: version ${formatVersion(version)} came again with other content and was refused (S4): ${reasons.join('; ')}`);
      this.#options.onNotice({ code, detail: reasons.join('; '), version });
    } else log.warn(fields, `rejected version ${formatVersion(version)}, still serving ${serving}: ${code}: ${reasons.join('; ')}`);
    return { kind: 'rejected', version, code, reasons };
  }

  /** Loads, prepares and swaps; configurations that the threads refuse are passed over. False where nothing serves. */
  async #serveFromCache(skip: (version: ConfigVersion) => boolean): Promise<boolean> {
    const { cache, highest, log, onNotice } = this.#options;
    const refused: ConfigVersion[] = [];
    for (;;) {
      const { content, passedOver } = await cache.load(({ version }) => skip(version) || refused.some((other) => compareVersions(other, version) === 0));
      for (const { file, reason } of passedOver) {
        if (this.#toldOf.has(file)) continue;
        this.#toldOf.add(file);
        log.warn({ event: 'cache-file-refused', file, reason }, `cached configuration ${file} is not used: ${reason}`);
        onNotice({ code: 'CACHE_FILE_REFUSED', detail: `${file}: ${reason}`, version: undefined });
      }
      if (content === undefined) return false;
      const prepared = await this.#prepare(content);
      if (prepared.kind === 'prepared') {
        await highest.raise(content).catch(this.#notWritten);
        await this.#swap(content, prepared.quarantined, 'cache');
        log.info({ event: 'serving-from-cache', version: formatVersion(content.version), contentRoot: content.contentRoot, entities: content.tree.size, quarantined: prepared.quarantined.length }, `serving version ${formatVersion(content.version)} from the cache`);
        return true;
      }
      refused.push(content.version);
      log.error({ event: 'cached-config-refused', version: formatVersion(content.version), code: prepared.code, reasons: prepared.reasons }, `cached version ${formatVersion(content.version)} can't be served: ${prepared.reasons.join('; ')}`);
    }
  }

  /** Bars a configuration and serves an older one: the known good one where there is one, else the next that verifies. */
  async #leave(from: VersionedRoot, reason: string): Promise<void> {
    const { cache, crashes, log, onFellBack } = this.#options;
    const good = cache.knownGood;
    const isOlder = (version: ConfigVersion): boolean => compareVersions(version, from.version) < 0;
    const toKnownGood = good !== undefined && isOlder(good.version) && (await this.#serveFromCache((version) => compareVersions(version, good.version) !== 0));
    const left = toKnownGood || (await this.#serveFromCache((version) => !isOlder(version) || crashes.isBarred(version)));
    const to = this.#active?.version;
    if (!left || to === undefined) {
      log.error({ event: 'crash-loop', version: formatVersion(from.version), reason }, `version ${formatVersion(from.version)} seems to be bad (${reason}) and there is no older one to serve`);
      if (this.#active === undefined) await this.#serveFromCache(() => false);
      return;
    }
    const fall: FallBack = { from: { version: from.version, contentRoot: from.contentRoot }, to, reason };
    await crashes.bar(fall);
    this.#fellBack = fall;
    log.error({ event: 'fell-back', from: formatVersion(from.version), to: formatVersion(to), reason }, `fell back from version ${formatVersion(from.version)} to ${formatVersion(to)}: ${reason}; barred until a newer one comes`);
    onFellBack(fall);
  }

  async #swap(content: ConfigContent, quarantined: readonly Quarantined[], source: 'cache' | 'control-plane'): Promise<void> {
    const { threads, crashes, clock, cache, crashWindowMs, knownGoodAfterMs } = this.#options;
    await threads.commit();
    this.#active = content;
    this.#quarantined = quarantined;
    this.#source = source;
    this.#activeSinceMs = clock.nowMs();
    this.#threadCrashes = 0;
    this.#settleTimer?.cancel();
    this.#knownGoodTimer?.cancel();
    this.#settled = false;
    this.#settleTimer = clock.after(crashWindowMs, () => {
      this.#settled = true;
      void this.#inTurn(() => (isSameConfig(this.#active, content) ? crashes.settle() : Promise.resolve())).catch(this.#notWritten);
    });
    this.#knownGoodTimer = clock.after(knownGoodAfterMs, () => {
      this.#threadCrashes = 0;
      void this.#inTurn(() => cache.markKnownGood(content)).catch(this.#notWritten);
    });
    this.#tidying = this.#tidying.then(() => this.#tidy(content)).catch(this.#notWritten);
  }

  /** Off the path of the change: makes many changes one whole, in memory and on disk, and removes what is no longer needed. */
  async #tidy(content: ConfigContent): Promise<void> {
    const { cache } = this.#options;
    // Where slots are missing, one that was replaced meanwhile makes one too: changes may come faster than slots are written (S5).
    if (this.#active !== content && !cache.lacksSlots) return;
    const folded = isHeavy(content) ? await foldContent(content) : content;
    if (this.#active === content) this.#active = folded;
    await cache.tidy(folded, () => this.#active ?? folded);
  }

  /** The threads build it beside what they serve. Written down first, so that the next start knows what killed this one. */
  async #prepare(content: ConfigContent): Promise<PrepareOutcome> {
    await this.#options.crashes.begin(content).catch(this.#notWritten);
    const prepared = await this.#options.threads.prepare(content);
    if (prepared.kind === 'refused') await this.#giveUp();
    return prepared;
  }

  /** What was tried is not to be blamed any more; what serves may still be. */
  async #giveUp(): Promise<void> {
    const { crashes } = this.#options;
    await (this.#active !== undefined && !this.#settled ? crashes.begin(this.#active) : crashes.end()).catch(this.#notWritten);
  }

  #alarm({ code, event, detail }: { readonly code: KeeperNotice['code']; readonly event: string; readonly detail: string }): void {
    const { log, onNotice } = this.#options;
    log.error({ event }, `ALARM: ${detail}`);
    onNotice({ code, detail, version: undefined });
  }

  #loopReason(count: number): string {
    return `${count} runs died within ${this.#options.crashWindowMs} ms of serving it`;
  }

  readonly #notWritten = (thrown: unknown): void => {
    this.#options.log.error({ event: 'state-not-written', reason: describeThrown(thrown) }, `the state folder can't be written: ${describeThrown(thrown)}`);
  };

  #logApplied(content: ConfigContent, tookMs: number): void {
    const quarantined = this.#quarantined.slice(0, MOST_LOGGED).map((entity) => `${entity.kind} ${entity.id}: ${entity.code}: ${entity.reason}`);
    const fields = { event: 'config-applied', version: formatVersion(content.version), contentRoot: content.contentRoot, entities: content.tree.size, tookMs, quarantined };
    if (quarantined.length === 0) this.#options.log.info(fields, `applied version ${formatVersion(content.version)} in ${tookMs} ms`);
    else this.#options.log.warn(fields, `applied version ${formatVersion(content.version)} in ${tookMs} ms with ${this.#quarantined.length} entities quarantined`);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Like Promise.all, but waits for the other where one rejects: the next configuration writes the same files. */
async function bothOf(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.allSettled([one, other]);
  await Promise.all([one, other]);
}

/** By itself, so that the inflated bytes of a large configuration are let go before the threads begin to build it. */
async function verifiedContent(offer: Offer, base: ConfigContent | undefined, highest: VersionedRoot | undefined): Promise<{ readonly kind: 'content'; readonly content: ConfigContent } | Refusal> {
  const verified = await offer.verify(offer.transfer, base, highest);
  return verified.kind === 'refused' ? verified : { kind: 'content', content: await nextContent(base, verified, offer.proof) };
}

/** What a transfer says its version is: for reports only, unverified. */
export function claimedVersion(transfer: { readonly manifestStatement: string }): ConfigVersion {
  const payload = Buffer.from(transfer.manifestStatement.split('.')[1] ?? '', 'base64url').toString('utf8');
  const claims = parseClaims('manifest', payload);
  return typeof claims === 'string' ? NO_VERSION : { epoch: claims.epoch, sequence: claims.sequence };
}
