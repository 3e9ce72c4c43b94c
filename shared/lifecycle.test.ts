import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Lifecycle } from './lifecycle.ts';
import { createMemoryLogger } from './log.ts';

test('parts stop once, the last one first, and a failure does not hold up the rest', async () => {
  const { log, lines } = createMemoryLogger('test');
  const lifecycle = new Lifecycle(log);
  const stopped: string[] = [];
  lifecycle.add('first', () => void stopped.push('first'));
  lifecycle.add('broken', () => Promise.reject(new Error('stuck')));
  lifecycle.add('last', () => void stopped.push('last'));
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  assert.deepEqual(stopped, ['last', 'first']);
  assert.equal(lines().filter((line) => line.includes('stuck')).length, 1);
});

test('a part that comes up after stop was asked for is stopped at once', async () => {
  const lifecycle = new Lifecycle(createMemoryLogger('test').log);
  await lifecycle.stop();
  let stopped = false;
  lifecycle.add('late', () => void (stopped = true));
  await lifecycle.stop();
  assert.equal(stopped, true);
});
