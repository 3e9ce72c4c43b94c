/**
 * One file in decK's format: its value, and the line and column of every place in it. JSON without expressions is parsed the fast
 * way and again with places only where something is wrong. Used by merge-files.ts.
 */
import { isAlias, isCollection, isMap, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { describeThrown } from '../../shared/errors.ts';
import { KONG_YAML, yamlMessage } from './content-door.ts';
import { hasExpression, isMasked, maskExpressions, substitute, type Environment } from './file-environment.ts';
import type { ContentPath } from './file-layout.ts';

/** One file as it was read. */
export interface FileText {
  /** As it is shown: a path, `-` for standard input. */
  readonly name: string;
  readonly text: string;
}

export interface FileProblem {
  readonly file: FileText;
  /** Counted from 1; undefined where it is about the whole file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
}

const MAX_ALIASES = 10_000;

export class ContentFile {
  readonly source: FileText;
  /** Of any form; undefined where there are problems. */
  readonly value: unknown;
  readonly problems: readonly FileProblem[];
  readonly #lines = new LineCounter();
  #document: Document | undefined;

  constructor(source: FileText, environment: Environment) {
    this.source = source;
    const quick = quickly(source.text);
    if (quick !== undefined) {
      this.value = quick.value;
      this.problems = [];
      return;
    }
    const document = this.#parsed();
    const problems = [...document.errors.map((error) => this.#at(error.pos[0], yamlMessage(error))), ...this.#substituteAll(document, environment)];
    this.problems = problems;
    if (problems.length > 0) return;
    try {
      this.value = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
    } catch (thrown) {
      this.problems = [{ file: source, line: undefined, column: undefined, message: describeThrown(thrown) }];
    }
  }

  /** Where the value is, or what should hold it and comes nearest. A name that is itself the problem is where it is written. */
  placeOf(path: ContentPath): { readonly line: number; readonly column: number } | undefined {
    const document = this.#parsed();
    let node: Node | null | undefined = document.contents;
    let offset = 0;
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(document);
      if (!isCollection(node)) break;
      const inside: unknown = node.get(step, true);
      const key = isMap(node) ? node.items.find((pair) => (isScalar(pair.key) ? pair.key.value : pair.key) === step)?.key : undefined;
      const next = isNode(inside) ? inside : undefined;
      if (next === undefined && !isNode(key)) break;
      offset = (isNode(key) ? key.range?.[0] : next?.range?.[0]) ?? offset;
      node = next;
    }
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #parsed(): Document {
    this.#document ??= parseDocument(maskExpressions(this.source.text), { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true, ...KONG_YAML });
    return this.#document;
  }

  #substituteAll(document: Document, environment: Environment): readonly FileProblem[] {
    const problems: FileProblem[] = [];
    visit(document, {
      Scalar: (_key, node) => {
        if (typeof node.value !== 'string' || !isMasked(node.value)) return;
        const result = substitute(node.value, node.type === 'PLAIN', environment);
        if (result.kind === 'value') node.value = result.value;
        else problems.push(this.#at(node.range?.[0] ?? 0, result.message));
      },
    });
    return problems;
  }

  #at(offset: number, message: string): FileProblem {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.source, line, column: col, message };
  }
}

function quickly(text: string): { readonly value: unknown } | undefined {
  if (!text.trimStart().startsWith('{') || hasExpression(text)) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isCollection(value) || isAlias(value);
}

/** `kong.yaml:3:5: message` with the line and a mark below the column. */
export function showFileProblem({ file, line, column, message }: FileProblem): readonly string[] {
  if (line === undefined || column === undefined) return [`${file.name}: ${message}`];
  const text = (file.text.split('\n', line).at(line - 1) ?? '').replace(/\r$/, '');
  // A long line is shown from shortly before the place.
  const start = text.length > LONGEST_LINE ? Math.max(0, column - 1 - LEAD) : 0;
  const shown = text.slice(start, start + LONGEST_LINE);
  const gutter = `  ${line} | `;
  const mark = shown.slice(0, column - 1 - start).replaceAll(/[^\t]/g, ' ');
  return [`${file.name}:${line}:${column}: ${message}`, `${gutter}${shown}`, `${' '.repeat(gutter.length - 2)}| ${mark}^`];
}

const LONGEST_LINE = 160;
const LEAD = 40;
