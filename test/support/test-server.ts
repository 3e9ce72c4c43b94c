/**
 * An embedded Postgres for tests, without fsync, in a temporary folder. Started by postgres-server.ts for one test file, and by
 * serve-test-database.ts for all files of a run.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';

export interface TestServer {
  /** Of the superuser, database `postgres`. */
  readonly superuserConnectionString: string;
  /** The server's password file for bootstrapDatabase. */
  readonly passwordFile: string;
}

export interface StartedTestServer extends TestServer {
  readonly postmasterPid: number;
  /** All that it keeps. */
  readonly folder: string;
  stop(): Promise<void>;
  /** Once it is stopped: takes away what it kept. */
  remove(): Promise<void>;
}

export async function startTestServer(): Promise<StartedTestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  // The account that runs the database must get through.
  chmodSync(folder, 0o755);
  const place = { stateFolder: join(folder, 'state'), publicFolder: join(folder, 'public'), clock: systemClock, log: createMemoryLogger('test').log };
  const postgres = await startEmbeddedPostgres(place);
  await withoutSync(postgres.connectionString);
  return {
    superuserConnectionString: postgres.connectionString, passwordFile: join(folder, 'password'), postmasterPid: postgres.postmasterPid, folder,
    stop: () => postgres.stop(),
    async remove() {
      await removeEmbeddedPostgres(place);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function withoutSync(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  for (const setting of ['fsync', 'full_page_writes']) await client.query(`ALTER SYSTEM SET ${setting} = off`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}
