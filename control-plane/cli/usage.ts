/** `holdfast usage`: exact totals of requests and bytes as a table, and what is known to be missing from them. */
import { recordsOf, type Told } from './admin-answer.ts';
import { get } from './admin-client.ts';
import { usageSettings, type UsageSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell } from './text-table.ts';

export const USAGE_COMMAND: Command = command({
  name: 'usage', about: 'exact totals of requests and bytes, per consumer or route', settings: usageSettings, run: showUsage,
  usage: 'usage [--from 2026-11-01 --to 2026-12-01 --by consumer,route] [settings]',
  summary: 'Shows exact totals of requests and bytes, and what is known to be missing: what data planes had to drop, and what was lost with a process that was killed.',
});

const SUMS = ['requests', 'bytes_in', 'bytes_out'] as const;

async function showUsage(settings: UsageSettings, output: Output): Promise<void> {
  const { from, to, by, gateway } = settings;
  const query = new URLSearchParams({ ...(by.length === 0 ? {} : { group_by: by.join(',') }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
  const answer = await get(settings, `/${encodeURIComponent(gateway)}/v1/usage?${query.toString()}`);
  if (settings.json) return output.out(terminalJson(answer));
  const rows = recordsOf(answer['data']);
  const columns = [...groupsOf(rows), ...SUMS.map((sum): Column => ({ title: titleOf(sum), of: (row) => cell(row[sum]) }))];
  const table = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))].map((cells) => cells.map(terminalLine));
  const widths = columns.map((_column, at) => Math.max(...table.map((cells) => cells[at]?.length ?? 0)));
  for (const cells of table) output.out(cells.map((text, at) => (at < columns.length - SUMS.length ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))).join('  '));
  for (const line of missingLines(answer)) output.err(terminalLine(line));
}

interface Column {
  readonly title: string;
  readonly of: (row: Told) => string;
}

/** One for each that it was grouped by: the name, or the id of what is gone. */
function groupsOf([first = {}]: readonly Told[]): readonly Column[] {
  const all: readonly (Column & { readonly field: string })[] = [
    { field: 'route_id', title: 'ROUTE', of: (row) => named(row['route_name'], row['route_id'], '(no route)') },
    { field: 'consumer_id', title: 'CONSUMER', of: (row) => named(row['consumer_username'], row['consumer_id'], '(no consumer)') },
    { field: 'status', title: 'STATUS', of: (row) => cell(row['status']) },
    { field: 'status_class', title: 'STATUS CLASS', of: (row) => cell(row['status_class']) },
    // Hosts may have the same name.
    { field: 'data_plane_id', title: 'DATA PLANE', of: (row) => `${cell(row['data_plane_id'])} ${cell(row['hostname'])}` },
  ];
  return all.filter(({ field }) => Object.hasOwn(first, field));
}

function named(name: unknown, id: unknown, none: string): string {
  return id === null ? none : cell(name ?? id);
}

function titleOf(field: string): string {
  return field.replaceAll('_', ' ').toUpperCase();
}

function missingLines(answer: Told): readonly string[] {
  return [
    ...recordsOf(answer['dropped']).map((drop) => `not counted: ${cell(drop['count'])} dropped by data plane ${cell(drop['data_plane_id'])} (${cell(drop['reason'])})`),
    ...recordsOf(answer['lost_at_crash']).map((gap) => `not counted: at most ${cell(gap['at_most_ms'])} ms of data plane ${cell(gap['data_plane_id'])} after ${cell(gap['last_fold_at'])}, when it was killed; it had about ${cell(gap['last_rate_per_second'])} requests/s`),
  ];
}
