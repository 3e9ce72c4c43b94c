/**
 * Asks the plugins of a stream route about a connection, by priority, before anything is sent upstream. Called by
 * stream-connection.ts. A plugin that throws never opens the door: the connection is closed, the error logged and counted.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { StreamContext, StreamVerdict } from '../../shared/plugins/contract.ts';
import type { RuntimeRoute } from '../config/active-config.ts';
import { configOf, type PinnedConfig } from '../proxy/pinned-configs.ts';
import type { ProxyCore } from '../proxy/proxy-core.ts';
import { REFUSALS, type Refusal } from '../proxy/refusals.ts';
import { expectNoPromise } from '../proxy/run-plugins.ts';

/** Undefined where every plugin lets it pass. */
export function runStreamPlugins(core: ProxyCore, pinned: PinnedConfig, route: RuntimeRoute, connection: Omit<StreamContext, 'route' | 'service' | 'config'>): Refusal | undefined {
  const entries = route.chainFor(undefined).stream;
  if (entries.length === 0) return undefined;
  const context: StreamContext = { ...connection, route, service: route.service, config: pinned.config };
  for (const { name, pluginId, instance } of entries) {
    try {
      const verdict: StreamVerdict | null | undefined = instance.stream?.(context);
      if (verdict === undefined) continue;
      expectNoPromise(verdict);
      if (verdict?.kind !== 'refuse') throw invalidVerdict();
      core.log.debug({ event: 'stream-refused-by-plugin', plugin: name, pluginId, peer: connection.clientAddress, reason: verdict.reason }, `plugin ${name} refused a connection: ${verdict.reason}`);
      return REFUSALS.streamRefused;
    } catch (thrown) {
      core.counters.countPluginError(name);
      const code = thrown instanceof HoldfastError ? { code: thrown.code } : {};
      core.log.error({ event: 'plugin-failed', plugin: name, pluginId, phase: 'stream', ...configOf(pinned), ...code, err: thrown instanceof Error ? thrown : undefined }, `plugin ${name} failed in stream: ${describeThrown(thrown)}`);
      return REFUSALS.pluginFailed;
    }
  }
  return undefined;
}

function invalidVerdict(): HoldfastError {
  return new HoldfastError({
    code: 'PLUGIN_VERDICT_INVALID',
    source: 'gateway',
    publicMessage: 'a plugin gave a verdict over a connection that is not valid',
    message: "a verdict over a connection must be undefined or { kind: 'refuse', reason: text }",
  });
}
