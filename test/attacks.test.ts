/**
 * Every attack of test/cases/attacks through a running proxy: whole, byte by byte, and cut in two at some places (the fuzzer
 * cuts at every one). What reaches the origin passes the upstream oracle (R2), what the client gets is read as strictly, and
 * after each attack somebody else still gets their own answer.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { attackFiles, bytesOfCase } from './support/attack-case.ts';
import { startAttackScene, type AttackScene, type Cutting } from './support/attack-scene.ts';

/** Larger ones run whole only. */
const MAX_CUT_BYTES = 1_000;
const CUTS_PER_CASE = 2;
const WHOLE: Cutting = { kind: 'whole' };
const MIN_CASES = 300;

const files = attackFiles();
let scene: AttackScene;

before(async () => {
  scene = await startAttackScene();
});
after(() => scene.close());

function cuttingsOf(length: number, seed: number): readonly Cutting[] {
  if (length > MAX_CUT_BYTES || length < 2) return [{ kind: 'whole' }];
  // Other places in each case, the same ones in each run.
  const cuts = Array.from({ length: CUTS_PER_CASE }, (_, index): Cutting => ({ kind: 'cut', at: 1 + ((seed * 31 + index * 101) % (length - 1)) }));
  return [{ kind: 'whole' }, { kind: 'byte-by-byte' }, ...cuts];
}

for (const { file, about, cases } of files) {
  test(`${file}: ${about}`, async () => {
    const problems: string[] = [];
    for (const [index, attack] of cases.entries()) {
      const { length } = bytesOfCase(attack.answer ?? attack.send);
      for (const cutting of attack.whole === true ? [WHOLE] : cuttingsOf(length, index)) {
        const found = await scene.run(attack, cutting);
        problems.push(...found.map((problem) => `${attack.name} (${cutting.kind === 'cut' ? `cut at ${cutting.at}` : cutting.kind}): ${problem}`));
      }
    }
    assert.deepEqual(problems, []);
  });
}

test('there are cases enough, each with a name of its own', () => {
  const names = files.flatMap(({ file, cases }) => cases.map(({ name }) => `${file}: ${name}`));
  assert.ok(names.length >= MIN_CASES, String(names.length));
  assert.equal(new Set(names).size, names.length);
});
