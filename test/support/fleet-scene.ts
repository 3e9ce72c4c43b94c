/**
 * A fleet in the database without any process: data planes that enrolled, and what their sessions would have reported. For
 * tests of what is read from there.
 */
import { randomUUID } from 'node:crypto';
import type { DataPlaneReport } from '../../control-plane/store/data-plane-reports.ts';
import type { GatewayScope } from '../../control-plane/store/scope.ts';
import type { Store } from '../../control-plane/store/store.ts';
import { defined } from '../../shared/assert.ts';
import { newId, type DataPlaneId, type EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { TEST_ACTOR } from './store-scene.ts';

const ROOT = Buffer.alloc(32, 1);

export class FleetScene {
  readonly #store: Store;
  readonly #scope: GatewayScope;
  readonly #sessions = new Map<DataPlaneId, string>();

  constructor(store: Store, scope: GatewayScope) {
    this.#store = store;
    this.#scope = scope;
  }

  /** A new data plane, connected and seen just now where `report` does not say otherwise. */
  async enrol(hostname: string, labels: Readonly<Record<string, string>> = {}, report: DataPlaneReport = {}, sessionAgeMs = 0): Promise<DataPlaneId> {
    const { token, secret } = await this.#store.joinTokens.create(this.#scope, { uses: 1, expiresAt: new Date(Date.now() + 86_400_000), labels }, TEST_ACTOR);
    const certificate = { serial: 'AB12', fingerprint: Buffer.alloc(32, 1), notAfter: new Date('2027-01-01T00:00:00Z') };
    const { id } = defined(await this.#store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname, certificate })), 'the enrolled data plane');
    await this.report(id, { connected: true, lastSeenAt: new Date(), ...report }, sessionAgeMs);
    return id;
  }

  /** As its session would. */
  async report(id: DataPlaneId, report: DataPlaneReport, sessionAgeMs = 0): Promise<void> {
    await this.#store.dataPlanes.report([{ tenantId: this.#scope.tenantId, gatewayId: this.#scope.gatewayId, dataPlaneId: id, sessionId: this.sessionOf(id), sessionAgeMs, report }]);
  }

  /** The id of its one session. */
  sessionOf(id: DataPlaneId): string {
    const sessionId = this.#sessions.get(id) ?? randomUUID();
    this.#sessions.set(id, sessionId);
    return sessionId;
  }

  revoke(id: DataPlaneId): Promise<unknown> {
    return this.#store.dataPlanes.revoke(this.#scope, id, 'test', TEST_ACTOR);
  }

  /** A release after the newest, as the publisher would store it; returns its time. */
  async publish(sequence: number): Promise<Date> {
    const base = await this.#store.releases.newest(this.#scope);
    const { release } = await this.#store.releases.insert(this.#scope, { version: version(sequence), base: base?.version, manifestStatement: 'statement', contentRoot: ROOT, entityCount: 1, author: 'admin' });
    return release.createdAt;
  }
}

/** Of the first epoch. */
export function version(sequence: number): ConfigVersion {
  return { epoch: 1, sequence };
}

/** The report of a version that was applied; `quarantined` are plugins of it that the data plane does not know. */
export function applied(sequence: number, at = new Date(), quarantined: readonly EntityId[] = []): DataPlaneReport {
  return { applied: { version: version(sequence), root: ROOT, at, tookMs: 7, quarantined: quarantined.map((id) => ({ kind: 'plugins', id, code: 'CONFIG_PLUGIN_UNKNOWN', reason: 'no such plugin' })) } };
}
