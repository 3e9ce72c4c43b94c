/** The media types whose responses may be stored, compared as Kong compares them: type and subtype or `*`, and exactly the parameters. */

interface MediaType {
  readonly type: string;
  readonly subtype: string;
  /** Sorted `name=value`, lower case. */
  readonly parameters: string;
}

/** Those of an upstream are few: what was found about one is kept (R5). */
const MAX_KNOWN = 256;

export class MediaTypes {
  readonly #allowed: readonly MediaType[];
  readonly #known = new Map<string, boolean>();

  constructor(allowed: readonly string[]) {
    this.#allowed = allowed.map(parse);
  }

  has(contentType: string): boolean {
    const known = this.#known.get(contentType);
    if (known !== undefined) return known;
    const given = parse(contentType);
    const found = this.#allowed.some(({ type, subtype, parameters }) => (type === '*' || type === given.type) && (subtype === '*' || subtype === given.subtype) && parameters === given.parameters);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(contentType, found);
    return found;
  }
}

function parse(text: string): MediaType {
  const [name = '', ...parameters] = text.toLowerCase().split(';');
  const [type = '', subtype = ''] = name.trim().split('/');
  const plain = parameters.map((parameter) => parameter.trim().replaceAll('"', '')).filter((parameter) => parameter !== '');
  return { type, subtype, parameters: plain.toSorted().join(';') };
}
