/**
 * Declarative settings of both planes and the CLI: one definition per setting yields its flag, its environment variable,
 * its key in the YAML file, its help and its TypeScript type. Flags win over the environment, the environment over the
 * file, the file over defaults. Unknown names are refused with the nearest known one. Called once, at start-up.
 */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { describeThrown, HoldfastError } from './errors.ts';
import { didYouMean } from './nearest.ts';
import { parseSettingValue, type SettingValue, type SettingValues } from './setting-types.ts';

interface DefinitionCommon {
  /** `HOLDFAST_…`; the YAML key is the rest of it in lower case (`database_url`). */
  readonly env: `HOLDFAST_${string}`;
  /** `--…`; by default the YAML key with hyphens (`--database-url`). */
  readonly flag?: `--${string}`;
  /** One sentence without a full stop: what it does and when to change it. */
  readonly description: string;
  /** Refuse to start without a value. */
  readonly required?: boolean;
  /** Never shown in a message or in help; may also be given as a file (`…_FILE`, `--…-file`, `…_file`). */
  readonly secret?: boolean;
  /** Other environment variables that are accepted and rank below `env` (`DATABASE_URL`). */
  readonly synonyms?: readonly string[];
}

interface PlainDefinition extends DefinitionCommon {
  readonly type: keyof SettingValues;
  /** As a person would write it (`'30s'`, `'127.0.0.1:8001'`, `4`); parsed like any other value. */
  readonly default?: string | number | boolean | readonly string[];
  /** Inclusive bounds of an integer, or of a duration in milliseconds. */
  readonly between?: readonly [number, number];
  /** Of a `listen`: the words that may stand behind an address. */
  readonly options?: readonly string[];
  /** Of `pairs`: what may stand before and behind the =. */
  readonly names?: readonly string[];
  readonly words?: readonly string[];
}

interface EnumDefinition extends DefinitionCommon {
  readonly type: 'enum';
  readonly values: readonly string[];
  readonly default?: string;
}

export type SettingDefinition = PlainDefinition | EnumDefinition;
export type SettingDefinitions = Readonly<Record<string, SettingDefinition>>;

type ValueOf<D> = D extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
  ? V
  : D extends { readonly type: infer T extends keyof SettingValues }
    ? SettingValues[T]
    : never;

/** The parsed, frozen settings of a set of definitions: `undefined` only where there is neither default nor `required`. */
export type Settings<D extends SettingDefinitions> = {
  readonly [K in keyof D]: D[K] extends { readonly default: unknown } | { readonly required: true } ? ValueOf<D[K]> : ValueOf<D[K]> | undefined;
};

/** Where settings come from. All I/O is here, so that tests inject it. */
export interface SettingSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The arguments after the command's own words. */
  readonly arguments: readonly string[];
  /** Reads the YAML file and the `…_FILE` secrets as UTF-8; throws where it can't. */
  readonly readFile: (path: string) => string;
  /** Relative paths count from here. */
  readonly workingFolder: string;
}

/** Keeps the literal types of a table of definitions, from which the type of the settings is inferred. */
export function defineSettings<const D extends SettingDefinitions>(definitions: D): D {
  return definitions;
}

/** The sources of a real process. */
export function processSources(commandArguments: readonly string[]): SettingSources {
  return { environment: process.env, arguments: commandArguments, readFile: (path) => readFileSync(path, 'utf8'), workingFolder: process.cwd() };
}

/** True where the person asked for help: print `renderHelp` and parse nothing. */
export function asksForHelp(commandArguments: readonly string[]): boolean {
  return commandArguments.includes('--help') || commandArguments.includes('-h');
}

/**
 * Parses settings from flags, environment, YAML file (`--config`, HOLDFAST_CONFIG) and defaults.
 * `knownElsewhere` are the variables of all commands (known-variables.ts): those of others, and their YAML keys, may be
 * present and are skipped, so that one environment or file can serve both planes.
 * Throws SETTINGS_INVALID listing every problem at once, each with the setting, the rule and the way out.
 */
export function parseSettings<D extends SettingDefinitions>(definitions: D, sources: SettingSources, knownElsewhere: readonly string[] = []): Settings<D> {
  const problems: string[] = [];
  const given = collectGiven(definitions, sources, knownElsewhere, problems);
  const settings: Record<string, SettingValue | undefined> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    settings[name] = settle(definition, given.map((source) => source.get(definition)).find((value) => value !== undefined), sources, problems);
  }
  if (problems.length > 0) throw invalid(problems);
  return Object.freeze(settings) as Settings<D>;
}

