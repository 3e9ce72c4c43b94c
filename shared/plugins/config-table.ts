/** A plugin's config as the table in its README: written from the schema, so that the two can't disagree. Used by contract.test.ts. */
import type { Field, FieldType } from '../model/definition.ts';
import { defaultOf } from '../model/default-value.ts';

const HEAD = ['| field | type | default | meaning |', '|---|---|---|---|'];

export function renderConfigTable(fields: readonly Field[]): string {
  return [...HEAD, ...rowsOf(fields, '')].join('\n');
}

function rowsOf(fields: readonly Field[], parent: string): readonly string[] {
  return fields.flatMap((field) => {
    const name = `${parent}${field.name}`;
    const nested = nestedRows(field.type, name);
    const shownDefault = field.type.kind === 'record' ? 'as below' : shownValue(field);
    return [`| \`${name}\` | ${shown(field.type)} | ${shownDefault} | ${field.description}${field.secret === undefined ? '' : ' Secret.'} |`, ...nested];
  });
}

function shownValue(field: Field): string {
  const value = defaultOf(field);
  return value === null && field.required === true ? 'required' : `\`${JSON.stringify(value)}\``;
}

/** Of the records in a list or map too: `rules[].condition`, `limits.*.minute`. */
function nestedRows(type: FieldType, name: string): readonly string[] {
  switch (type.kind) {
    case 'record':
      return rowsOf(type.fields, `${name}.`);
    case 'array':
    case 'set':
      return nestedRows(type.of, `${name}[]`);
    case 'map':
      return nestedRows(type.values, `${name}.*`);
    default:
      return [];
  }
}

function shown(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return type.oneOf === undefined ? 'string' : type.oneOf.map((value) => `\`${value}\``).join(', ');
    case 'integer':
    case 'number':
      return type.between === undefined ? type.kind : `${type.kind} ${type.between.join('…')}`;
    case 'array':
    case 'set':
      return `${type.kind} of ${shown(type.of)}`;
    case 'map':
      return `map of ${shown(type.values)}`;
    case 'unavailable':
      return 'null';
    case 'boolean':
    case 'record':
    case 'reference':
    case 'plugin-config':
      return type.kind;
  }
}
