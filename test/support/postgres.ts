/**
 * A real database for a test file: on the process's server (postgres-server.ts) each caller gets a database of its own,
 * copied from one that was bootstrapped and migrated once. All of it is removed when the process ends its tests.
 */
import { randomBytes } from 'node:crypto';
import { prepareDatabase, withDatabase } from '../../control-plane/store/prepare-database.ts';
import { openStore, type Store, type StoreOptions } from '../../control-plane/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { bootstrapTestDatabase, newServerName, onServer, testServer, whenDone } from './postgres-server.ts';

export interface TestDatabase {
  /** Of the login role that the control plane serves with. */
  readonly connectionString: string;
  /** Of the superuser, in this database: for looking behind the store's back. */
  readonly superuserConnectionString: string;
  readonly keyEncryptionKey: Uint8Array;
}

interface Template {
  readonly name: string;
  readonly connectionString: string;
}

/** Of the run's server, already migrated. */
const { TESTS_TEMPLATE: RUN_TEMPLATE, TESTS_TEMPLATE_URL: RUN_TEMPLATE_URL } = process.env;
let template: Promise<Template> | undefined;

/** A new database, migrated and empty. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { superuserConnectionString } = await testServer();
  const source = await (template ??= runTemplate() ?? makeTemplate());
  const name = await newServerName();
  await onServer(superuserConnectionString, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${source.name}`));
  return {
    connectionString: withDatabase(source.connectionString, name),
    superuserConnectionString: withDatabase(superuserConnectionString, name),
    keyEncryptionKey: randomBytes(32),
  };
}

/** A store on a database of its own; stopped after the tests of the file. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<{ readonly store: Store; readonly database: TestDatabase }> {
  const database = await createTestDatabase();
  const store = await openStore({ ...database, log: createMemoryLogger('test').log, clock: systemClock, ...options });
  whenDone(() => store.stop());
  return { store, database };
}

/** The one that serve-test-database.ts made. */
function runTemplate(): Promise<Template> | undefined {
  return RUN_TEMPLATE === undefined || RUN_TEMPLATE_URL === undefined ? undefined : Promise.resolve({ name: RUN_TEMPLATE, connectionString: RUN_TEMPLATE_URL });
}

async function makeTemplate(): Promise<Template> {
  const name = await newServerName();
  const connectionString = await bootstrapTestDatabase(name);
  await prepareDatabase({ connectionString, log: createMemoryLogger('test').log });
  return { name, connectionString };
}
