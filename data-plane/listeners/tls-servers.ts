/**
 * Ends the TLS of accepted connections: one `tls.Server` for each certificate in use, never listening itself, that is handed
 * the sockets whose ClientHello asked for it. So a new certificate is a new server for new handshakes, while connections of
 * the old one live on (R3). Used by intake.ts, which has read the ClientHello; documented API only.
 */
import { constants, createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { describeThrown } from '../../shared/errors.ts';
import type { CertificateBook, CertificateRequest, RuntimeCertificate } from '../config/active-config.ts';
import { certificateRequest } from '../config/certificate-requests.ts';
import { DEFAULT_CIPHERS, type DownstreamTls } from './listener-options.ts';

/** What is spoken behind the TLS: HTTP by ALPN, or whatever the stream brings. */
export type TlsUse = 'http' | 'stream';

/** Certificates whose keys are kept parsed, some 50 KB each; the others are parsed again when next asked for. */
const MAX_SERVERS = 1_024;
/** RFC 8446 §4.6.1 allows a week. */
const SESSION_SECONDS = 3_600;
const HTTP_PROTOCOLS = ['h2', 'http/1.1'];

interface Waiting {
  readonly secured: (socket: TLSSocket) => void;
}

export interface TlsTroubles {
  /** Why a handshake failed, for the log; the socket is closed. */
  failed(reason: string): void;
  /** Told once for each certificate that no TLS can be served with. */
  unusable(certificateId: string, reason: string): void;
}

/** `gone`, `unusable` (the certificate): the socket is still the caller's. */
export type HandshakeStart = 'begun' | 'gone' | 'unusable';

export class TlsServers {
  readonly #options: DownstreamTls;
  readonly #told: TlsTroubles;
  readonly #handshakeTimeoutMs: number;
  readonly #defaultCertificate: RuntimeCertificate | undefined;
  #ticketKeys: Buffer;
  readonly #servers: Readonly<Record<TlsUse, LRUCache<string, Server>>> = { http: new LRUCache({ max: MAX_SERVERS }), stream: new LRUCache({ max: MAX_SERVERS }) };
  /** A renewed certificate is another one, whatever its id. */
  readonly #numbers = new WeakMap<RuntimeCertificate, number>();
  #lastNumber = 0;
  /** Where every client is asked: by all authorities, as they were when last looked at. */
  #everyone: { readonly caCertificates: CertificateBook['caCertificates']; readonly request: CertificateRequest } | undefined;
  /** Tried once. Those without pairs are not among them: the configuration has reported why. */
  readonly #unusable = new WeakSet<RuntimeCertificate>();
  /** Connections in their handshake, by their addresses: a TLS server tells of its sockets, not of those that it was given. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: DownstreamTls, handshakeTimeoutMs: number, told: TlsTroubles) {
    this.#options = options;
    this.#told = told;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
    this.#ticketKeys = Buffer.from(options.ticketKeys);
    this.#defaultCertificate = options.defaultCertificate === undefined ? undefined : { id: 'default', pairs: [options.defaultCertificate] };
  }

  /** Connections in their handshake. */
  get handshakes(): number {
    return this.#waiting.size;
  }

  setTicketKeys(keys: Uint8Array): void {
    this.#ticketKeys = Buffer.from(keys);
    for (const servers of Object.values(this.#servers)) for (const server of servers.values()) server.setTicketKeys(this.#ticketKeys);
  }

  /** The certificate for a name; undefined where there is none and unknown names are refused. */
  certificateFor(book: CertificateBook | undefined, serverName: string | undefined): RuntimeCertificate | undefined {
    return book?.forServerName(serverName) ?? this.#defaultCertificate;
  }

  /** What clients are asked for whatever name they ask for; undefined where that is up to the configuration. */
  requestOfAll(book: CertificateBook | undefined): CertificateRequest | undefined {
    if (!this.#options.requestsClientCertificates) return undefined;
    const caCertificates = book?.caCertificates ?? [];
    if (this.#everyone?.caCertificates !== caCertificates) this.#everyone = { caCertificates, request: certificateRequest(caCertificates) };
    return this.#everyone.request;
  }

  /**
   * Takes over a paused socket, to which all bytes that it sent were given back. Calls `secured` once, or else the socket
   * closes. `request`: whether the client is asked for its certificate.
   */
  handshake(socket: Socket, certificate: RuntimeCertificate, request: CertificateRequest | undefined, use: TlsUse, secured: (socket: TLSSocket) => void): HandshakeStart {
    const key = keyOf(socket);
    const server = this.#serverFor(certificate, request, use);
    if (server === undefined) return 'unusable';
    if (key === undefined) return 'gone';
    const waiting: Waiting = { secured };
    this.#waiting.set(key, waiting);
    socket.once('close', () => {
      // Not one that came from the same port since.
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key);
    });
    // Node's TLS takes it over from here: who ends his side before the handshake is done has gone.
    socket.allowHalfOpen = false;
    server.emit('connection', socket);
    return 'begun';
  }

  #serverFor(certificate: RuntimeCertificate, request: CertificateRequest | undefined, use: TlsUse): Server | undefined {
    const place = `${this.#numberOf(certificate)} ${request?.key ?? ''}`;
    const known = this.#servers[use].get(place);
    if (known !== undefined) return known;
    if (certificate.pairs.length === 0 || this.#unusable.has(certificate)) return undefined;
    try {
      const made = this.#makeServer(certificate, request, use);
      this.#servers[use].set(place, made);
      return made;
    } catch (thrown) {
      this.#unusable.add(certificate);
      this.#told.unusable(certificate.id, describeThrown(thrown));
      return undefined;
    }
  }

  #numberOf(certificate: RuntimeCertificate): number {
    const known = this.#numbers.get(certificate);
    if (known !== undefined) return known;
    this.#lastNumber += 1;
    this.#numbers.set(certificate, this.#lastNumber);
    return this.#lastNumber;
  }

  #makeServer(certificate: RuntimeCertificate, request: CertificateRequest | undefined, use: TlsUse): Server {
    const { minVersion, ciphers } = this.#options;
    const server = createServer({
      key: certificate.pairs.map(({ keyPem }) => keyPem),
      cert: certificate.pairs.map(({ certPem }) => certPem),
      // None instead of undefined, which would load the system's.
      ca: request?.authorities.map(({ certPem }) => certPem) ?? [],
      requestCert: request !== undefined,
      // Whether one is needed is a plugin's business.
      rejectUnauthorized: false,
      minVersion,
      maxVersion: 'TLSv1.3',
      ciphers: ciphers ?? DEFAULT_CIPHERS,
      honorCipherOrder: false,
      ...(use === 'http' ? { ALPNProtocols: HTTP_PROTOCOLS } : {}),
      handshakeTimeout: this.#handshakeTimeoutMs,
      sessionTimeout: SESSION_SECONDS,
      // A session of one certificate must not be resumed under another's name, nor one without the client's where that is asked for.
      sessionIdContext: createHash('sha256').update(`${use} ${certificate.id} ${request?.key ?? ''}`).digest('hex').slice(0, 32),
      ticketKeys: this.#ticketKeys,
      // A resumed session tells of a client certificate what was true when it was made: with them every handshake is a full one.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (request === undefined ? 0 : constants.SSL_OP_NO_TICKET),
    });
    server.on('secureConnection', (socket) => this.#secured(socket));
    server.on('tlsClientError', (error, socket) => {
      this.#told.failed(codeOf(error));
      socket.destroy();
    });
    return server;
  }

  #secured(socket: TLSSocket): void {
    // From here on that means no more than that he has nothing to add.
    socket.allowHalfOpen = true;
    const key = keyOf(socket);
    const waiting = key === undefined ? undefined : this.#waiting.get(key);
    if (key !== undefined) this.#waiting.delete(key);
    if (waiting === undefined) socket.destroy();
    else waiting.secured(socket);
  }
}

/** Undefined where the peer is gone. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  return remoteAddress === undefined || remotePort === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
