/**
 * A data plane as far as the wire goes: enrols, opens a session, speaks frames and keeps what it hears. For tests of the
 * control plane's side; it verifies nothing by itself.
 */
import { X509Certificate } from 'node:crypto';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import WebSocket from 'ws';
import type { DataPlaneIdentity } from '../../shared/trust/identity.ts';
import { createCertificateRequest, generateDataPlaneKey } from '../../shared/trust/certificate-request.ts';
import type { JoinToken } from '../../shared/trust/join-token.ts';
import { parseEnrolAnswer, type EnrolAnswer } from '../../shared/wire/enrolment-message.ts';
import { newId, type GatewayId } from '../../shared/model/ids.ts';
import { NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import { SYNC_PATH, SYNC_SUBPROTOCOL, type Hello, type SyncMessage } from '../../shared/wire/sync-message.ts';
import { waitUntil } from './wait-until.ts';

/** What a data plane holds after enrolment. */
export interface Credentials {
  readonly answer: EnrolAnswer;
  readonly keyPem: string;
  readonly certificatePem: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One HTTPS request to the sync address, without a client certificate unless given. The server is not checked. */
export function ask(port: number, options: RequestOptions & { readonly body?: string | Buffer } = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const outgoing = httpsRequest({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, path: '/enrol', method: 'POST', ...rest }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Enrols with a parsed join token; throws with the refusal where there is one. */
export async function enrol(port: number, token: JoinToken, hostname = 'test-host'): Promise<Credentials> {
  const keyPem = generateDataPlaneKey();
  const answer = await ask(port, { body: JSON.stringify(await enrolBody(token, keyPem, hostname)) });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  const parsed = parseEnrolAnswer(answer.text);
  return { answer: parsed, keyPem, certificatePem: parsed.certificateChain };
}

export async function enrolBody(token: JoinToken, keyPem: string, hostname = 'test-host') {
  const certificateRequest = Buffer.from(await createCertificateRequest(keyPem)).toString('base64');
  return { tokenId: token.tokenId, secret: token.secret, certificateRequest, hostname, softwareVersion: '0.1.0' };
}

export function leafOf(chainPem: string): X509Certificate {
  return new X509Certificate(chainPem);
}

export interface ConnectOptions {
  readonly gatewayId?: GatewayId;
  readonly path?: string;
  readonly subprotocol?: string;
  readonly keyPem?: string | undefined;
  readonly certificatePem?: string | undefined;
}

/** Opens a WebSocket; rejects with the HTTP status and text where the server refuses. */
export function connectSync(port: number, credentials: Credentials, options: ConnectOptions = {}): Promise<SyncClient> {
  return new Promise((resolve, reject) => {
    const { keyPem, certificatePem } = { ...credentials, ...options };
    const socket = new WebSocket(`wss://127.0.0.1:${port}${options.path ?? SYNC_PATH}`, options.subprotocol ?? SYNC_SUBPROTOCOL, {
      ca: credentials.answer.caCertificates, perMessageDeflate: false,
      ...(keyPem === undefined || certificatePem === undefined ? {} : { key: keyPem, cert: certificatePem }),
    });
    const client = new SyncClient(socket, options.gatewayId ?? credentials.answer.gatewayId);
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        socket.terminate();
        reject(new Error(`${response.statusCode ?? 0} ${text}`));
      });
    });
    socket.on('error', reject);
    socket.on('open', () => resolve(client));
  });
}

export class SyncClient {
  readonly #socket: WebSocket;
  readonly #gatewayId: GatewayId;
  readonly #received: SyncMessage[] = [];
  readonly bootId = newId();
  closeCode: number | undefined;
  /** Answers every chunk with credit for another one. */
  autoCredit = true;

