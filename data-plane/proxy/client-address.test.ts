import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAddress, TrustedAddresses } from './client-address.ts';

const trusted = new TrustedAddresses(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);

test('addresses and blocks are trusted as written', () => {
  const trustedOnes = ['10.1.2.3', '192.0.2.1', '2001:db8::5'];
  assert.deepEqual(trustedOnes.map((address) => trusted.includes(address)), [true, true, true]);
  assert.deepEqual(['11.0.0.1', '192.0.2.2', '2001:db9::1', '', 'unix', '10.0.0'].map((address) => trusted.includes(address)), [false, false, false, false, false, false]);
  assert.equal(new TrustedAddresses([]).includes('127.0.0.1'), false);
});

test('what is no address or block is refused by name', () => {
  for (const wrong of ['10.0.0.0/33', '2001:db8::/129', 'localhost', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/x', '', '10.0.0/8']) {
    assert.throws(() => new TrustedAddresses([wrong]), (error: Error & { code?: string }) => error.code === 'PROXY_TRUSTED_ADDRESS_INVALID' && error.message.includes(`"${wrong}"`));
  }
});

test('the client is the last address that is not one of ours', () => {
  const client = (forwardedFor: readonly string[], realIp?: string): string => trusted.clientBehind('10.0.0.1', forwardedFor, realIp);
  assert.equal(client(['203.0.113.9, 198.51.100.7, 10.0.0.2']), '198.51.100.7');
  assert.equal(client(['203.0.113.9', '10.0.0.2']), '203.0.113.9');
  assert.equal(client(['10.0.0.3, 10.0.0.2']), '10.0.0.3');
  assert.equal(client(['::ffff:203.0.113.9']), '203.0.113.9');
  assert.equal(client(['2001:db9::1, 2001:db8::1']), '2001:db9::1');
  assert.equal(client(['198.51.100.7, nonsense, 10.0.0.2']), '10.0.0.2');
  assert.equal(client(['nonsense']), '10.0.0.1');
  assert.equal(client([], '198.51.100.8'), '198.51.100.8');
  assert.equal(client([], 'nonsense'), '10.0.0.1');
  assert.equal(client([]), '10.0.0.1');
  assert.equal(client([`1.2.3.4${', 10.0.0.2'.repeat(100)}`]), '10.0.0.1');
});

test('an IPv4 peer of an IPv6 listener is an IPv4 address', () => {
  assert.deepEqual(['::ffff:127.0.0.1', '::1', '127.0.0.1'].map(plainAddress), ['127.0.0.1', '::1', '127.0.0.1']);
});
