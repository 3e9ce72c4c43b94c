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
  const rule = { forSeconds: 30, repeatSeconds: 60 };
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

test('whatever comes and goes: nobody is told of an end without a beginning, and each beginning has one end', () => {
  fc.assert(fc.property(fc.array(fc.uniqueArray(fc.constantFrom('', 'a', 'b')), { maxLength: 40 }), fc.nat({ max: 60 }), fc.nat({ max: 60 }), (looks, forSeconds, repeatSeconds) => {
    let states: readonly AlertState[] = [];
    const firing = new Set<string>();
    for (const [index, subjects] of [...looks, []].entries()) {
      const next = nextStates({ forSeconds, repeatSeconds }, states, subjects.map((subject) => found(subject)), at(index * 15));
      for (const { type, state: { subject } } of next.events) {
        assert.equal(firing.has(subject), type !== 'alert.firing');
        if (type === 'alert.firing') firing.add(subject);
        else if (type === 'alert.resolved') firing.delete(subject);
      }
      states = next.states;
      assert.deepEqual(states.map(({ subject }) => subject), subjects);
      assert.deepEqual(states.filter(({ state }) => state === 'firing').map(({ subject }) => subject).toSorted(), [...firing].toSorted());
    }
    assert.equal(firing.size, 0);
  }));
});

test('messages are signed as Standard Webhooks has it', () => {
  // The example of the specification's reference libraries.
  const headers = signedHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', new Date(1_614_265_330_000), '{"test": 2432232314}');
  assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  const secret = newWebhookSecret();
  assert.equal(refuseWebhookSecret(secret), undefined);
  assert.notEqual(secret, newWebhookSecret());
  const own = signedHeaders(secret, 'id', at(5), 'body');
  assert.equal(own['webhook-signature'], `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update('id.5.body').digest('base64')}`);
  for (const wrong of ['', 'whsec_', 'whsec_AAAA', secret.slice(6), `${secret}!`, `whsec_${'A'.repeat(200)}`]) assert.match(refuseWebhookSecret(wrong) ?? '', /whsec_ and 24 to 64/, wrong);
});
