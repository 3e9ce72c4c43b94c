import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { SettingSources } from '../../shared/settings.ts';
import { runCommand } from './main.ts';

async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const lines = { out: '', err: '' };
  const sources = (commandArguments: readonly string[]): SettingSources => ({
    environment, arguments: commandArguments, workingFolder: '/', readFile: (path) => { throw new Error(`no file ${path}`); },
  });
  const code = await runCommand(words, sources, { out: (line) => void (lines.out += line), err: (line) => void (lines.err += line) });
  return { code, ...lines };
}

test('help lists the commands, version the versions', async () => {
  const help = await run(['help']);
  assert.equal(help.code, 0);
  for (const command of ['quickstart', 'control-plane', 'data-plane', 'join-token create', 'version']) assert.ok(help.out.includes(command), command);
  assert.deepEqual(await run([]), help);
  assert.match((await run(['version'])).out, /^holdfast \d+\.\d+\.\d+ \(sync protocol \d+, Node \d+/);
});

test('the help of join-token lists its settings, with or without a verb', async () => {
  for (const words of [['join-token', '--help'], ['join-token', 'create', '--help'], ['join-token']]) {
    const { code, out } = await run(words);
    assert.equal(code, 0);
    for (const flag of ['--gateway', '--uses', '--ttl', '--labels', '--admin-url', '--admin-token-file']) assert.ok(out.includes(flag), flag);
  }
});

test('what is mistyped is refused with the nearest name and exit code 1', async () => {
  const cases: readonly (readonly [words: readonly string[], expected: RegExp])[] = [
    [['join-token', 'creat'], /did you mean "create"/],
    [['join-token', 'create', '--gatway', 'x'], /--gatway is unknown \(did you mean "--gateway"\?\)/],
    [['join-token', 'create', '--uses', 'many'], /--uses must be a whole number/],
    [['join-token', 'create', '--ttl', '5'], /--ttl must be a duration/],
    [['join-token', 'create', '--labels', 'region'], /--labels takes key=value, not "region"/],
    [['join-token', 'create', '--admin-url', 'localhost:8001'], /is no address of an admin API/],
    [['versoin'], /did you mean "version"/],
    [['version', 'please'], /takes nothing after it/],
  ];
  for (const [words, expected] of cases) {
    const { code, out, err } = await run(words);
    assert.equal(code, 1, words.join(' '));
    assert.equal(out, '');
    assert.match(err, expected);
  }
});

test('an admin API that does not answer is named, the token is not', async () => {
  const { code, err } = await run(['join-token', 'create', '--admin-url', 'http://127.0.0.1:1'], { HOLDFAST_ADMIN_TOKEN: 'hfo_secret' });
  assert.equal(code, 1);
  assert.match(err, /no answer from the admin API at http:\/\/127\.0\.0\.1:1/);
  assert.ok(!err.includes('hfo_secret'));
});
