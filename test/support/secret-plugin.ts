/**
 * A plugin with secrets in its config, in the catalogue and the registry of every thread that imports this: of a test, or of a real
 * process that is started with `--import`. It tells a digest of its secrets in a header, so that a test sees which it has.
 */
import { createHash } from 'node:crypto';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import { registerPlugin } from '../../shared/plugins/registered-plugin.ts';
import { pluginRegistry } from '../../shared/plugins/registry.ts';

export const secretPluginSchema = {
  name: 'secretive', version: '1.0.0', priority: 5, scopes: ['global', 'service', 'route'], protocols: ['http', 'https', 'grpc', 'grpcs'], description: 'For tests.',
  config: [
    { name: 'client_id', tag: 1, type: { kind: 'string' }, description: 'Not secret.' },
    { name: 'client_secret', tag: 2, type: { kind: 'array', of: { kind: 'string', minLength: 8 } }, secret: 'sealed', referenceable: true, description: 'Several.' },
    { name: 'token', tag: 3, type: { kind: 'string', oneOf: ['canary-one-of-two', 'canary-two-of-two'] }, secret: 'sealed', description: 'No reference.' },
    {
      name: 'redis', tag: 4, description: 'A record.', type: { kind: 'record', fields: [
        { name: 'host', tag: 1, type: { kind: 'string' }, description: 'Not secret.' },
        { name: 'password', tag: 2, type: { kind: 'string', maxLength: 512 }, secret: 'sealed', referenceable: true, description: 'Inside a record.' },
        { name: 'username', tag: 3, type: { kind: 'string' }, description: 'Not secret.' },
      ] },
    },
  ],
  partials: [{ type: 'redis-ce', path: 'config.redis' }],
} as const satisfies PluginSchema;

/** What the plugin says of its secrets. */
export function digestOfSecrets(password: string | null, clientSecret: readonly string[] | null = null, token: string | null = null): string {
  return createHash('sha256').update(JSON.stringify([password, clientSecret, token])).digest('hex');
}

const plugin = registerPlugin(secretPluginSchema, {
  name: 'secretive',
  create({ client_id: clientId, redis, client_secret: clientSecret, token }) {
    const password = redis?.password ?? null;
    // As a careless author might.
    if (clientId === 'broken') throw new Error(`can not log in with ${password}`);
    const digest = digestOfSecrets(password, clientSecret, token);
    return {
      requestHead(context) {
        context.setResponseHeader('X-Secrets', digest);
        return undefined;
      },
    };
  },
});

if (pluginCatalog instanceof Map) pluginCatalog.set('secretive', secretPluginSchema);
if (pluginRegistry instanceof Map) pluginRegistry.set('secretive', plugin);
