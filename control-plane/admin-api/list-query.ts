/**
 * What follows the `?` of a list: `size`, `offset`, `tags`, in Kong's words and with its refusals. Called by every
 * operation that answers a page.
 */
import type { JsonValue } from '../../shared/model/definition.ts';
import type { EntityCursor, ListOptions } from '../store/entity-reader.ts';
import { invalidQuery, type Answer } from './answer.ts';
import type { AdminRequest } from './route.ts';

export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 1000;

/** `?size=`, 1 to 1000; 100 where not given. */
export function parsePageSize(query: URLSearchParams): number {
  const text = query.get('size');
  if (text === null) return DEFAULT_PAGE_SIZE;
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 1 || size > MAX_PAGE_SIZE) throw invalidQuery('size', 'size', `size must be an integer between 1 and ${MAX_PAGE_SIZE}`);
  return size;
}

/** `?tags=a,b` (all of them) or `a/b` (any of them). */
export function parseTags(query: URLSearchParams): ListOptions['tags'] {
  const text = query.get('tags');
  if (text === null) return undefined;
  if (text.includes(',') && text.includes('/')) throw invalidQuery('options', 'tags', "use either ',' (all of these tags) or '/' (any of them), not both");
  const values = text.split(/[,/]/);
  if (values.includes('')) throw invalidQuery('options', 'tags', 'a tag is empty');
  return { mode: text.includes('/') ? 'or' : 'and', values };
}

/** Kong's page: `offset` only where there is more, `next` as a path with the same filters. */
export function pageAnswer(request: AdminRequest, data: readonly JsonValue[], offset: EntityCursor | string | undefined): Answer {
  if (offset === undefined) return { status: 200, body: { data, next: null } };
  const query = new URLSearchParams(request.query);
  query.set('offset', offset);
  query.sort();
  return { status: 200, body: { data, offset, next: `${request.path}?${query.toString()}` } };
}
