/** What every conversion of this folder gives: the result, and what of the source it could not say. */

/** For people; each names what it is about. */
export type Warnings = readonly string[];

export interface Converted<T> {
  readonly value: T;
  /** What the result does not say although the source does, or says otherwise. Nothing is left out in silence. */
  readonly warnings: Warnings;
}

/** Gives each thing a name of its own: the wished one, or that with a number behind it. */
export class UniqueNames {
  readonly #taken = new Set<string>();

  take(wish: string): string {
    let name = wish;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${wish}-${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** Lower case, words joined by "-", as names in files mostly are. */
export function slug(text: string): string {
  const words = text.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/gu, '-').replace(/^-+|-+$/gu, '');
  return words === '' ? 'unnamed' : words;
}

/** A DNS label (RFC 1123), as names of resources must be. */
export function dnsName(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 58).replace(/-+$/, '');
  return name === '' ? 'unnamed' : name;
}
