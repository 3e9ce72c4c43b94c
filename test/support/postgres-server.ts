/**
 * The Postgres server of a test process: the one that `npm test` started for all of its files (serve-test-database.ts); else an
 * embedded one of its own, gone when the process ends its tests; or the server of HOLDFAST_TEST_DATABASE_URL, to try another version
 * (CONTRIBUTING.md). Where several processes share one, nothing but the roles stays. Used by postgres.ts and by tests of what
 * comes before serving.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Client } from 'pg';
import { bootstrapDatabase } from '../../control-plane/store/prepare-database.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const EXTERNAL_URL = process.env['HOLDFAST_TEST_DATABASE_URL'];
/** Of the run's server. */
const { TESTS_SERVER_URL: RUN_URL, TESTS_SERVER_PASSWORD_FILE: RUN_PASSWORD_FILE } = process.env;
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
  server ??= EXTERNAL_URL !== undefined ? useServer(EXTERNAL_URL) : (runServer() ?? startServer());
  return server;
}

/** A name that no other database or role of the server has; whatever has it is removed after the tests. */
export async function newServerName(): Promise<string> {
  databases += 1;
  const name = `holdfast_test_${RUN}_${databases}`;
  const { superuserConnectionString } = await testServer();
  // A server of its own goes away as a whole.
  if (EXTERNAL_URL === undefined && RUN_URL === undefined) return name;
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

/** The one that serve-test-database.ts started. */
function runServer(): Promise<TestServer> | undefined {
  return RUN_URL === undefined || RUN_PASSWORD_FILE === undefined ? undefined : Promise.resolve({ superuserConnectionString: RUN_URL, passwordFile: RUN_PASSWORD_FILE });
}

async function startServer(): Promise<TestServer> {
  const started = await startTestServer();
  whenDone(() => started.remove());
  whenDone(watchOver(started.postmasterPid, started.folder));
  whenDone(() => started.stop());
  return started;
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
