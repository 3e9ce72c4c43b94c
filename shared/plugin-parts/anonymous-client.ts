/**
 * What `anonymous` means, for every authentication plugin alike. Without it each plugin asks for its own proof: several on one route
 * must all be satisfied. With it they are alternatives: whoever was recognised by one is let through by the others, and whom none
 * recognises counts as that consumer.
 */
import type { RequestContext, Verdict } from '../plugins/contract.ts';
import type { PluginServices } from '../plugins/plugin-services.ts';

/** From here on a refusal says that the gateway could not tell who it is, not that it is nobody. */
const FIRST_FAULT = 500;
const MISSING: Verdict = { kind: 'respond', status: 500, message: 'An unexpected error occurred' };

export class AnonymousClient {
  readonly #plugin: string;
  /** Id or username. */
  readonly #anonymous: string | null;
  readonly #log: PluginServices['log'];

  /** `plugin` is its name, for the log. */
  constructor(plugin: string, anonymous: string | null, log: PluginServices['log']) {
    this.#plugin = plugin;
    this.#anonymous = anonymous;
    this.#log = log;
  }

  /** Whether the plugin has nothing to do, because another one recognised the client. Asked before anything else. */
  isSettled(context: RequestContext): boolean {
    return this.#anonymous !== null && context.credential !== undefined;
  }

  /** What comes of a refusal: itself, or the anonymous consumer instead. */
  answer(refusal: Verdict, context: RequestContext): Verdict | undefined {
    const anonymous = this.#anonymous;
    if (anonymous === null || refusal.status >= FIRST_FAULT) return refusal;
    const consumer = context.config.consumerById(anonymous) ?? context.config.consumerByUsername(anonymous);
    if (consumer !== undefined) {
      context.authenticate(consumer, undefined);
      return undefined;
    }
    this.#log.warn(`${this.#plugin}-anonymous-consumer-missing`, { anonymous });
    return MISSING;
  }
}
