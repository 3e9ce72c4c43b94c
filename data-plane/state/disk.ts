/**
 * The few disk operations that what must survive a crash is made of, as an interface: tests put a disk under the cache
 * that records their order, or that loses what was not synced. Used by durable-file.ts and config/snapshot-cache.ts (S5).
 */
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';

export interface WritableFile {
  /** Appends all bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the bytes written so far survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** Creates or empties a file. `mode` counts where it is new. */
  create(path: string, mode: number): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  /** Resolves when names created, renamed or removed in the folder survive a power cut. */
  syncFolder(folder: string): Promise<void>;
  /** No error where there is none. */
  remove(path: string): Promise<void>;
  /** Undefined where there is none. */
  read(path: string): Promise<Buffer | undefined>;
  /** Names in the folder; none where it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /** With its parents, open to the owner only. */
  makeFolder(folder: string): Promise<void>;
}

export const systemDisk: Disk = {
  async create(path, mode) {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode);
    return { write: (bytes) => file.writeFile(bytes), sync: () => file.sync(), close: () => file.close() };
  },
  rename,
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  remove: (path) => rm(path, { force: true }),
  read: (path) => readFile(path).catch(absent(undefined)),
  list: (folder) => readdir(folder).catch(absent([])),
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  },
};

/** Turns "no such file" into a value; every other failure stays one. */
function absent<T>(value: T): (thrown: unknown) => T {
  return (thrown) => {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return value;
    throw thrown;
  };
}
