/**
 * `/v1/gateways/:gateway/proxy-cache`: empties caches of data planes, those of all plugins, of one, or one key of it. And Kong's paths
 * for it. What is stored can't be read here: it may be anybody's.
 */
import { parseId, type EntityId } from '../../../shared/model/ids.ts';
import type { PurgeDesk } from '../../cache-purges/purge-desk.ts';
import type { PurgeOrder } from '../../store/cache-purge-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, NO_CONTENT, notFound, type Answer } from '../answer.ts';
import { gatewayRoute, namedGatewayRoute, param, type GatewayRequest, type Operations, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';

/** As X-Cache-Key says it. */
const CACHE_KEY = /^[A-Za-z0-9_-]{1,64}$/;

export function cacheRoutes(store: Pick<Store, 'read'>, purges: Pick<PurgeDesk, 'order'>): readonly Route[] {
  const order = async (request: GatewayRequest, what: PurgeOrder): Promise<Answer> => {
    if (!(await purges.order(request.gateway, what, request.actor))) throw notFound();
    return NO_CONTENT;
  };
  const pluginOf = async (request: GatewayRequest): Promise<EntityId> => {
    const id = parseId<EntityId>(param(request, 'plugin'));
    if (id === undefined || (await store.read(request.gateway, (reader) => reader.get('plugins', id))) === undefined) throw notFound();
    return id;
  };
  const empties = (summary: string, whatOf: (request: GatewayRequest) => Promise<PurgeOrder>): Operations<GatewayRequest> => ({
    DELETE: ownOperation<GatewayRequest>()({ permission: { on: 'caches', verb: 'delete' }, summary, success: 204, handle: async (request) => order(request, await whatOf(request)) }),
  });
  const all = empties('Empty the caches of all data planes of a gateway', () => Promise.resolve({ pluginId: undefined, cacheKey: undefined }));
  const ofPlugin = empties('Empty the cache of one plugin in all data planes', async (request) => ({ pluginId: await pluginOf(request), cacheKey: undefined }));
  const ofKey = empties('Empty one key, as X-Cache-Key says it, of the cache of one plugin in all data planes', async (request) => ({ cacheKey: cacheKeyOf(request), pluginId: await pluginOf(request) }));
  return [
    namedGatewayRoute('/v1/gateways/:gateway/proxy-cache', all),
    namedGatewayRoute('/v1/gateways/:gateway/proxy-cache/:plugin', ofPlugin),
    namedGatewayRoute('/v1/gateways/:gateway/proxy-cache/:plugin/caches/:key', ofKey),
    gatewayRoute('/proxy-cache', all),
    gatewayRoute('/proxy-cache/:plugin/caches/:key', ofKey),
  ];
}

function cacheKeyOf(request: GatewayRequest): string {
  const key = param(request, 'key');
  if (!CACHE_KEY.test(key)) throw invalidQuery('options', 'key', 'is no key: send what X-Cache-Key says, letters, digits, - and _');
  return key;
}
