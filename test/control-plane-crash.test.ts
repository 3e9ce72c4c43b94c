/**
 * C1 through crashes: whatever was answered with success is committed, in order, and published, once and the same for all,
 * whoever is killed when: the control plane between commit and publish, Postgres in the middle of transactions. And two
 * control planes that publish at once make one history.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { request } from 'undici';
import { removeEmbeddedPostgres } from '../control-plane/embedded-postgres/embedded-postgres.ts';
import { findPlace, socketFolderOf } from '../control-plane/embedded-postgres/place.ts';
import { findPostmaster } from '../control-plane/embedded-postgres/postmaster.ts';
import { withDatabase } from '../control-plane/store/prepare-database.ts';
import { systemClock } from '../shared/clock.ts';
import { defined } from '../shared/assert.ts';
import type { EntityKind } from '../shared/model/definition.ts';
import type { EntityId } from '../shared/model/ids.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';
import { ready, startControlPlane, type Started } from './support/control-plane-process.ts';
import { bootstrapTestDatabase, newServerName, onServer, testServer } from './support/postgres-server.ts';
import { waitUntil } from './support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-crash-'));
chmodSync(folder, 0o755);
const embeddedState = join(folder, 'embedded');
after(async () => {
  await removeEmbeddedPostgres({ stateFolder: embeddedState, clock: systemClock });
  rmSync(folder, { recursive: true, force: true });
});

interface Installation {
  /** Looks behind the control planes' backs. */
  readonly superuserConnectionString: string;
  /** One more control plane of it, under a name of its own. */
  readonly start: (name: string) => Started;
}

/** A database of its own on the tests' server, still empty, and what its control planes share. */
async function newInstallation(): Promise<Installation> {
  const database = await newServerName();
  const connectionString = await bootstrapTestDatabase(database);
  const shared = {
    HOLDFAST_DATABASE_URL: connectionString,
    HOLDFAST_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    HOLDFAST_ROOT_KEY_FILE: join(folder, `${database}-root-key.pem`),
    HOLDFAST_DEVELOPMENT_MODE: 'true',
  };
  return {
    superuserConnectionString: withDatabase((await testServer()).superuserConnectionString, database),
    start: (name) => startControlPlane({ ...shared, HOLDFAST_STATE_FOLDER: join(folder, `${database}-${name}`) }),
  };
}

