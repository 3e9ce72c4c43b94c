/** The embedded Postgres against real servers: as root and as an ordinary user, through kills, in awkward folders. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { canReach, findAccount } from '../control-plane/embedded-postgres/account.ts';
import { removeEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from '../control-plane/embedded-postgres/embedded-postgres.ts';
import { waitFor } from '../control-plane/embedded-postgres/postmaster.ts';
import { controlPlaneSettings } from '../control-plane/settings.ts';
import { systemClock } from '../shared/clock.ts';
import { HoldfastError } from '../shared/errors.ts';
import { createMemoryLogger } from '../shared/log.ts';

const isRoot = process.geteuid?.() === 0;
const script = fileURLToPath(new URL('support/start-embedded-postgres.ts', import.meta.url));
const NOBODY = 65_534;

/** A folder for one test, taken away after it together with any server in it. */
function testFolder(t: TestContext): { readonly stateFolder: string; readonly publicFolder: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  // As an installed machine has it: others can enter the folders above.
  chmodSync(folder, 0o755);
  const stateFolder = join(folder, 'a state folder');
  t.after(async () => {
    await removeEmbeddedPostgres({ stateFolder, clock: systemClock });
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, stateFolder, publicFolder: join(folder, 'public') };
}

async function start(t: TestContext, options: Pick<EmbeddedPostgresOptions, 'stateFolder' | 'publicFolder' | 'packageFolder'>): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ ...options, log: createMemoryLogger('test').log, clock: systemClock });
  t.after(() => postgres.stop());
  return postgres;
}

async function query(connectionString: string, sql: string): Promise<readonly unknown[]> {
  // Bounded, so that a server that does not answer is told from one that is not there.
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 30_000, query_timeout: 60_000 });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>, unknown[]>(sql);
    return result.rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

/** Runs the script in another process; resolves with what its Postgres is. */
async function startElsewhere(t: TestContext, folders: { readonly stateFolder: string; readonly publicFolder: string }, uid?: number): Promise<{ readonly child: ChildProcess; readonly pid: number; readonly adopted: boolean; readonly connectionString: string }> {
  const child = spawn(process.execPath, [script, folders.stateFolder, folders.publicFolder], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...(uid === undefined ? {} : { uid, gid: uid }) });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit').then(() => ['{}'])]);
  return { child, ...JSON.parse(String(line)) };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function isAlive(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) !== '';
  } catch {
    return false;
  }
}

async function refusalOf(starting: Promise<unknown>): Promise<HoldfastError> {
  const thrown = await starting.then(() => assert.fail('it started'), (error: unknown) => error);
  assert.ok(thrown instanceof HoldfastError, String(thrown));
  return thrown;
}

test('a started server answers, keeps its data over a restart, is durable and reachable by its socket alone', async (t) => {
  const folders = testFolder(t);
  const first = await start(t, folders);
  await query(first.connectionString, "CREATE TABLE kept AS SELECT 'æther' AS word");
  assert.deepEqual(await query(first.connectionString, 'SHOW fsync'), ['on']);
  assert.deepEqual(await query(first.connectionString, 'SHOW full_page_writes'), ['on']);
  assert.deepEqual(await query(first.connectionString, 'SHOW synchronous_commit'), ['on']);
  assert.deepEqual(await query(first.connectionString, 'SHOW listen_addresses'), ['']);
  assert.deepEqual(await query(first.connectionString, 'SHOW server_encoding'), ['UTF8']);
  const [connections] = await query(first.connectionString, 'SHOW max_connections');
  assert.ok(Number(connections) >= controlPlaneSettings.databasePoolSize.between[1] + 10, 'the largest pool fits');
  assert.equal(statSync(join(folders.stateFolder, 'postgres', 'socket')).mode & 0o777, 0o700);
  await first.stop();
  assert.equal(isAlive(first.postmasterPid), false);
  const second = await start(t, folders);
  assert.deepEqual(await query(second.connectionString, 'SELECT word FROM kept'), ['æther']);
  assert.equal(second.adopted, false);
  assert.equal(second.connectionString, first.connectionString);
});

test('the orphan of a killed control plane is adopted', async (t) => {
  const folders = testFolder(t);
  const killed = await startElsewhere(t, folders);
  await query(killed.connectionString, 'CREATE TABLE kept AS SELECT 1 AS one');
  killed.child.kill('SIGKILL');
  await endOf(killed.child);
  const adopted = await start(t, folders);
  assert.equal(adopted.adopted, true);
  assert.equal(adopted.postmasterPid, killed.pid);
  assert.deepEqual(await query(adopted.connectionString, 'SELECT one FROM kept'), [1]);
  await adopted.stop();
  assert.equal(isAlive(killed.pid), false);
});

