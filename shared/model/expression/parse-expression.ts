/**
 * Reads the language of route expressions, Kong's (atc-router): comparisons joined by `&&` and `||`, of which `||` binds
 * tighter, so `a && b || c` is `a && (b || c)`; `!` only before a parenthesis. Checks types as it goes, because it is the one
 * door: the control plane calls it when a route or the condition of a plugin is written, a data plane when it compiles one (S6).
 */
import { isIPv6 } from 'node:net';
import { estimateRegexSize, MAX_REGEX_STEPS } from '../regex-size.ts';
import { ipOrCidrRule, regexProblem } from '../string-rules.ts';
import { fieldNamed, type Field } from './fields.ts';
import type { AddressRange, Comparison, Expression, NumberOperator, Subsystem, TextOperator } from './syntax.ts';

export type ParsedExpression =
  | { readonly kind: 'parsed'; readonly expression: Expression }
  /** `problem` names the column (from 1), what was expected there, and the way out. */
  | { readonly kind: 'wrong'; readonly problem: string };

/** Deeper than anybody writes; bounds the recursion here and in what is compiled from the tree (R5). */
const MAX_DEPTH = 100;
const MAX_SHOWN = 40;

const BLANK = /[ \t\r\n]*/y;
const WORD = /[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y;
const OPERATOR = /==|!=|\^=|=\^|>=|<=|>|<|~|(?:contains|in|not[ \t\r\n]+in)(?![A-Za-z0-9_.])/y;
const TEXT = /"((?:[^"\\]|\\["\\nrt])*)"/y;
const RAW_TEXT = /r#"([^]*?)"#/y;
const PLAIN_VALUE = /[-0-9A-Fa-fxX.:/]+/y;
const INTEGER = /^(-?)(?:0x([0-9a-f]+)|0([0-7]+)|(0|[1-9]\d*))$/i;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const TEXT_OPERATORS: readonly string[] = ['==', '!=', '~', '^=', '=^', 'contains'] satisfies TextOperator[];
const NUMBER_OPERATORS: readonly string[] = ['==', '!=', '>=', '>', '<=', '<'] satisfies NumberOperator[];
const ADDRESS_OPERATORS: readonly string[] = ['==', '!=', 'in', 'not in'];

type Value = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'number'; readonly number: number } | ({ readonly kind: 'address'; readonly isBlock: boolean } & AddressRange);

export function parseExpression(text: string, subsystem: Subsystem): ParsedExpression {
  try {
    return { kind: 'parsed', expression: new Reader(text, subsystem).readWhole() };
  } catch (thrown) {
    if (thrown instanceof Mistake) return { kind: 'wrong', problem: thrown.message };
    throw thrown;
  }
}

/** Leaves the reader at any depth; never leaves this file. */
class Mistake extends Error {}

interface LeftSide {
  readonly name: string;
  readonly at: number;
  readonly field: Field;
  readonly lower: boolean;
  readonly any: boolean;
}

class Reader {
  readonly #text: string;
  readonly #subsystem: Subsystem;
  #at = 0;
  #depth = 0;
  #regexSteps = 0;

  constructor(text: string, subsystem: Subsystem) {
    this.#text = text;
    this.#subsystem = subsystem;
  }

