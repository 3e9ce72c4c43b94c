/**
 * The rule for migrations (control-plane/store/migrations/README.md): they run while the release before serves, which goes on with its
 * statements. Shown by that release itself: its own tests of its statements, with the schema of this release under them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkOutPreviousRelease } from './support/previous-release.ts';

const MIGRATIONS = 'control-plane/store/migrations';
/** Everything that it asks a database: writes, reads, what data planes report, secrets. */
const TESTS = ['store-writes', 'store-fleet', 'store-reports', 'store-secrets'].map((name) => `test/${name}.test.ts`);
const ours = new URL(`../${MIGRATIONS}/`, import.meta.url);
const previous = checkOutPreviousRelease();
const skip = typeof previous === 'string' ? previous : false;

test('what the release before asks of the database works on the schema of this one', { timeout: 100_000, skip }, async (t) => {
  assert.ok(typeof previous !== 'string');
  t.after(() => previous.remove());
  const theirs = join(previous.folder, MIGRATIONS);
  for (const name of readdirSync(theirs)) assert.equal(readFileSync(new URL(name, ours), 'utf8'), readFileSync(join(theirs, name), 'utf8'), `${name} is released: it never changes`);
  rmSync(theirs, { recursive: true });
  cpSync(ours, theirs, { recursive: true });
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn(process.execPath, ['--test', '--test-isolation=none', ...TESTS], { cwd: previous.folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: 90_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += String(text)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, output.slice(-20_000));
  assert.match(output, /^# pass [3-9]\d|^ℹ pass [3-9]\d/m, 'they ran');
});
