/**
 * A real database for a test file: one embedded server per test process, started at the first request, without fsync;
 * each caller gets a database of its own on it, copied from one that was bootstrapped and migrated once. All of it is
 * removed when the process ends its tests.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { bootstrapDatabase, prepareDatabase, withDatabase } from '../../control-plane/store/prepare-database.ts';
import { openStore, type Store, type StoreOptions } from '../../control-plane/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';

export interface TestServer {
  /** Of the superuser, database `postgres`. */
  readonly superuserConnectionString: string;
  /** Mode 0755 and gone after the tests. */
  readonly folder: string;
  /** The embedded server's password file for bootstrapDatabase. */
  readonly passwordFile: string;
}

export interface TestDatabase {
  /** Of the login role that the control plane serves with. */
  readonly connectionString: string;
  /** Of the superuser, in this database: for looking behind the store's back. */
  readonly superuserConnectionString: string;
  readonly keyEncryptionKey: Uint8Array;
}

const TEMPLATE = 'holdfast_template';
let server: Promise<TestServer> | undefined;
let template: Promise<string> | undefined;
let databases = 0;

/** The process's server; started when first asked for. */
export function testServer(): Promise<TestServer> {
  server ??= startServer();
  return server;
}

/** A new database, migrated and empty. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { superuserConnectionString } = await testServer();
  const templateConnection = await (template ??= makeTemplate());
  databases += 1;
  const name = `test_${databases}`;
  await onServer(superuserConnectionString, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`));
  return {
    connectionString: withDatabase(templateConnection, name),
    superuserConnectionString: withDatabase(superuserConnectionString, name),
    keyEncryptionKey: randomBytes(32),
  };
}

/** A store on a database of its own; stopped after the tests of the file. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<{ readonly store: Store; readonly database: TestDatabase }> {
  const database = await createTestDatabase();
  const store = await openStore({ ...database, log: createMemoryLogger('test').log, clock: systemClock, ...options });
  cleanUp.push(() => store.stop());
  return { store, database };
}

/** One connection for the length of `work`. */
export async function onServer<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** In reverse order: stores, then the server, then its folder. */
const cleanUp: (() => Promise<void> | void)[] = [];

// Of the whole file, because it is registered while the file is loaded; inside a test it would be that test's.
after(async () => {
  for (const step of cleanUp.toReversed()) await step();
});

async function startServer(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  // The account that runs the database must get through.
  chmodSync(folder, 0o755);
  const place = { stateFolder: join(folder, 'state'), publicFolder: join(folder, 'public'), clock: systemClock };
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }), () => removeEmbeddedPostgres(place));
  const postgres = await startEmbeddedPostgres({ ...place, log: createMemoryLogger('test').log });
  const dismiss = watchOver(postgres.postmasterPid, folder);
  cleanUp.push(dismiss, () => postgres.stop());
  const { connectionString } = postgres;
  await onServer(connectionString, async (client) => {
    await client.query('ALTER SYSTEM SET fsync = off');
    await client.query('ALTER SYSTEM SET full_page_writes = off');
    await client.query('SELECT pg_reload_conf()');
  });
  return { superuserConnectionString: connectionString, folder, passwordFile: join(folder, 'password') };
}

/**
 * A shell that ends the server and removes the folder when this process is gone without having said so: a file that
 * throws while it is loaded ends without its hooks, and so does one that the runner kills.
 */
function watchOver(postmasterPid: number, folder: string): () => void {
  const script = 'read -r word && exit; kill -QUIT "$1"; sleep 1; rm -rf "$2"';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', String(postmasterPid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return () => shell.stdin.end('dismissed\n');
}

async function makeTemplate(): Promise<string> {
  const { superuserConnectionString, passwordFile } = await testServer();
  const { log } = createMemoryLogger('test');
  const connectionString = await bootstrapDatabase({ superuserConnectionString, passwordFile, databaseName: TEMPLATE, log });
  await prepareDatabase({ connectionString, log });
  return connectionString;
}

