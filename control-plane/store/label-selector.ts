/**
 * Which data planes somebody means, by their labels: a list of requirements that must all hold, as Kubernetes has them. The
 * text that operators write is parsed in admin-api/v1/parse-label-selector.ts; here is what it means in SQL.
 */

/** A label that is not there is in no list: `!=` and `notin` select data planes without it, as in Kubernetes. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  /** At least one for `in` and `notin`, none for the others. */
  readonly values: readonly string[];
}

export type LabelSelector = readonly LabelRequirement[];

/** Selects every data plane. */
export const EVERYTHING: LabelSelector = [];

/**
 * A condition on `labels` whose parameters `$first` and `$first + 1` are selectorValues: the text is the same for every
 * selector, because it is prepared once per connection.
 */
export function selectorCondition(first: number): string {
  return `(labels @> $${first}::jsonb AND ($${first + 1}::jsonb = '[]' OR NOT EXISTS (
    SELECT FROM jsonb_to_recordset($${first + 1}::jsonb) AS wanted (key text, operator text, "values" jsonb)
    WHERE CASE wanted.operator
      WHEN 'in' THEN NOT coalesce(wanted."values" ? (labels ->> wanted.key), false)
      WHEN 'notin' THEN coalesce(wanted."values" ? (labels ->> wanted.key), false)
      WHEN 'exists' THEN NOT labels ? wanted.key
      ELSE labels ? wanted.key END)))`;
}

/** What is equal to one value is asked for at once, the rest one by one. */
export function selectorValues(selector: LabelSelector): readonly [equal: string, others: string] {
  const equal = new Map<string, string>();
  const others: LabelRequirement[] = [];
  for (const requirement of selector) {
    const [value, ...more] = requirement.values;
    if (requirement.operator === 'in' && value !== undefined && more.length === 0 && !equal.has(requirement.key)) equal.set(requirement.key, value);
    else others.push(requirement);
  }
  return [JSON.stringify(Object.fromEntries(equal)), JSON.stringify(others)];
}
