/**
 * Puts a backup into an empty database: verified as a whole first, then schema and rows in one transaction, so that there is all
 * of it or nothing. The schema is made as it was when the backup was; the next start of a control plane brings it up to date.
 */
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { escapeIdentifier, type ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { HoldfastError } from '../../../shared/errors.ts';
import { checkServerVersion, checkServingRole, ensureRoles } from '../database-roles.ts';
import { applyMissing, readMigrations, type Migration } from '../migrate.ts';
import { withClient } from '../prepare-database.ts';
import { invalidBackup, parsePayload, TEXT_SETTINGS, type BackupHeader, type TableEnd, type TableHead } from './backup-format.ts';
import { listTables } from './backup-tables.ts';
import type { BackupSummary } from './create-backup.ts';
import { readBackup, verifyBackup } from './read-backup.ts';

export interface RestoreBackupOptions {
  /** Of the login that the control plane will serve with. */
  readonly connectionString: string;
  readonly file: string;
  readonly key: Uint8Array | undefined;
  /** This release's, unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

/** Throws BACKUP_… or STORE_…; then the database is as it was. */
export async function restoreBackup(options: RestoreBackupOptions): Promise<BackupSummary> {
  const { file, key } = options;
  const summary = await verifyBackup(file, key);
  const migrations = migrationsOf(summary.header, options.migrations ?? readMigrations(), file);
  await withClient(options.connectionString, async (client) => {
    await checkServerVersion(client);
    await checkServingRole(client);
    await ensureRoles(client, client.user ?? '');
    await client.query('BEGIN; SET LOCAL statement_timeout = 0');
    try {
      await refuseFilled(client);
      await applyMissing(client, migrations);
      await client.query(`SET LOCAL row_security = on; ${TEXT_SETTINGS}`);
      await fill(client, options);
      await client.query('COMMIT');
    } catch (thrown) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw thrown;
    }
  });
  return summary;
}

/** Those of this release that the backup's database had: the same, or its rows may mean something else here. */
function migrationsOf({ migrations: applied, software_version: version }: BackupHeader, ours: readonly Migration[], file: string): readonly Migration[] {
  const unknown = applied.find(({ number, checksum }, index) => ours[index]?.number !== number || ours[index]?.checksum !== checksum);
  if (unknown === undefined) return ours.slice(0, applied.length);
  throw new HoldfastError({
    code: 'BACKUP_OTHER_RELEASE',
    source: 'control-plane',
    publicMessage: 'the backup is of a release that this one does not know',
    message: `${file} was made by Holdfast ${version}, whose schema has ${unknown.name}, which this release does not have or has otherwise; restore it with that release or a newer one`,
  });
}

async function refuseFilled(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ readonly filled: boolean }>("SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'holdfast' AND c.relkind = 'r') AS filled");
  if (rows[0]?.filled !== true) return;
  throw new HoldfastError({
    code: 'BACKUP_TARGET_NOT_EMPTY',
    source: 'control-plane',
    publicMessage: 'the database is not empty',
    message: 'the database holds an installation already, and a backup is restored into an empty database only: make a new one (CREATE DATABASE), or give a state folder without a database (HOLDFAST_STATE_FOLDER)',
  });
}

/** Row-level security takes no COPY, and triggers would count and refuse what has been counted and allowed: both are off meanwhile. */
async function fill(client: ClientBase, { file, key }: RestoreBackupOptions): Promise<void> {
  const known = await listTables(client);
  const { rows: forced } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relforcerowsecurity");
  for (const { table } of known) {
    await client.query(`ALTER TABLE ${escapeIdentifier(table)} NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER`);
    // A migration may have put a first row there, which the backup has in its own state.
    await client.query(`DELETE FROM ${escapeIdentifier(table)}`);
  }
  let current: { readonly head: TableHead; readonly rows: ReturnType<typeof copyFrom>; readonly failed: Promise<never> } | undefined;
  for await (const frame of readBackup(file, key)) {
    if (frame.type === 'T') {
      const head = parsePayload<TableHead>(frame);
      const table = known.find((one) => one.table === head.table);
      if (table === undefined || head.columns.some((column) => !table.columns.includes(column))) throw invalidBackup(file, `the schema has no ${head.table} like the one in it`);
      const rows = client.query(copyFrom(`COPY ${escapeIdentifier(head.table)} (${head.columns.map(escapeIdentifier).join(', ')}) FROM STDIN`));
      current = { head, rows, failed: failureOf(rows) };
    } else if (frame.type === 'D' && current !== undefined) {
      await Promise.race([current.failed, write(current.rows, frame.payload)]);
    } else if (frame.type === 'E' && current !== undefined) {
      current.rows.end();
      await Promise.race([current.failed, finished(current.rows)]);
      const { table, rows } = parsePayload<TableEnd>(frame);
      if (table !== current.head.table || current.rows.rowCount !== rows) throw invalidBackup(file, `${rows} rows of ${table} were to come, ${current.rows.rowCount} came`);
      current = undefined;
    }
  }
  for (const { table } of known) await client.query(`ALTER TABLE ${escapeIdentifier(table)} ENABLE TRIGGER USER`);
  for (const { name } of forced) await client.query(`ALTER TABLE ${escapeIdentifier(name)} FORCE ROW LEVEL SECURITY`);
  await moveIdentities(client);
}

/** The server may refuse a row at any time, also while nothing is being written. */
function failureOf(rows: Writable): Promise<never> {
  const failed = new Promise<never>((_resolve, reject) => void rows.on('error', reject));
  failed.catch(() => undefined);
  return failed;
}

function write(rows: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => void rows.write(bytes, (error) => (error ? reject(error) : resolve())));
}

/** So that the next row gets a number that was not given yet. */
async function moveIdentities(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ readonly table: string; readonly column: string }>(
    `SELECT c.relname AS "table", a.attname AS "column" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'holdfast'::regnamespace AND c.relkind IN ('r', 'p') AND (a.attidentity <> '' OR pg_get_serial_sequence(quote_ident('holdfast') || '.' || quote_ident(c.relname), a.attname) IS NOT NULL) AND a.attnum > 0`,
  );
  for (const { table, column } of rows) {
    await client.query(`SELECT setval(pg_get_serial_sequence($1, $2), (SELECT max(${escapeIdentifier(column)}) FROM ${escapeIdentifier(table)}))`, [`holdfast.${escapeIdentifier(table)}`, column]);
  }
}
