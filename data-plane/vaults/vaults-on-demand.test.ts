import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { defined } from '../../shared/assert.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { parseSettings } from '../../shared/settings.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { put, testId } from '../../test/support/config-content.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import type { EntityChange } from '../config/compile-contract.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { packChanges } from '../config/packed-changes.ts';
import { dataPlaneSettings } from '../settings.ts';
import { VaultsOnDemand } from './vaults-on-demand.ts';

function content(sequence: number, changes: readonly EntityChange[], base?: ConfigContent): ConfigContent {
  const part = packChanges(changes.map(({ kind, id, bytes }) => ({ op: 'put', kind, id: defined(parseId<EntityId>(id), 'an id'), entity: defined(bytes, 'bytes') })));
  return {
    version: { epoch: 1, sequence }, contentRoot: sequence.toString(16).padStart(64, '0'), tree: new ContentTree(), parts: [...(base?.parts ?? []), part],
    change: base === undefined ? undefined : { base, packed: part }, proof: { manifestStatement: '', epochStatement: '', rootStatements: [], delegationStatement: '' },
  };
}

const REFERENCE = '{vault://env/home}';
const route = (digits: string) => put('routes', { id: testId(digits), paths: ['/'] });
const referring = put('certificates', { id: testId('c1'), cert: REFERENCE, key: REFERENCE });

/** Texts that values are known of, even if only that they may not be read. */
async function known(...contents: readonly ConfigContent[]): Promise<readonly (readonly string[])[]> {
  const stateFolder = mkdtempSync(`${tmpdir()}/holdfast-vaults-`);
  const settings = parseSettings(dataPlaneSettings, { environment: { HOLDFAST_STATE_FOLDER: stateFolder }, arguments: [], readFile: () => '', workingFolder: '/' });
  const vaults = new VaultsOnDemand({ settings, clock: new ManualClock(), random: () => 0.5, log: createMemoryLogger('test').log, seal: newStateSeal(), onChanged: () => Promise.resolve() });
  const texts: (readonly string[])[] = [];
  for (const each of contents) texts.push([...(await vaults.valuesFor(each)).keys()]);
  await vaults.stop();
  rmSync(stateFolder, { recursive: true, force: true });
  return texts;
}

test('the first reference is found in a snapshot, in a change, and in what a change from the cache leads on from', async () => {
  const blank = content(1, [route('b1')]);
  const used = content(2, [referring], blank);
  const after = content(3, [route('b2')], used);
  assert.deepEqual(await known(blank, used, after), [[], [REFERENCE], [REFERENCE]]);
  assert.deepEqual(await known(content(1, [referring])), [[REFERENCE]]);
  assert.deepEqual(await known(after), [[REFERENCE]], 'the start finds a whole configuration and the last change');
  assert.deepEqual(await known(blank, after), [[], [REFERENCE]], 'what came between was never asked about');
});
