/**
 * What a command that is no plane is: its words, its settings, what it does. Made by the entries of commands.ts and keys.ts,
 * dispatched by main.ts.
 */
import { resolve } from 'node:path';
import { HoldfastError } from '../../shared/errors.ts';
import { KNOWN_VARIABLES } from '../../shared/known-variables.ts';
import { flagOf, parseSettings, type SettingDefinition, type SettingDefinitions, type Settings, type SettingSources } from '../../shared/settings.ts';
import { renderHelp } from '../../shared/settings-table.ts';

/** Lines for people on both streams; what a program reads goes to `out`. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface Command {
  /** One to three words: what it is about and what to do. */
  readonly name: string;
  /** For the overview; a few words. */
  readonly about: string;
  readonly settings: SettingDefinitions;
  readonly help: () => string;
  /** The exit code; undefined is 0. Throws what is wrong use. */
  readonly run: (sources: SettingSources, output: Output) => Promise<number | undefined>;
}

/** Words of a command that are no settings. */
export interface OwnWords {
  readonly least: number;
  readonly most: number;
  /** Paths, from the working folder; `-` stays what it is. */
  readonly areFiles?: boolean;
}

/** Short flags, each with the long one that it stands for: `-o` for `--output-file`. */
export type ShortFlags = Readonly<Record<`-${string}`, `--${string}`>>;

interface CommandOptions<T extends SettingDefinitions> extends Pick<Command, 'name' | 'about'> {
  /** What stands behind `holdfast` in the first line of its help; `<name> [settings]` where not given. */
  readonly usage?: string;
  /** Whole sentences. */
  readonly summary: string;
  readonly settings: T;
  /** None where not given. */
  readonly words?: OwnWords;
  readonly short?: ShortFlags;
  readonly run: (settings: Settings<T>, output: Output, words: readonly string[]) => Promise<number | void> | void;
}

export function command<const T extends SettingDefinitions>({ name, about, usage = `${name} [settings]`, summary, settings, words, short = {}, run }: CommandOptions<T>): Command {
  return {
    name, about, settings,
    help: () => renderHelp(settings, { usage: `holdfast ${usage}`, summary }),
    run: async (sources, output) => {
      const given = sources.arguments.map((word) => Object.entries(short).find(([name]) => name === word)?.[1] ?? word);
      const switches = new Set(Object.values<SettingDefinition>(settings).flatMap((definition) => (definition.type === 'boolean' ? [flagOf(definition), `--no-${flagOf(definition).slice(2)}`] : [])));
      const { flags, others } = words === undefined ? { flags: given, others: [] } : splitWords(given, words, usage, switches);
      const own = words?.areFiles === true ? others.map((path) => (path === '-' ? path : resolve(sources.workingFolder, path))) : others;
      return (await run(parseSettings(settings, { ...sources, arguments: flags }, KNOWN_VARIABLES), output, own)) ?? undefined;
    },
  };
}

/** A word behind a flag without "=" is its value, unless the flag is a switch; behind "--" nothing is a flag. Key ids may begin with "-". */
function splitWords(given: readonly string[], { least, most }: OwnWords, usage: string, switches: ReadonlySet<string>): { readonly flags: readonly string[]; readonly others: readonly string[] } {
  const flags: string[] = [];
  const others: string[] = [];
  const end = given.includes('--') ? given.indexOf('--') : given.length;
  let isValue = false;
  for (const word of given.slice(0, end)) {
    if (isValue || word.startsWith('--')) flags.push(word);
    else others.push(word);
    isValue = !isValue && word.startsWith('--') && !word.includes('=') && !switches.has(word);
  }
  others.push(...given.slice(end + 1));
  if (others.length >= least && others.length <= most) return { flags, others };
  const tooMuch = others.length > most ? `; "${others.slice(most).join(' ')}" is too much` : '';
  throw new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: `usage: holdfast ${usage}${tooMuch}` });
}
