/** The highest accepted version (S4) and the manifest that proves it, over restarts and from an earlier release's record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { HighestAccepted } from './highest-accepted.ts';
import { SealedJson } from './sealed-json.ts';

const PATH = '/state/highest-accepted.json';
const accepted = (sequence: number, manifestStatement: string) => ({ version: { epoch: 1, sequence }, contentRoot: 'a'.repeat(64), proof: { manifestStatement } });

test('the manifest is kept with the version that it proves, and neither goes down', async () => {
  const [disk, seal] = [new CrashDisk(), newStateSeal()];
  const highest = await HighestAccepted.open(disk, PATH, seal);
  await highest.raise(accepted(5, 'five'));
  await highest.raise(accepted(4, 'four'));
  await highest.raise(accepted(5, 'five again'));
  assert.deepEqual((await HighestAccepted.open(disk, PATH, seal)).current, { version: { epoch: 1, sequence: 5 }, contentRoot: 'a'.repeat(64), manifestStatement: 'five' });
});

test('a record of an earlier release has no proof, until the cache brings one for just that version', async () => {
  const [disk, seal] = [new CrashDisk(), newStateSeal()];
  const { version, contentRoot } = accepted(5, '');
  await new SealedJson(disk, PATH, seal).replace({ version, contentRoot });
  const highest = await HighestAccepted.open(disk, PATH, seal);
  assert.equal(highest.current?.manifestStatement, '');
  await highest.raise(accepted(4, 'four'));
  assert.equal(highest.current.manifestStatement, '');
  await highest.raise(accepted(5, 'five'));
  assert.equal((await HighestAccepted.open(disk, PATH, seal)).current?.manifestStatement, 'five');
});
