/**
 * The commands that are no plane: finds the one that is meant (commands.ts), runs it, and tells what went wrong. Started by
 * bin/holdfast.js with the command's name and the words after it.
 */
import { argv, stderr, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { HoldfastError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import { asksForHelp, processSources, type SettingSources } from '../../shared/settings.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import type { Command, Output } from './command.ts';
import { COMMANDS } from './commands.ts';
import { terminalLines } from './terminal-text.ts';

const PLANES = [['quickstart', 'control plane, two data planes and a demo origin on this machine'], ['control-plane', 'run a control plane'], ['data-plane', 'run a data plane'], ['doctor', 'look at what a plane needs on this machine']] as const;
const ABOUT_ITSELF = [['version', 'versions of this software'], ['help', 'this text']] as const;

/** Runs one command; returns the exit code: 0, 1 for wrong use or failure, or one of the command's own. Never throws. */
export async function runCommand(words: readonly string[], sources: (commandArguments: readonly string[]) => SettingSources, output: Output): Promise<number> {
  try {
    return (await dispatch(words, sources, output)) ?? 0;
  } catch (thrown) {
    output.err(terminalLines(`holdfast: ${thrown instanceof HoldfastError ? thrown.message : String(thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown)}`));
    return 1;
  }
}

async function dispatch([word = 'help', ...rest]: readonly string[], sources: (commandArguments: readonly string[]) => SettingSources, output: Output): Promise<number | undefined> {
  const tell = (text: string): undefined => {
    output.out(text);
  };
  if (word === 'help') return tell(overview());
  if (word === 'version') return tell(version(rest));
  const group = COMMANDS.filter(({ name }) => name.split(' ', 1)[0] === word);
  if (group.length === 0) throw misuse(`"${word}" is not a command${didYouMean(word, ['help', 'version', ...COMMANDS.map(({ name }) => name.split(' ', 1)[0] ?? name)])}; "holdfast help" lists them`);
  const { command, words } = chosenFrom(group, word, rest);
  if (command === undefined) return tell(group.map((one) => one.help()).join('\n'));
  if (asksForHelp(words)) return tell(command.help());
  return command.run(sources(words), output);
}

/** `undefined` asks for help with all of them. */
function chosenFrom(group: readonly Command[], word: string, rest: readonly string[]): { readonly command: Command | undefined; readonly words: readonly string[] } {
  const [verb, ...words] = rest;
  const command = group.find(({ name }) => name === `${word} ${verb ?? ''}`);
  if (command !== undefined) return { command, words };
  const whole = group.find(({ name }) => name === word);
  if (whole !== undefined) return { command: whole, words: rest };
  if (verb === undefined || asksForHelp([verb])) return { command: undefined, words };
  const [third, ...behind] = words;
  const longest = group.find(({ name }) => name === `${word} ${verb} ${third ?? ''}`);
  if (longest !== undefined) return { command: longest, words: behind };
  throw misuse(`"${verb}" is not something to do with ${word}${didYouMean(verb, group.map(({ name }) => name.slice(word.length + 1)))}; it is ${group.map(({ name }) => `"holdfast ${name}"`).join(', ')}`);
}

function overview(): string {
  const lines = [...PLANES, ...COMMANDS.map(({ name, about }) => [name, about] as const), ...ABOUT_ITSELF];
  const width = Math.max(...lines.map(([name]) => name.length));
  return `Usage: holdfast <command> [settings]

Commands:
${lines.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

"holdfast <command> --help" lists the settings of a command. Every setting can be given as a flag, as an environment
variable (HOLDFAST_…) or in a YAML file (--config).
`;
}

function version(rest: readonly string[]): string {
  if (rest.length > 0 && !asksForHelp(rest)) throw misuse(`"holdfast version" takes nothing after it, got "${rest.join(' ')}"`);
  return `holdfast ${THIS_VERSION} (sync protocol ${PROTOCOL_VERSION}, Node ${process.versions.node})`;
}

function misuse(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: message });
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const output: Output = { out: (line) => void stdout.write(`${line}\n`), err: (line) => void stderr.write(`${line}\n`) };
  process.exitCode = await runCommand(argv.slice(2), processSources, output);
  // A plugin may have begun something when it was loaded, which would go on for ever.
  if (argv[2] === 'plugin') stdout.write('', () => process.exit());
}
