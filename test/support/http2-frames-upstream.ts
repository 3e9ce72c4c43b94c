/** An upstream that answers HTTP/2 frame by frame (test/support/http2-frames.ts), for what no well-behaved server does. */
import { createServer, type Socket } from 'node:net';
import { block, FLAG, frame, FRAME, PREFACE, type Frame } from './http2-frames.ts';

export interface FramesUpstream {
  readonly port: number;
  /** Connections ever, and those that are open. */
  readonly accepted: () => number;
  readonly open: ReadonlySet<Socket>;
  /** Streams that began, as `connection:stream`. */
  readonly streams: readonly string[];
  readonly close: () => void;
}

/** `streamBegan` is told of each HEADERS frame, with the number of the connection (from 1) that it came on. `settings`: what the first SETTINGS hold. */
export async function startFramesUpstream(streamBegan: (stream: number, socket: Socket, connection: number) => void, settings: Uint8Array = Buffer.alloc(0)): Promise<FramesUpstream> {
  const open = new Set<Socket>();
  const streams: string[] = [];
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    const connection = accepted;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.write(frame(FRAME.SETTINGS, 0, 0, settings));
    const read = frameReader(({ type, stream }) => {
      if (type !== FRAME.HEADERS) return;
      streams.push(`${connection}:${stream}`);
      streamBegan(stream, socket, connection);
    });
    socket.on('data', read);
  });
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  }));
  return {
    port, open, streams,
    accepted: () => accepted,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Takes bytes that begin with a client's preface. */
function frameReader(take: (frame: Frame) => void): (piece: Buffer) => void {
  let bytes = Buffer.alloc(0);
  let at = PREFACE.length;
  return (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    while (at + 9 <= bytes.length) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (end > bytes.length) return;
      take({ type: bytes[at + 3] ?? 0, flags: bytes[at + 4] ?? 0, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, end) });
      at = end;
    }
  };
}

/** A whole answer without a body. */
export function emptyAnswer(stream: number, status = '200'): Buffer {
  return frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, stream, block([[':status', status]]));
}
