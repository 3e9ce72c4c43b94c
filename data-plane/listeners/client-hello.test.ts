/** The first message of a TLS connection: real ones in any pieces, made ones wrong in any way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { extension, helloMessage, number, realClientHello, records, serverNameExtension, vector } from '../../test/support/client-hello-bytes.ts';
import { parseClientHello } from './client-hello.ts';

const MAX = 16_384;
const GREASE = extension(0x4a4a, Buffer.of(1, 2, 3));
const named = (name: string | Buffer): Buffer => records(helloMessage(serverNameExtension(name)));

test('real ones are read, and every beginning of them asks for more', async () => {
  for (const options of [{ servername: 'a.example' }, { servername: 'a.example', maxVersion: 'TLSv1.2' as const }, { servername: 'a.example', ALPNProtocols: ['h2', 'http/1.1'] }]) {
    const bytes = await realClientHello(options);
    assert.deepEqual(parseClientHello(bytes, MAX), { kind: 'hello', serverName: 'a.example' });
    for (let length = 0; length < bytes.length; length++) assert.deepEqual(parseClientHello(bytes.subarray(0, length), MAX), { kind: 'incomplete' }, `after ${length} bytes`);
  }
  assert.deepEqual(parseClientHello(await realClientHello({}), MAX), { kind: 'hello', serverName: undefined });
});

test('one that comes in many records is put together', () => {
  const message = helloMessage(Buffer.concat([GREASE, serverNameExtension('a.example'), extension(0x5a5a, Buffer.alloc(0))]));
  for (const bytesEach of [1, 2, 3, 4, 5, 17, 64, message.length - 1, message.length]) {
    const bytes = records(message, bytesEach);
    assert.deepEqual(parseClientHello(bytes, MAX), { kind: 'hello', serverName: 'a.example' }, `${bytesEach} each`);
    assert.deepEqual(parseClientHello(bytes.subarray(0, -1), MAX), { kind: 'incomplete' });
  }
});

test('what follows the message is not looked at', () => {
  assert.deepEqual(parseClientHello(Buffer.concat([named('a.example'), Buffer.from('140303000101', 'hex')]), MAX), { kind: 'hello', serverName: 'a.example' });
  const together = records(Buffer.concat([helloMessage(serverNameExtension('a.example')), Buffer.of(1, 2, 3)]));
  assert.deepEqual(parseClientHello(together, MAX), { kind: 'hello', serverName: 'a.example' });
});

for (const [name, serverName] of [
  ['A.Example', 'a.example'], ['a.example.', 'a.example'], ['xn--nxasmq6b.example', 'xn--nxasmq6b.example'], ['_sip.a-b.example', '_sip.a-b.example'], ['localhost', 'localhost'],
  ['192.0.2.1', undefined], ['2001:db8::1', undefined], ['192.0.2.1.', undefined],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
] as const) {
  test(`the name ${JSON.stringify(name)} is ${JSON.stringify(serverName)}`, () => assert.deepEqual(parseClientHello(named(name), MAX), { kind: 'hello', serverName }));
}

for (const name of ['', '.', '..', 'a..example', '.a', '*.example', 'a b', 'a\0b', 'a.example\0', 'a/b', 'a:443', '[::1]', 'ä.example', 'a\r\nb', `${'a'.repeat(64)}.example`, 'a.'.repeat(127).concat('aa'), Buffer.from([0xff, 0xfe])]) {
  test(`the name ${JSON.stringify(name.toString('latin1'))} is refused`, () => assert.deepEqual(parseClientHello(named(name), MAX), { kind: 'refused', reason: 'server-name' }));
}

const list = (...entries: readonly Buffer[]): Buffer => extension(0, vector(2, ...entries));
const entry = (name: string, type = 0): Buffer => Buffer.concat([number(type, 1), vector(2, Buffer.from(name))]);

for (const [what, bytes, reason] of [
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n'), 'not-tls'],
  ['one byte that is not TLS', Buffer.from('G'), 'not-tls'],
  ['an SSLv2 hello', Buffer.from('802e0103010015000000100100', 'hex'), 'not-tls'],
  ['a record of another version', Buffer.from('160201', 'hex'), 'not-tls'],
  ['an alert', Buffer.from('15030100020100', 'hex'), 'not-tls'],
  ['an empty record', Buffer.from('1603010000', 'hex'), 'malformed'],
  ['a record that is too long', Buffer.from('1603014001', 'hex'), 'malformed'],
  ['another message', records(helloMessage(GREASE, { type: 2 })), 'malformed'],
  ['an alert between two records', Buffer.concat([records(helloMessage(GREASE).subarray(0, 20)), Buffer.from('15030100020100', 'hex')]), 'malformed'],
  ['a message larger than is taken', Buffer.concat([Buffer.from('1603014000', 'hex'), Buffer.from('01', 'hex'), number(MAX + 1, 3)]), 'too-large'],
  ['tiny records without end', records(helloMessage(Buffer.alloc(10_000)), 1), 'too-large'],
  ['a small message in more pieces than serve anybody', records(helloMessage(extension(0x0a0a, Buffer.alloc(700))), 1), 'too-large'],
  ['a session id that is cut', records(Buffer.concat([number(1, 1), vector(3, Buffer.concat([Buffer.from('0303', 'hex'), Buffer.alloc(32), number(33, 1)]))])), 'malformed'],
  ['no cipher suites', records(helloMessage(GREASE, { suites: Buffer.alloc(0) })), 'malformed'],
  ['half a cipher suite', records(helloMessage(GREASE, { suites: Buffer.alloc(3) })), 'malformed'],
  ['no compression method', records(helloMessage(GREASE, { compressions: Buffer.alloc(0) })), 'malformed'],
  ['an extension that is cut', records(helloMessage(GREASE.subarray(0, -1))), 'malformed'],
  ['the same extension twice', records(helloMessage(Buffer.concat([GREASE, GREASE]))), 'malformed'],
  ['two server names', records(helloMessage(Buffer.concat([serverNameExtension('a'), serverNameExtension('b')]))), 'malformed'],
  ['two names in one list', records(helloMessage(list(entry('a'), entry('b')))), 'malformed'],
  ['an empty list of names', records(helloMessage(list())), 'malformed'],
  ['an empty server name extension', records(helloMessage(extension(0, Buffer.alloc(0)))), 'malformed'],
  ['a name of another type', records(helloMessage(list(entry('a', 1)))), 'malformed'],
  ['bytes behind the list of names', records(helloMessage(extension(0, Buffer.concat([vector(2, entry('a')), Buffer.of(0)])))), 'malformed'],
  ['bytes behind the extensions', records(Buffer.concat([number(1, 1), vector(3, Buffer.concat([helloMessage(GREASE).subarray(4), Buffer.of(0)]))])), 'malformed'],
  ['more extensions than any client sends', records(helloMessage(Buffer.concat(Array.from({ length: 200 }, (_, index) => extension(index + 1, Buffer.alloc(0)))))), 'malformed'],
] as const) {
  test(`${what}: ${reason}`, () => {
    const outcome = parseClientHello(bytes, MAX);
    assert.equal(outcome.kind === 'refused' ? outcome.reason : outcome.kind, reason);
  });
}

test('one without extensions is whole', () => {
  assert.deepEqual(parseClientHello(records(helloMessage(undefined)), MAX), { kind: 'hello', serverName: undefined });
});

test('a damaged one is refused or read, never more: no throw, no name that is no name', async () => {
  const real = await realClientHello({ servername: 'a.example', ALPNProtocols: ['h2'] });
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(real.length), (damage, length) => {
    const bytes = Buffer.from(real);
    for (const [at, value] of damage) bytes[at] = value;
    for (const part of [bytes, bytes.subarray(0, length)]) {
      const outcome = parseClientHello(part, MAX);
      if (outcome.kind === 'hello' && outcome.serverName !== undefined) assert.match(outcome.serverName, /^[a-z0-9_.-]{1,253}$/);
    }
  }), { numRuns: 3_000, seed: 11 });
});
