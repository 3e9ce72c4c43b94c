/**
 * `holdfast plugin new|test|bench|register|list`: custom plugins, from an empty folder to the control plane. The first three need no
 * control plane. What a plugin is, is said by shared/plugin-kit/plugin-package.ts.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { takeJsonObject } from '../../shared/model/json-door.ts';
import { ProblemList } from '../../shared/model/problems.ts';
import { checkPlugin } from '../../shared/plugin-kit/contract-checks.ts';
import { measurePlugin } from '../../shared/plugin-kit/plugin-cost.ts';
import { findPluginPackage, loadPlugin } from '../../shared/plugin-kit/plugin-package.ts';
import { toSchemaDocument } from '../../shared/plugins/schema-document.ts';
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { recordsOf } from './admin-answer.ts';
import { get, post } from './admin-client.ts';
import { command, type Command, type Output } from './command.ts';
import { templateOf } from './plugin-template.ts';
import { adminAccessSettings } from './settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

const SOFTWARE = fileURLToPath(new URL('../..', import.meta.url));
const SPECIFIERS = new URL('../../shared/plugin-kit/holdfast-specifiers.ts', import.meta.url).href;
const PLUGIN_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const newSettings = defineSettings({
  language: { env: 'HOLDFAST_PLUGIN_LANGUAGE', flag: '--language', type: 'enum', values: ['typescript', 'javascript'], default: 'typescript', description: 'What it is written in; packages for npm must be JavaScript, because Node runs no TypeScript below node_modules' },
});
const testSettings = defineSettings({
  config: { env: 'HOLDFAST_PLUGIN_CONFIG', flag: '--config', type: 'path', description: 'JSON file with a config that the schema takes; {} without it' },
});
const benchSettings = defineSettings({
  ...testSettings,
  requests: { env: 'HOLDFAST_PLUGIN_REQUESTS', flag: '--requests', type: 'integer', default: 500_000, between: [1_000, 100_000_000], description: 'How many requests, in five rounds' },
});
const listSettings = defineSettings({
  ...adminAccessSettings,
  json: { env: 'HOLDFAST_PLUGIN_JSON', flag: '--json', type: 'boolean', default: false, description: 'Prints what the admin API answers' },
});

const FOLDER = { least: 1, most: 1, areFiles: true } as const;

export const PLUGIN_COMMANDS: readonly Command[] = [
  command({
    name: 'plugin new', about: 'begin a custom plugin in a new folder', settings: newSettings, words: FOLDER, run: (settings, output, [folder = '']) => begin(folder, settings, output),
    usage: 'plugin new FOLDER [--language javascript]', summary: 'Writes a small plugin with its schema, tests and README, which passes its own tests. The name of the folder is that of the plugin.',
  }),
  command({
    name: 'plugin test', about: 'check that a plugin keeps the contract, and run its tests', settings: testSettings, words: FOLDER, run: (settings, output, [folder = '']) => check(folder, settings, output),
    usage: 'plugin test FOLDER [--config FILE]', summary: 'Checks the schema, makes the plugin and puts requests through its phases that nobody meant it to see; then runs *.test.ts and *.test.js of its folder. Exit codes: 0 all is well; 1 wrong use, or it could not be loaded; 2 something is wrong with it.',
  }),
  command({
    name: 'plugin bench', about: 'measure what a plugin costs per request', settings: benchSettings, words: FOLDER, run: (settings, output, [folder = '']) => bench(folder, settings, output),
    usage: 'plugin bench FOLDER [--config FILE] [--requests N]', summary: 'Prints CPU microseconds per request of each phase of the plugin, without what the gateway itself does.',
  }),
  command({
    name: 'plugin register', about: 'tell the control plane of a version of a plugin', settings: adminAccessSettings, words: FOLDER, run: (settings, output, [folder = '']) => register(folder, settings, output),
    usage: 'plugin register FOLDER [settings]', summary: 'Registers schema, version and hash of the files, so that the plugin can be configured. The code stays here: data planes bring it along (HOLDFAST_PLUGINS). Twice the same is once; a version never changes. For installation admins.',
  }),
  command({ name: 'plugin list', about: 'list the plugins that can be configured', settings: listSettings, run: list, summary: 'Lists bundled and custom plugins with their versions.' }),
];

function begin(folder: string, { language }: Settings<typeof newSettings>, output: Output): void {
  const name = basename(folder);
  if (!PLUGIN_NAME.test(name)) throw misused(`"${name}" is no name of a plugin: use lower-case letters, digits and hyphens`);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw misused(`${folder} is not empty`);
  mkdirSync(folder, { recursive: true });
  const software = relative(folder, SOFTWARE).split(sep).join('/').replace(/\/$/, '');
  for (const [file, content] of templateOf({ name, language, software })) writeFileSync(join(folder, file), content);
  output.out(terminalLine(`${folder} is there. Next: holdfast plugin test ${folder}`));
}

async function check(folder: string, { config }: Settings<typeof testSettings>, output: Output): Promise<number> {
  const { plugin, hash } = await load(folder);
  const { name, version } = plugin.schema;
  output.out(terminalLine(`${name} ${version} (${hash.slice(0, 12)}…)`));
  const outcomes = await checkPlugin(plugin, readConfig(config));
  for (const { name: what, problems } of outcomes) {
    output.out(terminalLine(`${problems.length === 0 ? 'ok  ' : 'FAIL'}  ${what}`));
    for (const problem of problems) output.out(terminalLine(`      ${problem}`));
  }
  const failed = outcomes.filter(({ problems }) => problems.length > 0).length;
  output.out(`${outcomes.length} checks, ${failed} failed`);
  const tests = readdirSync(folder).filter((file) => /\.test\.(?:ts|js|mjs)$/.test(file));
  const passed = tests.length === 0 || (await runTests(folder, tests));
  return failed === 0 && passed ? 0 : 2;
}

/** On this terminal. */
function runTests(folder: string, files: readonly string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const child = spawn(process.execPath, ['--import', SPECIFIERS, '--test', ...files], { cwd: folder, stdio: 'inherit', env: environment });
    child.once('error', reject).once('exit', (code) => resolve(code === 0));
  });
}

