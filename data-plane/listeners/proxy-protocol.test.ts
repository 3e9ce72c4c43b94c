/** The PROXY protocol, both ways: what is right in any pieces, what is wrong in any way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c, parseProxyHeader, writeProxyHeader, type ProxiedAddresses } from './proxy-protocol.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V4: ProxiedAddresses = { sourceAddress: '192.0.2.1', sourcePort: 56_324, destinationAddress: '198.51.100.7', destinationPort: 443 };
const V6: ProxiedAddresses = { sourceAddress: '2001:db8::1', sourcePort: 1, destinationAddress: '2001:db8:1:2:3:4:5:6', destinationPort: 65_535 };

/** A version 2 header with a body of its own. */
function v2(command: number, family: number, body: Buffer, length = body.length): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.of(command, family, length >> 8, length & 0xff), body]);
}

function extension(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type, value.length >> 8, value.length & 0xff), value]);
}

const V4_BODY = Buffer.from([192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 0x04, 0x01, 0xbb]);

/** With the checksum that it must have. */
function withChecksum(alter = 0): Buffer {
  const header = v2(0x21, 0x11, Buffer.concat([V4_BODY, extension(0x04, Buffer.from('padding')), extension(0x03, Buffer.alloc(4))]));
  header.writeUInt32BE((crc32c(header) ^ alter) >>> 0, header.length - 4);
  return header;
}

test('the checksum is the one of the RFC', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});

for (const [name, bytes, addresses] of [
  ['version 1 for IPv4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n'), V4],
  ['version 1 for IPv6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8:1:2:3:4:5:6 1 65535\r\n'), V6],
  ['version 1 for IPv6 in another spelling', Buffer.from('PROXY TCP6 2001:DB8:0:0:0:0:0:1 2001:db8:1:2:3:4:5:6 1 65535\r\n'), V6],
  ['version 1, an IPv4 address in an IPv6 one', Buffer.from('PROXY TCP6 ::ffff:c000:201 ::FFFF:198.51.100.7 56324 443\r\n'), V4],
  ['version 1 that knows nothing', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['version 1 that knows nothing and says something', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), undefined],
  ['version 2 for IPv4', v2(0x21, 0x11, V4_BODY), V4],
  ['version 2 with extensions', v2(0x21, 0x11, Buffer.concat([V4_BODY, extension(0xea, Buffer.from('vpce')), extension(0x04, Buffer.alloc(0))])), V4],
  ['version 2 with a checksum', withChecksum(), V4],
  ['version 2 for IPv6', writeProxyHeader('v2', V6), V6],
  ['version 2, a health check of the sender', v2(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['version 2, a health check with addresses', v2(0x20, 0x11, V4_BODY), undefined],
  ['version 2, a socket in a file system', v2(0x21, 0x31, Buffer.alloc(216)), undefined],
  ['version 2, unspecified', v2(0x21, 0x00, Buffer.alloc(0)), undefined],
] as const) {
  test(`${name} is read, whatever pieces it comes in and whatever follows`, () => {
    for (let length = 0; length < bytes.length; length++) assert.deepEqual(parseProxyHeader(bytes.subarray(0, length)), { kind: 'incomplete' }, `after ${length} bytes`);
    for (const more of ['', 'GET / HTTP/1.1\r\n', '\r\n', '\r\n\r\n\0\r\nQUIT\n']) {
      assert.deepEqual(parseProxyHeader(Buffer.concat([bytes, Buffer.from(more, 'latin1')])), { kind: 'header', length: bytes.length, addresses });
    }
  });
}

