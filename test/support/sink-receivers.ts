/**
 * What sinks send to, as small real servers that can be made to fail: ClickHouse's HTTP interface as far as inserts go (tables and
 * columns are those of deploy/clickhouse.sql, and a deduplication token counts once), and a collector of OTLP.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { decodeAllLogRecords, decodeDeltas, type OtlpDeltas, type OtlpItems, type OtlpLogRecord } from './otlp-messages.ts';

export type Row = Readonly<Record<string, unknown>>;

/** What happens to a request: `cut` closes the connection after it was taken, `drop` before. */
export type Fate =
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array }
  | { readonly kind: 'take' | 'cut' | 'drop' }
  | { readonly kind: 'hold'; readonly until: Promise<void> };

/** What is common to both. */
abstract class Receiver {
  readonly #server: Server;
  /** Of the next requests, in order; then all are taken. */
  readonly fates: Fate[] = [];
  /** What was wrong with requests; tests look that nothing was. */
  readonly faults: string[] = [];
  requests = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Body is unpacked. Undefined where it was wrong. */
  protected abstract take(request: IncomingMessage, body: Buffer): string | Uint8Array | undefined;

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    this.requests += 1;
    const fate = this.fates.shift() ?? { kind: 'take' };
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    if (fate.kind === 'drop') return void request.socket.destroy();
    if (fate.kind === 'answer') return void response.writeHead(fate.status, fate.headers).end(fate.body);
    if (fate.kind === 'hold') await fate.until;
    if (request.headers['content-encoding'] !== 'gzip') this.faults.push('the body is not compressed');
    const answer = this.take(request, gunzipSync(Buffer.concat(chunks)));
    if (fate.kind === 'cut') return void request.socket.destroy();
    response.writeHead(answer === undefined ? 400 : 200, typeof answer === 'object' ? { 'content-type': 'application/x-protobuf' } : {}).end(answer ?? 'wrong');
  }
}

/** Columns by table, as the file says. */
export function documentedColumns(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sql = readFileSync(new URL('../../deploy/clickhouse.sql', import.meta.url), 'utf8');
  return new Map([...sql.matchAll(/^CREATE TABLE IF NOT EXISTS (\w+)\n\(\n([\s\S]*?)\n\)\nENGINE/gm)].map(([, table = '', body = '']) =>
    [table, new Map([...body.matchAll(/^ {4}(\w+) +((?:\w+)(?:\(.*\))?)(?:,|$| )/gm)].map(([, column = '', type = '']) => [column, type]))]));
}

export class ClickhouseReceiver extends Receiver {
  readonly tables = new Map<string, Row[]>();
  /** By table and token. */
  readonly #tokens = new Map<string, string>();
  readonly #columns = documentedColumns();
  readonly #password: string;
  duplicates = 0;

  constructor(password: string) {
    super();
    this.#password = password;
  }

  rows(table: string): readonly Row[] {
    return this.tables.get(table) ?? [];
  }

  protected take(request: IncomingMessage, body: Buffer): string | undefined {
    const parameters = new URL(request.url ?? '', 'http://clickhouse').searchParams;
    const [, table = ''] = /^INSERT INTO `(\w+)` FORMAT JSONEachRow$/.exec(parameters.get('query') ?? '') ?? [];
    const token = parameters.get('insert_deduplication_token') ?? '';
    const text = body.toString('utf8');
    const fault = this.#faultOf(request, table, token, parameters, text);
    if (fault !== undefined) {
      this.faults.push(fault);
      return undefined;
    }
    const key = `${table} ${token}`;
    const known = this.#tokens.get(key);
    if (known !== undefined) {
      this.duplicates += 1;
      if (known !== text) this.faults.push('one token has two contents');
      return '';
    }
    this.#tokens.set(key, text);
    const rows: readonly Row[] = text.trimEnd().split('\n').map((line): Row => JSON.parse(line));
    for (const row of rows) {
      const wrong = this.#wrongIn(row, table);
      if (wrong !== undefined) this.faults.push(`${table}: ${wrong}`);
    }
    this.tables.set(table, [...this.rows(table), ...rows]);
    return '';
  }

  #faultOf({ headers }: IncomingMessage, table: string, token: string, parameters: URLSearchParams, text: string): string | undefined {
    if (headers['x-clickhouse-user'] !== 'default' || headers['x-clickhouse-key'] !== this.#password || headers['x-clickhouse-database'] !== 'default') return 'not let in';
    if (!this.#columns.has(table)) return `no table ${table}`;
    if (token === '' || parameters.get('async_insert') !== '0' || parameters.get('insert_deduplicate') !== '1') return 'the insert has no token, or is not waited for';
    return text.endsWith('\n') ? undefined : 'the last line is not ended';
  }

  #wrongIn(row: Row, table: string): string | undefined {
    const columns = this.#columns.get(table) ?? new Map<string, string>();
    const missing = [...columns.keys()].find((column) => !(column in row));
    if (missing !== undefined) return `${missing} is missing`;
    for (const [name, value] of Object.entries(row)) {
      const type = columns.get(name);
      const fits = type !== undefined && FITS.some(([pattern, holds]) => pattern.test(type) && holds(value));
      if (!fits) return `${name} ${type} can not be ${JSON.stringify(value)}`;
    }
    return undefined;
  }
}

const isWhole = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const FITS: readonly (readonly [type: RegExp, holds: (value: unknown) => boolean])[] = [
  [/^UInt\d+$/, isWhole],
  [/^Int16$/, (value) => typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 32_768],
  [/^UUID$/, (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)],
  [/^DateTime64\(3/, (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/.test(value)],
  [/^DateTime64\(6/, (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/.test(value)],
  [/String\)?$/, (value) => typeof value === 'string'],
  [/^Array\(Float64\)$/, (value) => Array.isArray(value) && value.every((one) => typeof one === 'number')],
  [/^Array\(UInt64\)$/, (value) => Array.isArray(value) && value.every(isWhole)],
  [/^Map\(/, (value) => typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string')],
];

export class CollectorReceiver extends Receiver {
  readonly metrics: OtlpItems<OtlpDeltas>[] = [];
  readonly logs: OtlpItems<OtlpLogRecord>[] = [];
  readonly #token: string;
  readonly #seen = new Set<string>();
  duplicates = 0;

  constructor(token: string) {
    super();
    this.#token = token;
  }

  /** Of the points of a metric. */
  sumOf(name: string, measure: 'value' | 'count' = 'value'): number {
    return this.metrics.flatMap(({ items }) => items).filter((metric) => metric.name === name).flatMap(({ points }) => points).reduce((sum, point) => sum + point[measure], 0);
  }

  /** As one that looks at the key; a collector does not, and counts what it got twice. */
  protected take({ url = '', headers }: IncomingMessage, body: Buffer): Uint8Array | undefined {
    const key = String(headers['idempotency-key']);
    if (headers['authorization'] !== `Bearer ${this.#token}` || headers['content-type'] !== 'application/x-protobuf') return void this.faults.push('not let in');
    if (this.#seen.has(key)) {
      this.duplicates += 1;
      return new Uint8Array(0);
    }
    this.#seen.add(key);
    if (url === '/otlp/v1/metrics') this.metrics.push(...decodeDeltas(body));
    else if (url === '/otlp/v1/logs') this.logs.push(...decodeAllLogRecords(body));
    else this.faults.push(`nothing listens at ${url}`);
    return new Uint8Array(0);
  }
}
