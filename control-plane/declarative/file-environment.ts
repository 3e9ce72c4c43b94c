/**
 * `${{ env "DECK_X" }}` in files, as decK has it, with values put into the parsed file and not into its text: a quote, a colon or a
 * line break in a variable stays what it is, and every place keeps its line and column. Used by content-file.ts.
 */

/** Characters of an expression that mean something to YAML, and what stands for them while it is parsed: of the same length. */
const MASKS: ReadonlyMap<string, string> = new Map([['{', '\u{e07b}'], ['}', '\u{e07d}'], ['"', '\u{e022}'], ["'", '\u{e027}'], ['|', '\u{e07c}']]);
const EXPRESSION = /\$\{\{[^\n]*?\}\}/g;
const MASKED = /\$\u{e07b}\u{e07b}([^\n]*?)\u{e07d}\u{e07d}/gu;
const SPECIAL = /[{}"'|\u{e07b}\u{e07d}\u{e022}\u{e027}\u{e07c}]/gu;
const CALL = /^\s*env\s+["'](DECK_\w+)["']\s*(?:\|\s*(toBool|toInt|toFloat)\s*)?$/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text with its expressions hidden from YAML, at the same places. */
export function maskExpressions(text: string): string {
  return text.replaceAll(EXPRESSION, (expression) => mapped(expression, MASKS));
}

export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

export function isMasked(text: string): boolean {
  return text.includes('$\u{e07b}\u{e07b}');
}

export type Substituted = { readonly kind: 'value'; readonly value: string | number | boolean | null } | { readonly kind: 'refused'; readonly message: string };

/** `isPlain`: the text stands without quotes, so that a number or a truth value in the variable is one. */
export function substitute(text: string, isPlain: boolean, environment: Environment): Substituted {
  let problem: string | undefined;
  const whole = text.replaceAll(MASKED, (_, inside: string) => {
    const expression = unmask(inside);
    const [, name] = CALL.exec(expression) ?? [];
    const value = name === undefined ? undefined : environment[name];
    if (name === undefined) problem ??= `\${{${expression}}} is not understood: write \${{ env "DECK_NAME" }}; names of variables begin with DECK_`;
    else if (value === undefined) problem ??= `the environment variable ${name} is not set`;
    return value ?? '';
  });
  if (problem !== undefined) return { kind: 'refused', message: problem };
  return { kind: 'value', value: isPlain && text.replace(MASKED, '') === '' ? plainValue(whole) : whole };
}

/** As YAML's core schema reads it (YAML 1.2.2 §10.3.2). */
function plainValue(text: string): string | number | boolean | null {
  if (text === '' || text === 'null' || text === '~') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

function unmask(text: string): string {
  return mapped(text, new Map([...MASKS].map(([plain, mask]) => [mask, plain])));
}

function mapped(text: string, characters: ReadonlyMap<string, string>): string {
  return text.replaceAll(SPECIAL, (character) => characters.get(character) ?? character);
}
