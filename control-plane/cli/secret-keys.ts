/**
 * `holdfast keys rotate data-key` and `holdfast keys rewrap`, and their part of `holdfast keys status`: the keys under which secrets
 * stand at rest. Called by keys.ts and keys-online.ts.
 */
import { recordsOf, type Told } from './admin-answer.ts';
import { post, type AdminAccess } from './admin-client.ts';
import type { Output } from './command.ts';
import type { RewrapSettings } from './keys-settings.ts';
import { terminalLine } from './terminal-text.ts';
import { cell } from './text-table.ts';

export async function rotateDataKeys(settings: AdminAccess & { readonly tenant: string | undefined }, output: Output): Promise<void> {
  const answer = await post(settings, '/v1/secret-keys/rotate', settings.tenant === undefined ? {} : { tenant: settings.tenant });
  for (const begun of recordsOf(answer['data'])) output.out(terminalLine(`New data key of tenant ${cell(begun['tenant'])}: ${cell(begun['key_id'])}`));
  output.out('Secrets are sealed again in the background, and the old keys retired when nothing stands under them; "holdfast keys status" tells how far it is.');
}

export async function rewrap(settings: RewrapSettings, output: Output): Promise<void> {
  const answer = await post(settings, '/v1/secret-keys/rewrap', { renew: settings.renew });
  output.out(terminalLine(`Everything stands under key-encryption key ${cell(answer['key_id'])}; ${cell(answer['values'])} keys were wrapped anew.`));
}

export function tellSecretKeys(status: Told): readonly string[] {
  return [
    ...recordsOf(status['key_encryption_keys']).map((key) => `encrypting    ${cell(key['key_id'])}${key['seals'] === true ? ', in use' : ''}${key['here'] === true ? '' : ', NOT HERE'}, ${cell(key['values'])} keys stand under it`),
    ...recordsOf(status['data_key_rotations']).map((rotation) => {
      const end = typeof rotation['finished_at'] === 'string' ? `, done ${rotation['finished_at']}` : ` since ${cell(rotation['started_at'])}: ${cell(rotation['phase'])}, ${cell(rotation['looked_at'])} rows looked at`;
      return `data key      ${cell(rotation['key_id'])} of tenant ${cell(rotation['tenant'])}${end}, ${cell(rotation['resealed'])} rows sealed again`;
    }),
  ];
}
