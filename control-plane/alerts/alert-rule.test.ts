import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextStates, type AlertEvent, type AlertState, type Finding } from './alert-rule.ts';
import { newWebhookSecret, refuseWebhookSecret, signedHeaders } from './webhook-message.ts';

const at = (seconds: number): Date => new Date(seconds * 1_000);
const found = (subject: string, value = 1): Finding => ({ subject, value, detail: `${subject} ${value}` });
const told = (events: readonly AlertEvent[]): readonly string[] => events.map(({ type, state }) => `${type} ${state.subject}`);

test('it fires once it was met for long enough, is repeated, and resolved when it is over', () => {
  const rule = { forSeconds: 30, resolveSeconds: 0, repeatSeconds: 60, isMuted: false };
  const turns: readonly (readonly [second: number, findings: readonly Finding[], events: readonly string[]])[] = [
    [0, [found('a')], []], [15, [found('a'), found('b')], []], [30, [found('a')], ['alert.firing a']], [45, [found('a')], []], [75, [found('a')], []], [90, [found('a')], ['alert.repeated a']],
    [105, [found('a')], []], [120, [], ['alert.resolved a']], [135, [], []], [150, [found('a')], []],
  ];
  let states: readonly AlertState[] = [];
  for (const [second, findings, expected] of turns) {
    const next = nextStates(rule, states, findings, at(second));
    assert.deepEqual(told(next.events), expected, `second ${second}`);
    states = next.states;
  }
  assert.deepEqual(states.map(({ state, since }) => [state, since]), [['pending', at(150)]]);
});

test('what comes and goes is one alert until it was away for long enough', () => {
  const rule = { forSeconds: 0, resolveSeconds: 60, repeatSeconds: 0, isMuted: false };
  let states: readonly AlertState[] = [];
  const events: string[] = [];
  for (const [second, findings] of [[0, ['a']], [15, []], [30, ['a']], [45, []], [90, []], [105, []], [120, ['a']]] as const) {
    const next = nextStates(rule, states, findings.map((subject) => found(subject)), at(second));
    events.push(...told(next.events).map((event) => `${second} ${event}`));
    states = next.states;
  }
  assert.deepEqual(events, ['0 alert.firing a', '105 alert.resolved a', '120 alert.firing a']);
});

test('what nobody can know begins nothing and ends nothing', () => {
  const rule = { forSeconds: 0, resolveSeconds: 0, repeatSeconds: 0, isMuted: false };
  const first = nextStates(rule, [], [found('a')], at(0));
  const next = nextStates(rule, first.states, [{ ...found('a'), unsure: true }, { ...found('b'), unsure: true }], at(15));
  assert.deepEqual([next.states.map(({ subject }) => subject), next.events], [['a'], []]);
});

test('whatever comes, goes and is muted: nobody is told of an end without a beginning, and each beginning has one end', () => {
  const looksOf = fc.array(fc.uniqueArray(fc.constantFrom('', 'a', 'b')), { maxLength: 40 });
  fc.assert(fc.property(looksOf, fc.array(fc.boolean(), { maxLength: 40 }), fc.nat({ max: 60 }), fc.nat({ max: 60 }), fc.nat({ max: 60 }), (looks, mutes, forSeconds, resolveSeconds, repeatSeconds) => {
    let states: readonly AlertState[] = [];
    const firing = new Set<string>();
    for (const [index, subjects] of [...looks, ...Array<string[]>(6).fill([])].entries()) {
      const isMuted = mutes[index] === true;
      const next = nextStates({ forSeconds, resolveSeconds, repeatSeconds, isMuted }, states, subjects.map((subject) => found(subject)), at(index * 15));
      for (const { type, state: { subject } } of next.events) {
        assert.equal(firing.has(subject), type !== 'alert.firing');
        assert.ok(!isMuted || type === 'alert.resolved');
        if (type === 'alert.firing') firing.add(subject);
        else if (type === 'alert.resolved') firing.delete(subject);
      }
      states = next.states;
      assert.deepEqual(subjects.filter((subject) => !states.some((state) => state.subject === subject)), []);
      assert.deepEqual(states.filter(({ toldAt }) => toldAt !== undefined).map(({ subject }) => subject).toSorted(), [...firing].toSorted());
    }
    assert.equal(firing.size, 0);
  }));
});

test('messages are signed as Standard Webhooks has it', () => {
  // The example of the specification's reference libraries.
  const headers = signedHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 'msg_p5jXN8AQM9LWM0D4loKWxJek', new Date(1_614_265_330_000), '{"test": 2432232314}');
  assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  const secret = newWebhookSecret();
  assert.equal(refuseWebhookSecret(secret), undefined);
  assert.notEqual(secret, newWebhookSecret());
  const own = signedHeaders([secret], 'id', at(5), 'body');
  assert.equal(own['webhook-signature'], `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update('id.5.body').digest('base64')}`);
  for (const wrong of ['', 'whsec_', 'whsec_AAAA', secret.slice(6), `${secret}!`, `whsec_${'A'.repeat(200)}`]) assert.match(refuseWebhookSecret(wrong) ?? '', /whsec_ and 24 to 64/, wrong);
});
