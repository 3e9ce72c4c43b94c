import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { FrameAllowance } from './frame-allowance.ts';

const LIMITS = { ...DEFAULT_PROXY_LIMITS, maxHttp2ResetsPerSecond: 2, maxHttp2PingsPerSecond: 1, maxHttp2SettingsPerSecond: 1, maxHttp2IdleTalkBytesPerSecond: 100 };

test('so many of each in a second, and again in the next', () => {
  const allowance = new FrameAllowance(LIMITS);
  for (let second = 0; second < 3; second++) {
    assert.deepEqual([allowance.reset(), allowance.reset(), allowance.reset()?.code], [undefined, undefined, 'HTTP2_RESET_FLOOD']);
    assert.deepEqual([allowance.ping(), allowance.ping()?.code], [undefined, 'HTTP2_PING_FLOOD']);
    assert.deepEqual([allowance.settings(), allowance.settings()?.code], [undefined, 'HTTP2_SETTINGS_FLOOD']);
    assert.equal(allowance.secondPassed(0, 0), undefined);
  }
});

test('bytes that move nothing are bounded, and the bound grows with what moves in either direction', () => {
  const allowance = new FrameAllowance(LIMITS);
  assert.equal(allowance.secondPassed(100, 0), undefined);
  assert.equal(allowance.secondPassed(201, 0)?.code, 'HTTP2_FRAME_FLOOD');
  allowance.useful(50);
  // 250 bytes, 50 of them useful: 200 idle ones against 100 + 50 + 60 written.
  assert.equal(allowance.secondPassed(451, 60), undefined);
  allowance.useful(50);
  assert.equal(allowance.secondPassed(701, 60)?.code, 'HTTP2_FRAME_FLOOD');
});
