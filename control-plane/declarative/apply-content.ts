/**
 * Makes a gateway what a declarative content says, or tells what that would change: one transaction, one release, all or nothing.
 * A content that changes nothing writes nothing and makes no release. Called by admin-api/v1/declarative-routes.ts and
 * admin-api/config-routes.ts.
 */
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf, entityKinds } from '../../shared/model/registry.ts';
import { redactEntity } from '../../shared/model/redact.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { EntityAccess } from '../access/policy.ts';
import type { Verb } from '../access/permission.ts';
import { buildEntityRecord } from '../store/entity-record.ts';
import type { EntityWrite, WriteProblem } from '../store/entity-writer.ts';
import { withEveryEntity, type Actor } from '../store/scope.ts';
import type { Gateway } from '../store/gateway-store.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import type { Store } from '../store/store.ts';
import { ContentPasswords } from './content-passwords.ts';
import { ContentProblems, type ContentProblem } from './content-problem.ts';
import { ContentScope } from './content-scope.ts';
import { readCurrent, type CurrentEntity } from './current-entities.ts';
import { readContent, type DesiredContent } from './desired-entities.ts';
import { nameOf, referenceFields, showPath } from './file-layout.ts';
import { matchingKeysOf } from './matching-keys.ts';
import { Pauses } from './pauses.ts';
import { planChanges, problemEntity, type PlannedEntity, type PlanRules } from './plan-changes.ts';
import { tellWriteProblem } from './write-problem.ts';

export interface ContentRequest {
  /** `sync` deletes what is absent, `apply` does not. */
  readonly mode: 'sync' | 'apply';
  readonly content: JsonObject;
  /** Besides those of the content, which must be the same where there are any. */
  readonly selectTags: readonly string[];
  readonly skipConsumers: boolean;
  readonly dryRun: boolean;
  /** Nothing is done where the gateway is not at this version. */
  readonly ifVersion: ConfigVersion | undefined;
}

export interface ContentCaller {
  readonly actor: Actor;
  /** Every entity of the plan is asked for. */
  readonly access: EntityAccess;
}

export type ContentResult =
  /** `version` is that of the change; undefined where there was none. `plannedFor`: the gateway's before it. */
  | { readonly kind: 'done'; readonly plan: readonly PlannedEntity[]; readonly version: ConfigVersion | undefined; readonly plannedFor: ConfigVersion; readonly selectTags: readonly string[] }
  | { readonly kind: 'problems'; readonly problems: readonly ContentProblem[] }
  | { readonly kind: 'version-differs'; readonly wanted: ConfigVersion; readonly version: ConfigVersion }
  /** `seen`: whether the caller may see the entity at all. */
  | { readonly kind: 'forbidden'; readonly entity: { readonly kind: EntityKind; readonly name: string | undefined; readonly id: string }; readonly verb: Verb; readonly seen: boolean };

export type ContentStore = Pick<Store, 'read' | 'write' | 'secretsOf' | 'gateways'>;

/** Somebody else writes at the same time: plan again, so often. */
const MOST_TRIES = 5;

/** Throws what the store throws. */
export async function applyContent(store: ContentStore, rules: PlanRules, gateway: Gateway, request: ContentRequest, caller: ContentCaller): Promise<ContentResult> {
  const passwords = new ContentPasswords(request);
  for (let turn = 1; ; turn += 1) {
    const head = turn === 1 ? gateway.head : ((await store.gateways.get(gateway))?.head ?? gateway.head);
    const result = await tryOnce(store, { rules, passwords }, { ...gateway, head }, request, caller);
    // Planned for one version and written to another, a plan would undo what it never saw.
    if (result.kind !== 'version-differs' || request.ifVersion !== undefined || turn === MOST_TRIES) return result;
  }
}

