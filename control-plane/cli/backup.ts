/**
 * `holdfast backup create | verify | restore`: work on the database itself, not through the admin API, so that they also do where
 * no control plane runs. Run where the control plane runs, with its settings. Entries of commands.ts.
 */
import { stderr } from 'node:process';
import { systemClock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { createLogger } from '../../shared/log.ts';
import { createBackup, type BackupSummary } from '../store/backup/create-backup.ts';
import { withDatabaseOf, type DatabaseSettings } from '../find-database.ts';
import { verifyBackup } from '../store/backup/read-backup.ts';
import { restoreBackup } from '../store/backup/restore-backup.ts';
import { command, type Command, type Output } from './command.ts';
import { createBackupSettings, restoreBackupSettings, verifyBackupSettings, type CreateBackupSettings, type RestoreBackupSettings, type VerifyBackupSettings } from './backup-settings.ts';

const FILE = { least: 1, most: 1, areFiles: true } as const;

export const BACKUP_COMMANDS: readonly Command[] = [
  command({
    name: 'backup create', about: 'write the whole database into one file', settings: createBackupSettings, run: runCreate,
    summary: 'Writes everything in the database, as it is at one moment, into one file; control planes go on meanwhile. The key-encryption key and root keys are not in it: keep copies of them elsewhere.',
  }),
  command({
    name: 'backup verify', about: 'check that a backup is whole', settings: verifyBackupSettings, words: FILE, run: runVerify,
    usage: 'backup verify <file> [settings]', summary: 'Reads all of a backup and checks it, without a database.',
  }),
  command({
    name: 'backup restore', about: 'put a backup into an empty database', settings: restoreBackupSettings, words: FILE, run: runRestore,
    usage: 'backup restore <file> [settings]', summary: 'Verifies a backup and puts it into an empty database, all of it or nothing. Data planes may have newer versions than it: what then is to be done is in deploy/keys.md.',
  }),
];

async function runCreate(settings: CreateBackupSettings, output: Output): Promise<void> {
  const summary = await onDatabase(settings, (connectionString) => createBackup({ connectionString, file: settings.out, key: parseKey(settings.key), clock: systemClock }));
  tell(output, settings, `${settings.out} is written`, summary);
}

async function runVerify(settings: VerifyBackupSettings, output: Output, [file = '']: readonly string[]): Promise<void> {
  tell(output, settings, `${file} is whole`, await verifyBackup(file, parseKey(settings.key)));
}

async function runRestore(settings: RestoreBackupSettings, output: Output, [file = '']: readonly string[]): Promise<void> {
  const summary = await onDatabase(settings, (connectionString) => restoreBackup({ connectionString, file, key: parseKey(settings.key) }));
  tell(output, settings, `${file} is restored`, summary);
  if (!settings.json) output.err('Start a control plane on it with the key-encryption key of the installation that it is of. Where data planes have newer versions, follow deploy/keys.md ("The control plane was restored from an old backup").');
}

function onDatabase<T>(settings: DatabaseSettings, work: (connectionString: string) => Promise<T>): Promise<T> {
  const log = createLogger({ part: 'backup', level: 'warn', pretty: stderr.isTTY, destination: stderr });
  return withDatabaseOf(settings, { log, clock: systemClock }, work);
}

function tell(output: Output, { json }: { readonly json: boolean }, done: string, { header, tables, rows, sealed }: BackupSummary): void {
  if (json) return output.out(JSON.stringify({ created_at: header.created_at, software_version: header.software_version, migrations: header.migrations.length, sealed, rows, tables: Object.fromEntries(tables.map((end) => [end.table, end.rows])) }));
  output.out(`${done}: ${rows} rows of ${tables.length} tables, as of ${header.created_at}, made by Holdfast ${header.software_version}${sealed ? ', sealed' : ''}.`);
  if (!sealed) output.err('It is not sealed: names, hosts, configurations and the audit can be read in it; secrets are under the key-encryption key. Keep it like the database, or give HOLDFAST_BACKUP_KEY.');
}

function parseKey(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const key = Buffer.from(text, 'base64');
  if (key.length === 32) return key;
  throw new HoldfastError({ code: 'BACKUP_KEY_INVALID', source: 'control-plane', publicMessage: 'HOLDFAST_BACKUP_KEY must be 32 bytes in base64 (make one with: openssl rand -base64 32)' });
}
