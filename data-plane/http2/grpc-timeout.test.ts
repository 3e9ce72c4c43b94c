import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcTimeoutMs } from './grpc-timeout.ts';

test('a deadline is eight digits at most and a unit', () => {
  assert.deepEqual(['1H', '2M', '3S', '4m', '5000u', '6000000n', '0m'].map(grpcTimeoutMs), [3_600_000, 120_000, 3_000, 4, 5, 6, 0]);
  for (const bad of ['', 'S', '5', '5s', '-5S', '123456789S', '5 S', '5.0S']) assert.equal(grpcTimeoutMs(bad), undefined);
});
