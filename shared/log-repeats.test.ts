import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { ManualClock } from '../test/support/manual-clock.ts';
import { createLogger } from './log.ts';

function scene(level: 'info' | 'debug' = 'info') {
  const clock = new ManualClock();
  const destination = new PassThrough();
  const lines: Record<string, unknown>[] = [];
  destination.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)));
  return { clock, lines, log: createLogger({ part: 'test', level, pretty: false, destination, clock }) };
}

test('an event that repeats is written so many times, then once with the number left out; others are not held back', () => {
  const { clock, lines, log } = scene();
  const child = log.child({ area: 'sync' });
  for (let at = 0; at < 1_000; at += 1) child.warn({ event: 'connection-failed', at }, 'no');
  log.warn({ event: 'another' }, 'yes');
  log.error({ event: 'connection-failed' }, 'more severe');
  log.warn('without an event');
  assert.equal(lines.filter(({ event }) => event === 'connection-failed').length, 21);
  assert.ok(lines.some(({ event }) => event === 'another') && lines.some(({ msg }) => msg === 'without an event'));
  clock.advance(10_000);
  assert.deepEqual(lines.filter(({ event }) => event === 'log-repeats-suppressed').map(({ repeated, leftOut, level }) => [repeated, leftOut, level]), [['connection-failed', 980, 40]]);
  child.warn({ event: 'connection-failed' }, 'again');
  assert.equal(lines.at(-1)?.['msg'], 'again');
  clock.advance(10_000);
  assert.equal(lines.filter(({ event }) => event === 'log-repeats-suppressed').length, 1, 'nothing was left out this time');
});

test('another problem under the same event is written, however often the first repeats, within a bound', () => {
  const { lines, log } = scene();
  for (let at = 0; at < 1_000; at += 1) log.warn({ event: 'plugin-failed', plugin: 'one', at }, 'a plugin failed');
  log.warn({ event: 'plugin-failed', plugin: 'two' }, 'a plugin failed');
  log.warn({ event: 'plugin-failed', plugin: 'two' }, 'a plugin failed');
  log.warn({ event: 'plugin-failed', plugin: 'one', reason: 'another' }, 'a plugin failed');
  assert.deepEqual(lines.slice(20).map(({ plugin, reason }) => [plugin, reason]), [['two', undefined], ['one', 'another']]);
  for (let at = 0; at < 1_000; at += 1) log.warn({ event: 'plugin-failed', plugin: 'one', reason: `number ${at}` }, 'a plugin failed');
  assert.equal(lines.length, 20 + 99);
});

test('what is fatal, and what somebody asked for, is always written', () => {
  const { lines, log } = scene('debug');
  for (let at = 0; at < 200; at += 1) {
    log.fatal({ event: 'a' }, 'a');
    log.debug({ event: 'b' }, 'b');
    log.trace({ event: 'c' }, 'not at this level');
  }
  assert.equal(lines.length, 400);
});
