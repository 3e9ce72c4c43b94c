/**
 * Over random histories, data planes that come by all sorts of ways to a version (every release, several at once, snapshots in
 * between, folded in the background) have the same content with the same hash, report the same and serve the same. The real
 * parts of both planes: the publisher's content and packing, signatures, verification, the data plane's content, the compiler.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayContent, lastStates, type ChangedLeaf } from '../control-plane/publish/gateway-content.ts';
import { packTransfer } from '../control-plane/publish/transfer-builder.ts';
import { compileConfig } from '../data-plane/config/compile.ts';
import type { CompileResult, EntityChange } from '../data-plane/config/compile-contract.ts';
import type { CompiledConfig } from '../data-plane/config/compiled-config.ts';
import { foldContent, leavesOf, nextContent, type ConfigContent } from '../data-plane/config/config-content.ts';
import { mergePacked, readPacked } from '../data-plane/config/packed-changes.ts';
import { runAtOnce } from '../data-plane/config/run-in-slices.ts';
import { defined } from '../shared/assert.ts';
import { parseId, type EntityId } from '../shared/model/ids.ts';
import { NO_VERSION, type ConfigVersion } from '../shared/model/version.ts';
import { ContentTree } from '../shared/trust/content-hash.ts';
import { signStatement } from '../shared/trust/statements.ts';
import { verifyTransfer } from '../shared/trust/verify-transfer.ts';
import { encodeDeltaContent, snapshotPieces } from '../shared/wire/content-codec.ts';
import { testServices } from './support/compile-config.ts';
import { behaviourOf } from './support/config-behaviour.ts';
import { CONTENT_KEYS, remove } from './support/config-content.ts';
import { BASIS, Content, twins, type Twins } from './support/future-content.ts';
import { createTestTrust } from './support/signed-content.ts';

const trust = await createTestTrust();
const { tenantId, gatewayId } = trust.audience;
const services = testServices();

/** A gateway's published history: change rows by release. */
class History {
  readonly content = new GatewayContent(NO_VERSION, new ContentTree(), new Map());
  readonly #releases: (readonly ChangedLeaf[])[] = [];
  readonly #states: ReadonlyMap<string, Twins>[] = [];

  get version(): ConfigVersion {
    return this.content.version;
  }