  readWhole(): Expression {
    const expression = this.#readAll();
    if (this.#at < this.#text.length) this.#fail('expected && or || or the end');
    return expression;
  }

  /** `&&` is the weaker one: a conjunction of disjunctions. */
  #readAll(): Expression {
    const parts = [this.#readAny()];
    while (this.#takeText('&&')) parts.push(this.#readAny());
    return joined('all', parts);
  }

  #readAny(): Expression {
    const parts = [this.#readTerm()];
    while (this.#takeText('||')) parts.push(this.#readTerm());
    return joined('any', parts);
  }

  #readTerm(): Expression {
    const isNegated = this.#takeText('!');
    if (isNegated && !this.#sees('(')) this.#fail('expected ( after !');
    if (!this.#takeText('(')) return this.#readComparison();
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#fail(`more than ${MAX_DEPTH} parentheses inside each other`);
    const inner = this.#readAll();
    if (!this.#takeText(')')) this.#fail('expected )');
    this.#depth -= 1;
    return isNegated ? { kind: 'not', of: inner } : inner;
  }

  #readComparison(): Comparison {
    const left = this.#readLeftSide(false, false);
    const operatorAt = this.#at;
    const operator = this.#take(OPERATOR)?.[0].replace(/\s+/, ' ');
    if (operator === undefined) {
      const isDash = this.#text[operatorAt - 1] !== ' ' && this.#sees('-');
      this.#fail(`expected an operator after ${left.name} (${operatorsOf(left.field).join(' ')})${isDash ? '; write - in a name as _' : ''}`);
    }
    if (!operatorsOf(left.field).includes(operator)) {
      this.#fail(`${operator} does not go with ${left.name}, which is ${kindOf(left.field)}: expected one of ${operatorsOf(left.field).join(' ')}`, operatorAt);
    }
    const valueAt = this.#at;
    return this.#compare(left, operator, this.#readValue(), valueAt);
  }

  #readLeftSide(lower: boolean, any: boolean): LeftSide {
    const at = this.#at;
    const word = this.#take(WORD)?.[0];
    if (word === undefined) this.#fail('expected a field, lower(…), any(…) or (');
    if (!this.#takeText('(')) {
      const field = fieldNamed(word, this.#subsystem);
      if (typeof field === 'string') this.#fail(field, at);
      if (lower && field.type !== 'text') this.#fail(`lower() is for texts, and ${word} is ${kindOf(field)}`, at);
      return { name: word, at, field, lower, any };
    }
    if (word !== 'lower' && word !== 'any') this.#fail(`unknown function ${word}: expected lower or any`, at);
    if ((word === 'lower' && lower) || (word === 'any' && any)) this.#fail(`${word}() stands twice`, at);
    const inner = this.#readLeftSide(lower || word === 'lower', any || word === 'any');
    if (!this.#takeText(')')) this.#fail('expected )');
    return inner;
  }

  #readValue(): Value {
    const text = this.#take(TEXT);
    if (text !== undefined) return { kind: 'text', text: (text[1] ?? '').replace(/\\(.)/g, (_, character: string) => ESCAPED[character] ?? character) };
    const raw = this.#take(RAW_TEXT);
    if (raw !== undefined) return { kind: 'text', text: raw[1] ?? '' };
    if (this.#sees('"')) this.#fail('the text that begins here does not end, or has a \\ before something else than " \\ n r t (r#"…"# needs no \\)');
    const at = this.#at;
    const plain = this.#take(PLAIN_VALUE)?.[0];
    if (plain === undefined) this.#fail('expected a value: "text", r#"text"#, a number, an IP address or a block of them');
    return readAddress(plain) ?? this.#readNumber(plain, at);
  }

  #readNumber(text: string, at: number): Value {
    const [, sign, hex, octal, decimal] = INTEGER.exec(text) ?? [];
    const digits = hex === undefined ? (octal === undefined ? decimal : `0o${octal}`) : `0x${hex}`;
    if (digits === undefined) this.#fail(`${shown(text)} is neither a whole number nor an IP address nor a block of them`, at);
    const number = Number(digits) * (sign === '-' ? -1 : 1);
    if (!Number.isSafeInteger(number)) this.#fail(`${shown(text)} is too large`, at);
    return { kind: 'number', number };
  }

  #compare(left: LeftSide, operator: string, value: Value, valueAt: number): Comparison {
    const { field, lower, any, name } = left;
    if (field.type === 'text' && value.kind === 'text' && isTextOperator(operator)) {
      if (operator === '~') this.#checkRegex(value.text, valueAt);
      return { kind: 'text', field: field.field, lower, any, operator, value: value.text };
    }
    if (field.type === 'number' && value.kind === 'number' && isNumberOperator(operator)) return { kind: 'number', field: field.field, operator, value: value.number };
    if (field.type === 'address' && value.kind === 'address') {
      const { family, address, bits, isBlock } = value;
      const range: AddressRange = { family, address, bits };
      if ((operator === '==' || operator === '!=') && !isBlock) return { kind: 'address', field: field.field, operator, value: range };
      if ((operator === 'in' || operator === 'not in') && isBlock) return { kind: 'address', field: field.field, operator, value: range };
      this.#fail(isBlock ? `${operator} compares with one address; with a block use in or not in` : `${operator} needs a block such as ${address}/${bits}`, valueAt);
    }
    return this.#fail(`${name} is ${kindOf(field)}: expected ${VALUE_OF[field.type]}`, valueAt);
  }

  /** The size first, because compiling is what it bounds (R5). */
  #checkRegex(pattern: string, at: number): void {
    this.#regexSteps += estimateRegexSize(pattern);
    if (this.#regexSteps > MAX_REGEX_STEPS) this.#fail(`the regular expressions take more than ${MAX_REGEX_STEPS} steps with their repeats written out: make them smaller, or make several routes`, at);
    const problem = regexProblem(pattern);
    if (problem !== undefined) this.#fail(problem, at);
  }

  /** Also skips the blanks after it. */
  #take(token: RegExp): RegExpExecArray | undefined {
    this.#skipBlanks();
    token.lastIndex = this.#at;
    const match = token.exec(this.#text);
    if (match === null) return undefined;
    this.#at = token.lastIndex;
    this.#skipBlanks();
    return match;
  }

  #takeText(token: string): boolean {
    this.#skipBlanks();
    if (!this.#sees(token)) return false;
    this.#at += token.length;
    this.#skipBlanks();
    return true;
  }

  #sees(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  #skipBlanks(): void {
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #fail(expected: string, at = this.#at): never {
    const rest = this.#text.slice(at);
    const found = at === this.#at && expected.startsWith('expected') ? `, got ${rest === '' ? 'the end' : shown(rest)}` : '';
    throw new Mistake(`col ${at + 1}: ${expected}${found}`);
  }
}

const VALUE_OF = { text: 'a text in quotes', number: 'a number', address: 'an IP address or a block of them' } as const;

function kindOf(field: Field): string {
  return { text: 'a text', number: 'a number', address: 'an IP address' }[field.type];
}

function operatorsOf(field: Field): readonly string[] {
  return { text: TEXT_OPERATORS, number: NUMBER_OPERATORS, address: ADDRESS_OPERATORS }[field.type];
}

function isTextOperator(operator: string): operator is TextOperator {
  return TEXT_OPERATORS.includes(operator);
}

function isNumberOperator(operator: string): operator is NumberOperator {
  return NUMBER_OPERATORS.includes(operator);
}

function readAddress(text: string): Value | undefined {
  if (!/[.:]/.test(text) || ipOrCidrRule.check(text) !== undefined) return undefined;
  return { kind: 'address', isBlock: text.includes('/'), ...addressRange(text) };
}

/** From what `ipOrCidrRule` accepts. */
export function addressRange(text: string): AddressRange {
  const [address = '', bits] = text.split('/');
  const family = isIPv6(address) ? 6 : 4;
  return { family, address, bits: bits === undefined ? (family === 6 ? 128 : 32) : Number(bits) };
}

/** Flat, so that the parts of nested conjunctions stand side by side for the index. */
function joined(kind: 'all' | 'any', parts: readonly Expression[]): Expression {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  return { kind, of: parts.flatMap((part) => (part.kind === kind ? part.of : [part])) };
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
