import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Refusal } from '../answer.ts';
import { parseStep, parseWindow } from './time-window.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

function windowOf(query: string): readonly string[] {
  const { from, to } = parseWindow(new URLSearchParams(query), NOW);
  return [from.toISOString(), to.toISOString()];
}

test('a window is given by times, by how long ago, or is the last hour', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['', '2026-11-22T11:00:00.000Z', '2026-11-22T12:00:00.000Z'],
    ['from=-24h', '2026-11-21T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
    ['from=-90s&to=-30s', '2026-11-22T11:58:30.000Z', '2026-11-22T11:59:30.000Z'],
    ['from=2026-11-01&to=2026-11-02', '2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ['to=2026-11-02', '2026-11-01T23:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ['from=1795345200&to=now', '2026-11-22T11:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ];
  for (const [query, from, to] of cases) assert.deepEqual(windowOf(query), [from, to], query);
});

test('what is no window is refused with its field', () => {
  for (const [query, field] of [['from=-1h&to=-2h', 'to'], ['from=yesterday', 'from'], ['from=-5', 'from'], ['from=-1y', 'from'], ['from=2027-01-01&to=2027-01-02', 'from'], ['to=-0x', 'to'], ['from=-99999999d', 'from'], ['from=', 'from']] as const) {
    assert.throws(() => windowOf(query), (thrown) => thrown instanceof Refusal && JSON.stringify(thrown.answer.body).includes(`"${field}":`), query);
  }
});

test('a step is a duration', () => {
  assert.deepEqual(['10s', '1m', '2h', '1d'].map((step) => parseStep(new URLSearchParams({ step }))), [10_000, 60_000, 7_200_000, 86_400_000]);
  for (const step of ['0s', '10', 'm', '-1m', '1e3s', '']) assert.throws(() => parseStep(new URLSearchParams({ step })), Refusal, step);
});
