/**
 * The status port of a control plane: whether it lives, is ready, reaches its database, and `/metrics`. Opened before the
 * database is looked for and closed after everything else, so that a supervisor always gets an answer. Asks for no token and
 * tells of no tenant. Started by start-control-plane.ts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { METRICS_CONTENT_TYPES, metricsFormatOf, type MetricsFormat } from '../../shared/prometheus-text.ts';
import { formatAddress, type SocketAddress } from '../../shared/setting-types.ts';
import { controlPlaneMetrics } from './control-plane-metrics.ts';
import type { ControlPlaneView } from './control-plane-view.ts';
import { statusReport, whyNoDatabase, whyNotReady } from './status-report.ts';

export interface StatusServer {
  readonly address: SocketAddress;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const MAX_CONNECTIONS = 100;
const PATHS: Readonly<Record<string, (view: ControlPlaneView, format: MetricsFormat) => Answer>> = {
  '/status': (view) => json(200, statusReport(view)),
  '/status/live': () => json(200, { message: 'live' }),
  '/status/ready': (view) => unless(whyNotReady(view), 'ready'),
  '/status/database': (view) => unless(whyNoDatabase(view), 'reachable'),
  '/metrics': (view, format) => ({ status: 200, contentType: METRICS_CONTENT_TYPES[format], body: controlPlaneMetrics(view, format) }),
};

/** Rejects with CONTROL_PLANE_STATUS_PORT where the address can't be had. */
export async function startStatusServer(address: SocketAddress, view: () => ControlPlaneView): Promise<StatusServer> {
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => send(request, response, answer(request, view)));
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const message = `the status address ${formatAddress(address)} can not be used (${describeThrown(error)}); free it, or set HOLDFAST_STATUS_LISTEN`;
      reject(new HoldfastError({ code: 'CONTROL_PLANE_STATUS_PORT', source: 'control-plane', publicMessage: 'the status address is not available', message, cause: error }));
    });
    server.listen(address, resolve);
  });
  const bound = server.address();
  return {
    address: { host: address.host, port: typeof bound === 'object' && bound !== null ? bound.port : address.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, view: () => ControlPlaneView): Answer {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const tell = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (tell === undefined) return json(404, { message: `Not found; there are ${Object.keys(PATHS).join(', ')}` });
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { message: 'Method not allowed' });
  try {
    return tell(view(), metricsFormatOf(request.headers.accept));
  } catch (thrown) {
    return json(500, { message: `the status could not be gathered: ${describeThrown(thrown)}` });
  }
}

function unless(problem: string | undefined, message: string): Answer {
  return problem === undefined ? json(200, { message }) : json(503, { message: problem });
}

function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body }: Answer): void {
  request.resume();
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store', ...(status === 405 ? { Allow: 'GET, HEAD' } : {}) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function json(status: number, value: object): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}
