import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createMemoryLogger } from '../../shared/log.ts';
import { createPluginLog } from './plugin-log.ts';

test('a plugin that warns without end writes a bounded number of lines, and the next one says how many are missing', () => {
  const { log, lines } = createMemoryLogger('proxy-thread');
  let nowMs = 60_000;
  const pluginLog = createPluginLog(log, { nowMs: () => nowMs }, 'rate-limiting', 'id-1');
  for (let count = 0; count < 100; count += 1) pluginLog.warn('counters-full', { letThrough: true });
  assert.equal(lines().length, 20);
  nowMs += 60_000;
  pluginLog.warn('counters-full');
  assert.match(lines().at(-1) ?? '', /"event":"counters-full","plugin":"rate-limiting","pluginId":"id-1","leftOut":80/);
});

test('a field cannot pose as the event', () => {
  const { log, lines } = createMemoryLogger('proxy-thread');
  createPluginLog(log, { nowMs: () => 0 }, 'p', 'id-1').warn('real', { event: 'false', plugin: 'other' });
  assert.match(lines()[0] ?? '', /"event":"real","plugin":"p"/);
});

test('another event is told, however often the first repeats', () => {
  const { log, lines } = createMemoryLogger('test');
  const pluginLog = createPluginLog(log, { nowMs: () => 0 }, 'http-log', 'id-1');
  for (let n = 0; n < 100; n += 1) pluginLog.warn('one');
  for (let n = 0; n < 100; n += 1) pluginLog.warn('two');
  assert.equal(lines().length, 21);
  assert.match(lines().at(-1) ?? '', /"event":"two".*"leftOut":80/);
});
