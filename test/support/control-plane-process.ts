/**
 * Control planes and commands as people run them: processes of their own, whose output is kept. Every one that a test file
 * started is ended after its tests, however they end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitUntil } from './wait-until.ts';

export const START_BOUND_MS = 60_000;

export interface Started {
  readonly child: ChildProcess;
  /** Both streams. */
  readonly output: () => string;
  readonly stdout: () => string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const children = new Set<Started>();

after(async () => {
  for (const { child } of children) child.kill('SIGKILL');
  await Promise.all([...children].map(({ ended }) => ended));
});

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts a program of this project, or of another release of it, with our environment minus Holdfast's settings, plus `environment`. */
export function startProgram(program: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}, project = PROJECT): Started {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_') && name !== 'DATABASE_URL' && name !== 'NODE_TEST_CONTEXT'));
  const child = spawn(process.execPath, [join(project, program), ...words], { env: { ...inherited, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let stdout = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += String(text)));
  child.stdout.on('data', (text) => (stdout += String(text)));
  const ended = new Promise<number | string>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  const started: Started = { child, output: () => output, stdout: () => stdout, ended };
  children.add(started);
  void ended.then(() => children.delete(started));
  return started;
}

/** On free ports. `environment` names at least the state folder. */
export function startControlPlane(environment: Readonly<Record<string, string>>, project = PROJECT): Started {
  return startProgram('control-plane/main.ts', [], { HOLDFAST_ADMIN_LISTEN: '127.0.0.1:0', HOLDFAST_SYNC_LISTEN: '127.0.0.1:0', HOLDFAST_STATUS_LISTEN: '127.0.0.1:0', ...environment }, project);
}

/** The URL of a control plane's admin API, once it says that it is ready. */
export async function ready(started: Started): Promise<string> {
  const address = await waitUntil('the control plane is ready', () => {
    if (started.child.exitCode !== null) throw new Error(`it ended: ${started.output()}`);
    return /"event":"ready","admin":"([^"]+)"/.exec(started.output())?.[1];
  }, START_BOUND_MS);
  return `http://${address}`;
}
