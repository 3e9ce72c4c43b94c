/**
 * What a proxy listens on, and how it ends the TLS of its clients. Made from the settings (listen-addresses.ts) by the
 * agent, carried to every proxy thread, taken by createProxy.
 */

/** `http` and `https` speak HTTP; `tcp` and `tls` take connections for stream routes, `tls` those that begin with TLS. */
export type ListenerKind = 'http' | 'https' | 'tcp' | 'tls';

export interface ListenerOptions {
  readonly kind: ListenerKind;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Every connection must begin with a PROXY protocol header, from a trusted address. */
  readonly proxyProtocol: boolean;
}

/** PEM texts. */
export interface CertificatePair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** For all listeners that end TLS. */
export interface DownstreamTls {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's list; undefined takes DEFAULT_CIPHERS. */
  readonly ciphers: string | undefined;
  /** Shown where no certificate is configured for the name; undefined ends such a handshake. */
  readonly defaultCertificate: CertificatePair | undefined;
  /** Asks for a client certificate and verifies it against the configured CAs; a handshake never fails for want of one. */
  readonly requestsClientCertificates: boolean;
  /** 48 random bytes, the same in all threads, so that a session resumes on any of them. */
  readonly ticketKeys: Uint8Array;
}

/** Forward secrecy and authenticated encryption only. TLS 1.3 suites first, AES before ChaCha. */
export const DEFAULT_CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');