for (const [name, bytes] of [
  ['no header', 'GET / HTTP/1.1\r\n'],
  ['TLS', '\x16\x03\x01'],
  ['small letters', 'proxy TCP4'],
  ['two spaces', 'PROXY  TCP4 192.0.2.1 198.51.100.7 56324 443\r\n'],
  ['a space at the end', 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 \r\n'],
  ['a tab', 'PROXY TCP4\t192.0.2.1 198.51.100.7 56324 443\r\n'],
  ['another protocol', 'PROXY UDP4 192.0.2.1 198.51.100.7 56324 443\r\n'],
  ['an address of the other family', 'PROXY TCP4 2001:db8::1 198.51.100.7 56324 443\r\n'],
  ['no address', 'PROXY TCP4 192.0.2.256 198.51.100.7 56324 443\r\n'],
  ['an address with leading zeros', 'PROXY TCP4 192.0.02.1 198.51.100.7 56324 443\r\n'],
  ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n'],
  ['a port too high', 'PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n'],
  ['a port with a leading zero', 'PROXY TCP4 192.0.2.1 198.51.100.7 056 443\r\n'],
  ['a negative port', 'PROXY TCP4 192.0.2.1 198.51.100.7 -1 443\r\n'],
  ['a port left out', 'PROXY TCP4 192.0.2.1 198.51.100.7 443\r\n'],
  ['a bare line feed', `PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\n${'x'.repeat(100)}`],
  ['107 bytes and no end', `PROXY UNKNOWN ${'f'.repeat(93)}`],
  ['an end one byte too late', `PROXY UNKNOWN ${'f'.repeat(92)}\r\n`],
] as const) {
  test(`version 1 with ${name} is refused`, () => assert.equal(parseProxyHeader(Buffer.from(bytes, 'latin1')).kind, 'refused'));
}

for (const [name, bytes] of [
  ['version 1 in it', v2(0x11, 0x11, V4_BODY)],
  ['an unknown command', v2(0x22, 0x11, V4_BODY)],
  ['an unknown command, before the rest came', v2(0x22, 0x11, V4_BODY).subarray(0, 13)],
  ['datagrams', v2(0x21, 0x12, V4_BODY)],
  ['an unknown family', v2(0x21, 0x41, V4_BODY)],
  ['addresses cut short', v2(0x21, 0x11, V4_BODY.subarray(1))],
  ['IPv4 addresses for IPv6', v2(0x21, 0x21, V4_BODY)],
  ['more than is taken', v2(0x21, 0x11, V4_BODY, 0xffff)],
  ['an extension cut off', v2(0x21, 0x11, Buffer.concat([V4_BODY, Buffer.of(0x04, 0x00, 0x05, 1)]))],
  ['an extension without length', v2(0x21, 0x11, Buffer.concat([V4_BODY, Buffer.of(0x04, 0x00)]))],
  ['a wrong checksum', withChecksum(1)],
  ['a short checksum', v2(0x21, 0x11, Buffer.concat([V4_BODY, extension(0x03, Buffer.alloc(3))]))],
  ['a signature with a wrong end', Buffer.concat([SIGNATURE.subarray(0, 11), Buffer.from('x')])],
] as const) {
  test(`version 2 with ${name} is refused`, () => assert.equal(parseProxyHeader(bytes).kind, 'refused'));
}

const address = fc.oneof(fc.ipV4(), fc.ipV6());
test('what we write we read', () => {
  fc.assert(fc.property(fc.constantFrom('v1', 'v2'), address, address, fc.nat(65_535), fc.nat(65_535), (version, source, destination, sourcePort, destinationPort) => {
    const header = parseProxyHeader(writeProxyHeader(version, { sourceAddress: source, sourcePort, destinationAddress: destination, destinationPort }));
    assert.ok(header.kind === 'header' && header.addresses !== undefined);
    const again = parseProxyHeader(writeProxyHeader(version, header.addresses));
    assert.deepEqual(again.kind === 'header' && again.addresses, header.addresses);
    assert.deepEqual([header.addresses.sourcePort, header.addresses.destinationPort], [sourcePort, destinationPort]);
    if (!source.includes(':')) assert.equal(header.addresses.sourceAddress, source);
  }), { numRuns: 300, seed: 7 });
});

test('an address that is not known is not made up', () => {
  const unknown = { ...V4, sourceAddress: '' };
  for (const version of ['v1', 'v2'] as const) assert.deepEqual(parseProxyHeader(writeProxyHeader(version, unknown)), { kind: 'header', length: version === 'v1' ? 15 : 16, addresses: undefined });
});
