/**
 * The connection pool, and the only way to a query: a transaction that first takes a role and sets the tenant, both
 * local to it (T1). Runs a transaction again after a deadlock. Everything in this folder works through it, except what
 * comes before serving (prepare-database.ts, migrate.ts) and the change feed's own connection.
 */
import { nextTick } from 'node:process';
import { Pool, Query, types, type PoolClient, type QueryResult } from 'pg';
import { assert } from '../../shared/assert.ts';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import { isUuid, type TenantId } from '../../shared/model/ids.ts';
import { isAbsence, isConflict, isReadOnly, sqlState, toStoreError } from './database-error.ts';
import type { DatabaseMeter } from './database-meter.ts';

/** Roles of the first migration, each with the rights of one job. */
export type DatabaseRole = 'holdfast_app' | 'holdfast_publisher' | 'holdfast_ingest' | 'holdfast_authentication';

export interface TransactionOptions {
  readonly role: DatabaseRole;
  /** Rows of this tenant only. Without one, the app and ingest roles see nothing. */
  readonly tenantId?: TenantId;
  /** `snapshot`: read only, and every query sees the same moment. `write`: READ COMMITTED. */
  readonly mode: 'snapshot' | 'write';
}

/** Values as the driver takes them: text, numbers, dates, bytes, arrays of them; objects only as JSON text. */
export type SqlValue = string | number | bigint | boolean | null | Date | Uint8Array | readonly (string | number | Date | Uint8Array | null)[];

export interface Transaction {
  /**
   * The row type states what the query selects: this is the door for database rows. With values the text is prepared
   * once per connection: it names the columns it wants (`*` would break when a migration adds one), and there are few.
   */
  query<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** The last statement and COMMIT in one round trip, so that locks it takes are held as short as can be. */
  commitWith<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Of a statement that only changes something: not waited for, so that it costs no round trip. Where it fails, so does what follows it, at least the end. */
  send(text: string, values: readonly SqlValue[]): void;
  /** COPY … FROM STDIN of all these bytes. Never into a table with row-level security, which takes none: into a temporary one. */
  copyIn(text: string, bytes: Uint8Array): Promise<void>;
  /** Rolls back instead of committing when the work returns. */
  abandon(): void;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  readonly meter: DatabaseMeter;
}

const MAX_ATTEMPTS = 8;
/** Of one message of a COPY. */
const COPY_CHUNK_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
/** What Postgres gets to say that a statement took too long, before we take it for gone with its machine or the network. */
const SILENCE_MS = 5_000;

