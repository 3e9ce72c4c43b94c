/** The fields of a request body by its Content-Type, to be edited by name: JSON objects, forms, multipart forms. */
import { textOf } from '../../plugin-parts/byte-text.ts';
import { JsonMembers } from '../../plugin-parts/json-members.ts';
import { QueryArguments } from '../../plugin-parts/query-arguments.ts';
import { MultipartForm } from './multipart-form.ts';
import type { NamedFields } from './operations.ts';

export type BodyKind = 'json' | 'form' | 'multipart';

export interface BodyFields extends NamedFields {
  readonly isChanged: boolean;
  toBytes(): Uint8Array;
}

/** By what the header holds, as in Kong, whatever stands around it. */
export function bodyKindOf(contentType: string): BodyKind | undefined {
  const text = contentType.toLowerCase();
  if (text.includes('application/json')) return 'json';
  if (text.includes('multipart/form-data')) return 'multipart';
  return text.includes('application/x-www-form-urlencoded') ? 'form' : undefined;
}

/** Undefined where the body is not what its Content-Type says. */
export function bodyFieldsOf(kind: BodyKind, contentType: string, body: Uint8Array): BodyFields | undefined {
  switch (kind) {
    case 'json': {
      const members = body.length === 0 ? JsonMembers.empty() : JsonMembers.parse(body);
      return members === undefined ? undefined : new JsonFields(members);
    }
    case 'form':
      return new FormFields(latin1Of(body));
    case 'multipart':
      return MultipartForm.parse(latin1Of(body), contentType);
  }
}

export function latin1Of(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
}

class FormFields extends QueryArguments implements BodyFields {
  toBytes(): Uint8Array {
    return Buffer.from(this.toString(), 'latin1');
  }
}

/** Values are text: what Kong's config has no types for. */
class JsonFields implements BodyFields {
  readonly #members: JsonMembers;

  constructor(members: JsonMembers) {
    this.#members = members;
  }

  get isChanged(): boolean {
    return this.#members.isChanged;
  }

  remove(name: string): void {
    this.#members.remove(textOf(name));
  }

  rename(name: string, newName: string): void {
    this.#members.rename(textOf(name), textOf(newName));
  }

  replace(name: string, value: string): void {
    this.#members.replace(textOf(name), JSON.stringify(textOf(value)));
  }

  add(name: string, value: string): void {
    this.#members.add(textOf(name), JSON.stringify(textOf(value)));
  }

  append(name: string, value: string): void {
    this.#members.append(textOf(name), JSON.stringify(textOf(value)));
  }

  toBytes(): Uint8Array {
    return this.#members.toBytes();
  }
}
