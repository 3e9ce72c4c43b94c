import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Notices } from './notices.ts';

test('notices wait for a session that takes them, are told once, and are bounded (R5)', () => {
  const notices = new Notices();
  const told: string[] = [];
  const notice = (detail: string) => ({ code: 'CACHE_FILE_REFUSED', detail, version: undefined });
  for (let count = 0; count < 100; count += 1) notices.tell(notice(String(count)));
  notices.connected(({ detail }) => told.push(detail));
  assert.deepEqual(told, Array.from({ length: 16 }, (_, index) => String(index)));
  notices.tell(notice('now'));
  notices.disconnected();
  notices.tell(notice('later'));
  assert.equal(told.at(-1), 'now');
  notices.connected(({ detail }) => told.push(detail));
  assert.deepEqual(told.slice(16), ['now', 'later']);
});
