import { test } from 'node:test';
import assert from 'node:assert/strict';
import { HoldfastError } from '../../shared/errors.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { GroupCommit } from './group-commit.ts';

interface Item {
  readonly name: string;
  readonly group: string;
  readonly rows: number;
  readonly old: boolean;
}

interface Commit {
  readonly group: string;
  readonly names: readonly string[];
  readonly end: () => void;
  readonly fail: (thrown: unknown) => void;
}

/** A store whose transactions end when the test says so. */
function scene(): { readonly commits: Commit[]; readonly clock: ManualClock; readonly lines: GroupCommit<Item, string>; readonly add: (name: string, fields?: Partial<Item>) => Promise<string> } {
  const commits: Commit[] = [];
  const clock = new ManualClock();
  const lines = new GroupCommit<Item, string>({
    store: (group, items) => new Promise((resolve, reject) => {
      const names = items.map(({ name }) => name);
      commits.push({ group, names, end: () => resolve(names.map((name) => `stored ${name}`)), fail: reject });
    }),
    rowsOf: ({ rows }) => rows, groupOf: ({ group }) => group, isOld: ({ old }) => old, clock,
  });
  return { commits, clock, lines, add: (name, fields = {}) => lines.add({ name, group: 'a', rows: 1, old: false, ...fields }) };
}

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const refusal = (): HoldfastError => new HoldfastError({ code: 'STORE_TELEMETRY_REFUSED', source: 'control-plane', publicMessage: 'no' });

test('what comes while a transaction runs shares the next one, and each is told of its own', async () => {
  const { commits, lines, add } = scene();
  const added = ['1', '2', '3'].map((name) => add(name));
  assert.deepEqual(commits.map(({ names }) => names), [['1']]);
  assert.equal(lines.waiting, 3);
  commits[0]?.end();
  assert.equal(await added[0], 'stored 1');
  await settle();
  assert.deepEqual(commits[1]?.names, ['2', '3']);
  commits[1]?.end();
  assert.deepEqual(await Promise.all(added), ['stored 1', 'stored 2', 'stored 3']);
  assert.equal(lines.waiting, 0);
});

test('a transaction has a bound of rows and of items, and takes at least one', async () => {
  const { commits, add } = scene();
  void add('first');
  for (const rows of [9_000, 900, 200, 20_000, 1]) void add(`${rows}`, { rows });
  for (let index = 0; index < 250; index += 1) void add(`small ${index}`);
  for (let index = 0; index < 6; index += 1) {
    commits[index]?.end();
    await settle();
  }
  assert.deepEqual(commits.slice(0, 4).map(({ names }) => names.join()), ['first', '9000,900', '200', '20000']);
  assert.deepEqual(commits.slice(4).map(({ names }) => names.length), [200, 51]);
});

test('three groups at once, one transaction of each; one with much to say does not hold the others', async () => {
  const { commits, add } = scene();
  for (let index = 0; index < 5; index += 1) void add(`a${index}`, { rows: 10_000 });
  for (const group of ['b', 'c', 'd']) void add(group, { group });
  assert.deepEqual(commits.map(({ group }) => group), ['a', 'b', 'c']);
  commits[0]?.end();
  await settle();
  commits[3]?.end();
  await settle();
  // What waited longest is next, and then it is another's turn.
  assert.deepEqual(commits.slice(3).map(({ group }) => group), ['a', 'd']);
});

test('live ones never wait for old ones, and old ones rest as long as they took while live ones are about', async () => {
  const { commits, clock, add } = scene();
  for (let index = 0; index < 3; index += 1) void add(`old ${index}`, { old: true, rows: 2_000 });
  assert.deepEqual(commits.map(({ names }) => names), [['old 0']]);
  void add('live 0');
  void add('live 1');
  assert.deepEqual(commits.map(({ names }) => names), [['old 0'], ['live 0']], 'live beside old');
  clock.advance(300);
  commits[0]?.end();
  await settle();
  clock.advance(299);
  assert.equal(commits.length, 2, 'it rests');
  commits[1]?.end();
  await settle();
  assert.deepEqual(commits[2]?.names, ['live 1'], 'live ones go on meanwhile');
  clock.advance(1);
  assert.deepEqual(commits[3]?.names, ['old 1']);
  commits[2]?.end();
  await settle();
  commits[3]?.end();
  await settle();
  assert.deepEqual(commits[4]?.names, ['old 2'], 'with nothing live about it does not rest');
});

test('one that can not be stored is refused alone, in few transactions, and the others of its group are stored', async () => {
  const { commits, add } = scene();
  const first = add('first');
  const added = Array.from({ length: 100 }, (_, index) => add(`${index}`));
  const outcomes = Promise.allSettled(added);
  commits[0]?.end();
  await first;
  await settle();
  for (let index = 1; index < commits.length; index += 1) {
    const commit = commits[index];
    if (commit?.names.includes('61') === true) commit.fail(commit.names.length === 1 ? refusal() : new Error('null value'));
    else commit?.end();
    await settle();
  }
  assert.deepEqual((await outcomes).map(({ status }, index) => (status === 'rejected' ? index : undefined)).filter((index) => index !== undefined), [61]);
  assert.ok(commits.length <= 2 + 2 * 7, `${commits.length} transactions: halves, not one for each`);
});

test('while the database is away none is tried alone, and all hear of it', async () => {
  const { commits, lines, add } = scene();
  void add('first');
  const added = [add('1'), add('2')];
  const outcomes = Promise.allSettled(added);
  commits[0]?.end();
  await settle();
  commits[1]?.fail(new HoldfastError({ code: 'STORE_UNAVAILABLE', source: 'control-plane', publicMessage: 'no database', retryable: true }));
  assert.deepEqual((await outcomes).map(({ status }) => status), ['rejected', 'rejected']);
  assert.deepEqual([commits.length, lines.waiting], [2, 0]);
});
