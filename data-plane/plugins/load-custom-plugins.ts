/**
 * The custom plugins of this data plane (HOLDFAST_PLUGINS), loaded once at the start: for the schema, by which secrets and vault
 * references in configs are found, and so that a plugin that can't be loaded is an error at the start and not of requests. Proxy
 * threads load them again, each for itself. Called by enrolled-parts.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { LoadedPlugin } from '../../shared/plugin-kit/plugin-package.ts';
import { isBundled, setCustomSchemas } from '../../shared/plugins/catalog.ts';

/** Relative places count from `base`. Throws PLUGIN_LOAD_FAILED, naming the place and the way out. */
export async function loadCustomPlugins(places: readonly string[], base: string, log: Logger): Promise<readonly LoadedPlugin[]> {
  if (places.length === 0) return [];
  const { findPluginPackage, loadPlugin } = await import('../../shared/plugin-kit/plugin-package.ts');
  const loaded: LoadedPlugin[] = [];
  for (const place of places) {
    const one = await loadPlugin(findPluginPackage(place, base));
    const { name, version } = one.plugin.schema;
    if (isBundled(name)) throw refused(place, `'${name}' is the name of a bundled plugin: give it another`);
    const same = loaded.find(({ plugin: { schema } }) => schema.name === name && schema.version === version);
    if (same !== undefined) throw refused(place, `${same.place} is ${name} ${version} too: leave one of them out of HOLDFAST_PLUGINS, or give it another version`);
    loaded.push(one);
    log.info({ event: 'plugin-loaded', plugin: name, version, hash: one.hash, folder: one.folder }, `plugin ${name} ${version} loaded`);
  }
  setCustomSchemas(loaded.map(({ plugin }) => plugin.schema));
  return loaded;
}

function refused(place: string, why: string): HoldfastError {
  return new HoldfastError({ code: 'PLUGIN_LOAD_FAILED', source: 'gateway', publicMessage: 'a custom plugin could not be loaded', message: `plugin ${place} could not be loaded: ${why}` });
}
