/** What a bench compares: one gateway process (tree) in front of one origin, both on loopback. */
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer } from 'node:net';

export interface RunningContender {
  readonly name: string;
  /** As the program says it. */
  readonly version: string;
  readonly port: number;
  /** Root of the process tree whose CPU and memory are charged. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  readonly port: number;
  readonly originPort: number;
  /** Scratch folder of this run. */
  readonly folder: string;
  /** CPU the gateway is pinned to. */
  readonly cpu: number;
}

/** A port on which nothing listens now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Starts a pinned child and waits until its port accepts. Ends with it. */
export async function startPinned(program: string, args: readonly string[], cpu: number | string, port: number): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const child = spawn('taskset', ['-c', String(cpu), program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4000)));
  await waitForPort(port, child, () => complaints);
  return { pid: child.pid ?? 0, stop: () => stopChild(child) };
}

/** Waits until something listens on the port, at most 20 s, or the child ended. */
export async function waitForPort(port: number, child: ChildProcess, complaints: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended before it listened on ${port}: ${complaints()}`);
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port} after 20 s: ${complaints()}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    child.once('exit', () => clearTimeout(timer));
  });
}
