/**
 * canary on a data plane: decides for each request whether its client gets the canary, by the clock and the client alone; nothing is kept.
 * Behaviour as in Kong 3.9; differences are in the README.
 */
import { clientNetwork } from '../../plugin-parts/client-network.ts';
import type { PluginFactory, RequestContext, RequestTarget } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { placeOfClient, seedOf } from './place-of-client.ts';
import type { CanaryConfig } from './schema.ts';

export const canaryFactory: PluginFactory<CanaryConfig> = {
  name: 'canary',
  create: (config, services) => {
    const canary = new Canary(config, services);
    return {
      requestHead: (context) => {
        if (canary.takes(context) && canary.isUp(context)) canary.send(context);
        return undefined;
      },
    };
  },
};

class Canary {
  readonly #config: CanaryConfig;
  readonly #services: PluginServices;
  readonly #seed: number;
  readonly #groups: ReadonlySet<string>;
  readonly #choiceHeader: string | undefined;
  readonly #hashHeader: string;
  readonly #target: RequestTarget | undefined;
  /** Undefined where it does not matter how it does. */
  readonly #watched: string | undefined;

  constructor(config: CanaryConfig, services: PluginServices) {
    this.#config = config;
    this.#services = services;
    this.#seed = seedOf(services.pluginId);
    this.#groups = new Set(config.groups);
    this.#choiceHeader = config.canary_by_header_name?.toLowerCase();
    this.#hashHeader = config.hash_header?.toLowerCase() ?? '';
    const { upstream_host: host, upstream_port: port } = config;
    this.#target = host === null && port === null ? undefined : { ...(host === null ? {} : { host }), ...(port === null ? {} : { port }) };
    this.#watched = config.upstream_fallback && host !== null ? host : undefined;
  }

  takes(context: RequestContext): boolean {
    const choice = this.#choiceHeader === undefined ? undefined : context.request.header(this.#choiceHeader);
    if (choice === 'always' || choice === 'never') return choice === 'always';
    const { hash } = this.#config;
    if (hash === 'allow' || hash === 'deny') return this.#isMember(context) === (hash === 'allow');
    const share = this.#share();
    return share > 0 && (share >= 1 || placeOfClient(this.#client(context), this.#seed) < share);
  }

  isUp(context: RequestContext): boolean {
    return this.#watched === undefined || context.isUpstreamAvailable(this.#watched);
  }

  send(context: RequestContext): void {
    if (this.#config.upstream_uri !== null) context.setUpstreamPath(this.#config.upstream_uri);
    if (this.#target !== undefined && context.service !== undefined) context.useTarget(this.#target);
  }

  /** Of the clients, from 0 to 1. */
  #share(): number {
    const { percentage, start, duration, steps } = this.#config;
    if (percentage !== null) return percentage / 100;
    const elapsed = this.#services.clock.nowMs() / 1_000 - (start ?? Infinity);
    if (elapsed < 0) return 0;
    return elapsed >= duration ? 1 : Math.floor((elapsed / duration) * steps) / steps;
  }

  #client(context: RequestContext): string {
    return this.#nameOf(context) ?? clientNetwork(context.request.clientAddress);
  }

  /** Undefined where the request lacks it: its address then counts. */
  #nameOf(context: RequestContext): string | undefined {
    switch (this.#config.hash) {
      case 'consumer':
        return context.consumer?.id ?? context.credential?.id;
      case 'header':
        return context.upstreamHeaderValues(this.#hashHeader)[0];
      case 'none':
        return context.requestId;
      case 'ip':
      case 'allow':
      case 'deny':
        return undefined;
    }
  }

  #isMember(context: RequestContext): boolean {
    const { consumer, authenticatedGroups } = context;
    const groups = authenticatedGroups ?? (consumer === undefined ? [] : context.config.groupsOf(consumer.id));
    for (const group of groups) if (this.#groups.has(group)) return true;
    return false;
  }
}
