/**
 * What is wrong with a declarative content, each with its place in it: the CLI finds the line of the file by the path. Made by
 * the steps of this folder, told by admin-api/declarative-answers.ts.
 */
import type { EntityKind, JsonObject, JsonValue, Problem } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import type { ContentPath } from './file-layout.ts';

export interface ContentProblem {
  /** To the value that is wrong, or to what should hold a value that is missing. */
  readonly path: ContentPath;
  /** Dotted, inside the entity; `@entity` where it is about the whole of it. Empty where there is no entity. */
  readonly field: string;
  readonly message: string;
  readonly entity?: ProblemEntity;
  /** Another place that it is about. */
  readonly other?: ContentPath;
}

export interface ProblemEntity {
  readonly kind: EntityKind;
  readonly id?: string;
  readonly name?: string;
  readonly tags?: JsonValue;
  /** As it was given, with its references resolved where they could be. Holds secrets. */
  readonly input: JsonObject;
}

/** More than anybody mends at once; bounds the answer (R5). */
export const MAX_CONTENT_PROBLEMS = 500;

export class ContentProblems {
  readonly #problems: ContentProblem[] = [];

  get list(): readonly ContentProblem[] {
    return this.#problems;
  }

  get isFull(): boolean {
    return this.#problems.length >= MAX_CONTENT_PROBLEMS;
  }

  add(problem: ContentProblem): void {
    if (!this.isFull) this.#problems.push(problem);
  }

  /** About the content outside of entities. */
  at(path: ContentPath, message: string): void {
    this.add({ path, field: '', message });
  }

  ofEntity(entity: ProblemEntity, at: ContentPath, problem: Problem, other?: ContentPath): void {
    this.add({ path: [...at, ...stepsTo(entity.input, problem.field)], field: problem.field, message: problem.message, entity, ...(other === undefined ? {} : { other }) });
  }
}

/** From a dotted field, whose list positions count from 1, to steps in what was given; as far as that goes. */
function stepsTo(input: JsonValue, field: string): ContentPath {
  if (field.startsWith('@') || field === '') return [];
  const steps: (string | number)[] = [];
  let value: JsonValue | undefined = input;
  for (let words = field.split('.'); words.length > 0; ) {
    if (Array.isArray(value)) {
      const index: number = Number(words[0]) - 1;
      if (!Number.isInteger(index) || index < 0 || index >= value.length) break;
      steps.push(index);
      value = value[index];
      words = words.slice(1);
    } else if (isJsonObject(value)) {
      // Names may hold dots themselves: the longest that is there.
      const object: JsonObject = value;
      const length = words.findLastIndex((_, end) => Object.hasOwn(object, words.slice(0, end + 1).join('.')));
      if (length === -1) break;
      const name = words.slice(0, length + 1).join('.');
      steps.push(name);
      value = object[name];
      words = words.slice(length + 1);
    } else break;
  }
  return steps;
}
