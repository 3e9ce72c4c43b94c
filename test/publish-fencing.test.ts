/**
 * Two publishers on one database, one of which stands still at a chosen moment while the other goes on, as a process does under
 * SIGSTOP: whatever it was about to do, it publishes nothing older over something newer and tells its sessions nothing old as new.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { startPublisher, type Publisher, type PublisherOptions } from '../control-plane/publish/publisher.ts';
import { loadSigningMaterial } from '../control-plane/publish/signing-material.ts';
import type { ChangeListener } from '../control-plane/store/change-feed.ts';
import type { EntityScope } from '../control-plane/store/scope.ts';
import { systemClock, type Clock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { compareVersions, NO_VERSION, type ConfigVersion } from '../shared/model/version.ts';
import { toKeySet } from '../shared/trust/statement-keys.ts';
import { verifyStatement } from '../shared/trust/statements.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, recordOf, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { store } = await openTestStore();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-fencing-'));
after(() => rmSync(folder, { recursive: true }));

/** Where the instance stands still: before the call leaves it, or when the answer is there and it has not looked at it. */
type Point = `${'before' | 'after'} ${'newest' | 'insert' | 'readChangesSince' | 'readAllLeaves' | 'trustFor'}`;

const STOOD_STILL_MS = 60_000;

/** One instance whose event loop can be stopped: its calls, its feed and its clock. */
class Instance {
  readonly told: ConfigVersion[] = [];
  #stopAt: Point | undefined;
  #stopped: PromiseWithResolvers<void> | undefined;
  #lateMs = 0;
  #missed: (() => void)[] = [];
  publisher!: Publisher;

  readonly clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + this.#lateMs, monotonicMs: () => systemClock.monotonicMs() + this.#lateMs };

  /** For one test: whoever runs on publishes for those after it. */
  static async start(context: TestContext): Promise<Instance> {
    const instance = new Instance();
    const { log } = createMemoryLogger('control-plane');
    const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'root-key.pem'), clock: systemClock, log });
    const trustFor = signing.trustFor.bind(signing);
    signing.trustFor = (scope) => instance.#at('trustFor', () => trustFor(scope));
    const options: PublisherOptions = {
      signing, log, clock: instance.clock, ahead: store.ahead, alarms: { raise: () => undefined, settle: () => undefined }, random: Math.random, transferCacheBytes: 1024 * 1024,
      releases: { ...store.releases, newest: (scope) => instance.#at('newest', () => store.releases.newest(scope)), insert: (scope, release) => instance.#at('insert', () => store.releases.insert(scope, release)) },
      changes: {
        ...store.changes,
        readChangesSince: (...given) => instance.#at('readChangesSince', () => store.changes.readChangesSince(...given)),
        readAllLeaves: (...given) => instance.#at('readAllLeaves', () => store.changes.readAllLeaves(...given)),
      },
      listenForChanges: (listener) => store.listenForChanges(instance.#whenRunning(listener)),
    };
    instance.publisher = await startPublisher(options);
    context.after(() => instance.publisher.stop());
    instance.publisher.subscribe({ onRelease: (_, { version }) => instance.told.push(version), onDataPlanesChanged: () => undefined });
    return instance;
  }

  standStillAt(point: Point): void {
    this.#stopAt = point;
  }

  standStill(): void {
    this.#stopped = Promise.withResolvers();
  }

  get standsStill(): boolean {
    return this.#stopped !== undefined;
  }

  /** A minute has passed. */
  goOn(): void {
    this.#lateMs += STOOD_STILL_MS;
    const stopped = this.#stopped;
    this.#stopped = undefined;
    this.#stopAt = undefined;
    stopped?.resolve();
    for (const missed of this.#missed.splice(0)) missed();
  }

  async #at<T>(method: string, call: () => Promise<T>): Promise<T> {
    if (this.#stopAt === `before ${method}`) this.standStill();
    await this.#stopped?.promise;
    const answer = await call();
    if (this.#stopAt === `after ${method}`) this.standStill();
    await this.#stopped?.promise;
    return answer;
  }

  /** What arrives meanwhile waits in the socket's buffer. */
  #whenRunning(listener: ChangeListener): ChangeListener {
    const later = <A extends unknown[]>(call: (...given: A) => void) => (...given: A): void => void (this.#stopped === undefined ? call(...given) : this.#missed.push(() => call(...given)));
    return {
      onHead: later(listener.onHead), onDataPlanesChanged: later(listener.onDataPlanesChanged), onGatewayDeleted: later(listener.onGatewayDeleted), onTrustChanged: later(listener.onTrustChanged),
      onLook: () => (this.#stopped === undefined ? later(listener.onLook()) : () => undefined),
    };
  }
}

async function write(scope: EntityScope, host: string): Promise<ConfigVersion> {
  const [service] = await store.read(scope, async (reader) => (await reader.list('services', { size: 1 })).entities);
  const record = await recordOf(store, scope, 'services', { ...(service === undefined ? {} : { id: service.id }), host });
  const { version } = await store.write(scope, TEST_ACTOR, (writer) => (service === undefined ? writer.insert(record) : writer.update(record)));
  assert.ok(version);
  return version;
}

async function publishedBy(instance: Instance, scope: EntityScope, version: ConfigVersion): Promise<void> {
  await waitUntil(`release ${version.sequence}`, async () => compareVersions((await instance.publisher.published(scope))?.version ?? NO_VERSION, version) >= 0);
}

async function headSequence(instance: Instance, scope: EntityScope): Promise<{ readonly sequence: number; readonly issuedAt: number }> {
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'root-key.pem'), clock: systemClock, log: createMemoryLogger('x').log });
  const verdict = await verifyStatement('head', await instance.publisher.headStatement(scope), toKeySet([signing.publishKey.publicKey]), scope);
  assert.ok(verdict.kind === 'verified');
  return verdict.claims;
}