/** The setting's key in the YAML file. */
export function yamlKeyOf(definition: SettingDefinition): string {
  return yamlKeyOfVariable(definition.env);
}

/** The variables that may give a setting: its own, and where it is secret, the one that names a file. */
export function variablesOf(definition: SettingDefinition): readonly string[] {
  return definition.secret === true ? [definition.env, `${definition.env}_FILE`] : [definition.env];
}

function yamlKeyOfVariable(variable: string): string {
  return variable.slice('HOLDFAST_'.length).toLowerCase();
}

/** The setting's flag. */
export function flagOf(definition: SettingDefinition): string {
  return definition.flag ?? `--${yamlKeyOf(definition).replaceAll('_', '-')}`;
}

/** Built in: where the YAML file is. */
export const CONFIG_FILE_SETTING: SettingDefinition = {
  env: 'HOLDFAST_CONFIG',
  flag: '--config',
  type: 'path',
  description: 'YAML file with settings, one `key: value` per line',
};

/** One value as somebody wrote it, and the name under which they did. */
interface Given {
  readonly raw: unknown;
  readonly name: string;
  /** The raw value is the path of a file that holds the value. */
  readonly isFile: boolean;
}

type Source = ReadonlyMap<SettingDefinition, Given>;

function collectGiven(definitions: SettingDefinitions, sources: SettingSources, elsewhere: readonly string[], problems: string[]): readonly Source[] {
  const own = [CONFIG_FILE_SETTING, ...Object.values(definitions)];
  const flags = readFlags(own, sources.arguments, problems);
  const environment = readEnvironment(own, elsewhere, sources.environment, problems);
  const path = settle(CONFIG_FILE_SETTING, flags.get(CONFIG_FILE_SETTING) ?? environment.get(CONFIG_FILE_SETTING), sources, problems);
  const file = typeof path === 'string' ? readYaml(own, elsewhere, path, sources, problems) : new Map<SettingDefinition, Given>();
  return [flags, environment, file];
}

/** From the winning raw value, or the default, to the typed value. */
function settle(definition: SettingDefinition, given: Given | undefined, sources: SettingSources, problems: string[]): SettingValue | undefined {
  const rules = { ...definition, workingFolder: sources.workingFolder };
  if (given === undefined) {
    if (definition.default === undefined) {
      if (definition.required === true) problems.push(`${definition.env} is required; set it, or ${flagOf(definition)}, or ${yamlKeyOf(definition)} in the --config file`);
      return undefined;
    }
    const parsed = parseSettingValue(definition.default, rules);
    if (parsed.kind === 'refused') throw new Error(`internal invariant broken: the default of ${definition.env} ${parsed.rule}`);
    return parsed.value;
  }
  const raw = given.isFile ? readSecretFile(given, sources, problems) : given.raw;
  if (raw === undefined) return undefined;
  const parsed = parseSettingValue(raw, rules);
  if (parsed.kind === 'value') return parsed.value;
  const shown = definition.secret === true ? '' : `, got ${JSON.stringify(raw)}`;
  problems.push(`${given.name} ${parsed.rule}${shown}`);
  return undefined;
}

function readSecretFile(given: Given, sources: SettingSources, problems: string[]): string | undefined {
  try {
    return sources.readFile(String(given.raw)).trim();
  } catch (thrown) {
    problems.push(`${given.name} names a file that can't be read (${describeThrown(thrown)}); give the path of a file that holds the value alone`);
    return undefined;
  }
}

/** Adds one value to a source; a value and its `…_FILE` form together are refused, because one of them would be ignored. */
function add(source: Map<SettingDefinition, Given>, definition: SettingDefinition, given: Given, problems: string[]): void {
  const earlier = source.get(definition);
  if (earlier === undefined) source.set(definition, given);
  else if ((definition.type === 'list' || definition.type === 'listen') && !given.isFile) source.set(definition, { ...given, raw: `${String(earlier.raw)},${String(given.raw)}` });
  else problems.push(earlier.name === given.name ? `${given.name} is given twice; give it once` : `${earlier.name} and ${given.name} are both given; give one of them`);
}

