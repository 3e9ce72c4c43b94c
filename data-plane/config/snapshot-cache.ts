/**
 * Verified configurations on disk, from which a data plane starts without any control plane (S2). Each accepted change
 * costs one small file; whole ones are written anew in the background. A crash at any instant leaves at least what was
 * there before (S5), and what is loaded passes the same verification as what is pushed (S3). Owned by config-keeper.ts.
 *
 * A slot is a file that stands for a whole configuration by itself; the files of changes lead from slots to newer versions.
 */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createZstdCompress } from 'node:zlib';
import { describeThrown } from '../../shared/errors.ts';
import { compareVersions } from '../../shared/model/version.ts';
import type { Refusal } from '../../shared/trust/refusal.ts';
import type { TransferFraming, VerifiedTransfer } from '../../shared/trust/verify-transfer.ts';
import { snapshotPieces } from '../../shared/wire/content-codec.ts';
import type { Disk } from '../state/disk.ts';
import { isTemporary, replaceFile } from '../state/durable-file.ts';
import { SealedJson } from '../state/sealed-json.ts';
import type { StateSeal } from '../state/state-seal.ts';
import { decodeRecord, encodeRecord, keyOf, parseRecordName, recordNameOf, type CacheRecord, type DecodedRecord, type RecordName } from './cache-record.ts';
import { leavesOf, nextContent, type ConfigContent } from './config-content.ts';
import { isSameConfig, parseVersionedRoot, type VersionedRoot } from './versioned-root.ts';

const KNOWN_GOOD = 'known-good.json';

export interface SnapshotCacheOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** Slots to keep besides the one that leads to the known good configuration; at least 3. */
  readonly slots: number;
  readonly verify: (decoded: DecodedRecord, base: ConfigContent | undefined) => Promise<VerifiedTransfer | Refusal>;
  readonly seal: StateSeal;
}

export interface PassedOver {
  readonly file: string;
  readonly reason: string;
}

export interface LoadedConfig {
  /** Undefined where nothing on disk verifies. */
  readonly content: ConfigContent | undefined;
  /** Files that were refused on the way there, each with the reason. */
  readonly passedOver: readonly PassedOver[];
}

/** As a transfer came over the wire. */
export interface ReceivedTransfer {
  readonly framing: TransferFraming;
  readonly wireBytes: Uint8Array;
}

export class SnapshotCache {
  readonly #options: SnapshotCacheOptions;
  readonly #records = new Map<string, RecordName>();
  /** The same by what they lead to: a slot first, because it needs nothing else. */
  readonly #byKey = new Map<string, readonly RecordName[]>();
  /** Files that are not worth keeping: refused at load. */
  readonly #refused = new Set<string>();
  /** All that ever were since the start, by name, with the reason: for the operator. */
  readonly #refusals = new Map<string, string>();
  readonly #knownGoodFile: SealedJson;
  #knownGood: VersionedRoot | undefined;

  private constructor(options: SnapshotCacheOptions) {
    this.#options = options;
    this.#knownGoodFile = new SealedJson(options.disk, join(options.folder, KNOWN_GOOD), options.seal);
  }

  /** Reads what is there and removes what an interrupted write left behind. */
  static async open(options: SnapshotCacheOptions): Promise<SnapshotCache> {
    const { disk, folder } = options;
    const cache = new SnapshotCache(options);
    await disk.makeFolder(folder);
    for (const name of await disk.list(folder)) {
      const record = parseRecordName(name);
      if (record !== undefined) cache.#add(record);
      // A disk that takes no write any more is no reason not to serve what is on it (S2).
      if (isTemporary(name)) await disk.remove(join(folder, name)).catch(() => undefined);
    }
    // A damaged one is as good as none: only what is kept longer, and what a crash loop goes back to, depends on it.
    const knownGood = await cache.#knownGoodFile.read();
    if (knownGood.kind === 'read') cache.#knownGood = parseVersionedRoot(knownGood.value);
    if (knownGood.kind === 'damaged') cache.#refusals.set(KNOWN_GOOD, knownGood.reason);
    return cache;
  }

  get knownGood(): VersionedRoot | undefined {
    return this.#knownGood;
  }

