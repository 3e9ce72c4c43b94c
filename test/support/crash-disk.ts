/**
 * A disk in memory that can lose power, or be full. What was not synced may be lost at a crash, wholly or in part: bytes of a file
 * after its last sync, names that a folder gained or lost after its last sync. Every operation can be the last one. It also
 * writes down what was asked of it, in order.
 */
import { basename, dirname, join } from 'node:path';
import type { Disk, WritableFile } from '../../data-plane/state/disk.ts';

/** Thrown by the operation at which the power fails. */
export class PowerCut extends Error {}

interface Content {
  bytes: Buffer;
  synced: Buffer;
}

/** How a crash treats what was not synced. */
export type Loss = 'everything' | 'nothing' | 'half';

export class CrashDisk implements Disk {
  /** What a running process sees. */
  readonly #now = new Map<string, Content>();
  /** Names that survive a crash for certain. */
  #durable = new Map<string, Content>();
  readonly operations: string[] = [];
  /** The power fails at this operation, counted from 0. */
  #cutAt = Infinity;
  /** Paths whose bytes can't be read any more. */
  readonly unreadable = new Set<string>();
  /** Writes until there is no space left. */
  #writesLeft = Infinity;

  /** A new disk with what another one holds after a crash; names not synced are lost, or with `nothing` kept. */
  static afterCrash(crashed: CrashDisk, loss: Loss): CrashDisk {
    const disk = new CrashDisk();
    const names = loss === 'everything' ? crashed.#durable : crashed.#now;
    for (const [path, content] of names) {
      const bytes = loss === 'nothing' ? content.bytes : loss === 'everything' ? content.synced : content.bytes.subarray(0, Math.ceil((content.synced.length + content.bytes.length) / 2));
      disk.put(path, Buffer.from(bytes));
    }
    return disk;
  }

  /** From now on this many operations succeed. */
  cutAfter(operations: number): void {
    this.#cutAt = this.operations.length + operations;
  }

  /** After this many more writes there is no space left, until there is again (`Infinity`). */
  fullAfter(writes: number): void {
    this.#writesLeft = writes;
  }

  /** A file as if it had always been there. */
  put(path: string, bytes: Buffer): void {
    const content = { bytes, synced: bytes };
    this.#now.set(path, content);
    this.#durable.set(path, content);
  }

  /** The files there are, by path. */
  files(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#now].map(([path, { bytes }]) => [path, bytes]));
  }

  create(path: string): Promise<WritableFile> {
    return this.#operation(`create ${basename(path)}`, () => {
      const content: Content = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.#now.set(path, content);
      return {
        write: (bytes) => {
          const add = (added: Uint8Array): void => void (content.bytes = Buffer.concat([content.bytes, added]));
          const half = (): void => add(bytes.subarray(0, bytes.length / 2));
          return this.#operation(`write ${basename(path)}`, () => {
            this.#writesLeft -= 1;
            if (this.#writesLeft >= 0) return add(bytes);
            half();
            throw new Error('ENOSPC: no space left on device, write');
          }, half);
        },
        sync: () => this.#operation(`sync ${basename(path)}`, () => void (content.synced = content.bytes)),
        close: () => Promise.resolve(),
      };
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operation(`rename ${basename(from)} ${basename(to)}`, () => {
      const content = this.#now.get(from);
      if (content === undefined) throw new Error(`no such file: ${from}`);
      this.#now.delete(from);
      this.#now.set(to, content);
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.#operation(`sync-folder ${basename(folder)}`, () => {
      const elsewhere = [...this.#durable].filter(([path]) => dirname(path) !== folder);
      const here = [...this.#now].filter(([path]) => dirname(path) === folder);
      this.#durable = new Map([...elsewhere, ...here]);
    });
  }

  remove(path: string): Promise<void> {
    return this.#operation(`remove ${basename(path)}`, () => void this.#now.delete(path));
  }

  read(path: string): Promise<Buffer | undefined> {
    return this.unreadable.has(path) ? Promise.reject(new Error('EIO: i/o error, read')) : Promise.resolve(this.#now.get(path)?.bytes);
  }

  list(folder: string): Promise<readonly string[]> {
    return Promise.resolve([...this.#now.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path)));
  }

  makeFolder(): Promise<void> {
    return Promise.resolve();
  }

  /** The paths of a folder's files, for tests that damage one. */
  paths(folder: string): readonly string[] {
    return [...this.#now.keys()].filter((path) => dirname(path) === folder).map((path) => join(folder, basename(path)));
  }

  /** `torn`: what the operation leaves where the power fails in the middle of it. */
  async #operation<T>(name: string, carryOut: () => T, torn?: () => void): Promise<T> {
    await Promise.resolve();
    if (this.operations.length >= this.#cutAt) {
      if (this.operations.length === this.#cutAt) torn?.();
      this.operations.push(`${name} (power cut)`);
      throw new PowerCut(name);
    }
    this.operations.push(name);
    return carryOut();
  }
}
