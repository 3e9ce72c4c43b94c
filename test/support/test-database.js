/**
 * Starts the Postgres that all files of a run share (serve-test-database.ts). JavaScript: test/run.js runs on any Node.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Resolves to its environment for the tests, and to what ends it and waits until it is gone. */
export async function startTestDatabase(node, environment) {
  const child = spawn(node, [fileURLToPath(new URL('serve-test-database.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
  const exited = once(child, 'exit');
  const line = await Promise.race([firstLine(child.stdout), exited.then(([code]) => Promise.reject(new Error(`the database of the tests did not start (exit ${code})`)))]);
  return {
    environment: JSON.parse(line),
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

async function firstLine(stream) {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) {
    text += piece;
    if (text.includes('\n')) break;
  }
  return text.split('\n', 1)[0];
}
