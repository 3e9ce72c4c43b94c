/**
 * Rules of alerts and what they are met by, per gateway. Rules are written with the app's role; looks run for all tenants with the publisher's:
 * whoever claims a rule looks, and a change of state is stored in one transaction with the messages that tell of it (alert-messages.ts).
 */
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { nextStates, type AlertEvent, type AlertRuleContent, type AlertState, type Finding } from '../alerts/alert-rule.ts';
import { alertMessage } from '../alerts/webhook-message.ts';
import { tell } from './alert-messages.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, Transaction } from './database.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor, GatewayScope } from './scope.ts';
import { storableText } from './storable-text.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface AlertRule extends AlertRuleContent, GatewayScope {
  readonly id: string;
  /** Counts its changes. */
  readonly revision: number;
  /** Of the last look that was begun; the number of looks. */
  readonly turn: number;
  /** When the last look was noted. */
  readonly lookedAt: Date | undefined;
  /** Since when it is looked at without a pause; undefined where there never was one. */
  readonly watchedSince: Date | undefined;
  /** Why the last look could not be taken. */
  readonly failure: string | undefined;
  /** What the last look found beyond what can stand. */
  readonly leftOut: number;
  readonly mutedUntil: Date | undefined;
  readonly mutedReason: string | undefined;
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
  /** What stands is what the next look compares with; a disabled rule tells that it is over. */
  replace(scope: GatewayScope, id: string, content: AlertRuleContent, actor: Actor): Promise<Stored<AlertRule>>;
  /** Tells that what stood is over. */
  remove(scope: GatewayScope, id: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** Until then its beginnings are not told; undefined ends it. */
  mute(scope: GatewayScope, id: string, until: Date | undefined, reason: string | undefined, actor: Actor): Promise<Stored<AlertRule>>;
  /** Pending and firing ones, the longest standing first. */
  standing(scope: GatewayScope): Promise<readonly StandingAlert[]>;
  /**
   * Rules of one tenant whose look is due, the tenant's whose rule waits longest, but for those of `exceptTenants`. Nobody else is given them before
   * `everyMs` is over.
   */
  claim(limit: number, everyMs: number, exceptTenants?: readonly TenantId[]): Promise<readonly AlertRule[]>;
  /** A clock that went too far has put looks off for as long: they are due again. */
  putRight(everyMs: number): Promise<void>;
  /**
   * What a look found. Nothing where the rule was changed, removed or disabled meanwhile, or a later look was noted before.
   * Gives the events that it made: their messages are stored, but for `dropped` ones whose webhooks have too many that wait.
   */
  apply(rule: AlertRule, findings: readonly Finding[], message?: (event: AlertEvent, eventId: string) => string): Promise<Noted>;
  lookFailed(rule: AlertRule, reason: string): Promise<void>;
  /** Of all tenants, for `/metrics`. */
  countFiring(): Promise<ReadonlyMap<string, number>>;
}

export interface Noted {
  readonly kind: 'noted' | 'outdated';
  readonly events: readonly AlertEvent[];
  readonly dropped: number;
  readonly leftOut: number;
}

