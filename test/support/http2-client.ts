/** Node's own HTTP/2 client towards a proxy, with each stream's outcome as one value. Plain TCP with prior knowledge, or TLS. */
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type ClientSessionOptions, type SecureClientSessionOptions } from 'node:http2';

export interface Http2Outcome {
  readonly status: number;
  /** The raw list of the response's head: names and values by turns. */
  readonly fields: readonly string[];
  readonly interim: readonly string[];
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
  readonly endsWithHead: boolean;
  /** 0 where the stream was not reset. */
  readonly resetCode: number;
  readonly header: (name: string) => string | undefined;
}

export type RequestFields = Readonly<Record<string, string | readonly string[]>>;

export class Http2Client {
  readonly session: ClientHttp2Session;
  readonly goaways: number[] = [];

  private constructor(session: ClientHttp2Session) {
    this.session = session;
    session.on('goaway', (code) => this.goaways.push(code));
    session.on('error', () => undefined);
  }

  static open(port: number, options: ClientSessionOptions | SecureClientSessionOptions = {}, scheme = 'http'): Promise<Http2Client> {
    return new Promise((resolve, reject) => {
      const session = connect(`${scheme}://127.0.0.1:${port}`, options);
      session.once('error', reject);
      session.once('connect', () => {
        session.off('error', reject);
        resolve(new Http2Client(session));
      });
    });
  }

  /** `body` undefined ends the stream with its head. */
  start(fields: RequestFields, hasBody = false): ClientHttp2Stream {
    const copied: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(fields)) copied[name] = typeof value === 'string' ? value : [...value];
    const stream = this.session.request({ ':path': '/', ...copied }, { endStream: !hasBody });
    stream.on('error', () => undefined);
    return stream;
  }

  async exchange(fields: RequestFields, body?: string | Buffer, trailers?: Readonly<Record<string, string>>): Promise<Http2Outcome> {
    const copied: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(fields)) copied[name] = typeof value === 'string' ? value : [...value];
    const stream = this.session.request({ ':path': '/', ...copied }, { endStream: body === undefined, waitForTrailers: trailers !== undefined });
    stream.on('wantTrailers', () => stream.sendTrailers({ ...trailers }));
    const outcome = outcomeOf(stream);
    if (body !== undefined) stream.end(body);
    return outcome;
  }

  close(): void {
    this.session.destroy();
  }
}

/** Resolves when the stream is closed, however it ended. */
export function outcomeOf(stream: ClientHttp2Stream): Promise<Http2Outcome> {
  const pieces: Buffer[] = [];
  const interim: string[] = [];
  let fields: string[] = [];
  let endsWithHead = false;
  let trailers: Record<string, string> = {};
  stream.on('error', () => undefined);
  stream.on('headers', (headers) => interim.push(String(headers[':status'])));
  stream.on('response', (_headers: unknown, flags: number, raw: unknown) => {
    fields = Array.isArray(raw) ? raw.map(String) : [];
    endsWithHead = (flags & 1) === 1;
  });
  stream.on('trailers', (headers) => (trailers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))));
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve) => {
    stream.on('close', () => {
      const header = (name: string): string | undefined => {
        const at = fields.findIndex((field, index) => index % 2 === 0 && field === name);
        return at === -1 ? undefined : fields[at + 1];
      };
      resolve({ status: Number(header(':status') ?? 0), fields, interim, body: Buffer.concat(pieces), trailers, endsWithHead, resetCode: stream.rstCode, header });
    });
  });
}
