/**
 * `/tags` and `/tags/{tag}`: which entities of all kinds carry which tags. A page looks at a bounded number of entities,
 * so one may be short, or even empty, and still have a next one.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { entityKinds } from '../../shared/model/registry.ts';
import { parseEntityCursor, type EntityCursor } from '../store/entity-reader.ts';
import type { Store } from '../store/store.ts';
import { invalidQuery, type Answer } from './answer.ts';
import { pageAnswer, parsePageSize } from './list-query.ts';
import { gatewayRoute, param, read, type GatewayRequest, type Route } from './route.ts';

/** Where a page starts: the kind, and the last entity of it that was looked at. */
interface Position {
  readonly kindIndex: number;
  readonly after: EntityCursor | undefined;
}

export function tagRoutes(store: Pick<Store, 'read'>): readonly Route[] {
  return [
    gatewayRoute('/tags', { GET: read('entities', (request) => listTags(store, request, undefined), 'List tags with the entities that carry them') }),
    gatewayRoute('/tags/:tag', { GET: read('entities', (request) => listTags(store, request, param(request, 'tag')), 'List the entities that carry a tag') }),
  ];
}

async function listTags(store: Pick<Store, 'read'>, request: GatewayRequest, tag: string | undefined): Promise<Answer> {
  const size = parsePageSize(request.query);
  let position: Position | undefined = parsePosition(request.query.get('offset'));
  const rows: JsonObject[] = [];
  let looked = 0;
  await store.read(request.gateway, async (reader) => {
    while (position !== undefined && looked < size) {
      const { kindIndex, after }: Position = position;
      const kind = entityKinds[kindIndex];
      if (kind === undefined) break;
      const page = await reader.list(kind, {
        size: size - looked,
        ...(after === undefined ? {} : { after }),
        ...(tag === undefined ? {} : { tags: { mode: 'and', values: [tag] } }),
      });
      for (const { id, tags } of page.entities) {
        for (const found of tags) if (tag === undefined || found === tag) rows.push({ entity_name: kind, entity_id: id, tag: found });
      }
      looked += page.entities.length;
      position = page.next !== undefined ? { kindIndex, after: page.next } : kindIndex + 1 < entityKinds.length ? { kindIndex: kindIndex + 1, after: undefined } : undefined;
    }
  });
  return pageAnswer(request, rows, position === undefined ? undefined : formatPosition(position));
}

function formatPosition({ kindIndex, after }: Position): string {
  return `${entityKinds[kindIndex] ?? ''}.${after ?? ''}`;
}

function parsePosition(text: string | null): Position {
  if (text === null) return { kindIndex: 0, after: undefined };
  const [kind = '', cursor = ''] = text.split('.');
  const kindIndex = entityKinds.findIndex((known) => known === kind);
  const after = cursor === '' ? undefined : parseEntityCursor(cursor);
  if (kindIndex === -1 || (cursor !== '' && after === undefined)) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return { kindIndex, after };
}