  publish(changes: readonly EntityChange[], state: ReadonlyMap<string, Twins>): void {
    const rows = changes.map(({ kind, id, bytes }): ChangedLeaf => ({ kind, id: defined(parseId<EntityId>(id), 'an id'), after: bytes }));
    this.#releases.push(rows);
    this.#states.push(new Map(state));
    this.content.apply({ epoch: 1, sequence: this.#releases.length }, lastStates(rows));
  }

  /** What there was after a release; 0 is before the first. */
  stateAt(sequence: number): ReadonlyMap<string, Twins> {
    return this.#states[sequence - 1] ?? new Map();
  }

  /** From `base` to what is newest; a snapshot where there is none. Made as the publisher makes it. */
  async transfer(base: ConfigVersion | null) {
    const { version: target, rootHex: contentRoot, size } = this.content;
    const content = base === null ? snapshotPieces(this.content.leaves()) : encodeDeltaContent(lastStates(this.#releases.slice(base.sequence).flat()));
    const { transferStatement, bytes } = await packTransfer({ scope: trust.audience, publishKey: trust.publishKey, base, target, content });
    const claims = { format: 1, tenant: tenantId, gateway: gatewayId, ...target, contentRoot, entityCount: size, allowEmpty: true, issuedAt: 1, minimumDataPlaneVersion: '0.1.0' } as const;
    return { manifestStatement: await signStatement('manifest', claims, trust.publishKey), framing: { kind: 'signed', transferStatement }, epochStatement: '', wireBytes: bytes } as const;
  }
}

class DataPlane {
  content: ConfigContent | undefined;
  #serving: CompiledConfig | undefined;
  quarantined: Extract<CompileResult, { kind: 'compiled' }>['quarantined'] = [];

  async follow(history: History, way: 'delta' | 'snapshot' | 'folded'): Promise<void> {
    const base = this.content;
    if (base?.version.sequence === history.version.sequence) return;
    const transfer = await history.transfer(way === 'snapshot' || base === undefined ? null : base.version);
    const verified = await verifyTransfer(transfer, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest: base, base, acceptOlder: false, softwareVersion: '0.1.0', maximumInflatedBytes: 1 << 24 });
    assert.ok(verified.kind === 'verified', JSON.stringify(verified));
    const next = await nextContent(base, verified, { manifestStatement: transfer.manifestStatement, epochStatement: '', rootStatements: [], delegationStatement: '' });
    this.content = way === 'folded' ? await foldContent(next) : next;
    this.#compile(this.content, verified.content.kind === 'snapshot');
  }

  /** As a thread that was replaced: from all parts, beside nothing. */
  restart(): void {
    this.#serving = undefined;
    if (this.content !== undefined) this.#compile(this.content, true);
  }

  get seen(): unknown {
    return [this.content?.contentRoot, this.content?.tree.rootHex(), behaviourOf({ config: defined(this.#serving, 'what it serves'), quarantined: this.quarantined })];
  }

  get leaves(): readonly string[] {
    return [...leavesOf(this.content?.parts ?? [])].map(({ kind, id, entity }) => `${kind}/${id} ${Buffer.from(entity).toString('base64')}`).toSorted();
  }

  #compile({ version, contentRoot, parts, change }: ConfigContent, reset: boolean): void {
    const changes = reset || change === undefined ? mergePacked(parts) : readPacked(change.packed);
    const result = runAtOnce(compileConfig(this.#serving, { version, contentRoot, reset, changes, contentKeys: CONTENT_KEYS }, services));
    assert.ok(result.kind === 'compiled', JSON.stringify(result));
    this.#serving = result.config;
    this.quarantined = result.quarantined;
  }
}

const way = fc.constantFrom('delta', 'delta', 'delta', 'folded', 'snapshot', 'not now', 'not now', 'restart');
const event = fc.oneof(
  { weight: 6, arbitrary: fc.array(twins, { minLength: 1, maxLength: 8 }).map((changes) => ({ kind: 'changes', changes }) as const) },
  /** Of the entities there are, by a random number: with all that refer to it. */
  { weight: 1, arbitrary: fc.nat().map((pick) => ({ kind: 'cascade', pick }) as const) },
  { weight: 1, arbitrary: fc.nat().map((pick) => ({ kind: 'rollback', pick }) as const) },
);

type Event = { readonly kind: 'changes'; readonly changes: readonly Twins[] } | { readonly kind: 'cascade' | 'rollback'; readonly pick: number };

/** What an event comes to as changes, and what there is after it. */
function changesOf(happened: Event, history: History, content: Content): readonly EntityChange[] {
  const accept = (changes: readonly Twins[]): readonly EntityChange[] => changes.filter((one) => content.accept(one)).map(({ written }) => written);
  if (happened.kind === 'changes') return accept(happened.changes);
  const there = [...content.entities.values()];
  if (happened.kind === 'cascade') {
    const gone = there[happened.pick % Math.max(1, there.length)]?.written;
    if (gone === undefined) return [];
    const id = Buffer.from(gone.id.replaceAll('-', ''), 'hex');
    const dependants = there.filter(({ written }) => written.bytes !== undefined && Buffer.from(written.bytes).includes(id));
    return accept([...dependants.map(({ written }) => written), gone].map(({ kind, id: each }) => remove(kind, each)).map((change) => ({ written: change, meant: change })));
  }
  const restored = history.stateAt(happened.pick % (history.version.sequence + 1));
  const vanished = there.filter(({ written }) => !restored.has(`${written.kind}/${written.id}`)).map(({ written }) => remove(written.kind, written.id)).map((change) => ({ written: change, meant: change }));
  content.entities.clear();
  for (const [key, one] of restored) content.entities.set(key, one);
  return [...vanished, ...restored.values()].map(({ written }) => written);
}

test('whichever way a data plane comes to a version, it has, reports and serves the same', async (t) => {
  const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? Date.now() % 1e9);
  t.diagnostic(`seed ${seed} (HOLDFAST_TEST_SEED repeats it)`);
  let [compared, isolated] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(event, fc.tuple(way, way, way)), { minLength: 1, maxLength: 7 }), async (events) => {
      const [history, content] = [new History(), new Content()];
      const dataPlanes = [new DataPlane(), new DataPlane(), new DataPlane()];
      const first = { kind: 'changes', changes: BASIS } as const;
      for (const [happened, ways] of [[first, ['snapshot', 'snapshot', 'not now']] as const, ...events]) {
        history.publish(changesOf(happened, history, content), content.entities);
        const fresh = new DataPlane();
        await fresh.follow(history, 'snapshot');
        isolated += fresh.quarantined.length;
        for (const [index, dataPlane] of dataPlanes.entries()) {
          const how = ways[index] ?? 'delta';
          if (how === 'not now') continue;
          await dataPlane.follow(history, how === 'restart' ? 'delta' : how);
          if (how === 'restart') dataPlane.restart();
          assert.deepEqual(dataPlane.seen, fresh.seen);
          assert.deepEqual(dataPlane.leaves, fresh.leaves);
          compared += 1;
        }
      }
    }),
    { numRuns: Number(process.env['HOLDFAST_TEST_RUNS'] ?? 40), seed },
  );
  t.diagnostic(`${compared} comparisons, ${isolated} entities isolated on the way`);
  assert.ok(compared > 100 && isolated > 50, `too little happened to prove anything: ${compared}, ${isolated}`);
});
