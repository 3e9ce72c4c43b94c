/**
 * One TLS 1.3 connection to a control plane, directly or through an HTTP proxy by CONNECT (RFC 9110 §9.3.6), with the
 * reason in words where it can't be had. Used by enrolment and by every session.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectOverTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';

export interface TlsTarget {
  /** `https://host:port`. */
  readonly url: string;
  /** `http://[user:password@]host:port`; undefined: no proxy. */
  readonly proxy: string | undefined;
  /** What decides whom to trust and as whom to go: `ca`, `cert`, `key`, `checkServerIdentity`… */
  readonly tls: ConnectionOptions;
  /** For all of it. */
  readonly timeoutMs: number;
}

const DEFAULT_PORT = 443;
const MOST_PROXY_ANSWER_BYTES = 16 * 1024;

/** Resolves with an established connection; rejects with SYNC_CONNECT_FAILED saying why. */
export async function openTlsConnection(target: TlsTarget): Promise<TLSSocket> {
  const { hostname, port } = new URL(target.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const deadline = AbortSignal.timeout(target.timeoutMs);
  try {
    const socket = await (target.proxy === undefined ? openTcp(host, Number(port) || DEFAULT_PORT, deadline) : openTunnel(target.proxy, host, Number(port) || DEFAULT_PORT, deadline));
    return await shakeHands(socket, { ...target.tls, minVersion: 'TLSv1.3', host, ...(isIP(host) === 0 ? { servername: host } : {}) }, deadline);
  } catch (thrown) {
    const why = deadline.aborted ? `no connection within ${target.timeoutMs} ms` : describeThrown(thrown);
    throw new HoldfastError({
      code: 'SYNC_CONNECT_FAILED',
      source: 'control-plane',
      retryable: true,
      publicMessage: 'the control plane can not be reached',
      message: `the control plane ${target.url} can not be reached${target.proxy === undefined ? '' : ' through the HTTP proxy'}: ${why}`,
      cause: thrown,
    });
  }
}

function openTcp(host: string, port: number, deadline: AbortSignal): Promise<Socket> {
  return once(connectTcp({ host, port, noDelay: true, keepAlive: true }), 'connect', deadline);
}

async function openTunnel(proxy: string, host: string, port: number, deadline: AbortSignal): Promise<Socket> {
  const url = new URL(proxy);
  const socket = await openTcp(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port) || 80, deadline);
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = credentials === ':' ? '' : `Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
  const answer = await readProxyAnswer(socket, deadline);
  if (/^HTTP\/1\.[01] 2\d\d/.test(answer)) return socket;
  socket.destroy();
  throw new Error(`the HTTP proxy answered "${answer.split('\r\n')[0] ?? ''}"`);
}

/** The head of the answer. The other side of a tunnel waits for our ClientHello, so nothing may follow the head. */
function readProxyAnswer(socket: Socket, deadline: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = '';
    const finish = (error: Error | undefined): void => {
      socket.off('data', read).off('error', fail).off('close', ended);
      deadline.removeEventListener('abort', late);
      socket.pause();
      if (error === undefined) return resolve(head);
      socket.destroy();
      return reject(error);
    };
    const read = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === head.length - 4 && end !== -1) finish(undefined);
      else if (end !== -1 || head.length > MOST_PROXY_ANSWER_BYTES) finish(new Error('the HTTP proxy gave no proper answer to CONNECT'));
    };
    const fail = (error: Error): void => finish(error);
    const ended = (): void => finish(new Error('the HTTP proxy closed the connection'));
    const late = (): void => finish(new Error('the HTTP proxy did not answer in time'));
    socket.on('data', read).on('error', fail).on('close', ended);
    deadline.addEventListener('abort', late);
  });
}

function shakeHands(socket: Socket, options: ConnectionOptions, deadline: AbortSignal): Promise<TLSSocket> {
  // `host` is what the certificate is checked against; the socket is already connected.
  return once(connectOverTls({ ...options, socket }), 'secureConnect', deadline);
}

function once<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', deadline: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | undefined): void => {
      socket.off('error', settle).off(event, done).off('close', ended);
      deadline.removeEventListener('abort', late);
      if (error === undefined) return resolve(socket);
      // What comes after the failure that counts is of no interest, and must not be thrown.
      socket.on('error', () => undefined).destroy();
      return reject(error);
    };
    const done = (): void => settle(undefined);
    const ended = (): void => settle(new Error('the connection was closed'));
    const late = (): void => settle(new Error('it took too long'));
    socket.on('error', settle).on(event, done).on('close', ended);
    deadline.addEventListener('abort', late);
  });
}