  /** Every file that was refused since the start, also where it was removed or replaced since. */
  get refusals(): readonly PassedOver[] {
    return [...this.#refusals].map(([file, reason]) => ({ file, reason }));
  }

  /** Number of files that stand for a whole configuration by themselves. */
  get slots(): number {
    return this.#wholes().length;
  }

  /** Fewer configurations stand by themselves than should (S5). */
  get lacksSlots(): boolean {
    return this.slots < this.#options.slots;
  }

  /** True where nothing was ever accepted here, as far as this folder tells. */
  get isEmpty(): boolean {
    return this.#records.size === 0 && this.#knownGood === undefined;
  }

  /** The newest configuration that verifies and is not to be skipped. */
  async load(skip: (record: RecordName) => boolean): Promise<LoadedConfig> {
    const passedOver: PassedOver[] = [];
    const loaded = new Map<string, Promise<ConfigContent | undefined>>();
    for (const record of [...this.#records.values()].sort(newestFirst)) {
      if (skip(record)) continue;
      const content = await this.#materialize(record.key, loaded, passedOver);
      if (content !== undefined) return { content, passedOver };
    }
    return { content: undefined, passedOver };
  }

  /** Resolves when an accepted configuration survives a power cut. `base`: what its delta was applied to, null for a snapshot. */
  async save(content: ConfigContent, base: ConfigContent | null, received: ReceivedTransfer): Promise<void> {
    await this.#write({
      version: content.version,
      contentRoot: content.contentRoot,
      base: base === null ? null : { version: base.version, contentRoot: base.contentRoot },
      framing: received.framing,
      proof: content.proof,
      body: received.wireBytes,
    });
  }

  /** Keeps it until another one is known good, however many changes come. */
  async markKnownGood({ version, contentRoot }: VersionedRoot): Promise<void> {
    this.#knownGood = { version, contentRoot };
    await this.#knownGoodFile.replace(this.#knownGood);
  }

  /**
   * Writes a saved configuration whole where that is due, then removes what nothing needs, above all not the active one. To be
   * called in the background after `save`; two calls must not overlap, a `save` meanwhile is fine.
   */
  async tidy(saved: ConfigContent, active: () => ConfigContent = () => saved): Promise<void> {
    const isSlot = this.#wholes().some((record) => record.key === keyOf(saved));
    if (!isSlot && (this.lacksSlots || saved.parts.length === 1)) await this.#writeWhole(saved);
    await this.#removeUnneeded(active());
  }

  /**
   * Writes anew, sealed, what an earlier release left here and still verifies, each file by itself; removes the rest. In the
   * background of the first start after an upgrade; when it has resolved, nothing unsealed needs to be read any more.
   */
  async sealAll(): Promise<void> {
    const { disk, folder } = this.#options;
    const loaded = new Map<string, Promise<ConfigContent | undefined>>();
    for (const name of [...this.#records.values()].sort(newestFirst).reverse()) {
      const decoded = await this.#read(name);
      if (typeof decoded !== 'string' && decoded.isSealed) continue;
      const base = name.baseKey === undefined ? undefined : await this.#materialize(name.baseKey, loaded, []);
      const content = await this.#loadOne(name, base);
      if (typeof content === 'string' || typeof decoded === 'string') await this.#remove(name);
      else await this.#write(decoded.record);
    }
    await disk.syncFolder(folder);
    if (this.#knownGood !== undefined) await this.markKnownGood(this.#knownGood);
  }

  async #writeWhole(content: ConfigContent): Promise<void> {
    const { version, contentRoot, proof } = content;
    const { inflatedLength, body } = await compress(snapshotPieces(leavesOf(content.parts)));
    await this.#write({ version, contentRoot, base: null, framing: { kind: 'local', inflatedLength }, proof, body });
  }

  async #write(record: CacheRecord): Promise<void> {
    const name = recordNameOf(record);
    await replaceFile(this.#options.disk, join(this.#options.folder, name.name), encodeRecord(record, this.#options.seal));
    this.#add(name);
    this.#refused.delete(name.name);
  }

  #add(record: RecordName): void {
    this.#records.set(record.name, record);
    const files = [...this.#filesOf(record.key).filter(({ name }) => name !== record.name), record];
    this.#byKey.set(record.key, files.sort((a, b) => Number(a.baseKey !== undefined) - Number(b.baseKey !== undefined)));
  }

  async #remove({ name, key }: RecordName): Promise<void> {
    this.#records.delete(name);
    const left = this.#filesOf(key).filter((record) => record.name !== name);
    if (left.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, left);
    await this.#options.disk.remove(join(this.#options.folder, name));
  }

