/**
 * The life of an admin request, top to bottom: guard → identify → tenant → gateway → method → permission → body → operation → answer; while the
 * database is away, reads are answered from memory (outage-memory.ts).
 * Every refusal and failure becomes one JSON answer, and a refused write an audit row. Routing and sockets are
 * fastify's. Built by start-admin-api.ts.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import { isUuid } from '../../shared/model/ids.ts';
import { placeOf } from '../access/permission.ts';
import type { CustomPlugins } from '../plugins/custom-plugins.ts';
import type { Admission } from './admission.ts';
import { bodyTooLarge, bodyUnreadable, methodNotAllowed, NO_CONTENT, notFound, Refusal, targetUnreadable, unsupportedContentEncoding, unsupportedMediaType, type Answer } from './answer.ts';
import type { CrossOrigin } from './cross-origin.ts';
import { refusalOf } from './failure.ts';
import type { OutageMemory } from './outage-memory.ts';
import type { KnownGateways } from './known-gateways.ts';
import { NO_BODY, parseRequestBody, type RequestBody } from './request-body.ts';
import type { RequestMeter } from './request-meter.ts';
import type { SessionCookies } from './session-cookie.ts';
import type { OpenRoute } from './sign-in-routes.ts';
import { admitted, allowedMethods, METHODS, type AdmittedGateway, type Caller, type Method, type Operation, type Route, type RoutedRequest } from './route.ts';

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  /** Paths that are answered without a credential: health probes. */
  readonly probes: ReadonlyMap<string, () => Promise<Answer>>;
  /** Paths by which people come in: answered without a credential. */
  readonly openRoutes: readonly OpenRoute[];
  readonly admission: Admission;
  readonly cookies: SessionCookies;
  /** Throws a not-found Refusal. Undefined asks for the tenant's default gateway. */
  readonly gateways: KnownGateways;
  /** Never throws. */
  readonly recordRefusedWrite: (refused: RefusedWrite) => Promise<void>;
  /** Counted up and down as requests come and go. */
  readonly counters: MutableCounters;
  readonly meter: RequestMeter;
  readonly memory: OutageMemory;
  readonly serverHeader: string;
  readonly maxBodyBytes: number;
  readonly crossOrigin: CrossOrigin;
  readonly plugins: Pick<CustomPlugins, 'known' | 'grewSince'>;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What `/status` shows of the server. */
export type ServerCounters = Readonly<MutableCounters>;

export interface MutableCounters {
  connectionsActive: number;
  connectionsAccepted: number;
  requestsActive: number;
  requestsTotal: number;
}

export function newServerCounters(): MutableCounters {
  return { connectionsActive: 0, connectionsAccepted: 0, requestsActive: 0, requestsTotal: 0 };
}

export interface RefusedWrite extends Exchange {
  readonly status: number;
  /** Of the refusal, as in ERRORS.md. */
  readonly code: string;
}

/** What is known of a request so far; the steps fill it in. */
export interface Exchange {
  readonly method: string;
  /** Without query and without secrets. */
  readonly path: string;
  /** 32 hex digits; in the answer's headers, in change rows, audit rows and log lines. */
  readonly requestId: string;
  readonly address: string;
  caller: Caller | undefined;
  gateway: AdmittedGateway | undefined;
  /** Whether what it was admitted for it would be admitted for again; asked while an answer streams. */
  stillAdmitted: (() => Promise<boolean>) | undefined;
}

