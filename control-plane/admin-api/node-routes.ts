/**
 * What Kong's admin API tells of itself, in Kong's words: `/`, `/status`, `/endpoints`, `/plugins/enabled`,
 * `/timers`, `/openapi.json`. Clients read `version` and `plugins` before they do anything else.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { PluginSchema } from '../../shared/plugins/contract.ts';
import type { Store } from '../store/store.ts';
import { ok } from './answer.ts';
import type { ServerCounters } from './http-server.ts';
import { anyGatewayRoute, gatewayRoute, read, type GatewayRequest, type Route } from './route.ts';

/** Which Kong we speak like: decK and others choose their behaviour by it. */
export const KONG_VERSION = '3.9.1';
const TAGLINE = 'Welcome to Holdfast';
const PAGE = 1000;
/** Kong's workers have timers of their own kind; those of this process are nobody's business. */
const TIMERS = { worker: { id: 0, count: 1 }, stats: { sys: { running: 0, pending: 0, total: 0, waiting: 0, runs: 0 }, timers: {} } };

export interface NodeRoutesOptions {
  readonly store: Pick<Store, 'read' | 'isReachable'>;
  readonly catalog: ReadonlyMap<string, PluginSchema>;
  readonly softwareVersion: string;
  readonly hostname: string;
  /** A UUID, the same for the life of the process. */
  readonly nodeId: string;
  /** Settings that an operator may see from afar: no secrets, no addresses of databases. */
  readonly configuration: JsonObject;
  readonly counters: ServerCounters;
}

/** `allRoutes` and `openApi` are asked late: they depend on every route, these included. */
export function nodeRoutes(options: NodeRoutesOptions, allRoutes: () => readonly Route[], openApi: () => JsonObject): readonly Route[] {
  const { catalog, counters } = options;
  const plugins = (): JsonObject => Object.fromEntries([...catalog.values()].map(({ name, version, priority }) => [name, { version, priority }]));
  return [
    gatewayRoute('/', {
      GET: read('node', async (request) => ok({
        version: KONG_VERSION,
        holdfast_version: options.softwareVersion,
        edition: 'holdfast',
        tagline: TAGLINE,
        hostname: options.hostname,
        node_id: options.nodeId,
        plugins: { available_on_server: plugins(), enabled_in_cluster: await enabledPlugins(options.store, request) },
        configuration: options.configuration,
        pids: { master: process.pid, workers: [process.pid] },
        timers: { pending: 0, running: 0 },
      }), 'Read what this control plane is and can'),
    }),
    anyGatewayRoute('/timers', { GET: read('node', async () => ok(TIMERS), 'Read the timers of this control plane, as far as Kong has them') }),
    anyGatewayRoute('/status', { GET: read('node', async () => ok(await status(options.store, counters)), 'Read the health of this control plane') }),
    anyGatewayRoute('/endpoints', {
      GET: read('node', async () => {
        const data = allRoutes().map((route) => route.path.replaceAll(/:([a-z]+)/g, '{$1}')).sort();
        return ok({ data, total: data.length });
      }, 'List all paths'),
    }),
    anyGatewayRoute('/openapi.json', { GET: read('node', async () => ok(openApi()), 'Read this document') }),
    anyGatewayRoute('/plugins/enabled', { GET: read('node', async () => ok({ enabled_plugins: [...catalog.keys()].sort() }), 'List the plugins that can be configured') }),
  ];
}

/** Names of the plugins that the gateway uses. */
async function enabledPlugins(store: Pick<Store, 'read'>, request: GatewayRequest): Promise<readonly string[]> {
  return store.read(request.gateway, async (reader) => {
    const names = new Set<string>();
    let page = await reader.list('plugins', { size: PAGE });
    for (;;) {
      for (const { published } of page.entities) if (typeof published['name'] === 'string') names.add(published['name']);
      if (page.next === undefined) return [...names].sort();
      page = await reader.list('plugins', { size: PAGE, after: page.next });
    }
  });
}

/** In Kong's shape; `memory` is that of this process. */
async function status(store: Pick<Store, 'isReachable'>, counters: ServerCounters): Promise<JsonObject> {
  const { heapUsed, rss } = process.memoryUsage();
  return {
    database: { reachable: await store.isReachable() },
    server: {
      connections_active: counters.connectionsActive,
      connections_accepted: counters.connectionsAccepted,
      connections_handled: counters.connectionsAccepted,
      connections_reading: 0,
      connections_writing: counters.requestsActive,
      connections_waiting: Math.max(0, counters.connectionsActive - counters.requestsActive),
      total_requests: counters.requestsTotal,
    },
    memory: {
      workers_lua_vms: [{ pid: process.pid, http_allocated_gc: mebibytes(heapUsed) }],
      lua_shared_dicts: {},
      resident: mebibytes(rss),
    },
  };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(2)} MiB`;
}

