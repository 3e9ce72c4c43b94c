/**
 * prometheus on a data plane: does nothing in a request. What it offers is counted anyhow; that an instance is in force for a route and
 * a consumer is looked at when /metrics is read (data-plane/status/kong-metrics.ts).
 */
import type { PluginFactory, PluginInstance } from '../contract.ts';
import type { PrometheusConfig } from './schema.ts';

const WITHOUT_PHASES: PluginInstance = {};

export const prometheusFactory: PluginFactory<PrometheusConfig> = {
  name: 'prometheus',
  create: () => WITHOUT_PHASES,
};
