/** The operations of a response-transformer on a JSON body, ready to be carried out: in Kong's order, with their values as JSON. */
import { JsonMembers } from '../../plugin-parts/json-members.ts';
import { namedValue } from '../../plugin-parts/named-value.ts';
import { jsonOf } from './json-value.ts';
import type { ResponseTransformerConfig } from './schema.ts';

interface Valued {
  readonly name: string;
  readonly json: string;
}

export class JsonOperations {
  readonly #remove: readonly string[];
  readonly #rename: readonly { readonly name: string; readonly value: string }[];
  readonly #replace: readonly Valued[];
  readonly #add: readonly Valued[];
  readonly #append: readonly Valued[];
  readonly isEmpty: boolean;

  constructor(config: ResponseTransformerConfig) {
    this.#remove = config.remove.json.map((entry) => namedValue(entry).name);
    this.#rename = config.rename.json.map(namedValue);
    this.#replace = valuesOf(config.replace);
    this.#add = valuesOf(config.add);
    this.#append = valuesOf(config.append);
    this.isEmpty = [this.#remove, this.#rename, this.#replace, this.#add, this.#append].every((list) => list.length === 0);
  }

  /** Undefined where nothing is to be changed: also where the bytes are no JSON object. */
  apply(body: Uint8Array): Uint8Array | undefined {
    const members = JsonMembers.parse(body);
    if (members === undefined) return undefined;
    for (const name of this.#remove) members.remove(name);
    for (const { name, value } of this.#rename) members.rename(name, value);
    for (const { name, json } of this.#replace) members.replace(name, json);
    for (const { name, json } of this.#add) members.add(name, json);
    for (const { name, json } of this.#append) members.append(name, json);
    return members.isChanged ? members.toBytes() : undefined;
  }
}

function valuesOf({ json, json_types: types }: ResponseTransformerConfig['add']): readonly Valued[] {
  return json.flatMap((entry, index) => {
    const { name, value } = namedValue(entry);
    const written = jsonOf(value, types[index] ?? 'string');
    return written === undefined ? [] : [{ name, json: written }];
  });
}
