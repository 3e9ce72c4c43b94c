import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { PeerChange } from '../upstreams/peer-health.ts';
import { HealthBoard, type BoardMember } from './health-board.ts';
import type { ToThread } from './thread-messages.ts';

class Member implements BoardMember {
  listening = true;
  readonly heard: ToThread[] = [];

  tell(message: ToThread): void {
    this.heard.push(message);
  }

  get kinds(): readonly string[] {
    return this.heard.map(({ kind }) => kind);
  }
}

const OPEN: PeerChange = { upstreamId: 'u', key: 'a:1/10.0.0.1', kind: 'open', cause: 'timeouts', attempt: 1, retryInMs: 5_000, episode: 'x.1', sinceMs: 1, switchedAtMs: 0 };

test('one thread leads; when it is gone another does', () => {
  const members = [new Member(), new Member()];
  const [first, second] = members;
  assert.ok(first !== undefined && second !== undefined);
  const board = new HealthBoard(new ManualClock(), () => members.filter(({ listening }) => listening));
  board.joined(first);
  board.joined(second);
  assert.deepEqual([first.kinds, second.kinds], [['lead'], []]);
  first.listening = false;
  board.left(first);
  assert.deepEqual(second.kinds, ['lead']);
  second.listening = false;
  board.left(second);
  const third = new Member();
  members.push(third);
  board.joined(third);
  assert.deepEqual(third.kinds, ['lead']);
});

test('what one finds all others hear, and a new one hears what is open, for as long as it will be', () => {
  const clock = new ManualClock();
  const members = [new Member(), new Member()];
  const [first, second] = members;
  assert.ok(first !== undefined && second !== undefined);
  const board = new HealthBoard(clock, () => members);
  board.joined(first);
  board.changed(first, OPEN);
  assert.deepEqual([first.kinds, second.kinds], [['lead'], ['peer-changes']]);
  clock.advance(2_000);
  const late = new Member();
  members.push(late);
  board.joined(late);
  assert.deepEqual(late.heard, [{ kind: 'peer-changes', changes: [{ ...OPEN, retryInMs: 3_000 }] }]);
  board.changed(second, { ...OPEN, kind: 'closed' });
  const later = new Member();
  board.joined(later);
  assert.deepEqual(later.heard, []);
});

test('only the thread that leads is believed about all targets', () => {
  const members = [new Member(), new Member()];
  const [first, second] = members;
  assert.ok(first !== undefined && second !== undefined);
  const board = new HealthBoard(new ManualClock(), () => members);
  board.joined(first);
  const row = { upstream: 'u', upstreamId: 'u', targetId: 't', port: 80, isNamed: true, target: 'a:1', address: '10.0.0.1', state: 'open', since: '', reason: 'timeouts', failures: { tcp: 0, timeout: 0, http: 0 }, opened: 1, failover: false } as const;
  board.reported(second, { targets: [row], unresolved: [] });
  assert.deepEqual(board.targets, []);
  board.reported(first, { targets: [row], unresolved: [] });
  assert.deepEqual(board.targets, [row]);
});

test('what is closed in the thread that leads is closed: it may never have heard of what the others know', () => {
  const clock = new ManualClock();
  const members = [new Member(), new Member()];
  const [first, second] = members;
  assert.ok(first !== undefined && second !== undefined);
  const board = new HealthBoard(clock, () => members);
  board.joined(first);
  board.changed(first, OPEN);
  const row = { upstream: 'u', upstreamId: 'u', targetId: 't', port: 80, isNamed: true, target: 'a:1', address: '10.0.0.1', state: 'closed', since: '', reason: null, failures: { tcp: 0, timeout: 0, http: 0 }, opened: 0, failover: false } as const;
  board.reported(first, { targets: [row], unresolved: [] });
  assert.equal(second.heard.length, 1, 'the report may be older than the change');
  clock.advance(6_000);
  board.reported(first, { targets: [{ ...row, state: 'open' }], unresolved: [] });
  assert.equal(second.heard.length, 1);
  board.reported(first, { targets: [row], unresolved: [] });
  board.reported(first, { targets: [row], unresolved: [] });
  assert.deepEqual(second.heard.slice(1), [{ kind: 'peer-changes', changes: [{ ...OPEN, kind: 'closed', cause: undefined, attempt: 0, retryInMs: 0 }] }]);
});
