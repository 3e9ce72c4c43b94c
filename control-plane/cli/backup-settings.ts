/** Settings of `holdfast backup …`. Read by backup.ts. */
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { controlPlaneSettings } from '../settings.ts';

const { databaseUrl, stateFolder } = controlPlaneSettings;
const key = { env: 'HOLDFAST_BACKUP_KEY', flag: '--key', type: 'string', secret: true, description: '32 bytes in base64 (openssl rand -base64 32) that seal the file; without them all but secrets can be read in it' } as const;
const json = { env: 'HOLDFAST_BACKUP_JSON', flag: '--json', type: 'boolean', default: false, description: 'Tell what is in it as JSON' } as const;

export const createBackupSettings = defineSettings({
  databaseUrl, stateFolder, key, json,
  out: { env: 'HOLDFAST_BACKUP_OUT', flag: '--out', type: 'path', required: true, description: 'File to write, mode 0600; one that exists is never overwritten' },
});
export const restoreBackupSettings = defineSettings({ databaseUrl, stateFolder, key, json });
export const verifyBackupSettings = defineSettings({ key, json });

export type CreateBackupSettings = Settings<typeof createBackupSettings>;
export type RestoreBackupSettings = Settings<typeof restoreBackupSettings>;
export type VerifyBackupSettings = Settings<typeof verifyBackupSettings>;
