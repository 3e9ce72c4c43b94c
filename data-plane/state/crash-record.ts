/**
 * Counts runs that died soon, by the configuration they were about to serve or served, and holds which configurations
 * are barred for it (S5). A configuration is written down as running before any thread touches it, and taken back when it
 * has lived long enough or the process ends cleanly; what is still running at the next start has crashed.
 */
import { join } from 'node:path';
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import { isCount, isRecord, isSameConfig, parseVersionedRoot, type VersionedRoot } from '../config/versioned-root.ts';
import type { Disk } from './disk.ts';
import { SealedJson } from './sealed-json.ts';
import type { StateSeal } from './state-seal.ts';

/** `from` is barred, and so is everything between it and `to`, what was served instead. */
export interface Bar {
  readonly from: VersionedRoot;
  readonly to: ConfigVersion;
  readonly reason: string;
}

export interface Crashed {
  readonly config: VersionedRoot;
  /** Runs that died with it, since it last lived long enough. */
  readonly count: number;
}

export interface DamagedRecord {
  readonly file: string;
  readonly reason: string;
}

const RUN_FILE = 'run.json';
const BAR_FILE = 'barred.json';
/** The latest are kept. */
const MOST_KEPT = 16;

export class CrashRecord {
  readonly #runFile: SealedJson;
  readonly #barFile: SealedJson;
  #running: VersionedRoot | undefined;
  /** Nothing counts any more: the process was told to end. */
  #closed = false;
  readonly damaged: readonly DamagedRecord[];
  /** What the last run died with; undefined where it ended as it should, or had lived long enough. */
  readonly died: Crashed | undefined;
  #crashed: readonly Crashed[];
  #bars: readonly Bar[];

  private constructor(runFile: SealedJson, barFile: SealedJson, died: Crashed | undefined, crashed: readonly Crashed[], bars: readonly Bar[], damaged: readonly DamagedRecord[]) {
    this.#runFile = runFile;
    this.#barFile = barFile;
    this.died = died;
    this.#crashed = crashed;
    this.#bars = bars;
    this.damaged = damaged;
  }

  /** Reads how the last run ended. A file that can't be believed is as if there were none, and is told in `damaged`. */
  static async open(disk: Disk, folder: string, seal: StateSeal): Promise<CrashRecord> {
    const [runFile, barFile] = [new SealedJson(disk, join(folder, RUN_FILE), seal), new SealedJson(disk, join(folder, BAR_FILE), seal)];
    const [storedRun, storedBars] = [await runFile.read(), await barFile.read()];
    const run = storedRun.kind === 'read' ? storedRun.value : undefined;
    const running = isRecord(run) ? parseVersionedRoot(run['running']) : undefined;
    const earlier = isRecord(run) ? parseList(run['crashed'], parseCrashed) : [];
    const count = (earlier.find((crashed) => isSameConfig(crashed.config, running))?.count ?? 0) + 1;
    const died = running === undefined ? undefined : { config: running, count };
    const crashed = died === undefined ? earlier : [...without(earlier, died.config), died];
    const bars = storedBars.kind === 'read' ? parseList(storedBars.value, parseBar) : [];
    const damaged = [{ file: RUN_FILE, stored: storedRun }, { file: BAR_FILE, stored: storedBars }].flatMap(({ file, stored }) => (stored.kind === 'damaged' ? [{ file, reason: stored.reason }] : []));
    return new CrashRecord(runFile, barFile, died, crashed.slice(-MOST_KEPT), bars, damaged);
  }

  /** Configurations with which this many runs died. */
  crashedAtLeast(count: number): readonly Crashed[] {
    return this.#crashed.filter((crashed) => crashed.count >= count);
  }

  get bars(): readonly Bar[] {
    return this.#bars;
  }

  /** True for what a crash loop barred, and for what came between it and what was served instead. */
  isBarred(version: ConfigVersion): boolean {
    return this.#bars.some((bar) => compareVersions(version, bar.to) > 0 && compareVersions(version, bar.from.version) <= 0);
  }

  /** Resolves when it is durable. */
  async bar(bar: Bar): Promise<void> {
    this.#bars = [...this.#bars, bar].slice(-MOST_KEPT);
    this.#crashed = without(this.#crashed, bar.from);
    await this.#barFile.replace(this.#bars);
    await this.#write();
  }

  /** Writes what there is anew, marked. */
  async seal(): Promise<void> {
    if (this.#bars.length > 0) await this.#barFile.replace(this.#bars);
    await this.#write();
  }

  /** From now on the end of the process counts against this configuration. */
  async begin({ version, contentRoot }: VersionedRoot): Promise<void> {
    if (this.#closed) return;
    this.#running = { version, contentRoot };
    await this.#write();
  }

  /** What runs has lived long enough: it counts from nothing again. */
  async settle(): Promise<void> {
    if (this.#running !== undefined) this.#crashed = without(this.#crashed, this.#running);
    await this.end();
  }

  /** The end of the process counts against nothing: it is asked for, or what was tried is given up. */
  async end(): Promise<void> {
    this.#running = undefined;
    await this.#write();
  }

  /** The process was told to end: however that goes, cut short or not, it counts against nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.end();
  }

  /** Survives the end of the process, which is what it is about; not a power cut. */
  #write(): Promise<void> {
    return this.#runFile.replaceLoosely({ running: this.#running ?? null, crashed: this.#crashed });
  }
}

function without(crashed: readonly Crashed[], config: VersionedRoot): readonly Crashed[] {
  return crashed.filter((other) => !isSameConfig(other.config, config));
}

function parseList<T>(value: unknown, parse: (item: unknown) => T | undefined): readonly T[] {
  return Array.isArray(value) ? value.map(parse).filter((item) => item !== undefined) : [];
}

function parseCrashed(value: unknown): Crashed | undefined {
  if (!isRecord(value)) return undefined;
  const config = parseVersionedRoot(value['config']);
  const { count } = value;
  return config !== undefined && isCount(count) ? { config, count } : undefined;
}

function parseBar(value: unknown): Bar | undefined {
  if (!isRecord(value)) return undefined;
  const from = parseVersionedRoot(value['from']);
  const { to, reason } = value;
  if (from === undefined || !isRecord(to) || typeof reason !== 'string') return undefined;
  const { epoch, sequence } = to;
  return isCount(epoch) && isCount(sequence) ? { from, to: { epoch, sequence }, reason } : undefined;
}
