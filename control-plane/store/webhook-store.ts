/**
 * Webhooks of a tenant, their secrets sealed under the tenant's data key (T2), and the messages on their way to them. Messages are claimed for
 * one attempt with the publisher's role; an instance that dies with one loses nothing: the claim runs out.
 */
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database } from './database.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor } from './scope.ts';
import type { SecretKeys } from './secret-keys.ts';
import { storableText } from './storable-text.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface WebhookContent {
  readonly name: string;
  /** Never shown again: such URLs are often secrets themselves. */
  readonly url: string;
  /** What messages are signed with; never shown again. */
  readonly secret: string;
  readonly enabled: boolean;
}

export interface Webhook extends Omit<WebhookContent, 'secret' | 'url'> {
  /** Scheme and host of its URL. */
  readonly origin: string;
  readonly tenantId: TenantId;
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One message and what came of it. */
export interface Delivery {
  readonly eventId: string;
  readonly body: string;
  readonly createdAt: Date;
  readonly attempts: number;
  /** Undefined once it was delivered or given up. */
  readonly dueAt: Date | undefined;
  readonly deliveredAt: Date | undefined;
  readonly lastStatus: number | undefined;
  readonly lastError: string | undefined;
}

export interface ClaimedDelivery {
  readonly tenantId: TenantId;
  readonly webhookId: string;
  readonly eventId: string;
  readonly url: string;
  readonly secret: string;
  readonly body: string;
  readonly createdAt: Date;
  /** With this one. */
  readonly attempts: number;
}

export interface AttemptOutcome {
  readonly status: number | undefined;
  /** Undefined where it was delivered. */
  readonly error: string | undefined;
  /** When to try again; undefined: never. */
  readonly againAt: Date | undefined;
}

export interface WebhookStore {
  create(tenantId: TenantId, content: WebhookContent, actor: Actor): Promise<Stored<Webhook>>;
  list(tenantId: TenantId): Promise<readonly Webhook[]>;
  /** By id or name. */
  find(tenantId: TenantId, named: string): Promise<Webhook | undefined>;
  /** What is undefined of URL and secret stays. */
  replace(tenantId: TenantId, id: string, content: Omit<WebhookContent, 'secret' | 'url'> & { readonly url: string | undefined; readonly secret: string | undefined }, actor: Actor): Promise<Stored<Webhook>>;
  /** With its messages. */
  remove(tenantId: TenantId, id: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** Newest first. */
  deliveries(tenantId: TenantId, webhookId: string, limit: number): Promise<readonly Delivery[]>;
  /** A message of its own, for trying it out. Gives its id. */
  send(tenantId: TenantId, webhookId: string, body: (eventId: string) => string, actor: Actor): Promise<string>;
  /** Messages that are due, of all tenants, for one attempt each: nobody else is given them before `leaseMs` is over. */
  claim(limit: number, leaseMs: number): Promise<readonly ClaimedDelivery[]>;
  finish(delivery: ClaimedDelivery, outcome: AttemptOutcome): Promise<void>;
  /** Takes away what was delivered or given up before that. How many. */
  forget(before: Date): Promise<number>;
}

interface Row {
  readonly tenant_id: TenantId;
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly enabled: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'tenant_id, id, name, origin, enabled, created_at, updated_at';
/** Of one tenant (R5). */
const MOST_WEBHOOKS = 50;

export function createWebhookStore(database: Database, keys: SecretKeys, clock: Clock): WebhookStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const everything = { role: 'holdfast_publisher', mode: 'write' } as const;
  const now = (): Date => new Date(clock.nowMs());
  const seal = async (tenantId: TenantId, id: string, sealed: SealedPart): Promise<Uint8Array> => (await keys.tenantBox(tenantId)).seal(webhookSecretPlace(tenantId, id), Buffer.from(JSON.stringify(sealed), 'utf8'));
  const open = async (tenantId: TenantId, id: string, sealed: Uint8Array): Promise<SealedPart> => {
    const { url, secret }: SealedPart = JSON.parse(Buffer.from((await keys.tenantBox(tenantId)).open(webhookSecretPlace(tenantId, id), sealed)).toString('utf8'));
    return { url, secret };
  };
  return {
    async create(tenantId, { name, url, secret, enabled }, actor) {
      const refusal = refuseName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const id = newId(clock.nowMs());
      const sealed = await seal(tenantId, id, { url, secret });
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Webhook>> => {
        const [row] = await transaction.query<Row>(
          `INSERT INTO webhooks (tenant_id, id, name, origin, sealed, enabled) SELECT $1, $2, $3, $4, $5, $6
           WHERE (SELECT count(*) FROM webhooks WHERE tenant_id = $1) < ${MOST_WEBHOOKS} ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          [tenantId, id, name, originOf(url), sealed, enabled],
        );
        if (row === undefined) return { kind: 'name-refused', message: `must be unique, and a tenant has at most ${MOST_WEBHOOKS} webhooks: "${name}" is taken, or there are as many` };
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: 'webhooks', subjectId: id, details: { name, origin: originOf(url), enabled } });
        return { kind: 'stored', value: toWebhook(row) };
      });
    },

    list: async (tenantId) => (await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM webhooks WHERE tenant_id = $1 ORDER BY name`, [tenantId])).map(toWebhook),

    async find(tenantId, named) {
      const column = isUuid(named) ? 'id' : 'name';
      if (column === 'name' && refuseName(named) !== undefined) return undefined;
      const [row] = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM webhooks WHERE tenant_id = $1 AND ${column} = $2`, [tenantId, named]);
      return row === undefined ? undefined : toWebhook(row);
    },

    async replace(tenantId, id, { name, url, secret, enabled }, actor) {
      const refusal = refuseName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Webhook>> => {
        const [before] = await transaction.query<{ readonly sealed: Buffer }>('SELECT sealed FROM webhooks WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [tenantId, id]);
        if (before === undefined) return { kind: 'not-found' };
        const others = await transaction.query('SELECT FROM webhooks WHERE tenant_id = $1 AND name = $2 AND id <> $3', [tenantId, name, id]);
        if (others.length > 0) return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
        const kept = await open(tenantId, id, before.sealed);
        const now: SealedPart = { url: url ?? kept.url, secret: secret ?? kept.secret };
        const rows = await transaction.query<Row>(
          `UPDATE webhooks SET name = $3, origin = $4, sealed = $5, enabled = $6, updated_at = clock_timestamp() WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
          [tenantId, id, name, originOf(now.url), await seal(tenantId, id, now), enabled],
        );
        await addAuditRow(transaction, { tenantId, actor, action: 'update', subjectKind: 'webhooks', subjectId: id, details: { name, origin: originOf(now.url), enabled, url_changed: url !== undefined, secret_changed: secret !== undefined } });
        return { kind: 'stored', value: toWebhook(onlyRow(rows)) };
      });
    },

