/** A small HTTP/2 origin (prior knowledge, no TLS) that keeps what it sees and does with each stream what the test says. */
import { createServer, type Http2Session, type ServerHttp2Stream, type ServerOptions } from 'node:http2';

export interface Http2Origin {
  readonly port: number;
  /** Heads of the streams that came: names and values by turns. */
  readonly heads: readonly (readonly string[])[];
  /** Connections now open. */
  readonly sessions: ReadonlySet<Http2Session>;
  /** Connections ever. */
  readonly accepted: () => number;
  /** Codes of streams that were reset before they had ended. */
  readonly resets: readonly number[];
  readonly close: () => Promise<void>;
}

export type StreamHandler = (stream: ServerHttp2Stream, path: string, count: number) => void;

export async function startHttp2Origin(handle: StreamHandler, options: ServerOptions = {}): Promise<Http2Origin> {
  const heads: (readonly string[])[] = [];
  const sessions = new Set<Http2Session>();
  const resets: number[] = [];
  let accepted = 0;
  const server = createServer(options);
  server.on('session', (session) => {
    accepted += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>, _flags: number, raw: unknown) => {
    heads.push(Array.isArray(raw) ? raw.map(String) : []);
    stream.on('error', () => undefined);
    stream.on('aborted', () => resets.push(stream.rstCode));
    handle(stream, String(headers[':path']), heads.length);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port, heads, sessions, resets,
    accepted: () => accepted,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
    }),
  };
}
