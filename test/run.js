/**
 * `npm test`: installs what is missing, then runs every *.test.ts on the pinned Node and ends with its summary. Words
 * given after `--` select files, flags go to the runner: `npm test -- test/walkthrough.test.ts --test-name-pattern=401`.
 */
import { ensureInstalled, findNode, projectRoot, runBootstrap, runChild } from '../bin/bootstrap.js';
import { join } from 'node:path';
import { endStuckFiles } from './support/end-stuck-files.js';
import { startTestDatabase } from './support/test-database.js';

const EVERYTHING = ['shared', 'control-plane', 'data-plane', 'proto', 'deploy', 'bench', 'test'].map((folder) => `${folder}/**/*.test.ts`);
const TEST_TIMEOUT_MS = 240_000;
/** Of one file's process. The slowest takes about a minute. */
const FILE_TIMEOUT_MS = 300_000;

await runBootstrap(async () => {
  process.chdir(projectRoot);
  ensureInstalled({ withDevelopment: true });
  const words = process.argv.slice(2);
  const flags = words.filter((word) => word.startsWith('-'));
  const files = words.filter((word) => !word.startsWith('-'));
  // Of a file's time more than half is spent waiting for processes and deadlines: three keep two cores busy.
  const runner = ['--test', '--test-concurrency=3', `--test-timeout=${TEST_TIMEOUT_MS}`, '--test-reporter=spec', ...flags];
  const stop = endStuckFiles(FILE_TIMEOUT_MS);
  const environment = testEnvironment();
  // For a few files it would take longer than it saves.
  const database = files.length === 0 && environment.HOLDFAST_TEST_DATABASE_URL === undefined ? await startTestDatabase(findNode(), environment) : undefined;
  await runChild(findNode(), [...runner, ...(files.length > 0 ? files : EVERYTHING)], { ...environment, ...database?.environment });
  await database?.stop();
  stop();
});

/**
 * Settings of the person's own gateway must not reach the tests, nor the tests their database. Compiled code is kept between the
 * processes of the tests: they start some thousand, and each would compile the same for 0.3 s.
 */
function testEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && (!name.startsWith('HOLDFAST_') || name.startsWith('HOLDFAST_TEST_')));
  return { ...Object.fromEntries(kept), NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'compiled-tests') };
}
