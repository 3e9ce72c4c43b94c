/**
 * What webhooks are sent, and how it is signed: as the Standard Webhooks specification 1.0 has it, so that receivers have a library. The id is the
 * same for every attempt: who has seen it has had the message.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { AlertRule } from '../store/alert-store.ts';
import type { AlertEvent } from './alert-rule.ts';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** Why a text can't be a secret; undefined where it can. */
export function refuseWebhookSecret(secret: string): string | undefined {
  const base64 = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : '';
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === base64 ? undefined : 'must be whsec_ and 24 to 64 bytes in base64; without one, one is made';
}

/** `secrets`: that in force, and while receivers change over also the one before it; each makes a signature. */
export function signedHeaders(secrets: readonly string[], eventId: string, at: Date, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${eventId}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': eventId, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** `webhook-id` is of the message; what is one alert from its beginning to its end is told by `rule.id` and `subject`. */
export function alertMessage(rule: AlertRule, { type, state, resolvedAt }: AlertEvent, eventId: string, at: Date): string {
  const { id, name, kind, severity, threshold } = rule;
  const data: JsonObject = {
    id: eventId,
    gateway_id: rule.gatewayId,
    rule: { id, name, kind, severity, threshold },
    subject: state.subject === '' ? null : state.subject,
    value: state.value,
    detail: state.detail,
    since: state.since.toISOString(),
    fired_at: state.firedAt?.toISOString() ?? null,
    resolved_at: resolvedAt?.toISOString() ?? null,
  };
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}

export function testMessage(webhookName: string, eventId: string, at: Date): string {
  return JSON.stringify({ type: 'webhook.test', timestamp: at.toISOString(), data: { id: eventId, webhook: webhookName, detail: 'This is a test. Nothing is wrong.' } });
}
