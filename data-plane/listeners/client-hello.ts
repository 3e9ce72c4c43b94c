/**
 * Reads the first message of a TLS connection (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2), and of it the name that the client asks for:
 * by it a certificate is chosen, and a stream is routed whose TLS goes through untouched. Strict, and bounded before anything
 * is decrypted (R5). Pure; the bytes go on to OpenSSL or to the target as they came.
 */
import { parseServerName } from './server-name.ts';

export type ClientHello =
  | { readonly kind: 'hello'; readonly serverName: string | undefined }
  /** The beginning of one. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused'; readonly reason: HelloFault };

export type HelloFault = 'not-tls' | 'malformed' | 'too-large' | 'server-name';

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const MAX_RECORD = 16_384;
/** More pieces serve nobody, and each that comes is looked at again with all before it: 2,700 cost 1.1 s of CPU, these 0.05 s. */
const MAX_RECORDS = 512;
const SERVER_NAME = 0;
const HOST_NAME = 0;
/** No client sends a third of this. */
const MAX_EXTENSIONS = 128;

/** `bytes` are all that came so far, from the beginning of the connection. */
export function parseClientHello(bytes: Buffer, maxBytes: number): ClientHello {
  const message = collectMessage(bytes, maxBytes);
  if (!Buffer.isBuffer(message)) return message;
  return readHello(new Reader(message));
}

const INCOMPLETE: ClientHello = { kind: 'incomplete' };

function refused(reason: HelloFault): ClientHello {
  return { kind: 'refused', reason };
}

/** The message behind its header, put together from as many records as it was sent in. */
function collectMessage(bytes: Buffer, maxBytes: number): Buffer | ClientHello {
  const parts: Buffer[] = [];
  let collected = 0;
  let wanted = MESSAGE_HEADER;
  let at = 0;
  for (;;) {
    const left = bytes.length - at;
    // RFC 8446 §5.1: the version of a record is to be ignored, but its first byte has been 3 in all of TLS.
    if (left > 0 && bytes[at] !== HANDSHAKE_RECORD) return refused(at === 0 ? 'not-tls' : 'malformed');
    if (left > 1 && bytes[at + 1] !== 3) return refused(at === 0 ? 'not-tls' : 'malformed');
    if (left < RECORD_HEADER) return bytes.length > maxBytes ? refused('too-large') : INCOMPLETE;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_RECORD) return refused('malformed');
    if (parts.length === MAX_RECORDS) return refused('too-large');
    const part = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    parts.push(part);
    collected += part.length;
    if (wanted === MESSAGE_HEADER && collected >= MESSAGE_HEADER) {
      const header = Buffer.concat(parts).subarray(0, MESSAGE_HEADER);
      if (header[0] !== CLIENT_HELLO) return refused('malformed');
      wanted = MESSAGE_HEADER + header.readUIntBE(1, 3);
      if (wanted > maxBytes) return refused('too-large');
    }
    if (collected >= wanted && wanted > MESSAGE_HEADER) return Buffer.concat(parts).subarray(MESSAGE_HEADER, wanted);
    if (part.length < length) return bytes.length > maxBytes ? refused('too-large') : INCOMPLETE;
    at += RECORD_HEADER + length;
    // Records of a byte or two: the message may fit while they do not.
    if (at > maxBytes) return refused('too-large');
  }
}

function readHello(hello: Reader): ClientHello {
  hello.skip(2 + 32);
  hello.vector(1);
  const suites = hello.vector(2);
  const compressions = hello.vector(1);
  if (hello.failed || suites.length < 2 || suites.length % 2 !== 0 || compressions.length === 0) return refused('malformed');
  // TLS 1.2 and before: no extensions at all is well-formed.
  if (hello.left === 0) return { kind: 'hello', serverName: undefined };
  const extensions = new Reader(hello.vector(2));
  if (hello.failed || hello.left > 0) return refused('malformed');
  const seen = new Set<number>();
  let serverName: string | undefined;
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (extensions.failed || seen.has(type) || seen.size === MAX_EXTENSIONS) return refused('malformed');
    seen.add(type);
    if (type !== SERVER_NAME) continue;
    const name = readServerName(new Reader(body));
    if (name.kind === 'refused') return refused(name.reason);
    serverName = name.name;
  }
  return { kind: 'hello', serverName };
}

type NameOutcome = { readonly kind: 'name'; readonly name: string | undefined } | { readonly kind: 'refused'; readonly reason: HelloFault };

/** A list that holds exactly one name. */
function readServerName(extension: Reader): NameOutcome {
  const list = new Reader(extension.vector(2));
  const type = list.number(1);
  const bytes = list.vector(2);
  if (extension.failed || extension.left > 0 || list.failed || list.left > 0 || type !== HOST_NAME) return { kind: 'refused', reason: 'malformed' };
  const name = parseServerName(bytes.toString('latin1'));
  if (name.kind === 'refused') return { kind: 'refused', reason: 'server-name' };
  return { kind: 'name', name: name.kind === 'name' ? name.name : undefined };
}

/** Reads on as long as there is enough; after that everything is empty and `failed` says so. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(length: number): void {
    this.#take(length);
  }

  number(size: 1 | 2): number {
    const bytes = this.#take(size);
    return bytes.length < size ? 0 : bytes.readUIntBE(0, size);
  }

  /** Bytes behind their own length. */
  vector(sizeOfLength: 1 | 2): Buffer {
    return this.#take(this.number(sizeOfLength));
  }

  #take(length: number): Buffer {
    if (length > this.left) this.failed = true;
    if (this.failed) return this.#bytes.subarray(0, 0);
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}
