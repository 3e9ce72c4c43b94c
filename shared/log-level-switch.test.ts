import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../test/support/manual-clock.ts';
import { createMemoryLogger, type LogLevel } from './log.ts';
import { LogLevelSwitch, LONGEST_LEVEL_SECONDS, parseLogLevel } from './log-level-switch.ts';

function scene() {
  const clock = new ManualClock();
  const applied: LogLevel[] = [];
  const { log, lines } = createMemoryLogger('test');
  const levels = new LogLevelSwitch({ usual: 'info', apply: (level) => {
    applied.push(level);
    log.level = level;
  }, clock, log });
  return { clock, applied, lines, levels };
}

test('a level is back after its time, and both changes are told', () => {
  const { clock, applied, lines, levels } = scene();
  levels.set('error', 5_000, 'ada');
  assert.equal(levels.state.level, 'error');
  clock.advance(4_999);
  assert.deepEqual(applied, ['error']);
  clock.advance(1);
  assert.deepEqual(applied, ['error', 'info']);
  assert.deepEqual(levels.state, { level: 'info', usual: 'info', untilMs: undefined });
  assert.deepEqual(lines().map((line) => /log level [^"]*/.exec(line)?.[0]), ['log level error for 5 s, by ada', 'log level info again']);
});

test('a later level takes the place of the one before, with its time', () => {
  const { clock, applied, levels } = scene();
  levels.set('debug', 5_000, 'ada');
  clock.advance(4_000);
  levels.set('trace', 5_000, 'ada');
  clock.advance(4_000);
  assert.deepEqual(applied, ['debug', 'trace']);
  clock.advance(1_000);
  assert.deepEqual(applied, ['debug', 'trace', 'info']);
});

test('no level stays for ever', () => {
  const { clock, levels } = scene();
  levels.set('debug', Number.MAX_SAFE_INTEGER, 'ada');
  clock.advance(LONGEST_LEVEL_SECONDS * 1_000);
  assert.equal(levels.state.level, 'info');
});

test("Kong's levels are taken", () => {
  assert.deepEqual(['debug', 'notice', 'crit', 'emerg', 'loud'].map(parseLogLevel), ['debug', 'info', 'fatal', 'fatal', undefined]);
});
