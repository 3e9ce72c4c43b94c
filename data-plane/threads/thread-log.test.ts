import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { createThreadLogger, forwardThreadLine } from './thread-log.ts';

test('a line of a proxy thread comes out of the log of the agent, with its level, fields and thread', () => {
  const { log, lines } = createMemoryLogger('data-plane');
  const threadLog = createThreadLogger('info', (line) => forwardThreadLine(log, 3, line));
  threadLog.warn({ event: 'upstream-failed', code: 'X' }, 'an upstream failed');
  threadLog.debug({ event: 'quiet' }, 'not at this level');
  assert.equal(lines().length, 1);
  const { time: _time, ...line } = JSON.parse(lines()[0] ?? '{}') as Record<string, unknown>;
  assert.deepEqual(line, { level: 40, part: 'data-plane', event: 'upstream-failed', code: 'X', thread: 3, msg: 'an upstream failed' });
});

test('what is no line of ours is kept as it is', () => {
  const { log, lines } = createMemoryLogger('data-plane');
  forwardThreadLine(log, 0, 'not JSON');
  assert.match(lines()[0] ?? '', /"msg":"not JSON"/);
});
