/**
 * The server process itself: finds the one that runs on a data folder, starts one, waits until it serves, stops it.
 * The kernel is asked who works in the data folder (a server's working folder is its data folder), never a process id
 * alone: those get reused. Called by embedded-postgres.ts.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { runAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { dataFolderOf, SOCKET_NAME, type Place } from './place.ts';

/** Crash recovery may take long on a slow disk; a server that makes no progress for this long never will. */
const START_TIMEOUT_MS = 300_000;
const FAST_STOP_TIMEOUT_MS = 20_000;
const IMMEDIATE_STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
const EXIT_TOLD_WITHIN_MS = 2_000;
const LONGEST_LOG_BYTES = 8 * 1024 * 1024;

/** Modest, durable (fsync and full page writes stay on), reachable by the socket alone. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  // The largest pool that may be set (HOLDFAST_DATABASE_POOL_SIZE), the change feed, and room for people.
  max_connections: '220',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  jit: 'off',
  // Nobody rotates the log; without these it holds what went wrong, and little else.
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
};

/** First and eighth line of postmaster.pid: process id and, when up, `ready`. Fifth: the socket's folder. */
interface PidFile {
  readonly pid: number;
  readonly socketFolder: string;
  readonly status: string;
}

export interface RunningPostmaster {
  readonly pid: number;
  readonly socketFolder: string;
}

/** Waits until the condition gives a value; polls, because nobody tells. Undefined when time is up. */
export async function waitFor<T>(clock: Clock, timeoutMs: number, condition: () => T | undefined): Promise<T | undefined> {
  const deadline = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const value = condition();
    if (value !== undefined || clock.monotonicMs() >= deadline) return value;
    await new Promise<void>((resolve) => {
      clock.after(POLL_MS, resolve, { keepAlive: true });
    });
  }
}

/** The server that works on this place's data, if one does: perhaps an orphan of a killed run. */
export function findPostmaster(place: Place): RunningPostmaster | undefined {
  const file = readPidFile(place);
  return file !== undefined && isRunning(place, file.pid) ? { pid: file.pid, socketFolder: file.socketFolder } : undefined;
}

/** True while the process works in the place's data folder. */
export function isRunning(place: Place, pid: number): boolean {
  return worksIn(pid, dataFolderOf(place));
}

/**
 * Starts a server and waits until it serves. A previous one that was killed leaves processes that end by themselves
 * (waited for) and a pid file. Throws EMBEDDED_POSTGRES_START with the end of the server's log.
 */
export async function startPostmaster(place: Place, binaries: Binaries, socketFolder: string, clock: Clock): Promise<RunningPostmaster> {
  await clearRemains(place, socketFolder, clock);
  const log = openLog(place);
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories: `"${socketFolder}"` }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // In a session of its own: a Ctrl-C at our terminal must not stop it before we are done with it.
  const child = spawn(join(binaries.folder, 'bin', 'postgres'), ['-D', dataFolderOf(place), ...settings], {
    ...runAs(place.account),
    cwd: place.folder,
    env: binaries.environment,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = signal === null ? `it ended with ${code}` : `it was ended by ${signal}`));
  // The kernel is asked too: a server was gone and nobody had told us, and the start waited for five minutes.
  const endedUnseen = (): string | undefined => (child.pid !== undefined && hasEnded(child.pid) ? 'it ended' : undefined);
  const up = await waitUntilReady(place, clock, () => ended ?? endedUnseen());
  if (up !== undefined) return up;
  // How it ended is told a moment later, if at all.
  if (endedUnseen() !== undefined) await waitFor(clock, EXIT_TOLD_WITHIN_MS, () => ended);
  throw startFailure(place, ended ?? endedUnseen() ?? `it did not get ready within ${START_TIMEOUT_MS / 1000} s`);
}

/** Waits until the server of this place answers. Undefined where it ended or time is up. */
export async function waitUntilReady(place: Place, clock: Clock, ended: () => string | undefined): Promise<RunningPostmaster | undefined> {
  const outcome = await waitFor(clock, START_TIMEOUT_MS, () => {
    const running = findPostmaster(place);
    if (running !== undefined && readPidFile(place)?.status === 'ready') return running;
    return ended() === undefined ? undefined : 'ended';
  });
  return outcome === 'ended' ? undefined : outcome;
}

/** SIGINT (sessions are cut, all is written), after a while SIGQUIT (the next start recovers). Throws when neither ends it. */
export async function stopPostmaster(place: Place, pid: number, clock: Clock): Promise<void> {
  for (const [signal, timeoutMs] of [['SIGINT', FAST_STOP_TIMEOUT_MS], ['SIGQUIT', IMMEDIATE_STOP_TIMEOUT_MS]] as const) {
    if (!isRunning(place, pid)) return;
    process.kill(pid, signal);
    const gone = await waitFor(clock, timeoutMs, () => (isRunning(place, pid) ? undefined : true));
    if (gone === true) return;
  }
  throw new HoldfastError({
    code: 'EMBEDDED_POSTGRES_STOP',
    source: 'control-plane',
    publicMessage: 'the embedded Postgres does not stop',
    message: `the embedded Postgres (process ${pid}) stops neither on SIGINT nor on SIGQUIT; it is left running and the next start adopts it`,
  });
}

/**
 * Postgres clears up after a crash by itself, but is held up when the process id in its lock files is taken: by another
 * process (a restarted container) or by the dead server that nobody has reaped yet. The files are taken away only when
 * nobody at all works in the folder: they guard against two servers on the same data.
 */
async function clearRemains(place: Place, socketFolder: string, clock: Clock): Promise<void> {
  const folder = dataFolderOf(place);
  const alone = await waitFor(clock, FAST_STOP_TIMEOUT_MS, () => (processesIn(folder).length === 0 ? true : undefined));
  if (alone !== true) throw startFailure(place, `processes ${processesIn(folder).join(', ')} of an earlier server still work in ${folder}; end them`);
  const stale = readPidFile(place);
  if (stale === undefined || !existsSync(`/proc/${stale.pid}`)) return;
  rmSync(join(folder, 'postmaster.pid'), { force: true });
  rmSync(join(socketFolder, `${SOCKET_NAME}.lock`), { force: true });
}

/** True where the process is gone, or dead and not waited for by its parent yet (`Z`, proc(5)). */
export function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

/** The Postgres processes whose working folder is this one. */
function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => worksIn(pid, folder));
}

function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    // Gone, a zombie, or another user's: not ours in any case.
    return false;
  }
}

function readPidFile(place: Place): PidFile | undefined {
  try {
    const lines = readFileSync(join(dataFolderOf(place), 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 0 ? { pid, socketFolder: lines[4] ?? '', status: (lines[7] ?? '').trim() } : undefined;
  } catch {
    return undefined;
  }
}

/** Opens the log for appending; one that has grown large starts anew. Ours: the server only inherits the descriptor. */
function openLog(place: Place): number {
  const path = join(place.folder, 'log');
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return openSync(path, size > LONGEST_LOG_BYTES ? 'w' : 'a', 0o600);
}

function startFailure(place: Place, why: string): HoldfastError {
  return new HoldfastError({
    code: 'EMBEDDED_POSTGRES_START',
    source: 'control-plane',
    publicMessage: 'the embedded Postgres did not start',
    message: `the embedded Postgres did not start: ${why}; the end of its log (${join(place.folder, 'log')}):\n${tailOfLog(place)}`,
  });
}

function tailOfLog(place: Place): string {
  try {
    return readFileSync(join(place.folder, 'log'), 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  } catch (thrown) {
    return describeThrown(thrown);
  }
}
