/** Events of our logs are stable words with one meaning each, and docs/ tells of all of them, as of all metrics. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logEvents } from './support/log-events.ts';
import { toldMetrics } from './support/told-metrics.ts';

const events = logEvents();
const rowsOf = (path: string): readonly string[] => [...readFileSync(new URL(`../docs/${path}`, import.meta.url), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);

/** Said in both planes, of the same thing. */
const IN_BOTH_PLANES: ReadonlySet<string> = new Set(['certificate-renewed', 'fell-back', 'stopped']);

test('the name of an event is a word in kebab case', () => {
  assert.ok(events.length > 150, `${events.length} events`);
  for (const { name } of events) assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
});

test('an event is of one plane: who searches for it by name finds one thing', () => {
  for (const { name, files } of events) {
    const planes = new Set(files.map((file) => file.split('/')[0]));
    assert.ok(planes.size === 1 || planes.has('shared') || IN_BOTH_PLANES.has(name), `${name} is logged in ${files.join(', ')}: name one of them otherwise`);
  }
});

test('docs/events.md has them all, docs/metrics.md all metrics (npm run generate)', () => {
  assert.deepEqual(rowsOf('events.md'), events.map(({ name }) => name));
  assert.deepEqual(rowsOf('metrics.md'), toldMetrics().map(({ name }) => name));
});

test('metrics are named by the conventions: ours begin with holdfast_, counters end with _total, units are written out', () => {
  for (const { name, type, help } of toldMetrics()) {
    if (name.startsWith('kong_')) continue;
    assert.match(name, /^holdfast_[a-z0-9]+(_[a-z0-9]+)*$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /_(ms|millis|milliseconds|minutes|kb|mb|percent)(_|$)/, name);
    assert.ok(help.length > 5 && !help.endsWith('.'), name);
  }
});
