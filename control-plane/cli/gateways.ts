/**
 * `holdfast gateway list | freeze | unfreeze`: who may not be changed for now, and why. Through the admin API.
 */
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get, post } from './admin-client.ts';
import { command, type Command } from './command.ts';
import type { Output } from './command.ts';
import { freezeSettings, gatewayListSettings, type FreezeSettings, type GatewayListSettings } from './release-settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

export const GATEWAY_COMMANDS: readonly Command[] = [
  command({
    name: 'gateway list', about: 'list gateways, and which are frozen', settings: gatewayListSettings, run: listGateways,
    summary: 'Lists the gateways of the tenant with the version of their configuration, and who froze which, when and why.',
  }),
  command({
    name: 'gateway freeze', about: 'refuse changes of a gateway for a while', usage: 'gateway freeze NAME --reason TEXT [settings]', settings: freezeSettings, words: { least: 1, most: 1 }, run: freeze,
    summary: 'Refuses every change of the configuration of a gateway until it is unfrozen. Revoking data planes and tokens and deleting credentials goes on, and so does "holdfast releases rollback --while-frozen".',
  }),
  command({
    name: 'gateway unfreeze', about: 'let a gateway be changed again', usage: 'gateway unfreeze NAME [settings]', settings: gatewayListSettings, words: { least: 1, most: 1 }, run: unfreeze,
    summary: 'Lets the configuration of a gateway be changed again.',
  }),
];

async function listGateways(settings: GatewayListSettings, output: Output): Promise<void> {
  const { data } = await get(settings, '/v1/gateways');
  if (settings.json) return output.out(terminalJson(data));
  const rows = recordsOf(data).map((gateway) => [cell(gateway['name']), cell(gateway['config_version']), frozenOf(gateway)]);
  for (const line of textTable([['NAME', 'VERSION', 'FROZEN'], ...rows])) output.out(terminalLine(line));
}

async function freeze(settings: FreezeSettings, output: Output, [name = '']: readonly string[]): Promise<void> {
  const gateway = await post(settings, `/v1/gateways/${encodeURIComponent(name)}/freeze`, { reason: settings.reason });
  output.out(settings.json ? terminalJson(gateway) : terminalLine(`${cell(gateway['name'])} is frozen ${frozenOf(gateway)}; "holdfast gateway unfreeze ${cell(gateway['name'])}" lifts it`));
}

async function unfreeze(settings: GatewayListSettings, output: Output, [name = '']: readonly string[]): Promise<void> {
  const gateway = await post(settings, `/v1/gateways/${encodeURIComponent(name)}/unfreeze`, {});
  output.out(settings.json ? terminalJson(gateway) : terminalLine(`${cell(gateway['name'])} can be changed again`));
}

function frozenOf(gateway: Told): string {
  if (typeof gateway['frozen'] !== 'object' || gateway['frozen'] === null) return '-';
  const { at, by, reason } = recordOf(gateway['frozen']);
  return `since ${cell(at)} by ${cell(by)}: ${cell(reason)}`;
}
