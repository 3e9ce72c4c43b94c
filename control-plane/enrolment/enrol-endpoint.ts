/**
 * `POST /enrol`: a new data plane shows a join token and a certificate request, and gets its identity. The one request
 * on the sync address without a client certificate, so everything about it is bounded, and whoever has no good token
 * learns nothing from the answer. Called by control-plane/sync/sync-server.ts.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { newId, type DataPlaneId } from '../../shared/model/ids.ts';
import { ENROL_PATH, MAXIMUM_ENROL_BYTES, parseEnrolRequest, type EnrolAnswer, type EnrolRefusal, type EnrolRequest } from '../../shared/wire/enrolment-message.ts';
import type { GatewayTrust } from '../publish/signing-material.ts';
import type { DataPlaneStore } from '../store/data-plane-store.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { readCertificateRequest, type CertificateAuthority, type IssuedCertificate } from './certificate-authority.ts';

export interface EnrolOptions {
  readonly dataPlanes: Pick<DataPlaneStore, 'enrol'>;
  readonly authority: CertificateAuthority;
  readonly trustDomain: string;
  readonly certificateLifetimeMs: number;
  readonly trustFor: (scope: IdentityScope) => Promise<Pick<GatewayTrust, 'rootStatements' | 'delegationStatement'>>;
  readonly clock: Clock;
  readonly log: Logger;
}

type IdentityScope = Pick<EnrolAnswer, 'tenantId' | 'gatewayId'>;

const FAILURES = { burst: 20, refillPerSecond: 0.5, addresses: 10_000 };
/** Requests in the making; each holds a database connection for a moment. */
const MAXIMUM_AT_ONCE = 4;
const MAXIMUM_WAITING = 200;
/** An answer that got lost on the way is given again to the same key with the same token. */
const REPEATABLE = { max: 1000, ttl: 10 * 60_000 };

/** Answers one request to the enrolment path; never rejects. */
export type EnrolEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createEnrolEndpoint(options: EnrolOptions): EnrolEndpoint {
  const { clock, log } = options;
  const failures = new AttemptLimit(FAILURES);
  const answers = new LRUCache<string, EnrolAnswer>(REPEATABLE);
  const gate = new Gate(MAXIMUM_AT_ONCE, MAXIMUM_WAITING);
  return async (request, response) => {
    const address = request.socket.remoteAddress ?? '';
    try {
      if (request.method !== 'POST') throw new EnrolRefused({ code: 'ENROL_METHOD', status: 405, message: `${ENROL_PATH} takes POST` });
      const waitMs = failures.waitMs(address, clock.monotonicMs());
      if (waitMs > 0) throw new EnrolRefused({ code: 'ENROL_RATE_LIMITED', status: 429, message: 'too many enrolments failed from this address; try again later', retryAfterMs: waitMs });
      const given = parseEnrolRequest(await readBody(request));
      const answer = await gate.pass(() => enrol(options, given, answers));
      log.info({ event: 'data-plane-enrolled', address, gateway: answer.gatewayId, dataPlane: answer.dataPlaneId, hostname: given.hostname, token: given.tokenId }, 'a data plane joined');
      respond(response, 200, answer);
    } catch (thrown) {
      const { status, refusal, retryAfterMs } = toRefused(thrown);
      if (status < 500 && status !== 429) failures.noteFailure(address, clock.monotonicMs());
      log.warn({ event: 'enrolment-refused', address, code: refusal.code, reason: describeThrown(thrown) }, 'an enrolment was refused');
      if (retryAfterMs > 0) response.setHeader('Retry-After', Math.ceil(retryAfterMs / 1000));
      // What was not read of the body must not be taken for the next request.
      if (!request.complete) response.setHeader('Connection', 'close');
      respond(response, status, refusal);
    }
  };
}

