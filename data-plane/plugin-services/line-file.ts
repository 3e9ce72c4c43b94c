/**
 * `services.lineFile`: a file that lines are appended to, each whole, by whatever many threads and processes, in folders that the data
 * plane's operator named (HOLDFAST_FILE_LOG_FOLDERS): a config is written by people who may have no business on its disks. A file that was
 * moved or deleted (rotation) is made anew. No link leads out of the folders: what was opened is looked at, not what was asked for.
 */
import { constants } from 'node:fs';
import { open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { LineFile } from '../../shared/plugins/plugin-services.ts';

export interface LineFileOptions {
  readonly clock: Clock;
  /** Absolute. */
  readonly folders: readonly string[];
  /** Whole lines to the process's own output. */
  readonly standard: Readonly<Record<'/dev/stdout' | '/dev/stderr', NodeJS.WritableStream>>;
  /** Files of the thread that are open now. */
  readonly open: { files: number };
}

/** Of a thread, between writes; those beyond are closed after each. File descriptors are what connections need, too. */
const MOST_KEPT_OPEN = 256;
/** How long after a rotation lines may still go to the old file. */
const LOOK_EVERY_MS = 1_000;
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Logs are for the operator and their group. */
const MODE = 0o640;
const NEWLINE = Buffer.from('\n');

/** Throws FILE_LOG_NOT_ALLOWED. */
export function openLineFile(path: string, reopen: boolean, { clock, folders, standard, open: kept }: LineFileOptions): LineFile {
  if (path === '/dev/stdout' || path === '/dev/stderr') return new StandardLines(standard[path]);
  const isClean = isAbsolute(path) && normalize(path) === path && !path.endsWith(sep) && !path.includes('\0');
  if (!isClean || !folders.some((folder) => isWithin(path, folder))) throw notAllowed(path, folders);
  return new AppendedFile(path, reopen, clock, folders, kept);
}

class AppendedFile implements LineFile {
  readonly #path: string;
  readonly #reopens: boolean;
  readonly #clock: Clock;
  readonly #folders: readonly string[];
  readonly #kept: LineFileOptions['open'];
  #handle: FileHandle | undefined;
  #lookedAtMs = 0;
  /** A write was cut off within a line. */
  #isTorn = false;
  /** One append after another. */
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(path: string, reopens: boolean, clock: Clock, folders: readonly string[], kept: LineFileOptions['open']) {
    this.#path = path;
    this.#reopens = reopens;
    this.#clock = clock;
    this.#folders = folders;
    this.#kept = kept;
  }

  append(lines: Uint8Array): Promise<void> {
    const appended = this.#turn.then(() => this.#append(lines));
    this.#turn = appended.catch(() => undefined);
    return appended;
  }

  close(): void {
    this.#isClosed = true;
    void this.#turn.then(() => this.#drop());
  }

  async #append(lines: Uint8Array): Promise<void> {
    if (this.#isClosed) throw failed(this.#path, 'it was closed');
    try {
      const handle = await this.#current();
      const bytes = this.#isTorn ? Buffer.concat([NEWLINE, lines]) : lines;
      // One write: the kernel puts what O_APPEND writes in one piece behind all there is.
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
        this.#isTorn = at + bytesWritten < bytes.length;
        at += bytesWritten;
      }
      if (this.#reopens || this.#kept.files > MOST_KEPT_OPEN) await this.#drop();
    } catch (thrown) {
      await this.#drop();
      throw thrown instanceof HoldfastError ? thrown : failed(this.#path, describeThrown(thrown));
    }
  }

  async #current(): Promise<FileHandle> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#handle !== undefined && nowMs - this.#lookedAtMs >= LOOK_EVERY_MS) {
      this.#lookedAtMs = nowMs;
      if (!(await isStillAt(this.#handle, this.#path))) await this.#drop();
    }
    if (this.#handle !== undefined) return this.#handle;
    this.#lookedAtMs = nowMs;
    this.#handle = await openWithin(this.#path, this.#folders);
    this.#kept.files += 1;
    return this.#handle;
  }

  async #drop(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    this.#kept.files -= 1;
    await handle.close().catch(() => undefined);
  }
}

/** Through the main thread's stream: whole lines, among those of the log. */
class StandardLines implements LineFile {
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  append(lines: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(lines, (error) => (error === null || error === undefined ? resolve() : reject(failed('the standard output', error.message))));
    });
  }

  close(): void {
    // It is the process's.
  }
}

async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const [opened, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)]);
  return there?.ino === opened.ino && there.dev === opened.dev;
}

async function openWithin(path: string, folders: readonly string[]): Promise<FileHandle> {
  const isAllowed = async (folder: string): Promise<boolean> => {
    const real = await Promise.all(folders.map((allowed) => realpath(allowed).catch(() => undefined)));
    return real.some((allowed) => allowed !== undefined && (folder === allowed || isWithin(folder, allowed)));
  };
  const folder = await realpath(dirname(path));
  if (!(await isAllowed(folder))) throw notAllowed(path, folders);
  const place = join(folder, basename(path));
  const handle = await open(place, FLAGS, MODE);
  try {
    const isFile = (await handle.stat()).isFile();
    // Where somebody put a link into the way meanwhile.
    const opened = process.platform === 'linux' ? await readlink(`/proc/self/fd/${handle.fd}`).catch(() => place) : place;
    if (!isFile || opened !== place) throw notAllowed(path, folders);
    return handle;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

function notAllowed(path: string, folders: readonly string[]): HoldfastError {
  const where = folders.length === 0 ? 'HOLDFAST_FILE_LOG_FOLDERS names no folder' : `HOLDFAST_FILE_LOG_FOLDERS allows files in ${folders.join(', ')}`;
  return new HoldfastError({ code: 'FILE_LOG_NOT_ALLOWED', source: 'gateway', publicMessage: 'a plugin may not write to that file', message: `plugins may not write to ${path}: ${where}, and links do not lead out of them; name its folder there, or log to /dev/stdout` });
}

function failed(path: string, reason: string): HoldfastError {
  return new HoldfastError({ code: 'FILE_LOG_FAILED', source: 'gateway', retryable: true, publicMessage: 'a plugin could not write to its file', message: `${path}: ${reason}` });
}
