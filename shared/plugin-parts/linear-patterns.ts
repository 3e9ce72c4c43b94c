/**
 * Regular expressions in the config of a plugin: RE2 syntax, which runs in linear time on a data plane whatever it says (ReDoS),
 * of a size that compiles at once. Used by the schemas of plugins, and by request-validator where it compiles; other handlers compile the same text with re2js.
 */
import type { EntityCheck, StringRule } from '../model/definition.ts';
import { entityRule, fieldAt } from '../model/entity-checks.ts';
import { estimateRegexSize, MAX_REGEX_STEPS } from '../model/regex-size.ts';
import { regexProblem } from '../model/string-rules.ts';

/** A pattern that compiles within some 20 ms. */
export const linearPatternRule: StringRule = {
  name: 'regex',
  check: (text) => {
    const steps = estimateRegexSize(text);
    return steps > MAX_REGEX_STEPS / 5 ? `a regular expression may take ${MAX_REGEX_STEPS / 5} steps with its repeats written out, this one takes up to ${steps}` : regexProblem(text);
  },
};

/** What is left to the patterns of one plugin that stand in texts of another language. */
export interface PatternSteps {
  left: number;
}

export function patternSteps(): PatternSteps {
  return { left: MAX_REGEX_STEPS };
}

/** Throws RangeError where the patterns of the plugin take too many steps with this one. */
export function takePatternSteps(pattern: string, steps: PatternSteps): void {
  steps.left -= estimateRegexSize(pattern);
  if (steps.left < 0) throw new RangeError(`the patterns of a plugin may take ${MAX_REGEX_STEPS} steps with their repeats written out: make them smaller or fewer`);
}

/** Bounds what the patterns of several lists take together: `boundedPatterns(['config.allow', 'config.deny'])`. */
export function boundedPatterns(lists: readonly string[]): EntityCheck {
  return entityRule(`All regular expressions of a plugin take at most ${MAX_REGEX_STEPS} steps with their repeats written out.`, (plugin) => {
    const patterns = lists.flatMap((list) => {
      const value = fieldAt(plugin, list);
      return Array.isArray(value) ? value : [];
    });
    const steps = patterns.reduce((sum: number, pattern: unknown) => sum + (typeof pattern === 'string' ? estimateRegexSize(pattern) : 0), 0);
    if (steps <= MAX_REGEX_STEPS) return [];
    return [{ field: '@entity', message: `the regular expressions of a plugin may take ${MAX_REGEX_STEPS} steps with their repeats written out, these take up to ${steps}: make them smaller or fewer` }];
  });
}
