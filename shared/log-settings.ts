/** The settings of the log, the same for both planes; spread into their definitions. */
import { LOG_AREAS, usualLevels, type LevelsInForce } from './log-areas.ts';
import { LOG_LEVELS } from './log-level-switch.ts';
import { defineSettings, type Settings } from './settings.ts';

export const logSettings = defineSettings({
  logLevel: {
    env: 'HOLDFAST_LOG_LEVEL',
    type: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    description: 'Least severe lines that are logged',
  },
  logLevels: {
    env: 'HOLDFAST_LOG_LEVELS',
    type: 'pairs',
    names: LOG_AREAS,
    words: LOG_LEVELS,
    default: [],
    description: `Other levels for areas of the log, such as sync=debug,telemetry=warn; there is ${LOG_AREAS.join(', ')}`,
  },
  logFormat: {
    env: 'HOLDFAST_LOG_FORMAT',
    type: 'enum',
    values: ['auto', 'json', 'pretty'],
    default: 'auto',
    description: 'JSON lines, lines for people, or by whether the output is a terminal',
  },
});

/** What the settings ask for. */
export function usualLevelsOf({ logLevel, logLevels }: Settings<typeof logSettings>): LevelsInForce {
  return usualLevels(logLevel, logLevels, LOG_LEVELS);
}
