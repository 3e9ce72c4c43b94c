/**
 * TLS towards upstreams: who is trusted, what is shown, how long a chain may be, and sessions for resumption. Verifies unless the
 * service says otherwise. Used by socket-io.ts, and by the HTTP/2 side for its own connections; documented API only.
 */
import { LRUCache } from 'lru-cache';
import { connect, createSecureContext, type ConnectionOptions, type DetailedPeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import type { UpstreamTls } from '../config/active-config.ts';

/** The name to verify, and to send where it is no address, unless the settings have one; and how. */
export interface TlsTarget {
  readonly serverName: string;
  readonly isAddress: boolean;
  readonly settings: UpstreamTls;
}

const MAX_CONTEXTS = 256;
/** Sessions are some 2 KB each. */
const MAX_SESSIONS = 1_024;
/** A resumed session shows no certificate: after so long the target has to prove itself anew, however often it gave a new one meanwhile. */
const SESSION_MS = 3_600_000;
/** No honest chain is longer. */
const MAX_CHAIN = 100;
/** As OpenSSL calls it. */
const CHAIN_TOO_LONG = 'CERT_CHAIN_TOO_LONG';

export class UpstreamTlsSockets {
  readonly #contexts = new LRUCache<string, SecureContext>({ max: MAX_CONTEXTS });
  readonly #sessions: LRUCache<string, Buffer>;

  /** `now` gives milliseconds that only go up. */
  constructor(now: () => number = () => performance.now()) {
    this.#sessions = new LRUCache({ max: MAX_SESSIONS, ttl: SESSION_MS, ttlResolution: 0, noUpdateTTL: true, perf: { now } });
  }

  /**
   * Connects to `options.host` and `options.port`. `connected` is called once the target has proved itself; otherwise the socket
   * ends with the error that says why not. Throws where certificate or key of the settings can't be used.
   */
  connect(target: TlsTarget, protocols: readonly string[], options: ConnectionOptions, connected: () => void): TLSSocket {
    const { settings } = target;
    const serverName = settings.serverName ?? target.serverName;
    const isAddress = settings.serverName === undefined && target.isAddress;
    const key = `${settings.key}|${serverName}|${String(options.host)}|${String(options.port)}|${protocols.join()}`;
    const session = this.#sessions.get(key);
    const socket = connect({
      ...options,
      ...(isAddress ? {} : { servername: serverName }),
      ...(session === undefined ? {} : { session }),
      ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
      secureContext: this.#contextOf(settings),
      rejectUnauthorized: settings.verify,
    });
    socket.setNoDelay(true);
    socket.on('session', (issued: Buffer) => {
      if (socket.authorized || !settings.verify) this.#sessions.set(key, issued);
    });
    socket.once('secureConnect', () => {
      const problem = depthProblem(socket, settings);
      if (problem === undefined) connected();
      else {
        this.#sessions.delete(key);
        socket.destroy(problem);
      }
    });
    return socket;
  }

  #contextOf(settings: UpstreamTls): SecureContext {
    const known = this.#contexts.get(settings.key);
    if (known !== undefined) return known;
    const { clientCertificate, caCertificates } = settings;
    const made = createSecureContext({
      ...(caCertificates === undefined ? {} : { ca: caCertificates.map(({ certPem }) => certPem), allowPartialTrustChain: true }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.pairs.map(({ certPem }) => certPem), key: clientCertificate.pairs.map(({ keyPem }) => keyPem) }),
      minVersion: 'TLSv1.2',
    });
    this.#contexts.set(settings.key, made);
    return made;
  }
}

/** OpenSSL's own limit is out of reach, so the chain that it has verified is counted here. A resumed session was counted when it was made. */
function depthProblem(socket: TLSSocket, { verify, verifyDepth }: UpstreamTls): Error | undefined {
  if (!verify || verifyDepth === null || socket.isSessionReused()) return undefined;
  const between = authoritiesBetween(socket.getPeerCertificate(true));
  return between <= verifyDepth ? undefined : Object.assign(new Error(`certificate chain too long: ${between} authorities between the target's certificate and the trusted one, ${verifyDepth} allowed`), { code: CHAIN_TOO_LONG });
}

/** Certificates between the first and the last, which is its own issuer or has none here. */
function authoritiesBetween(leaf: DetailedPeerCertificate): number {
  let length = 1;
  for (let current = leaf; current.issuerCertificate !== undefined && current.issuerCertificate.fingerprint256 !== current.fingerprint256 && length < MAX_CHAIN; current = current.issuerCertificate) length += 1;
  return Math.max(0, length - 2);
}

export type TlsFailure = 'expired' | 'name' | 'untrusted' | 'depth' | 'client-certificate' | 'handshake';

const FAILURES: ReadonlyMap<string, TlsFailure> = new Map([
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'name'],
  [CHAIN_TOO_LONG, 'depth'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client-certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'client-certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'client-certificate'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'client-certificate'],
  ['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'client-certificate'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client-certificate'],
  ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', 'client-certificate'],
]);

/** OpenSSL's verification results, as Node names them (tls documentation, "X509 certificate error codes"). */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_REVOKED', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED',
]);

/** Why a connection was no good, where TLS is the reason. */
export function tlsFailureOf(cause: Error | undefined): TlsFailure | undefined {
  const code = cause !== undefined && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const known = FAILURES.get(code);
  if (known !== undefined) return known;
  if (UNTRUSTED.has(code)) return 'untrusted';
  return code.startsWith('ERR_SSL_') || code === 'EPROTO' || code === 'ERR_OSSL_EVP_UNSUPPORTED' ? 'handshake' : undefined;
}
