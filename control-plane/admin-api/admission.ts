/**
 * Who may use the admin API: the holder of an operator's token; in development mode also whoever is on this machine.
 * The tenant comes from the credential, never from the request (T1). Called by http-server.ts for every request.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { TenantId } from '../../shared/model/ids.ts';
import type { OperatorStore } from '../store/operator-store.ts';
import { placeOf, type Permission } from '../access/permission.ts';
import { forbidden, unauthenticated } from './answer.ts';
import { refuseForeign } from './development-guard.ts';
import type { Caller } from './route.ts';

export interface AdmissionOptions {
  readonly operators: Pick<OperatorStore, 'authenticate'>;
  /** In development mode, the tenant of requests without a token. */
  readonly developmentTenant: TenantId | undefined;
}

export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Throws a Refusal (403) for what a web page of another site could have sent; outside development mode a token tells. */
  guard(headers: IncomingHttpHeaders): void {
    const refusal = this.#options.developmentTenant === undefined ? undefined : refuseForeign(headers);
    if (refusal !== undefined) throw refusal;
  }

  /** Throws a Refusal (401) where there is no valid credential. */
  async identify(headers: IncomingHttpHeaders): Promise<Caller> {
    const token = tokenOf(headers);
    if (token === undefined) return this.#developer();
    const operator = await this.#options.operators.authenticate(token);
    if (operator === undefined) throw unauthenticated('the admin token is unknown, expired or revoked');
    return { tenantId: operator.tenantId, operatorId: operator.id, name: operator.name, role: operator.role, installationAdmin: operator.installationAdmin };
  }

  /** Throws a Refusal (403) where the caller's role is not enough. */
  authorise(caller: Caller, { on, verb }: Permission): void {
    if (placeOf(on) === 'installation' && !(caller.installationAdmin && caller.role === 'admin')) throw forbidden('only an installation admin may do this');
    if (verb !== 'read' && caller.role !== 'admin') throw forbidden(`${caller.name} has the role ${caller.role}, which may only read`);
  }

  #developer(): Caller {
    const tenantId = this.#options.developmentTenant;
    if (tenantId === undefined) throw unauthenticated('send an admin token as "Authorization: Bearer …" or "Kong-Admin-Token: …"');
    return { tenantId, operatorId: null, name: 'development', role: 'admin', installationAdmin: true };
  }
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