const POINTS: readonly Point[] = ['before newest', 'after newest', 'before readAllLeaves', 'after readAllLeaves', 'before readChangesSince', 'after readChangesSince', 'before insert', 'after insert'];

for (const point of POINTS) {
  test(`an instance that stands still for a minute ${point} neither publishes nor tells anything old afterwards`, async (context) => {
    const scope = await createGateway(store);
    const [stalled, other] = [await Instance.start(context), await Instance.start(context)];
    other.standStill();
    const fromStart = point.endsWith('readAllLeaves') || point.endsWith('newest');
    if (!fromStart) {
      await write(scope, 'first');
      await publishedBy(stalled, scope, { epoch: 1, sequence: 1 });
    }
    stalled.standStillAt(point);
    await write(scope, 'old');
    await waitUntil(`it stands still ${point}`, () => stalled.standsStill);
    other.goOn();
    let newest = NO_VERSION;
    for (const host of ['new', 'newer', 'newest']) {
      newest = await write(scope, host);
      await publishedBy(other, scope, newest);
    }
    const before = await store.releases.list(scope, { limit: 100 });
    stalled.told.length = 0;
    stalled.goOn();
    // At once, before its feed has caught up.
    assert.deepEqual((await stalled.publisher.published(scope))?.version, newest);
    assert.equal((await headSequence(stalled, scope)).sequence, newest.sequence);
    assert.deepEqual((await stalled.publisher.transferFrom(scope, undefined))?.version, newest);
    const next = await write(scope, 'next');
    await publishedBy(stalled, scope, next);
    await waitUntil('it tells its sessions', () => stalled.told.some((version) => compareVersions(version, next) === 0));
    assert.deepEqual(stalled.told.filter((version) => compareVersions(version, newest) < 0), [], 'nothing old is told as new');
    const after = (await store.releases.list(scope, { limit: 100 })).toReversed();
    assert.deepEqual(after.slice(0, before.length).map(({ version }) => version), before.toReversed().map(({ version }) => version));
    for (const [index, release] of after.entries()) assert.deepEqual(release.base, after[index - 1]?.version, 'one chain');
  });
}

test('a head statement says when it was true, not when it was signed', async (context) => {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { host: 'a' });
  const instance = await Instance.start(context);
  await publishedBy(instance, scope, { epoch: 1, sequence: 1 });
  const begun = instance.clock.nowMs();
  instance.standStillAt('before trustFor');
  const head = headSequence(instance, scope);
  await waitUntil('it stands still before it signs', () => instance.standsStill);
  instance.goOn();
  const { issuedAt } = await head;
  assert.ok(issuedAt < begun + STOOD_STILL_MS / 2, 'a minute ago it was true');
  assert.ok((await headSequence(instance, scope)).issuedAt >= begun + STOOD_STILL_MS);
});
