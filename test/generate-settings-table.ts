/**
 * Writes SETTINGS.md and shared/known-variables.ts from the definitions of both planes and the command line.
 * `npm run generate`; CI compares.
 */
import { writeFileSync } from 'node:fs';
import { COMMANDS } from '../control-plane/cli/commands.ts';
import { controlPlaneSettings } from '../control-plane/settings.ts';
import { dataPlaneSettings } from '../data-plane/settings.ts';
import { CONFIG_FILE_SETTING, variablesOf } from '../shared/settings.ts';
import { renderSettingsTable } from '../shared/settings-table.ts';

const document = `# Settings

Generated from the definitions by \`npm run generate\`; do not edit.

Every setting can be given as a flag, as an environment variable, or in one YAML file (\`--config <file>\`). A flag wins over a
variable, a variable over the file, the file over the default. A secret can also be read from a file: append \`_FILE\` to the
variable, \`-file\` to the flag, \`_file\` to the key. Unknown names are refused. Durations are written \`250ms\`, \`30s\`, \`5m\`, \`1h\`.

## \`holdfast control-plane\`

${renderSettingsTable(controlPlaneSettings)}
## \`holdfast data-plane\`

${renderSettingsTable(dataPlaneSettings)}
${COMMANDS.map(({ name, settings }) => `## \`holdfast ${name}\`

${renderSettingsTable(settings)}`).join('')}`;

writeFileSync(new URL('../SETTINGS.md', import.meta.url), document);

const variables = new Set([CONFIG_FILE_SETTING, ...[controlPlaneSettings, dataPlaneSettings, ...COMMANDS.map(({ settings }) => settings)].flatMap((table) => Object.values(table))].flatMap(variablesOf));
const source = `/**
 * The variables of all commands, so that each accepts an environment or file that serves the others too, without one
 * plane importing the other. Generated from their definitions by \`npm run generate\`; do not edit.
 */
export const KNOWN_VARIABLES: readonly string[] = [
${[...variables].toSorted().map((variable) => `  '${variable}',`).join('\n')}
];
`;
writeFileSync(new URL('../shared/known-variables.ts', import.meta.url), source);