const REQUEST_TIMEOUT_MS = 60_000;
/** As long as node:http lets a head be, so that every name is looked up and none is taken for a malformed path. */
const LONGEST_PATH_WORD = 16_384;
/** Operators, their tools and probes; data planes connect elsewhere (R5). */
const MAX_CONNECTIONS = 2000;
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Resources whose writes change which gateways there are, or their names. */
const OF_GATEWAYS: ReadonlySet<string> = new Set(['gateways', 'tenants', 'tenant']);
/** Roles, operators, tokens and tenants are among these. */
const DECIDING: ReadonlySet<string> = new Set(['tenant', 'installation', 'everybody']);
/** How often it is asked whether who reads a stream still may. */
const RECHECK_MS = 2_000;
const MAX_OPEN_BODY_BYTES = 16_384;
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Builds the server; the caller listens and closes. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const server = fastify({
    exposeHeadRoutes: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_PATH_WORD },
    frameworkErrors: (_thrown, request, reply) => {
      void serve(options, request, reply, pathOf(request.raw), async () => Promise.reject(targetUnreadable('the path is not valid: a percent sign must be followed by the two digits of a UTF-8 byte')));
    },
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  countConnections(server, options.counters);
  // Bodies are read by `serve`, once the sender is known.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.setErrorHandler((thrown, request, reply) => serve(options, request, reply, pathOf(request.raw), async () => Promise.reject(headerRefusal(thrown))));
  server.setNotFoundHandler((request, reply) =>
    serve(options, request, reply, pathOf(request.raw), async (exchange) => {
      exchange.caller = await options.admission.identify(request.headers);
      throw notFound();
    }),
  );
  for (const [url, probe] of options.probes) server.route({ method: ['GET', 'HEAD'], url, handler: (request, reply) => serve(options, request, reply, url, probe) });
  for (const route of options.openRoutes) {
    server.route({ method: route.method, url: route.path, handler: (request, reply) => serve(options, request, reply, route.path, (exchange) => answerOpenly(route, request, exchange)) });
  }
  const method = [...METHODS, 'HEAD', 'OPTIONS', 'TRACE'];
  for (const route of options.routes) {
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
      serve(options, request, reply, shownPath(route, request), (exchange) => options.memory.answer(route, request.raw, () => carryOut(options, route, request, exchange)), route);
    server.route({ method, url: route.path, handler });
    if (route.inGateway) server.route({ method, url: route.path === '/' ? '/:gateway' : `/:gateway${route.path}`, handler });
  }
  return server;
}

/** Answers the request, whatever happens. */
async function serve(options: HttpServerOptions, request: FastifyRequest, reply: FastifyReply, path: string, work: (exchange: Exchange) => Promise<Answer>, route?: Route): Promise<void> {
  const begunMs = options.clock.monotonicMs();
  const exchange: Exchange = {
    method: request.method,
    path,
    requestId: randomUUID().replaceAll('-', ''),
    address: request.socket.remoteAddress ?? '',
    caller: undefined,
    gateway: undefined,
    stillAdmitted: undefined,
  };
  let answer: Answer;
  try {
    options.admission.guard(request.headers);
    answer = options.crossOrigin.answerPreflight(request.method, request.headers) ?? (await work(exchange));
  } catch (thrown) {
    answer = await refuse(options, exchange, thrown);
  }
  const tookMs = options.clock.monotonicMs() - begunMs;
  const latencyMs = Math.round(tookMs);
  send(options, reply, answer, exchange, latencyMs, (json) => (route === undefined ? undefined : options.memory.keep(route, request.raw, answer, json)));
  options.meter.answered(exchange.method, route?.path, answer.status, tookMs / 1000);
  options.log.debug({ event: 'admin-request', method: exchange.method, path: exchange.path, status: answer.status, latencyMs, caller: exchange.caller?.name, requestId: exchange.requestId }, 'admin request answered');
}

function countConnections(server: FastifyInstance, counters: MutableCounters): void {
  server.server.on('connection', (socket) => {
    counters.connectionsActive += 1;
    counters.connectionsAccepted += 1;
    socket.once('close', () => (counters.connectionsActive -= 1));
  });
  server.server.on('request', (_request, response) => {
    counters.requestsActive += 1;
    counters.requestsTotal += 1;
    response.once('close', () => (counters.requestsActive -= 1));
  });
}

/** Nobody is known yet, so little is read. */
async function answerOpenly(route: OpenRoute, request: FastifyRequest, { address, requestId }: Exchange): Promise<Answer> {
  const body = route.method === 'POST' ? await readBody(request.raw, MAX_OPEN_BODY_BYTES, {}) : NO_BODY;
  return route.handle({ params: paramsOf(request), query: queryOf(request.raw), headers: request.headers, body, address, requestId });
}

