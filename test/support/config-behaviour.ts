/** What requests, streams and TLS connections meet in a configuration that was compiled of future-content.ts, for comparisons. */
import type { RuntimeRoute } from '../../data-plane/config/active-config.ts';
import type { Quarantined } from '../../data-plane/config/compile-contract.ts';
import type { CompiledConfig } from '../../data-plane/config/compiled-config.ts';
import { testId } from './config-content.ts';
import { requestView } from '../../shared/plugin-kit/request-view.ts';

export const REQUESTS = ['/', '/a', '/a/b', '/a/b/c', '/zzz'].flatMap((at) => ['GET', 'PUT'].map((method) => requestView({ path: at, method })));
export const STREAMS = [1, 2].map((destinationPort) => ({ protocol: 'tcp', serverName: undefined, sourceAddress: '192.0.2.1', sourcePort: 9, destinationAddress: '10.0.0.1', destinationPort }) as const);
export const KEYS = ['k1', 'k2', 'k3'];
export const CONSUMERS = ['c1', 'c2', 'c3'].map(testId);
export const NAMES = ['a.test', 'b.test', 'c.org', undefined];

/** Undefined where the route refuses that consumer's requests: for its own sake, or by a plugin that stands in for one. */
export function served(config: CompiledConfig, route: RuntimeRoute, consumer: string | undefined): object | undefined {
  if (route.quarantined !== undefined) return undefined;
  const chain = route.chainFor(consumer);
  const [only] = chain.requestHead;
  if (only?.priority === Number.MIN_SAFE_INTEGER) return undefined;
  return { route: route.id, service: route.service?.id, upstream: route.service?.upstream?.hostHeader, plugins: chain.entries.map(({ pluginId, condition }) => [pluginId, config.parts.plugins.byId.get(pluginId)?.entity.config, condition?.text]), order: chain.requestHead.map(({ pluginId }) => pluginId) };
}

/** Everything that a request, a plugin or an operator can see of it. */
export function behaviourOf({ config, quarantined }: { readonly config: CompiledConfig; readonly quarantined: readonly Quarantined[] }): unknown {
  const routeOf = (route: RuntimeRoute | undefined) => route && [route.id, route.quarantined, [undefined, ...CONSUMERS].map((consumer) => served(config, route, consumer))];
  return {
    quarantined,
    routes: REQUESTS.map((request) => routeOf(config.match(request)?.route)),
    streams: STREAMS.map((stream) => routeOf(config.matchStream(stream))),
    credentials: KEYS.map((key) => config.credentialBySecret('keyauth_credentials', key)),
    consumers: CONSUMERS.map((id) => [config.consumerById(id), config.groupsOf(id), config.consumerGroupsOf(id)]),
    certificates: NAMES.map((name) => config.certificates.forServerName(name)),
  };
}
