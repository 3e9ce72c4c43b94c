/**
 * Writes one file with everything that is in the database of an installation, as it was at one moment, while control planes go on
 * serving: one REPEATABLE READ transaction that locks nobody out. Needs no pg_dump. Secrets stay the envelopes that they are in
 * the database; all else (names, hosts, configurations, digests of tokens, the audit) is readable in the file unless a key seals it.
 */
import { createHash, randomBytes, type Hash } from 'node:crypto';
import { createWriteStream, existsSync, linkSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { escapeIdentifier, type ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Clock } from '../../../shared/clock.ts';
import { HoldfastError } from '../../../shared/errors.ts';
import { THIS_VERSION } from '../../../shared/this-version.ts';
import { withClient } from '../prepare-database.ts';
import { encodeFrame, FORMAT, PLAIN, SEALED, TEXT_SETTINGS, type BackupHeader, type TableEnd } from './backup-format.ts';
import { listTables } from './backup-tables.ts';
import { fileKey, seal } from './sealed-stream.ts';

export interface CreateBackupOptions {
  /** Of the login that the control plane serves with. */
  readonly connectionString: string;
  /** Must not exist; appears when it is complete. */
  readonly file: string;
  /** 32 bytes; without them nothing is sealed. */
  readonly key: Uint8Array | undefined;
  readonly clock: Clock;
}

export interface BackupSummary {
  readonly header: BackupHeader;
  readonly tables: readonly TableEnd[];
  readonly rows: number;
  readonly sealed: boolean;
}

/** Throws BACKUP_… or STORE_…; then there is no file. */
export async function createBackup(options: CreateBackupOptions): Promise<BackupSummary> {
  const { file, key } = options;
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.unfinished`;
  const tables: TableEnd[] = [];
  // Before the work, and again at its end.
  if (existsSync(file)) throw fileExists(file, 'it is there already');
  try {
    return await withClient(options.connectionString, async (client) => {
      // Both ends of a statement may be a long way apart here; whoever kills this process ends it.
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; SET LOCAL ROLE holdfast_migration; SET LOCAL search_path = holdfast');
      await client.query(TEXT_SETTINGS);
      const header = await readHeader(client, options.clock);
      const salt = randomBytes(32);
      const sealing = async function* (compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        yield Buffer.from(`${key === undefined ? PLAIN : `${SEALED} ${salt.toString('base64url')}`}\n`);
        yield* key === undefined ? compressed : seal(compressed, fileKey(key, salt));
      };
      await pipeline(Readable.from(frames(client, header, tables)), createZstdCompress(), sealing, createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }));
      await client.query('ROLLBACK');
      publish(unfinished, file);
      return { header, tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), sealed: key !== undefined };
    });
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function readHeader(client: ClientBase, clock: Clock): Promise<BackupHeader> {
  const { rows: migrations } = await client.query<BackupHeader['migrations'][number]>('SELECT number, name, checksum FROM schema_migrations ORDER BY number');
  const { rows } = await client.query<{ readonly version: string }>("SELECT current_setting('server_version') AS version");
  return { format: FORMAT, created_at: new Date(clock.nowMs()).toISOString(), software_version: THIS_VERSION, server_version: rows[0]?.version ?? '', migrations };
}

async function* frames(client: ClientBase, header: BackupHeader, ended: TableEnd[]): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  yield counted(hash, encodeFrame('H', header));
  for (const head of await listTables(client)) {
    const stream = client.query(copyTo(`COPY (SELECT ${head.columns.map(escapeIdentifier).join(', ')} FROM ${escapeIdentifier(head.table)}) TO STDOUT`));
    yield counted(hash, encodeFrame('T', head));
    for await (const rows of stream) yield counted(hash, encodeFrame('D', rows as Buffer));
    const end: TableEnd = { table: head.table, rows: stream.rowCount };
    ended.push(end);
    yield counted(hash, encodeFrame('E', end));
  }
  yield encodeFrame('Z', { sha256: hash.digest('hex') });
}

function counted(hash: Hash, frame: Buffer): Buffer {
  hash.update(frame);
  return frame;
}

/** Never over a file that is there: it may be the only good one. */
function publish(unfinished: string, file: string): void {
  try {
    linkSync(unfinished, file);
  } catch (thrown) {
    throw fileExists(file, String(thrown), thrown);
  }
}

function fileExists(file: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'BACKUP_FILE_EXISTS', source: 'control-plane', publicMessage: 'the file is there already', message: `${file} could not be made (${why}); give a name that is not taken, in a folder that can be written to`, ...(cause === undefined ? {} : { cause }) });
}
