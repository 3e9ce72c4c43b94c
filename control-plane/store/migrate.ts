/**
 * Brings a database to this release's schema: numbered SQL files, all missing ones in one transaction under an advisory
 * lock, their SHA-256 kept. Refuses a database that another history or a newer release made. Called by
 * prepare-database.ts with a connection whose login may become holdfast_migration, which owns the schema.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { isConflict } from './database-error.ts';

export interface Migration {
  readonly number: number;
  /** File name. */
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Any constant: control planes that start at once take turns on it. The lock is per database. */
const LOCK_KEY = 4_815_162_342;
/** Shorter than what a request waits for a lock of its own. */
const LOCK_TIMEOUT_MS = 2_000;
const RETRY_MS = 500;
const MAX_ATTEMPTS = 60;

/** The migrations of a folder, in order; their numbers are 1, 2, 3… */
export function readMigrations(folder: string = join(import.meta.dirname, 'migrations')): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql')).sort();
  return names.map((name, index) => {
    const number = Number(/^(\d{3})-/.exec(name)?.[1]);
    if (number !== index + 1) throw new Error(`internal invariant broken: migration ${name} must be numbered ${String(index + 1).padStart(3, '0')}`);
    const sql = readFileSync(join(folder, name), 'utf8');
    return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

/**
 * Applies what is missing; returns how many. A version that serves beside us holds locks for moments only: what can't be had at once
 * is let go and tried again, so that nobody queues behind us. Throws STORE_SCHEMA_NEWER or STORE_MIGRATION_CHANGED and changes nothing then.
 */
export async function migrate(client: ClientBase, migrations: readonly Migration[], log: Logger, clock: Clock = systemClock): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    await client.query('BEGIN');
    try {
      const missing = await applyMissing(client, migrations);
      await client.query('COMMIT');
      if (missing.length > 0) log.info({ event: 'database-migrated', migrations: missing.map((migration) => migration.name) }, 'database schema brought up to date');
      return missing.length;
    } catch (thrown) {
      await client.query('ROLLBACK').catch(() => undefined);
      if (!isConflict(thrown) || attempt === MAX_ATTEMPTS) throw thrown;
      log.warn({ event: 'database-migration-waits', attempt, reason: describeThrown(thrown) }, 'the schema could not be changed while others use it; trying again');
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve, { keepAlive: true }));
  }
}

/** Part of a transaction, for whose rest the connection works as the owner of the schema. */
export async function applyMissing(client: ClientBase, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
  await client.query(`SET LOCAL ROLE holdfast_migration; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  // Asked before, because CREATE SCHEMA IF NOT EXISTS needs its right even where there is nothing to create.
  const { rows } = await client.query<{ readonly known: boolean }>("SELECT to_regclass('holdfast.schema_migrations') IS NOT NULL AS known");
  if (rows[0]?.known !== true) await createHistory(client);
  // A statement on the rows of tenants says so (NO FORCE ROW LEVEL SECURITY) or fails: without this it would find none.
  await client.query('SET LOCAL search_path = holdfast; SET LOCAL row_security = off');
  const applied = await client.query<{ readonly number: number; readonly name: string; readonly checksum: string }>('SELECT number, name, checksum FROM schema_migrations ORDER BY number');
  checkHistory(applied.rows, migrations);
  const missing = migrations.slice(applied.rows.length);
  for (const migration of missing) {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)', [migration.number, migration.name, migration.checksum]);
  }
  return missing;
}

async function createHistory(client: ClientBase): Promise<void> {
  await client.query('CREATE SCHEMA IF NOT EXISTS holdfast');
  await client.query('CREATE TABLE holdfast.schema_migrations (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())');
}

/** What was applied must be the beginning of what this release has. */
export function checkHistory(applied: readonly { readonly number: number; readonly name: string; readonly checksum: string }[], migrations: readonly Migration[]): void {
  for (const [index, row] of applied.entries()) {
    const ours = migrations[index];
    if (ours === undefined) {
      throw new HoldfastError({
        code: 'STORE_SCHEMA_NEWER',
        source: 'control-plane',
        publicMessage: 'the database belongs to a newer release',
        message: `the database has migration ${row.name}, which this release of Holdfast does not know (its newest is ${migrations.at(-1)?.name ?? 'none'}); start the release that applied it, or a newer one`,
      });
    }
    if (ours.number !== row.number || ours.checksum !== row.checksum) {
      throw new HoldfastError({
        code: 'STORE_MIGRATION_CHANGED',
        source: 'control-plane',
        publicMessage: 'the database was made by another history of migrations',
        message: `migration ${row.name} was applied to the database with other content than this release has in ${ours.name}; a migration never changes once it is released: start an unmodified release, or restore the file`,
      });
    }
  }
}
