/**
 * The part of the store that publishing and sessions use, in memory: for tests that need its answers, failures and races
 * at will. What it does is what control-plane/store promises; the real one is used where Postgres is.
 */
import assert from 'node:assert/strict';
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId, GatewayId } from '../../shared/model/ids.ts';
import { compareVersions, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import type { ChangeListener } from '../../control-plane/store/change-feed.ts';
import type { Change, ChangeReader } from '../../control-plane/store/change-reader.ts';
import type { NewRelease, Release, ReleaseStore } from '../../control-plane/store/release-store.ts';
import type { GatewayScope } from '../../control-plane/store/scope.ts';
import type { SigningKeyStore, StatementKind, StoredSigningKey } from '../../control-plane/store/signing-key-store.ts';

/** One entity of a write; without `entity` it is deleted. */
export interface Write {
  readonly kind?: EntityKind;
  readonly id: EntityId;
  readonly entity?: string;
}

interface GatewayRows {
  readonly scope: GatewayScope;
  head: ConfigVersion;
  readonly changes: Change[];
  readonly leaves: Map<string, { readonly kind: EntityKind; readonly id: EntityId; readonly bytes: Uint8Array }>;
  readonly releases: Release[];
}

export class MemoryStore {
  readonly #gateways = new Map<GatewayId, GatewayRows>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #keys: StoredSigningKey[] = [];
  readonly #statements: { readonly kind: StatementKind; readonly gatewayId: GatewayId | undefined; readonly ordinal: number; readonly statement: string }[] = [];
  /** Calls of each method, for tests that count work. */
  readonly calls = new Map<string, number>();
  /** Called at the start of every method; may wait or throw. */
  before: (method: string) => void | Promise<void> = () => undefined;
  /** Called when insert or newest has its answer; may wait or throw. */
  after: (method: string) => void | Promise<void> = () => undefined;

  addGateway(scope: GatewayScope): void {
    this.#gateways.set(scope.gatewayId, { scope, head: { epoch: 1, sequence: 0 }, changes: [], leaves: new Map(), releases: [] });
  }

  /** Commits one write and tells the listeners. */
  write(scope: GatewayScope, writes: readonly Write[], actor = 'alice'): ConfigVersion {
    const rows = this.#rows(scope);
    const version = { epoch: rows.head.epoch, sequence: rows.head.sequence + 1 };
    for (const [ordinal, { kind = 'routes', id, entity }] of writes.entries()) {
      const after = entity === undefined ? undefined : Buffer.from(entity);
      rows.changes.push({ version, ordinal, kind, id, op: after === undefined ? 'delete' : 'put', before: rows.leaves.get(`${kind}/${id}`)?.bytes, after, actor, requestId: 'test', at: new Date(0) });
      if (after === undefined) rows.leaves.delete(`${kind}/${id}`);
      else rows.leaves.set(`${kind}/${id}`, { kind, id, bytes: after });
    }
    this.#moveHead(rows, version);
    return version;
  }

  /** What restoring an older backup does: earlier content, a new epoch. */
  beginEpoch(scope: GatewayScope): void {
    const rows = this.#rows(scope);
    this.#moveHead(rows, { epoch: rows.head.epoch + 1, sequence: 1 });
  }

  releasesOf(scope: GatewayScope): readonly Release[] {
    return this.#rows(scope).releases;
  }

  readonly listenForChanges = async (listener: ChangeListener) => {
    await this.#enter('listenForChanges');
    this.#listeners.add(listener);
    for (const rows of this.#gateways.values()) listener.onHead(rows.scope, rows.head);
    return {
      stop: async () => {
        this.#listeners.delete(listener);
        return Promise.resolve();
      },
    };
  };

  /** Tells every instance that data planes of a gateway changed. */
  announceDataPlanes(scope: GatewayScope): void {
    for (const listener of this.#listeners) listener.onDataPlanesChanged(scope);
  }

  readonly releases: ReleaseStore = {
    insert: async (scope, release: NewRelease) => {
      await this.#enter('insert');
      const { releases } = this.#rows(scope);
      const same = releases.find((other) => compareVersions(other.version, release.version) === 0);
      const newest = releases.at(-1);
      const followsNewest = compareVersions(newest?.version ?? NO_VERSION, release.base ?? NO_VERSION) === 0;
      const winner = same ?? (followsNewest ? undefined : newest);
      if (winner !== undefined) return { kind: 'lost', release: winner };
      const stored: Release = { ...release, createdAt: new Date(0) };
      releases.push(stored);
      releases.sort((a, b) => compareVersions(a.version, b.version));
      await this.after('insert');
      return { kind: 'inserted', release: stored };
    },
    newest: async (scope) => {
      await this.#enter('newest');
      const answer = this.#rows(scope).releases.at(-1);
      await this.after('newest');
      return answer;
    },
    get: async (scope, version) => {
      await this.#enter('get');
      return this.#rows(scope).releases.find((release) => compareVersions(release.version, version) === 0);
    },
    list: () => assert.fail('not used by publishing'),
    find: () => assert.fail('not used by publishing'),
    differences: () => assert.fail('not used by publishing'),
    lastChanges: () => assert.fail('not used by publishing'),
  };

  readonly changes: ChangeReader = {
    readChangesSince: async (scope, version, limit) => {
      await this.#enter('readChangesSince');
      return this.#rows(scope).changes.filter((change) => compareVersions(change.version, version) > 0).slice(0, limit);
    },
    readLeavesBetween: async (scope, after, upTo, mostRows) => {
      await this.#enter('readLeavesBetween');
      const rows = this.#rows(scope).changes.filter((change) => compareVersions(change.version, after) > 0 && compareVersions(change.version, upTo) <= 0);
      return rows.length > mostRows ? [] : [...new Map(rows.map((row) => [`${row.kind}/${row.id}`, row])).values()];
    },
    readAllLeaves: async (scope, onBatch) => {
      await this.#enter('readAllLeaves');
      const { head, leaves } = this.#rows(scope);
      const batch = [...leaves.values()];
      for (let start = 0; start < batch.length; start += 100) await onBatch(batch.slice(start, start + 100));
      return head;
    },
  };

  readonly ahead = { find: () => Promise.resolve(undefined) };
  readonly alarms = { raise: () => undefined, settle: () => undefined };

  readonly signingKeys: SigningKeyStore = {
    insertKey: async (key) => {
      await this.#enter('insertKey');
      if (this.#keys.some((other) => other.purpose === key.purpose && other.keyId === key.keyId)) return false;
      this.#keys.push({ ...key, createdAt: new Date(0), retiredAt: undefined });
      return true;
    },
    listKeys: async (purpose, scope) => {
      await this.#enter('listKeys');
      return this.#keys.filter((key) => key.purpose === purpose && key.scope?.gatewayId === scope?.gatewayId);
    },
    addKey: () => assert.fail('not used by publishing'),
    retireKey: () => assert.fail('not used by publishing'),
    storeStatements: () => assert.fail('not used by publishing'),
    listCertifiedBy: () => assert.fail('not used by publishing'),
    listGateways: () => assert.fail('not used by publishing'),
    insertStatement: async (kind, scope, ordinal, statement) => {
      await this.#enter('insertStatement');
      const gatewayId = scope?.gatewayId;
      if (this.#statements.some((other) => other.kind === kind && other.gatewayId === gatewayId && other.ordinal === ordinal)) return false;
      this.#statements.push({ kind, gatewayId, ordinal, statement });
      return true;
    },
    listStatements: async (kind, scope) => {
      await this.#enter('listStatements');
      return this.#statements.filter((other) => other.kind === kind && other.gatewayId === scope?.gatewayId);
    },
    listContentKeys: async () => {
      await this.#enter('listContentKeys');
      return [{ keyId: 1, key: Buffer.alloc(32, 7) }];
    },
  };

  #rows(scope: GatewayScope): GatewayRows {
    const rows = this.#gateways.get(scope.gatewayId);
    assert.ok(rows !== undefined && rows.scope.tenantId === scope.tenantId);
    return rows;
  }

  #moveHead(rows: GatewayRows, head: ConfigVersion): void {
    assert.ok(compareVersions(head, rows.head) > 0 && compareVersions(head, NO_VERSION) > 0);
    rows.head = head;
    for (const listener of this.#listeners) listener.onHead(rows.scope, head);
  }

  async #enter(method: string): Promise<void> {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    await this.before(method);
  }
}