test('a server that is killed comes back by itself with its data', async (t) => {
  const folders = testFolder(t);
  const postgres = await start(t, folders);
  const killed = postgres.postmasterPid;
  await query(postgres.connectionString, 'CREATE TABLE kept AS SELECT 2 AS two');
  process.kill(killed, 'SIGKILL');
  const back = await waitFor(systemClock, 30_000, () => (postgres.postmasterPid !== killed ? true : undefined));
  assert.equal(back, true);
  assert.deepEqual(await query(postgres.connectionString, 'SELECT two FROM kept'), [2]);
});

test('after control plane and server were killed, the next start recovers the data', async (t) => {
  const folders = testFolder(t);
  const killed = await startElsewhere(t, folders);
  await query(killed.connectionString, 'CREATE TABLE kept AS SELECT 3 AS three');
  killed.child.kill('SIGKILL');
  process.kill(killed.pid, 'SIGKILL');
  await endOf(killed.child);
  // On a busy machine a killed process is there for a moment more.
  assert.equal(await waitFor(systemClock, 30_000, () => (existsSync(`/proc/${killed.pid}/exe`) ? undefined : true)), true);
  const postgres = await start(t, folders);
  assert.equal(postgres.adopted, false);
  assert.deepEqual(await query(postgres.connectionString, 'SELECT three FROM kept'), [3]);
});

test('a pid file whose process id another process has got meanwhile does not stop the start', async (t) => {
  const folders = testFolder(t);
  const first = await start(t, folders);
  const pidFile = join(folders.stateFolder, 'postgres', 'data', 'postmaster.pid');
  const socketLock = join(folders.stateFolder, 'postgres', 'socket', '.s.PGSQL.5432.lock');
  const content = new Map([pidFile, socketLock].map((path) => [path, readFileSync(path, 'utf8').split('\n').slice(1)]));
  await first.stop();
  // Of the same account: Postgres overlooks the processes of others.
  const { uid, gid } = statSync(dirname(pidFile));
  const other = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
  t.after(() => other.kill());
  for (const [path, lines] of content) {
    writeFileSync(path, [String(other.pid), ...lines].join('\n'));
    chownSync(path, uid, gid);
  }
  const second = await start(t, folders);
  assert.equal(second.adopted, false);
  assert.deepEqual(await query(second.connectionString, 'SELECT 1'), [1]);
});

test('a database of another major version is refused with what to do', async (t) => {
  const folders = testFolder(t);
  const postgres = await start(t, folders);
  await postgres.stop();
  const version = join(folders.stateFolder, 'postgres', 'data', 'PG_VERSION');
  writeFileSync(version, '16\n');
  const refusal = await refusalOf(start(t, folders));
  assert.equal(refusal.code, 'EMBEDDED_POSTGRES_MAJOR_VERSION');
  assert.match(refusal.message, /written by PostgreSQL 16 and this release brings 17; export it .*DATABASE_URL/);
});

test('a server that cannot start says why, with the end of its log', async (t) => {
  const folders = testFolder(t);
  const postgres = await start(t, folders);
  await postgres.stop();
  rmSync(join(folders.stateFolder, 'postgres', 'data', 'global', 'pg_control'));
  const refusal = await refusalOf(start(t, folders));
  assert.equal(refusal.code, 'EMBEDDED_POSTGRES_START');
  assert.match(refusal.message, /it ended with 2; .*pg_control/s);
});

test('what an interrupted initdb left behind is replaced', async (t) => {
  const folders = testFolder(t);
  mkdirSync(join(folders.stateFolder, 'postgres', 'data-unfinished'), { recursive: true });
  writeFileSync(join(folders.stateFolder, 'postgres', 'data-unfinished', 'PG_VERSION'), '17');
  const postgres = await start(t, folders);
  assert.deepEqual(await query(postgres.connectionString, 'SELECT 1'), [1]);
});

test('a state folder too deep for a unix socket gets its socket elsewhere, closed to others', async (t) => {
  const { stateFolder, publicFolder } = testFolder(t);
  mkdirSync(stateFolder);
  const deep = { stateFolder: join(stateFolder, 'd'.repeat(120)), publicFolder };
  const postgres = await start(t, deep);
  const socketFolder = new URL(postgres.connectionString.replace('@/', '@localhost/')).searchParams.get('host') ?? '';
  assert.ok(!socketFolder.startsWith(stateFolder), socketFolder);
  assert.equal(statSync(socketFolder).mode & 0o777, 0o700);
  assert.deepEqual(await query(postgres.connectionString, 'SELECT 1'), [1]);
  await postgres.stop();
  assert.equal(existsSync(socketFolder), false);
});

