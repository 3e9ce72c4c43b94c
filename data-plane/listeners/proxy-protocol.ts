/**
 * The PROXY protocol, versions 1 and 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt): reads the header by which a load
 * balancer says who its client is, and writes the one by which we say it to a target. Read strictly: a header is whole and
 * right, or the connection is refused. Pure; the caller decides whom to believe.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { plainAddress } from '../proxy/client-address.ts';

/** Where the client's connection comes from and went to. */
export interface ProxiedAddresses {
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
}

export type ProxyHeader =
  /** `addresses` undefined: the sender speaks for itself (LOCAL) or does not know. The connection goes on behind `length` bytes. */
  | { readonly kind: 'header'; readonly length: number; readonly addresses: ProxiedAddresses | undefined }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused'; readonly reason: string };

const V1_BEGINNING = Buffer.from('PROXY ', 'latin1');
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const MAX_V1_BYTES = 107;
const V2_HEADER_BYTES = 16;
/** The format allows 65,535; certificates in TLVs need some thousand. */
const MAX_V2_BYTES = 16_384;
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

/** `bytes` are all that came so far, from the beginning of the connection. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (isBeginning(bytes, V1_BEGINNING)) return bytes.length < V1_BEGINNING.length ? INCOMPLETE : parseV1(bytes);
  if (isBeginning(bytes, V2_SIGNATURE)) return bytes.length < V2_HEADER_BYTES ? parseV2Beginning(bytes) : parseV2(bytes);
  return refused('it begins with no PROXY protocol header');
}

/** Compares as far as both go. */
function isBeginning(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

function refused(reason: string): ProxyHeader {
  return { kind: 'refused', reason };
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\r\n');
  if (end === -1) return bytes.length >= MAX_V1_BYTES ? refused('a version 1 header is longer than 107 bytes') : INCOMPLETE;
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = line.split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', length, addresses: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : isPlainIPv6;
  const isWhole = (family === 'TCP4' || family === 'TCP6') && more.length === 0;
  if (!isWhole || !isAddress(source) || !isAddress(destination) || !isPort(sourcePort) || !isPort(destinationPort)) return refused('a version 1 header is malformed');
  return {
    kind: 'header', length,
    addresses: { sourceAddress: canonical(source), sourcePort: Number(sourcePort), destinationAddress: canonical(destination), destinationPort: Number(destinationPort) },
  };
}

/** Without a zone, which means something on the sender's machine only. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

const LOCAL = 0x20;
const PROXY = 0x21;
const FAMILIES: ReadonlyMap<number, { readonly addressBytes: number; readonly kind: 'ipv4' | 'ipv6' | 'none' }> = new Map([
  [0x00, { addressBytes: 0, kind: 'none' }],
  [0x11, { addressBytes: 4, kind: 'ipv4' }],
  [0x21, { addressBytes: 16, kind: 'ipv6' }],
  // A socket in the sender's file system tells nothing here.
  [0x31, { addressBytes: 108, kind: 'none' }],
]);

/** What can be refused before the fixed part is whole. */
function parseV2Beginning(bytes: Buffer): ProxyHeader {
  const command = bytes[V2_SIGNATURE.length];
  return command === undefined || command === LOCAL || command === PROXY ? INCOMPLETE : refused('a version 2 header has an unknown version or command');
}

function parseV2(bytes: Buffer): ProxyHeader {
  const command = bytes[12];
  if (command !== LOCAL && command !== PROXY) return refused('a version 2 header has an unknown version or command');
  const length = V2_HEADER_BYTES + bytes.readUInt16BE(14);
  if (length > MAX_V2_BYTES) return refused(`a version 2 header is longer than ${MAX_V2_BYTES} bytes`);
  if (bytes.length < length) return INCOMPLETE;
  if (command === LOCAL) return { kind: 'header', length, addresses: undefined };
  const family = FAMILIES.get(bytes[13] ?? 0);
  if (family === undefined) return refused('a version 2 header has an unknown address family or is not about a stream');
  const { addressBytes, kind } = family;
  const behind = V2_HEADER_BYTES + 2 * addressBytes + (kind === 'none' ? 0 : 4);
  if (length < behind) return refused('a version 2 header is too short for its addresses');
  const problem = checkExtensions(bytes.subarray(0, length), behind);
  if (problem !== undefined) return refused(problem);
  if (kind === 'none') return { kind: 'header', length, addresses: undefined };
  const address = (start: number): string => (kind === 'ipv4' ? [...bytes.subarray(start, start + 4)].join('.') : ipv6Text(bytes.subarray(start, start + 16)));
  const ports = V2_HEADER_BYTES + 2 * addressBytes;
  return {
    kind: 'header', length,
    addresses: {
      sourceAddress: address(V2_HEADER_BYTES), sourcePort: bytes.readUInt16BE(ports),
      destinationAddress: address(V2_HEADER_BYTES + addressBytes), destinationPort: bytes.readUInt16BE(ports + 2),
    },
  };
}

const CRC32C = 0x03;

/** The type-length-values behind the addresses must be whole; a checksum among them must be right. */
function checkExtensions(header: Buffer, start: number): string | undefined {
  for (let at = start; at < header.length; ) {
    const bodyAt = at + 3;
    const end = bodyAt <= header.length ? bodyAt + header.readUInt16BE(at + 1) : Infinity;
    if (end > header.length) return 'an extension of a version 2 header is cut off';
    if (header[at] === CRC32C) {
      if (end - bodyAt !== 4) return 'the checksum of a version 2 header is not 4 bytes long';
      const zeroed = Buffer.from(header).fill(0, bodyAt, end);
      if (crc32c(zeroed) !== header.readUInt32BE(bodyAt)) return 'the checksum of a version 2 header is wrong';
    }
    at = end;
  }
  return undefined;
}

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** Castagnoli's, RFC 3720 appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC32C_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return canonical(groups.join(':'));
}

