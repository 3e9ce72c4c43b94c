/**
 * Every command that is no plane: its words, its settings, what it does. A new command is a file of its own and an entry here;
 * help, SETTINGS.md and the known variables follow (bin/holdfast.js must know the first word). Dispatched by main.ts.
 */
import { systemClock } from '../../shared/clock.ts';
import { ALERTS_COMMANDS } from './alerts.ts';
import { BACKUP_COMMANDS } from './backup.ts';
import { command, type Command } from './command.ts';
import { CONVERT_COMMAND } from './convert.ts';
import { LOGIN_COMMANDS } from './login.ts';
import { listDataPlanes } from './data-planes.ts';
import { DECLARATIVE_COMMANDS } from './declarative.ts';
import { explain } from './explain.ts';
import { GATEWAY_COMMANDS } from './gateways.ts';
import { createJoinToken } from './join-token.ts';
import { AUDIT_COMMANDS } from './audit.ts';
import { BLAME_COMMAND } from './blame.ts';
import { KEY_COMMANDS } from './keys.ts';
import { LOGS_COMMAND } from './logs.ts';
import { PLUGIN_COMMANDS } from './plugin.ts';
import { publish } from './publish.ts';
import { RELEASE_COMMANDS } from './releases.ts';
import { dataPlanesSettings, explainSettings, joinTokenSettings, publishSettings } from './settings.ts';
import { TOP_COMMAND } from './top.ts';
import { USAGE_EXPORT_COMMAND } from './usage-export.ts';
import { USAGE_COMMAND } from './usage.ts';
import { WATCH_COMMAND } from './watch.ts';

/** In the order of the overview. */
export const COMMANDS: readonly Command[] = [
  command({
    name: 'join-token create', about: 'let a new data plane into a gateway', settings: joinTokenSettings, run: createJoinToken,
    summary: 'Creates a join token through the admin API and prints it. A data plane that starts with it joins the gateway and gets its certificate.',
  }),
  command({
    name: 'data-planes list', about: 'list the data planes of a gateway', settings: dataPlanesSettings, run: listDataPlanes,
    summary: 'Lists the data planes of a gateway: who is connected, which version each serves, what it refused.',
  }),
  command({
    name: 'publish', about: 'tell how far a change has got; with --wait, wait for it', settings: publishSettings, run: (settings, output) => publish(settings, output, systemClock),
    usage: 'publish [--wait --selector region=eu-west --quorum 99% --timeout 30s] [settings]',
    summary: 'Tells how many data planes have applied the last change, or a version; one that had to quarantine an entity has applied it too, and is counted as quarantining. Exit codes: 0 the quorum has it (without --wait: it was told); 1 wrong use; 2 not in time; 3 too many refused it or fell back; 4 no data plane is selected; 5 the admin API does not answer or does not allow it.',
  }),
  command({
    name: 'explain', about: 'tell what would become of a request, and why', settings: explainSettings, run: explain,
    usage: 'explain --url https://… [settings]',
    summary: 'Asks a data plane what would become of a request: which route and why not the others, which plugins in which order, which target.',
  }),
  TOP_COMMAND,
  LOGS_COMMAND,
  BLAME_COMMAND,
  USAGE_COMMAND,
  USAGE_EXPORT_COMMAND,
  ...ALERTS_COMMANDS,
  CONVERT_COMMAND,
  ...LOGIN_COMMANDS,
  ...RELEASE_COMMANDS,
  ...GATEWAY_COMMANDS,
  ...DECLARATIVE_COMMANDS,
  WATCH_COMMAND,
  ...KEY_COMMANDS,
  ...BACKUP_COMMANDS,
  ...AUDIT_COMMANDS,
  ...PLUGIN_COMMANDS,
];