async function enrol(options: EnrolOptions, given: EnrolRequest, answers: LRUCache<string, EnrolAnswer>): Promise<EnrolAnswer> {
  const certificateRequest = Buffer.from(given.certificateRequest, 'base64');
  const publicKey = await readCertificateRequest(certificateRequest);
  const secret = Buffer.from(given.secret, 'base64url');
  const sameAsking = createHash('sha256').update(given.tokenId).update(secret).update(new Uint8Array(publicKey.rawData)).digest('hex');
  const known = answers.get(sameAsking);
  if (known !== undefined) return known;
  let made: { readonly issued: IssuedCertificate; readonly trust: Pick<GatewayTrust, 'rootStatements' | 'delegationStatement'> } | undefined;
  const dataPlane = await options.dataPlanes.enrol(given.tokenId, secret, async ({ scope }) => {
    const dataPlaneId = newId<DataPlaneId>(options.clock.nowMs());
    const identity = { trustDomain: options.trustDomain, ...scope, dataPlaneId };
    const [issued, trust] = await Promise.all([
      options.authority.signDataPlane({ publicKey, identity, nowMs: options.clock.nowMs(), lifetimeMs: options.certificateLifetimeMs }),
      options.trustFor(scope),
    ]);
    made = { issued, trust };
    return { id: dataPlaneId, hostname: given.hostname, certificate: issued };
  });
  // Unknown, expired, revoked, used up, wrong secret: one answer for all, so that nothing is learned by trying.
  if (dataPlane === undefined || made === undefined) {
    throw new EnrolRefused({ code: 'ENROL_TOKEN_REFUSED', status: 401, message: 'the join token is not valid (any more); create a new one with "holdfast join-token create"' });
  }
  const answer: EnrolAnswer = {
    trustDomain: options.trustDomain,
    tenantId: dataPlane.tenantId,
    gatewayId: dataPlane.gatewayId,
    dataPlaneId: dataPlane.id,
    certificateChain: made.issued.chainPem,
    caCertificates: options.authority.certificatePem,
    rootStatements: made.trust.rootStatements,
    delegationStatement: made.trust.delegationStatement,
    labels: dataPlane.labels,
  };
  answers.set(sameAsking, answer);
  return answer;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MAXIMUM_ENROL_BYTES) throw new EnrolRefused({ code: 'ENROL_MESSAGE_INVALID', status: 400, message: `the body is longer than ${MAXIMUM_ENROL_BYTES} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An answer that is not 200, with what the asker may know. */
class EnrolRefused extends Error {
  readonly status: number;
  readonly refusal: EnrolRefusal;
  readonly retryAfterMs: number;

  constructor(given: { readonly code: string; readonly status: number; readonly message: string; readonly retryAfterMs?: number }) {
    super(given.message);
    this.status = given.status;
    this.refusal = { code: given.code, message: given.message };
    this.retryAfterMs = given.retryAfterMs ?? 0;
  }
}

/** What the asker sent wrong. */
const BAD_REQUESTS: ReadonlySet<string> = new Set(['ENROL_MESSAGE_INVALID', 'ENROL_CERTIFICATE_REQUEST_INVALID']);

/** A tenant that is suspended, leaving, or has as many data planes as it may. */
const TENANT_REFUSES: ReadonlySet<string> = new Set(['STORE_TENANT_CLOSED', 'STORE_QUOTA_USED_UP']);

/** What is ours to blame is said in general words; the log has the rest. */
function toRefused(thrown: unknown): EnrolRefused {
  if (thrown instanceof EnrolRefused) return thrown;
  if (thrown instanceof HoldfastError && BAD_REQUESTS.has(thrown.code)) return new EnrolRefused({ code: thrown.code, status: 400, message: thrown.publicMessage });
  // The token is good, so its holder may know; the data plane tries again, and joins once the reason is gone.
  if (thrown instanceof HoldfastError && TENANT_REFUSES.has(thrown.code)) return new EnrolRefused({ code: 'ENROL_TENANT_REFUSES', status: 503, message: thrown.publicMessage, retryAfterMs: 30_000 });
  return new EnrolRefused({ code: 'ENROL_UNAVAILABLE', status: 503, message: 'the control plane can not enrol right now; try again', retryAfterMs: 2000 });
}

function respond(response: ServerResponse, status: number, body: EnrolAnswer | EnrolRefusal): void {
  if (status === 405) response.setHeader('Allow', 'POST');
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), 'Cache-Control': 'no-store' }).end(text);
}

/** Lets so many through at once; the others wait in order, and beyond a bound are sent away (R5). */
class Gate {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= this.#mostWaiting) throw new EnrolRefused({ code: 'ENROL_RATE_LIMITED', status: 429, message: 'too many data planes are enrolling at once; try again later', retryAfterMs: 2000 });
    if (this.#inside >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
