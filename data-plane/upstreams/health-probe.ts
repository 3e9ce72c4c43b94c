/**
 * One active check of one address: HTTP(S) by undici, gRPC by grpc.health.v1 over HTTP/2, TCP by connecting. Never rejects,
 * never outlives its timeout, reads next to nothing. Called by active-checks.ts. The clients are loaded when the first
 * upstream asks for them: most data planes need neither.
 */
import { connect, isIP, isIPv6 } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import type { RuntimeCertificate } from '../config/active-config.ts';
import type { ProbePlan } from './health-policy.ts';
import type { FailureKind } from './health-state.ts';

export interface ProbedAddress {
  /** As configured: for certificates. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly hostHeader: string;
  readonly clientCertificate: RuntimeCertificate | undefined;
}

/** 'neither': a status that is on neither list. */
export type ProbeOutcome = 'success' | 'neither' | FailureKind;

const MAX_GRPC_BYTES = 4_096;
/** grpc.health.v1.HealthCheckRequest without a service: the server as a whole; uncompressed, no bytes. */
const EMPTY_GRPC_MESSAGE = Buffer.alloc(5);
/** HealthCheckResponse { status: SERVING }. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

export async function probe(plan: ProbePlan, target: ProbedAddress, clock: Clock): Promise<ProbeOutcome> {
  const abort = new AbortController();
  let timedOut = false;
  const timer = clock.after(plan.timeoutMs, () => {
    timedOut = true;
    abort.abort();
  });
  try {
    switch (plan.type) {
      case 'tcp':
        return await probeTcp(target, abort.signal);
      case 'http':
      case 'https':
        return await probeHttp(plan, target, abort.signal);
      case 'grpc':
      case 'grpcs':
        return await probeGrpc(plan, target, abort.signal);
    }
  } catch {
    return timedOut ? 'timeout' : 'tcp';
  } finally {
    timer.cancel();
  }
}

function probeTcp({ address, port }: ProbedAddress, signal: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const give = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.once('connect', () => give(() => resolve('success')));
    socket.once('error', (error) => give(() => reject(error)));
    signal.addEventListener('abort', () => give(() => reject(new Error('timeout'))), { once: true });
  });
}

async function probeHttp(plan: ProbePlan, target: ProbedAddress, signal: AbortSignal): Promise<ProbeOutcome> {
  const { buildConnector, Client } = await import('undici');
  const { servername, ...verifying } = tlsOptions(plan, target);
  const connector = buildConnector({ ...verifying, timeout: plan.timeoutMs });
  const client = new Client(originOf(plan.type === 'https' ? 'https' : 'http', target), {
    // undici would take the name from the Host header.
    connect: (options, connected) => connector(servername === undefined ? options : { ...options, servername }, connected), pipelining: 0, maxHeaderSize: 16_384,
  });
  try {
    const headers: Record<string, string | string[]> = { host: target.hostHeader, 'user-agent': 'holdfast-health-check' };
    for (const [name, values] of Object.entries(plan.headers)) headers[name.toLowerCase()] = [...values];
    const { statusCode, body } = await client.request({ method: 'GET', path: plan.path, headers, signal, headersTimeout: 0, bodyTimeout: 0 });
    body.on('error', () => undefined).destroy();
    if (plan.successStatuses.has(statusCode)) return 'success';
    return plan.failureStatuses.has(statusCode) ? 'http' : 'neither';
  } finally {
    void client.destroy().catch(() => undefined);
  }
}

async function probeGrpc(plan: ProbePlan, target: ProbedAddress, signal: AbortSignal): Promise<ProbeOutcome> {
  const http2 = await import('node:http2');
  return new Promise((resolve, reject) => {
    const session = http2.connect(originOf(plan.type === 'grpcs' ? 'https' : 'http', target), { ...tlsOptions(plan, target), maxSessionMemory: 1 });
    const give = (settle: () => void): void => {
      session.destroy();
      settle();
    };
    session.on('error', (error) => give(() => reject(error)));
    signal.addEventListener('abort', () => give(() => reject(new Error('timeout'))), { once: true });
    const stream = session.request({
      ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', ':authority': target.hostHeader, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'holdfast-health-check',
    });
    let received = Buffer.alloc(0);
    let status: unknown;
    const noteStatus = (headers: Readonly<Record<string, unknown>>): void => {
      status = headers['grpc-status'] ?? status;
    };
    stream.on('response', noteStatus);
    stream.on('trailers', noteStatus);
    stream.on('data', (bytes: Buffer) => (received = Buffer.concat([received, bytes]).subarray(0, MAX_GRPC_BYTES)));
    stream.on('error', (error) => give(() => reject(error)));
    stream.on('end', () => give(() => resolve(String(status) === '0' && received.equals(SERVING) ? 'success' : 'http')));
    stream.end(EMPTY_GRPC_MESSAGE);
  });
}

function originOf(scheme: 'http' | 'https', { address, port }: ProbedAddress): string {
  return `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
  readonly cert?: string[];
  readonly key?: string[];
}

function tlsOptions({ verify, serverName }: ProbePlan, { host, hostHeader, clientCertificate }: ProbedAddress): TlsOptions {
  // Like requests: by the upstream's Host header, which is the target's own name where there is none.
  const name = serverName ?? [splitPort(hostHeader)?.host, host].find((each) => each !== undefined && isIP(each) === 0);
  const shown = clientCertificate === undefined ? {} : { cert: clientCertificate.pairs.map(({ certPem }) => certPem), key: clientCertificate.pairs.map(({ keyPem }) => keyPem) };
  return { rejectUnauthorized: verify, ...(name === undefined ? {} : { servername: name }), ...shown };
}
