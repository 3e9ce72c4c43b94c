/**
 * The types of partials, with the fields that the `config` of each may hold. Which of them a plugin takes, and where in its
 * config, is in the plugin's schema (`partials`). Used like the schemas of plugins: parsing, `/schemas/partials/{type}`.
 */
import type { Field } from '../model/definition.ts';
import { enterpriseRedisFields, redisFields } from '../plugin-parts/redis-config.ts';

export const partialTypeNames = ['redis-ce', 'redis-ee'] as const;
export type PartialTypeName = (typeof partialTypeNames)[number];

const fieldsByType: Readonly<Record<PartialTypeName, readonly Field[]>> = { 'redis-ce': redisFields, 'redis-ee': enterpriseRedisFields };

/** The fields of the config of a partial; undefined where there is no such type. */
export function partialFieldsOf(type: string): readonly Field[] | undefined {
  const name = partialTypeNames.find((known) => known === type);
  return name === undefined ? undefined : fieldsByType[name];
}
