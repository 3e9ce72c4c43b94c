/**
 * A small real origin on raw sockets: keeps every byte that it gets, answers each request with what the test says, and
 * holds, cuts or trickles where the test wants that. Listens on 127.0.0.1 on a free port.
 */
import { createServer, type Socket } from 'node:net';
import { UpstreamOracle } from './upstream-oracle.ts';
import { headerOf, readMessage, type WireMessage } from './wire-message.ts';

export interface OriginRequest extends WireMessage {
  readonly method: string;
  readonly target: string;
  header(lowerCaseName: string): string | undefined;
  /** The bytes as they came, latin1. */
  readonly raw: string;
  /** Counts connections from 1. */
  readonly connection: number;
}

/** The bytes to answer with, latin1; undefined where the responder writes to the socket itself. */
export type Responder = (request: OriginRequest, socket: Socket) => string | Buffer | undefined;

export interface RecordingOrigin {
  readonly port: number;
  /** Checks every byte that goes in and out (R2). */
  readonly oracle: UpstreamOracle;
  readonly requests: readonly OriginRequest[];
  /** Connections so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly openConnections: number;
  /** Writes to all open connections, asked or not. */
  writeToAll(bytes: string): void;
  /** All bytes of a connection, from 1. */
  received(connection: number): string;
  /** Replaces the responder. */
  respond(responder: Responder): void;
  /** From now on requests are answered with that as soon as their head has come, and not again; undefined: no more. */
  respondEarly(answer: string | undefined): void;
  /** Ends all open connections, as an origin does whose keep-alive time is over. */
  endConnections(): void;
  close(): Promise<void>;
}

/** A response with a Content-Length. */
export function response(body: string, headers: readonly string[] = [], status = '200 OK'): string {
  return [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');
}

export async function startRecordingOrigin(initial: Responder = () => response('hello')): Promise<RecordingOrigin> {
  const requests: OriginRequest[] = [];
  const received: string[] = [];
  const open = new Set<Socket>();
  const oracle = new UpstreamOracle({ identity: true });
  let responder = initial;
  let earlyAnswer: string | undefined;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = received.push('');
    const watched = oracle.watch();
    let unread = '';
    let isAnswered = false;
    open.add(socket);
    observeWrites(socket, (bytes) => watched.sent(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.on('end', () => socket.end());
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      received[connection - 1] += text;
      unread += text;
      watched.received(text);
      if (earlyAnswer !== undefined && !isAnswered && unread.includes('\r\n\r\n')) {
        isAnswered = true;
        socket.write(earlyAnswer, 'latin1');
      }
      for (let message = readMessage(unread, { isResponse: false }); message !== undefined; message = readMessage(unread, { isResponse: false })) {
        const { headerLines, startLine } = message;
        const [method = '', target = ''] = startLine.split(' ');
        const request: OriginRequest = {
          ...message, method, target, connection, raw: unread.slice(0, message.length),
          header: (name) => headerOf(headerLines, name),
        };
        unread = unread.slice(message.length);
        requests.push(request);
        const wasAnswered = isAnswered;
        isAnswered = false;
        if (wasAnswered) continue;
        const answer = responder(request, socket);
        if (typeof answer === 'string') socket.write(answer, 'latin1');
        else if (answer !== undefined) socket.write(answer);
      }
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    oracle,
    requests,
    get connections() {
      return received.length;
    },
    get openConnections() {
      return open.size;
    },
    writeToAll: (bytes) => {
      for (const socket of open) socket.write(bytes, 'latin1');
    },
    received: (connection) => received[connection - 1] ?? '',
    respond: (next) => (responder = next),
    respondEarly: (answer) => (earlyAnswer = answer),
    endConnections: () => {
      for (const socket of open) socket.end();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Tells of everything that is written to a socket, whoever writes it. */
function observeWrites(socket: Socket, sent: (text: string) => void): void {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const asText = (chunk: unknown, encoding: BufferEncoding): string => (typeof chunk === 'string' ? Buffer.from(chunk, encoding).toString('latin1') : Buffer.isBuffer(chunk) ? chunk.toString('latin1') : '');
  socket._write = (chunk: unknown, encoding, callback) => {
    sent(asText(chunk, encoding));
    write(chunk, encoding, callback);
  };
  if (writev === undefined) return;
  socket._writev = (chunks, callback) => {
    sent(chunks.map(({ chunk, encoding }) => asText(chunk, encoding)).join(''));
    writev(chunks, callback);
  };
}
