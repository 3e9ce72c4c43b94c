import { test } from 'node:test';
import assert from 'node:assert/strict';
import { newId } from '../../shared/model/ids.ts';
import type { RouteVersionRow } from '../../shared/wire/telemetry-codec.ts';
import { RouteVersionReader, RouteVersionRecorder } from './route-version-table.ts';

const [A, B] = [newId(), newId()];
const version = (sequence: number) => ({ epoch: 1, sequence });

function table(routes?: number): { readonly recorder: RouteVersionRecorder; readonly fold: () => RouteVersionRow[] } {
  const readers: RouteVersionReader[] = [];
  const recorder = new RouteVersionRecorder((memory) => readers.push(new RouteVersionReader(memory)), routes);
  const fold = (): RouteVersionRow[] => {
    const rows: RouteVersionRow[] = [];
    for (const reader of readers) reader.fold((row) => rows.push(row));
    return rows;
  };
  return { recorder, fold };
}

test('failures are counted by route and version, those of our own among them; what did not fail is not', () => {
  const { recorder, fold } = table();
  const [first, second] = [version(1), version(2)];
  recorder.record(A, first, 'none');
  assert.deepEqual(fold(), []);
  recorder.record(A, first, 'upstream');
  recorder.record(A, second, 'here');
  recorder.record(A, second, 'upstream');
  recorder.record('', second, 'here');
  recorder.record(B, undefined, 'here');
  assert.deepEqual(fold(), [
    { routeId: A, version: first, failed: 1, failedHere: 0 },
    { routeId: A, version: second, failed: 2, failedHere: 1 },
    { routeId: '', version: second, failed: 1, failedHere: 1 },
  ]);
  assert.deepEqual(fold(), []);
});

test('the two newest versions are counted: one that is older than both is not', () => {
  const { recorder, fold } = table();
  const versions = [version(1), version(2), version(3), version(4)];
  for (const one of versions) recorder.record(A, one, 'here');
  for (const one of versions) recorder.record(A, one, 'here');
  const failed = new Map<number, number>();
  for (const row of fold()) failed.set(row.version.sequence, (failed.get(row.version.sequence) ?? 0) + row.failed);
  assert.equal(failed.get(4), 2);
  assert.equal(failed.get(3), 2);
  assert.equal(failed.get(1), 1, 'no more since there are two newer ones');
});

test('routes beyond the bound are counted without a route', () => {
  const { recorder, fold } = table(4);
  const served = version(1);
  for (let n = 0; n < 10; n++) recorder.record(newId(), served, 'here');
  recorder.record('', served, 'here');
  const rows = fold();
  assert.equal(rows.length, 4);
  assert.equal(rows.find(({ routeId }) => routeId === '')?.failed, 8);
});
