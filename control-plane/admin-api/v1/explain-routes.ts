/**
 * `/v1/explain`: what would become of a request, told by a data plane from the configuration that it serves now. So the answer
 * is that of the real router, plugins and health, not of a model of them.
 */
import { parseId, type DataPlaneId } from '../../../shared/model/ids.ts';
import { explainQuestionFields } from '../../../shared/model/explain-question.ts';
import { EXPLAIN_SUBJECT } from '../../../shared/wire/sync-message.ts';
import type { AskedDataPlane } from '../../sync/fleet-sessions.ts';
import type { GatewayScope } from '../../store/scope.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { invalidQuery, ok, Refusal } from '../answer.ts';
import { gatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';

/** Asks a data plane of the gateway (sync-server.ts). */
export type AskDataPlane = (scope: GatewayScope, dataPlaneId: DataPlaneId | undefined, subject: string, question: JsonObject) => Promise<AskedDataPlane>;

const operation = ownOperation<GatewayRequest>();

export function explainRoutes(ask: AskDataPlane): readonly Route[] {
  return [
    gatewayRoute('/v1/explain', {
      POST: operation({
        permission: { on: 'explain', verb: 'read' },
        summary: 'Tell what would become of a request: route, plugins, service, targets, and why not the other routes',
        query: [{ name: 'data_plane', description: 'Id of the data plane to ask; any connected one of the gateway where it is not given' }],
        body: explainQuestionFields,
        handle: async (request, question) => {
          const asked = await ask(request.gateway, dataPlaneOf(request.query), EXPLAIN_SUBJECT, question);
          if (asked.kind === 'not-connected') {
            const message = 'no data plane to ask is connected to this control plane; start one, ask another control plane, or POST the question to /explain on the status port of a data plane';
            throw new Refusal({ code: 'ADMIN_EXPLAIN_NO_DATA_PLANE', status: 503, body: { message, error: 'ADMIN_EXPLAIN_NO_DATA_PLANE' }, retryable: true });
          }
          if (asked.outcome.kind === 'failed') throw new Refusal({ code: 'ADMIN_EXPLAIN_FAILED', status: 502, body: { message: asked.outcome.reason, error: 'ADMIN_EXPLAIN_FAILED' } });
          // What a data plane says is shown as it is; who says it is not its to say.
          return ok({ ...asked.outcome.document, data_plane: asked.dataPlaneId });
        },
      }),
    }),
  ];
}

function dataPlaneOf(query: URLSearchParams): DataPlaneId | undefined {
  const text = query.get('data_plane');
  if (text === null) return undefined;
  const id = parseId<DataPlaneId>(text);
  if (id === undefined) throw invalidQuery('options', 'data_plane', 'must be the id of a data plane (see /v1/data-planes)');
  return id;
}
