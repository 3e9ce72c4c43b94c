/**
 * `env` vaults: variables of the process, by Kong's rule for names (`db-password` is DB_PASSWORD). Only names that begin as the data
 * plane's own setting allows: whoever took a control plane over must not read the rest of the environment.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { vaultNotAllowed, vaultSecretMissing } from './vault-failures.ts';
import { textOf, type SourceServices, type VaultSource } from './vault-source.ts';

export function createEnvSource(config: JsonObject, { environment, limits }: SourceServices): VaultSource {
  return {
    read({ name }) {
      const variable = `${textOf(config, 'prefix') ?? ''}${name}`.replaceAll('-', '_').toUpperCase();
      return Promise.resolve(readVariable(variable, environment, limits.envPrefixes));
    },
  };
}

function readVariable(variable: string, environment: SourceServices['environment'], prefixes: readonly string[]): string {
  if (!prefixes.some((prefix) => variable.startsWith(prefix))) {
    throw vaultNotAllowed(`the variable ${variable} may not be read here: names begin with ${prefixes.join(' or ')} (HOLDFAST_VAULT_ENV_PREFIXES)`);
  }
  const value = environment[variable];
  if (value === undefined || value === '') throw vaultSecretMissing(`the variable ${variable} is not set in the environment of this data plane`);
  return value;
}
