/**
 * A small record in the state folder that only this data plane can have written: JSON beside the mark of its key
 * (state-seal.ts) over the file's name and the JSON's text. An edited one, or one of another data plane, is noticed as damaged
 * (S4). Used by highest-accepted.ts, crash-record.ts, snapshot-cache.ts and head-watch.ts.
 */
import { basename } from 'node:path';
import { describeThrown } from '../../shared/errors.ts';
import { isRecord } from '../config/versioned-root.ts';
import type { Disk } from './disk.ts';
import { replaceJson, replaceJsonLoosely } from './durable-file.ts';
import type { StateSeal } from './state-seal.ts';

export type StoredRecord = { readonly kind: 'absent' } | { readonly kind: 'damaged'; readonly reason: string } | { readonly kind: 'read'; readonly value: unknown };

export class SealedJson {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #seal: StateSeal;
  #writing: Promise<void> = Promise.resolve();

  constructor(disk: Disk, path: string, seal: StateSeal) {
    this.#disk = disk;
    this.#path = path;
    this.#seal = seal;
  }

  /** Never rejects: what can't be read is damaged, and no reason not to start (S2). */
  async read(): Promise<StoredRecord> {
    let stored: unknown;
    try {
      const bytes = await this.#disk.read(this.#path);
      if (bytes === undefined) return { kind: 'absent' };
      stored = JSON.parse(bytes.toString('utf8'));
    } catch (thrown) {
      return { kind: 'damaged', reason: thrown instanceof SyntaxError ? 'it is no JSON' : describeThrown(thrown) };
    }
    if (!isRecord(stored) || typeof stored['mark'] !== 'string') {
      return this.#seal.readsUnsealed ? { kind: 'read', value: stored } : { kind: 'damaged', reason: 'it has no mark of this data plane\'s key' };
    }
    const { value, mark } = stored;
    if (this.#seal.isMarkOf(mark, basename(this.#path), JSON.stringify(value))) return { kind: 'read', value };
    return { kind: 'damaged', reason: 'it was edited, or written by another data plane or under another key' };
  }

  /** Resolves when it survives a power cut. */
  replace(value: unknown): Promise<void> {
    return this.#inTurn(() => replaceJson(this.#disk, this.#path, this.#marked(value)));
  }

  /** Survives the end of the process, not a power cut. */
  replaceLoosely(value: unknown): Promise<void> {
    return this.#inTurn(() => replaceJsonLoosely(this.#disk, this.#path, this.#marked(value)));
  }

  /** One write after another: what was asked for last is there at last. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  #marked(value: unknown): { readonly value: unknown; readonly mark: string } {
    return { value, mark: this.#seal.markOf(basename(this.#path), JSON.stringify(value)) };
  }
}