async function tryOnce(store: ContentStore, { rules, passwords }: { readonly rules: PlanRules; readonly passwords: ContentPasswords }, gateway: Gateway, request: ContentRequest, caller: ContentCaller): Promise<ContentResult> {
  const { head } = gateway;
  if (request.ifVersion !== undefined && !isSame(request.ifVersion, head)) return { kind: 'version-differs', wanted: request.ifVersion, version: head };
  const problems = new ContentProblems();
  const content = readContent(request.content, problems);
  const selectTags = settleSelectTags(content, request, problems);
  const scope = new ContentScope({ selectTags, skipConsumers: request.skipConsumers });
  const guess = firstGuess(content, caller.access, rules);
  if (guess !== undefined) return guess;
  const secrets = await store.secretsOf(gateway);
  const everything = withEveryEntity(gateway);
  const current = await store.read(everything, (reader) => readCurrent(reader, () => secrets, new Pauses(rules.clock)));
  const sees = ({ kind, tags }: CurrentEntity): boolean => caller.access.may(kind, 'read', tags);
  const mayReveal = ({ kind, tags }: CurrentEntity): boolean => caller.access.may(kind, 'reveal', tags);
  const plan = await planChanges(content, current, scope, { gatewayId: gateway.gatewayId, mode: request.mode, rules, passwords, sees, mayReveal }, problems);
  if (problems.list.length > 0) return { kind: 'problems', problems: problems.list };
  const done: ContentResult = { kind: 'done', plan, version: undefined, plannedFor: head, selectTags };
  const forbidden = firstForbidden(plan, caller.access);
  // Who may only read is told what planning tells, without its being tried.
  if (forbidden !== undefined) return request.dryRun && seesAll(plan, caller.access) ? done : forbidden;
  if (plan.every(({ action }) => action === 'none')) return done;

  const writes = await writesOf(plan, secrets, new Pauses(rules.clock));
  const { value, version } = await store.write({ ...everything, access: caller.access }, caller.actor, async (writer): Promise<ContentResult> => {
    const refused = await writer.writeMany(writes.map(({ write }) => write));
    const now = await writer.holdHead();
    if (now !== undefined && !isSame(now, head)) {
      writer.abandon();
      return { kind: 'version-differs', wanted: head, version: now };
    }
    if (refused.length > 0) writer.abandon();
    // So that it tells everything that would stand against it.
    else if (request.dryRun) writer.onlyTry();
    return refused.length === 0 ? done : { kind: 'problems', problems: tellRefused(refused, writes) };
  });
  return value.kind === 'done' ? { ...value, version } : value;
}

/** The tags of the request and of the content say the same thing in two places. */
function settleSelectTags({ selectTags: own }: DesiredContent, { selectTags: asked }: ContentRequest, problems: ContentProblems): readonly string[] {
  if (own.length === 0 || asked.length === 0) return [...own, ...asked];
  const isEqual = own.length === new Set(asked).size && own.every((tag) => asked.includes(tag));
  if (!isEqual) problems.at(['_info', 'select_tags'], `are ${own.join(', ')}, and ${asked.join(', ')} was asked for: give the same in both places, or in one`);
  return own;
}

function firstForbidden(plan: readonly PlannedEntity[], access: EntityAccess): ContentResult | undefined {
  for (const entity of plan) {
    if (entity.action === 'none') continue;
    const verb = entity.action;
    // Before and after: nobody gets at an entity by giving it the right tag, nor lets go of one that way.
    const states = [entity.before, entity.after].flatMap((state) => (state === undefined ? [] : [tagsOf(state)]));
    if (!states.every((tags) => access.may(entity.kind, verb, tags))) return { kind: 'forbidden', entity, verb, seen: states.every((tags) => access.may(entity.kind, 'read', tags)) };
  }
  return undefined;
}

/** Whether somebody who may not write all of it may know the plan: who sees every entity that it changes. */
function seesAll(plan: readonly PlannedEntity[], access: EntityAccess): boolean {
  return plan.every(({ kind, action, before }) => action === 'none' || before === undefined || access.may(kind, 'read', tagsOf(before)));
}

