/**
 * `/config`, as Kong has it: the configuration of a gateway as one declarative file. Reading gives it in the field `config`; posting a
 * file makes the gateway what it says and deletes everything else, as `sync` does. The file is the body (JSON or YAML), or the
 * form field `config`.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { redactEntity } from '../../shared/model/redact.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { applyContent } from '../declarative/apply-content.ts';
import { ContentProblems } from '../declarative/content-problem.ts';
import { parseContentText, takeContent } from '../declarative/content-door.ts';
import type { PlannedEntity } from '../declarative/plan-changes.ts';
import { created, ok, type Answer } from './answer.ts';
import { doneOrRefuse, withVersion } from './declarative-answers.ts';
import { gatewayRoute, type GatewayRequest, type Route } from './route.ts';
import { readContentOf, type DeclarativeRoutesOptions } from './v1/declarative-routes.ts';

export function configRoutes(options: DeclarativeRoutesOptions): readonly Route[] {
  return [
    gatewayRoute('/config', {
      GET: {
        permission: { on: 'entities', verb: 'read' },
        description: { summary: 'The configuration of the gateway as a declarative file, in the field `config`' },
        handle: async (request) => {
          const { content } = await readContentOf(options, request, { selectTags: [], skipConsumers: false, withIds: true, sanitize: false });
          // JSON is YAML.
          return ok({ config: JSON.stringify(content, null, 2) });
        },
      },
      POST: {
        permission: { on: 'entities', verb: ['create', 'update', 'delete'] },
        takesDocument: true,
        description: {
          summary: 'Make the gateway what a declarative file says, and delete everything else',
          success: 201,
          query: [
            { name: 'check_hash', description: '`1`: 304 where the gateway is so already.' },
            { name: 'flatten_errors', description: '`1`: what is wrong, entity by entity, in `flattened_errors`.' },
          ],
          body: [{ name: 'config', tag: 1, type: { kind: 'string' }, description: 'The file; it may also be the body itself, in JSON or YAML.' }],
        },
        handle: (request) => replaceConfig(options, request),
      },
    }),
  ];
}

async function replaceConfig(options: DeclarativeRoutesOptions, request: GatewayRequest): Promise<Answer> {
  const { gateway, actor, query } = request;
  const flatten = query.get('flatten_errors') === '1';
  const problems = new ContentProblems();
  const content = contentOf(request, problems);
  if (content === undefined) throw doneOrRefuse({ kind: 'problems', problems: problems.list }, options.plugins, flatten);
  const asked = { mode: 'sync', content, selectTags: [], skipConsumers: false, dryRun: false, ifVersion: undefined } as const;
  const done = doneOrRefuse(await applyContent(options.store, options, gateway, asked, { actor, access: gateway.access }), options.plugins, flatten);
  if (query.get('check_hash') === '1' && done.plan.every(({ action }) => action === 'none')) return { status: 304 };
  return withVersion(created(entitiesByKind(done.plan, options)), done);
}

function contentOf({ body }: GatewayRequest, problems: ContentProblems): JsonObject | undefined {
  const text = body.kind === 'document' ? body.text : undefined;
  const whole = text === undefined ? body.value : parseContentText(text, problems);
  const inside = whole?.['config'];
  return typeof inside === 'string' ? parseContentText(inside, problems) : whole === undefined ? undefined : takeContent(whole, 0, problems);
}

/** As they are now, by kind and id. */
function entitiesByKind(plan: readonly PlannedEntity[], { plugins }: DeclarativeRoutesOptions): JsonObject {
  const kinds = Map.groupBy(plan.flatMap(({ kind, id, after }) => (after === undefined ? [] : [{ kind, id, after }])), ({ kind }) => kind);
  return Object.fromEntries([...kinds].map(([kind, some]) => [
    kind, Object.fromEntries(some.map(({ id, after }) => [id, redactEntity(definitionOf(kind), after, (name) => plugins.pluginSchemaOf(name)?.config)])),
  ]));
}
