/**
 * `/v1/retention`: how long the telemetry of the caller's tenant is kept. A tenant may keep less than the installation does, never more:
 * records of single requests have personal data, counts cost room.
 */
import type { Field, JsonObject } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { RETENTION_LEVELS, type RetentionLevel, type RetentionTimes } from '../../store/retention-levels.ts';
import type { OwnRetention, Retention, TenantRetentionStore } from '../../store/tenant-retention-store.ts';
import { ok, schemaViolation } from '../answer.ts';
import { tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';

const operation = ownOperation<AdminRequest>();
const LEAST_SECONDS = 3_600;
const seconds = { kind: 'integer', between: [LEAST_SECONDS, 315_360_000] } as const;
const retentionFields = [
  { name: 'raw', tag: 1, type: seconds, nullable: true, description: 'Seconds for which rows of 10 s are kept; null for as long as the installation does.' },
  { name: 'minutes', tag: 2, type: seconds, nullable: true, description: 'Seconds for which rows of a minute are kept.' },
  { name: 'hours', tag: 3, type: seconds, nullable: true, description: 'Seconds for which rows of an hour are kept.' },
  { name: 'days', tag: 4, type: seconds, nullable: true, description: 'Seconds for which rows of a day are kept.' },
  { name: 'records', tag: 5, type: seconds, nullable: true, description: 'Seconds for which records of single requests are kept.' },
] as const satisfies readonly Field[];

export function retentionRoutes(store: { readonly retention: TenantRetentionStore }): readonly Route[] {
  return [
    tenantRoute('/v1/retention', {
      GET: operation({
        permission: { on: 'retention', verb: 'read' },
        summary: 'Show how long the telemetry of your tenant is kept',
        handle: async ({ caller }) => ok(show(await store.retention.get(caller.tenantId))),
      }),
      PATCH: operation({
        permission: { on: 'retention', verb: 'update' },
        summary: 'Keep telemetry of your tenant for a shorter time than the installation does; what is not sent stays, null takes it back',
        body: retentionFields,
        handle: async (request, input) => {
          const { tenantId } = request.caller;
          const before = await store.retention.get(tenantId);
          const sent = request.body.kind === 'json' && isJsonObject(request.body.value) ? request.body.value : {};
          const next = (level: RetentionLevel): number | undefined => {
            const value = input[level];
            return value === null ? (Object.hasOwn(sent, level) ? undefined : before.own[level]) : value * 1000;
          };
          const own: OwnRetention = { raw: next('raw'), minutes: next('minutes'), hours: next('hours'), days: next('days'), records: next('records') };
          refuseLonger(own, before);
          return ok(show(await store.retention.set(tenantId, own, request.actor)));
        },
      }),
    }),
  ];
}

function refuseLonger(own: OwnRetention, { installation }: Retention): void {
  const problems = RETENTION_LEVELS.filter((level) => (own[level] ?? 0) > installation[level]).map((level) => ({ field: level, message: `must be at most ${installation[level] / 1000}, as long as this installation keeps it` }));
  if (problems.length > 0) throw schemaViolation(problems);
}

/** Seconds. */
function show({ installation, own, inForce }: Retention): JsonObject {
  const inSeconds = (times: RetentionTimes | OwnRetention): JsonObject => Object.fromEntries(RETENTION_LEVELS.map((level) => [level, times[level] === undefined ? null : times[level] / 1000]));
  return { in_force: inSeconds(inForce), own: inSeconds(own), installation: inSeconds(installation) };
}
