/** Rules on `config.metrics`, names and tags of statsd and datadog: what Kong's schemas ask of them, and nothing that a line could be broken out of. */
import type { JsonValue, StringRule } from '../model/definition.ts';
import { entityRule, fieldAt, isJsonObject } from '../model/entity-checks.ts';

export const metricPrefixRule: StringRule = {
  name: 'metric-prefix',
  check: (text) => (/^[A-Za-z0-9_.-]+$/.test(text) ? undefined : 'expected letters, digits, `_`, `-` and dots'),
};

export const metricTagRule: StringRule = {
  name: 'metric-tag',
  check: (text) => {
    if (/[\p{Cc}\p{Z},|#]/u.test(text)) return 'must not contain blanks, control characters, `,`, `|` or `#`: it would be two tags, or none';
    return text.endsWith(':') ? 'must not end with a colon' : undefined;
  },
};

/** Metrics that only make sense as one type. */
const TYPE_OF: ReadonlyMap<JsonValue, string> = new Map([
  ['unique_users', 'set'], ['shdict_usage', 'gauge'],
  ...['status_count', 'status_count_per_user', 'status_count_per_user_per_route', 'status_count_per_workspace', 'request_per_user'].map((name) => [name, 'counter'] as const),
]);

export const metricRules = entityRule('A metric has a type that suits it, and counters and gauges a sample_rate', (plugin) => {
  const metrics = fieldAt(plugin, 'config.metrics');
  if (!Array.isArray(metrics)) return [];
  return metrics.flatMap((metric: JsonValue, index) => {
    if (!isJsonObject(metric)) return [];
    const { name = null, stat_type: type = null, sample_rate: rate = null } = metric;
    const field = `config.metrics.${index + 1}`;
    const wanted = TYPE_OF.get(name);
    return [
      ...(wanted === undefined || type === wanted ? [] : [{ field: `${field}.stat_type`, message: `value must be ${wanted}` }]),
      ...((type === 'counter' || type === 'gauge') && rate === null ? [{ field: `${field}.sample_rate`, message: 'required field missing' }] : []),
    ];
  });
});
