/**
 * Before serving: roles, then migrations. Two ways lead here. Embedded: `bootstrapDatabase` turns the superuser's
 * connection into that of a login role without rights of its own. External: DATABASE_URL already is such a login; it
 * makes the group roles itself where it may (CREATEROLE, owner of the database), else the administrator gets the exact
 * SQL. A superuser in DATABASE_URL is refused, never used quietly (T1). Called by main.ts before openStore.
 */
import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { Logger } from '../../shared/log.ts';
import { toStoreError } from './database-error.ts';
import { checkServerVersion, checkServingRole, ensureRoles } from './database-roles.ts';
import { migrate, readMigrations, type Migration } from './migrate.ts';
import { readOrCreateSecretFile } from './secret-file.ts';

export interface PrepareOptions {
  readonly connectionString: string;
  readonly log: Logger;
  /** This release's, unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

export interface BootstrapOptions {
  /** Of a superuser, to any database of the server. */
  readonly superuserConnectionString: string;
  /** Holds the login role's password, mode 0600; made with a random one where missing. */
  readonly passwordFile: string;
  readonly log: Logger;
  /** `holdfast` where not said. */
  readonly databaseName?: string;
}

const LOGIN_ROLE = 'holdfast_server';
const DATABASE_NAME = 'holdfast';

/** Checks server and login, makes roles where needed and allowed, migrates. Throws a HoldfastError STORE_… that says what to do. */
export async function prepareDatabase(options: PrepareOptions): Promise<void> {
  await withClient(options.connectionString, async (client) => {
    await checkServerVersion(client);
    await checkServingRole(client);
    await ensureRoles(client, client.user ?? '');
    await migrate(client, options.migrations ?? readMigrations(), options.log);
  });
}

/** Makes database, roles and login on a server of our own; returns the login's connection string. Idempotent. */
export async function bootstrapDatabase(options: BootstrapOptions): Promise<string> {
  const databaseName = options.databaseName ?? DATABASE_NAME;
  const password = readOrCreateSecretFile(options.passwordFile, () => randomBytes(32).toString('base64url'));
  await withClient(options.superuserConnectionString, async (client) => {
    await checkServerVersion(client);
    const { rows } = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (rows.length === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(databaseName)}`);
    const { rows: roles } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [LOGIN_ROLE]);
    if (roles.length === 0) await client.query(`CREATE ROLE ${LOGIN_ROLE} LOGIN NOINHERIT`);
    await client.query(`ALTER ROLE ${LOGIN_ROLE} PASSWORD ${escapeLiteral(password)}`);
  });
  await withClient(withDatabase(options.superuserConnectionString, databaseName), (client) => ensureRoles(client, LOGIN_ROLE));
  options.log.debug({ event: 'database-bootstrapped', database: databaseName }, 'database, roles and login are there');
  return serverLogin(options.superuserConnectionString, password, databaseName);
}

/** What bootstrapDatabase returned, of a server that it has worked on. */
export function serverLogin(superuserConnectionString: string, password: string, databaseName = DATABASE_NAME): string {
  return withLogin(withDatabase(superuserConnectionString, databaseName), LOGIN_ROLE, password);
}

/** One connection for the length of `work`. */
export async function withClient<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString, application_name: 'holdfast', connectionTimeoutMillis: 10_000 });
  // A connection that breaks between two queries shows in the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (thrown) {
    throw toStoreError(thrown);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The same server, another database. Knows both `//user@host:port/database` and a socket's `//user@/database?host=…`. */
export function withDatabase(connectionString: string, database: string): string {
  return replaceParts(connectionString, (parts) => ({ ...parts, database: encodeURIComponent(database) }));
}

/** The same server and database, another login. */
export function withLogin(connectionString: string, login: string, password: string): string {
  return replaceParts(connectionString, (parts) => ({ ...parts, login: `${encodeURIComponent(login)}:${encodeURIComponent(password)}` }));
}

interface Parts {
  readonly login: string;
  readonly address: string;
  readonly database: string;
  readonly rest: string;
}

/** Not with URL: it refuses the empty host of a socket's address. */
function replaceParts(connectionString: string, replace: (parts: Parts) => Parts): string {
  const match = /^(postgres(?:ql)?:\/\/)(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(\?.*)?$/.exec(connectionString);
  if (match === null) throw new Error('internal invariant broken: a connection string starts with postgresql://');
  const parts = replace({ login: match[2] ?? '', address: match[3] ?? '', database: match[4] ?? '', rest: match[5] ?? '' });
  return `${match[1] ?? ''}${parts.login === '' ? '' : `${parts.login}@`}${parts.address}/${parts.database}${parts.rest}`;
}
