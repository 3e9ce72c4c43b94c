/**
 * Rules of alerts and what they are met by, per gateway. Rules are written with the app's role; looks run for all tenants with the publisher's:
 * whoever claims a rule looks, and a change of state is stored in one transaction with the messages that tell of it.
 */
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { nextStates, type AlertEvent, type AlertRuleContent, type AlertState, type Finding } from '../alerts/alert-rule.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor, GatewayScope } from './scope.ts';
import { storableText } from './storable-text.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface AlertRule extends AlertRuleContent, GatewayScope {
  readonly id: string;
  /** Counts its changes. */
  readonly revision: number;
  /** Why the last look could not be taken. */
  readonly failure: string | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface FleetMember {
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly connected: boolean;
  readonly lastSeenAt: Date | undefined;
  readonly enrolledAt: Date;
  readonly certificateNotAfter: Date;
}

export interface OpenAlarmOfGateway {
  readonly code: string;
  readonly dataPlaneId: DataPlaneId | undefined;
  readonly detail: string;
  readonly times: number;
}

/** What rules of the fleet look at; not of revoked data planes. */
export interface AlertFleet {
  members(scope: GatewayScope): Promise<readonly FleetMember[]>;
  openAlarms(scope: GatewayScope): Promise<readonly OpenAlarmOfGateway[]>;
}

export interface StandingAlert extends AlertState {
  readonly rule: Pick<AlertRule, 'id' | 'name' | 'kind' | 'severity'>;
}

