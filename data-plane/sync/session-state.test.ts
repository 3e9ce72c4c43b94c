import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INITIAL_STATE, SESSION_TABLE, stepSession, type SessionEvent, type SessionEventKind, type SessionPhase } from './session-state.ts';

/**
 * Every cell, as `next phase: effects`; `-` is: nothing happens. Two addresses, the first in use, so that a retry shows
 * that the address moved on.
 */
const EXPECTED: Readonly<Record<SessionPhase, Readonly<Record<SessionEventKind, string>>>> = {
  idle: {
    start: 'connecting: connect 0', opened: '-', welcomed: '-', closed: '-', silent: '-', violated: '-', bye: '-', renewed: '-', 'retry-due': '-', stop: 'stopped:',
  },
  connecting: {
    start: '-', opened: 'greeting: greet', welcomed: '-', closed: 'waiting 1: retry',
    silent: 'waiting 1: hang-up SYNC_SILENT, retry', violated: 'waiting 1: hang-up SYNC_VIOLATED, retry', bye: 'waiting 1: hang-up SYNC_VIOLATED, retry',
    renewed: '-', 'retry-due': '-', stop: 'stopped: hang-up shutting-down',
  },
  greeting: {
    start: '-', opened: '-', welcomed: 'live: go-live', closed: 'waiting 1: retry',
    silent: 'waiting 1: hang-up SYNC_SILENT, retry', violated: 'waiting 1: hang-up SYNC_VIOLATED, retry', bye: 'waiting 1: hang-up SYNC_VIOLATED, retry',
    renewed: 'connecting: hang-up SYNC_CERTIFICATE_RENEWED, connect 0', 'retry-due': '-', stop: 'stopped: hang-up shutting-down',
  },
  live: {
    start: '-', opened: '-', welcomed: '-', closed: 'waiting 1: leave-live, retry',
    silent: 'waiting 1: leave-live, hang-up SYNC_SILENT, retry', violated: 'waiting 1: leave-live, hang-up SYNC_VIOLATED, retry', bye: 'waiting 1: leave-live, hang-up SYNC_VIOLATED, retry',
    renewed: '-', 'retry-due': '-', stop: 'stopped: leave-live, hang-up shutting-down',
  },
  waiting: {
    start: '-', opened: '-', welcomed: '-', closed: '-', silent: '-', violated: '-', bye: '-', renewed: '-', 'retry-due': 'connecting: connect 0', stop: 'stopped: cancel-retry',
  },
  stopped: {
    start: '-', opened: '-', welcomed: '-', closed: '-', silent: '-', violated: '-', bye: '-', renewed: '-', 'retry-due': '-', stop: '-',
  },
};

const phases = Object.keys(SESSION_TABLE) as SessionPhase[];
const events = Object.keys(SESSION_TABLE.idle) as SessionEventKind[];

function describe(phase: SessionPhase, event: SessionEvent): string {
  const before = { phase, address: 0 };
  const { state, effects } = stepSession(before, event, 2);
  if (state === before && effects.length === 0) return '-';
  const told = effects.map((effect) => {
    switch (effect.kind) {
      case 'connect':
        return `connect ${effect.address}`;
      case 'hang-up':
        return `hang-up ${effect.code}`;
      case 'schedule-retry':
        return 'retry';
      case 'greet':
      case 'go-live':
      case 'leave-live':
      case 'cancel-retry':
        return effect.kind;
    }
  });
  return `${state.phase}${state.address === 0 ? '' : ` ${state.address}`}:${told.length === 0 ? '' : ` ${told.join(', ')}`}`;
}

for (const phase of phases) {
  test(`in phase ${phase} every event leads where the table says`, () => {
    const actual = Object.fromEntries(events.map((kind) => [kind, describe(phase, { kind })]));
    assert.deepEqual(actual, { ...EXPECTED[phase] });
  });
}

test('addresses are tried in turn, and begin again after the last', () => {
  let state = stepSession(INITIAL_STATE, { kind: 'start' }, 3).state;
  const tried = [state.address];
  for (let attempt = 0; attempt < 4; attempt++) {
    state = stepSession(state, { kind: 'closed', reason: 'refused' }, 3).state;
    state = stepSession(state, { kind: 'retry-due' }, 3).state;
    tried.push(state.address);
  }
  assert.deepEqual(tried, [0, 1, 2, 0, 1]);
});

test('a goodbye with a time to stay away is honoured, and its reason is told', () => {
  const { effects } = stepSession({ phase: 'live', address: 0 }, { kind: 'bye', reason: 'being upgraded', retryAfterMs: 5_000 }, 1);
  assert.deepEqual(effects.at(-1), { kind: 'schedule-retry', reason: 'being upgraded', atLeastMs: 5_000 });
});

test('a goodbye can not send a data plane away for good', () => {
  const { effects } = stepSession({ phase: 'greeting', address: 0 }, { kind: 'bye', reason: 'never again', retryAfterMs: Number.MAX_SAFE_INTEGER }, 1);
  assert.deepEqual(effects.at(-1), { kind: 'schedule-retry', reason: 'never again', atLeastMs: 600_000 });
});
