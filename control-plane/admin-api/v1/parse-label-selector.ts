/**
 * `?selector=region=eu-west,cloud in (aws, gcp),!canary`: label selectors in the words of Kubernetes. What is not one is
 * refused with its position, because a selector that is understood in part would answer for the wrong data planes.
 */
import type { LabelRequirement, LabelSelector } from '../../store/label-selector.ts';
import { invalidQuery } from '../answer.ts';

/** For the description of a query parameter. */
export const SELECTOR_HELP = 'Only data planes with these labels, as Kubernetes selects: `region=eu-west,cloud in (aws,gcp),ring!=0,canary,!old`.';
const MAXIMUM_REQUIREMENTS = 32;
const MAXIMUM_VALUES = 100;
/** As labels are (own-values.ts). */
const KEY = /[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?(?![A-Za-z0-9._/-])/y;
const VALUE = /[A-Za-z0-9._-]{1,63}(?![A-Za-z0-9._-])/y;
const SPACE = /[ \t]*/y;

/** Throws a Refusal (400) that says where it is wrong. Empty text selects everything. */
export function parseLabelSelector(text: string): LabelSelector {
  const reader = new Reader(text);
  const requirements: LabelRequirement[] = [];
  if (reader.atEnd()) return requirements;
  do {
    if (requirements.length === MAXIMUM_REQUIREMENTS) reader.refuse(`at most ${MAXIMUM_REQUIREMENTS} requirements`);
    requirements.push(parseRequirement(reader));
  } while (reader.takes(','));
  if (!reader.atEnd()) reader.refuse('a comma or the end');
  return requirements;
}

/** The selector of a query, of everything where there is none. */
export function selectorOf(query: URLSearchParams): LabelSelector {
  return parseLabelSelector(query.get('selector') ?? '');
}

function parseRequirement(reader: Reader): LabelRequirement {
  if (reader.takes('!')) return { key: reader.read(KEY, 'the name of a label'), operator: 'absent', values: [] };
  const key = reader.read(KEY, 'the name of a label');
  if (reader.takes('!=')) return { key, operator: 'notin', values: [reader.read(VALUE, 'a value')] };
  if (reader.takes('==') || reader.takes('=')) return { key, operator: 'in', values: [reader.read(VALUE, 'a value')] };
  if (reader.takesWord('notin')) return { key, operator: 'notin', values: parseList(reader) };
  if (reader.takesWord('in')) return { key, operator: 'in', values: parseList(reader) };
  if (!reader.atEnd() && !reader.sees(',')) reader.refuse('=, ==, !=, in (…), notin (…), a comma or the end');
  return { key, operator: 'exists', values: [] };
}

function parseList(reader: Reader): readonly string[] {
  if (!reader.takes('(')) reader.refuse('( and a list of values');
  const values: string[] = [];
  do {
    if (values.length === MAXIMUM_VALUES) reader.refuse(`at most ${MAXIMUM_VALUES} values`);
    values.push(reader.read(VALUE, 'a value'));
  } while (reader.takes(','));
  if (!reader.takes(')')) reader.refuse('a comma or )');
  return values;
}

/** Where we are in the text; every step first passes blanks. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#match(SPACE);
    return this.#at === this.#text.length;
  }

  sees(sign: string): boolean {
    this.#match(SPACE);
    return this.#text.startsWith(sign, this.#at);
  }

  takes(sign: string): boolean {
    if (!this.sees(sign)) return false;
    this.#at += sign.length;
    return true;
  }

  /** `in` is no word in `inside`. */
  takesWord(word: string): boolean {
    return this.sees(word) && !/[A-Za-z0-9._/-]/.test(this.#text.charAt(this.#at + word.length)) && this.takes(word);
  }

  read(pattern: RegExp, expected: string): string {
    this.#match(SPACE);
    return this.#match(pattern) ?? this.refuse(expected);
  }

  refuse(expected: string): never {
    this.#match(SPACE);
    const found = this.#at === this.#text.length ? 'it ends' : `there is ${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))}`;
    throw invalidQuery('options', 'selector', `at character ${this.#at + 1}, where ${found}, there must be ${expected}; selectors are like region=eu-west,cloud in (aws,gcp),ring!=0,canary,!old`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
