import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newId, type EntityId } from '../../shared/model/ids.ts';
import type { LeafChange } from '../../shared/wire/sync-message.ts';
import { mergePacked, packChanges, readPacked } from './packed-changes.ts';

const ids = Array.from({ length: 6 }, () => newId<EntityId>());
const change: fc.Arbitrary<LeafChange> = fc.record({ kind: fc.constantFrom('routes', 'services', 'acls'), id: fc.constantFrom(...ids), entity: fc.option(fc.uint8Array({ maxLength: 40 }), { freq: 3 }) })
  .map(({ kind, id, entity }) => (entity === null ? { op: 'delete', kind, id } : { op: 'put', kind, id, entity }));

function plain(changes: Iterable<{ readonly kind: string; readonly id: string; readonly bytes: Uint8Array | undefined }>): readonly string[] {
  return [...changes].map(({ kind, id, bytes }) => `${kind}/${id}=${bytes === undefined ? 'deleted' : Buffer.from(bytes).toString('hex')}`);
}

test('what is packed is read back in order, deletions and empty entities included', () => {
  fc.assert(fc.property(fc.array(change), (changes) => {
    const expected = changes.map((one) => `${one.kind}/${one.id}=${one.op === 'delete' ? 'deleted' : Buffer.from(one.entity).toString('hex')}`);
    assert.deepEqual(plain(readPacked(packChanges(changes))), expected);
  }));
});

test('merging a whole and changes gives the last state of each entity once', () => {
  fc.assert(fc.property(fc.uniqueArray(change.filter(({ op }) => op === 'put'), { selector: ({ kind, id }) => `${kind}/${id}` }), fc.array(fc.array(change)), (whole, later) => {
    const state = new Map<string, string>();
    for (const one of [...whole, ...later.flat()]) {
      if (one.op === 'put') state.set(`${one.kind}/${one.id}`, Buffer.from(one.entity).toString('hex'));
      else state.delete(`${one.kind}/${one.id}`);
    }
    const merged = plain(mergePacked([whole, ...later].map((changes) => packChanges(changes))));
    assert.deepEqual([...merged].sort(), [...state].map(([name, bytes]) => `${name}=${bytes}`).sort());
  }));
});
