/**
 * `/schemas/…`: what entities, plugins, partials and vaults may hold, in Kong's form, and the check of a body that stores nothing. Clients
 * read defaults from here, decK above all. Used by start-admin-api.ts.
 */
import { kongPartialSchema, kongPluginSchema, kongSchema, kongVaultSchema } from '../../shared/model/kong-schema.ts';
import { definitionOf, isEntityKind } from '../../shared/model/registry.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import { partialFieldsOf } from '../../shared/plugins/partial-types.ts';
import { vaultCatalog } from '../../shared/vaults/catalog.ts';
import { notFound, ok } from './answer.ts';
import { EntityCollection, type EntityRules } from './entity-collection.ts';
import { EntityTransactions, type EntityStore } from './entity-transactions.ts';
import { anyGatewayRoute, gatewayRoute, param, read, type GatewayRequest, type Operation, type Route } from './route.ts';

export interface SchemaRoutesOptions extends EntityRules {
  readonly store: EntityStore;
  readonly catalog: ReadonlyMap<string, PluginSchema>;
}

export function schemaRoutes(options: SchemaRoutesOptions): readonly Route[] {
  const transactions = new EntityTransactions(options.store);
  const collectionOf = (name: string): EntityCollection => {
    if (!isEntityKind(name)) throw notFound();
    return new EntityCollection(definitionOf(name), options);
  };
  // Validating stores nothing, so a viewer may do it.
  const validate = (kindOf: (request: GatewayRequest) => string): Operation<GatewayRequest> =>
    read('node', async (request) => {
      const collection = collectionOf(kindOf(request));
      await transactions.read(request, (reader) => collection.check(reader, request.body));
      return ok({ message: 'schema validation successful' });
    }, 'Check a body without storing it');
  return [
    anyGatewayRoute('/schemas/:entity', { GET: read('node', async (request) => ok(kongSchema(collectionOf(param(request, 'entity')).definition)), "Read an entity's schema in Kong's form") }),
    gatewayRoute('/schemas/:entity/validate', { POST: validate((request) => param(request, 'entity')) }),
    gatewayRoute('/schemas/plugins/validate', { POST: validate(() => 'plugins') }),
    gatewayRoute('/schemas/vaults/validate', { POST: validate(() => 'vaults') }),
    anyGatewayRoute('/schemas/plugins/:name', {
      GET: read('node', async (request) => {
        const plugin = options.catalog.get(param(request, 'name'));
        if (plugin === undefined) throw notFound();
        return ok(kongPluginSchema(plugin, definitionOf('plugins')));
      }, "Read a plugin's schema in Kong's form"),
    }),
    gatewayRoute('/schemas/partials/validate', { POST: validate(() => 'partials') }),
    anyGatewayRoute('/schemas/partials/:name', {
      GET: read('node', async (request) => {
        const fields = partialFieldsOf(param(request, 'name'));
        if (fields === undefined) throw notFound();
        return ok(kongPartialSchema(param(request, 'name'), fields));
      }, "Read the schema of a type of partials in Kong's form"),
    }),
    anyGatewayRoute('/schemas/vaults/:name', {
      GET: read('node', async (request) => {
        const vault = vaultCatalog.get(param(request, 'name'));
        if (vault === undefined) throw notFound();
        return ok(kongVaultSchema(vault));
      }, "Read a vault's schema in Kong's form"),
    }),
  ];
}
