/**
 * `/v1/sessions`, `/v1/me/sessions`, `/v1/sign-out` and the passwords of operators: who is signed in, from where, and how that ends.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { hashPassword, PASSWORD_LENGTHS } from '../../sign-in/password.ts';
import type { Session } from '../../store/session-store.ts';
import type { Store } from '../../store/store.ts';
import { NO_CONTENT, ok, type Answer } from '../answer.ts';
import { param, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import type { SessionCookies } from '../session-cookie.ts';
import { refuseProblem } from '../store-refusal.ts';
import { findOperator, refuseStronger } from './operator-routes.ts';
import { ownOperation } from './own-operation.ts';
import { showTime } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
type SessionStores = Pick<Store, 'sessions' | 'operators' | 'passwords' | 'roles'>;

export function sessionRoutes(store: SessionStores, cookies: SessionCookies): readonly Route[] {
  const revoke = async ({ caller, actor }: AdminRequest, session: Session | undefined): Promise<Answer> => {
    const problem = session === undefined ? undefined : await store.sessions.revoke(caller.tenantId, session.id, actor);
    if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'sessions');
    return NO_CONTENT;
  };
  const setPassword = async (request: AdminRequest, password: string | undefined): Promise<Answer> => {
    const { caller, actor } = request;
    const operator = await findOperator(store, request, 'operator');
    // Whoever sets a password can sign in with it.
    await refuseStronger(store, caller, operator);
    const problem = await store.passwords.set(caller.tenantId, operator.id, password === undefined ? undefined : await hashPassword(password), actor);
    if (problem !== undefined) throw refuseProblem(problem, 'operators');
    return NO_CONTENT;
  };
  return [
    tenantRoute('/v1/sessions', {
      GET: operation({ permission: { on: 'sessions', verb: 'read' }, summary: 'List who is signed in, newest first', handle: async ({ caller }) => ok({ data: (await store.sessions.list(caller.tenantId)).map(show), next: null }) }),
    }),
    tenantRoute('/v1/sessions/:id', {
      DELETE: operation({
        permission: { on: 'sessions', verb: 'delete' },
        summary: 'End a session; counts within five seconds',
        success: 204,
        handle: async (request) => revoke(request, await store.sessions.get(request.caller.tenantId, param(request, 'id').toLowerCase())),
      }),
    }),
    tenantRoute('/v1/me/sessions', {
      GET: operation({
        permission: { on: 'me', verb: 'read' },
        summary: 'List your own sessions',
        handle: async ({ caller }) => ok({ data: caller.operatorId === null ? [] : (await store.sessions.list(caller.tenantId, caller.operatorId)).map(show), next: null }),
      }),
    }),
    tenantRoute('/v1/sign-out', {
      POST: operation({
        permission: { on: 'me', verb: 'read' },
        summary: 'End the session by which you ask',
        success: 204,
        handle: async (request) => {
          const [kind, id] = request.caller.credential?.split(':') ?? [];
          const answer = kind === 'session' && id !== undefined ? await revoke(request, await store.sessions.get(request.caller.tenantId, id)) : NO_CONTENT;
          return { ...answer, cookies: [cookies.clearSession()] };
        },
      }),
    }),
    tenantRoute('/v1/operators/:id/password', {
      PUT: operation({
        permission: { on: 'operators', verb: 'update' },
        summary: 'Give an operator a password, for the day on which no identity provider answers (break-glass)',
        success: 204,
        body: [{ name: 'password', tag: 1, type: { kind: 'string', minLength: PASSWORD_LENGTHS[0], maxLength: PASSWORD_LENGTHS[1] }, required: true, description: `At least ${PASSWORD_LENGTHS[0]} characters; kept as argon2id.` }],
        handle: (request, { password }) => setPassword(request, password),
      }),
      DELETE: operation({ permission: { on: 'operators', verb: 'update' }, summary: 'Take the password away from an operator, and end the sessions it began', success: 204, handle: (request) => setPassword(request, undefined) }),
    }),
  ];
}

function show(session: Session): JsonObject {
  return {
    id: session.id, operator: { id: session.operatorId }, identity_provider: session.providerId === undefined ? null : { id: session.providerId }, roles: session.roles ?? null,
    address: session.address, user_agent: session.userAgent, created_at: showTime(session.createdAt), expires_at: showTime(session.expiresAt), last_used_at: showTime(session.lastUsedAt),
  };
}
