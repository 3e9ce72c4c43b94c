/**
 * One connection that carries frames: mutual TLS 1.3, a WebSocket over it, one protobuf envelope per binary message.
 * What arrives is decoded and is for our gateway, or the connection is at fault. session.ts opens one at a time.
 */
import type { IncomingMessage } from 'node:http';
import WebSocket, { type RawData } from 'ws';
import { describeThrown } from '../../shared/errors.ts';
import type { GatewayId } from '../../shared/model/ids.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import { MAXIMUM_FRAME_BYTES, SYNC_PATH, SYNC_SUBPROTOCOL, type SyncMessage } from '../../shared/wire/sync-message.ts';
import { parseRefusal } from './refusal-body.ts';
import { openTlsConnection } from './tls-connection.ts';

export interface FrameSocketEvents {
  readonly opened: () => void;
  readonly message: (message: SyncMessage) => void;
  /** The other side sent what is no frame of this protocol. */
  readonly violated: (reason: string) => void;
  /** Once, also where it never opened. */
  readonly closed: (reason: string) => void;
}

export interface FrameSocket {
  /** Dropped without a word where the connection has gone: `closed` tells. */
  send(message: SyncMessage): void;
  /** Sends what is written, then closes; cut after a while. */
  close(): void;
}

const MOST_REFUSAL_BYTES = 4 * 1024;
/** Written and not taken by the other side (R5): more than all answers and telemetry that may be on their way. */
const MOST_UNSENT_BYTES = 8 * 1024 * 1024;

/** Opens a connection to one address. */
export type OpenFrameSocket = (url: string, events: FrameSocketEvents) => FrameSocket;

export interface FrameSocketOptions {
  readonly gatewayId: GatewayId;
  readonly proxy: string | undefined;
  /** Asked for each connection, so that a renewed certificate counts. PEM. */
  readonly credentials: () => { readonly ca: string; readonly cert: string; readonly key: string };
  readonly timeoutMs: number;
}

export function createFrameSocketOpener(options: FrameSocketOptions): OpenFrameSocket {
  return (url, events) => new WebSocketFrames(url, events, options);
}

class WebSocketFrames implements FrameSocket {
  readonly #options: FrameSocketOptions;
  readonly #events: FrameSocketEvents;
  #socket: WebSocket | undefined;
  #ended = false;
  #failure: string | undefined;

  constructor(url: string, events: FrameSocketEvents, options: FrameSocketOptions) {
    this.#options = options;
    this.#events = events;
    this.#open(url).catch((thrown: unknown) => this.#end(describeThrown(thrown)));
  }

  send(message: SyncMessage): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_UNSENT_BYTES) return this.#events.violated('it does not read what is sent to it');
    this.#socket.send(encodeFrame({ gatewayId: this.#options.gatewayId, message }));
  }

  close(): void {
    if (this.#socket === undefined) this.#end('given up');
    else this.#socket.close(1000);
  }

  async #open(url: string): Promise<void> {
    const { proxy, credentials, timeoutMs } = this.#options;
    const tls = await openTlsConnection({ url, proxy, timeoutMs, tls: credentials() });
    if (this.#ended) {
      tls.destroy();
      return;
    }
    const socket = new WebSocket(`wss://${new URL(url).host}${SYNC_PATH}`, SYNC_SUBPROTOCOL, {
      createConnection: () => tls,
      perMessageDeflate: false,
      maxPayload: MAXIMUM_FRAME_BYTES,
      handshakeTimeout: timeoutMs,
      followRedirects: false,
    });
    this.#socket = socket;
    socket.on('open', () => this.#events.opened());
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    socket.on('unexpected-response', (_request, response) => {
      void readRefusal(response).then((why) => {
        this.#failure ??= `the control plane answered ${response.statusCode ?? 0} instead of opening a session${why}`;
        socket.terminate();
      });
    });
    socket.on('error', (error) => (this.#failure ??= error.message));
    socket.on('close', (code, reason) => this.#end(this.#failure ?? `closed with code ${code}${reason.length > 0 ? `: ${reason.toString('utf8')}` : ''}`));
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    if (!isBinary || !Buffer.isBuffer(data)) return this.#events.violated('it sent a text message');
    let frame;
    try {
      frame = decodeFrame(data);
    } catch (thrown) {
      return this.#events.violated(describeThrown(thrown));
    }
    if (frame.gatewayId !== this.#options.gatewayId) return this.#events.violated(`it sent a frame for gateway ${frame.gatewayId}`);
    return this.#events.message(frame.message);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.closed(reason);
  }
}

/** Why a session was refused, as the control plane says it. Never rejects; how long it may take is the greeting's time. */
async function readRefusal(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > MOST_REFUSAL_BYTES) break;
    }
  } catch {
    // Cut off: what came may still say it.
  }
  const { code, message } = parseRefusal(text);
  return [code, message].filter((part) => part !== '').map((part) => `: ${part}`).join('');
}
