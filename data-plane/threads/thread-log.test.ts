import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { LogAreas } from '../../shared/log-areas.ts';
import { createThreadLogger, forwardThreadLine } from './thread-log.ts';

test('a line of a proxy thread comes out of the log of the agent, with its level, fields and thread', () => {
  const { log, lines } = createMemoryLogger('data-plane');
  const threadLog = createThreadLogger('info', (line) => forwardThreadLine(() => log, 3, line));
  threadLog.warn({ event: 'upstream-failed', code: 'X' }, 'an upstream failed');
  threadLog.debug({ event: 'quiet' }, 'not at this level');
  assert.equal(lines().length, 1);
  const { time: _time, ...line } = JSON.parse(lines()[0] ?? '{}') as Record<string, unknown>;
  assert.deepEqual(line, { level: 40, part: 'data-plane', event: 'upstream-failed', code: 'X', thread: 3, msg: 'an upstream failed' });
});

test('a line of an area comes out at the level of that area at the agent', () => {
  const { log, lines } = createMemoryLogger('data-plane');
  const agent = new LogAreas(log, { level: 'trace', areas: { plugins: 'debug' } });
  const thread = new LogAreas(createThreadLogger('info', (line) => forwardThreadLine((area) => (area === undefined ? log : agent.of(area)), 1, line)), { level: 'info', areas: { plugins: 'debug' } });
  thread.of('plugins').debug({ event: 'a' }, 'told');
  thread.of('proxy').debug({ event: 'b' }, 'not told');
  thread.apply({ level: 'warn', areas: { proxy: 'trace' } });
  thread.of('plugins').info({ event: 'c' }, 'not told');
  thread.of('proxy').trace({ event: 'd' }, 'told');
  assert.deepEqual(lines().map((line) => { const { event, area } = JSON.parse(line) as Record<string, unknown>; return [event, area]; }), [['a', 'plugins'], ['d', 'proxy']]);
});

test('what is no line of ours is kept as it is', () => {
  const { log, lines } = createMemoryLogger('data-plane');
  forwardThreadLine(() => log, 0, 'not JSON');
  assert.match(lines()[0] ?? '', /"msg":"not JSON"/);
});
