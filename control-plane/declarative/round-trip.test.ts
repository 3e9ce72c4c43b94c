/**
 * A dump is the configuration: planned for an empty gateway and dumped again it is the same, and for the gateway that it came from it
 * changes nothing. With random entities of every kind, made from their definitions.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { newId, type GatewayId } from '../../shared/model/ids.ts';
import { definitionOf, entityKinds } from '../../shared/model/registry.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import { arbitraryInput } from '../../test/support/entity-input.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { takeContent } from './content-door.ts';
import { ContentPasswords } from './content-passwords.ts';
import { ContentProblems } from './content-problem.ts';
import { ContentScope } from './content-scope.ts';
import { CurrentEntities } from './current-entities.ts';
import { readContent } from './desired-entities.ts';
import { exportContent } from './export-content.ts';
import { referenceFields } from './file-layout.ts';
import { planChanges, type PlannedEntity } from './plan-changes.ts';

const plugins = { pluginSchemaOf: (name: string) => pluginCatalog.get(name), pluginNames: [...pluginCatalog.keys()] };
const clock = new ManualClock();
const WHOLE = { selectTags: [], skipConsumers: false } as const;
const DUMP = { ...WHOLE, withIds: false, sanitize: false } as const;

async function planFor(content: JsonObject, current: CurrentEntities, gatewayId: GatewayId): Promise<{ readonly plan: readonly PlannedEntity[]; readonly problems: ContentProblems }> {
  const problems = new ContentProblems();
  const taken = takeContent(content, 0, problems) ?? {};
  const plan = await planChanges(readContent(taken, problems), current, new ContentScope(WHOLE), { gatewayId, mode: 'sync', passwords: new ContentPasswords({ dryRun: true }), rules: { plugins, clock } }, problems);
  return { plan, problems };
}

function afterwards(plan: readonly PlannedEntity[]): CurrentEntities {
  return new CurrentEntities(plan.flatMap(({ kind, id, after }) => {
    const tags: readonly unknown[] = Array.isArray(after?.['tags']) ? after['tags'] : [];
    return after === undefined ? [] : [{ kind, id, entity: after, tags: tags.filter((tag) => typeof tag === 'string') }];
  }));
}

const EMPTY = new CurrentEntities([]);

function draw(kind: EntityKind): fc.Arbitrary<readonly [EntityKind, JsonObject, number, string]> {
  return fc.tuple(fc.constant(kind), arbitraryInput(kind), fc.nat(), fc.uuid());
}

/** Entities of some kinds, in flat lists, whose references are by id and mean something. */
const arbitraryContent: fc.Arbitrary<JsonObject> = fc.tuple(fc.array(fc.constantFrom(...entityKinds).chain(draw), { maxLength: 20 }), fc.boolean(), fc.tuple(...entityKinds.map(draw))).map(([some, withAll, oneOfEach]) => {
  const drawn = withAll ? [...oneOfEach, ...some] : some;
  const lists: Partial<Record<EntityKind, JsonObject[]>> = {};
  for (const kind of entityKinds) {
    for (const [drawnKind, input, choice, id] of drawn) {
      if (drawnKind !== kind) continue;
      const others = referenceFields(definitionOf(kind)).map(({ field, to }): readonly [string, JsonValue] => {
        const there = lists[to] ?? [];
        const isRequired = definitionOf(kind).fields.some(({ name, required }) => name === field && required === true);
        const target = there[choice % Math.max(1, there.length)];
        return [field, target === undefined || (!isRequired && choice % 3 === 0) ? null : { id: target['id'] ?? null }];
      });
      const { created_at: _, ca_certificates: __, ...rest } = input;
      const key = definitionOf(kind).endpointKey;
      // Names that mostly differ.
      const named = key === 'name' || key === 'username' ? { [key]: choice % 4 === 0 && kind !== 'services' ? (rest[key] ?? null) : `${kind}-${choice}.test` } : {};
      lists[kind] = [...(lists[kind] ?? []), { ...rest, ...named, ...Object.fromEntries(others), id }];
    }
  }
  return { _format_version: '3.0', ...lists };
});

/** Without the entities that something is wrong with, until nothing is. */
async function validPart(content: JsonObject): Promise<JsonObject> {
  const { problems } = await planFor(content, EMPTY, GATEWAY);
  if (problems.list.length === 0) return content;
  const wrong = new Set(problems.list.map(({ path: [kind, index] }) => `${String(kind)} ${String(index)}`));
  return validPart(Object.fromEntries(Object.entries(content).map(([kind, list]): [string, JsonValue] => [kind, Array.isArray(list) ? list.filter((_, index) => !wrong.has(`${kind} ${index}`)) : list])));
}

/** What no dump tells, and another gateway must be given. */
function withPasswords(dumped: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(dumped, (name, value: unknown) => (name === 'basicauth_credentials' && Array.isArray(value) ? value.map((credential: object) => ({ ...credential, password: 'p' })) : value)));
}

const [GATEWAY, OTHER] = [newId<GatewayId>(1), newId<GatewayId>(2)];

test('a dump in an empty gateway gives the same dump, and in its own changes nothing', async () => {
  const seen = new Set<EntityKind>();
  await fc.assert(fc.asyncProperty(arbitraryContent, async (drawn) => {
    const { plan } = await planFor(await validPart(drawn), EMPTY, GATEWAY);
    for (const { kind } of plan) seen.add(kind);
    const current = afterwards(plan);
    const dumped = exportContent(current, plugins, DUMP);
    const again = await planFor(dumped, current, GATEWAY);
    assert.deepEqual(again.problems.list, []);
    assert.deepEqual(again.plan.filter(({ action }) => action !== 'none'), []);
    const elsewhere = await planFor(withPasswords(dumped), EMPTY, OTHER);
    assert.deepEqual(elsewhere.problems.list, []);
    assert.equal(elsewhere.plan.length, plan.length);
    assert.deepEqual(exportContent(afterwards(elsewhere.plan), plugins, DUMP), dumped);
    const withIds = exportContent(current, plugins, { ...DUMP, withIds: true });
    assert.deepEqual(exportContent(afterwards((await planFor(withPasswords(withIds), EMPTY, OTHER)).plan), plugins, { ...DUMP, withIds: true }), withIds);
  }), { numRuns: 50 });
  assert.deepEqual(entityKinds.filter((kind) => !seen.has(kind)), [], 'kinds that were never part of a round trip');
});
