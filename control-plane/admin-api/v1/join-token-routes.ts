/**
 * `/v1/join-tokens`: what lets a new data plane into a gateway. The token's text is answered once, when it is made; lists
 * show only what it allows.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId } from '../../../shared/model/ids.ts';
import type { JoinToken, Labels } from '../../store/join-token-store.ts';
import type { Gateway } from '../../store/gateway-store.ts';
import type { Actor, GatewayScope } from '../../store/scope.ts';
import type { Store } from '../../store/store.ts';
import { created, NO_CONTENT, ok, schemaViolation } from '../answer.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { refuseProblem } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { checkLabelCount, labelsField, nameType, showTime } from './own-values.ts';

/** Makes a token that can be pasted: control-plane/enrolment adds addresses and fingerprints to what the store keeps. */
export type CreateJoinToken = (
  scope: GatewayScope,
  options: { readonly uses: number; readonly ttlMs: number; readonly labels: Labels },
  actor: Actor,
) => Promise<{ readonly token: JoinToken; readonly text: string }>;

const operation = ownOperation<GatewayRequest>();
const ONE_HOUR_S = 3600;
const ONE_YEAR_S = 31_536_000;

export function joinTokenRoutes(store: Pick<Store, 'joinTokens' | 'gateways'>, createJoinToken: CreateJoinToken): readonly Route[] {
  return [
    gatewayRoute('/v1/join-tokens', {
      GET: operation({
        permission: { on: 'join-tokens', verb: 'read' },
        summary: 'List the join tokens that can still be used, newest first',
        handle: async ({ gateway }) => ok({ data: (await store.joinTokens.list(gateway)).map((token) => showJoinToken(token, gateway)), next: null }),
      }),
      POST: operation({
        permission: { on: 'join-tokens', verb: 'create' },
        summary: 'Create a join token; its text is shown this once',
        success: 201,
        body: [
          { name: 'gateway', tag: 1, type: nameType, description: 'Name of the gateway that data planes join; the one of the path where not given.' },
          { name: 'uses', tag: 2, type: { kind: 'integer', between: [1, 10_000] }, default: 1, description: 'How many data planes may join with it.' },
          { name: 'ttl_seconds', tag: 3, type: { kind: 'integer', between: [60, ONE_YEAR_S] }, default: ONE_HOUR_S, description: 'Seconds until it expires.' },
          { ...labelsField, tag: 4, default: {} },
        ],
        handle: async (request, { gateway: name, uses, ttl_seconds: ttlSeconds, labels }) => {
          const gateway = name === null ? request.gateway : await store.gateways.findByName(request.caller.tenantId, name);
          if (gateway === undefined) throw schemaViolation([{ field: 'gateway', message: `there is no gateway "${name}"` }]);
          checkLabelCount(labels);
          const { token, text } = await createJoinToken(gateway, { uses, ttlMs: ttlSeconds * 1000, labels }, request.actor);
          return created({ ...showJoinToken(token, gateway), token: text });
        },
      }),
    }),
    gatewayRoute('/v1/join-tokens/:id', {
      DELETE: operation({
        permission: { on: 'join-tokens', verb: 'delete' },
        summary: 'Revoke a join token; data planes that joined with it stay',
        success: 204,
        handle: async (request) => {
          const id = parseId(param(request, 'id'));
          const problem = id === undefined ? undefined : await store.joinTokens.revoke(request.gateway, id, request.actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'join-tokens');
          return NO_CONTENT;
        },
      }),
    }),
  ];
}

function showJoinToken(token: JoinToken, gateway: Gateway): JsonObject {
  return {
    id: token.id,
    gateway: { id: gateway.gatewayId, name: gateway.name },
    uses_left: token.usesLeft,
    expires_at: showTime(token.expiresAt),
    labels: token.labels,
    created_by: token.createdBy,
    created_at: showTime(token.createdAt),
  };
}
