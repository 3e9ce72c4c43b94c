/**
 * The database that a control plane with the same settings would serve from, for commands that work on it beside or instead of
 * one: by URL, or the embedded Postgres of a state folder, which is started where no control plane runs there. Called by
 * cli/backup.ts and doctor/main.ts.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { HoldfastError } from '../shared/errors.ts';
import type { Logger } from '../shared/log.ts';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts';
import { findPlace } from './embedded-postgres/place.ts';
import { findPostmaster } from './embedded-postgres/postmaster.ts';
import { SUPERUSER } from './embedded-postgres/cluster.ts';
import { checkedDatabaseUrl } from './open-database.ts';
import { lockStateFolder } from './state-lock.ts';
import { bootstrapDatabase, serverLogin } from './store/prepare-database.ts';

export interface DatabaseSettings {
  readonly databaseUrl: string | undefined;
  readonly stateFolder: string;
}

const PASSWORD_FILE = 'database-password';

/** Runs `work` with the connection string of the login that the control plane serves with. */
export async function withDatabaseOf<T>({ databaseUrl, stateFolder }: DatabaseSettings, { log, clock }: { readonly log: Logger; readonly clock: Clock }, work: (connectionString: string) => Promise<T>): Promise<T> {
  if (databaseUrl !== undefined) return work(checkedDatabaseUrl(databaseUrl));
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const bootstrap = (superuserConnectionString: string): Promise<string> => bootstrapDatabase({ superuserConnectionString, passwordFile: join(stateFolder, PASSWORD_FILE), log });
  const lock = await lockStateFolder(stateFolder).catch((thrown: unknown) => {
    if (thrown instanceof HoldfastError && thrown.code === 'CONTROL_PLANE_STATE_IN_USE') return undefined;
    throw thrown;
  });
  if (lock === undefined) return work(await bootstrap(runningSuperuser(stateFolder)));
  try {
    const postgres = await startEmbeddedPostgres({ stateFolder, log, clock });
    try {
      return await work(await bootstrap(postgres.connectionString));
    } finally {
      await postgres.stop();
    }
  } finally {
    await lock.release();
  }
}

/** Of the login at the embedded Postgres that runs for a state folder; undefined where none runs. Needs the rights to its files. */
export function runningLogin(stateFolder: string): string | undefined {
  const superuser = findSuperuser(stateFolder);
  const passwordFile = join(stateFolder, PASSWORD_FILE);
  return superuser === undefined || !existsSync(passwordFile) ? undefined : serverLogin(superuser, readFileSync(passwordFile, 'utf8').trim());
}

/** Of the control plane that holds the state folder. */
function runningSuperuser(stateFolder: string): string {
  const superuser = findSuperuser(stateFolder);
  if (superuser !== undefined) return superuser;
  throw new HoldfastError({
    code: 'BACKUP_NO_DATABASE',
    source: 'control-plane',
    publicMessage: 'there is no database',
    message: `a control plane uses the state folder ${stateFolder}, and it has no embedded Postgres that runs; give the database that it uses (HOLDFAST_DATABASE_URL)`,
  });
}

function findSuperuser(stateFolder: string): string | undefined {
  const place = findPlace(stateFolder);
  const running = place === undefined ? undefined : findPostmaster(place);
  return running === undefined ? undefined : `postgresql://${SUPERUSER}@/postgres?host=${encodeURIComponent(running.socketFolder)}`;
}
