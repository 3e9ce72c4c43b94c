/** ClientHellos: real ones of this Node's OpenSSL, and ones put together byte by byte, right or wrong. */
import { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';

/** The first flight of a real client, without any network. */
export function realClientHello(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const sink = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => {
        resolve(bytes);
        done();
        sink.destroy();
      },
    });
    connect({ ...options, socket: sink }).on('error', () => undefined);
  });
}

/** A number of `size` bytes, big-endian. */
export function number(value: number, size: 1 | 2 | 3): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** Bytes behind their length. */
export function vector(sizeOfLength: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(content.length, sizeOfLength), content]);
}

export function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([number(type, 2), vector(2, body)]);
}

export function serverNameExtension(name: string | Buffer): Buffer {
  return extension(0, vector(2, number(0, 1), vector(2, Buffer.from(name))));
}

/** The handshake message; everything but its extensions can be set. */
export function helloMessage(extensions: Buffer | undefined, { type = 1, session = Buffer.alloc(32), suites = Buffer.from('130113020a0a', 'hex'), compressions = Buffer.of(0) } = {}): Buffer {
  const body = Buffer.concat([Buffer.from('0303', 'hex'), Buffer.alloc(32, 5), vector(1, session), vector(2, suites), vector(1, compressions), ...(extensions === undefined ? [] : [vector(2, extensions)])]);
  return Buffer.concat([number(type, 1), vector(3, body)]);
}

/** Cuts a message into records of at most so many bytes each. */
export function records(message: Buffer, bytesEach = 16_384): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += bytesEach) parts.push(Buffer.from('160301', 'hex'), vector(2, message.subarray(at, at + bytesEach)));
  return Buffer.concat(parts);
}
