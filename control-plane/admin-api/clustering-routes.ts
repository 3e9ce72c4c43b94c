/**
 * `/clustering/data-planes` and `/clustering/status`: the fleet in Kong's words, for clients that read it there. Our own
 * answer, which says more, is `/v1/data-planes`.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { DataPlane } from '../store/data-plane.ts';
import type { Store } from '../store/store.ts';
import { ok } from './answer.ts';
import { gatewayRoute, read, type Route } from './route.ts';

/** Kong's for "has no configuration yet". */
const EMPTY_HASH = '0'.repeat(32);

export function clusteringRoutes(store: Pick<Store, 'dataPlanes'>): readonly Route[] {
  const unrevoked = async (scope: Parameters<Store['dataPlanes']['list']>[0]): Promise<readonly DataPlane[]> =>
    (await store.dataPlanes.list(scope)).filter((dataPlane) => dataPlane.revokedAt === undefined);
  return [
    gatewayRoute('/clustering/data-planes', {
      GET: read('data-planes', async ({ gateway }) => ok({ data: (await unrevoked(gateway)).map((dataPlane) => ({ id: dataPlane.id, ...showDataPlane(dataPlane) })), next: null }), "List data planes in Kong's form"),
    }),
    gatewayRoute('/clustering/status', {
      GET: read('data-planes', async ({ gateway }) => ok(Object.fromEntries((await unrevoked(gateway)).map((dataPlane) => [dataPlane.id, showDataPlane(dataPlane)]))), "Read the state of data planes in Kong's form, by id"),
    }),
  ];
}

function showDataPlane(dataPlane: DataPlane): JsonObject {
  return {
    hostname: dataPlane.hostname,
    version: dataPlane.softwareVersion,
    labels: dataPlane.labels,
    last_seen: seconds(dataPlane.lastSeenAt),
    config_hash: dataPlane.appliedRoot === undefined ? EMPTY_HASH : Buffer.from(dataPlane.appliedRoot).toString('hex').slice(0, EMPTY_HASH.length),
    // Kong knows no other word that says less than `normal` and accuses nobody.
    sync_status: dataPlane.rejection === undefined && dataPlane.appliedRoot !== undefined ? 'normal' : 'unknown',
    cert_details: { expiry_timestamp: seconds(dataPlane.certificate.notAfter) },
  };
}

function seconds(time: Date | undefined): number | null {
  return time === undefined ? null : Math.floor(time.getTime() / 1000);
}
