/**
 * Puts the values of partials into the config of a plugin, before it is parsed: what is checked, stored and published is the
 * whole, so data planes need not know where it came from. Used by parse-entity for each write of a plugin that has partials,
 * and again for all of them when a partial changes (control-plane/admin-api/plugins-of-partial.ts).
 */
import type { PluginPartial, PluginSchema } from '../plugins/contract.ts';
import { partialFieldsOf } from '../plugins/partial-types.ts';
import type { Field, JsonObject, JsonValue } from './definition.ts';
import { fieldAt, isJsonObject } from './entity-checks.ts';
import { isUuid } from './ids.ts';
import { joinPath, type ProblemList } from './problems.ts';

/** A partial as parseEntity returned it. */
export interface PartialValues {
  readonly type: string;
  readonly config: JsonObject;
}

/** The partial with this id; undefined where there is none. */
export type PartialOf = (id: string) => PartialValues | undefined;

/** The plugin with the values of its partials in its config, and with the paths where none was given. What is no list of partials is left for the parser to judge. */
export function applyPartials(schema: PluginSchema, plugin: JsonObject, partialOf: PartialOf, problems: ProblemList): JsonObject {
  const links = plugin['partials'];
  const given = plugin['config'] ?? {};
  if (!Array.isArray(links) || !links.every(isJsonObject) || !isJsonObject(given)) return plugin;
  let config = given;
  const taken = new Set<string>();
  const withPaths = links.map((link: JsonObject, index): JsonObject => {
    const at = joinPath('partials', index + 1);
    const id = typeof link['id'] === 'string' && isUuid(link['id'].toLowerCase()) ? link['id'].toLowerCase() : undefined;
    const partial = id === undefined ? undefined : partialOf(id);
    if (id !== undefined && partial === undefined) problems.add(joinPath(at, 'id'), `there is no partial ${id}`);
    const place = partial === undefined ? undefined : placeOf(schema, partial, link['path'] ?? null, at, problems);
    if (partial === undefined || place === undefined) return link;
    if (taken.has(place.path)) problems.add(joinPath(at, 'path'), `another partial fills ${place.path} already`);
    taken.add(place.path);
    config = filled(config, schema.config, place.path.split('.').slice(1), partial);
    return { ...link, path: place.path };
  });
  return { ...plugin, config, partials: withPaths };
}

function placeOf(schema: PluginSchema, { type }: PartialValues, path: JsonValue, at: string, problems: ProblemList): PluginPartial | undefined {
  const places = (schema.partials ?? []).filter((place) => place.type === type);
  const place = path === null ? places[0] : places.find((one) => one.path === path);
  if (place !== undefined) return place;
  const types = [...new Set((schema.partials ?? []).map((one) => one.type))];
  if (places.length > 0) problems.add(joinPath(at, 'path'), `plugin '${schema.name}' takes a partial of type ${type} at: ${places.map((one) => one.path).join(', ')}`);
  else problems.add(at, `plugin '${schema.name}' takes no partial of type ${type}${types.length === 0 ? '' : ` (it takes: ${types.join(', ')})`}`);
  return undefined;
}

/** The values go into the record at the end of the path; those that the plugin has no field for are passed over, and a secret where it would be none. */
function filled(config: JsonObject, fields: readonly Field[], path: readonly string[], partial: PartialValues): JsonObject {
  const [name, ...deeper] = path;
  if (name === undefined) {
    const secret = new Set((partialFieldsOf(partial.type) ?? []).filter((field) => field.secret !== undefined).map((field) => field.name));
    const known = new Map(fields.map((field) => [field.name, field]));
    const taken = Object.entries(partial.config).filter(([field]) => known.has(field) && (!secret.has(field) || known.get(field)?.secret !== undefined));
    return { ...config, ...Object.fromEntries(taken) };
  }
  const type = fields.find((field) => field.name === name)?.type;
  if (type?.kind !== 'record') return config;
  const inner = fieldAt(config, name);
  return { ...config, [name]: filled(isJsonObject(inner) ? inner : {}, type.fields, deeper, partial) };
}
