/** Settings of `holdfast releases …` and `holdfast gateway …`, a table for each command. Read by releases.ts and gateways.ts. */
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { adminAccessSettings } from './settings.ts';

const gateway = { env: 'HOLDFAST_RELEASES_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Gateway whose releases are meant' } as const;
const json = { env: 'HOLDFAST_RELEASES_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write the answer as JSON' } as const;

export const releaseListSettings = defineSettings({
  ...adminAccessSettings, gateway, json,
  count: { env: 'HOLDFAST_RELEASES_COUNT', flag: '--count', type: 'integer', default: 20, between: [1, 1000], description: 'How many, newest first' },
});

export const releaseReadSettings = defineSettings({ ...adminAccessSettings, gateway, json });

export const rollbackSettings = defineSettings({
  ...adminAccessSettings, gateway, json,
  reason: { env: 'HOLDFAST_RELEASES_REASON', flag: '--reason', type: 'string', default: 'not given', description: 'For the audit' },
  dryRun: { env: 'HOLDFAST_RELEASES_DRY_RUN', flag: '--dry-run', type: 'boolean', default: false, description: 'Tell what would be done and do nothing' },
  includeCredentials: { env: 'HOLDFAST_RELEASES_INCLUDE_CREDENTIALS', flag: '--include-credentials', type: 'boolean', default: false, description: 'Also restore credentials and certificates with their private keys; else those that were revoked since stay revoked' },
  whileFrozen: { env: 'HOLDFAST_RELEASES_WHILE_FROZEN', flag: '--while-frozen', type: 'boolean', default: false, description: 'Roll back a gateway that is frozen; it stays frozen' },
});

const frozenJson = { env: 'HOLDFAST_GATEWAY_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write the answer as JSON' } as const;

export const gatewayListSettings = defineSettings({ ...adminAccessSettings, json: frozenJson });

export const freezeSettings = defineSettings({
  ...adminAccessSettings,
  reason: { env: 'HOLDFAST_GATEWAY_REASON', flag: '--reason', type: 'string', required: true, description: 'Told to everybody whose write is refused, and kept in the audit' },
  json: frozenJson,
});

export type ReleaseListSettings = Settings<typeof releaseListSettings>;
export type ReleaseReadSettings = Settings<typeof releaseReadSettings>;
export type RollbackSettings = Settings<typeof rollbackSettings>;
export type GatewayListSettings = Settings<typeof gatewayListSettings>;
export type FreezeSettings = Settings<typeof freezeSettings>;
