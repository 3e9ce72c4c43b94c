/**
 * Between a data plane and its control plane, as strong as can be: it has a certificate that the data plane trusts and
 * the data plane's own key, so both sides take it for the other. It reads, records and alters every frame; what it does
 * not have is the keys that sign configurations.
 */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import type { CertificateAuthority } from '../../control-plane/enrolment/certificate-authority.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import { SYNC_PATH, SYNC_SUBPROTOCOL, type SyncFrame, type SyncMessage } from '../../shared/wire/sync-message.ts';
import { ask } from './sync-client.ts';

export interface ManInTheMiddleOptions {
  readonly authority: CertificateAuthority;
  /** Port of the control plane's sync server on this machine. */
  readonly controlPlanePort: number;
  /** The data plane's own, stolen; asked for at each session. PEM. */
  readonly credentials: () => { readonly key: string; readonly cert: string };
}

interface Relay {
  readonly down: WebSocket;
  readonly up: WebSocket;
  gatewayId: SyncFrame['gatewayId'] | undefined;
}

export class ManInTheMiddle {
  readonly #options: ManInTheMiddleOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #relay: Relay | undefined;
  /** What the control plane said in all sessions, before it was altered. */
  readonly fromControlPlane: SyncMessage[] = [];
  /** Set by tests: what becomes of a message on its way to the data plane; nothing is swallowed, several are all sent. */
  tamper: (message: SyncMessage) => readonly SyncMessage[] = (message) => [message];

  private constructor(options: ManInTheMiddleOptions, server: Server) {
    this.#options = options;
    this.#server = server;
  }

  static async start(options: ManInTheMiddleOptions): Promise<ManInTheMiddle> {
    const { authority } = options;
    const issued = await authority.issueServer({ names: ['127.0.0.1'], nowMs: Date.now(), lifetimeMs: 86_400_000 });
    const server = createServer({ key: issued.privateKeyPem, cert: issued.chainPem, ca: authority.certificatePem, requestCert: true, rejectUnauthorized: false });
    const man = new ManInTheMiddle(options, server);
    const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    server.on('connection', (socket: Socket) => man.#sockets.add(socket));
    server.on('request', (request, response) => void man.#passEnrolment(request, response));
    server.on('upgrade', (request, socket, head) => webSockets.handleUpgrade(request, socket, head, (webSocket) => man.#standBetween(webSocket)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return man;
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** Says something of its own to the data plane. */
  say(message: SyncMessage): void {
    const relay = this.#relay;
    if (relay?.gatewayId !== undefined) relay.down.send(encodeFrame({ gatewayId: relay.gatewayId, message }));
  }

  /** Whatever it is, frame or not. */
  sayBytes(bytes: Uint8Array): void {
    this.#relay?.down.send(bytes);
  }

  /** What the data plane has not taken yet, beyond what the kernel holds. */
  get unsentBytes(): number {
    return this.#relay?.down.bufferedAmount ?? 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #standBetween(down: WebSocket): void {
    const { authority, controlPlanePort, credentials } = this.#options;
    const up = new WebSocket(`wss://127.0.0.1:${controlPlanePort}${SYNC_PATH}`, SYNC_SUBPROTOCOL, { ca: authority.certificatePem, ...credentials(), perMessageDeflate: false });
    const relay: Relay = { down, up, gatewayId: undefined };
    this.#relay = relay;
    const early: Buffer[] = [];
    down.on('message', (data: Buffer) => (up.readyState === WebSocket.OPEN ? up.send(data) : early.push(data)));
    up.on('open', () => early.forEach((data) => up.send(data)));
    up.on('message', (data: Buffer) => {
      const { gatewayId, message } = decodeFrame(data);
      relay.gatewayId = gatewayId;
      this.fromControlPlane.push(message);
      for (const altered of this.tamper(message)) down.send(encodeFrame({ gatewayId, message: altered }));
    });
    for (const [one, other] of [[down, up], [up, down]] as const) one.on('error', () => one.terminate()).on('close', () => other.terminate());
  }

  async #passEnrolment(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const { status, text } = await ask(this.#options.controlPlanePort, { path: request.url, body: Buffer.concat(chunks) });
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  }
}
