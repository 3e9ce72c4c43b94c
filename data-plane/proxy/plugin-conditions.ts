/**
 * Which of the plugins with a condition run for one request. Each is decided when its first phase comes and then stays so: a
 * plugin runs in all of its phases or in none. Used by run-plugins.ts; made where the first condition is met.
 */
import { defined } from '../../shared/assert.ts';
import type { ChainEntry } from '../config/active-config.ts';
import { ConditionFields } from '../config/plugin-condition.ts';
import type { Exchange } from './exchange.ts';

export class PluginConditions {
  readonly #fields: ConditionFields;
  /** By plugin. */
  readonly #decided: Map<string, boolean>;

  /** `before`: those of the request that this one goes on for; what they decided holds. */
  constructor(exchange: Exchange, before?: PluginConditions) {
    this.#decided = new Map(before === undefined ? [] : before.#decided);
    this.#fields = new ConditionFields(exchange.request, {
      get consumer() {
        return exchange.consumer;
      },
      consumerGroupsOf: (consumerId) => defined(exchange.pinned, 'pinned configuration').config.consumerGroupsOf(consumerId),
    });
  }

  runs(entry: ChainEntry): boolean {
    const known = this.#decided.get(entry.pluginId);
    if (known !== undefined) return known;
    const holds = entry.condition?.holds(this.#fields) ?? true;
    this.#decided.set(entry.pluginId, holds);
    return holds;
  }
}
