import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesToId, idToBytes, parseId, type EntityId } from '../model/ids.ts';
import { ContentTree } from './content-hash.ts';

interface GoldenCase {
  readonly name: string;
  readonly leaves: readonly { readonly kind: string; readonly id: string; readonly entity: string }[];
  readonly root: string;
}

const golden: { readonly cases: readonly GoldenCase[] } = JSON.parse(readFileSync(new URL('../../test/cases/trust/content-hash.json', import.meta.url), 'utf8'));

function toId(text: string): EntityId {
  const id = parseId<EntityId>(text);
  assert.ok(id !== undefined);
  return id;
}

function treeOf(leaves: Iterable<readonly [kind: string, id: EntityId, entity: Uint8Array]>): ContentTree {
  const tree = new ContentTree();
  for (const [kind, id, entity] of leaves) tree.set(kind, id, entity);
  return tree;
}

/** The format written down a second time, plainly and slowly, so that a shared mistake is unlikely. */
function plainRoot(leaves: readonly (readonly [kind: string, id: EntityId, entity: Uint8Array])[]): string {
  const sha = (...parts: (Uint8Array | string)[]) => parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest();
  const byBucket = Map.groupBy(leaves, ([, id]) => parseInt(sha(idToBytes(id)).toString('hex').slice(0, 3), 16));
  const bucketHashes = Array.from({ length: 4096 }, (_, bucket) => {
    const own = byBucket.get(bucket) ?? [];
    own.sort(([kindA, idA], [kindB, idB]) => Buffer.compare(Buffer.from(kindA), Buffer.from(kindB)) || Buffer.compare(idToBytes(idA), idToBytes(idB)));
    return sha('\x01', ...own.map(([kind, id, entity]) => sha('\0', kind, '\0', idToBytes(id), sha(entity))));
  });
  const branches = Array.from({ length: 64 }, (_, branch) => sha('\x02', ...bucketHashes.slice(branch * 64, branch * 64 + 64)));
  return sha('\x03', ...branches).toString('hex');
}

for (const { name, leaves, root } of golden.cases) {
  test(`golden content hash: ${name}`, () => {
    const typed = leaves.map((leaf) => [leaf.kind, toId(leaf.id), Buffer.from(leaf.entity, 'hex')] as const);
    assert.equal(treeOf(typed).rootHex(), root);
    assert.equal(plainRoot(typed), root);
  });
}

const leafKey = fc.tuple(fc.constantFrom('routes', 'services', 'plugins'), fc.integer({ min: 0, max: 40 }));
const idOfNumber = (number: number): EntityId => bytesToId<EntityId>(createHash('sha256').update(String(number)).digest().subarray(0, 16));
const steps = fc.array(
  fc.record({ key: leafKey, entity: fc.option(fc.uint8Array({ maxLength: 8 }), { nil: undefined }), ask: fc.boolean() }),
  { maxLength: 60 },
);

test('after any sets and deletes the root is that of a tree built afresh, in any order', () => {
  fc.assert(
    fc.property(steps, (given) => {
      const tree = new ContentTree();
      const expected = new Map<string, readonly [kind: string, id: EntityId, entity: Uint8Array]>();
      for (const { key: [kind, number], entity, ask } of given) {
        const id = idOfNumber(number);
        if (entity === undefined) {
          assert.equal(tree.delete(kind, id), expected.delete(`${kind}/${id}`));
        } else {
          tree.set(kind, id, entity);
          expected.set(`${kind}/${id}`, [kind, id, entity]);
        }
        // Asking in between must not change what comes out at the end.
        if (ask) tree.root();
      }
      assert.equal(tree.size, expected.size);
      assert.equal(tree.rootHex(), treeOf([...expected.values()].reverse()).rootHex());
    }),
    { numRuns: 60 },
  );
});

test('a clone is independent in both directions', () => {
  const tree = treeOf([['routes', idOfNumber(1), Buffer.from('a')]]);
  const before = tree.rootHex();
  const clone = tree.clone();
  clone.set('routes', idOfNumber(2), Buffer.from('b'));
  clone.delete('routes', idOfNumber(1));
  assert.equal(tree.rootHex(), before);
  assert.equal(tree.size, 1);
  tree.set('routes', idOfNumber(3), Buffer.from('c'));
  assert.equal(clone.rootHex(), treeOf([['routes', idOfNumber(2), Buffer.from('b')]]).rootHex());
});

test('a change that the clone had not hashed yet is not lost', () => {
  const tree = new ContentTree();
  tree.set('routes', idOfNumber(1), Buffer.from('a'));
  assert.equal(tree.clone().rootHex(), tree.rootHex());
});

test('kind, id and bytes each change the root', () => {
  const root = treeOf([['routes', idOfNumber(1), Buffer.from('a')]]).rootHex();
  assert.notEqual(treeOf([['route', idOfNumber(1), Buffer.from('a')]]).rootHex(), root);
  assert.notEqual(treeOf([['routes', idOfNumber(2), Buffer.from('a')]]).rootHex(), root);
  assert.notEqual(treeOf([['routes', idOfNumber(1), Buffer.from('b')]]).rootHex(), root);
  assert.notEqual(new ContentTree().rootHex(), root);
});
