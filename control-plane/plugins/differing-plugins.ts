/** Custom plugins of a data plane that are not what was registered under their version, for the alarm that its session raises. */
import type { PluginVersion } from '../../shared/wire/sync-message.ts';

/** Of a version; undefined where it is not registered. */
export type RegisteredHash = (name: string, version: string) => string | undefined;

/** For people, naming each; undefined where all is as registered. What is not registered can't be configured, and is nobody's concern. */
export function differingPlugins(plugins: readonly PluginVersion[], registeredHash: RegisteredHash): string | undefined {
  const differing = plugins.filter(({ name, version, hash }) => hash !== '' && ![undefined, hash].includes(registeredHash(name, version)));
  if (differing.length === 0) return undefined;
  const named = differing.slice(0, 5).map(({ name, version, hash }) => `${name} ${version} (it runs ${hash.slice(0, 12)}…, registered is ${registeredHash(name, version)?.slice(0, 12)}…)`);
  return `it runs other files than were registered under the same version: ${named.join(', ')}`;
}
