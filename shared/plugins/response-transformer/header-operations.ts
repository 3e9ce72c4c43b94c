/** The operations of a response-transformer on headers, in Kong's order. A header that comes several times keeps all its lines. */
import { bytesOf } from '../../plugin-parts/byte-text.ts';
import type { ResponseContext } from '../contract.ts';
import { namedValue } from '../../plugin-parts/named-value.ts';
import type { ResponseTransformerConfig } from './schema.ts';

interface NamedHeader {
  readonly name: string;
  readonly key: string;
  /** The value, or the new name. */
  readonly value: string;
}

export class HeaderOperations {
  readonly #remove: readonly NamedHeader[];
  readonly #rename: readonly NamedHeader[];
  readonly #replace: readonly NamedHeader[];
  readonly #add: readonly NamedHeader[];
  readonly #append: readonly NamedHeader[];
  readonly isEmpty: boolean;

  constructor(config: ResponseTransformerConfig) {
    this.#remove = config.remove.headers.map(namedHeader);
    this.#rename = config.rename.headers.map(namedHeader);
    this.#replace = config.replace.headers.map(namedHeader);
    this.#add = config.add.headers.map(namedHeader);
    this.#append = config.append.headers.map(namedHeader);
    this.isEmpty = [this.#remove, this.#rename, this.#replace, this.#add, this.#append].every((list) => list.length === 0);
  }

  apply(context: ResponseContext): void {
    for (const { name } of this.#remove) context.removeResponseHeader(name);
    for (const { name, key, value: newName } of this.#rename) {
      const values = context.responseHeaderValues(key);
      if (values.length === 0) continue;
      context.removeResponseHeader(name);
      context.setResponseHeader(newName, values);
    }
    for (const { name, key, value } of this.#replace) if (context.responseHeader(key) !== undefined) context.setResponseHeader(name, value);
    for (const { name, key, value } of this.#add) if (context.responseHeader(key) === undefined) context.setResponseHeader(name, value);
    for (const { name, key, value } of this.#append) {
      const values = context.responseHeaderValues(key);
      context.setResponseHeader(name, values.length === 0 ? value : [...values, value]);
    }
  }
}

function namedHeader(entry: string): NamedHeader {
  const { name, value } = namedValue(entry);
  return { name, key: name.toLowerCase(), value: bytesOf(value) };
}
