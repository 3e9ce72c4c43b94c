import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, LEVEL_MS, MINUTE_MS } from './telemetry-families.ts';
import { planWindow, RAW_MS, type Marks } from './window-plan.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 13, 37);
const ALL_KEPT = { raw: 0, minutes: 0, hours: 0, days: 0 };
const marks: Marks = { rawId: 1, hoursUntilMs: NOW_MS - 7 * MINUTE_MS, daysUntilMs: NOW_MS - 2 * HOUR_MS - 37 * MINUTE_MS, keptFromMs: ALL_KEPT };

/** Which minutes, in minutes since the epoch, a row of a segment's level stands for: all of its interval that lie before the level's mark. */
function minutesOf(fromMs: number, toMs: number, width: number, markMs: number): readonly number[] {
  const minutes: number[] = [];
  for (let at = Math.floor(fromMs / width) * width; at < toMs; at += width) {
    if (at < fromMs) continue;
    for (let minute = at; minute < at + width && minute < markMs; minute += MINUTE_MS) minutes.push(minute / MINUTE_MS);
  }
  return minutes;
}

test('a window is covered once, minute by minute, by what each level has taken', () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 9 * DAY_MS }), fc.integer({ min: 1, max: 5 * DAY_MS }), fc.integer({ min: 0, max: 3 * 1440 }), fc.integer({ min: 0, max: 100 }), fc.constantFrom('minutes', 'hours', 'days'), fc.constantFrom('minutes', 'hours', 'days'),
    (agoMs, lengthMs, behindMinutes, behindHours, finest, coarsest) => {
      const hoursUntilMs = Math.floor(NOW_MS / MINUTE_MS - behindMinutes) * MINUTE_MS;
      const daysUntilMs = Math.floor(hoursUntilMs / HOUR_MS - behindHours) * HOUR_MS;
      const plan = planWindow({ fromMs: NOW_MS - agoMs, toMs: NOW_MS - agoMs + lengthMs, finest, coarsest, marks: { ...marks, hoursUntilMs, daysUntilMs } });
      assert.ok(plan.fromMs <= NOW_MS - agoMs && plan.toMs >= NOW_MS - agoMs + lengthMs && plan.withTail);
      const markOf = { raw: Infinity, minutes: Infinity, hours: hoursUntilMs, days: daysUntilMs };
      const covered = plan.segments.flatMap(({ level, fromMs, toMs }) => minutesOf(fromMs, toMs, level === 'raw' ? RAW_MS : LEVEL_MS[level], markOf[level]));
      assert.deepEqual(covered.toSorted((a, b) => a - b), Array.from({ length: (plan.toMs - plan.fromMs) / MINUTE_MS }, (_, index) => plan.fromMs / MINUTE_MS + index));
    },
  ), { numRuns: 150 });
});

test('the coarsest level stands in the middle, finer ones where it has not come yet', () => {
  const { segments } = planWindow({ fromMs: NOW_MS - 3 * DAY_MS, toMs: NOW_MS, finest: 'minutes', coarsest: 'days', marks });
  assert.deepEqual(segments.map(({ level }) => level), ['minutes', 'hours', 'days', 'hours', 'minutes']);
  assert.deepEqual(segments.map(({ toMs }) => toMs).slice(-3), [marks.daysUntilMs, marks.hoursUntilMs, NOW_MS]);
});

test('what is no longer kept finely is asked for coarsely: the window widens to what there is', () => {
  const old = { ...marks, keptFromMs: { raw: NOW_MS - HOUR_MS, minutes: NOW_MS - DAY_MS, hours: NOW_MS - 5 * DAY_MS, days: 0 } };
  const from = (agoMs: number): number => planWindow({ fromMs: NOW_MS - agoMs + 1, toMs: NOW_MS, finest: 'raw', coarsest: 'days', marks: old }).fromMs;
  assert.deepEqual([from(HOUR_MS / 2), from(2 * HOUR_MS), from(2 * DAY_MS), from(6 * DAY_MS)].map((ms) => [RAW_MS, MINUTE_MS, HOUR_MS, DAY_MS].filter((width) => ms % width === 0).at(-1)), [MINUTE_MS, MINUTE_MS, HOUR_MS, DAY_MS]);
});
