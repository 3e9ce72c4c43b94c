/**
 * `/v1/data-planes`: the fleet of a gateway as its sessions report it. Labels come from here or from the join token, never
 * from a data plane itself; revoking one cuts its live connection.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type DataPlaneId } from '../../../shared/model/ids.ts';
import { compareVersions, type ConfigVersion } from '../../../shared/model/version.ts';
import { GONE_AFTER_MS } from '../../store/convergence-store.ts';
import type { QuarantinedEntity, Rejection } from '../../store/data-plane.ts';
import { QUARANTINED_LISTED, type ListedDataPlane } from '../../store/fleet-page-store.ts';
import type { QuarantineEntry } from '../../store/quarantine-store.ts';
import type { Store } from '../../store/store.ts';
import type { VersionCount } from '../../store/version-counts.ts';
import { invalidQuery, notFound, ok, type Answer } from '../answer.ts';
import { MAX_PAGE_SIZE, pageAnswer, parsePageSize } from '../list-query.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { refuseProblem } from '../store-refusal.ts';
import { showAlarm } from './alarm-routes.ts';
import { ownOperation } from './own-operation.ts';
import { checkLabelCount, labelsField, showTime, showVersion } from './own-values.ts';
import { SELECTOR_HELP, selectorOf } from './parse-label-selector.ts';
import { showSource } from './quarantine-routes.ts';

/** The last ones of a data plane, cleared or not. */
const ALARMS_SHOWN = 20;

const operation = ownOperation<GatewayRequest>();

export function dataPlaneRoutes(store: Pick<Store, 'dataPlanes' | 'fleet' | 'telemetry' | 'quarantine' | 'alarms'>, clock: Clock): readonly Route[] {
  const find = async (request: GatewayRequest): Promise<ListedDataPlane> => {
    const id = parseId<DataPlaneId>(param(request, 'id'));
    const dataPlane = id === undefined ? undefined : await store.fleet.get(request.gateway, id);
    if (dataPlane === undefined) throw notFound();
    return dataPlane;
  };
  const answer = async (request: GatewayRequest): Promise<Answer> => {
    const dataPlane = await find(request);
    const { gateway } = request;
    const [counts, quarantined, alarms] = await Promise.all([
      store.telemetry.versionCounts(gateway, dataPlane.id),
      dataPlane.quarantined.length === 0 ? [] : store.quarantine.list(gateway, { limit: MAX_PAGE_SIZE, dataPlaneId: dataPlane.id }),
      store.alarms.list(gateway, { cleared: true, limit: ALARMS_SHOWN, dataPlaneId: dataPlane.id }),
    ]);
    return ok({
      ...showDataPlane(dataPlane, clock.nowMs()),
      quarantined: dataPlane.quarantined.map((entity) => showQuarantined(entity, quarantined)),
      requests_by_version: countsToShow(counts, dataPlane.applied).map(showCount),
      alarms: alarms.map(showAlarm),
    });
  };
  return [
    gatewayRoute('/v1/data-planes', {
      GET: operation({
        permission: { on: 'data-planes', verb: 'read' },
        summary: `List the data planes of a gateway with what they serve, and of what each quarantined the first ${QUARANTINED_LISTED}`,
        query: [
          { name: 'selector', description: SELECTOR_HELP },
          { name: 'size', description: 'Data planes per page, 1 to 1000; 100 where not given.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: async (request) => {
          const size = parsePageSize(request.query);
          const after = parseOffset(request.query);
          const found = await store.fleet.list(request.gateway, { selector: selectorOf(request.query), limit: size + 1, ...(after === undefined ? {} : { after }) });
          const page = found.slice(0, size);
          return pageAnswer(request, page.map((dataPlane) => showDataPlane(dataPlane, clock.nowMs())), found.length > size ? page.at(-1)?.id : undefined);
        },
      }),
    }),
    gatewayRoute('/v1/data-planes/:id', {
      GET: operation({ permission: { on: 'data-planes', verb: 'read' }, summary: 'Read a data plane', handle: answer }),
      PATCH: operation({
        permission: { on: 'data-planes', verb: 'update' },
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
        permission: { on: 'data-planes', verb: 'revoke' },
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

function showDataPlane(dataPlane: ListedDataPlane, nowMs: number): JsonObject {
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
    desired_at: showTime(dataPlane.desiredAt),
    time_to_apply_ms: {
      // From the first frame of the transfer to the swap in the last thread, as the data plane says.
      transfer: dataPlane.appliedTookMs ?? null,
      since_release: dataPlane.appliedAt === undefined || dataPlane.appliedReleasedAt === undefined ? null : Math.max(0, dataPlane.appliedAt.getTime() - dataPlane.appliedReleasedAt.getTime()),
    },
    ahead_version: dataPlane.ahead !== undefined && dataPlane.applied.epoch <= dataPlane.ahead.epoch ? showVersion(dataPlane.ahead) : null,
    content_root: dataPlane.appliedRoot === undefined ? null : Buffer.from(dataPlane.appliedRoot).toString('hex'),
    rejection: dataPlane.rejection === undefined ? null : showRejection(dataPlane.rejection),
    quarantined_count: dataPlane.quarantinedCount,
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

/** With its name and the change that brought it, where they are known. */
function showQuarantined({ kind, id, code, reason }: QuarantinedEntity, entries: readonly QuarantineEntry[]): JsonObject {
  const entry = entries.find((one) => one.kind === kind && one.id === id && one.code === code);
  return { kind, id, name: entry?.name ?? null, code, reason, source: showSource(entry?.source) };
}

/** Of the newest version and of the one that serves, which after a fall-back is much older; of the two newest otherwise. */
function countsToShow(counts: readonly VersionCount[], served: ConfigVersion): readonly VersionCount[] {
  const [newest, ...older] = counts.filter(({ version }) => version.epoch > 0);
  const other = older.find(({ version }) => compareVersions(version, served) === 0) ?? older[0];
  return [newest, other].filter((count) => count !== undefined);
}

function showCount(count: VersionCount): JsonObject {
  return {
    version: showVersion(count.version), requests: count.requests, failed: count.failed, failed_here: count.failedHere, first_at: showTime(count.firstAt), last_at: showTime(count.lastAt),
  };
}

function parseOffset(query: URLSearchParams): DataPlaneId | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  const id = parseId<DataPlaneId>(text);
  if (id === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return id;
}

function showRejection({ code, reasons, epoch, sequence }: Rejection): JsonObject {
  return { code, reasons, version: showVersion({ epoch, sequence }) };
}
