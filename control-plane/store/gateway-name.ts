/**
 * Names of tenants, gateways and operators. A gateway's name stands in front of admin API paths (`/{gateway}/services`),
 * so it may not be a word that starts a path itself, now or in what we mean to add.
 */
import { entityDefinitions } from '../../shared/model/registry.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/;

/** First words of admin API paths that are not collections of this release: ours, Kong's, and what a web console needs. */
const PATH_WORDS = [
  'v1', 'v2', 'v3', 'api', 'console', 'assets', 'openapi.json', 'favicon.ico', 'robots.txt', 'health', 'metrics', 'enrol',
  'status', 'schemas', 'clustering', 'tags', 'config', 'endpoints', 'timers', 'cache', 'debug', 'workspaces', 'userinfo', 'auth',
  'certificates', 'snis', 'ca_certificates', 'vaults', 'keys', 'key-sets', 'filter-chains', 'targets', 'consumer_groups',
  'key-auths', 'basic-auths', 'hmac-auths', 'jwts', 'oauth2', 'oauth2_tokens', 'acls', 'acme', 'sessions', 'mtls-auths', 'partials',
  'cloned-plugins', 'custom-plugins', 'rbac', 'admins', 'groups', 'licenses', 'keyring', 'event-hooks', 'audit', 'proxy-cache',
  'degraphql_routes', 'graphql-proxy-cache-advanced', 'graphql-rate-limiting-advanced', 'developers', 'files', 'applications',
] as const;

const RESERVED: ReadonlySet<string> = new Set([...PATH_WORDS, ...entityDefinitions.map((definition) => definition.path)]);

/** Undefined where the name may be used, else what is wrong with it, as a sentence without its subject. */
export function refuseName(name: string): string | undefined {
  return NAME.test(name) ? undefined : 'must be 1 to 100 letters, digits, ".", "_", "~" or "-", and start with a letter or digit';
}

/** Like refuseName; also refuses words that start an admin API path, in any case. */
export function refuseGatewayName(name: string): string | undefined {
  return refuseName(name) ?? (RESERVED.has(name.toLowerCase()) ? `must not be "${name}": that word starts a path of the admin API; choose another name` : undefined);
}
