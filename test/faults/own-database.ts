/** A Postgres server of the runner's own, for scenes with several control planes and for looking behind their backs. */
import { join } from 'node:path';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { bootstrapDatabase, withClient, withDatabase } from '../../control-plane/store/prepare-database.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import type { CleanUp } from './clean-up.ts';

export interface OwnDatabase {
  /** What control planes on it share. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of the login that control planes serve with. */
  readonly connectionString: string;
  readonly keyEncryptionKey: Uint8Array;
  /** As superuser, past tenants. */
  query<Row extends object>(text: string, values?: readonly (string | number)[]): Promise<readonly Row[]>;
}

const DATABASE = 'holdfast';

/** Resolves when it serves, with roles and no tables yet. */
export async function startOwnDatabase(folder: string, cleanUp: CleanUp): Promise<OwnDatabase> {
  const { log } = createMemoryLogger('faults');
  const stateFolder = join(folder, 'database');
  cleanUp.add(() => removeEmbeddedPostgres({ stateFolder, clock: systemClock }));
  const postgres = await startEmbeddedPostgres({ stateFolder, log, clock: systemClock });
  cleanUp.add(() => postgres.stop());
  const connectionString = await bootstrapDatabase({ superuserConnectionString: postgres.connectionString, passwordFile: join(folder, 'database-password'), databaseName: DATABASE, log });
  const keyEncryptionKey = Buffer.alloc(32, 7);
  const superuser = withDatabase(postgres.connectionString, DATABASE);
  return {
    settings: { HOLDFAST_DATABASE_URL: connectionString, HOLDFAST_KEY_ENCRYPTION_KEY: keyEncryptionKey.toString('base64'), HOLDFAST_ROOT_KEY_FILE: join(folder, 'root-key.pem') },
    connectionString,
    keyEncryptionKey,
    query: <Row extends object>(text: string, values: readonly (string | number)[] = []) => withClient(superuser, async (client) => (await client.query<Row>(text, [...values])).rows),
  };
}