    remove: (tenantId, id, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const [row] = await transaction.query<{ readonly name: string }>('DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2 RETURNING name', [tenantId, id]);
        if (row === undefined) return { kind: 'not-found' };
        await addAuditRow(transaction, { tenantId, actor, action: 'delete', subjectKind: 'webhooks', subjectId: id, details: { name: row.name } });
        return undefined;
      }),

    async deliveries(tenantId, webhookId, limit) {
      const rows = await database.query<{ readonly event_id: string; readonly body: string; readonly created_at: Date; readonly attempts: number; readonly due_at: Date | null; readonly delivered_at: Date | null; readonly last_status: number | null; readonly last_error: string | null }>(
        within(tenantId, 'snapshot'),
        'SELECT event_id, body, created_at, attempts, due_at, delivered_at, last_status, last_error FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 ORDER BY created_at DESC, event_id DESC LIMIT $3',
        [tenantId, webhookId, limit],
      );
      return rows.map((row) => ({
        eventId: row.event_id, body: row.body, createdAt: row.created_at, attempts: row.attempts, dueAt: row.due_at ?? undefined, deliveredAt: row.delivered_at ?? undefined, lastStatus: row.last_status ?? undefined, lastError: row.last_error ?? undefined,
      }));
    },

    send: (tenantId, webhookId, body, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction) => {
        const eventId = newId(clock.nowMs());
        await transaction.query('INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, body, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $5)', [tenantId, webhookId, eventId, body(eventId), now()]);
        await addAuditRow(transaction, { tenantId, actor, action: 'test', subjectKind: 'webhooks', subjectId: webhookId, details: { event: eventId } });
        return eventId;
      }),

    async claim(limit, leaseMs) {
      const at = now();
      const rows = await database.query<{ readonly tenant_id: TenantId; readonly webhook_id: string; readonly event_id: string; readonly sealed: Buffer; readonly body: string; readonly created_at: Date; readonly attempts: number }>(
        everything,
        `UPDATE webhook_deliveries d SET due_at = $1, attempts = d.attempts + 1 FROM webhooks w
         WHERE w.tenant_id = d.tenant_id AND w.id = d.webhook_id AND d.ctid = ANY (ARRAY(
           SELECT ctid FROM webhook_deliveries WHERE due_at <= $2 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED))
         RETURNING d.tenant_id, d.webhook_id, d.event_id, w.sealed, d.body, d.created_at, d.attempts`,
        [new Date(at.getTime() + leaseMs), at, limit],
      );
      return Promise.all(rows.map(async (row) => ({
        tenantId: row.tenant_id, webhookId: row.webhook_id, eventId: row.event_id, body: row.body, createdAt: row.created_at, attempts: row.attempts,
        ...(await open(row.tenant_id, row.webhook_id, row.sealed)),
      })));
    },

    async finish({ tenantId, webhookId, eventId }, { status, error, againAt }) {
      await database.query(
        everything,
        `UPDATE webhook_deliveries SET due_at = $4, delivered_at = $5, last_status = $6, last_error = $7 WHERE tenant_id = $1 AND webhook_id = $2 AND event_id = $3`,
        [tenantId, webhookId, eventId, againAt ?? null, error === undefined ? now() : null, status ?? null, error === undefined ? null : storableText(error.slice(0, 500))],
      );
    },

    async forget(before) {
      const { removed } = onlyRow(await database.query<{ readonly removed: number }>(
        everything, 'WITH gone AS (DELETE FROM webhook_deliveries WHERE due_at IS NULL AND created_at < $1 RETURNING 1) SELECT count(*)::integer AS removed FROM gone', [before]));
      return removed;
    },
  };
}

/** What is sealed of a webhook. */
interface SealedPart {
  readonly url: string;
  readonly secret: string;
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/** Where the URL and the secret of a webhook stand. */
export function webhookSecretPlace(tenantId: TenantId, id: string): readonly string[] {
  return [tenantId, 'webhook', id, 'secret'];
}

function toWebhook(row: Row): Webhook {
  return { tenantId: row.tenant_id, id: row.id, name: row.name, origin: row.origin, enabled: row.enabled, createdAt: row.created_at, updatedAt: row.updated_at };
}