/** Secrets come from who may reveal or write them: of anybody else's guesses, a plan would tell which are right. */
function firstGuess({ entities, selectTags }: DesiredContent, access: EntityAccess, { plugins }: PlanRules): ContentResult | undefined {
  const guess = entities.find(({ kind, input }) => {
    const tags = [...tagsOf(input), ...selectTags];
    return !(['reveal', 'create', 'update'] as const).some((verb) => access.may(kind, verb, tags)) && canonicalJson(redactEntity(definitionOf(kind), input, (name) => plugins.pluginSchemaOf(name)?.config)) !== canonicalJson(input);
  });
  if (guess === undefined) return undefined;
  const { kind, input, path } = guess;
  return { kind: 'forbidden', entity: { kind, name: nameOf(kind, input) ?? showPath(path), id: '' }, verb: 'reveal', seen: true };
}

interface OrderedWrite {
  readonly write: EntityWrite;
  readonly planned: PlannedEntity;
}

/**
 * What goes and holds a name that something else takes goes first; then updates and inserts in the order of dependence, updates
 * first because they may let go of names; then everything else that goes, dependants first.
 */
async function writesOf(plan: readonly PlannedEntity[], secrets: GatewaySecrets, pauses: Pauses): Promise<readonly OrderedWrite[]> {
  const written = plan.filter((planned) => planned.action === 'create' || planned.action === 'update');
  const gone = plan.filter((planned) => planned.action === 'delete');
  const wanted = new Set<string>();
  // Where nothing goes, nothing is in the way.
  for (const { kind, after } of gone.length === 0 ? [] : written) {
    await pauses.due();
    if (after !== undefined) for (const key of keysOf(kind, after)) wanted.add(key);
  }
  const inTheWay = new Set<string>();
  for (const { kind, id, before } of wanted.size === 0 ? [] : gone.toReversed()) {
    await pauses.due();
    const belongs = referenceFields(definitionOf(kind)).some(({ field }) => inTheWay.has(referencedIn(before, field)));
    if (belongs || keysOf(kind, before).some((key) => wanted.has(key))) inTheWay.add(id);
  }
  const remove = (planned: PlannedEntity): OrderedWrite => ({ planned, write: { op: 'delete', kind: planned.kind, id: planned.id } });
  const inOrder = entityKinds.flatMap((kind) => (['update', 'create'] as const).flatMap((action) => written.filter((planned) => planned.kind === kind && planned.action === action)));
  const stored: OrderedWrite[] = [];
  for (const planned of inOrder) {
    await pauses.due();
    if (planned.after !== undefined) stored.push({ planned, write: { op: planned.action === 'create' ? 'insert' : 'update', record: buildEntityRecord(definitionOf(planned.kind), planned.after, secrets) } });
  }
  return [...gone.filter(({ id }) => inTheWay.has(id)).map(remove), ...stored, ...gone.filter(({ id }) => !inTheWay.has(id)).map(remove)];
}

function keysOf(kind: PlannedEntity['kind'], entity: JsonObject): readonly string[] {
  const { first, others } = matchingKeysOf(definitionOf(kind), entity);
  return [...(first === undefined ? [] : [first]), ...others].map((key) => `${kind} ${key}`);
}

function referencedIn(entity: JsonObject, field: string): string {
  const reference = entity[field];
  const id = isJsonObject(reference) ? reference['id'] : '';
  return typeof id === 'string' ? id : '';
}

function tellRefused(refused: readonly WriteProblem[], writes: readonly OrderedWrite[]): readonly ContentProblem[] {
  const problems = new ContentProblems();
  for (const { position, problem, because } of refused) {
    const planned = writes[position]?.planned;
    // What it refers to was refused, and that is told.
    if (planned === undefined || because !== undefined) continue;
    problems.ofEntity(problemEntity(planned.kind, planned.id, planned.after ?? planned.before ?? {}), planned.path ?? [], tellWriteProblem(problem, planned));
  }
  return problems.list;
}

function tagsOf({ tags }: JsonObject): readonly string[] {
  const list: readonly unknown[] = Array.isArray(tags) ? tags : [];
  return list.filter((tag): tag is string => typeof tag === 'string');
}

function isSame(one: ConfigVersion, other: ConfigVersion): boolean {
  return one.epoch === other.epoch && one.sequence === other.sequence;
}
