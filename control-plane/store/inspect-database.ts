/** What a database is like, seen by the login that would serve from it; changes nothing. For `holdfast doctor`. */
import { HoldfastError } from '../../shared/errors.ts';
import { checkServerVersion, checkServingRole, GROUP_ROLES } from './database-roles.ts';
import { checkHistory, readMigrations, type Migration } from './migrate.ts';
import { withClient } from './prepare-database.ts';

export interface InspectedDatabase {
  readonly serverVersion: string;
  readonly login: string;
  /** By its clock. */
  readonly nowMs: number;
  readonly connectionLimit: number;
  readonly connectionsUsed: number;
  readonly migrations:
    | { readonly kind: 'empty' }
    | { readonly kind: 'up-to-date'; readonly newest: string }
    | { readonly kind: 'behind'; readonly missing: readonly string[] }
    | { readonly kind: 'foreign'; readonly why: string };
}

/** Throws STORE_… where it is not there, too old, or the login has too many rights. */
export function inspectDatabase(connectionString: string, migrations: readonly Migration[] = readMigrations()): Promise<InspectedDatabase> {
  return withClient(connectionString, async (client) => {
    const { rows } = await client.query<{ readonly version: string; readonly login: string; readonly now: number; readonly most: number; readonly used: number; readonly known: boolean; readonly member: boolean }>(
      `SELECT current_setting('server_version') AS version, session_user AS login, extract(epoch FROM clock_timestamp()) * 1000 AS now, current_setting('max_connections')::int AS most,
              (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
              EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'holdfast' AND c.relname = 'schema_migrations') AS known,
              EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles l ON l.oid = m.member WHERE r.rolname = $1 AND l.rolname = session_user) AS member`,
      [GROUP_ROLES[0]],
    );
    await checkServerVersion(client);
    await checkServingRole(client);
    const [row] = rows;
    if (row === undefined) throw new Error('internal invariant broken: the query has one row');
    const inspected = { serverVersion: row.version, login: row.login, nowMs: Number(row.now), connectionLimit: row.most, connectionsUsed: row.used };
    if (!row.known || !row.member) return { ...inspected, migrations: { kind: 'empty' } };
    await client.query('BEGIN READ ONLY; SET LOCAL ROLE holdfast_migration; SET LOCAL search_path = holdfast');
    const { rows: applied } = await client.query<{ readonly number: number; readonly name: string; readonly checksum: string }>('SELECT number, name, checksum FROM schema_migrations ORDER BY number');
    await client.query('ROLLBACK');
    return { ...inspected, migrations: compare(applied, migrations) };
  });
}

function compare(applied: readonly { readonly number: number; readonly name: string; readonly checksum: string }[], ours: readonly Migration[]): InspectedDatabase['migrations'] {
  try {
    checkHistory(applied, ours);
  } catch (thrown) {
    if (thrown instanceof HoldfastError) return { kind: 'foreign', why: thrown.message };
    throw thrown;
  }
  const missing = ours.slice(applied.length).map(({ name }) => name);
  return missing.length === 0 ? { kind: 'up-to-date', newest: ours.at(-1)?.name ?? '' } : { kind: 'behind', missing };
}
