/**
 * What holds for every plugin entity, whichever plugin it is: its condition can be read, its place among the others is not a
 * contradiction in itself, and it is not for a consumer and for a group at once. Listed in plugin.ts.
 */
import type { EntityCheck, JsonObject, JsonValue, Problem } from '../definition.ts';
import { entityRule, fieldAt } from '../entity-checks.ts';
import { parseExpression } from '../expression/parse-expression.ts';

const readableCondition = entityRule('A condition is one in the language of expressions.', ({ condition }) => {
  if (typeof condition !== 'string') return [];
  const parsed = parseExpression(condition, 'plugin');
  return parsed.kind === 'parsed' ? [] : [{ field: 'condition', message: parsed.problem }];
});

const possibleOrder = entityRule('A plugin runs neither before nor after itself, and not on both sides of another.', (plugin) => {
  const [before, after] = [orderedNames(plugin, 'before'), orderedNames(plugin, 'after')];
  const itself = (side: string, names: readonly string[]): readonly Problem[] => names.filter((name) => name === plugin['name']).map((name) => ({ field: `ordering.${side}.access`, message: `'${name}' is this plugin itself` }));
  const both = before.filter((name) => after.includes(name)).map((name): Problem => ({ field: 'ordering.after.access', message: `'${name}' stands under 'before' too` }));
  return [...itself('before', before), ...itself('after', after), ...both];
});

const oneKindOfClient = entityRule('A plugin is for a consumer or for a group of consumers, not for both.', (plugin) =>
  plugin['consumer'] === null || plugin['consumer_group'] === null ? [] : [{ field: 'consumer_group', message: "cannot be set together with 'consumer': a plugin for a consumer is the narrower one already" }],
);

const STREAM_PROTOCOLS: readonly JsonValue[] = ['tcp', 'tls', 'tls_passthrough'];

/** Whether it is for certain requests or clients: on a stream nothing is known of either. */
export function isForRequestsOnly(plugin: JsonObject): boolean {
  return ['condition', 'consumer', 'consumer_group'].some((field) => (plugin[field] ?? null) !== null);
}

export function isStreamProtocol(protocol: JsonValue): boolean {
  return STREAM_PROTOCOLS.includes(protocol);
}

const streamsWithoutClients = entityRule('A plugin for a consumer, a group or a condition is for requests.', (plugin) => {
  const protocols = plugin['protocols'];
  if (!isForRequestsOnly(plugin) || !Array.isArray(protocols) || !protocols.some(isStreamProtocol)) return [];
  return [{ field: 'protocols', message: 'tcp, tls and tls_passthrough are not for a plugin with a condition, a consumer or a consumer_group, of which nothing is known on a stream: leave them out' }];
});

export const pluginEntityChecks: readonly EntityCheck[] = [readableCondition, possibleOrder, oneKindOfClient, streamsWithoutClients];

/** The names that a plugin's `ordering` has on one side; none where it has no such. */
export function orderedNames(plugin: JsonObject, side: 'before' | 'after'): readonly string[] {
  const names = fieldAt(plugin, `ordering.${side}.access`);
  return Array.isArray(names) ? names.filter((name: JsonValue) => typeof name === 'string') : [];
}
