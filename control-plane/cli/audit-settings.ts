/** Settings of `holdfast audit …`, a table for each command. Read by audit.ts. */
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { adminAccessSettings } from './settings.ts';

const json = { env: 'HOLDFAST_AUDIT_JSON', flag: '--json', type: 'boolean', default: false, description: 'Write JSON' } as const;
const out = { env: 'HOLDFAST_AUDIT_OUT', flag: '--out', type: 'path', description: 'File to write; one that exists is never overwritten. Without it, standard output' } as const;

export const auditListSettings = defineSettings({
  ...adminAccessSettings,
  gateway: { env: 'HOLDFAST_AUDIT_GATEWAY', flag: '--gateway', type: 'string', description: 'Only rows of this gateway' },
  actor: { env: 'HOLDFAST_AUDIT_ACTOR', flag: '--actor', type: 'string', description: 'Only what this operator or service account did' },
  action: { env: 'HOLDFAST_AUDIT_ACTION', flag: '--action', type: 'string', description: 'Only this action: create, update, delete, refuse, reveal…' },
  kind: { env: 'HOLDFAST_AUDIT_KIND', flag: '--kind', type: 'string', description: 'Only what was done to this kind of thing' },
  id: { env: 'HOLDFAST_AUDIT_ID', flag: '--id', type: 'string', description: 'Only what was done to the one with this id' },
  request: { env: 'HOLDFAST_AUDIT_REQUEST', flag: '--request', type: 'string', description: 'Only what this request did' },
  since: { env: 'HOLDFAST_AUDIT_SINCE', flag: '--since', type: 'string', description: 'Only rows from this time on, as ISO 8601' },
  until: { env: 'HOLDFAST_AUDIT_UNTIL', flag: '--until', type: 'string', description: 'Only rows before this time, as ISO 8601' },
  count: { env: 'HOLDFAST_AUDIT_COUNT', flag: '--count', type: 'integer', default: 50, between: [1, 100_000], description: 'Rows to show, at most' },
  json,
});
export const auditExportSettings = defineSettings({ ...adminAccessSettings, out });
export const auditCheckpointSettings = defineSettings({ ...adminAccessSettings, out });
export const auditVerifySettings = defineSettings({
  ...adminAccessSettings,
  export: { env: 'HOLDFAST_AUDIT_EXPORT', flag: '--export', type: 'path', description: 'Exported file to verify; without it, what the admin API has now' },
  checkpoints: { env: 'HOLDFAST_AUDIT_CHECKPOINTS', flag: '--checkpoints', type: 'list', default: [], description: 'Files of checkpoints that were kept elsewhere' },
  keys: { env: 'HOLDFAST_AUDIT_KEYS', flag: '--keys', type: 'list', default: [], description: 'Ids of the publish keys that may have signed, as "holdfast keys status" told them once; without it, the keys that export and checkpoints name' },
  json,
});

export type AuditListSettings = Settings<typeof auditListSettings>;
export type AuditExportSettings = Settings<typeof auditExportSettings>;
export type AuditCheckpointSettings = Settings<typeof auditCheckpointSettings>;
export type AuditVerifySettings = Settings<typeof auditVerifySettings>;
