import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../test/support/manual-clock.ts';
import { createMemoryLogger, type LogLevel } from './log.ts';
import { LOG_AREAS, LogAreas, type LevelsInForce } from './log-areas.ts';
import { logSettings, usualLevelsOf } from './log-settings.ts';
import { parseSettings } from './settings.ts';
import { describeLevels, LogLevelSwitch, LONGEST_LEVEL_SECONDS, parseLogLevel } from './log-level-switch.ts';

function scene() {
  const clock = new ManualClock();
  const applied: LogLevel[] = [];
  const areas: LevelsInForce['areas'][] = [];
  const { log, lines } = createMemoryLogger('test');
  const levels = new LogLevelSwitch({ usual: { level: 'info', areas: { sync: 'warn' } }, apply: ({ level, areas: now }) => {
    applied.push(level);
    log.level = level;
    areas.push(now);
  }, clock, log });
  return { clock, applied, areas, lines, levels };
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

test('an area is switched by itself, for its own time; what is ordered for all reaches the areas that were not', () => {
  const { clock, areas, levels, lines } = scene();
  levels.set('debug', 10_000, 'ada', 'sync');
  levels.set('trace', 5_000, 'bob', 'telemetry');
  assert.deepEqual(areas.at(-1), { sync: 'debug', telemetry: 'trace' });
  assert.equal(levels.state.level, 'info');
  levels.set('error', 7_000, 'ada');
  assert.deepEqual([levels.state.level, areas.at(-1)], ['error', { sync: 'debug', telemetry: 'trace' }]);
  clock.advance(5_000);
  assert.deepEqual(areas.at(-1), { sync: 'debug' });
  const { areas: described } = describeLevels(levels);
  assert.deepEqual([described['sync']?.level, described['sync']?.usual_level, described['telemetry']], ['debug', 'warn', undefined]);
  clock.advance(5_000);
  assert.deepEqual([levels.state.level, areas.at(-1)], ['info', { sync: 'warn' }]);
  assert.ok(lines().some((line) => line.includes('log level warn of sync again')));
  levels.stop();
});

test('the loggers of areas follow what is in force', () => {
  const { log, lines } = createMemoryLogger('test');
  const areas = new LogAreas(log, { level: 'trace', areas: { sync: 'warn' } });
  areas.of('sync').info({ event: 'a' }, 'not told');
  areas.of('admin').info({ event: 'b' }, 'told');
  areas.apply({ level: 'error', areas: { sync: 'debug' } });
  areas.of('sync').debug({ event: 'c' }, 'told');
  areas.of('admin').info({ event: 'd' }, 'not told');
  log.info({ event: 'e' }, 'not told');
  assert.deepEqual(lines().map((line) => /"event":"(.)"/.exec(line)?.[1]), ['b', 'c']);
  assert.equal(areas.of('sync'), areas.of('sync'));
});

test('HOLDFAST_LOG_LEVELS names areas and levels; what it does not know is refused with the nearest', () => {
  const read = (text: string) => usualLevelsOf(parseSettings(logSettings, { environment: { HOLDFAST_LOG_LEVELS: text }, arguments: [], readFile: () => '', workingFolder: '/' }));
  assert.deepEqual(read('sync=debug, telemetry=warn'), { level: 'info', areas: { sync: 'debug', telemetry: 'warn' } });
  assert.throws(() => read('synk=debug'), /HOLDFAST_LOG_LEVELS has "synk", which is not known here; there is .*did you mean "?sync/);
  for (const wrong of ['sync', 'sync=loud', 'sync=debug=warn', 'sync=debug,sync=warn']) assert.throws(() => read(wrong), /HOLDFAST_LOG_LEVELS (?:must be|has sync twice)/, wrong);
  assert.ok(LOG_AREAS.every((area) => read(`${area}=trace`).areas[area] === 'trace'));
});

test("Kong's levels are taken", () => {
  assert.deepEqual(['debug', 'notice', 'crit', 'emerg', 'loud'].map(parseLogLevel), ['debug', 'info', 'fatal', 'fatal', undefined]);
});