export interface AlertStore extends AlertFleet {
  create(scope: GatewayScope, content: AlertRuleContent, actor: Actor): Promise<Stored<AlertRule>>;
  list(scope: GatewayScope): Promise<readonly AlertRule[]>;
  /** By id or name. */
  find(scope: GatewayScope, named: string): Promise<AlertRule | undefined>;
  /** What was met by the old one is forgotten: the next look finds it anew. */
  replace(scope: GatewayScope, id: string, content: AlertRuleContent, actor: Actor): Promise<Stored<AlertRule>>;
  remove(scope: GatewayScope, id: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** Pending and firing ones, the longest standing first. */
  standing(scope: GatewayScope): Promise<readonly StandingAlert[]>;
  /** Rules whose look is due, of all tenants; nobody else is given them before `everyMs` is over. */
  claim(limit: number, everyMs: number): Promise<readonly AlertRule[]>;
  /** What a look found. Gives the events that it made: their messages are stored. Nothing where the rule was changed or removed meanwhile. */
  apply(rule: AlertRule, findings: readonly Finding[], message: (event: AlertEvent, eventId: string) => string): Promise<readonly AlertEvent[]>;
  lookFailed(rule: AlertRule, reason: string): Promise<void>;
}

interface RuleRow {
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId;
  readonly id: string;
  readonly content: AlertRuleContent;
  readonly revision: number;
  readonly failure: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

interface StateRow {
  readonly subject: string;
  readonly state: 'pending' | 'firing';
  readonly since: Date;
  readonly fired_at: Date | null;
  readonly told_at: Date | null;
  readonly value: number;
  readonly detail: string;
}

const COLUMNS = 'tenant_id, gateway_id, id, content, revision, failure, created_at, updated_at';
const STATE_COLUMNS = 'subject, state, since, fired_at, told_at, value, detail';
/** Of one gateway (R5). */
const MOST_RULES = 200;
/** Messages of one tenant on their way; what would be more is not told, and said so in the log. */
const MOST_WAITING = 5_000;

export function createAlertStore(database: Database, clock: Clock): AlertStore {
  const app = ({ tenantId }: GatewayScope, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const now = (): Date => new Date(clock.nowMs());
  const everything = (mode: 'snapshot' | 'write') => ({ role: 'holdfast_publisher', mode }) as const;
  return {
    async create(scope, content, actor) {
      const refusal = refuseName(content.name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const id = newId(clock.nowMs());
      return database.transaction(app(scope, 'write'), async (transaction): Promise<Stored<AlertRule>> => {
        const [row] = await transaction.query<RuleRow>(
          `INSERT INTO alert_rules (tenant_id, gateway_id, id, name, content, enabled, due_at)
           SELECT $1, $2, $3, $4, $5::jsonb, $6, $7 WHERE (SELECT count(*) FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2) < ${MOST_RULES} ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          [scope.tenantId, scope.gatewayId, id, content.name, JSON.stringify(content), content.enabled, now()],
        );
        if (row === undefined) return { kind: 'name-refused', message: `must be unique, and a gateway has at most ${MOST_RULES} rules: "${content.name}" is taken, or there are as many` };
        await addAuditRow(transaction, { ...scope, actor, action: 'create', subjectKind: 'alert_rules', subjectId: id, details: shown(content) });
        return { kind: 'stored', value: toRule(row) };
      });
    },

    list: async (scope) => (await database.query<RuleRow>(app(scope, 'snapshot'), `SELECT ${COLUMNS} FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY name`, [scope.tenantId, scope.gatewayId])).map(toRule),

    async find(scope, named) {
      const column = isUuid(named) ? 'id' : 'name';
      if (column === 'name' && refuseName(named) !== undefined) return undefined;
      const [row] = await database.query<RuleRow>(app(scope, 'snapshot'), `SELECT ${COLUMNS} FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 AND ${column} = $3`, [scope.tenantId, scope.gatewayId, named]);
      return row === undefined ? undefined : toRule(row);
    },

    async replace(scope, id, content, actor) {
      const refusal = refuseName(content.name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      return database.transaction(app(scope, 'write'), async (transaction): Promise<Stored<AlertRule>> => {
        const others = await transaction.query('SELECT FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 AND name = $3 AND id <> $4', [scope.tenantId, scope.gatewayId, content.name, id]);
        if (others.length > 0) return { kind: 'name-refused', message: `must be unique: "${content.name}" is taken` };
        const [row] = await transaction.query<RuleRow>(
          `UPDATE alert_rules SET name = $4, content = $5::jsonb, enabled = $6, due_at = $7, revision = revision + 1, failure = NULL, updated_at = clock_timestamp()
           WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 RETURNING ${COLUMNS}`,
          [scope.tenantId, scope.gatewayId, id, content.name, JSON.stringify(content), content.enabled, now()],
        );
        if (row === undefined) return { kind: 'not-found' };
        await addAuditRow(transaction, { ...scope, actor, action: 'update', subjectKind: 'alert_rules', subjectId: id, details: shown(content) });
        return { kind: 'stored', value: toRule(row) };
      });
    },

    remove: (scope, id, actor) =>
      database.transaction(app(scope, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const [row] = await transaction.query<{ readonly name: string }>('DELETE FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 RETURNING name', [scope.tenantId, scope.gatewayId, id]);
        if (row === undefined) return { kind: 'not-found' };
        await addAuditRow(transaction, { ...scope, actor, action: 'delete', subjectKind: 'alert_rules', subjectId: id, details: { name: row.name } });
        return undefined;
      }),

    async standing(scope) {
      const rows = await database.query<StateRow & Pick<RuleRow, 'id' | 'content'>>(
        app(scope, 'snapshot'),
        `SELECT r.id, r.content, s.subject, s.state, s.since, s.fired_at, s.told_at, s.value, s.detail FROM alert_states s JOIN alert_rules r ON (r.tenant_id, r.gateway_id, r.id) = (s.tenant_id, s.gateway_id, s.rule_id)
         WHERE s.tenant_id = $1 AND s.gateway_id = $2 AND r.enabled ORDER BY s.state, s.since LIMIT 1000`,
        [scope.tenantId, scope.gatewayId],
      );
      return rows.map(({ id, content: { name, kind, severity }, ...state }) => ({ rule: { id, name, kind, severity }, ...toState(state) }));
    },

    async claim(limit, everyMs) {
      const at = now();
      const rows = await database.query<RuleRow>(
        everything('write'),
        `UPDATE alert_rules SET due_at = $1 WHERE ctid = ANY (ARRAY(
           SELECT r.ctid FROM alert_rules r JOIN gateways g ON g.tenant_id = r.tenant_id AND g.id = r.gateway_id AND g.deleted_at IS NULL
           WHERE r.enabled AND r.due_at <= $2 ORDER BY r.due_at LIMIT $3 FOR UPDATE OF r SKIP LOCKED)) RETURNING ${COLUMNS}`,
        [new Date(at.getTime() + everyMs), at, limit],
      );
      return rows.map(toRule);
    },

    apply: (rule, findings, message) =>
      database.transaction(everything('write'), async (transaction) => {
        const place = [rule.tenantId, rule.gatewayId, rule.id] as const;
        const [same] = await transaction.query('SELECT FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 AND revision = $4 AND enabled FOR KEY SHARE', [...place, rule.revision]);
        if (same === undefined) return [];
        if (rule.failure !== undefined) await transaction.query('UPDATE alert_rules SET failure = NULL WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3', place);
        const before = (await transaction.query<StateRow>(`SELECT ${STATE_COLUMNS} FROM alert_states WHERE tenant_id = $1 AND gateway_id = $2 AND rule_id = $3 FOR UPDATE`, place)).map(toState);
        const { states, events } = nextStates(rule, before, findings, now());
        await keepStates(transaction, place, states);
        for (const event of events) await tell(transaction, rule, event, message, now());
        return events;
      }),

    lookFailed: async (rule, reason) => {
      await database.query(everything('write'), 'UPDATE alert_rules SET failure = $4 WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3', [rule.tenantId, rule.gatewayId, rule.id, storableText(reason.slice(0, 500))]);
    },

    async members(scope) {
      const rows = await database.query<{ readonly id: DataPlaneId; readonly hostname: string; readonly labels: Readonly<Record<string, string>>; readonly connected: boolean; readonly last_seen_at: Date | null; readonly enrolled_at: Date; readonly certificate_not_after: Date }>(
        app(scope, 'snapshot'),
        `SELECT id, hostname, labels, connected, last_seen_at, enrolled_at, certificate_not_after FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 AND revoked_at IS NULL ORDER BY id`,
        [scope.tenantId, scope.gatewayId],
      );
      return rows.map((row) => ({ id: row.id, hostname: row.hostname, labels: row.labels, connected: row.connected, lastSeenAt: row.last_seen_at ?? undefined, enrolledAt: row.enrolled_at, certificateNotAfter: row.certificate_not_after }));
    },

    async openAlarms(scope) {
      const rows = await database.query<{ readonly code: string; readonly data_plane_id: DataPlaneId | null; readonly detail: string; readonly times: number }>(
        app(scope, 'snapshot'), 'SELECT code, data_plane_id, detail, times FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND cleared_at IS NULL ORDER BY id LIMIT 1000', [scope.tenantId, scope.gatewayId]);
      return rows.map(({ data_plane_id: dataPlaneId, ...alarm }) => ({ ...alarm, dataPlaneId: dataPlaneId ?? undefined }));
    },
  };
}

async function keepStates(transaction: Transaction, place: readonly [string, string, string], states: readonly AlertState[]): Promise<void> {
  await transaction.query('DELETE FROM alert_states WHERE tenant_id = $1 AND gateway_id = $2 AND rule_id = $3 AND subject <> ALL ($4::text[])', [...place, states.map(({ subject }) => subject)]);
  if (states.length === 0) return;
  await transaction.query(
    `INSERT INTO alert_states (tenant_id, gateway_id, rule_id, subject, state, since, fired_at, told_at, value, detail)
     SELECT $1, $2, $3, s.* FROM unnest($4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::float8[], $10::text[]) AS s
     ON CONFLICT (tenant_id, gateway_id, rule_id, subject) DO UPDATE SET state = excluded.state, since = excluded.since, fired_at = excluded.fired_at, told_at = excluded.told_at, value = excluded.value, detail = excluded.detail`,
    [
      ...place, states.map(({ subject }) => storableText(subject)), states.map(({ state }) => state), states.map(({ since }) => since), states.map(({ firedAt }) => firedAt ?? null), states.map(({ toldAt }) => toldAt ?? null),
      states.map(({ value }) => value), states.map(({ detail }) => storableText(detail)),
    ],
  );
}

/** One message for each webhook that the rule names and that is there; how many are on their way is bounded. */
async function tell(transaction: Transaction, rule: AlertRule, event: AlertEvent, message: (event: AlertEvent, eventId: string) => string, at: Date): Promise<void> {
  const eventId = newId(at.getTime());
  const { waiting } = onlyRow(await transaction.query<{ readonly waiting: number }>('SELECT count(*)::integer AS waiting FROM webhook_deliveries WHERE tenant_id = $1 AND due_at IS NOT NULL', [rule.tenantId]));
  if (waiting >= MOST_WAITING) return;
  await transaction.query(
    `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, body, created_at, due_at)
     SELECT $1, id, $2, $3, $4, $4 FROM webhooks WHERE tenant_id = $1 AND enabled AND ($5::text[] = '{}' OR name = ANY ($5::text[]))`,
    [rule.tenantId, eventId, storableText(message(event, eventId)), at, rule.webhooks],
  );
}

function toRule(row: RuleRow): AlertRule {
  return { ...row.content, tenantId: row.tenant_id, gatewayId: row.gateway_id, id: row.id, revision: row.revision, failure: row.failure ?? undefined, createdAt: row.created_at, updatedAt: row.updated_at };
}

function toState(row: StateRow): AlertState {
  return { subject: row.subject, state: row.state, since: row.since, firedAt: row.fired_at ?? undefined, toldAt: row.told_at ?? undefined, value: row.value, detail: row.detail };
}

function shown({ name, kind, threshold, severity, enabled, webhooks }: AlertRuleContent) {
  return { name, kind, threshold, severity, enabled, webhooks: [...webhooks] };
}