test('removing ends a running orphan and leaves nothing', async (t) => {
  const folders = testFolder(t);
  const killed = await startElsewhere(t, folders);
  killed.child.kill('SIGKILL');
  await endOf(killed.child);
  await removeEmbeddedPostgres({ stateFolder: folders.stateFolder, clock: systemClock });
  assert.equal(isAlive(killed.pid), false);
  assert.equal(existsSync(join(folders.stateFolder, 'postgres')), false);
});

test('where the package is missing, the refusal names DATABASE_URL', async (t) => {
  const folders = testFolder(t);
  const refusal = await refusalOf(start(t, { ...folders, packageFolder: join(folders.folder, 'gone') }));
  assert.equal(refusal.code, 'EMBEDDED_POSTGRES_UNAVAILABLE');
  assert.match(refusal.message, /set DATABASE_URL to a Postgres server of yours/);
});

const rootOnly = isRoot ? {} : { skip: 'needs root' };

test('as root, in a folder that others cannot enter, everything moves to a public place and stays there', rootOnly, async (t) => {
  const { folder, stateFolder, publicFolder } = testFolder(t);
  mkdirSync(stateFolder, { mode: 0o700 });
  const packageFolder = join(folder, 'closed', 'package');
  cpSync(dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)))), packageFolder, { recursive: true });
  chmodSync(join(folder, 'closed'), 0o700);
  const umask = process.umask(0o077);
  t.after(() => process.umask(umask));

  const first = await start(t, { stateFolder, publicFolder, packageFolder });
  const place = readFileSync(join(stateFolder, 'postgres-folder'), 'utf8').trim();
  assert.equal(dirname(place), publicFolder);
  assert.match(readlinkSync(`/proc/${first.postmasterPid}/exe`), new RegExp(`^${publicFolder}/postgresql-17`));
  assert.equal(statSync(publicFolder).mode & 0o777, 0o755);
  assert.equal(statSync(join(place, 'data')).mode & 0o777, 0o700);
  await query(first.connectionString, 'CREATE TABLE kept AS SELECT 4 AS four');
  await first.stop();

  const second = await start(t, { stateFolder, publicFolder, packageFolder });
  assert.deepEqual(await query(second.connectionString, 'SELECT four FROM kept'), [4]);
  await removeEmbeddedPostgres({ stateFolder, clock: systemClock });
  assert.equal(existsSync(place), false);
});

test('as root, a public place that others could change is refused', rootOnly, async (t) => {
  const { stateFolder, publicFolder } = testFolder(t);
  mkdirSync(stateFolder, { mode: 0o700 });
  mkdirSync(publicFolder);
  chmodSync(publicFolder, 0o777);
  const refusal = await refusalOf(start(t, { stateFolder, publicFolder }));
  assert.equal(refusal.code, 'EMBEDDED_POSTGRES_FOLDER');
  assert.match(refusal.message, /must be a folder of user id 0 that no other user can change/);
});

const reachable = canReach({ uid: NOBODY, gid: NOBODY }, script.replace(/[^/]*$/, '')) && canReach({ uid: NOBODY, gid: NOBODY }, process.execPath);
const asNobody = !isRoot ? { skip: 'needs root to become another user' } : !reachable ? { skip: 'this checkout is in a folder that other users cannot enter' } : {};

test('as an ordinary user it starts, and root later serves the same data as that user', asNobody, async (t) => {
  const folders = testFolder(t);
  mkdirSync(folders.stateFolder, { mode: 0o700 });
  chownSync(folders.stateFolder, NOBODY, NOBODY);
  const asUser = await startElsewhere(t, folders, NOBODY);
  assert.equal(statSync(`/proc/${asUser.pid}`).uid, NOBODY);
  await query(asUser.connectionString, 'CREATE TABLE kept AS SELECT 5 AS five');
  asUser.child.kill('SIGTERM');
  await endOf(asUser.child);
  assert.equal(isAlive(asUser.pid), false);

  const asRoot = await start(t, folders);
  assert.equal(statSync(`/proc/${asRoot.postmasterPid}`).uid, NOBODY);
  assert.deepEqual(await query(asRoot.connectionString, 'SELECT five FROM kept'), [5]);
  await asRoot.stop();
});

test('the account is found in /etc/passwd by its name, and is never root', () => {
  assert.equal(findAccount('root:x:0:0::/root:/bin/sh\n', 'postgres'), undefined);
  assert.equal(findAccount('postgres:x:0:0::/:/bin/sh\n', 'postgres'), undefined);
  assert.deepEqual(findAccount('a:x:1:1::/:/x\npostgres:x:101:104:P:/:/x\n', 'postgres'), { uid: 101, gid: 104 });
});
