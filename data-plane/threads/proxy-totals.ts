/** What all proxy threads did together, over the life of the process: a thread that dies takes nothing out of the sums. */
import { addOutputs, withoutWaiting, type PluginOutputs } from '../plugin-services/plugin-output.ts';
import type { ProxyStats } from '../proxy/proxy-contract.ts';

/** What one thread tells of itself. */
export interface ThreadStats extends ProxyStats {
  readonly outputs: PluginOutputs;
}

export interface ProxyTotals {
  /** Now. */
  readonly connections: number;
  readonly activeRequests: number;
  readonly idleUpstream: number;
  readonly busyUpstream: number;
  /** Threads that turn requests away because of overload. */
  readonly sheddingThreads: number;
  /** Since the process started. */
  readonly acceptedConnections: number;
  readonly endedRequests: number;
  readonly openedUpstream: number;
  readonly pluginErrors: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly retriesOverBudget: number;
  readonly refreshes: number;
  readonly refreshesSkipped: number;
  readonly circuitsOpened: number;
  readonly circuitsClosed: number;
  /** What log plugins sent and dropped, and what waits now. */
  readonly outputs: PluginOutputs;
}

export const NO_TRAFFIC: ProxyTotals = {
  connections: 0,
  activeRequests: 0,
  idleUpstream: 0,
  busyUpstream: 0,
  sheddingThreads: 0,
  acceptedConnections: 0,
  endedRequests: 0,
  openedUpstream: 0,
  pluginErrors: {},
  refusals: {},
  retries: 0,
  retriesOverBudget: 0,
  refreshes: 0,
  refreshesSkipped: 0,
  circuitsOpened: 0,
  circuitsClosed: 0,
  outputs: {},
};

export function addTraffic(a: ProxyTotals, b: ThreadStats | ProxyTotals): ProxyTotals {
  return {
    connections: a.connections + b.connections,
    activeRequests: a.activeRequests + b.activeRequests,
    idleUpstream: a.idleUpstream + b.idleUpstream,
    busyUpstream: a.busyUpstream + b.busyUpstream,
    sheddingThreads: a.sheddingThreads + ('shedding' in b ? Number(b.shedding > 0) : b.sheddingThreads),
    acceptedConnections: a.acceptedConnections + b.acceptedConnections,
    endedRequests: a.endedRequests + b.endedRequests,
    openedUpstream: a.openedUpstream + b.openedUpstream,
    pluginErrors: addCounts(a.pluginErrors, b.pluginErrors),
    refusals: addCounts(a.refusals, b.refusals),
    retries: a.retries + b.retries,
    retriesOverBudget: a.retriesOverBudget + b.retriesOverBudget,
    refreshes: a.refreshes + b.refreshes,
    refreshesSkipped: a.refreshesSkipped + b.refreshesSkipped,
    circuitsOpened: a.circuitsOpened + b.circuitsOpened,
    circuitsClosed: a.circuitsClosed + b.circuitsClosed,
    outputs: addOutputs(a.outputs, b.outputs),
  };
}

/** What stays of a thread that has ended: its sums, not what it had open. */
export function withoutPresent(stats: ThreadStats): ProxyTotals {
  return { ...addTraffic(NO_TRAFFIC, stats), sheddingThreads: 0, connections: 0, activeRequests: 0, idleUpstream: 0, busyUpstream: 0, outputs: withoutWaiting(stats.outputs) };
}

function addCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const sums = { ...a };
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
