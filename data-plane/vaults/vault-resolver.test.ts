/** The resolver with a clock by hand and a vault that does as the test says; files on a disk in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '../../shared/assert.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { put, remove, testId } from '../../test/support/config-content.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { EntityChange } from '../config/compile-contract.ts';
import type { ConfigContent } from '../config/config-content.ts';
import { packChanges } from '../config/packed-changes.ts';
import { LastValues } from './last-values.ts';
import { ReferenceIndex } from './reference-index.ts';
import { vaultDenied, vaultUnreachable } from './vault-failures.ts';
import { VaultResolver } from './vault-resolver.ts';

const seal = newStateSeal();
const WAIT_MS = 5_000;
const PATH = '/state/vault-values.sealed';

/** What the vault holds, by name; a function decides anew for each call. */
class Vault {
  secrets: Record<string, string> = {};
  failure: (() => Error) | undefined;
  /** Calls wait until it is released. */
  hold: Promise<void> | undefined;
  readonly asked: string[] = [];
  readonly configs: unknown[] = [];
}

function packed(changes: readonly EntityChange[]): SharedArrayBuffer {
  return packChanges(changes.map(({ kind, id, bytes }) => {
    const entityId = defined(parseId<EntityId>(id), 'an id');
    return bytes === undefined ? { op: 'delete', kind, id: entityId } : { op: 'put', kind, id: entityId, entity: bytes };
  }));
}

function content(sequence: number, changes: readonly EntityChange[], base?: ConfigContent): ConfigContent {
  const part = packed(changes);
  return {
    version: { epoch: 1, sequence }, contentRoot: sequence.toString(16).padStart(64, '0'), tree: new ContentTree(), parts: [...(base?.parts ?? []), part],
    change: base === undefined ? undefined : { base: { version: base.version, contentRoot: base.contentRoot }, packed: part },
    proof: { manifestStatement: '', epochStatement: '', rootStatements: [], delegationStatement: '' },
  };
}

