import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLOSED, nextHealth, openState, type FailureKind, type HealthEvent, type HealthPolicy, type HealthSource, type HealthState } from './health-state.ts';

const POLICY: HealthPolicy = {
  check: { successes: 2, tcpFailures: 2, timeouts: 2, httpFailures: 2 },
  traffic: { successes: 0, tcpFailures: 2, timeouts: 2, httpFailures: 2 },
  outlierFailures: 3,
};

const failure = (from: HealthSource, what: FailureKind = 'tcp', parts: Partial<Extract<HealthEvent, { kind: 'failure' }>> = {}): HealthEvent => (
  { kind: 'failure', from, what, counts: true, isOutlier: from === 'traffic', mayEject: true, ...parts }
);
const success = (from: HealthSource): HealthEvent => ({ kind: 'success', from });

const STATES: Readonly<Record<string, HealthState>> = {
  'closed': CLOSED,
  'closed, one failure before': nextHealth(CLOSED, failure('traffic'), POLICY).state,
  'open': openState('timeouts', 2),
  'half-open': { kind: 'half-open', cause: 'timeouts', attempt: 2, successes: 0, probing: false },
  'half-open, probing': { kind: 'half-open', cause: 'timeouts', attempt: 2, successes: 0, probing: true },
};

const EVENTS: Readonly<Record<string, HealthEvent>> = {
  'good answer': success('traffic'),
  'good check': success('check'),
  'failed request': failure('traffic'),
  'failed check': failure('check'),
  'time passed': { kind: 'elapsed' },
  'probe taken': { kind: 'probe-taken' },
  'probe lost': { kind: 'probe-lost' },
};

/** What each state becomes by each event: kind, attempt where open, and the effect after `!`. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'closed': { 'good answer': 'closed', 'good check': 'closed', 'failed request': 'closed', 'failed check': 'closed', 'time passed': 'closed', 'probe taken': 'closed', 'probe lost': 'closed' },
  'closed, one failure before': { 'good answer': 'closed', 'good check': 'closed', 'failed request': 'open 1 !opened', 'failed check': 'closed', 'time passed': 'closed', 'probe taken': 'closed', 'probe lost': 'closed' },
  'open': { 'good answer': 'open 2', 'good check': 'open 2', 'failed request': 'open 2', 'failed check': 'open 2', 'time passed': 'half-open !half-opened', 'probe taken': 'open 2', 'probe lost': 'open 2' },
  'half-open': { 'good answer': 'closed !closed', 'good check': 'half-open', 'failed request': 'open 3 !opened', 'failed check': 'open 3 !opened', 'time passed': 'half-open', 'probe taken': 'half-open probing', 'probe lost': 'half-open' },
  'half-open, probing': { 'good answer': 'closed !closed', 'good check': 'half-open', 'failed request': 'open 3 !opened', 'failed check': 'open 3 !opened', 'time passed': 'half-open probing', 'probe taken': 'half-open probing', 'probe lost': 'half-open' },
};

function describe(state: HealthState): string {
  switch (state.kind) {
    case 'closed':
      return 'closed';
    case 'open':
      return `open ${state.attempt}`;
    case 'half-open':
      return `half-open${state.probing ? ' probing' : ''}`;
  }
}

test('every state knows what to do on every event', () => {
  for (const [from, state] of Object.entries(STATES)) {
    for (const [on, event] of Object.entries(EVENTS)) {
      const { state: next, effect } = nextHealth(state, event, POLICY);
      assert.equal(`${describe(next)}${effect === undefined ? '' : ` !${effect}`}`, TABLE[from]?.[on], `${from}, ${on}`);
    }
  }
});

test('failures count in a row, each kind and each source for itself', () => {
  const run = (...events: readonly HealthEvent[]): HealthState => events.reduce((state, event) => nextHealth(state, event, POLICY).state, CLOSED);
  assert.equal(run(failure('traffic'), success('traffic'), failure('traffic')).kind, 'closed');
  assert.equal(run(failure('traffic', 'tcp'), failure('traffic', 'http')).kind, 'closed');
  assert.equal(run(failure('traffic'), failure('check')).kind, 'closed');
  assert.equal(run(failure('traffic'), success('check'), failure('traffic')).kind, 'open', 'a check that passes says nothing about the traffic');
  assert.deepEqual(run(failure('check', 'timeout'), failure('check', 'timeout')), openState('timeouts', 1));
});

test('outliers are ejected by failures of whatever kind, unless too many are', () => {
  const policy = { ...POLICY, traffic: { successes: 0, tcpFailures: 0, timeouts: 0, httpFailures: 0 } };
  const mixed = [failure('traffic', 'tcp'), failure('traffic', 'http', { counts: false }), failure('traffic', 'timeout')];
  assert.deepEqual(mixed.reduce((state, event) => nextHealth(state, event, policy).state, CLOSED), openState('outlier', 1));
  const held = [...mixed, ...mixed].map((event) => (event.kind === 'failure' ? { ...event, mayEject: false } : event));
  assert.equal(held.reduce((state, event) => nextHealth(state, event, policy).state, CLOSED).kind, 'closed');
});

test('active checks close what they find well again, after as many as are asked for', () => {
  const first = nextHealth(openState('tcp-failures', 1), success('check'), POLICY);
  assert.equal(first.effect, undefined);
  assert.equal(nextHealth(first.state, success('check'), POLICY).effect, 'closed');
  const interrupted = nextHealth(nextHealth(first.state, failure('check'), POLICY).state, success('check'), POLICY);
  assert.equal(interrupted.effect, undefined);
});

test('a good answer that changes nothing costs nothing', () => {
  assert.equal(nextHealth(CLOSED, success('traffic'), POLICY).state, CLOSED);
});

test('whatever happens, the state stays within its bounds, and a closed circuit can always be reached again', () => {
  const arbitrary = fc.array(fc.constantFrom(...Object.values(EVENTS)), { maxLength: 60 });
  fc.assert(fc.property(arbitrary, (events) => {
    let state: HealthState = CLOSED;
    for (const event of events) {
      const step = nextHealth(state, event, POLICY);
      assert.equal(step.effect !== undefined, step.state.kind !== state.kind, 'an effect is told exactly when the kind changes');
      state = step.state;
      if (state.kind === 'closed') assert.ok(Math.max(...Object.values(state.check), ...Object.values(state.traffic)) < 2 && state.inRow < 3);
    }
    const way: readonly HealthEvent[] = [{ kind: 'elapsed' }, { kind: 'probe-taken' }, success('traffic')];
    assert.equal(way.reduce((at, event) => nextHealth(at, event, POLICY).state, state).kind, 'closed');
  }), { numRuns: 300 });
});
