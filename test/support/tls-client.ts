/** TLS clients against a listener: a request over TLS, and what the handshake brought. */
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { RuntimeCertificate } from '../../data-plane/config/active-config.ts';
import type { TestCertificate } from './test-certificates.ts';

export interface TlsAnswer {
  readonly text: string;
  /** Common name of the server's certificate. */
  readonly certificate: string | undefined;
  readonly isReused: boolean;
  readonly version: string | null;
  readonly cipher: string;
  readonly alpn: string | false | null;
  /** The last session the server gave; undefined where it gave none. */
  readonly session: Buffer | undefined;
}

/** As a configuration has it; several pairs of different key types. */
export function runtimeCertificate(id: string, ...pairs: readonly TestCertificate[]): RuntimeCertificate {
  return { id, pairs: pairs.map(({ cert, key }) => ({ certPem: cert, keyPem: key })) };
}

/** Resolves when the handshake is done. The server's certificate is not verified unless `options` say so. */
export function connectTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** One request on a connection of its own, read until the server ends. */
export async function askOverTls(port: number, options: ConnectionOptions = {}, request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'): Promise<TlsAnswer> {
  const socket = await connectTls(port, options);
  return finishOverTls(socket, request);
}

export function finishOverTls(socket: TLSSocket, request: string): Promise<TlsAnswer> {
  // TLS 1.2 gives its session within the handshake, 1.3 after it.
  let session: Buffer | undefined = socket.getProtocol() === 'TLSv1.2' ? socket.getSession() : undefined;
  let text = '';
  socket.on('session', (given: Buffer) => (session = given));
  const facts = { certificate: commonName(socket), isReused: socket.isSessionReused(), version: socket.getProtocol(), cipher: socket.getCipher().name, alpn: socket.alpnProtocol };
  return new Promise((resolve) => {
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    socket.once('close', () => resolve({ text, session, ...facts }));
    socket.write(request, 'latin1');
  });
}

function commonName(socket: TLSSocket): string | undefined {
  const name = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}
