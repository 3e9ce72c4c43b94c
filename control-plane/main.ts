/**
 * `holdfast control-plane`: settings, log, start, and an orderly end on SIGTERM or SIGINT. A second signal, or parts that
 * do not stop in time, end it at once: nothing here needs a clean end, because the database is safe against kill -9 and an
 * orphaned one is adopted at the next start.
 */
import { argv, exit, stderr, stdout } from 'node:process';
import { systemClock } from '../shared/clock.ts';
import { describeThrown, HoldfastError } from '../shared/errors.ts';
import { Lifecycle } from '../shared/lifecycle.ts';
import { createLogger, type Logger } from '../shared/log.ts';
import { formatAddress } from '../shared/setting-types.ts';
import { KNOWN_VARIABLES } from '../shared/known-variables.ts';
import { asksForHelp, parseSettings, processSources } from '../shared/settings.ts';
import { renderHelp } from '../shared/settings-table.ts';
import { THIS_VERSION } from '../shared/this-version.ts';
import { controlPlaneSettings, type ControlPlaneSettings } from './settings.ts';
import { startControlPlane } from './start-control-plane.ts';

const STOP_WITHIN_MS = 45_000;
/** A signal in the middle of a start waits so long for the step under way, so that no database is left behind. */
const START_STEP_MS = 5_000;

async function main(words: readonly string[]): Promise<void> {
  if (asksForHelp(words)) {
    stdout.write(renderHelp(controlPlaneSettings, { usage: 'holdfast control-plane [settings]', summary: 'Runs a control plane: the admin API, the database, and what data planes connect to.' }));
    return;
  }
  const settings = readSettings(words);
  if (settings === undefined) return;
  const log = createLogger({ part: 'control-plane', level: settings.logLevel, pretty: settings.logFormat === 'pretty' || (settings.logFormat === 'auto' && stdout.isTTY) });
  const lifecycle = new Lifecycle(log);
  const settled = Promise.withResolvers<void>();
  stopOnSignals(lifecycle, log, settled.promise, STOP_WITHIN_MS + settings.drainDelay);
  endOnDefects(log);
  log.info({ event: 'starting', version: THIS_VERSION, node: process.versions.node, pid: process.pid, stateFolder: settings.stateFolder }, `control plane ${THIS_VERSION} starting`);
  try {
    const { admin, sync, status } = await startControlPlane({ settings, lifecycle, log, clock: systemClock });
    log.info({ event: 'ready', admin: formatAddress(admin), sync: formatAddress(sync), status: formatAddress(status) }, `control plane ready: admin API http://${formatAddress(admin)}`);
  } catch (thrown) {
    // A signal came first: what it asked for counts.
    if (lifecycle.stopping) return;
    log.fatal({ event: 'start-failed', code: thrown instanceof HoldfastError ? thrown.code : undefined, ...(thrown instanceof HoldfastError ? {} : { err: thrown }) }, `control plane could not start: ${describeThrown(thrown)}`);
    await lifecycle.stop();
    exit(1);
  } finally {
    settled.resolve();
  }
}

/** Undefined after saying what is wrong with them. */
function readSettings(words: readonly string[]): ControlPlaneSettings | undefined {
  try {
    return parseSettings(controlPlaneSettings, processSources(words), KNOWN_VARIABLES);
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) throw thrown;
    stderr.write(`holdfast: ${thrown.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

function stopOnSignals(lifecycle: Lifecycle, log: Logger, started: Promise<void>, withinMs: number): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (lifecycle.stopping) {
      log.warn({ event: 'stopping-at-once', signal }, 'a second signal: stopping at once');
      exit(1);
    }
    log.info({ event: 'stopping', signal }, 'control plane stopping');
    setTimeout(() => {
      log.error({ event: 'stop-overdue', withinMs }, 'parts did not stop in time; ending anyway');
      exit(1);
    }, withinMs).unref();
    void stopInOrder(lifecycle, started).then(() => {
      log.info({ event: 'stopped' }, 'control plane stopped');
      exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function stopInOrder(lifecycle: Lifecycle, started: Promise<void>): Promise<void> {
  await lifecycle.stop();
  await Promise.race([started, new Promise<void>((resolve) => systemClock.after(START_STEP_MS, resolve, { keepAlive: true }))]);
  await lifecycle.stop();
}

/** A defect leaves the process in a state nobody knows: better none at all, whatever restarts us then. */
function endOnDefects(log: Logger): void {
  process.on('uncaughtException', (thrown) => {
    log.fatal({ event: 'defect', err: thrown }, `a defect ends the control plane: ${describeThrown(thrown)}`);
    exit(1);
  });
}

await main(argv.slice(2));
