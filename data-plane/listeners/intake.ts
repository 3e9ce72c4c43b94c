/**
 * One accepted connection from its first byte until it is known who it is from and what it carries: PROXY protocol header,
 * ClientHello, TLS handshake, each where the listener has it. Then it goes to whoever serves it (`Handover`). Bounded in bytes
 * and in time (R5). Made by listeners.ts; plain HTTP without a header takes the short way past this.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../shared/clock.ts';
import type { CertificateBook, CertificateRequest } from '../config/active-config.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { NEVER, type Deadlines, type Timed } from '../http1/deadlines.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import type { TrustedAddresses } from '../proxy/client-address.ts';
import { plainAddress } from '../proxy/client-address.ts';
import { parseClientHello, type HelloFault } from './client-hello.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { INTAKE_FAULTS, type IntakeFault } from './intake-faults.ts';
import type { ListenerOptions } from './listener-options.ts';
import { parseProxyHeader, type ProxiedAddresses } from './proxy-protocol.ts';
import type { TlsServers } from './tls-servers.ts';

/** Takes over sockets with all that they sent and nobody has used. They are paused where they are not TLS. */
export interface Handover {
  http(socket: Socket, facts: ConnectionFacts): void;
  http2(socket: TLSSocket, facts: ConnectionFacts): void;
  /** Speaks plain HTTP where TLS was due; bytes that came are lost. */
  plainHttpOnTls(socket: Socket, facts: ConnectionFacts): void;
  /** Whether a stream route takes the TLS of this name through untouched. */
  passesThrough(facts: ConnectionFacts, serverName: string | undefined): boolean;
  /** `serverName` also where the TLS goes through. */
  stream(socket: Socket, facts: ConnectionFacts, protocol: 'tcp' | 'tls' | 'tls_passthrough', serverName: string | undefined): void;
}

export interface IntakeSurroundings {
  readonly deadlines: Deadlines;
  readonly limits: ProxyLimits;
  readonly clock: Clock;
  readonly trusted: TrustedAddresses;
  /** Undefined where no listener ends TLS. */
  readonly tls: TlsServers | undefined;
  readonly certificates: () => CertificateBook | undefined;
  /** What the plugins that the name can reach ask a client for. */
  readonly certificateRequest: (serverName: string | undefined) => CertificateRequest | undefined;
  readonly handover: Handover;
  /** Whether a client that is known only now may have one more connection; counted until the socket closes. */
  readonly admits: (socket: Socket, address: string) => boolean;
  /** Told of exceptions that nobody expected: they cost the connection, not the thread. */
  readonly defect: (thrown: unknown) => void;
  readonly refused: (fault: IntakeFault, peer: string, detail: string) => void;
}

const NOTHING: Buffer = Buffer.alloc(0);
/** RFC 8446 §6: fatal alerts, so that the client can say what went wrong. */
const ALERT_DECODE_ERROR = Buffer.of(21, 3, 3, 0, 2, 2, 50);
const ALERT_INTERNAL_ERROR = Buffer.of(21, 3, 3, 0, 2, 2, 80);
const ALERT_UNRECOGNIZED_NAME = Buffer.of(21, 3, 3, 0, 2, 2, 112);
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;

/** An error is followed by `close`, which is listened to. Of no connection, so that it keeps none in memory. */
function ignore(): void {}

type Phase = 'proxy-header' | 'first-bytes' | 'handshake' | 'over';

export class Intake implements Timed {
  deadlineMs = NEVER;
  readonly #socket: Socket;
  readonly #listener: ListenerOptions;
  readonly #around: IntakeSurroundings;
  readonly #closed: (intake: Intake) => void;
  #phase: Phase;
  #bytes = NOTHING;
  #facts: ConnectionFacts;