async function carryOut(options: HttpServerOptions, route: Route, request: FastifyRequest, exchange: Exchange): Promise<Answer> {
  const { gateway: gatewayName, ...params } = paramsOf(request);
  const caller = await options.memory.identify(request.raw, () => options.admission.identify(request.headers));
  exchange.caller = caller;
  options.cookies.refuseForgery(exchange.method, request.headers);
  options.admission.admit(caller);
  if (Object.values(params).some(isUnstorable)) throw notFound();
  if (route.needsGateway || gatewayName !== undefined) exchange.gateway = admitted(caller, await options.gateways.find(caller, gatewayName, route.gatewayMayBeOld));

  const allow = allowedMethods(route);
  if (exchange.method === 'OPTIONS') return { ...NO_CONTENT, headers: { allow: allow.join(', ') } };
  const operation = operationFor(exchange.method, route);
  if (operation === undefined) throw methodNotAllowed(allow);
  const gatewayAsked = exchange.gateway?.name;
  options.admission.authorise(caller, operation.permission, gatewayAsked);
  exchange.stillAdmitted = async () => {
    const now = await options.admission.identify(request.headers);
    options.admission.authorise(now, operation.permission, gatewayAsked);
    return now.tenant.suspendedReason === undefined && now.tenant.deleteAfter === undefined;
  };

  const query = queryOf(request.raw);
  const body = WITH_BODY.has(exchange.method) ? await readBody(request.raw, options.maxBodyBytes, operation) : NO_BODY;
  const actor = { operatorId: caller.operatorId, name: caller.name, requestId: exchange.requestId, address: exchange.address, kind: caller.kind, ...(caller.credential === undefined ? {} : { credential: caller.credential }) };
  const answer = await handle(options, operation, { path: pathOf(request.raw), params, query, headers: request.headers, body, caller, actor, gateway: exchange.gateway });
  // Who may do what may have changed: at this instance that counts at once.
  if (WRITES.has(exchange.method) && DECIDING.has(placeOf(operation.permission.on))) options.admission.forgetAll();
  if (WRITES.has(exchange.method) && OF_GATEWAYS.has(operation.permission.on)) options.gateways.forgetAll();
  return answer;
}

/** A plugin that breaks its schema is looked at again where another instance registered one meanwhile: that may be all that is wrong. */
async function handle({ plugins }: HttpServerOptions, operation: Operation<RoutedRequest>, request: RoutedRequest): Promise<Answer> {
  const { known } = plugins;
  try {
    return await operation.handle(request);
  } catch (thrown) {
    const mayBeNew = thrown instanceof Refusal && thrown.code === 'ADMIN_SCHEMA_VIOLATION' && operation.permission.on === 'plugins';
    if (!mayBeNew || !(await plugins.grewSince(known))) throw thrown;
    return operation.handle(request);
  }
}

async function refuse(options: HttpServerOptions, exchange: Exchange, thrown: unknown): Promise<Answer> {
  const refusal = refusalOf(thrown);
  const { status } = refusal.answer;
  const facts = { method: exchange.method, path: exchange.path, status, code: refusal.code, requestId: exchange.requestId, reason: refusal.message };
  if (refusal.retryable) options.log.warn({ event: 'admin-request-failed', ...facts }, 'an admin request could not be carried out now');
  else if (status >= 500) options.log.error({ event: 'admin-request-failed', ...facts, err: thrown }, 'an admin request failed');
  else options.log.debug({ event: 'admin-request-refused', ...facts }, 'an admin request was refused');
  // What failed for want of a database was not refused, and waiting for it again would help nobody.
  if (WRITES.has(exchange.method) && !refusal.retryable) await options.recordRefusedWrite({ ...exchange, status, code: refusal.code });
  return refusal.answer;
}

