/** S4, T2: what carries the mark of our key is ours, and nothing else is. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { SealedJson } from './sealed-json.ts';
import { StateSeal } from './state-seal.ts';

const PATH = '/state/run.json';

function textOf(disk: CrashDisk, path = PATH): string {
  return String(disk.files().get(path));
}

test('a record is read back as it was written, over a restart, and by the same key alone', async () => {
  const disk = new CrashDisk();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const value = { running: null, crashed: [{ count: 2, reason: 'ä "quoted" \u2028 text' }] };
  await new SealedJson(disk, PATH, new StateSeal(privateKey, false)).replace(value);
  assert.deepEqual(await new SealedJson(disk, PATH, new StateSeal(privateKey, false)).read(), { kind: 'read', value });
  const stranger = await new SealedJson(disk, PATH, newStateSeal()).read();
  assert.ok(stranger.kind === 'damaged' && /another key/.test(stranger.reason), JSON.stringify(stranger));
});

test('an edited, unmarked, misplaced or rotten record is damaged, a missing one is not', async () => {
  const disk = new CrashDisk();
  const seal = newStateSeal();
  const file = new SealedJson(disk, PATH, seal);
  assert.deepEqual(await file.read(), { kind: 'absent' });
  await file.replace({ version: { epoch: 1, sequence: 41 } });
  const genuine = textOf(disk);
  for (const [what, text] of [
    ['edited', genuine.replace('41', '40')],
    ['without its mark', JSON.stringify({ version: { epoch: 1, sequence: 41 } })],
    ['with an empty mark', genuine.replace(/"mark": "[^"]+"/, '"mark": ""')],
    ['no JSON', genuine.slice(0, -5)],
    ['an empty file', ''],
    ['a list', '[]'],
  ] as const) {
    disk.put(PATH, Buffer.from(text));
    assert.equal((await file.read()).kind, 'damaged', what);
  }
  const other = '/state/barred.json';
  disk.put(other, Buffer.from(genuine));
  assert.equal((await new SealedJson(disk, other, seal).read()).kind, 'damaged', 'one file in the place of another');
});

test('what an earlier release left unmarked is read until all is sealed, and not after', async () => {
  const disk = new CrashDisk();
  const seal = newStateSeal(true);
  disk.put(PATH, Buffer.from('{"running": null}'));
  const file = new SealedJson(disk, PATH, seal);
  assert.deepEqual(await file.read(), { kind: 'read', value: { running: null } });
  seal.allSealed();
  assert.equal((await file.read()).kind, 'damaged');
});

test('every bit of what is encrypted and of what is bound to it counts, and no two files share a key', () => {
  const seal = newStateSeal();
  const plain = Buffer.from('the same entities');
  const associated = Buffer.from('header');
  const [one, other] = [seal.encrypt(plain, () => associated), seal.encrypt(plain, () => associated)];
  assert.notDeepEqual(one.salt, other.salt);
  assert.notDeepEqual(one.ciphertext, other.ciphertext);
  assert.deepEqual(seal.decrypt(one, associated), plain);
  assert.equal(seal.decrypt(one, Buffer.from('headex')), undefined);
  assert.equal(seal.decrypt({ ...one, salt: other.salt }, associated), undefined);
  assert.equal(seal.decrypt({ ...one, tag: other.tag }, associated), undefined);
  assert.equal(seal.decrypt({ ...one, ciphertext: one.ciphertext.subarray(1) }, associated), undefined);
  assert.equal(newStateSeal().decrypt(one, associated), undefined);
});
