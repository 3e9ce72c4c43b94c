/**
 * `/v1/data-planes`: the fleet of a gateway as its sessions report it. Labels come from here or from the join token, never
 * from a data plane itself; revoking one cuts its live connection.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type DataPlaneId } from '../../../shared/model/ids.ts';
import type { DataPlane, Rejection } from '../../store/data-plane.ts';
import type { Store } from '../../store/store.ts';
import { notFound, ok, type Answer } from '../answer.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { refuseProblem } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { checkLabelCount, labelsField, showTime, showVersion } from './own-values.ts';

/**
 * A session says "seen" at least every 30 s. A control plane that was killed can't say "gone", so who was not seen for
 * this long is not connected.
 */
const GONE_AFTER_MS = 60_000;

const operation = ownOperation<GatewayRequest>();

export function dataPlaneRoutes(store: Pick<Store, 'dataPlanes'>, clock: Clock): readonly Route[] {
  const show = (dataPlane: DataPlane): JsonObject => showDataPlane(dataPlane, clock.nowMs());
  const find = async (request: GatewayRequest): Promise<DataPlane> => {
    const id = parseId<DataPlaneId>(param(request, 'id'));
    const dataPlane = id === undefined ? undefined : await store.dataPlanes.get(request.gateway, id);
    if (dataPlane === undefined) throw notFound();
    return dataPlane;
  };
  const answer = async (request: GatewayRequest): Promise<Answer> => ok(show(await find(request)));
  return [
    gatewayRoute('/v1/data-planes', {
      GET: operation({
        access: 'read',
        summary: 'List the data planes of a gateway with what they serve',
        handle: async ({ gateway }) => ok({ data: (await store.dataPlanes.list(gateway)).map(show), next: null }),
      }),
    }),
    gatewayRoute('/v1/data-planes/:id', {
      GET: operation({ access: 'read', summary: 'Read a data plane', handle: answer }),
      PATCH: operation({
        access: 'write',
        summary: 'Replace the labels of a data plane',
        body: [{ ...labelsField, required: true }],
        handle: async (request, { labels }) => {
          checkLabelCount(labels);
          const problem = await store.dataPlanes.setLabels(request.gateway, (await find(request)).id, labels, request.actor);
          if (problem !== undefined) throw refuseProblem(problem, 'data-planes');
          return answer(request);
        },
      }),
    }),
    gatewayRoute('/v1/data-planes/:id/revoke', {
      POST: operation({
        access: 'write',
        summary: 'Revoke a data plane for good: its certificate is refused from now on',
        body: [{ name: 'reason', tag: 1, type: { kind: 'string', maxLength: 500 }, default: 'not given', description: 'For the audit.' }],
        handle: async (request, { reason }) => {
          const problem = await store.dataPlanes.revoke(request.gateway, (await find(request)).id, reason, request.actor);
          if (problem !== undefined) throw refuseProblem(problem, 'data-planes');
          return answer(request);
        },
      }),
    }),
  ];
}

function showDataPlane(dataPlane: DataPlane, nowMs: number): JsonObject {
  return {
    id: dataPlane.id,
    hostname: dataPlane.hostname,
    labels: dataPlane.labels,
    software_version: dataPlane.softwareVersion,
    enrolled_at: showTime(dataPlane.enrolledAt),
    connected: dataPlane.connected && nowMs - (dataPlane.lastSeenAt?.getTime() ?? 0) < GONE_AFTER_MS,
    last_seen_at: showTime(dataPlane.lastSeenAt),
    desired_version: showVersion(dataPlane.desired),
    applied_version: showVersion(dataPlane.applied),
    applied_at: showTime(dataPlane.appliedAt),
    ahead_version: dataPlane.ahead !== undefined && dataPlane.applied.epoch <= dataPlane.ahead.epoch ? showVersion(dataPlane.ahead) : null,
    content_root: dataPlane.appliedRoot === undefined ? null : Buffer.from(dataPlane.appliedRoot).toString('hex'),
    rejection: dataPlane.rejection === undefined ? null : showRejection(dataPlane.rejection),
    quarantined: dataPlane.quarantined.map(({ kind, id, code, reason }) => ({ kind, id, code, reason })),
    certificate: {
      serial: dataPlane.certificate.serial,
      fingerprint: Buffer.from(dataPlane.certificate.fingerprint).toString('hex'),
      not_after: showTime(dataPlane.certificate.notAfter),
    },
    revoked_at: showTime(dataPlane.revokedAt),
    revocation_reason: dataPlane.revocationReason ?? null,
  };
}

function showRejection({ code, reasons, epoch, sequence }: Rejection): JsonObject {
  return { code, reasons, version: showVersion({ epoch, sequence }) };
}
