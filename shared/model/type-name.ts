import type { EntityDefinition } from './definition.ts';

/** The entity's name in config.proto and OpenAPI: `key-auth credential` → `KeyAuthCredential`. */
export function typeName(definition: Pick<EntityDefinition, 'singular'>): string {
  return definition.singular.split(/[^a-z0-9]+/i).map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
