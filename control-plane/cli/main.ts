/**
 * The commands that are no plane: `holdfast join-token create`, `holdfast explain`, `holdfast version`, `holdfast help`. Started by
 * bin/holdfast.js with the command's name and the words after it.
 */
import { argv, stderr, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { HoldfastError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import { KNOWN_VARIABLES } from '../../shared/known-variables.ts';
import { asksForHelp, parseSettings, processSources, type SettingSources } from '../../shared/settings.ts';
import { renderHelp } from '../../shared/settings-table.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { createJoinToken, type Output } from './join-token.ts';
import { explain } from './explain.ts';
import { explainSettings, joinTokenSettings } from './settings.ts';
import { terminalLines } from './terminal-text.ts';

const OVERVIEW = `Usage: holdfast <command> [settings]

Commands:
  quickstart          control plane, two data planes and a demo origin on this machine
  control-plane       run a control plane
  data-plane          run a data plane
  join-token create   let a new data plane into a gateway
  explain             tell what would become of a request, and why
  version             versions of this software
  help                this text

"holdfast <command> --help" lists the settings of a command. Every setting can be given as a flag, as an environment
variable (HOLDFAST_…) or in a YAML file (--config).
`;

/** Runs one command; returns the exit code. Never throws. */
export async function runCommand(words: readonly string[], sources: (commandArguments: readonly string[]) => SettingSources, output: Output): Promise<number> {
  try {
    await dispatch(words, sources, output);
    return 0;
  } catch (thrown) {
    output.err(terminalLines(`holdfast: ${thrown instanceof HoldfastError ? thrown.message : String(thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown)}`));
    return 1;
  }
}

async function dispatch([command = 'help', ...rest]: readonly string[], sources: (commandArguments: readonly string[]) => SettingSources, output: Output): Promise<void> {
  switch (command) {
    case 'help':
      output.out(OVERVIEW);
      return;
    case 'version':
      if (rest.length > 0 && !asksForHelp(rest)) throw misuse(`"holdfast version" takes nothing after it, got "${rest.join(' ')}"`);
      output.out(`holdfast ${THIS_VERSION} (sync protocol ${PROTOCOL_VERSION}, Node ${process.versions.node})`);
      return;
    case 'join-token':
      return joinToken(rest, sources, output);
    case 'explain':
      if (asksForHelp(rest)) output.out(renderHelp(explainSettings, { usage: 'holdfast explain --url https://… [settings]', summary: 'Asks a data plane what would become of a request: which route and why not the others, which plugins in which order, which target.' }));
      else await explain(parseSettings(explainSettings, sources(rest), KNOWN_VARIABLES), output);
      return;
    default:
      throw misuse(`"${command}" is not a command${didYouMean(command, ['help', 'version', 'join-token', 'explain'])}; "holdfast help" lists them`);
  }
}

async function joinToken([verb = '--help', ...rest]: readonly string[], sources: (commandArguments: readonly string[]) => SettingSources, output: Output): Promise<void> {
  if (asksForHelp([verb, ...rest])) {
    output.out(renderHelp(joinTokenSettings, { usage: 'holdfast join-token create [settings]', summary: 'Creates a join token through the admin API and prints it. A data plane that starts with it joins the gateway and gets its certificate.' }));
    return;
  }
  if (verb !== 'create') throw misuse(`"${verb}" is not something to do with join tokens${didYouMean(verb, ['create'])}; it is "holdfast join-token create"`);
  await createJoinToken(parseSettings(joinTokenSettings, sources(rest), KNOWN_VARIABLES), output);
}

function misuse(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: message });
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const output: Output = { out: (line) => void stdout.write(`${line}\n`), err: (line) => void stderr.write(`${line}\n`) };
  process.exitCode = await runCommand(argv.slice(2), processSources, output);
}
