/** Where a chain goes on that was joined on the way, because the client became known. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ChainEntry } from '../config/active-config.ts';
import { placeAfter, turnsLeft } from './run-plugins.ts';

const entry = (name: string, priority: number, pluginId = name): ChainEntry => ({ pluginId, name, priority, ordering: undefined, condition: undefined, instance: {} });
const [auth, cors, limit, log] = [entry('auth', 30), entry('cors', 50), entry('limit', 20), entry('log', 10)];
const left = (entries: readonly ChainEntry[], past: readonly ChainEntry[], due: readonly ChainEntry[]): string => turnsLeft(entries, past, due, auth).map(({ pluginId }) => pluginId).join(' ');

test('by priority it goes on at the first that comes behind', () => {
  assert.equal(placeAfter([cors, auth, limit, log], auth), 2);
  assert.equal(placeAfter([cors, auth], auth), 2);
  assert.equal(placeAfter([cors, entry('auth', 30, 'another'), entry('aaa', 30)], auth), 2);
});

test('reordered: those behind it are left, also where they come sooner than their priority says', () => {
  assert.equal(left([auth, log, limit], [auth], [limit]), 'log limit');
});

test('reordered: who was due still is, though the instance for this client would have come before', () => {
  const own = entry('cors', 50, 'own-cors');
  assert.equal(left([own, auth, limit], [auth], [cors, limit]), 'own-cors limit');
  assert.equal(left([own, auth, limit], [auth], [limit]), 'limit', 'who was not is too late, as everywhere');
});

test('reordered: who was to run before, and could not, has its turn now; nobody has two', () => {
  assert.equal(left([entry('limit', 20, 'own-limit'), auth, log], [auth], [log]), 'own-limit log');
  assert.equal(left([entry('limit', 20, 'own-limit'), auth, log], [limit, auth], [log]), 'log', 'the one for all had its turn');
});