function readEnvironment(own: readonly SettingDefinition[], elsewhere: readonly string[], environment: SettingSources['environment'], problems: string[]): Map<SettingDefinition, Given> {
  const found = new Map<SettingDefinition, Given>();
  for (const definition of own) {
    const names = [{ name: String(definition.env), isFile: false }];
    if (definition.secret === true) names.push({ name: `${definition.env}_FILE`, isFile: true });
    for (const { name, isFile } of names) {
      const raw = environment[name];
      // An empty variable counts as unset: compose files and shells pass those for "no value".
      if (raw !== undefined && raw !== '') add(found, definition, { raw, name, isFile }, problems);
    }
    for (const name of definition.synonyms ?? []) {
      const raw = environment[name];
      if (raw !== undefined && raw !== '' && !found.has(definition)) found.set(definition, { raw, name, isFile: false });
    }
  }
  const known = new Set([...own.flatMap(variablesOf), ...elsewhere]);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('HOLDFAST_') && !known.has(name)) problems.push(`environment variable ${name} is unknown${didYouMean(name, known)}; correct or unset it`);
  }
  return found;
}

function readFlags(own: readonly SettingDefinition[], words: readonly string[], problems: string[]): Map<SettingDefinition, Given> {
  const known = new Map<string, { readonly definition: SettingDefinition; readonly isFile: boolean; readonly implied?: string }>();
  for (const definition of own) {
    const flag = flagOf(definition);
    known.set(flag, definition.type === 'boolean' ? { definition, isFile: false, implied: 'true' } : { definition, isFile: false });
    if (definition.type === 'boolean') known.set(`--no-${flag.slice(2)}`, { definition, isFile: false, implied: 'false' });
    if (definition.secret === true) known.set(`${flag}-file`, { definition, isFile: true });
  }
  const found = new Map<SettingDefinition, Given>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const target = known.get(name);
    if (target === undefined) {
      problems.push(word.startsWith('-') ? `flag ${name} is unknown${didYouMean(name, known.keys())}; see --help` : `argument "${word}" is not expected; settings are given as --name value`);
      if (equals === -1 && word.startsWith('-') && rest[0]?.startsWith('-') === false) rest.shift();
      continue;
    }
    const inline = equals === -1 ? target.implied : word.slice(equals + 1);
    const raw = inline ?? (rest[0]?.startsWith('--') === false ? rest.shift() : undefined);
    if (raw === undefined || raw === '') problems.push(`${name} needs a value: ${name} <${target.isFile ? 'path' : target.definition.type}>`);
    else add(found, target.definition, { raw, name, isFile: target.isFile }, problems);
  }
  return found;
}

function readYaml(own: readonly SettingDefinition[], elsewhere: readonly string[], path: string, sources: SettingSources, problems: string[]): Map<SettingDefinition, Given> {
  const found = new Map<SettingDefinition, Given>();
  const known = new Map<string, { readonly definition: SettingDefinition; readonly isFile: boolean } | undefined>(elsewhere.map((variable) => [yamlKeyOfVariable(variable), undefined]));
  for (const definition of own) {
    known.set(yamlKeyOf(definition), { definition, isFile: false });
    if (definition.secret === true) known.set(`${yamlKeyOf(definition)}_file`, { definition, isFile: true });
  }
  known.delete(yamlKeyOf(CONFIG_FILE_SETTING));
  for (const [key, raw] of Object.entries(parseYamlMap(path, sources))) {
    const target = known.get(key);
    if (!known.has(key)) problems.push(`"${key}" in ${path} is unknown${didYouMean(key, known.keys())}; correct or remove it`);
    else if (target !== undefined && raw !== null && raw !== '') add(found, target.definition, { raw, name: `${key} in ${path}`, isFile: target.isFile }, problems);
  }
  return found;
}

function parseYamlMap(path: string, sources: SettingSources): object {
  let document: unknown;
  try {
    document = parseYaml(sources.readFile(path));
  } catch (thrown) {
    throw new HoldfastError({
      code: 'SETTINGS_FILE_UNREADABLE',
      source: 'gateway',
      publicMessage: 'the settings file could not be read',
      message: `the settings file ${path} could not be read: ${describeThrown(thrown)}; give --config a readable YAML file of "key: value" lines`,
      cause: thrown,
    });
  }
  if (document === null) return {};
  if (typeof document === 'object' && !Array.isArray(document)) return document;
  throw invalid([`${path} must hold "key: value" lines at its top level`]);
}

function invalid(problems: readonly string[]): HoldfastError {
  return new HoldfastError({
    code: 'SETTINGS_INVALID',
    source: 'gateway',
    publicMessage: 'the settings are not valid',
    message: problems.length === 1 ? `invalid settings: ${problems.join('')}` : `invalid settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  });
}
