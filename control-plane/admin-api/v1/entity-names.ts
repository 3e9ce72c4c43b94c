/**
 * Between the ids that telemetry counts by and the names that people know: `?route=invoices` on the way in, `{"id": …, "name": …}` on
 * the way out. What a caller may not see has no name here, and no id can be found by it. Used by the routes of analytics and requests.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type DataPlaneId, type EntityId } from '../../../shared/model/ids.ts';
import { definitionOf } from '../../../shared/model/registry.ts';
import type { EntityReader } from '../../store/entity-reader.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery } from '../answer.ts';
import type { AdmittedGateway } from '../route.ts';

export const NAMED_KINDS = { route: 'routes', service: 'services', consumer: 'consumers' } as const;
export type NamedThing = keyof typeof NAMED_KINDS;
const THINGS: readonly NamedThing[] = ['route', 'service', 'consumer'];

type Names = Pick<Store, 'read' | 'dataPlanes'>;

/** Words of one parameter at most. */
const MOST_WORDS = 50;
/** For requests without one: no route matched, no consumer was found. */
const NONE = 'none';

/** Ids and names of a parameter as ids, null for `none`; undefined where it is not given. Throws a Refusal (400) for a name that is not there. */
export async function parseThings(store: Names, gateway: AdmittedGateway, query: URLSearchParams, thing: NamedThing): Promise<readonly (EntityId | null)[] | undefined> {
  const words = parseWords(query, thing);
  if (words === undefined) return undefined;
  const found = words.map((word) => (word === NONE ? null : parseId<EntityId>(word)));
  if (found.every((id) => id !== undefined)) return found;
  return store.read(gateway, (reader) => Promise.all(words.map(async (word, at) => found[at] === undefined ? await idOf(reader, thing, word) : found[at])));
}

async function idOf(reader: EntityReader, thing: NamedThing, word: string): Promise<EntityId> {
  const definition = definitionOf(NAMED_KINDS[thing]);
  const entity = await reader.getByEndpointKey(definition, word);
  if (entity === undefined) throw invalidQuery('options', thing, `there is no ${thing} with the ${definition.endpointKey ?? 'id'} ${JSON.stringify(word)}; of one that is deleted the id still works, and "${NONE}" are requests without one`);
  return entity.id;
}

/** Ids of data planes. */
export function parseDataPlanes(query: URLSearchParams): readonly DataPlaneId[] | undefined {
  return parseWords(query, 'data_plane')?.map((word) => {
    const id = parseId<DataPlaneId>(word);
    if (id === undefined) throw invalidQuery('options', 'data_plane', 'must be ids of data planes; GET /v1/data-planes lists them');
    return id;
  });
}

/** Words with commas between them; undefined where the parameter is not given. */
export function parseWords(query: URLSearchParams, name: string): readonly string[] | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw invalidQuery('options', name, 'has an empty word; several are separated by commas');
  if (words.length > MOST_WORDS) throw invalidQuery('options', name, `has ${words.length} words; at most ${MOST_WORDS}`);
  return words;
}

/** Collects the ids of an answer, reads their names once, and shows them. */
export class EntityNames {
  readonly #wanted: Readonly<Record<NamedThing, Set<EntityId>>> = { route: new Set(), service: new Set(), consumer: new Set() };
  readonly #dataPlanes = new Set<DataPlaneId>();
  readonly #names = new Map<string, string>();

  want(thing: NamedThing, id: string | null): void {
    const parsed = parseId<EntityId>(id ?? '');
    if (parsed !== undefined) this.#wanted[thing].add(parsed);
  }

  wantDataPlane(id: string | null): void {
    const parsed = parseId<DataPlaneId>(id ?? '');
    if (parsed !== undefined) this.#dataPlanes.add(parsed);
  }

  async read(store: Names, gateway: AdmittedGateway): Promise<this> {
    if (THINGS.some((thing) => this.#wanted[thing].size > 0)) {
      await store.read(gateway, (reader) => Promise.all(THINGS.flatMap((thing) => [...this.#wanted[thing]].map((id) => this.#readOne(reader, thing, id)))));
    }
    if (this.#dataPlanes.size > 0) {
      for (const [id, hostname] of await store.dataPlanes.hostnames(gateway, [...this.#dataPlanes])) this.#names.set(id, hostname);
    }
    return this;
  }

  /** Null without an id; the name is null where it is gone, or is not the caller's to see. */
  show(id: string | null): JsonObject | null {
    return id === null || id === '' ? null : { id, name: this.#names.get(id) ?? null };
  }

  showDataPlane(id: string | null): JsonObject | null {
    return id === null || id === '' ? null : { id, hostname: this.#names.get(id) ?? null };
  }

  async #readOne(reader: EntityReader, thing: NamedThing, id: EntityId): Promise<void> {
    const kind = NAMED_KINDS[thing];
    const published = (await reader.get(kind, id))?.published;
    const name = published?.[definitionOf(kind).endpointKey ?? 'name'] ?? published?.['custom_id'];
    if (typeof name === 'string') this.#names.set(id, name);
  }
}
