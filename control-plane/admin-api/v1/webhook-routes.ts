/**
 * `/v1/webhooks`: whom alerts of the tenant are told, and what came of each message. Secrets are shown once, when they are made.
 */
import type { Field, JsonObject, StringRule } from '../../../shared/model/definition.ts';
import { newWebhookSecret, refuseWebhookSecret, testMessage } from '../../alerts/webhook-message.ts';
import type { Store } from '../../store/store.ts';
import type { Delivery, Webhook } from '../../store/webhook-store.ts';
import { created, NO_CONTENT, notFound, ok, schemaViolation } from '../answer.ts';
import { parsePageSize } from '../list-query.ts';
import { param, tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { refuseProblem, storedOrRefuse } from '../store-refusal.ts';
import { ownOperation } from './own-operation.ts';
import { nameType, showTime } from './own-values.ts';

export interface WebhookRouteOptions {
  readonly store: Pick<Store, 'webhooks'>;
  /** URLs without TLS are taken: for trying it out. */
  readonly allowHttp: boolean;
  readonly now: () => Date;
}

const operation = ownOperation<AdminRequest>();
const secretRule: StringRule = { name: 'webhook-secret', check: refuseWebhookSecret };

function fieldsFor(allowHttp: boolean) {
  const urlRule: StringRule = { name: 'webhook-url', check: (text) => (isWebhookUrl(text, allowHttp) ? undefined : `must be an ${allowHttp ? 'http or ' : ''}https URL without user and fragment`) };
  return [
    { name: 'name', tag: 1, type: nameType, required: true, description: 'Unique name; rules of alerts say it.' },
    { name: 'url', tag: 2, type: { kind: 'string', maxLength: 2000, rules: [urlRule] }, description: 'Where messages are POSTed; it answers 2xx within 10 s. Required for a new one; only scheme and host are shown again.' },
    { name: 'secret', tag: 3, type: { kind: 'string', maxLength: 200, rules: [secretRule] }, description: 'What messages are signed with (Standard Webhooks): whsec_ and 24 to 64 bytes in base64. Made and shown once where it is not given; never shown again. After a change messages are signed with the old one too, for a day.' },
    { name: 'enabled', tag: 4, type: { kind: 'boolean' }, default: true, description: 'Whether messages are made for it and sent.' },
  ] as const satisfies readonly Field[];
}

function isWebhookUrl(text: string, allowHttp: boolean): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && (url.protocol === 'https:' || (allowHttp && url.protocol === 'http:')) && url.username === '' && url.password === '' && url.hash === '';
}

export function webhookRoutes({ store, allowHttp, now }: WebhookRouteOptions): readonly Route[] {
  const fields = fieldsFor(allowHttp);
  const find = async (request: AdminRequest): Promise<Webhook> => {
    const found = await store.webhooks.find(request.caller.tenantId, param(request, 'id'));
    if (found === undefined) throw notFound();
    return found;
  };
  return [
    tenantRoute('/v1/webhooks', {
      GET: operation({ permission: { on: 'webhooks', verb: 'read' }, summary: 'List the webhooks', handle: async ({ caller }) => ok({ data: (await store.webhooks.list(caller.tenantId)).map(show), next: null }) }),
      POST: operation({
        permission: { on: 'webhooks', verb: 'create' },
        summary: 'Tell alerts to an address; the answer has the secret, for the only time',
        success: 201,
        body: fields,
        handle: async ({ caller, actor }, { name, url, secret, enabled }) => {
          if (url === null) throw schemaViolation([{ field: 'url', message: 'required' }]);
          const made = secret ?? newWebhookSecret();
          const webhook = storedOrRefuse(await store.webhooks.create(caller.tenantId, { name, url, secret: made, enabled }, actor), 'webhooks');
          return created({ ...show(webhook), secret: made });
        },
      }),
    }),
    tenantRoute('/v1/webhooks/:id', {
      GET: operation({ permission: { on: 'webhooks', verb: 'read' }, summary: 'Read a webhook; never its secret, and of its URL scheme and host', handle: async (request) => ok(show(await find(request))) }),
      PUT: operation({
        permission: { on: 'webhooks', verb: 'update' },
        summary: 'Replace a webhook. A URL and a secret that are not given stay, the secret not for another host; one that a rule names keeps its name',
        body: fields,
        handle: async (request, { name, url, secret, enabled }) => {
          const before = await find(request);
          // Messages that wait go to the new address, signed with what only the old one knows.
          if (secret === null && url !== null && new URL(url).origin !== before.origin) throw schemaViolation([{ field: 'secret', message: 'must be given with another host: the old receiver knows the old one' }]);
          return ok(show(storedOrRefuse(await store.webhooks.replace(request.caller.tenantId, before.id, { name, url: url ?? undefined, secret: secret ?? undefined, enabled }, request.actor), 'webhooks')));
        },
      }),
      DELETE: operation({
        permission: { on: 'webhooks', verb: 'delete' },
        summary: 'Remove a webhook that no rule names, with what waits for it',
        success: 204,
        handle: async (request) => {
          const found = await store.webhooks.find(request.caller.tenantId, param(request, 'id'));
          if (found === undefined) return NO_CONTENT;
          const problem = await store.webhooks.remove(request.caller.tenantId, found.id, request.actor);
          if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, 'webhooks');
          return NO_CONTENT;
        },
      }),
    }),
    tenantRoute('/v1/webhooks/:id/test', {
      POST: operation({
        permission: { on: 'webhooks', verb: 'update' },
        summary: 'Send a message that says that it is a test; what came of it stands in the deliveries',
        success: 201,
        handle: async (request) => {
          const webhook = await find(request);
          if (!webhook.enabled) throw schemaViolation([{ field: 'enabled', message: 'the webhook is disabled: nothing is sent to it' }]);
          const eventId = await store.webhooks.send(webhook.tenantId, webhook.id, (id) => testMessage(webhook.name, id, now()), request.actor);
          if (eventId === undefined) throw refuseProblem({ kind: 'not-empty', message: 'too many messages wait for this webhook; GET …/deliveries tells why' }, 'webhooks');
          return created({ id: eventId });
        },
      }),
    }),
    tenantRoute('/v1/webhooks/:id/deliveries', {
      GET: operation({
        permission: { on: 'webhooks', verb: 'read' },
        summary: 'What was sent and what came of it, newest first; kept for 7 days',
        query: [{ name: 'size', description: 'Messages, 1 to 1000; 100 where not given.' }],
        handle: async (request) => {
          const webhook = await find(request);
          return ok({ data: (await store.webhooks.deliveries(webhook.tenantId, webhook.id, parsePageSize(request.query))).map(showDelivery), next: null });
        },
      }),
    }),
  ];
}

function show(webhook: Webhook): JsonObject {
  return { id: webhook.id, name: webhook.name, origin: webhook.origin, enabled: webhook.enabled, created_at: showTime(webhook.createdAt), updated_at: showTime(webhook.updatedAt) };
}

function showDelivery(delivery: Delivery): JsonObject {
  const state = delivery.deliveredAt !== undefined ? 'delivered' : delivery.dueAt === undefined ? 'given_up' : delivery.attempts === 0 ? 'waiting' : 'retrying';
  return {
    id: delivery.eventId, state, attempts: delivery.attempts, created_at: showTime(delivery.createdAt), delivered_at: showTime(delivery.deliveredAt), next_attempt_at: state === 'delivered' ? null : showTime(delivery.dueAt),
    last_status: delivery.lastStatus ?? null, last_error: delivery.lastError ?? null, body: delivery.body,
  };
}