async function bench(folder: string, { config, requests }: Settings<typeof benchSettings>, output: Output): Promise<void> {
  const { plugin } = await load(folder);
  const costs = await measurePlugin(plugin, readConfig(config), { requests });
  const number = (value: number): string => value.toFixed(3);
  const rows = costs.map(({ phase, microseconds, least, most }) => [phase, number(microseconds), `${number(least)}…${number(most)}`]);
  for (const line of textTable([['PHASE', 'CPU µs/REQUEST', 'SPREAD'], ...rows])) output.out(line);
}

async function register(folder: string, settings: Settings<typeof adminAccessSettings>, output: Output): Promise<void> {
  const { plugin, hash } = await load(folder);
  const { document, leftOut } = toSchemaDocument(plugin.schema);
  const registered = await post(settings, '/v1/plugins', { hash, schema: document });
  output.out(terminalLine(`${cell(registered['name'])} ${cell(registered['version'])} is registered (${hash.slice(0, 12)}…). Data planes run it that have its folder in HOLDFAST_PLUGINS`));
  if (leftOut.length > 0) output.err(terminalLine(`rules that are code stay with the data planes, which isolate a plugin that breaks them: ${leftOut.join(', ')}`));
}

async function list(settings: Settings<typeof listSettings>, output: Output): Promise<void> {
  const answer = await get(settings, '/v1/plugins');
  if (settings.json) return output.out(terminalJson(answer['data']));
  const rows = recordsOf(answer['data']).map((plugin) => [cell(plugin['name']), cell(plugin['version']), cell(plugin['source']), cell(plugin['priority']), cell(plugin['hash']).slice(0, 12)]);
  for (const line of textTable([['NAME', 'VERSION', 'SOURCE', 'PRIORITY', 'HASH'], ...rows])) output.out(terminalLine(line));
}

function load(folder: string): ReturnType<typeof loadPlugin> {
  return loadPlugin(findPluginPackage(folder, process.cwd()));
}

function readConfig(path: string | undefined): JsonObject {
  if (path === undefined) return {};
  const problems = new ProblemList();
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw misused(`${path} can not be read: ${describeThrown(thrown)}`);
  }
  const taken = takeJsonObject(value, problems);
  if (taken === undefined) throw misused(`${path}: ${problems.problems.map(({ field, message }) => `${field}: ${message}`).join('; ') || 'expected an object'}`);
  return taken;
}

function misused(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: message });
}
