/**
 * A control plane as a process of its own that is hurt and started again: always in the same state folder and on the same
 * ports, with its embedded Postgres or on a given one, in our network or in one of its own. Its log is kept.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { findPlace } from '../../control-plane/embedded-postgres/place.ts';
import { findPostmaster } from '../../control-plane/embedded-postgres/postmaster.ts';
import { waitUntil } from '../support/wait-until.ts';

export interface ControlPlaneOptions {
  readonly name: string;
  readonly stateFolder: string;
  readonly host: string;
  readonly adminPort: number;
  readonly syncPort: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Words before the command: enters a network namespace. */
  readonly prefix: readonly string[];
  /** Of the installation: the first control plane's, for the others. */
  readonly adminTokenFile: string;
}

export interface AdminReply {
  /** 0 where nothing answered. */
  readonly status: number;
  readonly text: string;
}

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

const MAIN = fileURLToPath(new URL('../../control-plane/main.ts', import.meta.url));
const START_BOUND_MS = 60_000;
const ANSWER_BOUND_MS = 20_000;

export class ControlPlaneRun {
  readonly options: ControlPlaneOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #output = '';
  /** Where the output of the present process begins. */
  #from = 0;

  constructor(options: ControlPlaneOptions) {
    this.options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Of all its processes so far. Lines that are not JSON are left out. */
  get log(): readonly LogLine[] {
    return this.#output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line) as LogLine);
  }

  /** The last lines, for whoever reads of a failure. */
  get logTail(): string {
    return this.#output.split('\n').slice(-15).join('\n');
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const { stateFolder, host, adminPort, syncPort, environment, prefix, name } = this.options;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('HOLDFAST_') && key !== 'DATABASE_URL' && key !== 'NODE_TEST_CONTEXT'));
    const [program, ...words] = [...prefix, process.execPath, MAIN] as const;
    this.#from = this.#output.length;
    const child = spawn(program, words, {
      // A process group of its own: Ctrl-C reaches us alone, and we end the parts in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...inherited, HOLDFAST_STATE_FOLDER: stateFolder, HOLDFAST_ADMIN_LISTEN: `${host}:${adminPort}`, HOLDFAST_SYNC_LISTEN: `0.0.0.0:${syncPort}`, HOLDFAST_STATUS_LISTEN: `${host}:0`,
        HOLDFAST_LOG_FORMAT: 'json', ...environment,
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (this.#output += String(text)));
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    await waitUntil(`the control plane ${name} to be ready`, () => {
      if (!this.running) throw new Error(`the control plane ${name} ended: ${this.logTail}`);
      return this.#output.slice(this.#from).includes('"event":"ready"');
    }, START_BOUND_MS);
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Ends it, also where it is stopped. Resolves when it is gone. */
  async end(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.running) return;
    this.#child?.kill(name);
    this.#child?.kill('SIGCONT');
    await this.#ended;
  }

  /** Process id of its embedded Postgres; undefined where none runs. */
  get postmasterPid(): number | undefined {
    const place = findPlace(this.options.stateFolder);
    return place === undefined ? undefined : findPostmaster(place)?.pid;
  }

  /** Sends JSON. Status 0 where nothing answers in time. */
  async ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, document?: unknown, boundMs = ANSWER_BOUND_MS): Promise<AdminReply> {
    const { host, adminPort, adminTokenFile } = this.options;
    try {
      const { statusCode, body } = await request(`http://${host}:${adminPort}${path}`, {
        method, headersTimeout: boundMs, bodyTimeout: boundMs, signal: AbortSignal.timeout(boundMs),
        headers: { authorization: `Bearer ${readFileSync(adminTokenFile, 'utf8').trim()}`, ...(document === undefined ? {} : { 'content-type': 'application/json' }) },
        body: document === undefined ? null : JSON.stringify(document),
      });
      return { status: statusCode, text: await body.text() };
    } catch (thrown) {
      return { status: 0, text: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  }

  /** A 2xx answer's document; throws otherwise. */
  async demand(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, document?: unknown): Promise<unknown> {
    const { status, text } = await this.ask(method, path, document);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} at ${this.options.name} answered ${status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** A process and all below it, parents first: those that have left its process group as well. */
export function processTree(root: number): readonly number[] {
  const parents = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return [[Number(pid), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
    } catch {
      // It has just ended.
      return [];
    }
  });
  const tree = [root];
  for (const pid of tree) tree.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child));
  return tree;
}