/** One spelling for each address, IPv4 as such. */
function canonical(address: string): string {
  return isIPv4(address) ? address : plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** The header that a connection to a target begins with, in the name of a client; undefined where none is wanted. */
export function proxyHeaderFor(version: 'v1' | 'v2' | null, client: { readonly clientAddress: string; readonly clientPort: number; readonly localAddress: string; readonly localPort: number }): Buffer | undefined {
  if (version === null) return undefined;
  return writeProxyHeader(version, { sourceAddress: client.clientAddress, sourcePort: client.clientPort, destinationAddress: client.localAddress, destinationPort: client.localPort });
}

/** The header for a new connection to a target. Addresses of different families are both written as IPv6. */
export function writeProxyHeader(version: 'v1' | 'v2', addresses: ProxiedAddresses): Buffer {
  const { sourceAddress, destinationAddress, sourcePort, destinationPort } = addresses;
  const isKnown = [sourceAddress, destinationAddress].every((address) => isIPv4(address) || isPlainIPv6(address));
  if (!isKnown) return version === 'v1' ? Buffer.from('PROXY UNKNOWN\r\n', 'latin1') : Buffer.concat([V2_SIGNATURE, Buffer.of(LOCAL, 0, 0, 0)]);
  const isV4 = isIPv4(sourceAddress) && isIPv4(destinationAddress);
  const [source, destination] = isV4 ? [sourceAddress, destinationAddress] : [mapped(sourceAddress), mapped(destinationAddress)];
  if (version === 'v1') return Buffer.from(`PROXY ${isV4 ? 'TCP4' : 'TCP6'} ${source} ${destination} ${sourcePort} ${destinationPort}\r\n`, 'latin1');
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  const body = Buffer.concat([addressBytesOf(source), addressBytesOf(destination), ports]);
  return Buffer.concat([V2_SIGNATURE, Buffer.of(PROXY, isV4 ? 0x11 : 0x21, 0, body.length), body]);
}

function mapped(address: string): string {
  return isIPv4(address) ? `::ffff:${address}` : address;
}

function addressBytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, front = '', a = 0, b = 0, c = 0, d = 0] = dotted ?? [];
  const text = dotted === null ? address : `${front}${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const groupsOf = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const [front8, back8] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = tail === undefined ? front8 : [...front8, ...Array<string>(8 - front8.length - back8.length).fill('0'), ...back8];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index);
  return bytes;
}
