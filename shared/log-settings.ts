/** The settings of the log, the same for both planes; spread into their definitions. */
import { defineSettings } from './settings.ts';

export const logSettings = defineSettings({
  logLevel: {
    env: 'HOLDFAST_LOG_LEVEL',
    type: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    description: 'Least severe lines that are logged',
  },
  logFormat: {
    env: 'HOLDFAST_LOG_FORMAT',
    type: 'enum',
    values: ['auto', 'json', 'pretty'],
    default: 'auto',
    description: 'JSON lines, lines for people, or by whether the output is a terminal',
  },
});
