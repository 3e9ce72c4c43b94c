/**
 * The database cluster on disk: made once by initdb, refused when another major version wrote it. Called by
 * embedded-postgres.ts before a server starts.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { runAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { dataFolderOf, privateFolder, type Place } from './place.ts';

/** The database superuser; there is no password, because only the account itself and root get to the socket. */
export const SUPERUSER = 'postgres';

/** Makes the cluster where there is none, else checks that these programs can serve it. */
export async function ensureCluster(place: Place, binaries: Binaries, log: Logger): Promise<void> {
  const data = dataFolderOf(place);
  if (!existsSync(data)) return createCluster(place, binaries, log);
  const major = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (major === binaries.major) return;
  throw new HoldfastError({
    code: 'EMBEDDED_POSTGRES_MAJOR_VERSION',
    source: 'control-plane',
    publicMessage: 'the database was written by another major version of Postgres',
    message: `the database in ${data} was written by PostgreSQL ${major} and this release brings ${binaries.major}; export it with the release that wrote it (pg_dumpall) and import it here, or set DATABASE_URL to a PostgreSQL ${major} server that holds it, or move the folder away to start empty`,
  });
}

/** Built beside and renamed when whole, so that a killed initdb leaves nothing that looks like a database. */
async function createCluster(place: Place, binaries: Binaries, log: Logger): Promise<void> {
  log.info({ event: 'embedded-postgres-initialising', folder: place.folder }, 'creating the database');
  const unfinished = join(place.folder, 'data-unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  privateFolder(place.account, unfinished);
  const parameters = ['--pgdata', unfinished, '--username', SUPERUSER, '--auth-local=trust', '--auth-host=reject', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const said = await run(join(binaries.folder, 'bin', 'initdb'), parameters, place, binaries);
  if (said !== undefined) {
    throw new HoldfastError({
      code: 'EMBEDDED_POSTGRES_INITDB',
      source: 'control-plane',
      publicMessage: 'the database could not be created',
      message: `initdb could not create the database in ${place.folder}: ${said}`,
    });
  }
  renameSync(unfinished, dataFolderOf(place));
}

/** It takes some two seconds; a slow disk or a busy machine, a minute. */
const INITDB_TIMEOUT_MS = 180_000;

/** Runs a program of Postgres to its end; undefined when it went well, else what it said. */
function run(program: string, parameters: readonly string[], place: Place, binaries: Binaries): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { ...runAs(place.account), cwd: place.folder, env: binaries.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const keep = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const tooLong = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`it did not end within ${INITDB_TIMEOUT_MS / 1000} s; ${said.trim()}`);
    }, INITDB_TIMEOUT_MS);
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => {
      clearTimeout(tooLong);
      resolve(code === 0 ? undefined : said.trim());
    });
  });
}