export class Database {
  readonly #pool: Pool;
  readonly #options: DatabaseOptions;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = new Pool({
      connectionString: options.connectionString,
      application_name: 'holdfast',
      max: options.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: options.statementTimeoutMs + SILENCE_MS,
      keepAlive: true,
      pipeline: true,
      types: { getTypeParser },
    });
    // Without listeners a connection that breaks would end the process; whoever uses it sees the error in its query.
    this.#pool.on('connect', (client) => client.on('error', (error) => options.log.warn({ event: 'database-connection-lost', reason: error.message }, 'a database connection broke')));
    this.#pool.on('error', () => undefined);
    options.meter.watch(() => ({ open: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount, most: options.poolSize }));
  }

  /** Runs `work` in a transaction, again after a conflict with another one. Throws STORE_… or what `work` threw. */
  async transaction<T>(options: TransactionOptions, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const backoff = new Backoff({ initialMs: 10, maximumMs: 300, random: Math.random });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(options, work);
      } catch (thrown) {
        if (!isConflict(thrown) || attempt === MAX_ATTEMPTS) throw toStoreError(thrown);
        this.#options.meter.retries.of({ sqlstate: sqlState(thrown) ?? 'none' }).add();
      }
      await new Promise<void>((resolve) => this.#options.clock.after(backoff.nextDelayMs(), resolve, { keepAlive: true }));
    }
  }

  /** A transaction of one query, in one round trip. */
  query<Row extends object>(options: TransactionOptions, text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.transaction(options, (transaction) => transaction.commitWith<Row>(text, values));
  }

  /** Waits for running transactions; new ones are refused. */
  async stop(): Promise<void> {
    if (!this.#pool.ended && !this.#pool.ending) await this.#pool.end();
  }

  /** Counts what it costs, and whether the database was there. */
  async #attempt<T>(options: TransactionOptions, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { meter, clock } = this.#options;
    const begunMs = clock.monotonicMs();
    let outcome = 'failed';
    try {
      const value = await this.#run(options, work, begunMs);
      meter.noteAnswer();
      outcome = 'committed';
      return value;
    } catch (thrown) {
      if (isAbsence(thrown)) meter.noteAbsence();
      else if (sqlState(thrown) !== undefined) meter.noteAnswer();
      throw thrown;
    } finally {
      meter.transactions.of({ role: options.role, mode: options.mode, outcome }).observe((clock.monotonicMs() - begunMs) / 1000);
    }
  }

  async #run<T>(options: TransactionOptions, work: (transaction: Transaction) => Promise<T>, begunMs: number): Promise<T> {
    const client = await this.#pool.connect();
    this.#options.meter.waits.observe((this.#options.clock.monotonicMs() - begunMs) / 1000);
    const transaction = new OpenTransaction(client, this.#prologue(options));
    let broken = false;
    try {
      const value = await work(transaction);
      // Nothing depends on the end of what only read, so nobody waits for it.
      if (options.mode === 'snapshot') transaction.endSoon();
      else await transaction.end();
      return value;
    } catch (thrown) {
      // After a failover the address leads elsewhere, so a server that became read-only is left for a new connection.
      broken = !(await transaction.rollBack()) || isReadOnly(thrown);
      throw thrown;
    } finally {
      client.release(broken);
    }
  }

  /** All of it is local to the transaction, so a pooled connection carries nothing over. */
  #prologue({ role, tenantId, mode }: TransactionOptions): string {
    assert(tenantId === undefined || isUuid(tenantId), 'a tenant id is a UUID');
    return [
      mode === 'snapshot' ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN ISOLATION LEVEL READ COMMITTED',
      `SET LOCAL ROLE ${role}`,
      'SET LOCAL search_path = holdfast',
      // All we ask has an index. A plan that is kept (ours, and those of foreign keys) was perhaps made while the table was small.
      'SET LOCAL enable_seqscan = off',
      'SET LOCAL jit = off',
      // Each of these statements has one sensible plan whatever the values are, and Postgres would make it anew for every list of values.
      ...(mode === 'write' || role === 'holdfast_publisher' ? ['SET LOCAL plan_cache_mode = force_generic_plan'] : []),
      `SET LOCAL statement_timeout = ${this.#options.statementTimeoutMs}`,
      `SET LOCAL idle_in_transaction_session_timeout = ${this.#options.statementTimeoutMs}`,
      `SET LOCAL holdfast.tenant = '${tenantId ?? ''}'`,
    ].join('; ');
  }
}

class OpenTransaction implements Transaction {
  readonly #client: PoolClient;
  /** The prologue, and statements that nobody waited for. */
  readonly #sent: Promise<unknown>[] = [];
  #state: 'open' | 'abandoned' | 'ended' = 'open';

  /** The prologue travels with the first query. Where it fails, the transaction is a failed one and refuses what follows. */
  constructor(client: PoolClient, prologue: string) {
    this.#client = client;
    this.#sendTogether();
    this.#note(client.query(prologue));
  }

