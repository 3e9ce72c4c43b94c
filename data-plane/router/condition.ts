/**
 * An expression in the form in which it is asked: one small object per part. Evaluated only for requests that stand at the place
 * of the index where the expression does (expression-matcher.ts), in the order in which it is written, ending as early as it can.
 */
import { isIP } from 'node:net';
import type { AddressComparison, Expression, NumberComparison, TextComparison } from '../../shared/model/expression/syntax.ts';
import { AddressBlock } from './address-block.ts';
import { compileSearchPattern, type SearchPattern } from './path-pattern.ts';
import type { FieldSource } from './request-fields.ts';

/** How a path was matched. */
export interface PathMatch {
  /** So many characters from its start. */
  readonly length: number;
  /** With groups, maybe. */
  readonly pattern: SearchPattern | undefined;
}

type Test = (fields: FieldSource) => boolean;

interface Part {
  readonly holds: Test;
  /** For fields that the part holds for. Absent where it says nothing about how the path is matched. */
  readonly pathMatch?: (fields: FieldSource) => PathMatch | undefined;
}

const NO_PATH_MATCH: PathMatch = { length: 0, pattern: undefined };

export class Condition {
  readonly #part: Part;

  constructor(expression: Expression) {
    this.#part = compile(expression);
  }

  holds(fields: FieldSource): boolean {
    return this.#part.holds(fields);
  }

  /**
   * For fields that it holds for: the comparison of `http.path` that says what strip_path takes off. It is the last one of
   * `==`, `^=` and `~` that held, outside of negations.
   */
  pathMatch(fields: FieldSource): PathMatch {
    return this.#part.pathMatch?.(fields) ?? NO_PATH_MATCH;
  }
}

function compile(expression: Expression): Part {
  switch (expression.kind) {
    case 'all':
      return all(expression.of.map(compile));
    case 'any':
      return any(expression.of.map(compile));
    case 'not': {
      const part = compile(expression.of);
      return { holds: (fields) => !part.holds(fields) };
    }
    case 'text':
      return compileText(expression);
    case 'number':
      return { holds: compileNumber(expression) };
    case 'address':
      return { holds: compileAddress(expression) };
  }
}

function all(parts: readonly Part[]): Part {
  return {
    holds: (fields) => {
      for (const part of parts) if (!part.holds(fields)) return false;
      return true;
    },
    pathMatch: (fields) => parts.map((part) => part.pathMatch?.(fields)).findLast((match) => match !== undefined),
  };
}

function any(parts: readonly Part[]): Part {
  return {
    holds: (fields) => {
      for (const part of parts) if (part.holds(fields)) return true;
      return false;
    },
    pathMatch: (fields) => parts.find((part) => part.holds(fields))?.pathMatch?.(fields),
  };
}

function compileText(comparison: TextComparison): Part {
  const { field, lower, value, operator } = comparison;
  // Anchored patterns may run on the JavaScript engine, over latin1 alone: decoded query arguments are more.
  const pattern = operator === '~' ? compileSearchPattern(value, field.kind !== 'query' && field.kind !== 'consumer') : undefined;
  const test = pattern === undefined ? textTest(comparison) : (text: string): boolean => pattern.isIn(text);
  const fits = lower ? (text: string): boolean => test(text.toLowerCase()) : test;
  if (field.kind === 'header' || field.kind === 'query' || field.kind === 'consumer') {
    return {
      holds: (fields) => {
        const texts = fields.texts(field);
        return texts.length > 0 && (comparison.any ? texts.some(fits) : texts.every(fits));
      },
    };
  }
  const holds: Test = (fields) => {
    const text = fields.text(field);
    return text !== undefined && fits(text);
  };
  if (field.kind !== 'path') return { holds };
  if (operator === '==' || operator === '^=') return { holds, pathMatch: () => ({ length: value.length, pattern }) };
  return pattern === undefined ? { holds } : { holds, pathMatch: (fields) => ({ length: pattern.matchLength(fields.text(field) ?? ''), pattern }) };
}

function textTest({ operator, value }: TextComparison): (text: string) => boolean {
  switch (operator) {
    case '==':
      return (text) => text === value;
    case '!=':
      return (text) => text !== value;
    case '^=':
      return (text) => text.startsWith(value);
    case '=^':
      return (text) => text.endsWith(value);
    case 'contains':
      return (text) => text.includes(value);
    case '~':
      return () => false;
  }
}

function compileNumber({ field, operator, value }: NumberComparison): Test {
  const fits = numberTest(operator, value);
  return (fields) => {
    const number = fields.number(field);
    return number !== undefined && fits(number);
  };
}

function numberTest(operator: NumberComparison['operator'], value: number): (number: number) => boolean {
  switch (operator) {
    case '==':
      return (number) => number === value;
    case '!=':
      return (number) => number !== value;
    case '>':
      return (number) => number > value;
    case '>=':
      return (number) => number >= value;
    case '<':
      return (number) => number < value;
    case '<=':
      return (number) => number <= value;
  }
}

function compileAddress({ field, operator, value }: AddressComparison): Test {
  const block = new AddressBlock(value);
  const wanted = operator === '==' || operator === 'in';
  return (fields) => {
    const address = fields.address(field);
    return isIP(address) !== 0 && block.includes(address) === wanted;
  };
}
