/** Echo server for the WebSocket case, on raw sockets so that it costs little: unmasks each client frame and sends it back. Run with PORT. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

createServer({ noDelay: true }, (socket) => {
  let unread = Buffer.alloc(0);
  let isOpen = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
    if (!isOpen) {
      const end = unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      const key = /\r\nsec-websocket-key: *(\S+)/i.exec(unread.toString('latin1', 0, end))?.[1] ?? '';
      const accept = createHash('sha1').update(key + GUID).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      unread = unread.subarray(end + 4);
      isOpen = true;
    }
    for (;;) {
      const length = lengthOf(unread);
      if (length === undefined) return;
      socket.write(echo(unread.subarray(0, length)));
      unread = unread.subarray(length);
    }
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');

/** Bytes of the first frame; undefined while it is not complete. Frames of the bench have 126 to 65,535 bytes. */
function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < 8) return undefined;
  const length = 8 + bytes.readUInt16BE(2);
  return bytes.length < length ? undefined : length;
}

function echo(frame: Buffer): Buffer {
  const payload = frame.length - 8;
  const answer = Buffer.allocUnsafe(4 + payload);
  answer[0] = frame[0] ?? 0;
  answer[1] = 126;
  answer.writeUInt16BE(payload, 2);
  for (let at = 0; at < payload; at++) answer[4 + at] = (frame[8 + at] ?? 0) ^ (frame[4 + (at & 3)] ?? 0);
  return answer;
}
