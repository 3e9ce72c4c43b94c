/** What the protocol bench compares: one gateway with its ports for each protocol, in front of origins that are always the same. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProtocolPorts {
  /** HTTP/1.1 in the clear. */
  readonly plain: number;
  /** TLS with ALPN h2 and http/1.1. */
  readonly tls: number;
  /** HTTP/2 in the clear, for gRPC. */
  readonly grpc: number;
}

export interface ProtocolContender {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly ports: ProtocolPorts;
  stop(): Promise<void>;
}

export interface ProtocolOrigins {
  /** nginx, HTTP/1.1: `/small`. */
  readonly http: number;
  /** nginx, HTTP/2 in the clear: one small message and grpc-status 0. */
  readonly grpc: number;
  /** WebSocket echo. */
  readonly webSocket: number;
}

export interface ProtocolOptions {
  readonly origins: ProtocolOrigins;
  readonly folder: string;
  readonly cpu: number;
  readonly certificate: BenchCertificate;
}

export interface BenchCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** One ECDSA P-256 certificate for everybody. Made by openssl, for this run alone. */
export function makeCertificate(folder: string): BenchCertificate {
  const certFile = join(folder, 'bench.crt');
  const keyFile = join(folder, 'bench.key');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  return { certFile, keyFile, certPem: readFileSync(certFile, 'utf8'), keyPem: readFileSync(keyFile, 'utf8') };
}
