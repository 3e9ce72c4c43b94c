import { showPath } from '../declarative/file-layout.ts';
import type { ContentProblem } from '../declarative/content-problem.ts';

/** A problem of a declarative content in one line. */
export function describeProblem({ path, message }: ContentProblem): string {
  return path.length === 0 ? message : `${showPath(path)}: ${message}`;
}
