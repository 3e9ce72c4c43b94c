import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { cpuMsOf } from '../../test/support/cpu-time.ts';
import { AddressRanges } from './address-ranges.ts';

const find = (list: readonly string[], address: string): string => new AddressRanges(list).find(address);

describe('which addresses a list holds', () => {
  test('single addresses and ranges, to their last address and no further', () => {
    const list = ['192.0.2.7', '10.1.0.0/16', '2001:db8::/32', '2001:db9::1'];
    for (const inside of ['192.0.2.7', '10.1.0.0', '10.1.255.255', '2001:db8::', '2001:0DB8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db9::1', '2001:db9:0:0:0:0:0.0.0.1']) assert.equal(find(list, inside), 'inside', inside);
    for (const outside of ['192.0.2.6', '192.0.2.8', '10.0.255.255', '10.2.0.0', '2001:db7:ffff::', '2001:db9::', '2001:db9::2', '::1']) assert.equal(find(list, outside), 'outside', outside);
  });

  test('bits behind the prefix say nothing', () => {
    assert.equal(find(['10.9.8.7/8'], '10.0.0.0'), 'inside');
    assert.equal(find(['0.0.0.0/0'], '255.255.255.255'), 'inside');
    assert.equal(find(['::/0'], 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), 'inside');
    assert.equal(find(['128.0.0.0/1'], '127.255.255.255'), 'outside');
  });

  test('an IPv4 address in IPv6 clothing is that IPv4 address, on both sides', () => {
    for (const disguise of ['::ffff:10.0.0.1', '::FFFF:a00:1', '0:0:0:0:0:ffff:10.0.0.1', '::ffff:10.0.0.1%eth0']) assert.equal(find(['10.0.0.0/8'], disguise), 'inside', disguise);
    assert.equal(find(['::ffff:10.0.0.0/104'], '10.200.0.1'), 'inside');
    assert.equal(find(['::ffff:10.0.0.0/104'], '11.0.0.1'), 'outside');
    assert.equal(find(['::/0'], '10.0.0.1'), 'outside', 'all of IPv6 is not IPv4');
    assert.equal(find(['::/0'], '::ffff:10.0.0.1'), 'outside');
    assert.equal(find(['0.0.0.0/0'], '::10.0.0.1'), 'outside', 'the old compatible form is IPv6');
  });

  test('what is no address is in no list, and says so', () => {
    for (const odd of ['', 'localhost', '1.2.3', '1.2.3.4.', '1.2.3.4.5', '1.2.3.256', '010.0.0.1', '1.2.3.4/8', ':', ':::', '::1::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '::12345', '1:', '::g', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4', ' 1.2.3.4', '::ffff:1.2.3.4 ']) {
      assert.equal(find(['0.0.0.0/0', '::/0'], odd), 'no-address', odd);
      assert.throws(() => new AddressRanges([odd === '1.2.3.4/8' ? 'x' : odd]), RangeError, odd);
    }
    assert.throws(() => new AddressRanges(['10.0.0.0/33']), RangeError);
  });

  test('an empty list holds nothing', () => assert.equal(find([], '10.0.0.1'), 'outside'));
});

test("agrees with Node's own lists, whatever overlaps, touches or repeats", () => {
  const v4 = fc.tuple(fc.constantFrom(0, 10, 127, 128, 255), fc.constantFrom(0, 1, 255), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })).map((parts) => parts.join('.'));
  const v6 = fc.array(fc.constantFrom('0', '1', 'ffff', 'abcd'), { minLength: 7, maxLength: 7 }).map((parts) => `abcd:${parts.join(':')}`);
  const range = fc.oneof(fc.tuple(v4, fc.integer({ min: 1, max: 32 })), fc.tuple(v6, fc.integer({ min: 2, max: 128 })));
  fc.assert(fc.property(fc.array(range, { maxLength: 12 }), fc.array(fc.oneof(v4, v6), { minLength: 1, maxLength: 8 }), (ranges, addresses) => {
    const [ours, nodes] = [new AddressRanges(ranges.map(([address, bits]) => `${address}/${bits}`)), new BlockList()];
    for (const [address, bits] of ranges) nodes.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6');
    for (const address of addresses) assert.equal(ours.find(address) === 'inside', nodes.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'), `${address} in ${JSON.stringify(ranges)}`);
  }), { numRuns: 300 });
});

test('a look-up costs the same in 10,000 ranges as in ten, but for the depth of a search', () => {
  const listOf = (count: number): AddressRanges => new AddressRanges(Array.from({ length: count }, (_, n) => `10.${n >> 8}.${n & 255}.0/25`));
  const [few, many] = [listOf(10), listOf(10_000)];
  const cost = (list: AddressRanges): number => Math.min(...[0, 0, 0].map(() => cpuMsOf(() => {
    for (let n = 0; n < 100_000; n += 1) list.find(n % 2 === 0 ? '10.3.77.200' : '198.51.100.99');
  })));
  assert.ok(cost(many) < 6 * cost(few) + 5, 'no scan of the list');
});
