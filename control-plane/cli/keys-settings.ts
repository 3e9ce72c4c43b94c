/** Settings of `holdfast keys …` and `holdfast epoch bump`, a table for each command. Read by keys.ts. */
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { adminAccessSettings } from './settings.ts';

const out = { env: 'HOLDFAST_KEYS_OUT', flag: '--out', type: 'path', description: 'File to write; one that exists is never overwritten' } as const;
const output = { env: 'HOLDFAST_KEYS_OUTPUT', flag: '--output', type: 'enum', values: ['text', 'json'], default: 'text', description: 'How the answer is written' } as const;
const gateway = { env: 'HOLDFAST_KEYS_GATEWAY', flag: '--gateway', type: 'string', default: 'default', description: 'Name of the gateway' } as const;
const tenant = { env: 'HOLDFAST_KEYS_TENANT', flag: '--tenant', type: 'string', description: "Name of the gateway's tenant; your own where not given" } as const;

export const newRootKeySettings = defineSettings({ out: { ...out, required: true, description: 'File for the private key, made with mode 0600; one that exists is never overwritten' } });

export const proposeSettings = defineSettings({
  out: { ...out, required: true },
  keys: { env: 'HOLDFAST_KEYS_PUBLIC_KEYS', flag: '--keys', type: 'list', default: [], description: 'Public keys of all members of the new root set, as new-key prints them' },
  threshold: { env: 'HOLDFAST_KEYS_THRESHOLD', flag: '--threshold', type: 'integer', default: 1, between: [1, 16], description: 'How many of them must sign' },
  previous: { env: 'HOLDFAST_KEYS_PREVIOUS', flag: '--previous', type: 'path', description: 'Statement file of the installation (holdfast keys pending --out) whose root set this one follows; without it, the first' },
});

export const signSettings = defineSettings({ key: { env: 'HOLDFAST_KEYS_KEY', flag: '--key', type: 'path', required: true, description: 'File of the private root key' } });
export const showSettings = defineSettings({ output });
export const statusSettings = defineSettings({ ...adminAccessSettings, output });
export const pendingSettings = defineSettings({ ...adminAccessSettings, out });
export const importSettings = defineSettings({ ...adminAccessSettings });
export const rotateSettings = defineSettings({ ...adminAccessSettings, gateway: { ...gateway, description: 'Name of the gateway, for its content key' }, tenant: { ...tenant, description: "Name of the gateway's tenant, your own where not given; of a data key the tenant, all where not given" }, out: { ...out, description: 'File for statements that are to be signed by root keys; one that exists is never overwritten' } });
export const rewrapSettings = defineSettings({ ...adminAccessSettings, renew: { env: 'HOLDFAST_KEYS_RENEW', flag: '--renew', type: 'boolean', default: false, description: 'First make a new key-encryption key, wrapped by the program of HOLDFAST_KEY_ENCRYPTION_COMMAND' } });
export const retireSettings = defineSettings({ ...adminAccessSettings, gateway: { ...gateway, description: 'Name of the gateway, for its content key' }, tenant });
export const epochSettings = defineSettings({ ...adminAccessSettings, gateway, tenant, out: { ...out, description: 'File for the statement, where it is to be signed by root keys; one that exists is never overwritten' } });

export type NewRootKeySettings = Settings<typeof newRootKeySettings>;
export type ProposeSettings = Settings<typeof proposeSettings>;
export type SignSettings = Settings<typeof signSettings>;
export type ShowSettings = Settings<typeof showSettings>;
export type StatusSettings = Settings<typeof statusSettings>;
export type PendingSettings = Settings<typeof pendingSettings>;
export type ImportSettings = Settings<typeof importSettings>;
export type RotateSettings = Settings<typeof rotateSettings>;
export type RewrapSettings = Settings<typeof rewrapSettings>;
export type RetireSettings = Settings<typeof retireSettings>;
export type EpochSettings = Settings<typeof epochSettings>;
