import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { byPriority, orderPlugins, type Orderable } from './plugin-order.ts';

const plugin = (name: string, priority: number, before: readonly string[] = [], after: readonly string[] = []): Orderable =>
  ({ name, priority, ordering: before.length + after.length === 0 ? undefined : { before, after } });

function namesOf(entries: readonly Orderable[]): string {
  const order = orderPlugins(entries);
  return order.kind === 'ordered' ? order.entries.map(({ name }) => name).join(' ') : `cycle of ${order.names.join(' ')}`;
}

describe('who moves, and how far', () => {
  const auth = plugin('auth', 1250);
  const acl = plugin('acl', 950);
  const limit = plugin('limit', 910);
  const log = plugin('log', 10);
  const cases: readonly (readonly [what: string, entries: readonly Orderable[], expected: string])[] = [
    ['nobody says anything: priority', [log, acl, auth, limit], 'auth acl limit log'],
    ['equal priorities: the greater name first', [plugin('a', 5), plugin('b', 5)], 'b a'],
    ['before: it comes right there, the others stay', [auth, acl, plugin('limit', 910, ['auth']), log], 'limit auth acl log'],
    ['after: it waits, the others stay', [auth, plugin('acl', 950, [], ['log']), limit, log], 'auth limit log acl'],
    ['one before a chain of others', [auth, plugin('acl', 950, ['auth']), plugin('limit', 910, ['acl']), log], 'limit acl auth log'],
    ['what is true anyhow changes nothing', [plugin('auth', 1250, ['acl']), acl, limit], 'auth acl limit'],
    ['who is not there means nothing', [auth, plugin('acl', 950, ['nobody'], ['nobody else'])], 'auth acl'],
    ['two that are to be before each other', [plugin('auth', 1250, [], ['acl']), plugin('acl', 950, [], ['auth']), limit], 'cycle of acl auth'],
    ['three in a circle; who only waits for them is not one of them', [plugin('auth', 1250, ['acl']), plugin('acl', 950, ['limit']), plugin('limit', 910, ['auth']), plugin('log', 10, [], ['limit'])], 'cycle of acl auth limit'],
    ['itself', [plugin('auth', 1, ['auth'])], 'cycle of auth'],
  ];
  for (const [what, entries, expected] of cases) test(what, () => assert.equal(namesOf(entries), expected));
});

/** Every order there is, tried. */
function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.length === 0 ? [[]] : items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

function holds(order: readonly Orderable[]): boolean {
  const place = new Map(order.map(({ name }, at) => [name, at]));
  return order.every(({ name, ordering }, at) =>
    (ordering?.before ?? []).every((other) => other !== name && (place.get(other) ?? Infinity) > at) && (ordering?.after ?? []).every((other) => other !== name && (place.get(other) ?? -1) < at));
}

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const names = fc.subarray([...NAMES, 'absent'], { maxLength: 2 });
const entries = fc.subarray(NAMES).chain((some) => fc.tuple(...some.map((name) => fc.record({ name: fc.constant(name), priority: fc.integer({ min: 0, max: 3 }), ordering: fc.option(fc.record({ before: names, after: names }), { nil: undefined, freq: 2 }) }))));

test('property: everything that is said holds, an order is found wherever there is one, and the input order does not matter', (t) => {
  let [ordered, cycles] = [0, 0];
  fc.assert(
    fc.property(entries, fc.nat(), (given, turn) => {
      const order = orderPlugins(given);
      const other = orderPlugins(given.toReversed().toSorted((a, b) => ((a.name.charCodeAt(0) * turn) % 7) - ((b.name.charCodeAt(0) * turn) % 7)));
      assert.deepEqual(other, order);
      if (order.kind === 'ordered') {
        ordered += 1;
        assert.deepEqual(order.entries.toSorted(byPriority), given.toSorted(byPriority), 'all are there, once');
        assert.ok(holds(order.entries), 'what was asked for holds');
        if (holds(given.toSorted(byPriority))) assert.deepEqual(order.entries, given.toSorted(byPriority), 'where the priorities do, they stay');
      } else {
        cycles += 1;
        assert.equal(permutations(given).some(holds), false, 'there was an order');
        assert.ok(order.names.length > 0 && order.names.every((name) => given.some((one) => one.name === name)));
      }
    }),
    { numRuns: 3_000 },
  );
  t.diagnostic(`${ordered} ordered, ${cycles} cycles`);
  assert.ok(ordered > 300 && cycles > 300, 'too little happened to prove anything');
});
