/**
 * The bench's side of the simulator processes: starts them, shares identities out, asks all of them and adds up what they say. Used by the
 * scenarios and by test/fleet.test.ts.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { sharedNowMs, type NumberedAnswer, type SimulatedIdentity, type SimulatorAnswers, type SimulatorOrder, type SimulatorStatus } from './simulator-messages.ts';

const MAIN = fileURLToPath(new URL('./simulator-main.ts', import.meta.url));
const LOOK_EVERY_MS = 20;

export interface FleetTrust {
  readonly caCertificates: string;
  readonly rootFingerprint: string;
  readonly softwareVersion: string;
}

interface Waiting {
  readonly resolve: (answer: NumberedAnswer['answer']) => void;
  readonly reject: (error: Error) => void;
}

export class Simulators {
  readonly #processes: readonly SimulatorProcess[];

  private constructor(processes: readonly SimulatorProcess[]) {
    this.#processes = processes;
  }

  /** Nobody is connected yet. Identities are dealt out to the processes in turn; `seed` decides how they back off. */
  static async start(count: number, identities: readonly SimulatedIdentity[], trust: FleetTrust, seed: number): Promise<Simulators> {
    const processes = Array.from({ length: count }, () => new SimulatorProcess());
    const simulators = new Simulators(processes);
    try {
      await Promise.all(processes.map((process, index) => process.ask({ kind: 'enlist', identities: identities.filter((_, n) => n % count === index), ...trust, seed: seed + index })));
    } catch (thrown) {
      await simulators.stop();
      throw thrown;
    }
    return simulators;
  }

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  /** Resolves at once; see `untilLive`. */
  async connect(count: number, perSecond: number): Promise<void> {
    const processes = this.#processes.length;
    const shareOf = (index: number): number => Math.floor(count / processes) + (index < count % processes ? 1 : 0);
    await Promise.all(this.#processes.map((process, index) => process.ask({ kind: 'connect', count: shareOf(index), perSecond: perSecond / processes })));
  }

  async status(atLeast: ConfigVersion = NO_VERSION): Promise<SimulatorStatus> {
    const [first, ...others] = await Promise.all(this.#processes.map((process) => process.ask({ kind: 'status', atLeast })));
    if (first === undefined) throw new Error('there is no simulator');
    return others.reduce(added, first);
  }

  /** Resolves when so many are live; throws past the bound, saying why connections ended. */
  untilLive(count: number, boundMs: number): Promise<SimulatorStatus> {
    return this.#until(`${count} data planes are connected`, NO_VERSION, boundMs, ({ live }) => live >= count);
  }

  /** Resolves when at most so many are live: the others have noticed that their control plane is gone. */
  untilFewerLive(count: number, boundMs: number): Promise<SimulatorStatus> {
    return this.#until(`at most ${count} data planes are connected`, NO_VERSION, boundMs, ({ live }) => live <= count);
  }

  /** Resolves when so many live ones have applied that version or a later one. */
  untilApplied(version: ConfigVersion, count: number, boundMs: number): Promise<SimulatorStatus> {
    return this.#until(`${count} data planes have applied ${version.epoch}.${version.sequence}`, version, boundMs, ({ applied }) => applied >= count);
  }

  /** When each live one's session began, sorted. */
  async liveTimes(): Promise<Float64Array> {
    return sorted((await this.#all({ kind: 'times' })).map(({ liveAtMs }) => liveAtMs));
  }

  /** When each that applied something did so last, sorted. */
  async appliedTimes(): Promise<Float64Array> {
    return sorted((await this.#all({ kind: 'times' })).map(({ appliedAtMs }) => appliedAtMs));
  }

  async begin(keepHistory = false): Promise<void> {
    await this.#all({ kind: 'begin', keepHistory });
  }

  /** Milliseconds from each change to each data plane that has it, sorted; throws where one has not. */
  async lags(changes: Extract<SimulatorOrder, { kind: 'lags' }>['changes']): Promise<Float64Array> {
    const found = await this.#all({ kind: 'lags', changes });
    const all = sorted(found);
    if (all.length < found.reduce((sum, { length }) => sum + length, 0)) throw new Error('a change did not reach every data plane');
    return all;
  }

  /** Cuts all connections. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
  }

  #all<Kind extends SimulatorOrder['kind']>(order: Extract<SimulatorOrder, { kind: Kind }>): Promise<SimulatorAnswers[Kind][]> {
    return Promise.all(this.#processes.map((process) => process.ask(order)));
  }

  async #until(what: string, version: ConfigVersion, boundMs: number, holds: (status: SimulatorStatus) => boolean): Promise<SimulatorStatus> {
    const deadline = sharedNowMs() + boundMs;
    for (;;) {
      const status = await this.status(version);
      if (holds(status)) return status;
      if (sharedNowMs() > deadline) throw new Error(`waited ${boundMs / 1_000} s until ${what}: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

class SimulatorProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #orders = 0;

  constructor() {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_') && name !== 'NODE_TEST_CONTEXT'));
    this.#child = fork(MAIN, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: inherited });
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.on('message', (message) => this.#take(message as NumberedAnswer));
    void this.#ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('a simulator process ended'));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<Kind extends SimulatorOrder['kind']>(order: Extract<SimulatorOrder, { kind: Kind }>): Promise<SimulatorAnswers[Kind]> {
    const number = (this.#orders += 1);
    return new Promise((resolve, reject) => {
      // The door: the process answers an order with its own kind of answer.
      this.#waiting.set(number, { resolve: (answer) => resolve(answer as SimulatorAnswers[Kind]), reject });
      this.#child.send({ number, order }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #take({ number, answer, failure }: NumberedAnswer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (failure === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(failure));
  }
}

function added(a: SimulatorStatus, b: SimulatorStatus): SimulatorStatus {
  const endings = new Map<string, number>();
  for (const { reason, count } of [...a.endings, ...b.endings]) endings.set(reason, (endings.get(reason) ?? 0) + count);
  return {
    enlisted: a.enlisted + b.enlisted,
    live: a.live + b.live,
    applied: a.applied + b.applied,
    connections: a.connections + b.connections,
    refused: a.refused + b.refused,
    endings: [...endings].map(([reason, count]) => ({ reason, count })),
    verified: a.verified + b.verified,
    transferBytes: a.transferBytes + b.transferBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
    applications: a.applications + b.applications,
    cpuMs: a.cpuMs + b.cpuMs,
    residentMiB: a.residentMiB + b.residentMiB,
  };
}

/** Without what is not a number. */
function sorted(arrays: readonly Float64Array[]): Float64Array {
  return Float64Array.from(arrays.flatMap((array) => [...array]).filter((value) => !Number.isNaN(value))).sort();
}
