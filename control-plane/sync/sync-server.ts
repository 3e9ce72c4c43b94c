/**
 * The control plane's door for data planes (8005): TLS 1.3, mutual by our own CA. `/enrol` is the one path without a client
 * certificate, `/sync` is the WebSocket of a session. Who comes is let in at a bearable pace (admission.ts), what becomes of a
 * session is the affair of fleet-sessions.ts. Started by start-control-plane.ts.
 */
import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { assert } from '../../shared/assert.ts';
import type { TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { ENROL_PATH } from '../../shared/wire/enrolment-message.ts';
import { MAXIMUM_FRAME_BYTES, SYNC_PATH, SYNC_SUBPROTOCOL } from '../../shared/wire/sync-message.ts';
import { createEnrolEndpoint, type EnrolEndpoint } from '../enrolment/enrol-endpoint.ts';
import type { DataPlaneStore } from '../store/data-plane-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { Admission } from './admission.ts';
import { FleetSessions, type AskedDataPlane } from './fleet-sessions.ts';
import { readPeer, type PeerVerdict } from './peer-certificate.ts';
import type { SeenDataPlane } from './seen-data-plane.ts';
import type { SessionDependencies } from './session-dependencies.ts';

export interface SyncServerOptions extends SessionDependencies {
  readonly dataPlanes: SessionDependencies['dataPlanes'] & Pick<DataPlaneStore, 'enrol'>;
  readonly listen: { readonly host: string; readonly port: number };
  /** Host names and IP addresses by which data planes reach this server. */
  readonly serverNames: readonly string[];
  readonly trustDomain: string;
  /** Connections that may begin in a second, and be on their way to a Welcome at once, at most. */
  readonly admission: { readonly perSecond: number; readonly atOnce: number };
}

export interface SyncServer {
  readonly port: number;
  /** Sessions at this instance now. */
  readonly sessionCount: number;
  /** How many sessions are in which state of session-events.ts. */
  countByState(): ReadonlyMap<string, number>;
  /** Data planes that are connected here, `most` at most. */
  seen(most: number): Iterable<SeenDataPlane>;
  /** Connections that were turned away, since the start, because too many came at once. */
  readonly turnedAway: number;
  /** Asks a data plane of the gateway, any that is connected here where none is named. */
  ask(scope: GatewayScope, dataPlaneId: DataPlaneId | undefined, subject: string, question: JsonObject): Promise<AskedDataPlane>;
  /** Says goodbye to every data plane and closes; resolves within a few seconds. */
  stop(): Promise<void>;
}

/** The server's own certificate: renewed every day, so that there is much time to repair what keeps it from being. */
const SERVER_CERTIFICATE_MS = 90 * 86_400_000;
const SERVER_RENEWAL_MS = 86_400_000;
const STOP_TIMEOUT_MS = 3_000;
/** From being let in to Welcome, or to the answer of an enrolment; whoever shows no certificate and is silent is cut then. */
const LONGEST_WAY_MS = 25_000;
const MAXIMUM_CONNECTIONS = 50_000;

/** Resolves when it listens; throws SYNC_LISTEN_FAILED where the port is taken. */
export async function startSyncServer(options: SyncServerOptions): Promise<SyncServer> {
  const { authority, clock, log, listen } = options;
  const issue = () => authority.issueServer({ names: options.serverNames, nowMs: clock.nowMs(), lifetimeMs: SERVER_CERTIFICATE_MS });
  const { chainPem, privateKeyPem } = await issue();
  const tls = {
    cert: chainPem,
    key: privateKeyPem,
    ca: authority.certificatePem,
    requestCert: true,
    // Enrolment has no certificate yet and an expired one may be renewed: peer-certificate.ts decides.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    // A resumed handshake verifies nothing: certificate and authorities would count as they did when it began.
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const;
  const server = createServer({ ...tls, ALPNProtocols: ['http/1.1'], requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 5_000, handshakeTimeout: 10_000, maxHeaderSize: 16 * 1024 });
  server.maxConnections = MAXIMUM_CONNECTIONS;
  const listening = new ListeningServer(options, server);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void => reject(listenFailed(listen, error));
    server.once('error', refuse);
    server.listen(listen.port, listen.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const renew = (): void => {
    issue().then(
      (renewed) => server.setSecureContext({ ...tls, ca: authority.certificatePem, cert: renewed.chainPem, key: renewed.privateKeyPem }),
      (thrown: unknown) => log.error({ event: 'server-certificate-not-renewed', reason: describeThrown(thrown) }, 'the certificate of the sync server could not be renewed'),
    );
  };
  listening.begin(clock.every(SERVER_RENEWAL_MS, renew), renew);
  return listening;
}

function listenFailed({ host, port }: SyncServerOptions['listen'], error: Error): HoldfastError {
  return new HoldfastError({
    code: 'SYNC_LISTEN_FAILED',
    source: 'control-plane',
    publicMessage: 'the port for data planes could not be opened',
    message: `the sync server could not listen on ${host}:${port} (${error.message}); stop what holds the port, or set HOLDFAST_SYNC_LISTEN`,
    cause: error,
  });
}

class ListeningServer implements SyncServer {
  readonly #options: SyncServerOptions;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAXIMUM_FRAME_BYTES, clientTracking: false, handleProtocols: () => SYNC_SUBPROTOCOL });
  readonly #enrol: EnrolEndpoint;
  readonly #admission: Admission;
  readonly #sessions: FleetSessions;
  readonly #sockets = new Set<Duplex>();
  /** Of connections that were let in and have no Welcome yet: what makes room for others. By their addresses. */
  readonly #onTheirWay = new Map<string, () => void>();
  readonly #timers: TimerHandle[] = [];
  #stopping = false;

  constructor(options: SyncServerOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#sessions = new FleetSessions(options);
    this.#enrol = createEnrolEndpoint({ ...options, trustFor: (scope) => options.signing.trustFor(scope) });
    const shakeHands = takeConnections(server);
    this.#admission = new Admission({ ...options.admission, clock: options.clock, log: options.log, admit: (socket, address) => this.#admit(socket, address, shakeHands) });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#admission.arrive(socket, socket.remoteAddress ?? '');
    });
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    // A peer that goes away or speaks no TLS is its own affair.
    server.on('tlsClientError', () => undefined);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get sessionCount(): number {
    return this.#sessions.count;
  }

  seen(most: number): Iterable<SeenDataPlane> {
    return this.#sessions.seen(most);
  }

  countByState(): ReadonlyMap<string, number> {
    return this.#sessions.countByState();
  }

  get turnedAway(): number {
    return this.#admission.refused;
  }

  begin(certificateTimer: TimerHandle, renewCertificate: () => void): void {
    this.#timers.push(certificateTimer);
    this.#sessions.begin(renewCertificate);
  }

  ask(scope: GatewayScope, dataPlaneId: DataPlaneId | undefined, subject: string, question: JsonObject): Promise<AskedDataPlane> {
    return this.#sessions.ask(scope, dataPlaneId, subject, question);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) timer.cancel();
    this.#admission.stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const cut = this.#options.clock.after(STOP_TIMEOUT_MS, () => this.#sockets.forEach((socket) => socket.destroy()), { keepAlive: true });
    this.#server.closeIdleConnections();
    await Promise.all([closed, this.#sessions.sayGoodbye()]);
    cut.cancel();
    await this.#sessions.stop();
  }

  #admit(socket: Duplex, address: string, shakeHands: (socket: Duplex) => void): void {
    let isOnItsWay = true;
    const key = addressesOf(socket);
    const late = this.#options.clock.after(LONGEST_WAY_MS, () => socket.destroy());
    const arrived = (): void => {
      if (isOnItsWay) this.#admission.arrived(address);
      isOnItsWay = false;
      late.cancel();
      if (this.#onTheirWay.get(key) === arrived) this.#onTheirWay.delete(key);
    };
    this.#onTheirWay.set(key, arrived);
    socket.once('close', arrived);
    shakeHands(socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === ENROL_PATH) return this.#enrol(request, response);
    return respond(response, 404, 'SYNC_PATH_UNKNOWN', `there are POST ${ENROL_PATH} and the WebSocket ${SYNC_PATH} here`);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal.status, refusal.code, refusal.message);
    const peer = this.#peerOf(socket);
    if (peer.kind === 'refused') {
      this.#options.log.warn({ event: 'session-refused', address: request.socket.remoteAddress, code: peer.code }, peer.message);
      return refuseUpgrade(socket, 401, peer.code, peer.message);
    }
    const arrived = this.#onTheirWay.get(addressesOf(socket));
    const { identity, validity, tls } = peer;
    return this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#sessions.open({ socket: webSocket, tls, identity, validity, onGreeted: () => arrived?.() }));
  }

  #refusalOf(request: IncomingMessage): { readonly status: number; readonly code: string; readonly message: string } | undefined {
    if (this.#stopping) return { status: 503, code: 'SYNC_UNAVAILABLE', message: 'this control plane is stopping' };
    if (request.url !== SYNC_PATH) return { status: 404, code: 'SYNC_PATH_UNKNOWN', message: `the WebSocket is at ${SYNC_PATH}` };
    if (request.headers['sec-websocket-protocol'] !== SYNC_SUBPROTOCOL) return { status: 400, code: 'SYNC_PROTOCOL_UNSUPPORTED', message: `the subprotocol must be ${SYNC_SUBPROTOCOL}` };
    return undefined;
  }

  #peerOf(socket: Duplex): PeerVerdict {
    if (!(socket instanceof TLSSocket)) return { kind: 'refused', code: 'SYNC_CERTIFICATE_MISSING', message: 'sessions need TLS' };
    const { trustDomain, authority, clock } = this.#options;
    return readPeer(socket, { trustDomain, authorityKeys: authority.publicKeys, nowMs: clock.nowMs() });
  }
}

/** Takes the place of what the server does with an accepted connection, the TLS handshake, and returns that. */
function takeConnections(server: Server): (socket: Duplex) => void {
  const [shakeHands, ...others] = server.listeners('connection');
  assert(shakeHands !== undefined && others.length === 0, 'a TLS server has one listener for connections');
  server.removeAllListeners('connection');
  return (socket) => void Reflect.apply(shakeHands, server, [socket]);
}

/** Node does not tell which connection a TLS socket is on. */
function addressesOf(socket: Duplex): string {
  return socket instanceof Socket ? `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}` : '';
}

function respond(response: ServerResponse, status: number, code: string, message: string): void {
  const text = JSON.stringify({ code, message });
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), Connection: 'close' }).end(text);
}

function refuseUpgrade(socket: Duplex, status: number, code: string, message: string): void {
  const text = JSON.stringify({ code, message });
  // Whoever was refused might never close its end, and nothing else keeps the time of an upgraded socket (R5).
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`);
}
