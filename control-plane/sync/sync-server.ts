/**
 * The control plane's door for data planes (8005): TLS 1.3, mutual by our own CA. `/enrol` is the one path without a client
 * certificate, `/sync` is the WebSocket of a session. Knows all sessions of this instance: tells them of releases and
 * revocations, keeps their time, ends them at shutdown. Started by main.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import type { TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { DataPlaneId, GatewayId } from '../../shared/model/ids.ts';
import { ENROL_PATH } from '../../shared/wire/enrolment-message.ts';
import { MAXIMUM_FRAME_BYTES, SYNC_PATH, SYNC_SUBPROTOCOL } from '../../shared/wire/sync-message.ts';
import { createEnrolEndpoint, type EnrolEndpoint } from '../enrolment/enrol-endpoint.ts';
import { HEAD_INTERVAL_MS, type PublishedVersion } from '../publish/publisher.ts';
import type { DataPlaneStore } from '../store/data-plane-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { readPeer, type PeerVerdict } from './peer-certificate.ts';
import type { QuestionOutcome } from './questions-to-data-plane.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import { PING_INTERVAL_MS } from './session-state.ts';
import { REVOKED, Session } from './session.ts';
import { TrustPush } from './trust-push.ts';

export interface SyncServerOptions extends SessionDependencies {
  readonly dataPlanes: SessionDependencies['dataPlanes'] & Pick<DataPlaneStore, 'enrol'>;
  readonly listen: { readonly host: string; readonly port: number };
  /** Host names and IP addresses by which data planes reach this server. */
  readonly serverNames: readonly string[];
  readonly trustDomain: string;
}

/** What was asked, and whom. */
export type AskedDataPlane =
  | { readonly kind: 'asked'; readonly dataPlaneId: DataPlaneId; readonly outcome: QuestionOutcome }
  /** None of them has a session at this control plane. */
  | { readonly kind: 'not-connected' };

export interface SyncServer {
  readonly port: number;
  /** Sessions at this instance now. */
  readonly sessionCount: number;
  /** Asks a data plane of the gateway, any that is connected here where none is named. */
  ask(scope: GatewayScope, dataPlaneId: DataPlaneId | undefined, subject: string, question: JsonObject): Promise<AskedDataPlane>;
  /** Says goodbye to every data plane and closes; resolves within a few seconds. */
  stop(): Promise<void>;
}

