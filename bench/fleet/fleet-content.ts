/**
 * The configuration of the fleet bench: blocks of 100 entities in one mix, written through the store in large transactions. Of each block 5 are
 * services, 40 routes, 25 consumers, 25 of their key-auth credentials and 5 key-auth plugins, one on each service.
 */
import { buildEntityRecord, type EntityRecord } from '../../control-plane/store/entity-record.ts';
import type { Store } from '../../control-plane/store/store.ts';
import type { EntityScope } from '../../control-plane/store/scope.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { entityOf, TEST_ACTOR } from '../../test/support/store-scene.ts';

const BLOCK = 100;
const BLOCKS_PER_TRANSACTION = 20;
/** Transactions at once; only their ends wait for each other. */
const WRITERS = 3;

/** The route that changes; the first of the first block. */
export const CHANGED_ROUTE = 'fleet-0-0';

/** Brings the gateway from `from` to `to` entities, both whole blocks. */
export async function loadEntities(store: Store, scope: EntityScope, from: number, to: number): Promise<void> {
  const last = to / BLOCK;
  let next = from / BLOCK;
  const secrets = await store.secretsOf(scope);
  const write = async (): Promise<void> => {
    for (let begin = next; begin < last; begin = next) {
      next = Math.min(last, begin + BLOCKS_PER_TRANSACTION);
      const records = Array.from({ length: next - begin }, (_, index) => blockOf(begin + index)).flat()
        .map(({ kind, input }): EntityRecord => buildEntityRecord(definitionOf(kind), entityOf(kind, input), secrets));
      await store.write(scope, TEST_ACTOR, async (writer) => {
        const problems = await writer.writeMany(records.map((record) => ({ op: 'insert', record })));
        if (problems.length > 0) throw new Error(`entities were refused: ${JSON.stringify(problems.slice(0, 3))}`);
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}

interface Input {
  readonly kind: EntityKind;
  readonly input: JsonObject;
}

function blockOf(block: number): readonly Input[] {
  const services = five().map((index) => idOf(block, 1, index));
  const consumers = Array.from({ length: 25 }, (_, index) => idOf(block, 2, index));
  return [
    ...services.map((id, index): Input => ({ kind: 'services', input: { id, name: `fleet-${block}-${index}`, host: `service-${block}-${index}.internal`, port: 8080 } })),
    ...Array.from({ length: 40 }, (_, index): Input => ({
      kind: 'routes', input: { name: `fleet-${block}-${index}`, paths: [`/block-${block}/route-${index}`], methods: ['GET', 'POST'], service: { id: services[index % 5] ?? '' } },
    })),
    ...consumers.map((id, index): Input => ({ kind: 'consumers', input: { id, username: `consumer-${block}-${index}` } })),
    ...consumers.map((id, index): Input => ({ kind: 'keyauth_credentials', input: { consumer: { id }, key: `key-of-consumer-${block}-${index}` } })),
    ...services.map((id): Input => ({ kind: 'plugins', input: { name: 'key-auth', service: { id } } })),
  ];
}

function five(): readonly number[] {
  return [0, 1, 2, 3, 4];
}

/** A UUID that says whose it is, so that references need no look-up. */
function idOf(block: number, kind: number, index: number): string {
  return `f1ee7000-${kind.toString(16).padStart(4, '0')}-7000-8000-${(block * BLOCK + index).toString(16).padStart(12, '0')}`;
}
