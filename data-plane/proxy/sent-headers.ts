/**
 * The header lines of a response as they were sent, for plugins that log. Taken apart when first asked: most plugins with a `log`
 * phase ask for none, and it would be a tenth of what an answer from the cache costs.
 */
export class SentHeaders {
  readonly #lines: string;
  #values: Map<string, string> | undefined;

  /** Lines with their ends. */
  constructor(lines: string) {
    this.#lines = lines;
  }

  /** The first value. */
  get(lowerCaseName: string): string | undefined {
    this.#values ??= valuesIn(this.#lines);
    return this.#values.get(lowerCaseName);
  }

  /** Name and value, one per line. */
  lines(): readonly (readonly [name: string, value: string])[] {
    return [...pairsIn(this.#lines)];
  }
}

/** Name and value of each line, as they stand there; lines that are none (a status line) are left out. */
function* pairsIn(lines: string): Generator<readonly [name: string, value: string]> {
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('HTTP/1.')) yield [line.slice(0, colon), line.slice(colon + 1).trim()];
  }
}

function valuesIn(lines: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairsIn(lines)) {
    const key = name.toLowerCase();
    if (!values.has(key)) values.set(key, value);
  }
  return values;
}
