/** A proxy on a free port with one origin behind it, a recorder and a log that keep what they get, and clients. */
import { createProxy, type Proxy, type ProxyOptions } from '../../data-plane/proxy/create-proxy.ts';
import type { ActiveConfig } from '../../data-plane/config/active-config.ts';
import type { SocketIoKind } from '../../data-plane/http1/wire-socket.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { startRecordingOrigin, type RecordingOrigin, type Responder } from './recording-origin.ts';
import { staticConfig, type StaticRoute } from './static-config.ts';
import { WireClient, type ClientResponse } from './wire-client.ts';

export interface RecordedRequest {
  readonly routeId: string;
  readonly consumerId: string;
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMicros: number;
  /** -1 where no upstream was asked. */
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
}

/** One attempt at a target, as the recorder got it. */
export interface RecordedAttempt {
  readonly upstream: string;
  readonly target: string;
  readonly address: string;
  readonly status: number;
  readonly failed: boolean;
  readonly latencyMicros: number;
}

export interface ProxyScene {
  readonly proxy: Proxy;
  /** Of the first listener. */
  readonly port: number;
  /** Of all listeners, in order. */
  readonly ports: readonly number[];
  readonly origin: RecordingOrigin;
  readonly records: readonly RecordedRequest[];
  readonly attempts: readonly RecordedAttempt[];
  readonly released: readonly ActiveConfig[];
  readonly logLines: () => readonly string[];
  /** Swaps the configuration. */
  readonly serve: (config: ActiveConfig | undefined) => void;
  readonly connect: () => Promise<WireClient>;
  /** One request on a connection of its own. */
  readonly exchange: (request: string, options?: { readonly noBody?: boolean }) => Promise<ClientResponse>;
  readonly close: () => Promise<void>;
}

export interface SceneOptions {
  readonly responder?: Responder;
  /** Routes for the origin at that port; by default one for all paths. */
  readonly routes?: (originPort: number) => readonly StaticRoute[];
  readonly proxy?: Partial<ProxyOptions>;
}

export async function startProxyScene(options: SceneOptions = {}): Promise<ProxyScene> {
  const origin = await startRecordingOrigin(options.responder);
  const records: RecordedRequest[] = [];
  const attempts: RecordedAttempt[] = [];
  const released: ActiveConfig[] = [];
  const clients: WireClient[] = [];
  const { log, lines } = createMemoryLogger('proxy');
  const routes = options.routes ?? ((port: number) => [{ path: '/', stripPath: false, service: { port } }]);
  let config: ActiveConfig | undefined = staticConfig({ routes: routes(origin.port) });
  const proxy = createProxy({
    getConfig: () => config,
    listeners: [{ kind: 'http', host: '127.0.0.1', port: 0, proxyProtocol: false }], reusePort: false, log, clock: systemClock, trustedAddresses: [], serverName: 'holdfast', version: '0.0.0-test',
    recorder: {
      record: (routeId, consumerId, status, bytesIn, bytesOut, durationMicros, upstreamMicros, gatewayMicros) => void records.push({ routeId, consumerId, status, bytesIn, bytesOut, durationMicros, upstreamMicros, gatewayMicros }),
      recordAttempt: ({ host, port, address }, upstream, status, failed, latencyMicros) => void attempts.push({ upstream, target: `${host}:${port}`, address, status, failed, latencyMicros }),
    },
    socketIo: sceneSocketIo(),
    configReleased: (old) => void released.push(old),
    ...options.proxy,
    limits: { timeoutResolutionMs: 10, lingerTimeoutMs: 200, ...options.proxy?.limits },
  });
  const { ports } = await proxy.listen().catch(async (thrown: unknown) => {
    await origin.close();
    throw thrown;
  });
  const [port = 0] = ports;
  const connect = async (): Promise<WireClient> => {
    const client = await WireClient.open(port);
    clients.push(client);
    return client;
  };
  return {
    proxy, port, ports, origin, records, attempts, released, connect,
    logLines: lines,
    serve: (next) => (config = next),
    exchange: async (request, readOptions) => {
      const client = await connect();
      client.send(request);
      const response = await client.response(readOptions);
      client.close();
      return response;
    },
    close: async () => {
      for (const client of clients) client.close();
      await proxy.close();
      await origin.close();
    },
  };
}

/** As it is run, by handles; `npm test` runs the suites of the proxy once more by the documented API (documented-sockets.ts). */
function sceneSocketIo(): SocketIoKind {
  return process.env['HOLDFAST_TEST_SOCKET_IO'] === 'documented' ? 'documented' : 'handle';
}
