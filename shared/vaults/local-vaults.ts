/**
 * Vaults on the data plane's own machine: its environment and its files. What of them may be read is for the data plane's settings to
 * say (HOLDFAST_VAULT_ENV_PREFIXES, HOLDFAST_VAULT_FOLDER), not for who writes configurations.
 */
import type { StringRule } from '../model/definition.ts';
import type { VaultSchema } from './catalog.ts';
import { lifetimeFields } from './vault-fields.ts';

const variableRule: StringRule = { name: 'variable-name', check: (text) => (/^[A-Za-z0-9_-]+$/.test(text) ? undefined : 'expected letters, digits, - and _') };

const folderRule: StringRule = {
  name: 'relative-folder',
  check: (text) => (/^[^/\\\p{Cc}]+(?:\/[^/\\\p{Cc}]+)*$/u.test(text) && !text.split('/').some((part) => part === '.' || part === '..') ? undefined : "expected a path below HOLDFAST_VAULT_FOLDER, without leading slash, '.' and '..'"),
};

export const envVault: VaultSchema = {
  name: 'env',
  description: "The environment variables of a data plane's process: `{vault://env/db-password}` is DB_PASSWORD.",
  config: [
    { name: 'prefix', tag: 1, type: { kind: 'string', maxLength: 256, rules: [variableRule] }, description: 'Put in front of the name of each variable.' },
    { name: 'base64_decode', tag: 103, type: { kind: 'boolean' }, default: false, description: 'Whether values are base64 and stand for what they decode to.' },
  ],
};

export const fileVault: VaultSchema = {
  name: 'file',
  description: 'Files on the machine of a data plane, below the folder that its HOLDFAST_VAULT_FOLDER allows.',
  config: [
    { name: 'folder', tag: 1, type: { kind: 'string', maxLength: 1_024, rules: [folderRule] }, description: 'A folder below the allowed one, in which names are looked up.' },
    ...lifetimeFields(60),
  ],
};
