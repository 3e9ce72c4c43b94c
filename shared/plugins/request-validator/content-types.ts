/** Compares a request's Content-Type with the ones that are allowed (RFC 9110 §8.3.1): names without regard to case, charset likewise. */

interface MediaType {
  readonly essence: string;
  /** Sorted `name=value`, in a form in which equal ones are the same text. */
  readonly parameters: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
/** Longer ones are refused: there is no such type. */
const MAX_LENGTH = 1_024;

export class ContentTypes {
  readonly #allowed: readonly MediaType[];
  readonly #comparesParameters: boolean;

  constructor(allowed: readonly string[], comparesParameters: boolean) {
    this.#allowed = allowed.map(readMediaType).filter((type) => type !== undefined);
    this.#comparesParameters = comparesParameters;
  }

  /** The type without its parameters, lower case; undefined where it is not allowed. */
  find(contentType: string): string | undefined {
    const type = contentType.length <= MAX_LENGTH ? readMediaType(contentType) : undefined;
    if (type === undefined) return undefined;
    return this.#allowed.some((allowed) => isOf(allowed.essence, type.essence) && (!this.#comparesParameters || allowed.parameters === type.parameters)) ? type.essence : undefined;
  }
}

/** `*` takes all, in both places. */
function isOf(allowed: string, essence: string): boolean {
  if (allowed === essence || allowed === '*/*') return true;
  return allowed.endsWith('/*') && essence.startsWith(allowed.slice(0, -1));
}

/** Undefined where it is none. */
export function readMediaType(text: string): MediaType | undefined {
  const [essence = '', ...parameters] = text.split(';').map((part) => part.trim());
  const [type = '', subtype = '', ...more] = essence.toLowerCase().split('/');
  if (!TOKEN.test(type) || !TOKEN.test(subtype) || more.length > 0) return undefined;
  const read: string[] = [];
  for (const parameter of parameters) {
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = parameter.slice(0, equals).toLowerCase();
    const value = parameter.slice(equals + 1).replace(/^"([^"\\]*)"$/, '$1');
    if (equals < 0 || !TOKEN.test(name)) return undefined;
    read.push(`${name}=${name === 'charset' ? value.toLowerCase() : value}`);
  }
  return { essence: `${type}/${subtype}`, parameters: read.toSorted().join(';') };
}
