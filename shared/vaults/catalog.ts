/**
 * The kinds of vaults that a `{vault://…}` reference can lead to, each with what its config holds. Read by the control plane,
 * which checks a vault's config at write time (shared/model/parse-plugin.ts), and by data planes, which look values up.
 */
import type { EntityCheck, Field } from '../model/definition.ts';
import { envVault, fileVault } from './local-vaults.ts';
import { awsVault, azureVault, gcpVault, hcvVault } from './remote-vaults.ts';

/** The static half of one kind of vault. */
export interface VaultSchema {
  readonly name: VaultName;
  readonly description: string;
  /** The fields of `config`: descriptions, limits, defaults; unknown fields are refused. */
  readonly config: readonly Field[];
  /** Rules over several config fields. They get the whole vault entity, so paths start at `config.`. */
  readonly checks?: readonly EntityCheck[];
}

export const VAULT_NAMES = ['env', 'file', 'hcv', 'aws', 'gcp', 'azure'] as const;
export type VaultName = (typeof VAULT_NAMES)[number];

export const vaultCatalog: ReadonlyMap<string, VaultSchema> = new Map([envVault, fileVault, hcvVault, awsVault, gcpVault, azureVault].map((schema) => [schema.name, schema]));
