/**
 * The text of a usage export: one line for each interval, consumer and what else was asked for. The columns are always the same, so that
 * files made under other settings go into the same table; what was not asked for is empty. Numbers are written with all their digits. Pure.
 */
import type { ExportDimension, ExportFormat } from './usage-export-store.ts';

/** Sums that wait to be told; counts as Postgres writes them. */
export interface PendingRow {
  readonly ends: Date;
  readonly starts: Date;
  readonly consumer_id: string;
  readonly route_id: string;
  /** -1 where it was not asked for. */
  readonly status: number;
  readonly requests: string;
  readonly bytes_in: string;
  readonly bytes_out: string;
}

/** What is known of ids now; nothing of what is deleted. */
export interface ExportNames {
  readonly consumers: ReadonlyMap<string, { readonly username: string | null; readonly customId: string | null }>;
  readonly routes: ReadonlyMap<string, { readonly name: string | null; readonly serviceId: string | null }>;
  readonly services: ReadonlyMap<string, string | null>;
}

export interface ExportSheet {
  readonly text: string;
  readonly rows: number;
  readonly requests: bigint;
  readonly lateRequests: bigint;
}

export interface SheetOptions {
  readonly number: number;
  readonly gatewayId: string;
  readonly format: ExportFormat;
  readonly dimensions: readonly ExportDimension[];
  /** Rows of intervals that end by then are late. */
  readonly settledUntil: Date;
  readonly names: ExportNames;
}

/** A cell: numbers and booleans are written as they stand. */
type Cell = { readonly text: string } | { readonly bare: string } | null;

interface Sum {
  readonly head: readonly Cell[];
  readonly late: boolean;
  requests: bigint;
  bytesIn: bigint;
  bytesOut: bigint;
}

const COLUMNS = [
  'file', 'gateway_id', 'interval_start', 'interval_end', 'consumer_id', 'consumer_username', 'consumer_custom_id', 'route_id', 'route_name', 'service_id', 'service_name', 'status', 'requests', 'bytes_in', 'bytes_out', 'late',
] as const;
const NONE = '00000000-0000-0000-0000-000000000000';

/** `breathe` is awaited between rows, so that the event loop is not held. */
export async function writeSheet(pending: readonly PendingRow[], options: SheetOptions, breathe: () => Promise<void>): Promise<ExportSheet> {
  const sums = new Map<string, Sum>();
  for (const row of pending) {
    const head = headOf(row, options);
    const key = JSON.stringify(head);
    const sum = sums.get(key) ?? { head, late: row.ends <= options.settledUntil, requests: 0n, bytesIn: 0n, bytesOut: 0n };
    sums.set(key, sum);
    sum.requests += BigInt(row.requests);
    sum.bytesIn += BigInt(row.bytes_in);
    sum.bytesOut += BigInt(row.bytes_out);
    await breathe();
  }
  const rows = [...sums.values()];
  const line = options.format === 'csv' ? csvLine : jsonLine;
  let text = options.format === 'csv' ? `${COLUMNS.join(',')}\r\n` : '';
  for (const { head, late, requests, bytesIn, bytesOut } of rows) {
    text += line([...head, ...[requests, bytesIn, bytesOut, late].map((value) => ({ bare: String(value) }))]);
    await breathe();
  }
  const total = (some: readonly Sum[]): bigint => some.reduce((sum, { requests }) => sum + requests, 0n);
  return { text, rows: rows.length, requests: total(rows), lateRequests: total(rows.filter(({ late }) => late)) };
}

/** The columns before the counts. */
function headOf(row: PendingRow, { number, gatewayId, dimensions, names }: SheetOptions): readonly Cell[] {
  const route = names.routes.get(row.route_id);
  const consumer = names.consumers.get(row.consumer_id);
  const serviceId = route?.serviceId ?? null;
  const byService = dimensions.includes('service');
  const routeCells = dimensions.includes('route') ? [idCell(row.route_id), textCell(route?.name)] : [null, null];
  return [
    { bare: String(number) }, { text: gatewayId }, { text: showTime(row.starts) }, { text: showTime(row.ends) }, idCell(row.consumer_id), textCell(consumer?.username), textCell(consumer?.customId), ...routeCells,
    byService ? textCell(serviceId) : null, byService ? textCell(names.services.get(serviceId ?? '')) : null, dimensions.includes('status') ? statusCell(row.status) : null,
  ];
}

function idCell(id: string): Cell {
  return id === NONE ? null : { text: id };
}

function textCell(text: string | null | undefined): Cell {
  return text === null || text === undefined ? null : { text };
}

/** As `/v1/usage` says it: 200, 2xx of a data plane that told no more, none where the client went away before. */
function statusCell(status: number): Cell {
  return status < 0 ? null : { text: status === 0 ? 'none' : status < 100 ? `${status}xx` : String(status) };
}

function showTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

/** RFC 4180: text in quotes, each quote in it twice. A name that begins like a formula stays what it is: the file is for programs. */
function csvLine(cells: readonly Cell[]): string {
  return `${cells.map((cell) => (cell === null ? '' : 'bare' in cell ? cell.bare : /^[\w.:-]*$/.test(cell.text) ? cell.text : `"${cell.text.replaceAll('"', '""')}"`)).join(',')}\r\n`;
}

function jsonLine(cells: readonly Cell[]): string {
  return `{${COLUMNS.map((name, index) => {
    const cell = cells[index] ?? null;
    return `"${name}":${cell === null ? 'null' : 'bare' in cell ? cell.bare : JSON.stringify(cell.text)}`;
  }).join(',')}}\n`;
}
