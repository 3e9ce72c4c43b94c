/**
 * An embedded Postgres for a control plane without DATABASE_URL: a real server on a unix socket that only its own
 * account and root can reach. Started, or adopted from a killed run; restarted when it dies; stopped with us. Called by
 * control-plane/main.ts and by tests that need a database.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { prepareBinaries, type Binaries } from './binaries.ts';
import { ensureCluster, SUPERUSER } from './cluster.ts';
import { choosePlace, findPlace, socketFolderOf, type Place } from './place.ts';
import { findPostmaster, isRunning, startPostmaster, stopPostmaster, waitFor, waitUntilReady, type RunningPostmaster } from './postmaster.ts';

export interface EmbeddedPostgresOptions {
  /** Made if missing. Holds the database in `postgres/`, or the record of where it is. */
  readonly stateFolder: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Where root puts what the database's account cannot reach in the state folder; `/var/lib/holdfast` by default. */
  readonly publicFolder?: string;
  /** The folder of the package with the Postgres programs; found among the installed packages by default. */
  readonly packageFolder?: string;
}

export interface EmbeddedPostgres {
  /** Of the superuser, over the unix socket; the same for as long as the state folder stays. Database `postgres`. */
  readonly connectionString: string;
  /** True where the server of an earlier, killed run was found running. */
  readonly adopted: boolean;
  /** The server's process; another one after a restart. */
  readonly postmasterPid: number;
  /** Stops the server, also an adopted one. Resolves when it is gone, after 30 s at most unless a restart is under way; idempotent. */
  stop(): Promise<void>;
}

const PUBLIC_FOLDER = '/var/lib/holdfast';
const WATCH_INTERVAL_MS = 250;

/**
 * Starts the embedded Postgres of a state folder, or adopts it where it runs already. At most one control plane may
 * use a state folder. Throws a HoldfastError with a code EMBEDDED_POSTGRES_… and what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const publicFolder = options.publicFolder ?? PUBLIC_FOLDER;
  const place = choosePlace(options.stateFolder, publicFolder);
  const binaries = prepareBinaries(place, publicFolder, options.packageFolder, options.log);
  await ensureCluster(place, binaries, options.log);
  const adopted = await adopt(place, options);
  const running = adopted ?? (await startPostmaster(place, binaries, socketFolderOf(place), options.clock));
  options.log.info({ event: 'embedded-postgres-ready', folder: place.folder, pid: running.pid, adopted: adopted !== undefined }, adopted === undefined ? 'database started' : 'database of an earlier run adopted');
  return new SupervisedPostgres(place, binaries, running, adopted !== undefined, options);
}

/** Stops the server of a state folder, if one runs, and deletes its database for good. */
export async function removeEmbeddedPostgres(options: Pick<EmbeddedPostgresOptions, 'stateFolder' | 'clock'>): Promise<void> {
  const place = findPlace(options.stateFolder);
  if (place === undefined) return;
  const running = findPostmaster(place);
  if (running !== undefined) await stopPostmaster(place, running.pid, options.clock);
  rmSync(place.folder, { recursive: true, force: true });
  rmSync(join(options.stateFolder, 'postgres-folder'), { force: true });
}

async function adopt(place: Place, options: EmbeddedPostgresOptions): Promise<RunningPostmaster | undefined> {
  const orphan = findPostmaster(place);
  if (orphan === undefined) return undefined;
  return waitUntilReady(place, options.clock, () => (isRunning(place, orphan.pid) ? undefined : 'it ended'));
}

/** Keeps the server running until it is told to stop. */
class SupervisedPostgres implements EmbeddedPostgres {
  readonly connectionString: string;
  readonly adopted: boolean;
  readonly #place: Place;
  readonly #binaries: Binaries;
  readonly #options: EmbeddedPostgresOptions;
  readonly #socketFolder: string;
  readonly #watch: { cancel(): void };
  readonly #backoff: Backoff;
  #pid: number;
  #restarting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(place: Place, binaries: Binaries, running: RunningPostmaster, adopted: boolean, options: EmbeddedPostgresOptions) {
    this.#place = place;
    this.#binaries = binaries;
    this.#options = options;
    this.#socketFolder = running.socketFolder;
    this.#pid = running.pid;
    this.adopted = adopted;
    this.connectionString = `postgresql://${SUPERUSER}@/postgres?host=${encodeURIComponent(running.socketFolder)}`;
    this.#backoff = new Backoff({ initialMs: 100, maximumMs: 30_000, random: Math.random });
    this.#watch = options.clock.every(WATCH_INTERVAL_MS, () => this.#restartIfGone());
  }

  get postmasterPid(): number {
    return this.#pid;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#watch.cancel();
    await this.#restarting;
    await stopPostmaster(this.#place, this.#pid, this.#options.clock);
    if (dirname(this.#socketFolder) !== this.#place.folder) rmSync(this.#socketFolder, { recursive: true, force: true });
    this.#options.log.info({ event: 'embedded-postgres-stopped' }, 'database stopped');
  }

  #restartIfGone(): void {
    if (this.#restarting !== undefined || isRunning(this.#place, this.#pid)) return;
    this.#options.log.error({ event: 'embedded-postgres-died', pid: this.#pid }, 'the database died; starting it again');
    this.#restarting = this.#restart().finally(() => {
      this.#restarting = undefined;
    });
  }

  async #restart(): Promise<void> {
    while (this.#stopping === undefined) {
      try {
        this.#pid = (await startPostmaster(this.#place, this.#binaries, this.#socketFolder, this.#options.clock)).pid;
        this.#backoff.reset();
        this.#options.log.info({ event: 'embedded-postgres-ready', pid: this.#pid, adopted: false }, 'database started again');
        return;
      } catch (thrown) {
        this.#options.log.error({ event: 'embedded-postgres-restart-failed', reason: describeThrown(thrown) }, 'the database could not be started again');
        await waitFor(this.#options.clock, this.#backoff.nextDelayMs(), () => this.#stopping);
      }
    }
  }
}
