/**
 * The config of a plugin as its `create` gets it: the secrets of its envelope in their places. They are opened only for that, in the
 * thread that makes the plugin; tables, cache and everything else hold the envelope. Used by plugin-instances.ts.
 */
import { describeThrown } from '../../shared/errors.ts';
import { putConfigSecrets, readConfigSecrets } from '../../shared/model/config-secrets.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { pluginDefinition } from '../../shared/model/entities/plugin.ts';
import type { ContentSeal } from '../../shared/trust/content-seal.ts';
import type { Quarantined } from './compile-contract.ts';
import type { Published } from './config-tables.ts';

export type OpenedConfig =
  | { readonly kind: 'opened'; readonly config: JsonObject; /** Nothing of them may be told. */ readonly secrets: readonly string[] }
  | { readonly kind: 'closed'; readonly problem: Quarantined };

/** Without a seal nothing opens. */
export function openPluginConfig({ id, name, config, config_secrets_sealed: sealed }: Published<'plugins'>, seal: ContentSeal | undefined): OpenedConfig {
  if (sealed === null) return { kind: 'opened', config, secrets: [] };
  const closed = (why: string): OpenedConfig => ({ kind: 'closed', problem: { kind: 'plugins', id, code: 'CONFIG_PLUGIN_SECRET_UNOPENED', reason: `the secrets in the config of plugin ${name} can not be opened: ${why}` } });
  if (seal === undefined) return closed('there is no content key');
  try {
    const field = pluginDefinition.configSecrets.name;
    const secrets = readConfigSecrets(seal.open({ kind: 'plugins', id, field }, Buffer.from(sealed, 'base64')).toString('utf8'));
    return { kind: 'opened', config: putConfigSecrets(config, secrets), secrets: secrets.map(({ value }) => value) };
  } catch (thrown) {
    return closed(describeThrown(thrown));
  }
}

/** A reason of the plugin's own: whoever wrote it may not have known what is secret. */
export function withoutSecrets(reason: string, secrets: readonly string[]): string {
  return secrets.toSorted((a, b) => b.length - a.length).reduce((text, secret) => (secret === '' ? text : text.replaceAll(secret, '(secret)')), reason);
}
