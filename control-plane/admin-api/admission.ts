/**
 * Who may use the admin API, and for what: the holder of a token; in development mode also whoever is on this machine. The
 * tenant comes from the credential, never from the request (T1); what a role permits is asked for every operation. Called
 * by http-server.ts for every request, and again and again while an answer streams.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import { builtInRoles, isBuiltInRole } from '../access/built-in-roles.ts';
import type { Permission } from '../access/permission.ts';
import { Policy } from '../access/policy.ts';
import { SESSION_PREFIX, type SessionHolder, type SessionStore } from '../store/session-store.ts';
import type { TokenHolder, TokenStore } from '../store/token-store.ts';
import { tenantClosed } from '../store/tenant-standing.ts';
import { forbidden, rateLimited, unauthenticated } from './answer.ts';
import { refuseForeign } from './development-guard.ts';
import type { Caller } from './route.ts';
import type { SessionCookies } from './session-cookie.ts';
import { TenantRates } from './tenant-rates.ts';

export interface AdmissionOptions {
  readonly tokens: Pick<TokenStore, 'authenticate'>;
  readonly sessions: Pick<SessionStore, 'authenticate'>;
  readonly cookies: SessionCookies;
  /** In development mode, the tenant of requests without a token. */
  readonly developmentTenant: TenantId | undefined;
  readonly clock: Clock;
}

/** How long a credential counts as it was found, at the instances that do not hear of a change themselves. With RECHECK_MS (http-server.ts) below five seconds. */
export const KNOWN_FOR_MS = 2_000;
/** Credentials in use at once; more are looked up each time (R5). */
const MOST_KNOWN = 2_000;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #rates: TenantRates;
  /** By the digest of the token, so that what is kept is no credential. Of several requests at once one asks. */
  readonly #known = new LRUCache<string, { readonly holder: Promise<Caller | undefined>; readonly untilMs: number }>({ max: MOST_KNOWN });

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#rates = new TenantRates(options.clock);
  }

  /** Throws a Refusal (403) for what a web page of another site could have sent; outside development mode a token tells. */
  guard(headers: IncomingHttpHeaders): void {
    const refusal = this.#options.developmentTenant === undefined ? undefined : refuseForeign(headers);
    if (refusal !== undefined) throw refusal;
  }

  /** Throws a Refusal (401) where there is no valid credential. */
  async identify(headers: IncomingHttpHeaders): Promise<Caller> {
    const token = tokenOf(headers) ?? this.#options.cookies.sessionOf(headers);
    if (token === undefined) return this.#developer();
    const caller = await this.#holderOf(token);
    if (caller === undefined) throw unauthenticated('the admin token or session is unknown, expired or revoked');
    return caller;
  }

  /** Throws STORE_TENANT_CLOSED (403) where the tenant is suspended or leaving, a Refusal (429) where it has used up its rate. */
  admit({ tenantId, tenant }: Caller): void {
    if (tenant.suspendedReason !== undefined || tenant.deleteAfter !== undefined) throw tenantClosed(undefined, tenant.suspendedReason, tenant.deleteAfter);
    const perSecond = tenant.requestsPerSecond;
    const waitMs = perSecond === undefined ? 0 : this.#rates.take(tenantId, perSecond);
    if (waitMs > 0) throw rateLimited(perSecond ?? 0, waitMs);
  }

  /** Throws a Refusal (403) where the caller's permissions are not enough. Without a gateway, those for any gateway count. */
  authorise(caller: Caller, permission: Permission, gateway: string | undefined): void {
    if (caller.policy.allows(permission, gateway)) return;
    const { on, verb } = permission;
    const verbs = typeof verb === 'string' ? verb : verb.join(' or ');
    throw forbidden(`${caller.name} (${caller.roles.join(', ')}) has no permission to ${verbs} ${on}${gateway === undefined ? '' : ` in gateway "${gateway}"`}; GET /v1/me lists what you may do`);
  }

  /** Roles, operators or tokens were changed here: all are looked up again. Other instances do so within KNOWN_FOR_MS. */
  forgetAll(): void {
    this.#known.clear();
  }

  #holderOf(token: string): Promise<Caller | undefined> {
    const { clock } = this.#options;
    const key = createHash('sha256').update(token, 'utf8').digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.holder;
    const entry = { holder: this.#lookUp(token), untilMs: clock.monotonicMs() + KNOWN_FOR_MS };
    this.#known.set(key, entry);
    // What is not valid, or could not be asked, is asked again by the next request.
    const forget = (): void => {
      if (this.#known.peek(key) === entry) this.#known.delete(key);
    };
    entry.holder.then((caller) => (caller === undefined ? forget() : undefined), forget);
    return entry.holder;
  }

  async #lookUp(token: string): Promise<Caller | undefined> {
    if (token.startsWith(SESSION_PREFIX)) {
      const session = await this.#options.sessions.authenticate(token);
      return session === undefined ? undefined : callerOfSession(session);
    }
    const holder = await this.#options.tokens.authenticate(token);
    return holder === undefined ? undefined : callerOf(holder);
  }

  #developer(): Caller {
    const tenantId = this.#options.developmentTenant;
    if (tenantId === undefined) throw unauthenticated('send an admin token as "Authorization: Bearer …" or "Kong-Admin-Token: …"');
    return { ...DEVELOPER, tenantId };
  }
}

const DEVELOPER: Omit<Caller, 'tenantId'> = {
  kind: 'development',
  operatorId: null,
  name: 'development',
  credential: undefined,
  roles: ['owner'],
  installationAdmin: true,
  policy: new Policy([builtInRoles.owner.grants], true),
  tenant: { suspendedReason: undefined, deleteAfter: undefined, requestsPerSecond: undefined },
};

/** A role that is not there (any more) permits nothing. */
function callerOf({ operator, tokenId, ownRole, tokenPermissions, tenant, expiresAt }: TokenHolder): Caller {
  const role = isBuiltInRole(operator.role) ? builtInRoles[operator.role].grants : (ownRole ?? []);
  return {
    tenantId: operator.tenantId,
    kind: operator.kind,
    operatorId: operator.id,
    name: operator.name,
    credential: `token:${tokenId}`,
    expiresAt,
    roles: [operator.role],
    installationAdmin: operator.installationAdmin,
    policy: new Policy(tokenPermissions === undefined ? [role] : [role, tokenPermissions], operator.installationAdmin),
    tenant,
  };
}

/** What the roles of a session give adds up, and a deny in one of them outweighs what others allow. */
function callerOfSession({ operator, sessionId, roles, tenant, expiresAt }: SessionHolder): Caller {
  const grants = roles.flatMap(({ name, own }) => (isBuiltInRole(name) ? builtInRoles[name].grants : (own ?? [])));
  return {
    tenantId: operator.tenantId,
    kind: operator.kind,
    operatorId: operator.id,
    name: operator.name,
    credential: `session:${sessionId}`,
    expiresAt,
    roles: roles.map(({ name }) => name),
    installationAdmin: operator.installationAdmin,
    policy: new Policy([grants], operator.installationAdmin),
    tenant,
  };
}

/** Undefined where none is given; one that is there in another form is invalid, not absent. */
function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) throw unauthenticated('Authorization must be "Bearer" and an admin token');
    return token;
  }
  const token = headers['kong-admin-token'];
  return token === undefined ? undefined : String(token);
}
