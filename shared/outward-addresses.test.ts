import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInsideAddress, isMetadataAddress, isOwnAddress, literalAddress } from './outward-addresses.ts';

test('metadata services and this machine are known in every form of their addresses', () => {
  for (const url of ['http://169.254.169.254', 'http://2852039166', 'http://0xa9fea9fe', 'http://169.254.169.254.', 'http://[::ffff:169.254.169.254]', 'http://169.254.170.2', 'http://[fd00:ec2::254]', 'http://[fd00:ec2::23]', 'http://[fe80::1]', 'http://168.63.129.16', 'http://100.100.100.200']) {
    assert.equal(isMetadataAddress(literalAddress(new URL(url)) ?? assert.fail(url)), true, url);
  }
  for (const url of ['http://127.1', 'http://127.255.255.254', 'http://0', 'http://[::1]', 'http://[::]', 'http://[::ffff:127.0.0.1]']) {
    assert.equal(isOwnAddress(literalAddress(new URL(url)) ?? assert.fail(url)), true, url);
  }
  for (const url of ['http://10.0.0.1', 'http://192.168.1.1', 'http://[fd12::1]', 'http://203.0.113.1']) {
    const address = literalAddress(new URL(url)) ?? assert.fail(url);
    assert.deepEqual([isMetadataAddress(address), isOwnAddress(address)], [false, false], url);
  }
  assert.equal(literalAddress(new URL('http://vault.example')), undefined);
});

test('whatever is not an address of the open Internet is known as such, in every form', () => {
  for (const host of ['10.1.2.3', '172.31.255.255', '192.168.0.1', '100.64.0.1', '127.0.0.1', '0', '169.254.1.1', '192.0.0.8', '198.19.0.1', '203.0.113.9', '224.0.0.1', '255.255.255.255', '[::]', '[::1]', '[::ffff:10.0.0.1]', '[::7f00:1]', '[64:ff9b::a00:1]', '[2002:a00:1::]', '[2001::1]', '[fc00::1]', '[fd12::1]', '[fe80::1]', '[fec0::1]', '[ff02::1]', '0x0a000001']) {
    assert.equal(isInsideAddress(literalAddress(new URL(`http://${host}`)) ?? assert.fail(host)), true, host);
  }
  for (const host of ['1.1.1.1', '172.32.0.1', '100.128.0.1', '192.0.1.1', '223.255.255.255', '[2606:4700::1111]', '[2a00:1450::1]', '[::ffff:1.1.1.1]']) {
    assert.equal(isInsideAddress(literalAddress(new URL(`http://${host}`)) ?? assert.fail(host)), false, host);
  }
});
