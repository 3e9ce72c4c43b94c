/**
 * The arguments of a query string or of a form (application/x-www-form-urlencoded), to be edited by name: what is not touched stays as
 * it was sent, byte for byte and in its place. Used by request-transformer and request-template.ts. Names and values are bytes, one
 * latin1 character each. Each edit takes time linear in the arguments of that name only.
 */
import { encodeBytes } from './byte-text.ts';

/** The first value under that name, decoded; undefined where there is none. Time linear in the query. */
export function argumentOf(query: string, name: string): string | undefined {
  let start = 0;
  while (start < query.length) {
    const ampersand = query.indexOf('&', start);
    const raw = query.slice(start, ampersand < 0 ? query.length : ampersand);
    const given = nameOf(raw);
    if (raw !== '' && decodeArgument(given) === name) return decodeArgument(raw.slice(given.length + 1));
    start += raw.length + 1;
  }
  return undefined;
}

export class QueryArguments {
  /** As they are sent; undefined where taken out. */
  readonly #raw: (string | undefined)[] = [];
  /** Where each name stands in #raw. A map, because clients choose the names. */
  readonly #places = new Map<string, number[]>();
  isChanged = false;

  constructor(query: string) {
    if (query === '') return;
    for (const raw of query.split('&')) {
      if (raw !== '') this.#push(decodeArgument(nameOf(raw)), raw);
    }
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  remove(name: string): void {
    for (const place of this.#places.get(name) ?? []) this.#raw[place] = undefined;
    if (this.#places.delete(name)) this.isChanged = true;
  }

  /** All values keep their places; those that the new name had are gone. */
  rename(name: string, newName: string): void {
    const places = this.#places.get(name);
    if (places === undefined || name === newName) return;
    this.remove(newName);
    const start = encodeBytes(newName);
    for (const place of places) this.#raw[place] = start + (this.#raw[place] ?? '').slice(nameOf(this.#raw[place] ?? '').length);
    this.#places.delete(name);
    this.#places.set(newName, places);
    this.isChanged = true;
  }

  /** One value instead of all; nothing where there is none. */
  replace(name: string, value: string): void {
    if (!this.has(name)) return;
    this.remove(name);
    this.append(name, value);
  }

  /** Only where there is none. */
  add(name: string, value: string): void {
    if (!this.has(name)) this.append(name, value);
  }

  append(name: string, value: string): void {
    this.#push(name, `${encodeBytes(name)}=${encodeBytes(value)}`);
    this.isChanged = true;
  }

  /** All of the others, behind those that are here, with nothing in them that may not stand in a query. */
  appendAll(form: string): void {
    for (const raw of form.split('&')) {
      const name = nameOf(raw);
      if (raw !== '') this.append(decodeArgument(name), decodeArgument(raw.slice(name.length + 1)));
    }
  }

  toString(): string {
    return this.#raw.filter((raw) => raw !== undefined).join('&');
  }

  #push(name: string, raw: string): void {
    const places = this.#places.get(name);
    if (places === undefined) this.#places.set(name, [this.#raw.length]);
    else places.push(this.#raw.length);
    this.#raw.push(raw);
  }
}

function nameOf(raw: string): string {
  const equals = raw.indexOf('=');
  return equals < 0 ? raw : raw.slice(0, equals);
}

/** Percent-encoded bytes and `+` read once; what is no encoding stays as it is. */
function decodeArgument(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  return text.replaceAll('+', ' ').replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
