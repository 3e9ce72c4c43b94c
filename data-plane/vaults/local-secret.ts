/**
 * Secrets that a vault's own config refers to: a token, a role's secret. They come from this machine's environment and files only, so
 * that no vault waits for another.
 */
import { parseVaultReference, REFERENCE_START } from '../../shared/vaults/vault-reference.ts';
import { createEnvSource } from './env-source.ts';
import { createFileSource } from './file-source.ts';
import { valueOf } from './secret-value.ts';
import { vaultConfigInvalid } from './vault-failures.ts';
import type { SourceServices } from './vault-source.ts';

/** The value of a field of a vault's config. Text that is no reference stands for itself. Throws VAULT_…. */
export async function localSecret(field: string, text: string | undefined, services: SourceServices): Promise<string> {
  if (text === undefined) throw vaultConfigInvalid(`the vault's config lacks ${field}`);
  if (!text.startsWith(REFERENCE_START)) return text;
  const reference = parseVaultReference(text);
  const source = typeof reference === 'string' ? undefined : reference.vault === 'env' ? createEnvSource({ prefix: reference.options['prefix'] ?? null }, services) : reference.vault === 'file' ? createFileSource({}, services) : undefined;
  if (typeof reference === 'string' || source === undefined) throw vaultConfigInvalid(`${field} of a vault's config refers to ${REFERENCE_START}env/…} or ${REFERENCE_START}file/…} only`);
  return valueOf(await source.read({ name: reference.name, version: undefined }), reference.key, reference.options['base64_decode'] === 'true');
}
