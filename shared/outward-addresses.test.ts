import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMetadataAddress, isOwnAddress, literalAddress } from './outward-addresses.ts';

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