  /** `port` is the listener's. `closed` is called once, when the connection is gone or somebody else's. */
  constructor(socket: Socket, listener: ListenerOptions, port: number, around: IntakeSurroundings, closed: (intake: Intake) => void) {
    this.#socket = socket;
    this.#listener = listener;
    this.#around = around;
    this.#closed = closed;
    this.#phase = listener.proxyProtocol ? 'proxy-header' : 'first-bytes';
    this.#facts = {
      scheme: listener.kind === 'https' ? 'https' : 'http', isHttp2: false, tls: undefined,
      peerAddress: plainAddress(socket.remoteAddress ?? ''), peerPort: socket.remotePort ?? 0,
      localAddress: plainAddress(socket.localAddress ?? ''), localPort: port,
    };
  }

  begin(): void {
    const { deadlines, limits, trusted } = this.#around;
    this.#socket.on('error', ignore);
    this.#socket.once('close', this.#gone);
    deadlines.watch(this);
    this.deadlineMs = deadlines.in(limits.handshakeTimeoutMs);
    if (this.#listener.proxyProtocol && !trusted.includes(this.#facts.peerAddress)) return this.#refuse(INTAKE_FAULTS.proxyUntrusted, '');
    this.#socket.on('data', this.#received);
    this.#socket.once('end', this.#gone);
    // A stream may wait for its server to speak first.
    if (this.#phase === 'first-bytes') this.#guard(() => this.#lookAtBytes());
  }

  /** Cuts the connection. */
  destroy(): void {
    if (this.#phase === 'over') return;
    this.#leave();
    this.#socket.destroy();
  }

  deadlinePassed(): void {
    this.#refuse(INTAKE_FAULTS.tooSlow, this.#phase);
  }

  readonly #gone = (): void => {
    if (this.#phase === 'over') return;
    // One that said nothing is a health check, or has thought better of it.
    if (this.#phase === 'handshake') this.#refuse(INTAKE_FAULTS.handshakeFailed, '');
    else if (this.#bytes.length > 0) this.#refuse(this.#phase === 'proxy-header' ? INTAKE_FAULTS.proxyInvalid : INTAKE_FAULTS.helloInvalid, 'cut off');
    else this.destroy();
  };

  readonly #received = (bytes: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    this.#guard(() => {
      if (this.#phase === 'proxy-header') this.#readProxyHeader();
      else if (this.#phase === 'first-bytes') this.#lookAtBytes();
    });
  };

  #guard(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.#around.defect(thrown);
      this.destroy();
      this.#socket.destroy();
    }
  }

  #readProxyHeader(): void {
    const header = parseProxyHeader(this.#bytes);
    switch (header.kind) {
      case 'incomplete':
        return undefined;
      case 'refused':
        return this.#refuse(INTAKE_FAULTS.proxyInvalid, header.reason);
      case 'header':
        if (header.addresses !== undefined) {
          this.#facts = withAddresses(this.#facts, header.addresses);
          if (!this.#around.admits(this.#socket, header.addresses.sourceAddress)) return this.#refuse(INTAKE_FAULTS.tooManyFromAddress, '');
        }
        this.#bytes = this.#bytes.subarray(header.length);
        this.#phase = 'first-bytes';
        return this.#lookAtBytes();
    }
  }

  #lookAtBytes(): void {
    const { handover } = this.#around;
    switch (this.#listener.kind) {
      case 'http':
        return this.#handOver(() => handover.http(this.#socket, this.#facts));
      case 'tcp':
        return this.#handOver(() => handover.stream(this.#socket, this.#facts, 'tcp', undefined));
      case 'https':
      case 'tls':
        return this.#bytes.length === 0 ? undefined : this.#readClientHello(this.#listener.kind);
    }
  }

  #readClientHello(kind: 'https' | 'tls'): void {
    const { handover, limits } = this.#around;
    const hello = parseClientHello(this.#bytes, limits.maxClientHelloBytes);
    switch (hello.kind) {
      case 'incomplete':
        return undefined;
      case 'refused':
        return this.#refuseHello(kind, hello.reason);
      case 'hello':
        if (kind === 'https' || !handover.passesThrough(this.#facts, hello.serverName)) return this.#endTls(kind, hello.serverName);
        return this.#handOver(() => handover.stream(this.#socket, this.#facts, 'tls_passthrough', hello.serverName));
    }
  }

  #refuseHello(kind: 'https' | 'tls', reason: HelloFault): void {
    const first = this.#bytes[0] ?? 0;
    if (kind === 'https' && reason === 'not-tls' && first >= UPPER_A && first <= UPPER_Z) {
      this.#leave();
      return this.#around.handover.plainHttpOnTls(this.#socket, this.#facts);
    }
    if (reason === 'not-tls') return this.#refuse(INTAKE_FAULTS.helloInvalid, reason);
    this.#refuse(INTAKE_FAULTS.helloInvalid, reason, reason === 'server-name' ? ALERT_UNRECOGNIZED_NAME : ALERT_DECODE_ERROR);
  }

  #endTls(kind: 'https' | 'tls', serverName: string | undefined): void {
    const { tls, certificates, certificateRequest } = this.#around;
    const book = certificates();
    const certificate = tls?.certificateFor(book, serverName);
    if (tls === undefined || certificate === undefined) return this.#refuse(INTAKE_FAULTS.nameUnknown, serverName ?? 'none', ALERT_UNRECOGNIZED_NAME);
    // Streams have no plugins that look at certificates.
    const request = tls.requestOfAll(book) ?? (kind === 'https' ? certificateRequest(serverName) : undefined);
    this.#phase = 'handshake';
    this.#giveBack();
    const start = tls.handshake(this.#socket, certificate, request, kind === 'https' ? 'http' : 'stream', (secured) => this.#guard(() => this.#secured(secured, kind, serverName, request)));
    if (start === 'gone') this.#refuse(INTAKE_FAULTS.handshakeFailed, 'gone');
    else if (start === 'unusable') this.#refuse(INTAKE_FAULTS.certificateUnusable, `certificate ${certificate.id} for ${serverName ?? 'no name'}`, ALERT_INTERNAL_ERROR);
  }

  #secured(socket: TLSSocket, kind: 'https' | 'tls', serverName: string | undefined, request: CertificateRequest | undefined): void {
    if (this.#phase !== 'handshake') return void socket.destroy();
    const { handover, clock } = this.#around;
    const facts: ConnectionFacts = {
      ...this.#facts,
      tls: { serverName, version: socket.getProtocol() ?? '', cipher: socket.getCipher().name, clientCertificate: request === undefined ? undefined : clientCertificateOf(socket, request.authorities, clock.nowMs()) },
    };
    this.#leave();
    if (kind === 'tls') handover.stream(socket, facts, 'tls', serverName);
    else if (socket.alpnProtocol === 'h2') handover.http2(socket, facts);
    else handover.http(socket, facts);
  }

  /** The socket as it was accepted, with what came and is not used up. */
  #handOver(take: () => void): void {
    this.#giveBack();
    this.#leave();
    take();
  }

  #giveBack(): void {
    this.#socket.off('data', this.#received);
    this.#socket.off('end', this.#gone);
    this.#socket.pause();
    if (this.#bytes.length > 0) this.#socket.unshift(this.#bytes);
    this.#bytes = NOTHING;
  }

  #refuse(fault: IntakeFault, detail: string, lastWords: Buffer = NOTHING): void {
    this.#around.refused(fault, this.#facts.peerAddress, detail);
    this.#leave();
    if (lastWords.length === 0) this.#socket.destroy();
    else this.#socket.end(lastWords, () => this.#socket.destroy());
  }

  #leave(): void {
    this.#phase = 'over';
    this.deadlineMs = NEVER;
    this.#bytes = NOTHING;
    this.#around.deadlines.forget(this);
    this.#socket.off('data', this.#received);
    this.#socket.off('end', this.#gone);
    this.#socket.off('close', this.#gone);
    this.#closed(this);
  }
}

function withAddresses(facts: ConnectionFacts, { sourceAddress, sourcePort, destinationAddress, destinationPort }: ProxiedAddresses): ConnectionFacts {
  return { ...facts, peerAddress: sourceAddress, peerPort: sourcePort, localAddress: destinationAddress, localPort: destinationPort };
}
