/**
 * Webhooks of a tenant, their secrets sealed under the tenant's data key (T2), and the messages on their way to them. Messages are claimed for
 * one attempt with the publisher's role; an instance that dies with one loses nothing: the claim runs out.
 */
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type TenantId } from '../../shared/model/ids.ts';
import { MOST_WAITING } from './alert-messages.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
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
  /** Undefined where what is sealed can not be opened: this one is tried again as if the receiver had failed, and keeps no other waiting. */
  readonly receiver: WebhookReceiver | undefined;
  readonly body: string;
  readonly createdAt: Date;
  /** With this one. */
  readonly attempts: number;
}

export interface WebhookReceiver {
  readonly url: string;
  /** What messages are signed with: the secret, and for a day after a change the one before it. */
  readonly secrets: readonly string[];
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
  /** A message of its own, for trying it out. Gives its id; undefined where too many wait. */
  send(tenantId: TenantId, webhookId: string, body: (eventId: string) => string, actor: Actor): Promise<string | undefined>;
  /**
   * Messages that are due, of all tenants, for one attempt each: nobody else is given them before `leaseMs` is over. Not of disabled webhooks, nor of
   * those in `except`, and of each a few, so that one that hangs holds up its own alone. Of what tells of one alert the oldest only.
   */
  claim(limit: number, leaseMs: number, except?: readonly string[]): Promise<readonly ClaimedDelivery[]>;
  finish(delivery: ClaimedDelivery, outcome: AttemptOutcome): Promise<void>;
  /** Takes away what was made before that and waits no more, and beyond the newest thousand of each webhook. How many. */
  forget(before: Date): Promise<number>;
  /** A clock that went too far has put attempts off for as long: they are due again. */
  putRight(longestPauseMs: number): Promise<void>;
  /** Of all tenants, for `/metrics`. */
  countWaiting(): Promise<{ readonly waiting: number; readonly oldest: Date | undefined }>;
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
/** Ended ones that are kept of a webhook: what the admin API shows. */
const MOST_ENDED = 1_000;
const FORGOTTEN_AT_ONCE = 5_000;
/** Of one webhook, at once. */
const CLAIMED_OF_ONE = 2;
/** Receivers that change over to a new secret have so long. */
const OLD_SECRET_MS = 86_400_000;

export function createWebhookStore(database: Database, keys: SecretKeys, clock: Clock): WebhookStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const everything = { role: 'holdfast_publisher', mode: 'write' } as const;
  const now = (): Date => new Date(clock.nowMs());
  const seal = async (tenantId: TenantId, id: string, sealed: SealedPart): Promise<Uint8Array> => (await keys.tenantBox(tenantId)).seal(webhookSecretPlace(tenantId, id), Buffer.from(JSON.stringify(sealed), 'utf8'));
  const open = async (tenantId: TenantId, id: string, sealed: Uint8Array): Promise<SealedPart> => {
    const { url, secret, before }: SealedPart = JSON.parse(Buffer.from((await keys.tenantBox(tenantId)).open(webhookSecretPlace(tenantId, id), sealed)).toString('utf8'));
    return { url, secret, ...(before === undefined || before.untilMs <= clock.nowMs() ? {} : { before }) };
  };
  const receiverOf = async (tenantId: TenantId, id: string, sealed: Uint8Array): Promise<WebhookReceiver | undefined> => {
    try {
      const { url, secret, before } = await open(tenantId, id, sealed);
      return { url, secrets: before === undefined ? [secret] : [secret, before.secret] };
    } catch {
      return undefined;
    }
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
        const [before] = await transaction.query<{ readonly name: string; readonly sealed: Buffer }>('SELECT name, sealed FROM webhooks WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [tenantId, id]);
        if (before === undefined) return { kind: 'not-found' };
        const named = before.name === name ? undefined : await whoNames(transaction, tenantId, before.name);
        if (named !== undefined) return named;
        const others = await transaction.query('SELECT FROM webhooks WHERE tenant_id = $1 AND name = $2 AND id <> $3', [tenantId, name, id]);
        if (others.length > 0) return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
        const kept = await open(tenantId, id, before.sealed);
        const now = sealedNext(kept, url ?? kept.url, secret ?? kept.secret, clock.nowMs() + OLD_SECRET_MS);
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
        const [row] = await transaction.query<{ readonly name: string }>('SELECT name FROM webhooks WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [tenantId, id]);
        if (row === undefined) return { kind: 'not-found' };
        const named = await whoNames(transaction, tenantId, row.name);
        if (named !== undefined) return named;
        await transaction.query('DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
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
        const made = await transaction.query(
          `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, body, created_at, due_at) SELECT $1, $2, $3, $4, $5, $5
           WHERE (SELECT count(*) FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND due_at IS NOT NULL) < ${MOST_WAITING} RETURNING event_id`,
          [tenantId, webhookId, eventId, body(eventId), now()],
        );
        if (made.length === 0) return undefined;
        await addAuditRow(transaction, { tenantId, actor, action: 'test', subjectKind: 'webhooks', subjectId: webhookId, details: { event: eventId } });
        return eventId;
      }),

    async claim(limit, leaseMs, except = []) {
      const at = now();
      const rows = await database.query<{ readonly tenant_id: TenantId; readonly webhook_id: string; readonly event_id: string; readonly sealed: Buffer; readonly body: string; readonly created_at: Date; readonly attempts: number }>(
        everything,
        `UPDATE webhook_deliveries d SET due_at = $1, attempts = d.attempts + 1 FROM webhooks w
         WHERE w.tenant_id = d.tenant_id AND w.id = d.webhook_id AND d.ctid = ANY (ARRAY(
           SELECT next.ctid FROM (
             SELECT DISTINCT tenant_id, webhook_id FROM webhook_deliveries WHERE due_at <= $2 AND webhook_id <> ALL ($4::uuid[])
           ) due JOIN webhooks v ON v.tenant_id = due.tenant_id AND v.id = due.webhook_id AND v.enabled CROSS JOIN LATERAL (
             SELECT m.ctid FROM webhook_deliveries m WHERE m.tenant_id = due.tenant_id AND m.webhook_id = due.webhook_id AND m.due_at <= $2
               AND NOT EXISTS (SELECT FROM webhook_deliveries o WHERE o.tenant_id = m.tenant_id AND o.webhook_id = m.webhook_id AND o.due_at IS NOT NULL AND o.about = m.about AND o.created_at < m.created_at)
             ORDER BY m.due_at LIMIT ${CLAIMED_OF_ONE} FOR UPDATE SKIP LOCKED
           ) next LIMIT $3))
         RETURNING d.tenant_id, d.webhook_id, d.event_id, w.sealed, d.body, d.created_at, d.attempts`,
        [new Date(at.getTime() + leaseMs), at, limit, except],
      );
      return Promise.all(rows.map(async (row) => ({
        tenantId: row.tenant_id, webhookId: row.webhook_id, eventId: row.event_id, body: row.body, createdAt: row.created_at, attempts: row.attempts, receiver: await receiverOf(row.tenant_id, row.webhook_id, row.sealed),
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
      let removed = 0;
      for (const gone of [
        `SELECT ctid FROM webhook_deliveries WHERE due_at IS NULL AND created_at < $1 LIMIT ${FORGOTTEN_AT_ONCE}`,
        `SELECT ctid FROM (SELECT d.ctid, row_number() OVER (PARTITION BY tenant_id, webhook_id ORDER BY created_at DESC) AS place FROM webhook_deliveries d WHERE due_at IS NULL AND created_at >= $1) ended WHERE place > ${MOST_ENDED} LIMIT ${FORGOTTEN_AT_ONCE}`,
      ]) {
        for (let rows = FORGOTTEN_AT_ONCE; rows === FORGOTTEN_AT_ONCE; removed += rows) {
          ({ removed: rows } = onlyRow(await database.query<{ readonly removed: number }>(everything, `WITH gone AS (DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(${gone})) RETURNING 1) SELECT count(*)::integer AS removed FROM gone`, [before])));
        }
      }
      return removed;
    },

    async putRight(longestPauseMs) {
      await database.query(everything, 'UPDATE webhook_deliveries SET due_at = $1 WHERE due_at > $2', [now(), new Date(clock.nowMs() + longestPauseMs)]);
    },

    async countWaiting() {
      const { waiting, oldest } = onlyRow(await database.query<{ readonly waiting: number; readonly oldest: Date | null }>(
        { role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT count(*)::integer AS waiting, min(d.created_at) AS oldest FROM webhook_deliveries d JOIN webhooks w ON w.tenant_id = d.tenant_id AND w.id = d.webhook_id AND w.enabled WHERE d.due_at IS NOT NULL'));
      return { waiting, oldest: oldest ?? undefined };
    },
  };
}

/** Rules name webhooks by their names: who is named stays. */
async function whoNames(transaction: Transaction, tenantId: TenantId, name: string): Promise<StoreProblem | undefined> {
  const rows = await transaction.query<{ readonly rule: string; readonly gateway: string }>(
    "SELECT r.name AS rule, g.name AS gateway FROM alert_rules r JOIN gateways g ON g.tenant_id = r.tenant_id AND g.id = r.gateway_id AND g.deleted_at IS NULL WHERE r.tenant_id = $1 AND r.content -> 'webhooks' @> to_jsonb($2::text) ORDER BY 1, 2 LIMIT 5",
    [tenantId, name],
  );
  return rows.length === 0 ? undefined : { kind: 'not-empty', message: `the webhook "${name}" is named by rules of alerts: ${rows.map(({ rule, gateway }) => `${rule} (gateway ${gateway})`).join(', ')}; change them first` };
}

/** What is sealed of a webhook. */
interface SealedPart {
  readonly url: string;
  readonly secret: string;
  /** The secret before it, while receivers change over. */
  readonly before?: { readonly secret: string; readonly untilMs: number };
}

/** What another host is sent is signed with nothing that the old one knows. */
function sealedNext(kept: SealedPart, url: string, secret: string, untilMs: number): SealedPart {
  if (originOf(url) !== originOf(kept.url)) return { url, secret };
  if (secret !== kept.secret) return { url, secret, before: { secret: kept.secret, untilMs } };
  return { ...kept, url };
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
