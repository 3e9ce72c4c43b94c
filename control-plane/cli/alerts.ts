/** `holdfast alerts`: what of a gateway is met by now, and the rules that say what is worth telling, as tables. */
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get } from './admin-client.ts';
import { alertsSettings, type AlertsSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

/** So that a script can ask whether all is well. */
const FIRING = 2;

export const ALERTS_COMMANDS: readonly Command[] = [
  command({
    name: 'alerts list', about: 'list what alerts stand: firing, or pending', settings: alertsSettings, run: listAlerts,
    summary: 'Lists what rules of alerts are met by now, firing ones first. Exit codes: 0 nothing fires; 1 wrong use or refused; 2 something fires.',
  }),
  command({
    name: 'alerts rules', about: 'list the rules of alerts of a gateway', settings: alertsSettings, run: listRules,
    summary: 'Lists the rules of alerts of a gateway: when each was looked at last, whether that failed, and until when it is muted.',
  }),
];

async function listAlerts(settings: AlertsSettings, output: Output): Promise<number> {
  const alerts = recordsOf((await get(settings, `/${encodeURIComponent(settings.gateway)}/v1/alerts`))['data']);
  if (settings.json) output.out(terminalJson(alerts));
  else print(output, ['STATE', 'SEVERITY', 'RULE', 'SINCE', 'SUBJECT', 'WHAT'], alerts, (alert) => {
    const rule = recordOf(alert['rule']);
    return [cell(alert['state']), cell(rule['severity']), cell(rule['name']), cell(alert['since']), cell(alert['subject']), cell(alert['detail'])];
  });
  return alerts.some((alert) => alert['state'] === 'firing') ? FIRING : 0;
}

async function listRules(settings: AlertsSettings, output: Output): Promise<void> {
  const rules = recordsOf((await get(settings, `/${encodeURIComponent(settings.gateway)}/v1/alert-rules`))['data']);
  if (settings.json) return output.out(terminalJson(rules));
  print(output, ['NAME', 'KIND', 'THRESHOLD', 'SEVERITY', 'STATE', 'LOOKED AT', 'FAILED'], rules, (rule) => [
    cell(rule['name']), cell(rule['kind']), cell(rule['threshold']), cell(rule['severity']), stateOf(rule), cell(rule['last_look_at']), cell(rule['last_failure']),
  ]);
}

function stateOf(rule: Told): string {
  if (rule['enabled'] !== true) return 'disabled';
  const until = rule['muted_until'];
  return typeof until === 'string' && Date.parse(until) > Date.now() ? `muted until ${until}` : 'watched';
}

function print(output: Output, titles: readonly string[], found: readonly Told[], row: (one: Told) => readonly string[]): void {
  for (const line of textTable([titles, ...found.map(row)])) output.out(terminalLine(line));
}
