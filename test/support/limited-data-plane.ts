/**
 * What of a data plane limits requests, in this process: real proxy threads on a port, the counters that they share, and the exchange
 * of counts with a control plane's desk, through the bytes of the wire. Without enrolment, cache and database.
 */
import { randomBytes } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { CountDesk, CountingSession } from '../../control-plane/cluster-counters/count-desk.ts';
import { CountExchange } from '../../data-plane/cluster-counters/count-exchange.ts';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';
import type { ConfigContent } from '../../data-plane/config/config-content.ts';
import { packChanges } from '../../data-plane/config/packed-changes.ts';
import { allocateCounterTable, SharedCounterTable } from '../../data-plane/counters/shared-counter-table.ts';
import { makeDefaultCertificate } from '../../data-plane/listeners/default-certificate.ts';
import { downstreamTlsOf, listenersOf } from '../../data-plane/listeners/listen-settings.ts';
import { dataPlaneSettings } from '../../data-plane/settings.ts';
import { ProxyPool } from '../../data-plane/threads/proxy-pool.ts';
import { createWorkerStarter } from '../../data-plane/threads/proxy-worker.ts';
import { assert, defined } from '../../shared/assert.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, parseId, type DataPlaneId, type EntityId, type GatewayId } from '../../shared/model/ids.ts';
import { parseSettings } from '../../shared/settings.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import type { Counts } from '../../shared/wire/sync-message.ts';
import { CONTENT_KEYS } from './config-content.ts';

export interface LimitedDataPlane {
  readonly port: number;
  /** Puts these entities besides those that are there, in all threads. */
  serve(changes: readonly EntityChange[]): Promise<void>;
  stop(): void;
}

export function startLimitedDataPlane(desk: CountDesk, gatewayId: GatewayId, threads: number): LimitedDataPlane {
  const environment = { HOLDFAST_PROXY_LISTEN: '127.0.0.1:0', HOLDFAST_PROXY_TLS_LISTEN: 'off', HOLDFAST_OVERLOAD_DELAY: '60s' };
  const settings = parseSettings(dataPlaneSettings, { environment, arguments: [], readFile: () => '', workingFolder: '/' });
  const listeners = listenersOf(settings);
  const { log } = createMemoryLogger('data-plane');
  const memory = allocateCounterTable(1_024);
  const counters = new SharedCounterTable(memory, { threadId, clock: systemClock });
  const exchange = new CountExchange({ counters, clock: systemClock, log });
  const ticketKeys = randomBytes(48);
  const pool = new ProxyPool({
    threads, clock: systemClock, random: Math.random, log, threadLog: () => log,
    ports: listeners.map(({ port }) => port),
    ticketKeys: () => ticketKeys,
    startWorker: createWorkerStarter({ settings, listeners, tls: downstreamTlsOf(settings, makeDefaultCertificate(Date.now(), new Uint8Array(16))), softwareVersion: '0.1.0', plugins: [], counters: memory, node: () => ({ dataPlaneId: 'd', gatewayId, hostname: 'h', softwareVersion: '0.1.0', labels: {} }) }),
    prepareTimeoutMs: 30_000,
    contentKeys: () => CONTENT_KEYS,
    onTelemetryTable: () => undefined,
    onClusterCounts: (windows) => exchange.counted(windows),
    onThreadGone: (goneId) => counters.releaseLocksOf(goneId),
    onCrash: () => undefined,
    onListenFailed: (reason) => assert(false, reason),
  });
  const session: CountingSession = { identity: { gatewayId, dataPlaneId: newId<DataPlaneId>() }, bootId: newId(), sendCounts: (counts) => exchange.heard(throughWire(gatewayId, counts)) };
  desk.join(session);
  exchange.connected((counts) => desk.take(session, throughWire(gatewayId, counts)));
  pool.start();
  let active: ConfigContent | undefined;
  return {
    get port() { return pool.ports[0] ?? 0; },
    async serve(changes) {
      active = contentAfter(active, changes);
      const { kind } = await pool.prepare(active);
      assert(kind === 'prepared', 'the configuration is taken');
      await pool.commit();
    },
    stop() {
      exchange.stop();
      pool.stop();
    },
  };
}

function throughWire(gatewayId: GatewayId, message: Counts): Counts {
  const decoded = decodeFrame(encodeFrame({ gatewayId, message })).message;
  assert(decoded.kind === 'counts', 'counts stay counts');
  return decoded;
}

/** As verification leaves it. */
function contentAfter(base: ConfigContent | undefined, changes: readonly EntityChange[]): ConfigContent {
  const packed = packChanges(changes.map(({ kind, id, bytes }) => {
    const entityId = defined(parseId<EntityId>(id), 'an id');
    return bytes === undefined ? { op: 'delete', kind, id: entityId } : { op: 'put', kind, id: entityId, entity: bytes };
  }));
  const sequence = (base?.version.sequence ?? 0) + 1;
  return {
    version: { epoch: 1, sequence },
    contentRoot: String(sequence).padStart(64, '0'),
    tree: new ContentTree(),
    parts: [...(base?.parts ?? []), packed],
    change: base === undefined ? undefined : { base, packed },
    proof: { manifestStatement: '', epochStatement: '', rootStatements: [], delegationStatement: '' },
  };
}
