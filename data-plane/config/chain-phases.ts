/**
 * Which plugins of a chain have which phase. Made once per chain (plugin-chains.ts), so that a phase that no plugin has costs a
 * request one comparison.
 */
import type { ChainEntry, PluginChain } from './active-config.ts';

/** `entries` by priority; `turns` are those that may run before the response, as their ordering says. */
export function phasesOf(entries: readonly ChainEntry[], turns: readonly ChainEntry[]): PluginChain {
  return {
    entries,
    begin: entries.filter(({ instance }) => instance.begin !== undefined),
    requestHead: turns.filter(({ instance }) => instance.requestHead !== undefined),
    upstreamRequest: entries.filter(({ instance }) => instance.upstreamRequest !== undefined),
    responseHead: entries.filter(({ instance }) => instance.responseHead !== undefined),
    log: entries.filter(({ instance }) => instance.log !== undefined),
    recorder: entries.find(({ instance }) => instance.accessRecorder !== undefined),
    webSocketFrame: entries.filter(({ instance }) => instance.webSocketFrame !== undefined),
    stream: entries.filter(({ instance }) => instance.stream !== undefined),
    requestBodyMaxBytes: Math.max(0, ...entries.map(({ instance }) => instance.requestBody?.maxBytes ?? 0)),
    isReordered: turns.some((entry, place) => entry !== entries[place]),
  };
}
