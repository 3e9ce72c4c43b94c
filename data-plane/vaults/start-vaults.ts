/**
 * The vaults of a data plane, put together from its settings and the surroundings of its process. Called by vaults-on-demand.ts with the
 * first configuration that refers to one: what was known last is read first (S2).
 */
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import type { DataPlaneSettings } from '../settings.ts';
import { systemDisk } from '../state/disk.ts';
import type { StateSeal } from '../state/state-seal.ts';
import { readBounded } from './file-source.ts';
import { LastValues } from './last-values.ts';
import { createSourceOpener } from './open-source.ts';
import { ReferenceIndex } from './reference-index.ts';
import { VaultHttp } from './vault-http.ts';
import { VaultResolver } from './vault-resolver.ts';

export interface VaultsOptions {
  readonly settings: DataPlaneSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly seal: StateSeal;
  readonly onChanged: () => Promise<unknown>;
}

export interface StartedVaults {
  readonly resolver: VaultResolver;
  stop(): Promise<void>;
}

export async function startVaults({ settings, clock, random, log, seal, onChanged }: VaultsOptions): Promise<StartedVaults> {
  const { vaultEnvPrefixes: envPrefixes, vaultFolder: folder, vaultHosts: hosts, vaultTimeout: timeoutMs } = settings;
  const http = new VaultHttp({ clock, timeoutMs, hosts });
  const resolver = new VaultResolver({
    index: new ReferenceIndex((name) => pluginCatalog.get(name)?.config),
    openSource: createSourceOpener({ http, clock, environment: process.env, readFile: readBounded, limits: { envPrefixes, folder } }),
    lastValues: await LastValues.open({ disk: systemDisk, path: join(settings.stateFolder, 'vault-values.sealed'), seal, log }),
    clock, random, log, waitMs: timeoutMs, onChanged,
  });
  return {
    resolver,
    async stop() {
      await resolver.stop();
      await http.close();
    },
  };
}
