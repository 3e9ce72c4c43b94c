/** Settings of the commands that talk to a running control plane. Read by main.ts of this folder. */
import { defineSettings, type Settings } from '../../shared/settings.ts';

export const adminAccessSettings = defineSettings({
  adminUrl: {
    env: 'HOLDFAST_ADMIN_URL',
    type: 'string',
    default: 'http://127.0.0.1:8001',
    description: 'Where the admin API is',
  },
  adminToken: {
    env: 'HOLDFAST_ADMIN_TOKEN',
    type: 'string',
    secret: true,
    description: 'Admin token; not needed for a control plane in development mode on this machine',
  },
});

export const joinTokenSettings = defineSettings({
  ...adminAccessSettings,
  gateway: {
    env: 'HOLDFAST_JOIN_TOKEN_GATEWAY',
    flag: '--gateway',
    type: 'string',
    default: 'default',
    description: 'Gateway that the data planes join',
  },
  uses: {
    env: 'HOLDFAST_JOIN_TOKEN_USES',
    flag: '--uses',
    type: 'integer',
    default: 1,
    between: [1, 10_000],
    description: 'How many data planes may join with the token',
  },
  ttl: {
    env: 'HOLDFAST_JOIN_TOKEN_TTL',
    flag: '--ttl',
    type: 'duration',
    default: '1h',
    between: [60_000, 31_536_000_000],
    description: 'How long the token can be used',
  },
  labels: {
    env: 'HOLDFAST_JOIN_TOKEN_LABELS',
    flag: '--labels',
    type: 'list',
    default: [],
    description: 'Labels of the data planes that join, as key=value; several with commas, or the flag several times',
  },
});

export type JoinTokenSettings = Settings<typeof joinTokenSettings>;
