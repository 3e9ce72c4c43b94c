/**
 * What a path of the admin API is: a pattern, the methods it knows and what each does. Routes are data, made by the
 * `…-routes.ts` files; http-server.ts serves them, and `/endpoints`, the OpenAPI document and the reserved gateway names
 * are read from them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { defined } from '../../shared/assert.ts';
import type { Field, JsonObject } from '../../shared/model/definition.ts';
import type { OperatorId, TenantId } from '../../shared/model/ids.ts';
import type { Permission, Resource } from '../access/permission.ts';
import type { Policy } from '../access/policy.ts';
import type { Actor, ActorKind, EntityScope } from '../store/scope.ts';
import type { Gateway } from '../store/gateway-store.ts';
import type { Answer } from './answer.ts';
import type { RequestBody } from './request-body.ts';

/** The gateway of a path that names none. */
export const DEFAULT_GATEWAY = 'default';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** Who sent a request, after admission. */
export interface Caller {
  readonly tenantId: TenantId;
  readonly kind: ActorKind;
  /** Null in development mode without a token. */
  readonly operatorId: OperatorId | null;
  readonly name: string;
  /** What it was let in by: `token:<id>` or `session:<id>`; undefined in development mode without a token. */
  readonly credential: string | undefined;
  /** When that ends by itself. */
  readonly expiresAt?: Date | undefined;
  /** Of which `policy` is made; several where groups of an identity provider give them. */
  readonly roles: readonly string[];
  /** May also manage tenants, as far as its permissions go. */
  readonly installationAdmin: boolean;
  readonly policy: Policy;
  /** What stands against serving its tenant at all. */
  readonly tenant: TenantStanding;
}

export interface TenantStanding {
  readonly suspendedReason: string | undefined;
  readonly deleteAfter: Date | undefined;
  /** Quota; undefined is no limit. */
  readonly requestsPerSecond: number | undefined;
}

export interface AdminRequest {
  /** As sent, with the gateway's name if it was given, without query and trailing slash. */
  readonly path: string;
  /** What stands at the pattern's `:names`, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** As node:http gives them. */
  readonly headers: IncomingHttpHeaders;
  /** Of POST, PUT and PATCH; `none` otherwise. */
  readonly body: RequestBody;
  readonly caller: Caller;
  /** The caller, as writes are attributed to. */
  readonly actor: Actor;
}

export interface GatewayRequest extends AdminRequest {
  /** Named by the path's first word, else the tenant's default one. */
  readonly gateway: AdmittedGateway;
}

/** A gateway with what the caller may do to its entities, which the store asks for. */
export type AdmittedGateway = Gateway & EntityScope;

/** For operations that find a gateway themselves. */
export function admitted(caller: Caller, gateway: Gateway): AdmittedGateway {
  return { ...gateway, access: caller.policy.entitiesOf(gateway.name) };
}

export interface Operation<R> {
  /** What its caller needs; there is no operation without (deny by default). */
  readonly permission: Permission;
  /** The body may also be YAML, and arrives as text: what is in it has rules of its own (`declarative/content-door.ts`). */
  readonly takesDocument?: true;
  /** For the OpenAPI document; entities' operations are described from their definitions instead. */
  readonly description?: OperationDescription;
  /** Of a list in its body: more than an entity's where it is a list of entities. */
  readonly maxItems?: number;
  /** Throws a Refusal where the request is not carried out. */
  readonly handle: (request: R) => Promise<Answer>;
}

export interface OperationDescription {
  /** A few words without full stop. */
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  /** Fields of the body. */
  readonly body?: readonly Field[];
  /** Of a body of JSON that is more than fields. */
  readonly bodySchema?: JsonObject;
  /** One that a test sends. */
  readonly bodyExample?: JsonObject;
  /** Status of the answer where all goes well; 200 where not said. */
  readonly success?: 200 | 201 | 204;
  /** Of the answer; JSON where not said. */
  readonly mediaType?: string;
}

export interface QueryParameter {
  readonly name: string;
  readonly description: string;
}

export type Operations<R> = Readonly<Partial<Record<Method, Operation<R>>>>;

/** Any route, as the server sees it. */
export interface Route {
  /** A fastify pattern without trailing slash: `/services/:id`. */
  readonly path: string;
  /** Served under `/{gateway}` too. */
  readonly inGateway: boolean;
  /** Its operations get the gateway; otherwise one is looked up only where the path names it, because it must exist. */
  readonly needsGateway: boolean;
  /** Of its gateway only id and name count (known-gateways.ts). */
  readonly gatewayMayBeOld?: true;
  /** Parameters in whose place a secret may stand (a credential's key): they are left out of the log and the audit (T2). */
  readonly secretParams: readonly string[];
  readonly operations: Operations<RoutedRequest>;
}

export interface RoutedRequest extends AdminRequest {
  readonly gateway: AdmittedGateway | undefined;
}

/** A path inside a gateway. */
export function gatewayRoute(path: string, operations: Operations<GatewayRequest>, secretParams: readonly string[] = []): Route {
  const widened = Object.entries(operations).map(([method, operation]): [string, Operation<RoutedRequest>] => {
    const handle = (request: RoutedRequest): Promise<Answer> => operation.handle({ ...request, gateway: defined(request.gateway, 'the gateway') });
    return [method, { ...operation, handle }];
  });
  return { path, inGateway: true, needsGateway: true, secretParams, operations: Object.fromEntries(widened) };
}

/** A path of our own that names its gateway, as `/v1/gateways/:gateway/batch` does. */
export function namedGatewayRoute(path: `/v1/gateways/:gateway/${string}`, operations: Operations<GatewayRequest>): Route {
  return { ...gatewayRoute(path, operations), inGateway: false };
}

/** A path that says the same in every gateway, and without one: also while the database is away. */
export function anyGatewayRoute(path: string, operations: Operations<AdminRequest>): Route {
  return { path, inGateway: true, needsGateway: false, secretParams: [], operations };
}

/** A path of the tenant or of the whole installation. */
export function tenantRoute(path: string, operations: Operations<AdminRequest>): Route {
  return { path, inGateway: false, needsGateway: false, secretParams: [], operations };
}

/** An operation that reads, whatever its method. */
export function read<R>(on: Resource, handle: (request: R) => Promise<Answer>, summary?: string): Operation<R> {
  return { permission: { on, verb: 'read' }, handle, ...(summary === undefined ? {} : { description: { summary } }) };
}

export function write<R>(permission: Permission, handle: (request: R) => Promise<Answer>): Operation<R> {
  return { permission, handle };
}

/** A parameter that the route's own pattern names. */
export function param(request: AdminRequest, name: string): string {
  return defined(request.params[name], `path parameter ${name}`);
}

/** The methods of a route as `Allow` lists them. */
export function allowedMethods(route: Route): readonly string[] {
  const own = METHODS.filter((method) => route.operations[method] !== undefined);
  return [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
}
