/**
 * A real OpenID provider (oidc-provider) on a loopback port, for the sign-in tests: accounts with groups, one confidential client, and a
 * sign-in form that takes any password. Plain HTTP.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Provider, type Configuration } from 'oidc-provider';

export interface TestIdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Groups by account: who is not there does not exist. */
  readonly groups: Map<string, readonly string[]>;
  /** From now on it answers nothing. */
  readonly stop: () => Promise<void>;
}

export async function startIdentityProvider(...redirectUris: string[]): Promise<TestIdentityProvider> {
  const groups = new Map<string, readonly string[]>();
  const clientSecret = randomBytes(24).toString('base64url');
  const server: Server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  const issuer = `http://127.0.0.1:${port}`;
  const configuration: Configuration = {
    clients: [{ client_id: 'holdfast', client_secret: clientSecret, redirect_uris: redirectUris, grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic' }],
    findAccount: (_context, id) => (groups.has(id) ? { accountId: id, claims: () => ({ sub: id, preferred_username: `${id}@example.com`, groups: [...(groups.get(id) ?? [])] }) } : undefined),
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    features: { devInteractions: { enabled: true } },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    pkce: { required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Interaction: 60, Session: 60, Grant: 60 },
  };
  const provider = new Provider(issuer, configuration);
  // Its warnings are about what nobody should do outside of a test.
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  return {
    issuer, clientId: 'holdfast', clientSecret, groups,
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
