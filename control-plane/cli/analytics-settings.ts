/** Settings of `holdfast top`, `logs`, `blame`, `usage` and `alerts`, a table for each command. Read by the files of the same names. */
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { adminAccessSettings } from './settings.ts';

export const TOP_VIEWS = ['route', 'service', 'consumer', 'target', 'data-plane'] as const;
export const TOP_ORDERS = ['requests', 'errors', 'error-rate', 'p50', 'p95', 'p99', 'bytes'] as const;

export const topSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_TOP_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway that is watched' },
  by: { env: 'HOLDFAST_TOP_BY', flag: '--by', type: 'enum', values: TOP_VIEWS, default: 'route', description: 'What each row is' },
  sort: { env: 'HOLDFAST_TOP_SORT', flag: '--sort', type: 'enum', values: TOP_ORDERS, default: 'requests', description: 'By what the rows are ranked, the largest first' },
  window: { env: 'HOLDFAST_TOP_WINDOW', flag: '--window', type: 'duration', default: '1m', between: [10_000, 2_592_000_000], description: 'Over how long, up to now' },
  count: { env: 'HOLDFAST_TOP_COUNT', flag: '--count', type: 'integer', default: 20, between: [1, 1000], description: 'Rows at most where it is printed once; a terminal shows as many as fit' },
  refresh: { env: 'HOLDFAST_TOP_REFRESH', flag: '--refresh', type: 'duration', default: '2s', between: [500, 3_600_000], description: 'How often the screen is refreshed' },
  once: { env: 'HOLDFAST_TOP_ONCE', flag: '--once', type: 'boolean', default: false, description: 'Print a table and end, also on a terminal' },
  json: { env: 'HOLDFAST_TOP_JSON', flag: '--json', type: 'boolean', default: false, description: 'Print the answer as JSON and end' },
});

const requestGateway = { env: 'HOLDFAST_LOGS_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway that served the requests' } as const;

export const logsSettings = defineSettings({
  ...adminAccessSettings, gateway: requestGateway,
  follow: { env: 'HOLDFAST_LOGS_FOLLOW', flag: '--follow', type: 'boolean', default: false, description: 'Go on with what comes, until it is interrupted' },
  count: { env: 'HOLDFAST_LOGS_COUNT', flag: '--count', type: 'integer', between: [0, 10_000], description: 'How many of the newest that match; 100 where not given, 10 with --follow' },
  from: { env: 'HOLDFAST_LOGS_FROM', flag: '--from', type: 'string', description: 'Only those that began at or after this time, or so long ago: -15m; an hour ago where not given' },
  to: { env: 'HOLDFAST_LOGS_TO', flag: '--to', type: 'string', description: 'Only those that began before this time' },
  requestId: { env: 'HOLDFAST_LOGS_REQUEST_ID', flag: '--request-id', type: 'string', description: 'Only the one with this X-Kong-Request-Id' },
  route: { env: 'HOLDFAST_LOGS_ROUTE', flag: '--route', type: 'string', description: 'Only those of this route, by name or id' },
  service: { env: 'HOLDFAST_LOGS_SERVICE', flag: '--service', type: 'string', description: 'Only those of this service, by name or id' },
  consumer: { env: 'HOLDFAST_LOGS_CONSUMER', flag: '--consumer', type: 'string', description: 'Only those of this consumer, by username or id' },
  status: { env: 'HOLDFAST_LOGS_STATUS', flag: '--status', type: 'string', description: 'Only those with this status, or of a class: 503, 5xx' },
  minDuration: { env: 'HOLDFAST_LOGS_MIN_DURATION', flag: '--min-duration', type: 'duration', between: [0, 86_400_000], description: 'Only those that took so long or longer' },
  errorCode: { env: 'HOLDFAST_LOGS_ERROR_CODE', flag: '--error-code', type: 'string', description: 'Only those that the gateway answered with this error of its own (ERRORS.md)' },
  traceId: { env: 'HOLDFAST_LOGS_TRACE_ID', flag: '--trace-id', type: 'string', description: 'Only those of this trace' },
  path: { env: 'HOLDFAST_LOGS_PATH', flag: '--path', type: 'string', description: 'Only those whose path begins with this' },
  json: { env: 'HOLDFAST_LOGS_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write each as JSON on a line of its own' },
});

export const blameSettings = defineSettings({
  ...adminAccessSettings, gateway: { ...requestGateway, env: 'HOLDFAST_BLAME_GATEWAY' },
  json: { env: 'HOLDFAST_BLAME_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write the answer as JSON' },
});

export const usageSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_USAGE_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway whose requests are counted' },
  from: { env: 'HOLDFAST_USAGE_FROM', flag: '--from', type: 'string', description: 'Where it begins: a time, a day (2026-01-31), or how long ago (-30d); all that is kept where not given' },
  to: { env: 'HOLDFAST_USAGE_TO', flag: '--to', type: 'string', description: 'Where it ends, not included; now where not given' },
  by: { env: 'HOLDFAST_USAGE_BY', flag: '--by', type: 'list', default: ['consumer'], description: 'One row for each of these: route, consumer, status-class, data-plane; several with commas' },
  json: { env: 'HOLDFAST_USAGE_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write the answer as JSON' },
});

export const usageExportSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_USAGE_EXPORT_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway whose files are fetched' },
  to: { env: 'HOLDFAST_USAGE_EXPORT_TO', flag: '--to', type: 'path', description: 'Folder that the files go to; made where it is not there' },
  since: { env: 'HOLDFAST_USAGE_EXPORT_SINCE', flag: '--since', type: 'integer', default: 0, between: [0, 999_999_999], description: 'Only files with a higher number than this' },
  json: { env: 'HOLDFAST_USAGE_EXPORT_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write what was fetched as JSON' },
});

export const alertsSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_ALERTS_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway whose alerts are listed' },
  json: { env: 'HOLDFAST_ALERTS_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write the answer as JSON' },
});

export type TopSettings = Settings<typeof topSettings>;
export type LogsSettings = Settings<typeof logsSettings>;
export type BlameSettings = Settings<typeof blameSettings>;
export type AlertsSettings = Settings<typeof alertsSettings>;
export type UsageSettings = Settings<typeof usageSettings>;
export type UsageExportSettings = Settings<typeof usageExportSettings>;