interface RuleRow {
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId;
  readonly id: string;
  readonly content: AlertRuleContent;
  readonly revision: number;
  readonly turn: number;
  readonly looked_at: Date | null;
  readonly watched_since: Date | null;
  readonly failure: string | null;
  readonly left_out: number;
  readonly muted_until: Date | null;
  readonly muted_reason: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

interface StateRow {
  readonly subject: string;
  readonly state: 'pending' | 'firing';
  readonly since: Date;
  readonly fired_at: Date | null;
  readonly told_at: Date | null;
  readonly absent_since: Date | null;
  readonly value: number;
  readonly detail: string;
}

const COLUMNS = 'tenant_id, gateway_id, id, content, revision, turn, looked_at, watched_since, failure, left_out, muted_until, muted_reason, created_at, updated_at';
const STATE_COLUMNS = 'subject, state, since, fired_at, told_at, absent_since, value, detail';
/** Of one gateway (R5). */
const MOST_RULES = 200;
/** A look that is later than this was nobody's fault but ours: all control planes were gone, or the database. */
const PAUSE_MS = 60_000;
const OUTDATED: Noted = { kind: 'outdated', events: [], dropped: 0, leftOut: 0 };

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
        if (!content.enabled) {
          await tellEnd(transaction, toRule(row), now());
          await transaction.query('DELETE FROM alert_states WHERE tenant_id = $1 AND gateway_id = $2 AND rule_id = $3', [scope.tenantId, scope.gatewayId, id]);
        }
        await addAuditRow(transaction, { ...scope, actor, action: 'update', subjectKind: 'alert_rules', subjectId: id, details: shown(content) });
        return { kind: 'stored', value: toRule(row) };
      });
    },

    remove: (scope, id, actor) =>
      database.transaction(app(scope, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const place = [scope.tenantId, scope.gatewayId, id];
        const [row] = await transaction.query<RuleRow>(`SELECT ${COLUMNS} FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 FOR UPDATE`, place);
        if (row === undefined) return { kind: 'not-found' };
        await tellEnd(transaction, toRule(row), now());
        await transaction.query('DELETE FROM alert_rules WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3', place);
        await addAuditRow(transaction, { ...scope, actor, action: 'delete', subjectKind: 'alert_rules', subjectId: id, details: { name: row.content.name } });
        return undefined;
      }),

    mute: (scope, id, until, reason, actor) =>
      database.transaction(app(scope, 'write'), async (transaction): Promise<Stored<AlertRule>> => {
        const [row] = await transaction.query<RuleRow>(
          `UPDATE alert_rules SET muted_until = $4, muted_reason = $5, updated_at = clock_timestamp() WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 RETURNING ${COLUMNS}`,
          [scope.tenantId, scope.gatewayId, id, until ?? null, reason === undefined ? null : storableText(reason)],
        );
        if (row === undefined) return { kind: 'not-found' };
        await addAuditRow(transaction, { ...scope, actor, action: 'mute', subjectKind: 'alert_rules', subjectId: id, details: { name: row.content.name, until: until?.toISOString() ?? null, reason: reason ?? null } });
        return { kind: 'stored', value: toRule(row) };
      }),

    async standing(scope) {
      const rows = await database.query<StateRow & Pick<RuleRow, 'id' | 'content'>>(
        app(scope, 'snapshot'),
        `SELECT r.id, r.content, s.subject, s.state, s.since, s.fired_at, s.told_at, s.absent_since, s.value, s.detail FROM alert_states s JOIN alert_rules r ON (r.tenant_id, r.gateway_id, r.id) = (s.tenant_id, s.gateway_id, s.rule_id)
         WHERE s.tenant_id = $1 AND s.gateway_id = $2 AND r.enabled ORDER BY s.state, s.since LIMIT 1000`,
        [scope.tenantId, scope.gatewayId],
      );
      return rows.map(({ id, content: { name, kind, severity }, ...state }) => ({ rule: { id, name, kind, severity }, ...toState(state) }));
    },

    async claim(limit, everyMs, exceptTenants = []) {
      const at = now();
      const rows = await database.query<RuleRow>(
        everything('write'),
        `WITH first AS (
           SELECT r.tenant_id FROM alert_rules r JOIN gateways g ON g.tenant_id = r.tenant_id AND g.id = r.gateway_id AND g.deleted_at IS NULL
           WHERE r.enabled AND r.due_at <= $2 AND r.tenant_id <> ALL ($4::uuid[]) ORDER BY r.due_at LIMIT 1)
         UPDATE alert_rules SET due_at = $1, turn = turn + 1, watched_since = CASE WHEN due_at < $5 THEN $2 ELSE watched_since END WHERE ctid = ANY (ARRAY(
           SELECT r.ctid FROM alert_rules r JOIN gateways g ON g.tenant_id = r.tenant_id AND g.id = r.gateway_id AND g.deleted_at IS NULL
           WHERE r.enabled AND r.due_at <= $2 AND r.tenant_id = (SELECT tenant_id FROM first) ORDER BY r.due_at LIMIT $3 FOR UPDATE OF r SKIP LOCKED)) RETURNING ${COLUMNS}`,
        [new Date(at.getTime() + everyMs), at, limit, exceptTenants, new Date(at.getTime() - PAUSE_MS)],
      );
      return rows.map(toRule);
    },

    async putRight(everyMs) {
      const at = now();
      await database.query(everything('write'), 'UPDATE alert_rules SET due_at = $1 WHERE enabled AND due_at > $2', [at, new Date(at.getTime() + everyMs + PAUSE_MS)]);
    },

    apply: (rule, findings, message) =>
      database.transaction(everything('write'), async (transaction): Promise<Noted> => {
        const at = now();
        const place = [rule.tenantId, rule.gatewayId, rule.id] as const;
        // Locks the rule: looks are noted one after the other, and none while it is changed.
        const [row] = await transaction.query<RuleRow>(
          `UPDATE alert_rules SET noted_turn = $5, looked_at = $6, failure = NULL WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 AND revision = $4 AND enabled AND noted_turn < $5 RETURNING ${COLUMNS}`,
          [...place, rule.revision, rule.turn, at],
        );
        if (row === undefined) return OUTDATED;
        const before = await readStates(transaction, place);
        const isMuted = row.muted_until !== null && row.muted_until > at;
        const { states, events, leftOut } = nextStates({ ...rule, isMuted }, before, findings, at);
        await keepStates(transaction, place, states);
        if (leftOut !== row.left_out) await transaction.query('UPDATE alert_rules SET left_out = $4 WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3', [...place, leftOut]);
        const dropped = await tell(transaction, rule, events, message ?? ((event, eventId) => alertMessage(rule, event, eventId, at)), at);
        return { kind: 'noted', events, dropped, leftOut };
      }),

    lookFailed: async (rule, reason) => {
      await database.query(everything('write'), 'UPDATE alert_rules SET failure = $4 WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3', [rule.tenantId, rule.gatewayId, rule.id, storableText(reason.slice(0, 500))]);
    },

    async countFiring() {
      const rows = await database.query<{ readonly severity: string; readonly firing: number }>(
        everything('snapshot'), `SELECT r.content ->> 'severity' AS severity, count(*)::integer AS firing FROM alert_states s JOIN alert_rules r ON (r.tenant_id, r.gateway_id, r.id) = (s.tenant_id, s.gateway_id, s.rule_id) WHERE s.state = 'firing' AND r.enabled GROUP BY 1`);
      return new Map(rows.map(({ severity, firing }) => [severity, firing]));
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

async function readStates(transaction: Transaction, place: readonly [string, string, string]): Promise<readonly AlertState[]> {
  return (await transaction.query<StateRow>(`SELECT ${STATE_COLUMNS} FROM alert_states WHERE tenant_id = $1 AND gateway_id = $2 AND rule_id = $3 ORDER BY subject`, place)).map(toState);
}

/** The rule goes: whoever was told of a beginning is told that it is over. */
async function tellEnd(transaction: Transaction, rule: AlertRule, at: Date): Promise<void> {
  const told = (await readStates(transaction, [rule.tenantId, rule.gatewayId, rule.id])).filter(({ toldAt }) => toldAt !== undefined);
  await tell(transaction, rule, told.map((state) => ({ type: 'alert.resolved', state, resolvedAt: at })), (event, eventId) => alertMessage(rule, event, eventId, at), at);
}

async function keepStates(transaction: Transaction, place: readonly [string, string, string], states: readonly AlertState[]): Promise<void> {
  await transaction.query('DELETE FROM alert_states WHERE tenant_id = $1 AND gateway_id = $2 AND rule_id = $3 AND subject <> ALL ($4::text[])', [...place, states.map(({ subject }) => subject)]);
  if (states.length === 0) return;
  await transaction.query(
    `INSERT INTO alert_states (tenant_id, gateway_id, rule_id, subject, state, since, fired_at, told_at, absent_since, value, detail)
     SELECT $1, $2, $3, s.* FROM unnest($4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::float8[], $11::text[]) AS s
     ON CONFLICT (tenant_id, gateway_id, rule_id, subject) DO UPDATE SET
       state = excluded.state, since = excluded.since, fired_at = excluded.fired_at, told_at = excluded.told_at, absent_since = excluded.absent_since, value = excluded.value, detail = excluded.detail`,
    [
      ...place, states.map(({ subject }) => storableText(subject)), states.map(({ state }) => state), states.map(({ since }) => since), states.map(({ firedAt }) => firedAt ?? null), states.map(({ toldAt }) => toldAt ?? null),
      states.map(({ absentSince }) => absentSince ?? null), states.map(({ value }) => value), states.map(({ detail }) => storableText(detail)),
    ],
  );
}

function toRule(row: RuleRow): AlertRule {
  return {
    ...row.content, tenantId: row.tenant_id, gatewayId: row.gateway_id, id: row.id, revision: row.revision, turn: row.turn, lookedAt: row.looked_at ?? undefined, watchedSince: row.watched_since ?? undefined, failure: row.failure ?? undefined,
    leftOut: row.left_out, mutedUntil: row.muted_until ?? undefined, mutedReason: row.muted_reason ?? undefined, createdAt: row.created_at, updatedAt: row.updated_at,
  };
}

function toState(row: StateRow): AlertState {
  return {
    subject: row.subject, state: row.state, since: row.since, firedAt: row.fired_at ?? undefined, toldAt: row.told_at ?? undefined, absentSince: row.absent_since ?? undefined, value: row.value, detail: row.detail,
  };
}

function shown({ name, kind, threshold, severity, enabled, webhooks }: AlertRuleContent) {
  return { name, kind, threshold, severity, enabled, webhooks: [...webhooks] };
}
