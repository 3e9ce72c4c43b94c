/**
 * The roles a database needs before the first migration, and the one statement list that both makes them and tells a
 * database administrator what to run. Group roles are shared by all databases of a server; the login role the control
 * plane serves with is a member of them and has no rights of its own (T1).
 */
import { escapeIdentifier, type ClientBase } from 'pg';
import { HoldfastError } from '../../shared/errors.ts';
import { sqlState } from './database-error.ts';

/** holdfast_migration owns the schema, the others have the rights of one job each (migrations/001). */
export const GROUP_ROLES = ['holdfast_migration', 'holdfast_app', 'holdfast_publisher', 'holdfast_ingest', 'holdfast_authentication'] as const;

const OLDEST_SERVER = 150_000;
/** Roles belong to the server, so a start against another database of it may be making them just now. */
const MAX_ATTEMPTS = 10;
const RACES = ['42710', '23505', 'XX000'];

/** Throws STORE_SERVER_TOO_OLD below PostgreSQL 15. */
export async function checkServerVersion(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ readonly server_version: string; readonly number: number }>("SELECT current_setting('server_version') AS server_version, current_setting('server_version_num')::int AS number");
  const [row] = rows;
  if (row !== undefined && row.number >= OLDEST_SERVER) return;
  throw new HoldfastError({
    code: 'STORE_SERVER_TOO_OLD',
    source: 'control-plane',
    publicMessage: 'the database server is too old',
    message: `Holdfast needs PostgreSQL 15 or newer, the server of DATABASE_URL is ${row?.server_version ?? 'of an unknown version'}; upgrade it or use another one`,
  });
}

/** Throws STORE_ROLE_TOO_POWERFUL where row-level security would not hold for the login role, or one it works as (T1). */
export async function checkServingRole(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ readonly role: string; readonly is_login: boolean; readonly database: string; readonly rolsuper: boolean }>(
    `SELECT rolname AS role, rolname = session_user AS is_login, current_database() AS database, rolsuper FROM pg_roles
     WHERE (rolname = session_user OR rolname = ANY($1)) AND (rolsuper OR rolbypassrls) ORDER BY is_login DESC, role`,
    [GROUP_ROLES],
  );
  const [row] = rows;
  if (row === undefined) return;
  const statements = row.is_login
    ? ["CREATE ROLE holdfast_server LOGIN NOINHERIT PASSWORD '…'", ...(await missingStatements(client, 'holdfast_server'))]
    : rows.map(({ role }) => `ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS`);
  throw new HoldfastError({
    code: 'STORE_ROLE_TOO_POWERFUL',
    source: 'control-plane',
    publicMessage: 'a database role has too many rights',
    message: `the ${row.is_login ? 'login' : 'role'} "${row.role}" ${row.rolsuper ? 'is a superuser' : 'has BYPASSRLS'}, so the separation of tenants in the database would not hold for it; ${row.is_login ? 'make a login without such rights and put it into DATABASE_URL' : 'take that right away'}. As a superuser in database "${row.database}":\n${asScript(statements)}`,
  });
}

/** Makes the group roles, and `login` a member of them. Throws STORE_ROLES_MISSING with the exact SQL where it may not. */
export async function ensureRoles(client: ClientBase, login: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const missing = await missingStatements(client, login);
    if (missing.length === 0) return;
    try {
      for (const statement of missing) await client.query(statement);
      return;
    } catch (thrown) {
      const state = sqlState(thrown);
      if (state === '42501') throw rolesMissing(login, missing, thrown);
      if (state === undefined || !RACES.includes(state) || attempt === MAX_ATTEMPTS) throw thrown;
    }
  }
}

/** What is still to be done on this server and in this database; empty where all is there. */
async function missingStatements(client: ClientBase, login: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly role: string; readonly exists: boolean; readonly member: boolean }>(
    `SELECT wanted.role, r.oid IS NOT NULL AS exists,
            EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles l ON l.oid = m.member WHERE m.roleid = r.oid AND l.rolname = $2
                    AND coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)) AS member
     FROM unnest($1::text[]) WITH ORDINALITY AS wanted (role, position) LEFT JOIN pg_roles r ON r.rolname = wanted.role
     ORDER BY position`,
    [GROUP_ROLES, login],
  );
  const toGrant = rows.filter((row) => !row.member).map((row) => row.role);
  const { rows: grants } = await client.query<{ readonly database: string; readonly granted: boolean; readonly temporary: boolean }>(
    // Telemetry is copied into temporary tables; everybody may make them, where nobody took that from PUBLIC.
    `SELECT current_database() AS database, has_database_privilege(coalesce((SELECT rolname FROM pg_roles WHERE rolname = 'holdfast_ingest'), 'public'), current_database(), 'TEMPORARY') AS temporary,
            EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a JOIN pg_roles r ON r.oid = a.grantee
                    WHERE d.datname = current_database() AND r.rolname = 'holdfast_migration' AND a.privilege_type = 'CREATE') AS granted`,
  );
  const database = grants[0];
  return [
    ...rows.filter((row) => !row.exists).map((row) => `CREATE ROLE ${row.role} NOLOGIN`),
    ...(toGrant.length > 0 ? [`GRANT ${toGrant.join(', ')} TO ${escapeIdentifier(login)}`] : []),
    ...(database?.granted === false ? [`GRANT CREATE ON DATABASE ${escapeIdentifier(database.database)} TO holdfast_migration`] : []),
    ...(database?.temporary === false ? [`GRANT TEMPORARY ON DATABASE ${escapeIdentifier(database.database)} TO holdfast_ingest`] : []),
  ];
}

function rolesMissing(login: string, missing: readonly string[], cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'STORE_ROLES_MISSING',
    source: 'control-plane',
    publicMessage: 'the database lacks roles that this login may not make',
    message: `the login "${login}" of DATABASE_URL may not make the roles that Holdfast works with; have the database's administrator run, in that database:\n${asScript(missing)}`,
    cause,
  });
}

function asScript(statements: readonly string[]): string {
  return statements.map((statement) => `  ${statement};`).join('\n');
}
