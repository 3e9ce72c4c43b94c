/**
 * `/v1/tokens` and the tokens below operators and service accounts: made (and shown this once), listed with their last use,
 * rotated, revoked. A token never holds more than whoever makes it has.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { Field, JsonObject } from '../../../shared/model/definition.ts';
import type { Operator } from '../../store/operator-store.ts';
import type { Store } from '../../store/store.ts';
import type { MadeToken, Token } from '../../store/token-store.ts';
import { created, forbidden, NO_CONTENT, notFound, ok } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Caller, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { permissionsType, refuseExcess, showGrants, toGrants } from './grant-fields.ts';
import { findOperator } from './operator-routes.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const TEN_YEARS_S = 315_360_000;
const A_MONTH_S = 2_678_400;
const newTokenFields = [
  { name: 'ttl_seconds', tag: 1, type: { kind: 'integer', between: [60, TEN_YEARS_S] }, description: 'Seconds until the token expires; never where not given.' },
  { name: 'name', tag: 2, type: nameType, description: 'What it is for.' },
  { name: 'permissions', tag: 3, type: permissionsType, description: 'Narrows the token: it may do what both these and the role of its owner allow. All that the role allows where not given.' },
] as const satisfies readonly Field[];

type Tokens = Pick<Store, 'operators' | 'roles' | 'tokens'>;

export function tokenRoutes(store: Tokens, clock: Clock): readonly Route[] {
  const find = async (request: AdminRequest): Promise<Token | undefined> => store.tokens.get(request.caller.tenantId, param(request, 'id').toLowerCase());
  const ownerOf = async (caller: Caller, token: Token): Promise<Operator> => {
    const owner = await store.operators.find(caller.tenantId, { id: token.operatorId });
    if (owner === undefined) throw notFound();
    return owner;
  };
  return [
    ...tokensBelow(store, clock, '/v1/operators', 'operator'),
    ...tokensBelow(store, clock, '/v1/service-accounts', 'service-account'),
    tenantRoute('/v1/tokens', {
      GET: operation({ permission: { on: 'tokens', verb: 'read' }, summary: 'List the tokens of everybody, newest first', handle: async ({ caller }) => ok({ data: (await store.tokens.list(caller.tenantId)).map(showToken), next: null }) }),
    }),
    tenantRoute('/v1/tokens/:id', {
      GET: operation({
        permission: { on: 'tokens', verb: 'read' },
        summary: 'Read a token; never its text',
        handle: async (request) => {
          const token = await find(request);
          if (token === undefined) throw notFound();
          return ok(showToken(token));
        },
      }),
      DELETE: operation({
        permission: { on: 'tokens', verb: 'delete' },
        summary: 'Revoke a token; counts within five seconds',
        success: 204,
        handle: async (request) => {
          const { caller, actor } = request;
          const token = await find(request);
          if (token === undefined) return NO_CONTENT;
          await refuseStrongerToken(store, caller, await ownerOf(caller, token), token);
          const problem = await store.tokens.revoke(caller.tenantId, token.id, actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'tokens');
          return NO_CONTENT;
        },
      }),
    }),
    tenantRoute('/v1/tokens/:id/rotate', {
      POST: operation({
        permission: { on: 'tokens', verb: 'create' },
        summary: 'Replace a token by a new one with the same permissions and expiry; the text is shown this once',
        success: 201,
        body: [{ name: 'overlap_seconds', tag: 1, type: { kind: 'integer', between: [0, A_MONTH_S] }, default: 0, description: 'How long the old one goes on counting; 0 revokes it at once.' }],
        handle: async (request, { overlap_seconds: overlapSeconds }) => {
          const { caller, actor } = request;
          const token = await find(request);
          if (token === undefined) throw notFound();
          await refuseStrongerToken(store, caller, await ownerOf(caller, token), token);
          return created(showMade(storedOrRefuse(await store.tokens.rotate(caller.tenantId, token.id, { overlapMs: overlapSeconds * 1000 }, actor), 'tokens')));
        },
      }),
    }),
  ];
}

function tokensBelow(store: Tokens, clock: Clock, path: string, kind: Operator['kind']): readonly Route[] {
  return [
    tenantRoute(`${path}/:id/tokens`, {
      GET: operation({
        permission: { on: 'tokens', verb: 'read' },
        summary: `List the tokens of one ${kind === 'operator' ? 'operator' : 'service account'}, newest first`,
        handle: async (request) => ok({ data: (await store.tokens.list(request.caller.tenantId, (await findOperator(store, request, kind)).id)).map(showToken), next: null }),
      }),
      POST: operation({
        permission: { on: 'tokens', verb: 'create' },
        summary: `Create a token for ${kind === 'operator' ? 'an operator' : 'a service account'}; it is shown this once`,
        success: 201,
        body: newTokenFields,
        handle: async (request, { ttl_seconds: ttlSeconds, name, permissions: given }) => {
          const { caller, actor } = request;
          const operator = await findOperator(store, request, kind);
          const permissions = given === null ? undefined : toGrants(given);
          await refuseStrongerToken(store, caller, operator, { permissions });
          const token = {
            ...(name === null ? {} : { name }),
            ...(permissions === undefined ? {} : { permissions }),
            ...(ttlSeconds === null ? {} : { expiresAt: new Date(clock.nowMs() + ttlSeconds * 1000) }),
          };
          return created(showMade(storedOrRefuse(await store.tokens.create(operator.tenantId, operator.id, token, actor), 'operators')));
        },
      }),
    }),
  ];
}

/** Whoever has a token has what it holds. Throws a Refusal (403). */
async function refuseStrongerToken(store: Tokens, caller: Caller, owner: Operator, { permissions }: Pick<Token, 'permissions'>): Promise<void> {
  if (owner.installationAdmin && !caller.installationAdmin) throw forbidden('only an installation admin may do this to one');
  const role = await store.roles.findByName(owner.tenantId, owner.role);
  const lists = [role?.permissions ?? [], ...(permissions === undefined ? [] : [permissions])];
  refuseExcess(caller, lists, `a token of ${owner.name} ("${owner.role}")`);
}

function showMade({ token, text }: MadeToken): JsonObject {
  return { ...showToken(token), token: text };
}

function showToken(token: Token): JsonObject {
  return {
    id: token.id,
    operator: { id: token.operatorId },
    name: token.name,
    permissions: token.permissions === undefined ? null : showGrants(token.permissions),
    created_at: showTime(token.createdAt),
    created_by: token.createdBy,
    expires_at: showTime(token.expiresAt),
    last_used_at: showTime(token.lastUsedAt),
  };
}
