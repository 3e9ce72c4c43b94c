/**
 * Starts, records and stops the quickstart's processes. Each one's process id is written down beside the state, so that
 * a run that was killed does not leave orphans for ever: the next run ends them first, after checking that the process
 * is still what was recorded. Output goes to a log file each.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const STOP_BOUND_MS = 15_000;

export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  readonly running: () => boolean;
}

interface RecordedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startTicks: string;
}

interface ProcessRecord {
  /** The run that started the others. */
  readonly owner: RecordedProcess;
  readonly children: readonly RecordedProcess[];
}

export class Processes {
  readonly #recordFile: string;
  readonly #logFolder: string;
  readonly #children = new Map<string, { readonly child: ChildProcess; readonly started: StartedProcess }>();

  constructor(stateFolder: string) {
    this.#recordFile = join(stateFolder, 'processes.json');
    this.#logFolder = join(stateFolder, 'logs');
    mkdirSync(this.#logFolder, { recursive: true, mode: 0o700 });
  }

  /** Ends what an earlier, killed run left behind; names what it ended. Throws where that run is still there. */
  async endLeftovers(): Promise<string[]> {
    if (!existsSync(this.#recordFile)) return [];
    const { owner, children } = JSON.parse(readFileSync(this.#recordFile, 'utf8')) as ProcessRecord;
    if (owner.pid !== process.pid && startTicksOf(owner.pid) === owner.startTicks) {
      throw new Error(`a quickstart runs already with this state (pid ${owner.pid}): stop it with Ctrl-C there, or give this one another --state-folder and --port-offset`);
    }
    const alive = children.filter((one) => startTicksOf(one.pid) === one.startTicks);
    for (const one of alive) signal(one.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_BOUND_MS;
    for (const one of alive) {
      while (startTicksOf(one.pid) === one.startTicks) {
        if (Date.now() > deadline) signal(one.pid, 'SIGKILL');
        await pause(50);
      }
    }
    rmSync(this.#recordFile, { force: true });
    return alive.map((one) => one.name);
  }

  /** Starts a Node program of this project. Its environment is ours without HOLDFAST_ variables, plus `environment`. */
  start(name: string, program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): StartedProcess {
    const logFile = join(this.#logFolder, `${name}.log`);
    const log = openSync(logFile, 'a', 0o600);
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('HOLDFAST_') && key !== 'DATABASE_URL'));
    // Its own process group: Ctrl-C reaches us alone, and we stop the parts in order.
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', log, log], detached: true, env: { ...inherited, ...environment } });
    closeSync(log);
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, by) => resolve(by === null ? `exit code ${code}` : `signal ${by}`));
      child.once('error', (error) => resolve(error.message));
    });
    const started: StartedProcess = { name, pid: child.pid ?? 0, logFile, ended, running: () => child.exitCode === null && child.signalCode === null };
    this.#children.set(name, { child, started });
    this.#record();
    return started;
  }

  pidOf(name: string): number | undefined {
    return this.#children.get(name)?.started.pid;
  }

  /** Stops one process (SIGTERM, then SIGKILL past the bound). */
  async stop(name: string): Promise<void> {
    const entry = this.#children.get(name);
    if (entry === undefined) return;
    const { child, started } = entry;
    if (started.running()) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_BOUND_MS);
      await started.ended;
      clearTimeout(timer);
    }
    this.#children.delete(name);
    this.#record();
  }

  /** Kills one at once, as a crash would. */
  async kill(name: string): Promise<void> {
    const entry = this.#children.get(name);
    if (entry === undefined) return;
    entry.child.kill('SIGKILL');
    await entry.started.ended;
    this.#children.delete(name);
    this.#record();
  }

  /** Stops everything, last started first. */
  async stopAll(): Promise<void> {
    for (const name of [...this.#children.keys()].reverse()) await this.stop(name);
    rmSync(this.#recordFile, { force: true });
  }

  #record(): void {
    const children = [...this.#children.values()].map(({ started }) => recordOf(started.name, started.pid));
    const record: ProcessRecord = { owner: recordOf('quickstart', process.pid), children };
    writeFileSync(this.#recordFile, JSON.stringify(record), { mode: 0o600 });
  }
}

function recordOf(name: string, pid: number): RecordedProcess {
  return { name, pid, startTicks: startTicksOf(pid) ?? '' };
}

/** When a process started, in clock ticks since boot: tells it from a later one with the same id. Undefined where there is none. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return afterName[0] === 'Z' ? undefined : afterName[19];
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}

/** The one place where the quickstart waits by time: between two looks at a condition. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
