/**
 * A real redis-server for tests, on a port of its own, without persistence. It can be killed and started again in the middle; it ends
 * with this process, however that ends, and keeps it from ending no longer than it takes to start. Tests that use it take `withoutRedis`
 * as their `skip`.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export interface RedisServerOptions {
  /** Of the default user. */
  readonly password?: string;
  /** Certificate and key in PEM: the port then speaks TLS only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Further words, as on redis-server's command line: `['--maxmemory', '1mb']`. */
  readonly words?: readonly string[];
}

export interface RedisServer {
  readonly host: string;
  /** The same after each start. */
  readonly port: number;
  /** Starts it again after `kill`; everything in it is gone. */
  start(): Promise<void>;
  /** At once (SIGKILL), as if the machine had died. Resolves when the port is closed. */
  kill(): Promise<void>;
  /** Stands still until `resume`: connections stay, nothing is answered. */
  pause(): void;
  resume(): void;
}

const PORTS_TRIED = 5;

const running = new Set<ChildProcess>();
// Of the whole file, because it is registered while the file is loaded. A bench has no such hooks: asked for one, the runner would report on it.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) after(() => Promise.all([...running].map(end)));

/** Why such tests can't run here; false where they can. */
export const withoutRedis: string | false = spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not installed (apt-get install redis-server)';

/** Rejects where it does not start. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let tried = 1; ; tried += 1) {
    const port = await freePort();
    try {
      let child = await run(port, options);
      return {
        host: '127.0.0.1', port,
        start: async () => void (child = await run(port, options)),
        kill: () => end(child),
        pause: () => void child.kill('SIGSTOP'),
        resume: () => void child.kill('SIGCONT'),
      };
    } catch (thrown) {
      // Somebody else took the port in between.
      if (tried === PORTS_TRIED) throw thrown;
    }
  }
}

async function run(port: number, { password, tls, words = [] }: RedisServerOptions): Promise<ChildProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'));
  if (tls !== undefined) {
    writeFileSync(join(folder, 'cert.pem'), tls.cert);
    writeFileSync(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  }
  const ports = tls === undefined ? ['--port', String(port)] : ['--port', '0', '--tls-port', String(port), '--tls-cert-file', 'cert.pem', '--tls-key-file', 'key.pem', '--tls-auth-clients', 'no'];
  const secret = password === undefined ? [] : ['--requirepass', password];
  const child = spawn('redis-server', ['--bind', '127.0.0.1', ...ports, '--save', '', '--appendonly', 'no', ...secret, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  running.add(child);
  const dismiss = endWithUs(child, folder);
  child.once('exit', () => {
    running.delete(child);
    dismiss();
    rmSync(folder, { recursive: true, force: true });
  });
  let said = '';
  for await (const piece of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += String(piece);
    if (said.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  child.unref();
  if ('unref' in child.stdout && typeof child.stdout.unref === 'function') child.stdout.unref();
  if (!said.includes('Ready to accept connections')) throw new Error(`redis-server did not start: ${said}`);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A shell that ends the server where this process is gone without having said so. */
function endWithUs(child: ChildProcess, folder: string): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r word && exit; kill -KILL "$1"; rm -rf "$2"', 'sh', String(child.pid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return () => shell.stdin.end('dismissed\n');
}
