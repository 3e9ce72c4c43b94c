/** `holdfast usage`: exact totals of requests and bytes as a table, and what is known to be missing from them. */
import { recordsOf, type Told } from './admin-answer.ts';
import { get } from './admin-client.ts';
import { usageSettings, type UsageSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

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
  const groups = Object.keys(rows[0] ?? {}).filter((name) => !SUMS.some((sum) => sum === name) && name !== 'duration_us');
  const titles = [...groups, ...SUMS].map((name) => name.replaceAll('_', ' ').toUpperCase());
  for (const line of textTable([titles, ...rows.map((row) => [...groups, ...SUMS].map((name) => cell(row[name])))])) output.out(terminalLine(line));
  for (const line of missingLines(answer)) output.err(terminalLine(line));
}

function missingLines(answer: Told): readonly string[] {
  return [
    ...recordsOf(answer['dropped']).map((drop) => `not counted: ${cell(drop['count'])} dropped by data plane ${cell(drop['data_plane_id'])} (${cell(drop['reason'])})`),
    ...recordsOf(answer['lost_at_crash']).map((gap) => `not counted: at most ${cell(gap['at_most_ms'])} ms of data plane ${cell(gap['data_plane_id'])} after ${cell(gap['last_fold_at'])}, when it was killed; it had about ${cell(gap['last_rate_per_second'])} requests/s`),
  ];
}