/** The server's own certificate: renewed every day, so that there is much time to repair what keeps it from being. */
const SERVER_CERTIFICATE_MS = 90 * 86_400_000;
const SERVER_RENEWAL_MS = 86_400_000;
/** After a goodbye data planes come back spread over this time, not all at once. */
const RETURN_WITHIN_MS = 2_000;
const STOP_TIMEOUT_MS = 3_000;
const RECHECK_AFTER_MS = 1_000;
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
  /** One session per data plane: the newest. */
  readonly #fleets = new Map<GatewayId, Map<DataPlaneId, Session>>();
  /** Also those that were told to end and are not gone yet. */
  readonly #open = new Set<Session>();
  readonly #sockets = new Set<Duplex>();
  readonly #lastIsGone = Promise.withResolvers<void>();
  readonly #timers: TimerHandle[] = [];
  readonly #trust: TrustPush;
  #unsubscribe: () => void = () => undefined;
  #stopping = false;

  constructor(options: SyncServerOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#trust = new TrustPush({
      ...options,
      tell: (scope, trust) => this.#sessionsOf(scope).forEach((session) => session.takeTrust(trust)),
      hasSessions: (scope) => this.#fleets.has(scope.gatewayId),
    });
    this.#enrol = createEnrolEndpoint({ ...options, trustFor: (scope) => options.signing.trustFor(scope) });
    server.on('request', (request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('connection', (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    // A peer that goes away or speaks no TLS is its own affair.
    server.on('tlsClientError', () => undefined);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get sessionCount(): number {
    return [...this.#fleets.values()].reduce((count, fleet) => count + fleet.size, 0);
  }

  begin(certificateTimer: TimerHandle, renewCertificate: () => void): void {
    const { clock, publisher, signing, authority } = this.#options;
    const subscriptions = [
      publisher.subscribe({
        onRelease: (scope, published) => this.#released(scope, published),
        onDataPlanesChanged: (scope) => {
          this.#trust.push(scope);
          void this.#recheck(scope);
        },
      }),
      signing.subscribe((scope) => (scope === undefined ? void authority.refresh() : this.#trust.push(scope))),
      authority.subscribe(() => {
        renewCertificate();
        const gateways = new Map([...this.#open].map(({ identity }) => [identity.gatewayId, identity]));
        for (const scope of gateways.values()) this.#trust.push(scope);
      }),
    ];
    this.#unsubscribe = () => subscriptions.forEach((unsubscribe) => unsubscribe());
    this.#timers.push(
      certificateTimer,
      clock.every(PING_INTERVAL_MS, () => this.#open.forEach((session) => session.tick())),
      clock.every(HEAD_INTERVAL_MS, () => this.#open.forEach((session) => void session.sendHead())),
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe();
    for (const timer of this.#timers) timer.cancel();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const sessions = [...this.#open];
    if (sessions.length === 0) this.#lastIsGone.resolve();
    for (const session of sessions) {
      session.end({ code: 'shutting-down', reason: 'this control plane is stopping', retryAfterMs: Math.floor(this.#options.random() * RETURN_WITHIN_MS) });
    }
    const cut = this.#options.clock.after(STOP_TIMEOUT_MS, () => this.#sockets.forEach((socket) => socket.destroy()), { keepAlive: true });
    this.#server.closeIdleConnections();
    await Promise.all([closed, this.#lastIsGone.promise]);
    cut.cancel();
    await Promise.all(sessions.map((session) => session.settled()));
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
    return this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#begin(peer, webSocket));
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

  #begin(peer: Extract<PeerVerdict, { kind: 'peer' }>, webSocket: WebSocket): void {
    const { gatewayId, dataPlaneId } = peer.identity;
    const fleet = this.#fleets.get(gatewayId) ?? new Map<DataPlaneId, Session>();
    const session: Session = new Session(this.#options, {
      ...peer,
      trust: this.#trust,
      socket: webSocket,
      onClosed: () => {
        this.#open.delete(session);
        if (this.#stopping && this.#open.size === 0) this.#lastIsGone.resolve();
        if (fleet.get(dataPlaneId) !== session) return;
        fleet.delete(dataPlaneId);
        if (fleet.size === 0) this.#fleets.delete(gatewayId);
        session.reportGone();
      },
    });
    fleet.get(dataPlaneId)?.end({ code: 'SYNC_SUPERSEDED', reason: 'another connection with the same identity took over', retryAfterMs: 5_000 });
    fleet.set(dataPlaneId, session);
    this.#fleets.set(gatewayId, fleet);
    this.#open.add(session);
  }

  async ask(scope: GatewayScope, dataPlaneId: DataPlaneId | undefined, subject: string, question: JsonObject): Promise<AskedDataPlane> {
    const sessions = this.#sessionsOf(scope).filter(({ identity }) => dataPlaneId === undefined || identity.dataPlaneId === dataPlaneId);
    const session = sessions.find(({ canAnswer }) => canAnswer) ?? sessions[0];
    if (session === undefined) return { kind: 'not-connected' };
    return { kind: 'asked', dataPlaneId: session.identity.dataPlaneId, outcome: await session.ask(subject, question) };
  }

  #released(scope: GatewayScope, published: PublishedVersion): void {
    for (const session of this.#sessionsOf(scope)) session.released(published);
  }

  /** Cuts the sessions of revoked data planes; relabelled ones come back at once and are told their labels. */
  async #recheck(scope: GatewayScope): Promise<void> {
    const sessions = this.#sessionsOf(scope);
    if (sessions.length === 0 || this.#stopping) return;
    try {
      const known = new Map((await this.#options.dataPlanes.list(scope)).map((dataPlane) => [dataPlane.id, dataPlane]));
      for (const session of sessions) {
        const dataPlane = known.get(session.identity.dataPlaneId);
        if (dataPlane === undefined || dataPlane.revokedAt !== undefined) session.end(REVOKED);
        else if (session.labels !== undefined && !haveSameLabels(session.labels, dataPlane.labels)) {
          session.end({ code: 'SYNC_LABELS_CHANGED', reason: 'its labels were changed; it comes back with the new ones', retryAfterMs: 0 });
        }
      }
    } catch (thrown) {
      this.#options.log.error({ event: 'data-planes-not-read', reason: describeThrown(thrown) }, 'a change of data planes could not be read; tried again soon');
      this.#options.clock.after(RECHECK_AFTER_MS, () => void this.#recheck(scope));
    }
  }

  #sessionsOf(scope: GatewayScope): readonly Session[] {
    return [...(this.#fleets.get(scope.gatewayId)?.values() ?? [])];
  }
}

function haveSameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
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
