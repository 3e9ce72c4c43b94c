/** Settings of `holdfast gateway ping | dump | diff | sync | apply | validate | reset | watch`; flags as of decK where it has them. Read by declarative.ts. */
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { adminAccessSettings, publishSettings } from './settings.ts';

const gateway = { env: 'HOLDFAST_DECLARATIVE_GATEWAY', flag: '--gateway', type: 'string', description: 'Gateway that is meant; without it the one that the files name (_workspace), else "default"' } as const;
const selectTags = { env: 'HOLDFAST_DECLARATIVE_SELECT_TAG', flag: '--select-tag', type: 'list', default: [], description: 'Only entities with this tag, which new ones get; several with commas, or the flag several times: all of them' } as const;
const skipConsumers = { env: 'HOLDFAST_DECLARATIVE_SKIP_CONSUMERS', flag: '--skip-consumers', type: 'boolean', default: false, description: 'Leave consumers, their groups and what belongs to them alone' } as const;
const json = { env: 'HOLDFAST_DECLARATIVE_JSON_OUTPUT', flag: '--json-output', type: 'boolean', default: false, description: 'Write the plan as JSON, with the names of decK' } as const;
const yes = { env: 'HOLDFAST_DECLARATIVE_YES', flag: '--yes', type: 'boolean', default: false, description: 'Do not ask; without a terminal nothing is asked, but reset needs it' } as const;

export const pingSettings = defineSettings({ ...adminAccessSettings });

export const dumpSettings = defineSettings({
  ...adminAccessSettings, gateway, selectTags, skipConsumers, yes,
  outputFile: { env: 'HOLDFAST_DECLARATIVE_OUTPUT_FILE', flag: '--output-file', type: 'string', default: '-', description: 'Where to write to; - is standard output' },
  format: { env: 'HOLDFAST_DECLARATIVE_FORMAT', flag: '--format', type: 'enum', values: ['yaml', 'json'], default: 'yaml', description: 'How it is written' },
  withId: { env: 'HOLDFAST_DECLARATIVE_WITH_ID', flag: '--with-id', type: 'boolean', default: false, description: 'Every entity with its id' },
  sanitize: { env: 'HOLDFAST_DECLARATIVE_SANITIZE', flag: '--sanitize', type: 'boolean', default: false, description: 'Text that tells nothing in the place of each secret' },
});

const planned = { ...adminAccessSettings, gateway, selectTags, skipConsumers, json } as const;

export const diffSettings = defineSettings({
  ...planned,
  nonZeroExitCode: { env: 'HOLDFAST_DECLARATIVE_NON_ZERO_EXIT_CODE', flag: '--non-zero-exit-code', type: 'boolean', default: false, description: 'Exit with 2 where there are differences' },
});

/** For the fleet, as `holdfast publish` waits. */
const waiting = {
  wait: { env: 'HOLDFAST_DECLARATIVE_WAIT', flag: '--wait', type: 'boolean', default: false, description: 'Wait until the data planes have applied it, with the exit codes of "holdfast publish"' },
  selector: publishSettings.selector,
  quorum: publishSettings.quorum,
  timeout: publishSettings.timeout,
} as const;

export const syncSettings = defineSettings({ ...planned, yes, ...waiting });

export const validateSettings = defineSettings({
  ...planned,
  offline: { env: 'HOLDFAST_DECLARATIVE_OFFLINE', flag: '--offline', type: 'boolean', default: false, description: 'Check the files by themselves, without a control plane: as if the gateway were empty' },
});

export const resetSettings = defineSettings({
  ...planned, yes, ...waiting,
  force: { env: 'HOLDFAST_DECLARATIVE_FORCE', flag: '--force', type: 'boolean', default: false, description: 'The same as --yes' },
});

export const watchSettings = defineSettings({
  ...planned,
  prune: { env: 'HOLDFAST_DECLARATIVE_PRUNE', flag: '--prune', type: 'boolean', default: false, description: 'Delete what is not in the files (sync); without it nothing is deleted (apply)' },
  once: { env: 'HOLDFAST_DECLARATIVE_ONCE', flag: '--once', type: 'boolean', default: false, description: 'One round, then end: 0 where the gateway is as the files say, 1 where not' },
  reportOnly: { env: 'HOLDFAST_DECLARATIVE_REPORT_ONLY', flag: '--report-only', type: 'boolean', default: false, description: 'Tell what differs and change nothing' },
  interval: { env: 'HOLDFAST_DECLARATIVE_INTERVAL', flag: '--interval', type: 'duration', default: '30s', between: [1_000, 86_400_000], description: 'How often to look even if nothing seems to have changed: for changes made by hand, and for commits' },
  source: { env: 'HOLDFAST_DECLARATIVE_SOURCE', flag: '--source', type: 'enum', values: ['auto', 'folder', 'git'], default: 'auto', description: 'Whether the files count as they lie there (folder) or as they are committed in HEAD (git); auto takes git for what is in a checkout' },
});

export type PingSettings = Settings<typeof pingSettings>;
export type DumpSettings = Settings<typeof dumpSettings>;
export type DiffSettings = Settings<typeof diffSettings>;
export type SyncSettings = Settings<typeof syncSettings>;
export type ValidateSettings = Settings<typeof validateSettings>;
export type ResetSettings = Settings<typeof resetSettings>;
export type WatchSettings = Settings<typeof watchSettings>;
