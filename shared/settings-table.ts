/**
 * What people read about settings, generated from the definitions: `--help` on a terminal and the Markdown table in the
 * documentation (a test compares the committed one). Called by the planes' main.ts and by the documentation test.
 */
import { CONFIG_FILE_SETTING, flagOf, yamlKeyOf, type SettingDefinition, type SettingDefinitions } from './settings.ts';

export interface HelpText {
  /** `holdfast control-plane [settings]`. */
  readonly usage: string;
  /** One or two sentences: what the command does. */
  readonly summary: string;
}

/** The text of `--help`: usage, then every setting with its variable, default and meaning. */
export function renderHelp(definitions: SettingDefinitions, text: HelpText): string {
  const entries = [...Object.values(definitions), CONFIG_FILE_SETTING].map((definition) => {
    const facts = [String(definition.env), definition.required === true ? 'required' : `default ${defaultText(definition)}`];
    return `  ${flagSyntax(definition)}\n      ${definition.description}\n      (${facts.join(', ')})`;
  });
  return [
    `Usage: ${text.usage}`,
    '',
    text.summary,
    '',
    'Settings, by flag, environment variable or YAML file (a flag wins over a variable, a variable over the file):',
    '',
    entries.join('\n'),
    '',
  ].join('\n');
}

/** The settings as a Markdown table, in the order of their definition. */
export function renderSettingsTable(definitions: SettingDefinitions): string {
  const rows = Object.values(definitions).map((definition) => {
    const synonyms = (definition.synonyms ?? []).map((name) => `, \`${name}\``).join('');
    const fallback = definition.required === true ? '*required*' : hasDefault(definition) ? `\`${defaultText(definition)}\`` : '–';
    return `| \`${definition.env}\`${synonyms} | \`${flagOf(definition)}\` | \`${yamlKeyOf(definition)}\` | ${typeText(definition)} | ${fallback} | ${cell(definition.description)} |`;
  });
  return ['| variable | flag | YAML key | type | default | meaning |', '|---|---|---|---|---|---|', ...rows, ''].join('\n');
}

function flagSyntax(definition: SettingDefinition): string {
  if (definition.type === 'boolean') return `${flagOf(definition)}, --no-${flagOf(definition).slice(2)}`;
  const value = definition.type === 'enum' ? definition.values.join('|') : definition.type;
  return definition.secret === true ? `${flagOf(definition)} <${value}>, ${flagOf(definition)}-file <path>` : `${flagOf(definition)} <${value}>`;
}

/** An empty list is none to a reader. */
function hasDefault(definition: SettingDefinition): boolean {
  return definition.default !== undefined && !(Array.isArray(definition.default) && definition.default.length === 0);
}

function defaultText(definition: SettingDefinition): string {
  if (!hasDefault(definition)) return 'none';
  return Array.isArray(definition.default) ? definition.default.join(',') : String(definition.default);
}

function typeText(definition: SettingDefinition): string {
  const bounds = definition.type !== 'enum' && definition.type === 'integer' && definition.between !== undefined ? ` ${definition.between.join('…')}` : '';
  const type = definition.type === 'enum' ? definition.values.map((value) => `\`${value}\``).join(', ') : definition.type;
  return `${type}${bounds}${definition.secret === true ? ', secret' : ''}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
