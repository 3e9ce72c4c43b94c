import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, parseHosts, parseResolvConf, parseServerAddress } from './name-files.ts';

test('resolv.conf: servers, search domains and options as resolv.conf(5) says', () => {
  const text = '# comment\nnameserver 10.0.0.2\nnameserver fe80::1%eth0 ; local\nnameserver nonsense\ndomain old.test\nsearch a.test B.test.\noptions ndots:3 timeout:1 attempts:9 rotate\n';
  assert.deepEqual(parseResolvConf(text), { servers: [{ address: '10.0.0.2', port: 53 }, { address: 'fe80::1%eth0', port: 53 }], search: ['a.test', 'b.test'], ndots: 3, timeoutMs: 1_000, attempts: 5 });
  assert.deepEqual(parseResolvConf(''), { servers: [], search: [], ndots: 1, timeoutMs: 2_000, attempts: 2 });
});

test('hosts: every name of every line, whatever its case', () => {
  const hosts = parseHosts('127.0.0.1\tlocalhost LOCAL # loopback\n::1 localhost\n10.0.0.9 db\nnot-an-address x\n');
  assert.deepEqual([...hosts], [['localhost', ['127.0.0.1', '::1']], ['local', ['127.0.0.1']], ['db', ['10.0.0.9']]]);
});

test('short names are completed; those with dots enough are asked as they are first', () => {
  const config = { search: ['ns.svc', 'svc'], ndots: 2 };
  assert.deepEqual(candidates('orders', config), ['orders.ns.svc', 'orders.svc', 'orders']);
  assert.deepEqual(candidates('a.b.Example', config), ['a.b.example', 'a.b.example.ns.svc', 'a.b.example.svc']);
  assert.deepEqual(candidates('orders.', config), ['orders']);
});

test('a server is an address with or without a port', () => {
  assert.deepEqual(parseServerAddress('10.0.0.2'), { address: '10.0.0.2', port: 53 });
  assert.deepEqual(parseServerAddress('10.0.0.2:5353'), { address: '10.0.0.2', port: 5_353 });
  assert.deepEqual(parseServerAddress('fd00::2'), { address: 'fd00::2', port: 53 });
  assert.deepEqual(parseServerAddress('[fd00::2]:54'), { address: 'fd00::2', port: 54 });
  for (const wrong of ['dns.test', '10.0.0.2:0', '10.0.0.2:99999', '[10.0.0.2]:53', '10.0.0.2:x', '']) assert.equal(parseServerAddress(wrong), undefined, wrong);
});
