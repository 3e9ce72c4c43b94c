import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginContext, pluginServices, type RecordedContext } from '../plugin-kit/plugin-host.ts';
import { AnonymousClient } from './anonymous-client.ts';
import type { RequestContext, Verdict } from '../plugins/contract.ts';

const consumer = (id: string) => ({ id: `${id}-id`, username: id, customId: null });
const CONSUMERS = ['ann', 'bob', 'guest'].map(consumer);
const config = {
  consumerById: (id: string) => CONSUMERS.find((one) => one.id === id),
  consumerByUsername: (name: string) => CONSUMERS.find((one) => one.username === name),
};

interface Link {
  readonly anonymous: string | null;
  /** Whom this plugin recognises; undefined: nobody. */
  readonly recognises?: string;
  /** It can't tell. */
  readonly isBroken?: true;
}

const refusal = (status: number): Verdict => ({ kind: 'respond', status, message: 'no' });

/** An authentication plugin, as they all are. */
function asked({ anonymous, recognises, isBroken }: Link, context: RequestContext, services = pluginServices()): Verdict | undefined {
  const client = new AnonymousClient('some-auth', anonymous, services.log);
  if (client.isSettled(context)) return undefined;
  if (recognises === undefined) return client.answer(refusal(isBroken === true ? 503 : 401), context);
  context.authenticate(consumer(recognises), { id: `credential of ${recognises}`, consumerId: `${recognises}-id` });
  return undefined;
}

/** `ann`, `guest (anonymous)`, or the status of the refusal. */
function outcome(links: readonly Link[]): string | number {
  const context: RecordedContext = pluginContext({ config });
  for (const link of links) {
    const verdict = asked(link, context);
    if (verdict !== undefined) return verdict.status;
  }
  return `${context.consumer?.username ?? 'nobody'}${context.credential === undefined ? ' (anonymous)' : ''}`;
}

describe('two authentication plugins on one route', () => {
  const [ALONE, OR] = [null, 'guest'];
  const cases: readonly (readonly [title: string, first: string | null, second: string | null, both: string | number, onlyFirst: string | number, onlySecond: string | number, none: string | number])[] = [
    ['must both be satisfied', ALONE, ALONE, 'bob', 401, 401, 401],
    ['are alternatives where both have an anonymous consumer', OR, OR, 'ann', 'ann', 'bob', 'guest (anonymous)'],
    ['the first may fail where only it has one', OR, ALONE, 'bob', 401, 'bob', 401],
    ['the second is passed over, or lets in, where only it has one', ALONE, OR, 'ann', 'ann', 401, 401],
  ];
  for (const [title, first, second, both, onlyFirst, onlySecond, none] of cases) {
    test(title, () => {
      const [a, b] = [{ anonymous: first }, { anonymous: second }];
      assert.equal(outcome([{ ...a, recognises: 'ann' }, { ...b, recognises: 'bob' }]), both);
      assert.equal(outcome([{ ...a, recognises: 'ann' }, b]), onlyFirst);
      assert.equal(outcome([a, { ...b, recognises: 'bob' }]), onlySecond);
      assert.equal(outcome([a, b]), none);
    });
  }

  test('one that can not tell closes the route, whatever the other says later', () => {
    assert.equal(outcome([{ anonymous: 'guest', isBroken: true }, { anonymous: 'guest', recognises: 'bob' }]), 503);
    assert.equal(outcome([{ anonymous: 'guest', recognises: 'ann' }, { anonymous: 'guest', isBroken: true }]), 'ann');
  });
});

test('the anonymous consumer is found by id and by username, and its absence is a fault', () => {
  assert.equal(outcome([{ anonymous: 'guest-id' }]), 'guest (anonymous)');
  const services = pluginServices();
  assert.deepEqual(asked({ anonymous: 'gone' }, pluginContext({ config }), services), { kind: 'respond', status: 500, message: 'An unexpected error occurred' });
  assert.deepEqual(services.warnings, ['some-auth-anonymous-consumer-missing']);
});

test('being the anonymous consumer is no proof to the next one', () => {
  assert.equal(outcome([{ anonymous: 'ann' }, { anonymous: 'guest' }]), 'guest (anonymous)');
});
