/**
 * The status port: `/status`, `/status/live`, `/status/ready`, `/metrics`, and `/explain` to ask what would become of a request. It answers from
 * the first moment of the process to the last, whatever the rest does. Plain node:http: five fixed paths need no framework.
 * Started by agent.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { METRICS_CONTENT_TYPES, metricsFormatOf, type MetricsFormat } from '../../shared/prometheus-text.ts';
import { formatAddress, type SocketAddress } from '../../shared/setting-types.ts';
import type { DataPlaneView } from './data-plane-view.ts';
import { statusReport, whyNotLive, whyNotReady } from './status-report.ts';

/** An `import` of node:http loads its `fetch` with it, which is 55 ms of CPU at every start (S2). */
const { createServer } = process.getBuiltinModule('node:http');

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const EXPLAIN_PATH = '/explain';
const JSON_TYPE = 'application/json; charset=utf-8';
const METRICS_PATH = '/metrics';
const PATHS: Readonly<Record<string, (view: DataPlaneView) => Answer>> = {
  '/status': (view) => json(200, statusReport(view)),
  '/status/live': (view) => {
    const reason = whyNotLive(view);
    return reason === undefined ? json(200, { message: 'live' }) : json(503, { message: reason });
  },
  '/status/ready': (view) => {
    const reason = whyNotReady(view);
    return reason === undefined ? json(200, { message: 'ready' }) : json(503, { message: reason });
  },
};

const MAXIMUM_QUESTION_BYTES = 65_536;

export interface StatusSource {
  readonly view: () => DataPlaneView;
  /** Never waits for long: names of routes are left out where no thread tells them in time. */
  readonly metrics: (format: MetricsFormat) => Promise<string>;
  /** Answers a question in JSON with JSON; rejects with a HoldfastError. */
  readonly explain: (question: Uint8Array) => Promise<string>;
}

/** Rejects with DATA_PLANE_STATUS_PORT where the address can't be had. */
export async function startStatusServer(address: SocketAddress, { view, metrics, explain }: StatusSource): Promise<StatusServer> {
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    const path = pathOf(request);
    if (path === EXPLAIN_PATH) void answerExplain(request, explain).then((told) => send(request, response, told));
    else if (path === METRICS_PATH) void answerMetrics(request, metrics).then((told) => send(request, response, told));
    else send(request, response, answer(request, view));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const why = `the status address ${formatAddress(address)} can't be used: ${describeThrown(error)}; free it or change HOLDFAST_STATUS_LISTEN`;
      reject(new HoldfastError({ code: 'DATA_PLANE_STATUS_PORT', source: 'gateway', publicMessage: 'the status address is not available', message: why, cause: error }));
    });
    server.listen(address, resolve);
  });
  const bound: AddressInfo | string | null = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}

async function answerMetrics(request: IncomingMessage, metrics: StatusSource['metrics']): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { message: 'Method not allowed' });
  try {
    const format = metricsFormatOf(request.headers.accept);
    return { status: 200, contentType: METRICS_CONTENT_TYPES[format], body: await metrics(format) };
  } catch (thrown) {
    return json(500, { message: `the metrics could not be gathered: ${describeThrown(thrown)}` });
  }
}

async function answerExplain(request: IncomingMessage, explain: StatusSource['explain']): Promise<Answer> {
  if (request.method !== 'POST') return json(405, { message: 'Method not allowed: POST a question, such as {"method": "GET", "url": "https://api.example.com/orders"}' });
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of request) {
      if (!Buffer.isBuffer(piece)) continue;
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > MAXIMUM_QUESTION_BYTES) return json(413, { message: `a question has at most ${MAXIMUM_QUESTION_BYTES} bytes` });
    }
    return { status: 200, contentType: JSON_TYPE, body: `${await explain(Buffer.concat(pieces))}\n` };
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) return json(500, { message: describeThrown(thrown) });
    return json(thrown.retryable ? 503 : 400, { message: thrown.publicMessage, code: thrown.code });
  }
}

function answer(request: IncomingMessage, view: () => DataPlaneView): Answer {
  const path = pathOf(request);
  const tell = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (tell === undefined) return json(404, { message: `Not found; there are ${[...Object.keys(PATHS), METRICS_PATH, EXPLAIN_PATH].join(', ')}` });
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { message: 'Method not allowed' });
  try {
    return tell(view());
  } catch (thrown) {
    return json(500, { message: `the status could not be gathered: ${describeThrown(thrown)}` });
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body }: Answer): void {
  request.resume();
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store', ...(status === 405 ? { Allow: pathOf(request) === EXPLAIN_PATH ? 'POST' : 'GET, HEAD' } : {}) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function json(status: number, value: object): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}
