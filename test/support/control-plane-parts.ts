/**
 * The publishing and sync half of a control plane in this process, on a real database, with a real TLS server on a free
 * port: what main.ts puts together, for tests that speak to it over the wire.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { AlarmDesk } from '../../control-plane/alarms/alarm-desk.ts';
import { loadAuthority, type CertificateAuthorities } from '../../control-plane/enrolment/load-authority.ts';
import { createJoinTokenMaker, type JoinTokenOptions } from '../../control-plane/enrolment/join-tokens.ts';
import { startPublisher, type Publisher } from '../../control-plane/publish/publisher.ts';
import { loadSigningMaterial, type SigningMaterial } from '../../control-plane/publish/signing-material.ts';
import type { GatewayScope } from '../../control-plane/store/scope.ts';
import type { Store } from '../../control-plane/store/store.ts';
import { startSyncServer, type SyncServer, type SyncServerOptions } from '../../control-plane/sync/sync-server.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { parseJoinToken, type JoinToken } from '../../shared/trust/join-token.ts';
import { enrol, type Credentials } from './sync-client.ts';
import { TEST_ACTOR } from './store-scene.ts';

export interface ControlPlaneParts {
  readonly port: number;
  readonly server: SyncServer;
  readonly publisher: Publisher;
  readonly signing: SigningMaterial;
  readonly authority: CertificateAuthorities;
  readonly trustDomain: string;
  readonly lines: () => readonly string[];
  /** A join token for a gateway of the store. */
  joinToken(scope: GatewayScope, options?: Partial<JoinTokenOptions>): Promise<JoinToken>;
  /** A new data plane of a gateway. */
  enrol(scope: GatewayScope, options?: Partial<JoinTokenOptions>): Promise<Credentials>;
  /** Idempotent. */
  stop(): Promise<void>;
}

const TRUST_DOMAIN = 'holdfast.test';
/** One root key file for all instances of the process, as instances of one installation share theirs. */
const folder = mkdtempSync(join(tmpdir(), 'holdfast-sync-'));
after(() => rmSync(folder, { recursive: true, force: true }));

export async function startControlPlaneParts(store: Store, over: Partial<SyncServerOptions> = {}): Promise<ControlPlaneParts> {
  const { log, lines } = createMemoryLogger('control-plane');
  const clock = over.clock ?? systemClock;
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'root-key.pem'), clock, log });
  const authority = await loadAuthority({ signingKeys: store.signingKeys, files: undefined, clock, log });
  const alarms = new AlarmDesk({ store: store.alarms, clock, log });
  const publisher = await startPublisher({
    releases: store.releases, changes: store.changes, ahead: store.ahead, alarms, signing, clock, log, random: Math.random,
    listenForChanges: (listener) => store.listenForChanges(listener), transferCacheBytes: 64 * 1024 * 1024,
  });
  const server = await startSyncServer({
    listen: { host: '127.0.0.1', port: 0 }, serverNames: ['127.0.0.1', 'localhost'], trustDomain: TRUST_DOMAIN, authority, publisher,
    signing, dataPlanes: store.dataPlanes, releases: store.releases, contentKeys: store.signingKeys,
    shareCounts: (listener) => store.shareCounts(listener), ingest: () => Promise.resolve(), alarms, certificateLifetimeMs: 30 * 86_400_000, softwareVersion: '0.1.0', clock, random: Math.random, log, admission: { perSecond: 1_000, atOnce: 256 }, ...over,
  });
  const maker = createJoinTokenMaker({
    joinTokens: store.joinTokens, urls: [`https://127.0.0.1:${server.port}`], caFingerprint: () => authority.fingerprint, rootFingerprint: async (scope) => (await signing.trustFor(scope)).rootSet.fingerprint, clock,
  });
  const joinToken = async (scope: GatewayScope, options: Partial<JoinTokenOptions> = {}) =>
    parseJoinToken((await maker.create(scope, { uses: 1, ttlMs: 3_600_000, labels: {}, ...options }, TEST_ACTOR)).text);
  let stopping: Promise<void> | undefined;
  return {
    port: server.port, server, publisher, signing, authority, trustDomain: TRUST_DOMAIN, lines, joinToken,
    enrol: async (scope, options) => enrol(server.port, await joinToken(scope, options)),
    stop: () =>
      (stopping ??= (async () => {
        await server.stop();
        await publisher.stop();
        await alarms.stop();
      })()),
  };
}
