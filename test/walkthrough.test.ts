/**
 * The README's walkthrough, each line run as it stands through a shell and the real curl (ports moved), on a real
 * installation, with every effect on both regions within a second of the write.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { request } from 'undici';
import { startInstallation, type TestInstallation } from './support/installation.ts';
import { portsOf, REGIONS } from '../deploy/quickstart/demo-planes.ts';
import { pause } from '../deploy/quickstart/processes.ts';

const run = promisify(execFile);
const WITHIN_MS = 1000;

interface Line {
  readonly command: string;
  readonly expected: number;
}

function walkthroughOf(readme: string): Line[] {
  const block = /<!-- walkthrough:[^]*?-->([^]*?)<!-- end of walkthrough -->/.exec(readme)?.[1] ?? '';
  return block.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('curl ')).map((line) => {
    const [command = '', comment] = line.split(/\s+#\s*/);
    return { command, expected: comment === undefined ? 201 : Number(comment) };
  });
}

/** The same line against this installation's ports; `localhost` is left to the resolver, as for the reader. */
function moved(command: string, { ports }: TestInstallation, proxyPort = ports.euWest.proxy): string {
  return command.replaceAll('localhost:8001', `localhost:${ports.admin}`).replaceAll('localhost:8000', `localhost:${proxyPort}`).replaceAll('127.0.0.1:9000', `127.0.0.1:${ports.origin}`);
}

async function statusOf(command: string): Promise<number> {
  const { stdout } = await run('sh', ['-c', `${command} -s -o /dev/null -w '%{http_code}'`]);
  return Number(stdout);
}

/** Repeats a request until it has the status, at most a second after the last write. */
async function settles(what: string, expected: number, status: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  let last = await status();
  while (last !== expected && performance.now() < deadline) {
    await pause(10);
    last = await status();
  }
  assert.equal(last, expected, `${what}: within ${WITHIN_MS} ms of the write`);
}

test('the walkthrough works verbatim in both regions', { timeout: 180_000 }, async (t) => {
  const lines = walkthroughOf(readFileSync(new URL('../README.md', import.meta.url), 'utf8'));
  assert.equal(lines.length, 10, 'the README has the ten lines');
  const installation = await startInstallation();
  t.after(() => installation.stop());
  const proxyPorts = REGIONS.map((region) => portsOf(installation.ports, region).proxy);

  for (const { command, expected } of lines) {
    if (expected === 201) {
      assert.equal(await statusOf(moved(command, installation)), 201, command);
      continue;
    }
    for (const port of proxyPorts) await settles(`${command} on port ${port}`, expected, () => statusOf(moved(command, installation, port)));
  }

  await t.test('the last three plugins are in force in both regions', async () => {
    await installation.admin.send('POST', '/consumers', { username: 'outsider' });
    await installation.admin.send('POST', '/consumers/outsider/key-auth', { key: 'another-key' });
    for (const port of proxyPorts) {
      const get = async (key: string): Promise<{ readonly status: number; readonly limit: unknown }> => {
        const { statusCode, headers, body } = await request(`http://127.0.0.1:${port}/example/status`, { headers: { apikey: key } });
        await body.dump();
        return { status: statusCode, limit: headers['x-ratelimit-limit-minute'] };
      };
      await settles('a consumer outside the group is refused', 403, async () => (await get('another-key')).status);
      await settles('a consumer in the group passes', 200, async () => (await get('supersecretapikey')).status);
      assert.equal((await get('supersecretapikey')).limit, '100');
      await settles('an unknown key is refused', 401, async () => (await get('no-such-key')).status);
    }
  });
});
