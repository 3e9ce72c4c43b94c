/**
 * Turns shorthands (a service's `url`, a credential's `ttl`) into the fields they stand for, in the order in which the
 * definition lists them. Called by parse-entity before anything is merged or defaulted.
 */
import type { EntityDefinition, JsonObject, Shorthand } from './definition.ts';
import { parseValue, type FieldContext } from './parse-fields.ts';
import { ProblemList } from './problems.ts';

/** The input with real fields only. What a shorthand sets wins over a field given beside it, as in Kong. */
export function expandShorthands(definition: EntityDefinition, input: JsonObject, problems: ProblemList, nowSeconds: number): JsonObject {
  let fields = input;
  for (const shorthand of definition.shorthands ?? []) {
    if (input[shorthand.name] === undefined) continue;
    const isField = definition.fields.some(({ name }) => name === shorthand.name);
    if (!isField) fields = without(fields, shorthand.name);
    // The field of the same name reports a value of the wrong type itself.
    const expanded = expandOne(shorthand, input, isField ? new ProblemList() : problems, nowSeconds);
    if ('problem' in expanded) problems.add(shorthand.name, expanded.problem);
    else {
      checkReplaced(definition, input, expanded.fields, shorthand.name, problems);
      fields = { ...fields, ...expanded.fields };
    }
  }
  return fields;
}

function expandOne(shorthand: Shorthand, input: JsonObject, problems: ProblemList, nowSeconds: number): ReturnType<Shorthand['expand']> {
  const value = input[shorthand.name] ?? null;
  const checked = value === null ? null : parseValue(shorthand.type, value, shorthand.name, plainContext(problems));
  return checked === undefined ? { fields: {} } : shorthand.expand(checked, { input, nowSeconds });
}

/** A given value that a shorthand replaces is wrong all the same. */
function checkReplaced(definition: EntityDefinition, input: JsonObject, set: JsonObject, shorthand: string, problems: ProblemList): void {
  for (const field of definition.fields) {
    const replaced = field.name in set && field.name !== shorthand ? (input[field.name] ?? null) : null;
    if (replaced !== null) parseValue(field.type, replaced, field.name, plainContext(problems));
  }
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

/** Shorthands and what they set are plain values. */
function plainContext(problems: ProblemList): FieldContext {
  return { problems, newKey: () => '', parsePluginConfig: (value) => value };
}
