/** Whose time it was, the upstream's or ours: over attempts that connect, fail, pause, answer, or go on when the request ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endpoint } from '../upstreams/endpoint.ts';
import { RetryBudget } from '../upstreams/retry-budget.ts';
import { Attempt, gatewayMsOf, upstreamBeganAtMs, upstreamMsOf } from './attempt.ts';

type Times = Partial<Pick<Attempt, 'wishedAtMs' | 'sentAtMs' | 'endedAtMs' | 'leftAtMs'>>;

const ENDPOINT = new Endpoint({ key: '', protocol: 'http', tls: { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined }, host: 'a.test', port: 80, address: '127.0.0.1', retryBudget: new RetryBudget(), peer: undefined, proxyProtocol: null });

/** The request began at 1,000 and took 500 ms in all: when the first attempt began, what was the upstream's, what was ours. */
function split(attempts: readonly Times[], respondedAtMs: number): readonly [number, number, number] {
  let attempt: Attempt | undefined;
  for (const times of attempts) attempt = Object.assign(new Attempt(ENDPOINT, 'up', attempt), times);
  const upstreamMs = upstreamMsOf({ attempt, startedAtMs: 1_000, respondedAtMs }, 500);
  return [upstreamBeganAtMs(attempt), upstreamMs, gatewayMsOf({ attempt, startedAtMs: 1_000, respondedAtMs }, 500, upstreamMs)];
}

test('connecting is the upstream’s time, as is waiting for its answer', () => {
  assert.deepEqual(split([{ wishedAtMs: 1_010, sentAtMs: 1_210, endedAtMs: 1_310 }], 1_310), [1_010, 300, 10]);
  assert.deepEqual(split([{ sentAtMs: 1_010, endedAtMs: 1_310 }], 1_310), [1_010, 300, 10], 'over a connection that was open');
});

test('so are attempts in vain and the pauses after them', () => {
  const refused = { wishedAtMs: 1_010, endedAtMs: 1_020 };
  assert.deepEqual(split([refused, { wishedAtMs: 1_120, sentAtMs: 1_130, endedAtMs: 1_200 }], 1_200), [1_010, 190, 10]);
  assert.deepEqual(split([refused, { wishedAtMs: 1_120, endedAtMs: 1_130 }], 1_135), [1_010, 120, 15], 'none came about; plugins saw our answer');
  assert.deepEqual(split([{ ...refused, leftAtMs: 1_090 }], 1_095), [1_010, 80, 15], 'after the pause no target was left');
  assert.deepEqual(split([refused], 0), [1_010, 490, 10], 'the client left in the pause');
});

test('what goes on when the request ends, or when we answer in its place, counts until then', () => {
  assert.deepEqual(split([{ wishedAtMs: 1_010 }], 0), [1_010, 490, 10]);
  assert.deepEqual(split([{ wishedAtMs: 1_010 }], 1_110), [1_010, 100, 10]);
});

test('without an attempt, or with one that came to nothing, all of it is ours', () => {
  assert.deepEqual(split([], 1_040), [0, 0, 40]);
  assert.deepEqual(split([], 0), [0, 0, 500]);
  assert.deepEqual(split([{}], 1_040), [0, 0, 40]);
  assert.deepEqual(split([{ endedAtMs: 1_030 }], 1_040), [1_030, 0, 40], 'all connections in use, and too many waited');
});
