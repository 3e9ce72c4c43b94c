/**
 * The conditions of a query that leave out the entities which the caller may not see. One text whatever the tags are, since
 * every text is prepared once per connection. Called by entity-reader.ts for what it does not look at row by row.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityAccess } from '../access/policy.ts';
import type { SqlValue } from './database.ts';

/** On `entities e`; none where all may be seen. `parameter` takes a value and gives its place in the text. */
export function visibleOnly(access: EntityAccess, kind: EntityKind, parameter: (value: SqlValue) => string): readonly string[] {
  return access.rulesFor(kind, 'read').flatMap(({ allow, deny }) => {
    const [only] = allow;
    // One set of tags is what roles mostly have, and what the index on tags serves.
    const allowed = allow.length === 1 && only !== undefined ? `e.tags @> ${parameter(only)}::text[]` : carriesOneOf(allow, parameter);
    return deny.length === 0 ? [allowed] : [allowed, `NOT ${carriesOneOf(deny, parameter)}`];
  });
}

/** True for entities that carry all tags of one of the sets. */
function carriesOneOf(sets: readonly (readonly string[])[], parameter: (value: SqlValue) => string): string {
  return `EXISTS (SELECT FROM unnest(${parameter(sets.map(arrayLiteral))}::text[]) AS s (tags) WHERE e.tags @> s.tags::text[])`;
}

/** As Postgres writes an array of text. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`).join(',')}}`;
}
