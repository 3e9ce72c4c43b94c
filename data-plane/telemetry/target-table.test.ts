import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CountedEndpoint } from './request-recorder.ts';
import { TargetReader, TargetRecorder, type TargetCounts, type TargetKey } from './target-table.ts';

function table(slots?: number): { readonly recorder: TargetRecorder; readonly fold: () => (TargetKey & TargetCounts)[]; readonly readers: TargetReader[] } {
  const readers: TargetReader[] = [];
  const recorder = new TargetRecorder((memory) => readers.push(new TargetReader(memory)), slots);
  const fold = (): (TargetKey & TargetCounts)[] => {
    const rows: (TargetKey & TargetCounts)[] = [];
    for (const reader of readers) reader.fold((key, counts) => rows.push({ ...key, ...counts }));
    return rows;
  };
  return { recorder, fold, readers };
}

function endpoint(n: number): CountedEndpoint {
  return { host: 'origin', port: 80, address: `10.0.0.${n}`, peer: undefined };
}

test('attempts, failures and 5xx are counted by target, each difference once', () => {
  const { recorder, fold, readers } = table();
  const [a, b] = [endpoint(1), { host: 'ignored', port: 8443, address: '2001:db8::1', peer: { host: 'node.internal', port: 8443 } }];
  const slot = recorder.record(a, 'origin', 200, false);
  recorder.record(a, 'origin', 503, false);
  recorder.record(b, 'pool', 0, true);
  assert.deepEqual(fold(), [
    { upstream: 'origin', target: 'origin:80', address: '10.0.0.1:80', attempts: 2, failed: 0, status5xx: 1 },
    { upstream: 'pool', target: 'node.internal:8443', address: '[2001:db8::1]:8443', attempts: 1, failed: 1, status5xx: 0 },
  ]);
  assert.equal(readers[0]?.keyAt(slot)?.address, '10.0.0.1:80');
  // The same target as another object, after a change of the configuration; and an upstream that was renamed.
  recorder.record({ ...a }, 'origin', 200, false);
  recorder.record(a, 'renamed', 200, false);
  assert.deepEqual(fold().map(({ upstream, attempts }) => [upstream, attempts]), [['origin', 1], ['renamed', 1]]);
  assert.deepEqual(fold(), []);
});

test('targets beyond the bound are one row without a name; a table that was full for long makes way for a new one', () => {
  const { recorder, fold, readers } = table(4);
  const endpoints = Array.from({ length: 10 }, (_, n) => endpoint(n));
  for (const one of endpoints) recorder.record(one, 'u', 500, false);
  const rows = fold();
  assert.equal(rows.length, 4);
  assert.deepEqual(rows.find(({ upstream }) => upstream === ''), { upstream: '', target: '', address: '', attempts: 7, failed: 0, status5xx: 7 });
  const [first = endpoint(0)] = endpoints;
  for (let n = 0; n < 200_000; n++) recorder.record(first, 'u', 200, false);
  assert.equal(readers.length, 1);
  const slot = recorder.record(endpoint(99), 'u', 200, false);
  assert.equal(readers.length, 2);
  assert.deepEqual([readers[0]?.keyAt(slot), readers[1]?.keyAt(slot)?.address], [undefined, '10.0.0.99:80'], 'slots are numbered on');
  assert.equal(fold().reduce((sum, { attempts }) => sum + attempts, 0), 200_001);
});

test('names are cut and hold no control characters', () => {
  const { recorder, fold } = table();
  recorder.record({ host: 'h'.repeat(400), port: 1, address: '::1', peer: undefined }, 'a\nb\0', 200, false);
  const [row] = fold();
  assert.deepEqual([row?.upstream, row?.target.length, row?.address], ['ab', 255, '[::1]:1']);
});
