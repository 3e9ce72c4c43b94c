/**
 * A process that runs an embedded Postgres, says on its first line of output what it got, and stops it on SIGTERM.
 * Spawned by test/embedded-postgres.test.ts to be killed, or to run as another user.
 */
import { startEmbeddedPostgres } from '../../control-plane/embedded-postgres/embedded-postgres.ts';
import { systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log.ts';

const [stateFolder = '', publicFolder = ''] = process.argv.slice(2);
const log = createLogger({ part: 'control-plane', level: 'silent', pretty: false });
const postgres = await startEmbeddedPostgres({ stateFolder, publicFolder, log, clock: systemClock });
process.stdout.write(`${JSON.stringify({ adopted: postgres.adopted, pid: postgres.postmasterPid, connectionString: postgres.connectionString })}\n`);
// Keeps the process alive; Postgres itself does not.
const stay = setInterval(() => undefined, 1_000);
process.once('SIGTERM', () => {
  clearInterval(stay);
  void postgres.stop();
});
