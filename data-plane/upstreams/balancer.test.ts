import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staticUpstream } from '../../test/support/static-config.ts';
import type { RuntimeUpstream } from '../config/active-config.ts';
import { Balancer, layOut } from './balancer.ts';

const upstream = (...weights: readonly number[]): RuntimeUpstream => staticUpstream(weights.map((weight, index) => ({ host: `10.0.0.${index}`, port: 80, weight })));
const turns = (balancer: Balancer, of: RuntimeUpstream, count: number): readonly string[] => Array.from({ length: count }, () => balancer.next(of, undefined)?.host.slice(-1) ?? 'none');

test('each target gets its share, spread evenly', () => {
  assert.deepEqual(turns(new Balancer(), upstream(100, 100), 4), ['0', '1', '0', '1']);
  const order = turns(new Balancer(), upstream(300, 100), 8);
  assert.equal(order.filter((host) => host === '0').length, 6);
  assert.ok(!order.join('').includes('11') && !order.join('').includes('00000'), order.join(''));
  assert.deepEqual(turns(new Balancer(), upstream(), 1), ['none']);
  assert.deepEqual(turns(new Balancer(), upstream(0, 5), 2), ['1', '1']);
});

test('extreme weights stay bounded, and the smallest still gets a turn', () => {
  const order = layOut(upstream(65_535, 65_534, 1).targets);
  assert.ok(order.length <= 10_003);
  assert.equal(order.filter(({ weight }) => weight === 1).length, 1);
  assert.equal(layOut(upstream(100, 50, 25).targets).length, 7);
});

test('a configuration swap goes on where the old one was', () => {
  const balancer = new Balancer();
  assert.deepEqual(turns(balancer, upstream(1, 1, 1), 2), ['0', '1']);
  assert.deepEqual(turns(balancer, upstream(1, 1, 1), 2), ['2', '0']);
  assert.deepEqual(turns(balancer, upstream(1), 2), ['0', '0'], 'fewer targets than the place that was kept');
});

test('targets that were passed over are not given again', () => {
  const balancer = new Balancer();
  const three = upstream(1, 1, 1);
  const [first, second, third] = three.targets;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  assert.equal(balancer.next(three, new Set([first])), second);
  assert.equal(balancer.next(three, new Set([first, second])), third);
  assert.equal(balancer.next(three, new Set([first, second, third])), undefined);
});

test('upstreams that come and go leave nothing behind', () => {
  const balancer = new Balancer();
  const stays = upstream(1, 1);
  assert.deepEqual(turns(balancer, stays, 1), ['0']);
  for (let count = 0; count < 9_999; count++) turns(balancer, { ...upstream(1, 1), id: `gone-${count}` }, 1);
  assert.deepEqual(turns(balancer, stays, 1), ['1'], 'the place is kept within the bound');
  turns(balancer, { ...upstream(1, 1), id: 'one-more' }, 1);
  assert.deepEqual(turns(balancer, { ...upstream(1, 1), id: 'gone-0' }, 1), ['0'], 'and the one longest unused is given up beyond it');
});
