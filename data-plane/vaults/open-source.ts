/**
 * The source of a vault by its kind; each kind's code is loaded with the first vault of it (S2).
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { VaultName } from '../../shared/vaults/catalog.ts';
import type { SourceServices, VaultSource } from './vault-source.ts';

export type OpenSource = (kind: VaultName, config: JsonObject) => Promise<VaultSource>;

export function createSourceOpener(services: SourceServices): OpenSource {
  return async (kind, config) => {
    switch (kind) {
      case 'env':
        return (await import('./env-source.ts')).createEnvSource(config, services);
      case 'file':
        return (await import('./file-source.ts')).createFileSource(config, services);
      case 'hcv':
        return (await import('./hcv-source.ts')).createHcvSource(config, services);
      case 'aws':
        return (await import('./aws-source.ts')).createAwsSource(config, services);
      case 'gcp':
        return (await import('./gcp-source.ts')).createGcpSource(config, services);
      case 'azure':
        return (await import('./azure-source.ts')).createAzureSource(config, services);
    }
  };
}
