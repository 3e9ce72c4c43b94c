/**
 * Kong's clients read a consumer group with `?list_consumers=`, and expect it inside an object, beside its consumers where they asked
 * for them. Used by entity-routes.ts; without that argument a group is answered like any entity.
 */
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { MAX_PAGE_SIZE } from './list-query.ts';
import { param, type GatewayRequest, type Operation } from './route.ts';

/** `members` lists the consumers of the group that the parameter `parent` names; the first thousand are shown. */
export function groupAnswer(get: Operation<GatewayRequest>, members: Operation<GatewayRequest>): Operation<GatewayRequest> {
  return {
    ...get,
    handle: async (request) => {
      const answer = await get.handle(request);
      const listed = request.query.get('list_consumers');
      if (listed === null || answer.body === undefined) return answer;
      if (listed !== 'true') return { ...answer, body: { consumer_group: answer.body } };
      const page = await members.handle({ ...request, params: { parent: param(request, 'id') }, query: new URLSearchParams({ size: String(MAX_PAGE_SIZE) }) });
      return { ...answer, body: { consumer_group: answer.body, consumers: isJsonObject(page.body) ? (page.body['data'] ?? []) : [] } };
    },
  };
}
