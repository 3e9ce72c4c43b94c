import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cpuMsOf } from '../../test/support/cpu-time.ts';
import { PersistentGroups } from './persistent-groups.ts';
import { PersistentMap } from './persistent-map.ts';

const key = fc.integer({ min: 0, max: 400 }).map((number) => `key-${number}`);
const steps = fc.array(fc.array(fc.tuple(key, fc.option(fc.integer())), { maxLength: 60 }), { maxLength: 6 });

test('a persistent map is a map, and every earlier version stays what it was', () => {
  fc.assert(fc.property(steps, (drafts) => {
    let map = new PersistentMap<number>();
    const plain = new Map<string, number>();
    const history: [PersistentMap<number>, ReadonlyMap<string, number>][] = [[map, new Map()]];
    for (const changes of drafts) {
      const draft = map.draft();
      for (const [name, value] of changes) {
        if (value === null) draft.delete(name);
        else draft.set(name, value);
        if (value === null) plain.delete(name);
        else plain.set(name, value);
        assert.equal(draft.get(name), plain.get(name));
      }
      map = draft.finish();
      history.push([map, new Map(plain)]);
    }
    for (const [version, expected] of history) {
      assert.equal(version.size, expected.size);
      assert.deepEqual(new Map(version.entries()), expected);
      assert.deepEqual([...version.values()].toSorted(), [...expected.values()].toSorted());
      for (const name of expected.keys()) assert.ok(version.has(name) && version.get(name) === expected.get(name));
      assert.equal(version.has('absent'), false);
    }
  }));
});

test('a draft without changes gives back the original', () => {
  const draft = new PersistentMap<number>().draft();
  draft.set('a', 1);
  const map = draft.finish();
  const idle = map.draft();
  idle.delete('b');
  assert.equal(idle.finish(), map);
});

test('groups are groups, and every earlier version stays what it was', () => {
  const group = fc.constantFrom('a', 'b', 'c');
  const change = fc.tuple(group, fc.integer({ min: 0, max: 5 }).map(String), fc.boolean());
  fc.assert(fc.property(fc.array(fc.array(change, { maxLength: 30 }), { maxLength: 5 }), (drafts) => {
    let groups = new PersistentGroups();
    const plain = new Map(['a', 'b', 'c'].map((name) => [name, new Set<string>()]));
    const history: [PersistentGroups, Map<string, Set<string>>][] = [];
    for (const changes of drafts) {
      const draft = groups.draft();
      for (const [name, member, add] of changes) {
        if (add) draft.add(name, member);
        else draft.remove(name, member);
        if (add) plain.get(name)?.add(member);
        else plain.get(name)?.delete(member);
      }
      groups = draft.finish();
      history.push([groups, structuredClone(plain)]);
    }
    for (const [version, expected] of history) for (const [name, members] of expected) assert.deepEqual(new Set(version.membersOf(name)), members);
  }));
});

test('a group grows large, shrinks and empties, and a change of one costs the change', () => {
  const names = Array.from({ length: 50_000 }, (_, index) => `member-${index}`);
  const draft = new PersistentGroups().draft();
  for (const name of names) draft.add('g', name);
  const large = draft.finish();
  assert.deepEqual(new Set(large.membersOf('g')), new Set(names));
  const spentMs = cpuMsOf(() => {
    for (let round = 0; round < 100; round += 1) {
      const one = large.draft();
      one.remove('g', `member-${round}`);
      one.remove('g', 'stranger');
      one.add('g', 'newcomer');
      const next = one.finish().membersOf('g');
      assert.deepEqual([next.size, next.has(`member-${round}`), next.has('newcomer'), next.has('member-49999')], [50_000, false, true, true]);
    }
  });
  assert.ok(spentMs < 500, `100 changes took ${spentMs} ms`);
  assert.deepEqual([large.membersOf('g').size, large.membersOf('g').has('newcomer')], [50_000, false]);
  const end = large.draft();
  for (const name of names) end.remove('g', name);
  assert.deepEqual([...end.finish().membersOf('g')], []);
});
