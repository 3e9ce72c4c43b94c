/**
 * What a data plane does with content that a newer control plane wrote, or that is broken in some other way: it reports the same
 * whether deltas or a snapshot led there, and it serves a request only as one that understands everything would serve it (S6).
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compiled } from '../../test/support/compile-config.ts';
import { behaviourOf, CONSUMERS, KEYS, NAMES, REQUESTS, served, STREAMS } from '../../test/support/config-behaviour.ts';
import { BASIS, Content, futureServices, twins } from '../../test/support/future-content.ts';
import type { RuntimeRoute } from './active-config.ts';
import type { CompiledConfig } from './compiled-config.ts';

/** Whatever `mine` serves, `theirs` serves the same way. Gives how much that was, and how much was refused that `theirs` serves. */
function assertNotMoreOpen(mine: CompiledConfig, theirs: CompiledConfig): readonly [open: number, closed: number] {
  let [open, closed] = [0, 0];
  const compare = (one: RuntimeRoute | undefined, other: RuntimeRoute | undefined): void => {
    const recognised = CONSUMERS.filter((id) => mine.consumerById(id) !== undefined);
    for (const consumer of [undefined, ...recognised]) {
      const [here, there] = [one && served(mine, one, consumer), other && served(theirs, other, consumer)];
      if (here === undefined) closed += there === undefined ? 0 : 1;
      else {
        open += 1;
        assert.deepEqual(here, there);
      }
    }
  };
  for (const request of REQUESTS) compare(mine.match(request)?.route, theirs.match(request)?.route);
  for (const stream of STREAMS) compare(mine.matchStream(stream), theirs.matchStream(stream));
  for (const key of KEYS) {
    const credential = mine.credentialBySecret('keyauth_credentials', key);
    if (credential === undefined) continue;
    assert.deepEqual(credential, theirs.credentialBySecret('keyauth_credentials', key));
    assert.deepEqual(mine.groupsOf(credential.consumerId), theirs.groupsOf(credential.consumerId));
  }
  for (const name of NAMES) {
    const shown = mine.certificates.forServerName(name);
    if (shown !== undefined && shown.pairs.length > 0) assert.deepEqual(shown, theirs.certificates.forServerName(name));
  }
  return [open, closed];
}

test('however content came, the same of it is isolated, and nothing is served that a newer data plane would not serve so', (t) => {
  let [open, closed] = [0, 0];
  const codes = new Map<string, number>();
  const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? Date.now() % 1e9);
  t.diagnostic(`seed ${seed} (HOLDFAST_TEST_SEED repeats it)`);
  const delta = fc.array(twins, { maxLength: 14 });
  fc.assert(
    fc.property(fc.array(delta, { minLength: 1, maxLength: 4 }), (deltas) => {
      const content = new Content();
      let base: CompiledConfig | undefined;
      for (const changes of [BASIS, ...deltas]) {
        const accepted = changes.filter((one) => content.accept(one)).map(({ written }) => written);
        const next = compiled(accepted, base === undefined ? {} : { base });
        const all = [...content.entities.values()];
        const behaviour = behaviourOf(next);
        assert.deepEqual(behaviour, behaviourOf(compiled(all.map(({ written }) => written))));
        assert.deepEqual(behaviour, behaviourOf(compiled(all.map(({ written }) => written).toReversed(), { base: next.config, reset: true })));
        const theirs = compiled(all.map(({ meant }) => meant), { services: futureServices });
        const [opened, refused] = assertNotMoreOpen(next.config, theirs.config);
        open += opened;
        closed += refused;
        for (const { code } of next.quarantined) codes.set(code, (codes.get(code) ?? 0) + 1);
        base = next.config;
      }
    }),
    { numRuns: Number(process.env['HOLDFAST_TEST_RUNS'] ?? 70), seed },
  );
  t.diagnostic(`${open} served, ${closed} closed; ${JSON.stringify(Object.fromEntries(codes))}`);
  assert.ok(open > 100 && closed > 100, `too little happened to prove anything: ${open}, ${closed}`);
  assert.ok(codes.size >= 6, 'too few sorts of problems came');
});
