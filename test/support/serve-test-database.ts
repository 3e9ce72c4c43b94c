/**
 * One Postgres for all files of a test run, with a migrated database to copy: making one takes 2 s of CPU, and half of the files need
 * it. Started by test/run.js. The first line that it writes is the environment of the tests, as JSON; it ends, and takes all
 * away, when its input ends, however the runner did.
 */
import { bootstrapDatabase, prepareDatabase } from '../../control-plane/store/prepare-database.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { startTestServer } from './test-server.ts';

const TEMPLATE = 'holdfast_test_template';

const { log } = createMemoryLogger('test');
const server = await startTestServer();
const connectionString = await bootstrapDatabase({ ...server, databaseName: TEMPLATE, log });
await prepareDatabase({ connectionString, log });
// Not HOLDFAST_…: the processes that tests start would refuse variables that they do not know.
const environment = {
  TESTS_SERVER_URL: server.superuserConnectionString,
  TESTS_SERVER_PASSWORD_FILE: server.passwordFile,
  TESTS_TEMPLATE: TEMPLATE,
  TESTS_TEMPLATE_URL: connectionString,
};
// A signal at the terminal is for the whole group: the files still have to tidy up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.stdout.write(`${JSON.stringify(environment)}\n`);
for await (const _ of process.stdin);
await server.stop();
await server.remove();