  /** A configuration by its own file where that verifies, else by the change that leads to it. Each is tried once. */
  #materialize(key: string, loaded: Map<string, Promise<ConfigContent | undefined>>, passedOver: PassedOver[]): Promise<ConfigContent | undefined> {
    const known = loaded.get(key) ?? this.#materializeAnew(key, loaded, passedOver);
    loaded.set(key, known);
    return known;
  }

  async #materializeAnew(key: string, loaded: Map<string, Promise<ConfigContent | undefined>>, passedOver: PassedOver[]): Promise<ConfigContent | undefined> {
    for (const name of this.#filesOf(key)) {
      // A base is older than its change; a file name that says otherwise could lead in a circle.
      const isOrdered = name.baseKey === undefined || this.#filesOf(name.baseKey).every((base) => compareVersions(base.version, name.version) < 0);
      const base = name.baseKey === undefined || !isOrdered ? undefined : await this.#materialize(name.baseKey, loaded, passedOver);
      if (name.baseKey !== undefined && base === undefined) {
        passedOver.push({ file: name.name, reason: 'what it starts from is missing or refused' });
        continue;
      }
      const content = await this.#loadOne(name, base);
      if (typeof content !== 'string') return content;
      this.#refused.add(name.name);
      this.#refusals.set(name.name, content);
      passedOver.push({ file: name.name, reason: content });
    }
    return undefined;
  }

  /** What is in a file, or the sentence that says why nothing of use is. */
  async #read({ name }: RecordName): Promise<DecodedRecord | string> {
    const { disk, folder, seal } = this.#options;
    try {
      const file = await disk.read(join(folder, name));
      return file === undefined ? 'it is gone' : decodeRecord(file, seal);
    } catch (thrown) {
      return describeThrown(thrown);
    }
  }

  /** The content, or the sentence that says why not. */
  async #loadOne(name: RecordName, base: ConfigContent | undefined): Promise<ConfigContent | string> {
    const { verify, seal } = this.#options;
    const decoded = await this.#read(name);
    if (typeof decoded === 'string') return decoded;
    if (!decoded.isSealed && !seal.readsUnsealed) return 'it is not sealed by this data plane\'s key, as all it writes is';
    const { record } = decoded;
    if (recordNameOf(record).name !== name.name) return 'it is not what its name says';
    const verified = await verify(decoded, base);
    if (verified.kind === 'refused') return `${verified.code}: ${verified.reasons.join('; ')}`;
    // The header is nobody's word: an older configuration may not come in under a newer name.
    if (!isSameConfig(verified, record)) return 'its manifest is not for what its name says';
    return nextContent(base, verified, record.proof);
  }

  #filesOf(key: string): readonly RecordName[] {
    return this.#byKey.get(key) ?? [];
  }

  #wholes(): readonly RecordName[] {
    return [...this.#records.values()].filter((record) => record.baseKey === undefined && !this.#refused.has(record.name)).sort(newestFirst);
  }

  /** The files by which a configuration can be reached. */
  #pathTo(key: string | undefined): readonly string[] {
    const path = new Set<string>();
    for (let at = key; at !== undefined; ) {
      const file = this.#filesOf(at).find((record) => !this.#refused.has(record.name));
      if (file === undefined || path.has(file.name)) break;
      path.add(file.name);
      at = file.baseKey;
    }
    return [...path];
  }

  async #removeUnneeded(active: ConfigContent): Promise<void> {
    const { disk, folder, slots } = this.#options;
    const oldest = this.#wholes().slice(0, slots).at(-1);
    const needed = new Set([...this.#pathTo(keyOf(active)), ...this.#pathTo(this.#knownGood === undefined ? undefined : keyOf(this.#knownGood))]);
    const unneeded = [...this.#records.values()].filter(({ name, version }) => {
      const isOld = oldest === undefined || compareVersions(version, oldest.version) < 0;
      return !needed.has(name) && (isOld || this.#refused.has(name));
    });
    for (const record of unneeded) await this.#remove(record);
    if (unneeded.length > 0) await disk.syncFolder(folder);
  }
}

/** Piece by piece, so that a large configuration neither stands in the way of other work nor lies in memory as a whole. */
async function compress(pieces: Iterable<Uint8Array>): Promise<{ readonly inflatedLength: number; readonly body: Uint8Array }> {
  let inflatedLength = 0;
  const counted = function* (): Generator<Uint8Array> {
    for (const piece of pieces) {
      inflatedLength += piece.length;
      yield piece;
    }
  };
  const body = await buffer(Readable.from(counted(), { objectMode: false }).pipe(createZstdCompress()));
  return { inflatedLength, body };
}

function newestFirst(a: RecordName, b: RecordName): number {
  return compareVersions(b.version, a.version) || Number(a.baseKey !== undefined) - Number(b.baseKey !== undefined);
}