function send(options: HttpServerOptions, reply: FastifyReply, answer: Answer, exchange: Exchange, latencyMs: number, onJson: (json: string) => void): void {
  const headers = {
    server: options.serverHeader,
    'x-kong-admin-latency': String(latencyMs),
    'x-kong-admin-request-id': exchange.requestId,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...options.crossOrigin.headersFor(reply.request.headers),
    ...answer.headers,
    ...(answer.cookies === undefined ? {} : { 'set-cookie': [...answer.cookies] }),
  };
  if (answer.stream !== undefined) return sendStream(options, reply, answer.stream, exchange, () => reply.raw.writeHead(answer.status, { ...headers, connection: 'close' }));
  void reply.code(answer.status).headers(headers);
  if (answer.text !== undefined) void reply.type('text/plain; charset=utf-8').send(answer.text);
  else if (answer.bytes !== undefined) void reply.send(answer.bytes);
  else if (answer.body === undefined && answer.json === undefined) void reply.send();
  else {
    const json = answer.json ?? JSON.stringify(answer.body);
    onJson(json);
    void reply.type('application/json; charset=utf-8').send(json);
  }
}

/** An answer that goes on is written past fastify, which would wait for its end. Its connection ends with it, so that a stop finds none left open. */
function sendStream(options: HttpServerOptions, reply: FastifyReply, stream: NonNullable<Answer['stream']>, { method, stillAdmitted }: Exchange, writeHead: () => void): void {
  void reply.hijack();
  writeHead();
  if (method === 'HEAD') return void reply.raw.end();
  const rechecking = options.clock.every(RECHECK_MS, () => {
    stillAdmitted?.().then(
      (still) => (still ? undefined : reply.raw.destroy()),
      // While the database is away nobody's permissions can have changed through it.
      (thrown: unknown) => (refusalOf(thrown).retryable ? undefined : reply.raw.destroy()),
    );
  });
  reply.raw.once('close', () => rechecking.cancel());
  stream(reply.raw);
}

async function readBody(request: IncomingMessage, maxBytes: number, { takesDocument, maxItems }: Pick<Operation<never>, 'takesDocument' | 'maxItems'>): Promise<RequestBody> {
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') throw unsupportedContentEncoding();
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  // What is left of a body that is too large is discarded by node:http, so that the sender gets to read the answer.
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes: Buffer = chunk;
      length += bytes.length;
      if (length > maxBytes) break;
      chunks.push(bytes);
    }
  } catch (thrown) {
    throw bodyUnreadable('the body ended before it was complete', thrown);
  }
  if (length > maxBytes) throw bodyTooLarge(maxBytes);
  return parseRequestBody(request.headersDistinct['content-type'] ?? [], Buffer.concat(chunks, length), takesDocument, maxItems);
}

/** The door for what fastify took from the path: the pattern's names, each with its text. */
function paramsOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Readonly<Record<string, string>>;
}

/** As the log and the audit may have it (T2): in the place of a secret an id stands as it is, anything else does not. */
function shownPath(route: Route, request: FastifyRequest): string {
  if (route.secretParams.length === 0) return pathOf(request.raw);
  const { gateway, ...params } = paramsOf(request);
  const path = route.path.replaceAll(/:([a-z]+)/g, (_, name: string) => {
    const value = params[name] ?? '';
    return route.secretParams.includes(name) && !isUuid(value.toLowerCase()) ? '(hidden)' : encodeURIComponent(value);
  });
  return gateway === undefined ? path : `/${gateway}${path}`;
}

/** Without query and trailing slash; as sent otherwise. */
function pathOf(request: IncomingMessage): string {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '';
  const start = url.indexOf('?');
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
  for (const [name, value] of query) if (isUnstorable(name) || isUnstorable(value)) throw targetUnreadable('the query holds characters that can not be stored');
  return query;
}

/** Text that Postgres would refuse or change. */
function isUnstorable(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

/** HEAD is GET; node:http leaves the body out. */
function operationFor(method: string, { operations }: Route): Route['operations'][Method] {
  const known = method === 'HEAD' ? 'GET' : METHODS.find((candidate) => candidate === method);
  return known === undefined ? undefined : operations[known];
}

/** The only thing fastify itself finds fault with, besides the path: a Content-Type that is none. */
function headerRefusal(thrown: unknown): unknown {
  return thrown instanceof Error && 'statusCode' in thrown && thrown.statusCode === 415 ? unsupportedMediaType() : thrown;
}
