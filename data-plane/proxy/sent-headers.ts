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
}

function valuesIn(lines: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon > 0 && !values.has(name)) values.set(name, line.slice(colon + 1).trim());
  }
  return values;
}
