/**
 * An external program that keeps the key-encryption key (a KMS, an HSM): started with `wrap` or `unwrap`, it gets bytes on its
 * standard input and answers with bytes on its standard output. No shell, one program, bounded time and answer. What it unwrapped
 * stays in memory, so it runs at a start and at a rotation, never on a request's way. Used by key-encryption-ring.ts.
 */
import { spawn } from 'node:child_process';
import { kill } from 'node:process';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';

export interface KeyCommand {
  /** Throws STORE_KEY_COMMAND_FAILED with what the program said on its standard error. */
  readonly wrap: (bytes: Uint8Array) => Promise<Buffer>;
  readonly unwrap: (bytes: Uint8Array) => Promise<Buffer>;
}

export interface KeyCommandOptions {
  /** An executable file. */
  readonly path: string;
  readonly timeoutMs: number;
  /** Of the program. Secrets of ours are not its business: what begins with HOLDFAST_ or is DATABASE_URL is left out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const LONGEST_ANSWER = 65_536;
const LONGEST_COMPLAINT = 2_000;

export function createKeyCommand({ path, timeoutMs, environment }: KeyCommandOptions): KeyCommand {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('HOLDFAST_') && name !== 'DATABASE_URL'));
  const run = async (verb: 'wrap' | 'unwrap', bytes: Uint8Array): Promise<Buffer> => {
    try {
      return await runOnce(path, verb, bytes, timeoutMs, env);
    } catch (thrown) {
      throw new HoldfastError({
        code: 'STORE_KEY_COMMAND_FAILED',
        source: 'control-plane',
        publicMessage: 'the program that keeps the key-encryption key failed',
        message: `"${path} ${verb}" (HOLDFAST_KEY_ENCRYPTION_COMMAND) ${describeThrown(thrown)}`,
      });
    }
  };
  return { wrap: (bytes) => run('wrap', bytes), unwrap: (bytes) => run('unwrap', bytes) };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

function runOnce(path: string, verb: string, bytes: Uint8Array, timeoutMs: number, env: Record<string, string | undefined>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [verb], { stdio: ['pipe', 'pipe', 'pipe'], shell: false, detached: true, timeout: timeoutMs, killSignal: 'SIGKILL', env });
    // What it started itself would keep the pipes open after it, and us waiting.
    child.on('exit', () => endGroup(child.pid));
    const answer: Buffer[] = [];
    let length = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > LONGEST_ANSWER) child.kill('SIGKILL');
      else answer.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint = (complaint + chunk).slice(0, LONGEST_COMPLAINT)));
    // A program that ends without reading closes the pipe; its exit tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(bytes);
    child.on('error', (error) => reject(new Error(`could not be started: ${describeThrown(error)}`)));
    child.on('close', (code, signal) => {
      const said = complaint.trim() === '' ? '' : `: ${complaint.trim()}`;
      if (length > LONGEST_ANSWER) reject(new Error(`answered more than ${LONGEST_ANSWER} bytes`));
      else if (signal !== null) reject(new Error(`was ended by ${signal}; it has ${timeoutMs} ms${said}`));
      else if (code !== 0) reject(new Error(`ended with exit code ${String(code)}${said}`));
      else if (length === 0) reject(new Error(`answered nothing${said}`));
      else resolve(Buffer.concat(answer, length));
    });
  });
}
