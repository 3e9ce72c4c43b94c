/**
 * Stores the messages that tell of alerts, in the transaction that changes what they tell of (alert-store.ts): one for each webhook that the rule
 * names and that is enabled. How many wait for one webhook is bounded; those of a receiver that is gone take no room of the others.
 */
import { createHash } from 'node:crypto';
import { newId } from '../../shared/model/ids.ts';
import type { AlertEvent } from '../alerts/alert-rule.ts';
import type { Transaction } from './database.ts';
import type { AlertRule } from './alert-store.ts';
import { storableText } from './storable-text.ts';

/** Of one webhook (R5). */
export const MOST_WAITING = 1_000;

/** Gives how many messages found no room. */
export async function tell(transaction: Transaction, rule: AlertRule, events: readonly AlertEvent[], message: (event: AlertEvent, eventId: string) => string, at: Date): Promise<number> {
  if (events.length === 0) return 0;
  const told = await transaction.query<{ readonly id: string; readonly waiting: number }>(
    `SELECT w.id, (SELECT count(*)::integer FROM webhook_deliveries d WHERE d.tenant_id = w.tenant_id AND d.webhook_id = w.id AND d.due_at IS NOT NULL) AS waiting
     FROM webhooks w WHERE w.tenant_id = $1 AND w.enabled AND ($2::text[] = '{}' OR w.name = ANY ($2::text[]))`,
    [rule.tenantId, rule.webhooks],
  );
  const messages = events.map((event) => {
    const id = newId(at.getTime());
    return { id, about: createHash('sha256').update(`${rule.id} ${event.state.subject}`).digest(), body: storableText(message(event, id)) };
  });
  let dropped = 0;
  for (const { id, waiting } of told) {
    const taken = messages.slice(0, Math.max(0, MOST_WAITING - waiting));
    dropped += messages.length - taken.length;
    if (taken.length === 0) continue;
    await transaction.query(
      `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, about, body, created_at, due_at) SELECT $1, $2, m.id, m.about, m.body, $6, $6 FROM unnest($3::uuid[], $4::bytea[], $5::text[]) AS m (id, about, body)`,
      [rule.tenantId, id, taken.map((one) => one.id), taken.map(({ about }) => about), taken.map(({ body }) => body), at],
    );
  }
  return dropped;
}
