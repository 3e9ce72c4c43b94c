/**
 * `/v1/events`: what happens to a gateway and its fleet, as server-sent events. A hint of when to look, made for people and
 * tools that wait: lists and the convergence endpoint have the truth.
 */
import { EVENT_TYPES } from '../../events/fleet-event.ts';
import { MAXIMUM_LISTENERS, MAXIMUM_OF_TENANT, type EventHub } from '../../events/event-hub.ts';
import { Refusal } from '../answer.ts';
import { gatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';

export function eventRoutes(events: EventHub): readonly Route[] {
  return [
    gatewayRoute('/v1/events', {
      GET: ownOperation<GatewayRequest>()({
        permission: { on: 'events', verb: 'read' },
        summary: `Listen to what happens, as text/event-stream with Last-Event-ID: ${EVENT_TYPES.join(', ')}`,
        mediaType: 'text/event-stream',
        handle: async ({ gateway, headers }) => {
          if (!events.hasRoom(gateway)) {
            const message = `as many listen to events here as may (${MAXIMUM_LISTENERS}, of one tenant ${MAXIMUM_OF_TENANT}), or this control plane is stopping; come back later, or ask another one`;
            throw new Refusal({ code: 'ADMIN_EVENTS_EXHAUSTED', status: 503, body: { message, error: 'ADMIN_EVENTS_EXHAUSTED' }, headers: { 'retry-after': '2' }, retryable: true });
          }
          const lastEventId = headers['last-event-id'];
          return {
            status: 200,
            headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
            stream: (response) => events.listen(gateway, response, typeof lastEventId === 'string' ? lastEventId : undefined),
          };
        },
      }),
    }),
  ];
}
