/**
 * `holdfast top`: who gets the requests, who fails and who is slow, over the last minute or longer. A full screen on a terminal,
 * refreshed until `q`; a table where it is piped. All figures are the admin API's (`/v1/analytics`), and what they lack is said.
 */
import { systemClock } from '../../shared/clock.ts';
import { topSettings, type TopSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { processTerminal } from './terminal.ts';
import { terminalJson } from './terminal-text.ts';
import { openScreen } from './terminal-screen.ts';
import { askTop } from './top-question.ts';
import { TopScreen } from './top-screen.ts';
import { completenessLines, topTable, totalLine } from './top-table.ts';

export const TOP_COMMAND: Command = command({
  name: 'top', about: 'watch requests, errors and latencies by route, consumer, target…', settings: topSettings, run: top,
  usage: 'top [--by route|service|consumer|target|data-plane] [--sort p99] [--window 5m] [--once] [settings]',
  summary: 'Ranks routes, services, consumers, targets or data planes by requests, errors, latency or bytes over the last minute. On a terminal it refreshes until q is pressed, and keys change what is shown; piped or with --once it prints a table. Quantiles are true ones, of all requests, not averages.',
});

async function top(settings: TopSettings, output: Output): Promise<void> {
  const screen = settings.once || settings.json ? undefined : openScreen();
  if (screen === undefined) return printTop(settings, output, processTerminal().colours);
  try {
    await new TopScreen(settings, screen, systemClock).run();
  } finally {
    screen.close();
  }
}

/** A table, or JSON, once. */
export async function printTop(settings: TopSettings, output: Output, colours: boolean): Promise<void> {
  const answer = await askTop(settings, { view: settings.by, order: settings.sort, windowMs: settings.window, count: settings.count });
  if (settings.json) return output.out(terminalJson(answer));
  for (const line of topTable(answer, { view: settings.by, order: settings.sort, width: undefined, colours })) output.out(line);
  output.err([totalLine(answer, settings.by), ...completenessLines(answer)].join('; '));
}
