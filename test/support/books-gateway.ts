/** A small gateway for tests of what is compiled: one service of books with a route, and a consumer. */
import { defined } from '../../shared/assert.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { RuntimeRoute } from '../../data-plane/config/active-config.ts';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';
import type { CompiledConfig } from '../../data-plane/config/compiled-config.ts';
import { put, ref, testId } from './config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';

export const SERVICE = put('services', { id: testId('1'), name: 'books', url: 'http://books.internal:9000/api', retries: 2, read_timeout: 1_000 });
export const ROUTE = put('routes', { id: testId('2'), name: 'books', paths: ['/books'], service: ref('1') });
export const CONSUMER = put('consumers', { id: testId('3'), username: 'ann', custom_id: 'c-3' });
export const BASIS = [SERVICE, ROUTE, CONSUMER];

/** One of rate-limiting where nothing else is said. */
export function plugin(digits: string, input: JsonObject = {}): EntityChange {
  return put('plugins', { id: testId(digits), name: 'rate-limiting', ...(input['name'] === undefined ? { config: { minute: 5 } } : {}), ...input });
}

export function routeAt(config: CompiledConfig, path: string): RuntimeRoute {
  return defined(config.match(requestView({ path })), `a match for ${path}`).route;
}
