/**
 * The Postgres server of a test process: an embedded one of its own, without fsync, gone when the process ends its tests;
 * or the server of HOLDFAST_TEST_DATABASE_URL, to try another version (CONTRIBUTING.md), which several processes share
 * and on which nothing but the roles stays. Used by postgres.ts and by tests of what comes before serving.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { bootstrapDatabase } from '../../control-plane/store/prepare-database.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';

export interface TestServer {
  /** Of the superuser, database `postgres`. */
  readonly superuserConnectionString: string;
  /** The server's password file for bootstrapDatabase. */
  readonly passwordFile: string;
}

const EXTERNAL_URL = process.env['HOLDFAST_TEST_DATABASE_URL'];
/** Any constant: processes that share a server take turns on what is one for all its databases. */
const LOCK_KEY = 4_815_162_343;
const RUN = randomBytes(4).toString('hex');
let server: Promise<TestServer> | undefined;
let databases = 0;

/** In reverse order: stores, then databases, then the server and its folder. */
const cleanUp: (() => Promise<unknown> | void)[] = [];

// Of the whole file, because it is registered while the file is loaded; inside a test it would be that test's.
after(async () => {
  for (const step of cleanUp.toReversed()) await step();
});

/** Runs `step` when the tests of the file are done, before what was there before it is taken away. */
export function whenDone(step: () => Promise<unknown> | void): void {
  cleanUp.push(step);
}

/** The process's server; started when first asked for. */
export function testServer(): Promise<TestServer> {
  server ??= EXTERNAL_URL === undefined ? startServer() : useServer(EXTERNAL_URL);
  return server;
}

/** A name that no other database or role of the server has; whatever has it is removed after the tests. */
export async function newServerName(): Promise<string> {
  databases += 1;
  const name = `holdfast_test_${RUN}_${databases}`;
  const { superuserConnectionString } = await testServer();
  // An embedded server goes away as a whole.
  if (EXTERNAL_URL === undefined) return name;
  whenDone(() => onServer(superuserConnectionString, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`DROP ROLE IF EXISTS ${name}`);
  }));
  return name;
}

/** What bootstrapDatabase returns for a database of that name. */
export async function bootstrapTestDatabase(databaseName: string): Promise<string> {
  const given = await testServer();
  return onServer(given.superuserConnectionString, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    return bootstrapDatabase({ ...given, databaseName, log: createMemoryLogger('test').log });
  });
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

async function useServer(superuserConnectionString: string): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  whenDone(() => rmSync(folder, { recursive: true, force: true }));
  const passwordFile = join(folder, 'password');
  // The same for all who share the server: the login role is one for all its databases.
  writeFileSync(passwordFile, createHash('sha256').update(superuserConnectionString).digest('base64url'), { mode: 0o600 });
  return { superuserConnectionString, passwordFile };
}

async function startServer(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  // The account that runs the database must get through.
  chmodSync(folder, 0o755);
  const place = { stateFolder: join(folder, 'state'), publicFolder: join(folder, 'public'), clock: systemClock };
  whenDone(() => rmSync(folder, { recursive: true, force: true }));
  whenDone(() => removeEmbeddedPostgres(place));
  const postgres = await startEmbeddedPostgres({ ...place, log: createMemoryLogger('test').log });
  whenDone(watchOver(postgres.postmasterPid, folder));
  whenDone(() => postgres.stop());
  const { connectionString } = postgres;
  await onServer(connectionString, async (client) => {
    await client.query('ALTER SYSTEM SET fsync = off');
    await client.query('ALTER SYSTEM SET full_page_writes = off');
    await client.query('SELECT pg_reload_conf()');
  });
  return { superuserConnectionString: connectionString, passwordFile: join(folder, 'password') };
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