  async query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    assert(this.#state !== 'ended', 'no query follows the end of its transaction');
    this.#sendTogether();
    const [{ rows }] = await Promise.all([this.#send<Row>(text, values), ...this.#sent]);
    return rows;
  }

  send(text: string, values: readonly SqlValue[]): void {
    assert(this.#state !== 'ended', 'no statement follows the end of its transaction');
    this.#sendTogether();
    this.#note(this.#send(text, values));
  }

  async copyIn(text: string, bytes: Uint8Array): Promise<void> {
    assert(this.#state === 'open', 'no rows follow the end of their transaction');
    // What stands behind it would be taken for rows: it begins when all before it is answered, and nobody sends while it runs.
    await Promise.all(this.#sent);
    await new Promise<void>((resolve, reject) => void this.#client.query(new CopyIn(text, bytes, (error) => (error ? reject(error) : resolve()))));
  }

  async commitWith<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    assert(this.#state === 'open', 'a transaction ends once');
    this.#sendTogether();
    // Where the statement fails, COMMIT finds a failed transaction and rolls it back.
    const [{ rows }] = await Promise.all([this.#send<Row>(text, values), ...this.#sent, this.#client.query('COMMIT')]);
    this.#state = 'ended';
    return rows;
  }

  abandon(): void {
    if (this.#state === 'open') this.#state = 'abandoned';
  }

  async end(): Promise<void> {
    if (this.#state === 'ended') return;
    const [{ command }] = await Promise.all([this.#client.query(this.#state === 'abandoned' ? 'ROLLBACK' : 'COMMIT'), ...this.#sent]);
    assert(command === 'COMMIT' || this.#state === 'abandoned', 'nobody goes on in a transaction in which a query failed');
    this.#state = 'ended';
  }

  /** Sent, and not waited for: whoever uses the connection next stands behind it. Of a transaction that only read. */
  endSoon(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // With the first words of who takes the connection next, where somebody waits for one.
    this.#sendTogether();
    // A connection that breaks is found broken by its next query.
    this.#client.query('COMMIT').catch(() => undefined);
  }

  /** False where the connection can't be used any more. */
  async rollBack(): Promise<boolean> {
    if (this.#state === 'ended') return true;
    this.#state = 'ended';
    try {
      await this.#client.query('ROLLBACK');
      return true;
    } catch {
      return false;
    }
  }

  /** Answers come in order, so what failed first is what is thrown. */
  #note(sent: Promise<unknown>): void {
    sent.catch(() => undefined);
    this.#sent.push(sent);
  }

  #send<Row extends object>(text: string, values: readonly SqlValue[]): Promise<QueryResult<Row>> {
    return values.length === 0 ? this.#client.query<Row>(text) : this.#client.query<Row>({ name: statementName(text), text, values: [...values] });
  }

  /** What is sent before the next turn of the event loop leaves in one write: Postgres wakes up once for all of it. */
  #sendTogether(): void {
    const { stream } = this.#client.connection;
    stream.cork();
    nextTick(() => stream.uncork());
  }
}

/** What of the driver's connection its type leaves out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
}

/** Pipelined connections refuse the query class of pg-copy-streams; one of the driver's own is let through, and nothing is sent behind it. */
class CopyIn extends Query {
  readonly #bytes: Uint8Array;

  constructor(text: string, bytes: Uint8Array, callback: (error: Error | null | undefined) => void) {
    super(text, callback);
    this.#bytes = bytes;
  }

  /** Called by the client when the server waits for rows. */
  handleCopyInResponse(connection: CopyConnection): void {
    for (let at = 0; at < this.#bytes.length; at += COPY_CHUNK_BYTES) connection.sendCopyFromChunk(this.#bytes.subarray(at, at + COPY_CHUNK_BYTES));
    connection.endCopyFrom();
  }
}

const statementNames = new Map<string, string>();

/** Under which the statement is prepared: the texts are ours and few. */
function statementName(text: string): string {
  const known = statementNames.get(text);
  if (known !== undefined) return known;
  const name = `holdfast-${statementNames.size + 1}`;
  statementNames.set(text, name);
  return name;
}

/** Whole numbers as numbers: versions and counts stay below 2^53; larger sums of bytes or microseconds are rounded. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === types.builtins.INT8) return Number;
  return format === 'binary' ? types.getTypeParser(oid, 'binary') : types.getTypeParser(oid, 'text');
}

/** The one row of a query that always has one. */
export function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  assert(row !== undefined && rows.length === 1, 'the query has exactly one row');
  return row;
}

