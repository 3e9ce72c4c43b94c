/** A client on a raw socket: sends exactly the bytes it is given and reads responses one by one. */
import { connect, type Socket } from 'node:net';
import { waitUntil } from './wait-until.ts';
import { headerOf, readMessage, type WireMessage } from './wire-message.ts';

export interface ClientResponse extends WireMessage {
  readonly status: number;
  header(lowerCaseName: string): string | undefined;
  /** The JSON body's message. */
  message(): unknown;
}

export class WireClient {
  readonly socket: Socket;
  /** Bytes that came and were not read as a response yet, latin1. */
  unread = '';
  /** The other side has ended, or the connection broke. */
  ended = false;
  /** Set where the connection ended by an error. */
  error: Error | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => (this.unread += bytes.toString('latin1')));
    socket.on('error', (error) => (this.error = error));
    socket.on('end', () => (this.ended = true));
    socket.on('close', () => (this.ended = true));
  }

  static async open(port: number): Promise<WireClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new WireClient(socket);
  }

  send(text: string | Buffer): void {
    if (typeof text === 'string') this.socket.write(text, 'latin1');
    else this.socket.write(text);
  }

  /** The next response. Throws where none comes in time. */
  async response(options: { readonly noBody?: boolean } = {}): Promise<ClientResponse> {
    const message = await waitUntil(`a response; so far: ${JSON.stringify(this.unread.slice(0, 200))}`, () => {
      const found = readMessage(this.unread, { ...options, isResponse: true, ended: this.ended });
      if (found === undefined && this.ended) throw new Error(`the connection ended (${this.error?.message ?? 'orderly'}) with ${JSON.stringify(this.unread.slice(0, 200))}`);
      return found;
    });
    this.unread = this.unread.slice(message.length);
    return asResponse(message);
  }

  /** Waits until the other side has ended the connection. */
  async waitForEnd(): Promise<void> {
    await waitUntil('the end of the connection', () => this.ended);
  }

  close(): void {
    this.socket.destroy();
  }
}

function asResponse(message: WireMessage): ClientResponse {
  return {
    ...message,
    status: Number(message.startLine.split(' ')[1]),
    header: (name) => headerOf(message.headerLines, name),
    message: () => {
      const parsed: unknown = JSON.parse(message.body);
      return typeof parsed === 'object' && parsed !== null && 'message' in parsed ? parsed.message : undefined;
    },
  };
}