  constructor(socket: WebSocket, gatewayId: GatewayId) {
    this.#socket = socket;
    this.#gatewayId = gatewayId;
    socket.on('message', (data) => {
      if (!Buffer.isBuffer(data)) return;
      const { message } = decodeFrame(data);
      this.#received.push(message);
      if (message.kind === 'chunk' && this.autoCredit) this.send({ kind: 'credit', chunks: 1, telemetry: 0, records: 0 });
    });
    socket.on('close', (code) => (this.closeCode = code));
  }

  /** Everything heard and not yet taken. */
  get waiting(): readonly SyncMessage[] {
    return this.#received;
  }

  send(message: SyncMessage): void {
    this.#socket.send(encodeFrame({ gatewayId: this.#gatewayId, message }));
  }

  /** Takes nothing more from the connection, so that what comes waits at the sender. */
  pauseReading(): void {
    this.#socket.pause();
  }

  /** Resolves when the message has left for the kernel; rejects once the connection is gone. */
  sent(message: SyncMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(encodeFrame({ gatewayId: this.#gatewayId, message }), (error) => (error == null ? resolve() : reject(error)));
    });
  }

  sendRaw(bytes: Uint8Array | string): void {
    this.#socket.send(bytes);
  }

  hello(over: Partial<Hello> = {}): void {
    this.send({
      kind: 'hello', protocolVersion: 1, softwareVersion: '0.1.0', bootId: this.bootId, hostname: 'test-host', active: undefined,
      highestAccepted: NO_VERSION, highestManifest: '', plugins: [], compressions: ['zstd'], barred: [], partial: undefined, ...over,
    });
  }

  /** Hello, Welcome, and credit for `chunks`. */
  async greet(over: Partial<Hello> = {}, chunks = 16): Promise<Extract<SyncMessage, { kind: 'welcome' }>> {
    this.hello(over);
    const welcome = await this.next('welcome');
    if (chunks > 0) this.send({ kind: 'credit', chunks, telemetry: 0, records: 0 });
    return welcome;
  }

  /** The next message of a kind; those of other kinds stay. */
  async next<Kind extends SyncMessage['kind']>(kind: Kind, deadlineMs = 5000): Promise<Extract<SyncMessage, { kind: Kind }>> {
    const isWanted = (message: SyncMessage): message is Extract<SyncMessage, { kind: Kind }> => message.kind === kind;
    return waitUntil(`a ${kind} frame (heard ${this.#received.map((message) => message.kind).join(', ')}; closed ${this.closeCode ?? 'no'})`, () => {
      const message = this.#received.find(isWanted);
      if (message !== undefined) this.#received.splice(this.#received.indexOf(message), 1);
      return message;
    }, deadlineMs);
  }

  /** An announced transfer with all its bytes. */
  async nextTransfer() {
    const announced = await waitUntil('a transfer', () => this.#received.find((message) => message.kind === 'snapshot' || message.kind === 'delta'));
    this.#received.splice(this.#received.indexOf(announced), 1);
    const { wireLength, target, base } = parseTransferClaims(announced.transferStatement);
    const chunks: Uint8Array[] = [];
    for (let received = 0; received < wireLength; ) {
      const chunk = await this.next('chunk');
      if (chunk.transferId !== announced.transferId || chunk.offset !== received) throw new Error('a chunk is out of order');
      chunks.push(chunk.bytes);
      received += chunk.bytes.length;
    }
    return { announced, target, base, wireBytes: Buffer.concat(chunks) };
  }

  async closed(): Promise<number> {
    await waitUntil('the connection to close', () => this.closeCode !== undefined);
    return this.closeCode ?? 0;
  }

  /** Cuts without a word. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** What a transfer statement claims, unverified. */
function parseTransferClaims(statement: string): { readonly wireLength: number; readonly target: ConfigVersion; readonly base: ConfigVersion | null } {
  return JSON.parse(Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

/** A certificate's identity as these tests compare it. */
export function idsOf(identity: DataPlaneIdentity | undefined) {
  return identity === undefined ? undefined : { tenantId: identity.tenantId, gatewayId: identity.gatewayId, dataPlaneId: identity.dataPlaneId };
}
