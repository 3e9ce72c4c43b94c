import { test } from 'node:test';
import assert from 'node:assert/strict';
import { HoldfastError } from '../../../shared/errors.ts';
import { newId, type TenantId } from '../../../shared/model/ids.ts';
import { Refusal } from '../answer.ts';
import { MOST_WAITING_OF_TENANT, QueryGate } from './query-gate.ts';

const [loud, quiet, third] = [newId<TenantId>(), newId<TenantId>(), newId<TenantId>()];

/** Questions that end when they are told to. */
class Questions {
  readonly gate = new QueryGate();
  readonly running: string[] = [];
  readonly #ends = new Map<string, () => void>();

  ask(tenantId: TenantId, name: string): Promise<string> {
    return this.gate.run(tenantId, async () => {
      this.running.push(name);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
      this.running.splice(this.running.indexOf(name), 1);
      return name;
    });
  }

  end(name: string): void {
    this.#ends.get(name)?.();
  }
}

test('a tenant with many questions leaves room for others, and each of its own gets its turn', async () => {
  const questions = new Questions();
  const asked = ['a', 'b', 'c', 'd'].map((name) => questions.ask(loud, name));
  const others = [questions.ask(quiet, 'q'), questions.ask(third, 't'), questions.ask(quiet, 'r')];
  await Promise.resolve();
  assert.deepEqual(questions.running, ['a', 'b', 'q', 't']);
  questions.end('q');
  assert.equal(await others[0], 'q');
  await new Promise(setImmediate);
  assert.deepEqual(questions.running, ['a', 'b', 't', 'r'], 'the loud one has its share already');
  for (const name of ['a', 'b', 't', 'r', 'c', 'd']) {
    questions.end(name);
    await new Promise(setImmediate);
  }
  assert.deepEqual(await Promise.all(asked), ['a', 'b', 'c', 'd']);
});

test('where too many wait, one more is refused, and one that failed gives its place on', async () => {
  const { gate } = new Questions();
  let fail: () => void = () => undefined;
  const blocked = Promise.all(Array.from({ length: 2 }, () => gate.run(loud, () => new Promise<never>((_, reject) => { const before = fail; fail = () => (before(), reject(new Error('broken'))); }))));
  const waiting = Array.from({ length: MOST_WAITING_OF_TENANT }, () => gate.run(loud, async () => 'done'));
  await assert.rejects(gate.run(loud, async () => 'no'), (thrown) => thrown instanceof Refusal && thrown.code === 'ADMIN_QUERIES_EXHAUSTED');
  fail();
  await assert.rejects(blocked, /broken/);
  assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['done']));
});

test('a statement that took too long is told with the way out', async () => {
  const timeout = new HoldfastError({ code: 'STORE_TIMEOUT', source: 'control-plane', retryable: true, publicMessage: 'the database took too long' });
  await assert.rejects(new QueryGate().run(loud, () => Promise.reject(timeout)), (thrown) => thrown instanceof Refusal && thrown.answer.status === 422 && /shorter window/.test(thrown.message));
});