async function start(vault: Vault, { clock = new ManualClock(), disk = new CrashDisk() } = {}) {
  const { log, lines } = createMemoryLogger('test');
  let changes = 0;
  const resolver = new VaultResolver({
    index: new ReferenceIndex(() => []),
    openSource: (_kind, config) => {
      vault.configs.push(config);
      return Promise.resolve({
        async read({ name }) {
          vault.asked.push(name);
          await vault.hold;
          if (vault.failure !== undefined) throw vault.failure();
          return vault.secrets[name] ?? Promise.reject(vaultDenied(`no ${name}`));
        },
      });
    },
    lastValues: await LastValues.open({ disk, path: PATH, seal, log }),
    clock, random: () => 0.5, log, waitMs: WAIT_MS,
    onChanged: () => {
      changes += 1;
      return Promise.resolve();
    },
  });
  const said = (text: string): string => {
    const value = resolver.values.get(text);
    return value === undefined ? 'nothing' : value.kind === 'value' ? value.value : `! ${value.problem}`;
  };
  /** Timers run, then what they began. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { resolver, clock, disk, lines, said, pass, changes: () => changes };
}

const vaultEntity = (config: Readonly<Record<string, string | number>> = {}) => put('vaults', { id: testId('a0'), name: 'hcv', prefix: 'prod', config: { token: '{vault://env/secret-t}', ...config } });
const site = (cert: string, key = '{vault://prod/site/key}') => put('certificates', { id: testId('c1'), cert, key });
const CERT = '{vault://prod/site/cert}';
const KEY = '{vault://prod/site/key}';
const secret = (cert: string, key: string): Record<string, string> => ({ site: JSON.stringify({ cert, key }) });

test('what a configuration refers to is looked up before it is prepared: one call for all members of a secret', async () => {
  const vault = new Vault();
  vault.secrets = secret('the cert', 'the key');
  const { resolver, said } = await start(vault);
  const first = content(1, [vaultEntity(), site(CERT)]);
  await resolver.prepareFor(first);
  assert.deepEqual([said(CERT), said(KEY), vault.asked], ['the cert', 'the key', ['site']]);
  await resolver.prepareFor(content(2, [put('routes', { id: testId('b1'), paths: ['/'] })], first));
  assert.deepEqual(vault.asked, ['site'], 'what is known is not asked again for another change');
});

test('a rotated value is found by its ttl and told once; the same value tells nothing', async () => {
  const vault = new Vault();
  vault.secrets = secret('one', 'key');
  const { resolver, said, pass, changes } = await start(vault);
  const config = content(1, [vaultEntity({ ttl: 60 }), site(CERT)]);
  await resolver.prepareFor(config);
  resolver.committed();
  await pass(62_000);
  assert.deepEqual([vault.asked.length, changes()], [2, 0]);
  vault.secrets = secret('two', 'key');
  await pass(58_000);
  assert.deepEqual([vault.asked.length, changes() > 0, said(CERT)], [3, true, 'one'], 'what serves changes with the next preparation only');
  await resolver.prepareFor(config);
  const told = changes();
  await pass(5_000);
  assert.deepEqual([said(CERT), changes()], ['two', told]);
});

test('through an outage the last good value stays, and the vault is asked ever later and not for each secret', async () => {
  const vault = new Vault();
  const others = Array.from({ length: 20 }, (_, index) => [`other-${index}`, 'o'] as const);
  vault.secrets = { ...secret('one', 'key'), ...Object.fromEntries(others) };
  const { resolver, said, pass, changes, lines } = await start(vault);
  const config = content(1, [vaultEntity({ ttl: 10 }), site(CERT), ...others.map(([name], index) => put('certificates', { id: testId(`d${index}`), cert: `{vault://prod/${name}}`, key: KEY }))]);
  await resolver.prepareFor(config);
  resolver.committed();
  vault.failure = () => vaultUnreachable('vault.test can not be reached');
  const before = vault.asked.length;
  await pass(600_000);
  assert.deepEqual([said(CERT), said('{vault://prod/other-7}'), changes()], ['one', 'o', 0]);
  assert.ok(vault.asked.length - before < 80, `asked ${vault.asked.length - before} times in ten minutes`);
  const [view] = resolver.view();
  assert.deepEqual([view?.prefix, view?.secrets, view?.resolved, view?.outdated, view?.lastFailure?.code], ['prod', 21, 21, 21, 'VAULT_UNREACHABLE']);
  assert.ok((view?.oldestMs ?? 0) >= 590_000);
  assert.equal(lines().filter((line) => line.includes('vault-failed')).length, 1, 'said once');
  vault.failure = undefined;
  vault.secrets = { ...secret('two', 'key'), ...Object.fromEntries(others) };
  await pass(70_000);
  await resolver.prepareFor(config);
  assert.deepEqual([said(CERT), resolver.view()[0]?.outdated], ['two', 0]);
  assert.equal(lines().filter((line) => line.includes('vault-back')).length, 1);
});

test('resurrect_ttl ends that: the value is not used for longer', async () => {
  const vault = new Vault();
  vault.secrets = secret('one', 'key');
  const { resolver, said, pass, changes } = await start(vault);
  const config = content(1, [vaultEntity({ ttl: 10, resurrect_ttl: 100, neg_ttl: 7 }), site(CERT)]);
  await resolver.prepareFor(config);
  resolver.committed();
  vault.failure = () => vaultDenied('it refused');
  const before = vault.asked.length;
  await pass(100_000);
  assert.deepEqual([changes(), vault.asked.length - before >= 10 && vault.asked.length - before <= 14], [0, true], 'asked by neg_ttl');
  await pass(12_000);
  assert.ok(changes() > 0);
  await resolver.prepareFor(config);
  assert.equal(said(CERT), '! VAULT_VALUE_EXPIRED: the last good value is older than ttl and resurrect_ttl allow, and no new one can be had: it refused');
});

test('a member that is gone from the secret ends by resurrect_ttl as a vault that is away does', async () => {
  const vault = new Vault();
  vault.secrets = secret('one', 'key');
  const { resolver, said, pass, changes } = await start(vault);
  const config = content(1, [vaultEntity({ ttl: 10, resurrect_ttl: 100, neg_ttl: 7 }), site(CERT)]);
  await resolver.prepareFor(config);
  resolver.committed();
  vault.secrets = { site: JSON.stringify({ cert: 'two' }) };
  await pass(112_000);
  assert.ok(changes() > 0);
  await resolver.prepareFor(config);
  assert.match(said(KEY), /^! VAULT_VALUE_EXPIRED: .* the secret has no key 'key'$/);
  assert.equal(said(CERT), 'two', 'the others go on');
});

test('a wall clock that is set does not end a value that is young', async () => {
  const vault = new Vault();
  vault.secrets = secret('one', 'key');
  const { resolver, said, pass, changes, clock } = await start(vault);
  const config = content(1, [vaultEntity({ ttl: 3_600, resurrect_ttl: 60 }), site(CERT)]);
  await resolver.prepareFor(config);
  resolver.committed();
  clock.jump(86_400_000);
  await pass(5_000);
  await resolver.prepareFor(config);
  assert.deepEqual([said(CERT), changes(), vault.asked.length], ['one', 0, 1]);
});

test('a member that nothing refers to any more does not keep its secret failing', async () => {
  const vault = new Vault();
  vault.secrets = { site: JSON.stringify({ key: 'key' }) };
  const { resolver, pass } = await start(vault);
  const first = content(1, [vaultEntity({ ttl: 3_600, neg_ttl: 7 }), site(CERT)]);
  await resolver.prepareFor(first);
  resolver.committed();
  assert.equal(resolver.view()[0]?.resolved, 0);
  await resolver.prepareFor(content(2, [site(KEY)], first));
  resolver.committed();
  await resolver.prepareFor(content(3, [put('routes', { id: testId('b1'), paths: ['/'] })], content(2, [site(KEY)], first)));
  await pass(10_000);
  const asked = vault.asked.length;
  await pass(60_000);
  assert.deepEqual([resolver.view()[0]?.resolved, vault.asked.length], [1, asked]);
});

test('a slow vault holds a configuration up for a bounded time, and only once', async () => {
  const vault = new Vault();
  vault.secrets = secret('late', 'key');
  let release = (): void => undefined;
  vault.hold = new Promise((resolve) => (release = resolve));
  const { resolver, said, pass, changes, clock } = await start(vault);
  const first = content(1, [vaultEntity(), site(CERT)]);
  let prepared = false;
  const preparing = resolver.prepareFor(first).then(() => (prepared = true));
  await waitUntil('the vault to be asked', () => vault.asked.length === 1);
  clock.advance(WAIT_MS - 1);
  assert.equal(prepared, false);
  clock.advance(1);
  await preparing;
  assert.equal(said(CERT), '! it is being looked up');
  release();
  await pass(1_000);
  assert.ok(changes() > 0, 'it comes by itself');
  await resolver.prepareFor(first);
  assert.equal(said(CERT), 'late');
  vault.failure = () => vaultDenied('no');
  const next = content(2, [put('certificates', { id: testId('c2'), cert: '{vault://prod/never/cert}', key: KEY })], first);
  await resolver.prepareFor(next);
  assert.match(said('{vault://prod/never/cert}'), /^! VAULT_DENIED/);
  const asked = vault.asked.length;
  await resolver.prepareFor(content(3, [put('routes', { id: testId('b2'), paths: ['/'] })], next));
  assert.equal(vault.asked.length, asked, 'what was asked for in vain does not hold up the next one');
});

test('after a restart during the outage the last values serve at once; another key does not open them', async () => {
  const vault = new Vault();
  vault.secrets = secret('canary-cert', 'canary-key');
  const before = await start(vault);
  const config = content(1, [vaultEntity(), site(CERT)]);
  await before.resolver.prepareFor(config);
  await before.resolver.stop();
  const file = await before.disk.read(PATH);
  assert.ok(file !== undefined && !file.includes('canary') && !file.includes('site'), 'nothing of it can be read');

  vault.failure = () => vaultUnreachable('vault.test can not be reached');
  const after = await start(vault, { disk: before.disk });
  await after.resolver.prepareFor(config);
  assert.deepEqual([after.said(CERT), after.said(KEY)], ['canary-cert', 'canary-key']);
  await after.pass(3_000);
  await after.resolver.stop();
  assert.deepEqual((await LastValues.open({ disk: before.disk, path: PATH, seal, log: createMemoryLogger('test').log })).atStart.size, 1, 'and are kept for the next one');

  const { log, lines } = createMemoryLogger('test');
  assert.equal((await LastValues.open({ disk: before.disk, path: PATH, seal: newStateSeal(), log })).atStart.size, 0);
  assert.match(lines().join(), /another key/);
  const torn = Buffer.from(file);
  torn[torn.length - 1] = (torn.at(-1) ?? 0) ^ 1;
  before.disk.put(PATH, torn);
  assert.equal((await LastValues.open({ disk: before.disk, path: PATH, seal, log })).atStart.size, 0);
  assert.match(lines().join(), /its seal does not hold/);
});

test('vaults and references come, change and go with the configuration', async () => {
  const vault = new Vault();
  vault.secrets = secret('one', 'key');
  const { resolver, said, pass, changes } = await start(vault);
  const blank = content(1, [put('routes', { id: testId('b1'), paths: ['/'] }), vaultEntity()]);
  await resolver.prepareFor(blank);
  assert.deepEqual([vault.asked, resolver.view()], [[], []], 'a vault that nothing refers to is not asked');
  const used = content(2, [site(CERT)], blank);
  await resolver.prepareFor(used);
  resolver.committed();
  assert.equal(said(CERT), 'one');
  vault.secrets = secret('moved', 'key');
  const moved = content(3, [vaultEntity({ mount: 'elsewhere' })], used);
  await resolver.prepareFor(moved);
  resolver.committed();
  assert.equal(said(CERT), 'one', 'what is known stays until the vault was asked at its new place');
  await pass(2_000);
  assert.ok(changes() > 0);
  await resolver.prepareFor(moved);
  assert.deepEqual([said(CERT), JSON.stringify(vault.configs.at(-1)).includes('elsewhere')], ['moved', true]);
  const unknown = content(4, [remove('vaults', testId('a0'))], moved);
  await resolver.prepareFor(unknown);
  assert.match(said(CERT), /^! VAULT_UNKNOWN: there is no vault with the prefix 'prod'/);
  const gone = content(5, [remove('certificates', testId('c1'))], unknown);
  await resolver.prepareFor(gone);
  assert.match(said(CERT), /^moved$|^! VAULT_UNKNOWN/, 'what serves still has it');
  resolver.committed();
  await resolver.prepareFor(content(6, [put('routes', { id: testId('b1'), paths: ['/x'] })], gone));
  assert.deepEqual([said(CERT), resolver.view()], ['nothing', []]);
});

test('values of this machine are not written to the disk', async () => {
  const vault = new Vault();
  vault.secrets = { site: 'from the environment' };
  const { resolver, disk, said } = await start(vault);
  await resolver.prepareFor(content(1, [site('{vault://env/site}', '{vault://env/site}')]));
  await resolver.stop();
  assert.deepEqual([said('{vault://env/site}'), await disk.read(PATH)], ['from the environment', undefined]);
});
