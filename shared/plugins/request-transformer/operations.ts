/**
 * The operations of a request-transformer on one part of a request (headers, query, body), ready to be carried out: in Kong's order,
 * with templates parsed. All values are rendered before anything is changed, so that each sees the request as it was.
 */
import { bytesOf } from '../../plugin-parts/byte-text.ts';
import type { RequestContext } from '../contract.ts';
import { namedValue } from '../../plugin-parts/named-value.ts';
import { renderTogether, type RequestTemplate, requestTemplate, type TemplatePlace } from '../../plugin-parts/request-template.ts';

const NOTHING: readonly string[] = [];

/** What can be edited by name. Names and values are bytes (latin1). */
export interface NamedFields {
  remove(name: string): void;
  rename(name: string, newName: string): void;
  replace(name: string, value: string): void;
  add(name: string, value: string): void;
  append(name: string, value: string): void;
}

/** A value of the config: the same for every request, or one of what was rendered for this one. */
interface Value {
  readonly fixed: string | undefined;
  readonly index: number;
}

interface Valued {
  readonly name: string;
  readonly value: Value;
}

/** The templates of one instance that say something of the request. */
export class Templates {
  readonly #templates: RequestTemplate[] = [];

  add(text: string, place: TemplatePlace): Value {
    const template = requestTemplate(text, place);
    if (template.fixed === undefined) this.#templates.push(template);
    return { fixed: template.fixed, index: this.#templates.length - 1 };
  }

  /** Undefined where one would be longer than may be. */
  render(context: RequestContext): readonly string[] | undefined {
    return this.#templates.length === 0 ? NOTHING : renderTogether(this.#templates, context);
  }
}

export function valueIn(rendered: readonly string[], { fixed, index }: Value): string {
  return fixed ?? rendered[index] ?? '';
}

/** What the config says about one part. */
export interface PartOperations {
  readonly remove: readonly string[];
  readonly rename: readonly string[];
  readonly replace: readonly string[];
  readonly add: readonly string[];
  readonly append: readonly string[];
}

export class Operations {
  readonly #remove: readonly string[];
  readonly #rename: readonly (readonly [name: string, newName: string])[];
  readonly #replace: readonly Valued[];
  readonly #add: readonly Valued[];
  readonly #append: readonly Valued[];
  readonly isEmpty: boolean;

  constructor(part: PartOperations, place: TemplatePlace, templates: Templates) {
    const valued = (entry: string): Valued => {
      const { name, value } = namedValue(entry);
      return { name: bytesOf(name), value: templates.add(value, place) };
    };
    this.#remove = part.remove.map((entry) => bytesOf(namedValue(entry).name));
    this.#rename = part.rename.map((entry) => [bytesOf(namedValue(entry).name), bytesOf(namedValue(entry).value)]);
    this.#replace = part.replace.map(valued);
    this.#add = part.add.map(valued);
    this.#append = part.append.map(valued);
    this.isEmpty = [this.#remove, this.#rename, this.#replace, this.#add, this.#append].every((list) => list.length === 0);
  }

  /** `rendered`: what `Templates.render` gave. */
  apply(fields: NamedFields, rendered: readonly string[]): void {
    for (const name of this.#remove) fields.remove(name);
    for (const [name, newName] of this.#rename) fields.rename(name, newName);
    for (const { name, value } of this.#replace) fields.replace(name, valueIn(rendered, value));
    for (const { name, value } of this.#add) fields.add(name, valueIn(rendered, value));
    for (const { name, value } of this.#append) fields.append(name, valueIn(rendered, value));
  }
}
