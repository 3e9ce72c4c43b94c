#!/usr/bin/env node
/**
 * The `holdfast` command. Starts on any Node from 16, finds the pinned one and hands over to the command's TypeScript
 * file. It dispatches here, because neither plane may import the other.
 */
import { existsSync } from 'node:fs';
import { BootstrapError, ensureInstalled, runBootstrap, runSource } from './bootstrap.js';

/** `file` gets the words after the command; with `passesName` also the command itself. */
const COMMANDS = {
  'control-plane': { file: 'control-plane/main.ts' },
  'data-plane': { file: 'data-plane/main.ts' },
  doctor: { files: { 'control-plane': 'control-plane/doctor/main.ts', 'data-plane': 'data-plane/doctor/main.ts' } },
  quickstart: { file: 'deploy/quickstart/main.ts', installs: true },
  'join-token': { file: 'control-plane/cli/main.ts', passesName: true },
  releases: { file: 'control-plane/cli/main.ts', passesName: true },
  gateway: { file: 'control-plane/cli/main.ts', passesName: true },
  audit: { file: 'control-plane/cli/main.ts', passesName: true },
  keys: { file: 'control-plane/cli/main.ts', passesName: true },
  epoch: { file: 'control-plane/cli/main.ts', passesName: true },
  convert: { file: 'control-plane/cli/main.ts', passesName: true },
  login: { file: 'control-plane/cli/main.ts', passesName: true },
  logout: { file: 'control-plane/cli/main.ts', passesName: true },
  explain: { file: 'control-plane/cli/main.ts', passesName: true },
  top: { file: 'control-plane/cli/main.ts', passesName: true },
  logs: { file: 'control-plane/cli/main.ts', passesName: true },
  blame: { file: 'control-plane/cli/main.ts', passesName: true },
  usage: { file: 'control-plane/cli/main.ts', passesName: true },
  alerts: { file: 'control-plane/cli/main.ts', passesName: true },
  publish: { file: 'control-plane/cli/main.ts', passesName: true },
  plugin: { file: 'control-plane/cli/main.ts', passesName: true },
  backup: { file: 'control-plane/cli/main.ts', passesName: true },
  'data-planes': { file: 'control-plane/cli/main.ts', passesName: true },
  version: { file: 'control-plane/cli/main.ts', passesName: true },
  help: { file: 'control-plane/cli/main.ts', passesName: true },
};

const SYNONYMS = { '--help': 'help', '-h': 'help', '--version': 'version', '-v': 'version' };

await runBootstrap(async () => {
  const [word = 'help', ...rest] = process.argv.slice(2);
  const name = Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : word;
  if (!Object.hasOwn(COMMANDS, name)) throw new BootstrapError(refuse(name));
  const command = COMMANDS[name];
  if (command.files !== undefined) return runDoctor(command.files, rest);
  if (command.installs === true) ensureInstalled({ withDevelopment: false });
  await runSource(command.file, command.passesName === true ? [name, ...rest] : rest);
});

/** The plane is a word of its own, or told by what this machine has. */
async function runDoctor(files, [word, ...rest]) {
  if (word !== undefined && Object.hasOwn(files, word)) return runSource(files[word], rest);
  if (word !== undefined && !word.startsWith('-')) throw new BootstrapError(`"holdfast doctor" looks at ${Object.keys(files).join(' or ')}, not at "${word}"`);
  const { HOLDFAST_STATE_FOLDER: folder, HOLDFAST_JOIN_TOKEN: token, HOLDFAST_JOIN_TOKEN_FILE: tokenFile } = process.env;
  const isDataPlane = token !== undefined || tokenFile !== undefined || existsSync(`${folder ?? '.holdfast/data-plane'}/identity`);
  return runSource(files[isDataPlane ? 'data-plane' : 'control-plane'], word === undefined ? [] : [word, ...rest]);
}

function refuse(name) {
  const names = Object.keys(COMMANDS);
  const nearest = names.map((known) => ({ known, slips: editDistance(name, known) })).sort((a, b) => a.slips - b.slips)[0];
  const hint = nearest.slips <= Math.max(2, name.length / 3) ? ` (did you mean "${nearest.known}"?)` : '';
  return `"${name}" is not a command${hint}; the commands are ${names.join(', ')}`;
}

/** Levenshtein distance. Our own, because this runs before any package is installed. */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
