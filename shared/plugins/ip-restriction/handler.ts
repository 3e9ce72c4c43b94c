/**
 * ip-restriction on a data plane: compares the client's address, as `trusted_ips` made it known, with two lists. Also on
 * streams. Fails closed: what is no address passes no list. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { AddressRanges } from '../../plugin-parts/address-ranges.ts';
import type { PluginFactory, PluginInstance, Verdict } from '../contract.ts';
import type { IpRestrictionConfig } from './schema.ts';

export const ipRestrictionFactory: PluginFactory<IpRestrictionConfig> = {
  name: 'ip-restriction',
  create: (config): PluginInstance => {
    const restriction = new IpRestriction(config);
    return {
      requestHead: (context) => {
        const { clientAddress } = context.request;
        return restriction.admits(clientAddress) ? undefined : restriction.refusal(clientAddress);
      },
      stream: (context) => (restriction.admits(context.clientAddress) ? undefined : { kind: 'refuse', reason: `IP address not allowed: ${context.clientAddress}` }),
    };
  },
};

class IpRestriction {
  readonly #config: IpRestrictionConfig;
  readonly #allowed: AddressRanges | undefined;
  readonly #denied: AddressRanges | undefined;

  constructor(config: IpRestrictionConfig) {
    this.#config = config;
    this.#allowed = rangesOf(config.allow);
    this.#denied = rangesOf(config.deny);
  }

  admits(address: string): boolean {
    if (this.#denied !== undefined && this.#denied.find(address) !== 'outside') return false;
    return this.#allowed === undefined || this.#allowed.find(address) === 'inside';
  }

  refusal(address: string): Verdict {
    return { kind: 'respond', status: this.#config.status ?? 403, message: this.#config.message ?? `IP address not allowed: ${address}` };
  }
}

/** Undefined where the list says nothing. */
function rangesOf(list: readonly string[] | null): AddressRanges | undefined {
  return list === null || list.length === 0 ? undefined : new AddressRanges(list);
}
