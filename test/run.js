/**
 * `npm test`: installs what is missing, then runs every *.test.ts on the pinned Node and ends with its summary. Words
 * given after `--` select files, flags go to the runner: `npm test -- test/walkthrough.test.ts --test-name-pattern=401`.
 */
import { ensureInstalled, findNode, projectRoot, runBootstrap, runChild } from '../bin/bootstrap.js';

const EVERYTHING = ['shared', 'control-plane', 'data-plane', 'proto', 'deploy', 'bench', 'test'].map((folder) => `${folder}/**/*.test.ts`);
/** Per test and per file: a file that leaves something running fails instead of hanging. */
const TIMEOUT_MS = 240_000;

await runBootstrap(async () => {
  process.chdir(projectRoot);
  ensureInstalled({ withDevelopment: true });
  const words = process.argv.slice(2);
  const flags = words.filter((word) => word.startsWith('-'));
  const files = words.filter((word) => !word.startsWith('-'));
  const runner = ['--test', '--test-concurrency=2', `--test-timeout=${TIMEOUT_MS}`, '--test-reporter=spec', ...flags];
  await runChild(findNode(), [...runner, ...(files.length > 0 ? files : EVERYTHING)], testEnvironment());
});

/** Settings of the person's own gateway must not reach the tests, nor the tests their database. */
function testEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && (!name.startsWith('HOLDFAST_') || name.startsWith('HOLDFAST_TEST_')));
  return Object.fromEntries(kept);
}
