/**
 * `holdfast keys …` and `holdfast epoch bump`: which command it is, its settings and its files. What each does is in
 * keys-offline.ts and keys-online.ts; deploy/keys.md tells when to use them. Called by main.ts.
 */
import { resolve } from 'node:path';
import { HoldfastError } from '../../shared/errors.ts';
import { KNOWN_VARIABLES } from '../../shared/known-variables.ts';
import { didYouMean } from '../../shared/nearest.ts';
import { asksForHelp, parseSettings, type SettingDefinitions, type Settings, type SettingSources } from '../../shared/settings.ts';
import { renderHelp } from '../../shared/settings-table.ts';
import type { Output } from './join-token.ts';
import { newRootKey, proposeRootSet, showFiles, signFiles } from './keys-offline.ts';
import { bumpEpoch, importFiles, retire, rotate, showStatus, writePending } from './keys-online.ts';
import {
  epochSettings, importSettings, newRootKeySettings, pendingSettings, proposeSettings, retireSettings, rotateSettings, showSettings, signSettings, statusSettings,
} from './keys-settings.ts';

export type Sources = (commandArguments: readonly string[]) => SettingSources;

interface Command {
  /** After `holdfast keys`, without settings. */
  readonly usage: string;
  readonly summary: string;
  run(words: readonly string[], sources: Sources, output: Output): Promise<void> | void;
  help(): string;
}

/** The words that are no settings: `least` of them at least, `most` at most; with `areFiles`, paths from the working folder. */
function command<D extends SettingDefinitions>(given: {
  readonly usage: string;
  readonly summary: string;
  readonly settings: D;
  readonly least?: number;
  readonly most?: number;
  readonly areFiles?: boolean;
  readonly run: (settings: Settings<D>, words: readonly string[], output: Output) => Promise<void> | void;
}): Command {
  const { usage, summary, settings, least = 0, most = least, areFiles = false } = given;
  return {
    usage,
    summary,
    help: () => renderHelp(settings, { usage: `holdfast ${usage} [settings]`, summary }),
    run: (words, sources, output) => {
      const { flags, others } = splitWords(words);
      if (others.length < least || others.length > most) throw misused(`usage: holdfast ${usage}${others.length > most ? `; "${others.slice(most).join(' ')}" is too much` : ''}`);
      const from = sources(flags);
      return given.run(parseSettings(settings, from, KNOWN_VARIABLES), areFiles ? others.map((path) => resolve(from.workingFolder, path)) : others, output);
    },
  };
}

const MOST_FILES = 100;

/** By the words after `holdfast`. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['keys root new-key', command({ usage: 'keys root new-key --out FILE', summary: 'Makes a root key where it will be kept: no network, no database. Prints its public key.', settings: newRootKeySettings, run: (settings, _, output) => newRootKey(settings, output) })],
  ['keys root propose', command({ usage: 'keys root propose --keys KEY,KEY,… --threshold N --out FILE', summary: 'Writes a new root set to be signed, by enough members of the set before and of its own.', settings: proposeSettings, run: (settings, _, output) => proposeRootSet(settings, output, Date.now()) })],
  ['keys sign', command({ usage: 'keys sign FILE --key KEY', summary: 'Adds a signature to the statements in a file; holders sign one after the other, in any order.', settings: signSettings, least: 1, most: MOST_FILES, areFiles: true, run: signFiles })],
  ['keys show', command({ usage: 'keys show FILE', summary: 'Tells in words what the statements in a file say, who has signed and who is missing.', settings: showSettings, least: 1, most: MOST_FILES, areFiles: true, run: showFiles })],
  ['keys status', command({ usage: 'keys status', summary: 'Shows the keys of the installation and what waits for root keys.', settings: statusSettings, run: (settings, _, output) => showStatus(settings, output) })],
  ['keys pending', command({ usage: 'keys pending --out FILE', summary: 'Writes the statements that wait for root keys, with the chain of root sets.', settings: pendingSettings, run: (settings, _, output) => writePending(settings, output) })],
  ['keys import', command({ usage: 'keys import FILE', summary: 'Brings signed statements to the control plane, which verifies all of them before it stores any.', settings: importSettings, least: 1, most: MOST_FILES, areFiles: true, run: importFiles })],
  ['keys rotate', command({ usage: 'keys rotate publish|content|ca', summary: 'Makes a new key; the old one stays in use until everybody has changed over.', settings: rotateSettings, least: 1, run: (settings, [purpose = ''], output) => rotate(settings, purpose, output) })],
  ['keys retire', command({ usage: 'keys retire publish|content|ca KEY-ID', summary: 'Takes a key out of use; refused, with names, while anybody needs it.', settings: retireSettings, least: 2, run: retire })],
  ['epoch bump', command({ usage: 'epoch bump --gateway NAME', summary: 'After a restore from an old backup: begins a new epoch, so that data planes take what is stored although they have newer.', settings: epochSettings, run: (settings, _, output) => bumpEpoch(settings, output) })],
]);

/** `words` begin with `keys` or `epoch`. */
export async function runKeysCommand(words: readonly string[], sources: Sources, output: Output): Promise<void> {
  for (const length of [3, 2]) {
    const found = COMMANDS.get(words.slice(0, length).join(' '));
    if (found === undefined) continue;
    if (asksForHelp(words)) return output.out(found.help());
    return found.run(words.slice(length), sources, output);
  }
  const [first = ''] = words;
  const own = [...COMMANDS].filter(([name]) => name.startsWith(first));
  if (words.length === 1 || asksForHelp(words)) return output.out(`Usage: holdfast ${first} <command> [settings]\n\nCommands:\n${own.map(([, { usage, summary }]) => `  holdfast ${usage}\n      ${summary}`).join('\n')}\n`);
  const said = words.filter((word) => !word.startsWith('-')).slice(0, 3).join(' ');
  throw misused(`"holdfast ${said}" is not a command${didYouMean(said, own.map(([name]) => name))}; "holdfast ${first} --help" lists them`);
}

/** A word behind a flag without "=" is its value. */
function splitWords(words: readonly string[]): { readonly flags: readonly string[]; readonly others: readonly string[] } {
  const flags: string[] = [];
  const others: string[] = [];
  let isValue = false;
  for (const word of words) {
    if (isValue || word.startsWith('-')) flags.push(word);
    else others.push(word);
    isValue = !isValue && word.startsWith('--') && !word.includes('=');
  }
  return { flags, others };
}

function misused(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: message });
}
