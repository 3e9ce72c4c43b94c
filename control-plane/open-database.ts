/**
 * From settings to an open store: the embedded Postgres or one by URL, its roles and migrations, the key-encryption key. A
 * database by URL that is away is waited for, because at a site's power-up nobody knows what comes first. Called by
 * start-control-plane.ts.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { Backoff } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { HoldfastError } from '../shared/errors.ts';
import type { Lifecycle } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/log.ts';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts';
import type { ControlPlaneSettings } from './settings.ts';
import { createKeyCommand } from './store/key-command.ts';
import { parseKeyEncryptionKey, readOrCreateKeyEncryptionKey } from './store/key-encryption-key.ts';
import type { KeyEncryptionOptions } from './store/key-encryption-ring.ts';
import { bootstrapDatabase, prepareDatabase } from './store/prepare-database.ts';
import type { RetentionTimes } from './store/retention-levels.ts';
import { openStore, type Store } from './store/store.ts';

export interface OpenDatabaseOptions {
  readonly settings: ControlPlaneSettings;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  readonly clock: Clock;
}

const RETRY = { initialMs: 1_000, maximumMs: 10_000 };

/** Everything it starts is registered with the lifecycle. Throws a HoldfastError that says what to do. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Store> {
  const { settings, lifecycle, log, clock } = options;
  const keys = keysOf(settings);
  const connectionString = settings.databaseUrl === undefined ? await startEmbedded(options) : checkedDatabaseUrl(settings.databaseUrl);
  await untilReachable(options, () => prepareDatabase({ connectionString, log }));
  const store = await untilReachable(options, () => openStore({ ...keys, connectionString, poolSize: settings.databasePoolSize, telemetryRetention: retentionOf(settings), log, clock }));
  lifecycle.add('store', () => store.stop());
  return store;
}

/** The driver would take anything for the address of some database, and wait for it. Never repeats the URL: it holds a password. */
export function checkedDatabaseUrl(databaseUrl: string): string {
  // A socket's address has no host, which URL refuses behind a user.
  if (/^postgres(?:ql)?:\/\/[^\s#]*$/.test(databaseUrl) && URL.canParse(databaseUrl.replace('@/', '@socket/'))) return databaseUrl;
  throw new HoldfastError({
    code: 'CONTROL_PLANE_DATABASE_URL_INVALID',
    source: 'control-plane',
    publicMessage: 'the database URL is not valid',
    message: 'HOLDFAST_DATABASE_URL (or DATABASE_URL) must be postgresql://user:password@host:port/database, with anything but letters, digits and -._~ in user and password percent-encoded',
  });
}

/** A key that is given seals; else that of the command; else, with the embedded database, the one in the state folder. */
export function keysOf({ keyEncryptionKey, otherKeyEncryptionKeys, keyEncryptionCommand: path, keyEncryptionCommandTimeout: timeoutMs, databaseUrl, stateFolder }: ControlPlaneSettings): KeyEncryptionOptions {
  const others = otherKeyEncryptionKeys.map(parseKeyEncryptionKey);
  const command = path === undefined ? {} : { keyCommand: createKeyCommand({ path, timeoutMs, environment: env }) };
  if (keyEncryptionKey !== undefined) return { ...command, keyEncryptionKey: parseKeyEncryptionKey(keyEncryptionKey), otherKeyEncryptionKeys: others };
  const file = join(stateFolder, 'key-encryption-key');
  // What the embedded database was written with before there was a command.
  if (path !== undefined) return { ...command, otherKeyEncryptionKeys: existsSync(file) ? [...others, readOrCreateKeyEncryptionKey(file)] : others };
  if (databaseUrl === undefined) return { keyEncryptionKey: readOrCreateKeyEncryptionKey(file), otherKeyEncryptionKeys: others };
  throw new HoldfastError({
    code: 'CONTROL_PLANE_KEY_REQUIRED',
    source: 'control-plane',
    publicMessage: 'a key-encryption key is required',
    message: 'a database by URL needs HOLDFAST_KEY_ENCRYPTION_KEY (or HOLDFAST_KEY_ENCRYPTION_COMMAND), the same for every control plane that uses it (make one with: openssl rand -base64 32, and keep a copy: without it the secrets in the database are lost)',
  });
}

async function startEmbedded({ settings, lifecycle, log, clock }: OpenDatabaseOptions): Promise<string> {
  const { stateFolder } = settings;
  const postgres = await startEmbeddedPostgres({ stateFolder, log, clock });
  lifecycle.add('embedded Postgres', () => postgres.stop());
  return bootstrapDatabase({ superuserConnectionString: postgres.connectionString, passwordFile: join(stateFolder, 'database-password'), log });
}

async function untilReachable<T>({ lifecycle, log, clock }: OpenDatabaseOptions, attempt: () => Promise<T>): Promise<T> {
  const backoff = new Backoff({ ...RETRY, random: Math.random });
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || !thrown.retryable || lifecycle.stopping) throw thrown;
      const delayMs = backoff.nextDelayMs();
      log.warn({ event: 'database-awaited', reason: thrown.message, retryInMs: delayMs }, 'the database is not reachable yet; waiting for it');
      await new Promise<void>((resolve) => clock.after(delayMs, resolve, { keepAlive: true }));
    }
  }
}

function retentionOf({ telemetryRaw: raw, telemetryMinutes: minutes, telemetryHours: hours, telemetryDays: days, telemetryRecords: records }: ControlPlaneSettings): RetentionTimes {
  return { raw, minutes, hours, days, records };
}
