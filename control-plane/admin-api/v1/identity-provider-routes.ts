/**
 * `/v1/identity-providers`: where people of the tenant sign in, and which roles their groups there give them. Nobody can map a group to
 * more than they may do themselves.
 */
import type { Field, JsonObject, StringRule } from '../../../shared/model/definition.ts';
import type { RecordOf } from '../../../shared/model/entity-types.ts';
import { isIssuer } from '../../sign-in/oidc.ts';
import type { IdentityProvider, ProviderContent } from '../../store/identity-provider-store.ts';
import type { Store } from '../../store/store.ts';
import { created, NO_CONTENT, notFound, ok, schemaViolation } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Caller, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { refuseExcess } from './grant-fields.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

export interface IdentityProviderOptions {
  readonly store: Pick<Store, 'identityProviders' | 'roles'>;
  /** Issuers without TLS are taken: for trying it out. */
  readonly allowHttp: boolean;
}

const operation = ownOperation<AdminRequest>();
const scopeRule: StringRule = { name: 'scope', check: (text) => (/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(text) ? undefined : 'must be a scope of OAuth 2.0: printable ASCII without spaces and quotes') };

function fieldsFor(allowHttp: boolean) {
  const issuerRule: StringRule = {
    name: 'issuer',
    check: (text) => (isIssuer(text, allowHttp) ? undefined : `must be an ${allowHttp ? 'http or ' : ''}https URL without user, query and fragment, as the provider names itself`),
  };
  return [
    { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name; stands in the address to sign in at.' },
    { name: 'issuer', tag: 2, type: { kind: 'string', maxLength: 500, rules: [issuerRule] }, required: true, description: 'Its /.well-known/openid-configuration tells the rest.' },
    { name: 'client_id', tag: 3, type: { kind: 'string', maxLength: 500 }, required: true, description: 'As which this control plane is registered there; the redirect URI is <admin URL>/v1/sign-in/<tenant>/<name>/callback, with the names of the tenant and of this provider.' },
    { name: 'client_secret', tag: 4, type: { kind: 'string', maxLength: 2000 }, description: 'Never shown again; to be given again with another issuer. Without one, a public client that PKCE protects.' },
    { name: 'scopes', tag: 5, type: { kind: 'set', of: { kind: 'string', rules: [scopeRule] }, minLength: 1 }, default: ['openid', 'profile', 'email'], description: 'Must hold openid.' },
    { name: 'groups_claim', tag: 6, type: { kind: 'string', maxLength: 200 }, default: 'groups', description: 'Claim of the id token or of userinfo that lists the groups.' },
    {
      name: 'role_mappings', tag: 7, default: [], description: 'Several that match add up; the first is the role of the operator.',
      type: {
        kind: 'array',
        of: {
          kind: 'record',
          fields: [
            { name: 'group', tag: 1, type: { kind: 'string', maxLength: 256 }, required: true, description: 'As the provider names it.' },
            { name: 'role', tag: 2, type: { kind: 'string', maxLength: 100 }, required: true, description: 'A built-in role or one of the tenant.' },
          ],
        },
      },
    },
    { name: 'default_role', tag: 8, type: { kind: 'string', maxLength: 100 }, description: 'Of people without a mapped group; without it they are turned away.' },
    { name: 'session_hours', tag: 9, type: { kind: 'integer', between: [1, 720] }, default: 8, description: 'How long a session lasts. Whoever leaves a group keeps its roles until then, unless the session is revoked.' },
    { name: 'enabled', tag: 10, type: { kind: 'boolean' }, default: true, description: 'Whether anybody comes in by it.' },
  ] as const satisfies readonly Field[];
}

type Fields = ReturnType<typeof fieldsFor>;

export function identityProviderRoutes({ store, allowHttp }: IdentityProviderOptions): readonly Route[] {
  const fields = fieldsFor(allowHttp);
  const find = async (request: AdminRequest): Promise<IdentityProvider> => {
    const found = await store.identityProviders.find(request.caller.tenantId, param(request, 'id'));
    if (found === undefined) throw notFound();
    return found;
  };
  const refuseStronger = async (caller: Caller, { roleMappings, defaultRole }: ProviderContent): Promise<void> => {
    for (const name of new Set([...roleMappings.map(({ role }) => role), ...(defaultRole === undefined ? [] : [defaultRole])])) {
      const role = await store.roles.findByName(caller.tenantId, name);
      if (role !== undefined) refuseExcess(caller, [role.permissions], `the role "${name}"`);
    }
  };
  return [
    tenantRoute('/v1/identity-providers', {
      GET: operation({ permission: { on: 'identity-providers', verb: 'read' }, summary: 'List the identity providers', handle: async ({ caller }) => ok({ data: (await store.identityProviders.list(caller.tenantId)).map(show), next: null }) }),
      POST: operation({
        permission: { on: 'identity-providers', verb: 'create' },
        summary: 'Let people sign in at an identity provider (OpenID Connect)',
        success: 201,
        body: fields,
        handle: async ({ caller, actor }, input) => {
          const content = contentOf(input);
          await refuseStronger(caller, content);
          return created(show(storedOrRefuse(await store.identityProviders.create(caller.tenantId, content, actor), 'identity-providers')));
        },
      }),
    }),
    tenantRoute('/v1/identity-providers/:id', {
      GET: operation({ permission: { on: 'identity-providers', verb: 'read' }, summary: 'Read an identity provider; never its secret', handle: async (request) => ok(show(await find(request))) }),
      PUT: operation({
        permission: { on: 'identity-providers', verb: 'update' },
        summary: 'Replace an identity provider; ends the sessions that it began. A secret that is not given stays',
        body: fields,
        handle: async (request, input) => {
          const { caller, actor } = request;
          const before = await find(request);
          await refuseStronger(caller, before);
          const content = contentOf(input);
          await refuseStronger(caller, content);
          // Who may not read the secret must not have it sent to where they can.
          if (before.clientSecret !== undefined && content.clientSecret === undefined && content.issuer !== before.issuer) throw schemaViolation([{ field: 'client_secret', message: 'must be given again with another issuer: the old one is not sent there' }]);
          const kept = content.clientSecret === undefined ? { ...content, clientSecret: before.clientSecret } : content;
          return ok(show(storedOrRefuse(await store.identityProviders.update(caller.tenantId, before.id, kept, actor), 'identity-providers')));
        },
      }),
      DELETE: operation({
        permission: { on: 'identity-providers', verb: 'delete' },
        summary: 'Remove an identity provider, with its sessions',
        success: 204,
        handle: async (request) => {
          const { caller, actor } = request;
          const found = await store.identityProviders.find(caller.tenantId, param(request, 'id'));
          if (found === undefined) return NO_CONTENT;
          await refuseStronger(caller, found);
          const problem = await store.identityProviders.delete(caller.tenantId, found.id, actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'identity-providers');
          return NO_CONTENT;
        },
      }),
    }),
  ];
}

function contentOf(input: RecordOf<Fields>): ProviderContent {
  return {
    name: input.name, issuer: input.issuer, clientId: input.client_id, clientSecret: input.client_secret ?? undefined, scopes: [...new Set(['openid', ...input.scopes])], groupsClaim: input.groups_claim,
    roleMappings: input.role_mappings, defaultRole: input.default_role ?? undefined, sessionHours: input.session_hours, enabled: input.enabled,
  };
}

function show(provider: IdentityProvider): JsonObject {
  return {
    id: provider.id, name: provider.name, issuer: provider.issuer, client_id: provider.clientId, has_client_secret: provider.clientSecret !== undefined, scopes: provider.scopes, groups_claim: provider.groupsClaim,
    role_mappings: provider.roleMappings.map(({ group, role }) => ({ group, role })), default_role: provider.defaultRole ?? null, session_hours: provider.sessionHours, enabled: provider.enabled,
    created_at: showTime(provider.createdAt), updated_at: showTime(provider.updatedAt),
  };
}
