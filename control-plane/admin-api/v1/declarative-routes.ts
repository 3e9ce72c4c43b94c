/**
 * `/v1/gateways/:gateway/declarative`: a gateway's whole configuration as one file in decK's format, read and written. The commands
 * `holdfast gateway dump | diff | sync | apply …` stand on it. What each entity of a plan needs is asked of the caller's permissions
 * one by one; secrets are told only where they may be revealed (T2), and that they were is in the audit.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { entityKinds } from '../../../shared/model/registry.ts';
import { isCredentialKind, mayHoldSecret } from '../../../shared/model/secret-kinds.ts';
import { formatVersion } from '../../../shared/model/version.ts';
import type { EntityAccess } from '../../access/policy.ts';
import { applyContent, type ContentStore } from '../../declarative/apply-content.ts';
import { ContentProblems } from '../../declarative/content-problem.ts';
import { parseContentText } from '../../declarative/content-door.ts';
import { keepsSecrets } from '../../store/entity-record.ts';
import { readCurrent } from '../../declarative/current-entities.ts';
import { exportContent, type ExportOptions } from '../../declarative/export-content.ts';
import { Pauses } from '../../declarative/pauses.ts';
import type { PlanRules } from '../../declarative/plan-changes.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, ok, schemaViolation } from '../answer.ts';
import { countActions, doneOrRefuse, showPlan, withVersion } from '../declarative-answers.ts';
import { namedGatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { parseVersion, showVersion } from './own-values.ts';

const operation = ownOperation<GatewayRequest>();

export interface DeclarativeRoutesOptions extends PlanRules {
  readonly store: ContentStore & Pick<Store, 'audit'>;
}

export function declarativeRoutes(options: DeclarativeRoutesOptions): readonly Route[] {
  return [
    namedGatewayRoute('/v1/gateways/:gateway/declarative', {
      GET: operation({
        permission: { on: 'entities', verb: 'read' },
        summary: 'The configuration of a gateway as a declarative file (decK)',
        query: [
          { name: 'select_tags', description: 'Only entities with all these tags, separated by commas.' },
          { name: 'skip_consumers', description: '`1`: without consumers and what belongs to them.' },
          { name: 'with_id', description: '`1`: every entity with its id.' },
          { name: 'sanitize', description: '`1`: text that tells nothing in the place of each secret.' },
        ],
        handle: async (request) => {
          const { query } = request;
          const told = await readContentOf(options, request, {
            selectTags: (query.get('select_tags') ?? '').split(',').filter((tag) => tag !== ''),
            skipConsumers: isSet(query, 'skip_consumers'), withIds: isSet(query, 'with_id'), sanitize: isSet(query, 'sanitize'),
          });
          return ok({ version: showVersion(request.gateway.head), secrets_hidden: told.secretsHidden, content: told.content });
        },
      }),
      POST: operation({
        // A dry run needs no more than to read; what else is needed is asked of each entity of the plan.
        permission: { on: 'entities', verb: ['read', 'create', 'update', 'delete'] },
        summary: 'Make a gateway what a declarative file (decK) says: one transaction, one release',
        body: [
          { name: 'mode', tag: 1, type: { kind: 'string', oneOf: ['sync', 'apply'] }, required: true, description: '`sync` deletes what is not in the content, `apply` does not.' },
          { name: 'content', tag: 2, type: { kind: 'string' }, required: true, description: 'The content of a file, in JSON or YAML.' },
          { name: 'select_tags', tag: 3, type: { kind: 'set', of: { kind: 'string' } }, description: 'Added to every entity of the content; only entities with all of them are compared and deleted.' },
          { name: 'skip_consumers', tag: 4, type: { kind: 'boolean' }, default: false, description: 'Leave consumers and what belongs to them alone.' },
          { name: 'dry_run', tag: 5, type: { kind: 'boolean' }, default: false, description: 'Tell what would be done and do nothing.' },
          { name: 'if_version', tag: 6, type: { kind: 'string' }, description: 'Do nothing where the gateway is not at this version (412).' },
        ],
        handle: async (request, input) => {
          const problems = new ContentProblems();
          const content = parseContentText(input.content, problems);
          const ifVersion = input.if_version === null ? undefined : parseVersion(input.if_version);
          if (input.if_version !== null && ifVersion === undefined) throw schemaViolation([{ field: 'if_version', message: 'expected a version: 1.42' }]);
          if (content === undefined) throw doneOrRefuse({ kind: 'problems', problems: problems.list }, options.plugins);
          const mode = input.mode === 'sync' ? 'sync' : 'apply';
          const { gateway, actor } = request;
          const asked = { mode, content, selectTags: input.select_tags ?? [], skipConsumers: input.skip_consumers, dryRun: input.dry_run, ifVersion } as const;
          const done = doneOrRefuse(await applyContent(options.store, options, gateway, asked, { actor, access: gateway.access }), options.plugins);
          return withVersion(ok({
            version: showVersion(done.version), dry_run: input.dry_run, planned_for: formatVersion(done.plannedFor), select_tags: done.selectTags,
            summary: countActions(done.plan), entities: showPlan(done.plan),
          }), done);
        },
      }),
    }),
  ];
}

/** What the caller may see, secrets only where they may be revealed; and how many are left out. */
export async function readContentOf({ store, plugins, clock }: DeclarativeRoutesOptions, request: GatewayRequest, asked: ExportOptions): Promise<{ readonly content: JsonObject; readonly secretsHidden: number }> {
  const { gateway, actor } = request;
  const { access } = gateway;
  const secrets = await store.secretsOf(gateway);
  let secretsHidden = 0;
  const current = await store.read(gateway, (reader) => readCurrent(reader, (stored) => {
    if (asked.sanitize || access.may(stored.kind, 'reveal', stored.tags)) return secrets;
    if (isCredentialKind(stored.kind) || keepsSecrets(stored)) secretsHidden += 1;
    return undefined;
  }, new Pauses(clock)));
  if (!asked.sanitize && mayRevealSome(access)) {
    await store.audit.add({ tenantId: gateway.tenantId, gatewayId: gateway.gatewayId, actor, action: 'reveal', subjectKind: 'gateways', subjectId: gateway.gatewayId, details: { name: gateway.name, as: 'declarative' } });
  }
  return { content: exportContent(current, plugins, asked), secretsHidden };
}

function mayRevealSome(access: EntityAccess): boolean {
  return entityKinds.some((kind) => mayHoldSecret(kind) && (access.mayAll(kind, 'reveal') || access.rulesFor(kind, 'reveal').some(({ allow }) => allow.length > 0)));
}

function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? '0';
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false'].includes(value)) return false;
  throw invalidQuery('options', name, 'must be 1 or 0');
}