async function post(admin: string, path: string, body: object): Promise<number> {
  const answer = await request(`${admin}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  await answer.body.dump();
  return answer.statusCode;
}

interface ChangeRow {
  readonly sequence: number;
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly after: Buffer | null;
}

interface ReleaseRow {
  readonly sequence: number;
  readonly base: number | null;
  readonly root: string;
  readonly entities: number;
}

/** Throws where change rows, entities and releases do not tell one story. Returns its names and its last sequence. */
async function checkHistory(superuserConnectionString: string): Promise<{ readonly names: ReadonlySet<string>; readonly head: number; readonly released: number }> {
  return onServer(superuserConnectionString, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL search_path = holdfast');
    const { rows: heads } = await client.query<{ readonly head: number }>('SELECT head_sequence::int AS head FROM gateways');
    const { rows: changes } = await client.query<ChangeRow>('SELECT sequence::int AS sequence, kind, id, bytes_after AS after FROM changes ORDER BY epoch, sequence, ordinal');
    const { rows: entities } = await client.query<{ readonly kind: EntityKind; readonly id: EntityId; readonly bytes: Buffer; readonly name: string | null }>("SELECT kind, id, bytes, published ->> 'name' AS name FROM entities");
    const { rows: releases } = await client.query<ReleaseRow>("SELECT sequence::int AS sequence, base_sequence::int AS base, encode(content_root, 'hex') AS root, entity_count AS entities FROM releases ORDER BY epoch, sequence");
    const head = heads[0]?.head ?? 0;
    assert.deepEqual([...new Set(changes.map((change) => change.sequence))], Array.from({ length: head }, (_, index) => index + 1), 'every sequence once, without gaps');

    const tree = new ContentTree();
    let next = 0;
    let previous: number | null = null;
    for (const release of releases) {
      for (let change = changes[next]; change !== undefined && change.sequence <= release.sequence; change = changes[(next += 1)]) {
        if (change.after === null) tree.delete(change.kind, change.id);
        else tree.set(change.kind, change.id, change.after);
      }
      assert.equal(release.base, previous, `release ${release.sequence} follows the one before it`);
      assert.deepEqual([release.root, release.entities], [tree.rootHex(), tree.size], `release ${release.sequence} is what the changes up to it make`);
      previous = release.sequence;
    }
    const stored = new ContentTree();
    for (const entity of entities) stored.set(entity.kind, entity.id, entity.bytes);
    for (const change of changes.slice(next)) if (change.after !== null) tree.set(change.kind, change.id, change.after);
    assert.equal(stored.rootHex(), tree.rootHex(), 'the entities are what all changes make');
    return { names: new Set(entities.flatMap(({ name }) => (name === null ? [] : [name]))), head, released: previous ?? 0 };
  });
}

async function allPublished(superuserConnectionString: string): Promise<void> {
  await waitUntil('everything is published', async () => {
    const { rows } = await onServer(superuserConnectionString, (client) => client.query<{ readonly done: boolean }>('SELECT coalesce(max(r.sequence), 0) = max(g.head_sequence) AS done FROM holdfast.gateways g LEFT JOIN holdfast.releases r ON r.gateway_id = g.id'));
    return rows[0]?.done === true;
  }, 20_000);
}

test('C1: what was committed when the control plane was killed (-9) before publishing it is published after its restart', { timeout: 120_000 }, async () => {
  const { superuserConnectionString, start } = await newInstallation();
  /** The control plane's connections, asked for from outside: a transaction sees one moment of them. */
  const connections = (what: string, condition = 'true') =>
    onServer(superuserConnectionString, async (client) => (await client.query(`SELECT ${what} FROM pg_stat_activity WHERE datname = current_database() AND usename = 'holdfast_server' AND ${condition}`)).rows);
  const first = start('only');
  const admin = await ready(first);
  assert.equal(await post(admin, '/services', { name: 'published', host: 'a.test' }), 201);
  await allPublished(superuserConnectionString);
  await onServer(superuserConnectionString, async (client) => {
    // Reads and writes go on, releases wait.
    await client.query('BEGIN; LOCK TABLE holdfast.releases IN SHARE MODE');
    assert.equal(await post(admin, '/services', { name: 'committed', host: 'a.test' }), 201);
    await waitUntil('the publisher has it ready', async () => (await connections('pid', "wait_event_type = 'Lock' AND query LIKE '%INSERT INTO releases%'")).length > 0);
    first.child.kill('SIGKILL');
    assert.equal(await first.ended, 'SIGKILL');
    // Its connection dies with it, as it does when the machine does.
    await connections('pg_terminate_backend(pid)');
    await waitUntil('its connections are gone', async () => (await connections('pid')).length === 0);
    await client.query('COMMIT');
  });
  const { names, head, released } = await checkHistory(superuserConnectionString);
  assert.deepEqual([[...names].sort(), head, released], [['committed', 'published'], 2, 1], 'committed and not published');
  await ready(start('only'));
  await allPublished(superuserConnectionString);
  assert.equal((await checkHistory(superuserConnectionString)).released, 2);
});

test('two control planes on one database, started at once and written to at once, publish one history', { timeout: 180_000 }, async () => {
  const { superuserConnectionString, start } = await newInstallation();
  const both = [start('one'), start('two')];
  const admins = await Promise.all(both.map(ready));
  const written: string[] = [];
  await Promise.all(Array.from({ length: 6 }, async (_, writer) => {
    for (let n = 0; n < 40; n += 1) {
      const name = `s-${writer}-${n}`;
      assert.equal(await post(defined(admins[(writer + n) % admins.length], 'an admin API'), '/services', { name, host: 'a.test' }), 201);
      written.push(name);
    }
  }));
  await allPublished(superuserConnectionString);
  const { names, head } = await checkHistory(superuserConnectionString);
  assert.deepEqual([...names].sort(), written.sort());
  assert.equal(head, written.length);
  for (const { output } of both) assert.ok(!output().includes('"event":"publish-failed"'), output());
});

test('C1: Postgres killed (-9) in the middle of transactions loses nothing that was answered, and what is there is published', { timeout: 180_000 }, async () => {
  const controlPlane = startControlPlane({ HOLDFAST_STATE_FOLDER: embeddedState, HOLDFAST_DEVELOPMENT_MODE: 'true' });
  const admin = await ready(controlPlane);
  const place = defined(findPlace(embeddedState), 'the database');
  const superuserConnectionString = `postgresql://postgres@/holdfast?host=${encodeURIComponent(socketFolderOf(place))}`;
  const answered: string[] = [];
  const unsure: string[] = [];
  let kills = 0;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let n = 0; kills < 3 || n < 10; n += 1) {
      const name = `s-${writer}-${n}`;
      const status = await post(admin, '/services', { name, host: 'a.test' });
      assert.ok(status === 201 || status === 503, String(status));
      (status === 201 ? answered : unsure).push(name);
    }
  });
  for (; kills < 3; kills += 1) {
    const before = answered.length;
    await waitUntil('writes go through', () => answered.length >= before + 20, 30_000);
    process.kill(defined(findPostmaster(place), 'the database server').pid, 'SIGKILL');
  }
  await Promise.all(writers);
  assert.ok(unsure.length > 0, 'some writes were under way');
  await waitUntil('the database is back', async () => {
    const { body } = await request(`${admin}/status/ready`);
    return (await body.text()).includes('"database":"reachable"');
  }, 30_000);
  await allPublished(superuserConnectionString);
  const { names } = await checkHistory(superuserConnectionString);
  assert.deepEqual(answered.filter((name) => !names.has(name)), [], 'every write that was answered is there');
  controlPlane.child.kill('SIGTERM');
  assert.equal(await controlPlane.ended, 0, controlPlane.output());
});
