/**
 * `holdfast data-plane`: reads the settings, starts the agent, and turns signals into a drain. SIGTERM and SIGINT drain
 * and end with 0, a second one ends at once. Run directly by Node; bin/holdfast.js hands over to it.
 */
import { systemClock } from '../shared/clock.ts';
import { describeThrown, HoldfastError } from '../shared/errors.ts';
import { createLogger, type Logger } from '../shared/log.ts';
import { renderHelp } from '../shared/settings-table.ts';
import { KNOWN_VARIABLES } from '../shared/known-variables.ts';
import { asksForHelp, parseSettings, processSources } from '../shared/settings.ts';
import { THIS_VERSION } from '../shared/this-version.ts';
import type { Agent, AgentOptions } from './agent.ts';
import { keepCompiledCode, useCompiledCode } from './compiled-code.ts';
import { dataPlaneSettings, type DataPlaneSettings } from './settings.ts';

const HELP = {
  usage: 'holdfast data-plane [settings]',
  summary: 'Proxies the traffic of one gateway. Needs a join token at its first start; later it starts from its state folder, with or without a control plane.',
};

const commandArguments = process.argv.slice(2);
if (asksForHelp(commandArguments)) process.stdout.write(renderHelp(dataPlaneSettings, HELP));
else await run();

async function run(): Promise<void> {
  let settings: DataPlaneSettings;
  try {
    settings = parseSettings(dataPlaneSettings, processSources(commandArguments), KNOWN_VARIABLES);
  } catch (thrown) {
    process.stderr.write(`holdfast data-plane: ${describeThrown(thrown)}\n`);
    process.exitCode = 1;
    return;
  }
  const pretty = settings.logFormat === 'pretty' || (settings.logFormat === 'auto' && process.stdout.isTTY === true);
  const log = createLogger({ part: 'data-plane', level: settings.logLevel, pretty });
  const starting = startAgent({ settings, clock: systemClock, random: Math.random, log, softwareVersion: THIS_VERSION, onFatal: (reason, code) => fail(log, reason, code) });
  onSignals(log, async () => (await starting).drain());
  try {
    const agent = await starting;
    process.on('uncaughtException', (error) => agent.survived(error));
    process.on('unhandledRejection', (reason) => agent.survived(reason));
    keepCompiledCode();
  } catch (thrown) {
    fail(log, describeThrown(thrown), thrown instanceof HoldfastError ? thrown.code : undefined);
  }
}

async function startAgent(options: AgentOptions): Promise<Agent> {
  // T2: whatever is written from here on, by whichever part, is for our account alone.
  process.umask(0o077);
  useCompiledCode(options.settings.stateFolder);
  const { Agent } = await import('./agent.ts');
  return Agent.start(options);
}

/** The first signal drains, a second one ends the process at once. */
function onSignals(log: Logger, drain: () => Promise<void>): void {
  let asked = false;
  const take = (signal: NodeJS.Signals): void => {
    if (asked) {
      log.warn({ event: 'cut-off', signal }, `${signal} again: ending at once, requests in flight are cut`);
      process.exit(1);
    }
    asked = true;
    log.info({ event: 'signal', signal }, `${signal}: draining; send it again to end at once`);
    drain().then(
      () => process.exit(0),
      (thrown: unknown) => fail(log, describeThrown(thrown)),
    );
  };
  process.on('SIGTERM', take);
  process.on('SIGINT', take);
}

function fail(log: Logger, reason: string, code?: string): void {
  log.fatal({ event: 'failed', code, reason }, reason);
  process.exit(1);
}
