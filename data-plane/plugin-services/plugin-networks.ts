/** Where plugins may connect to (SSRF): the open Internet, and what the data plane's operator allowed. Asked by plugin-fetch.ts and plugin-connections.ts. */
import type { LookupFunction } from 'node:net';
import { isInsideAddress, isMetadataAddress, lookupExcept } from '../../shared/outward-addresses.ts';
import { AddressRanges } from '../../shared/plugin-parts/address-ranges.ts';

export class PluginNetworks {
  readonly #networks: readonly string[];
  #allowed: AddressRanges | undefined;

  /** `networks`: addresses and CIDR blocks that may be reached although they are not of the open Internet. Metadata addresses never are. */
  constructor(networks: readonly string[]) {
    this.#networks = networks;
  }

  isRefused(address: string): boolean {
    if (isMetadataAddress(address)) return true;
    this.#allowed ??= new AddressRanges(this.#networks);
    return isInsideAddress(address) && this.#allowed.find(address) !== 'inside';
  }

  /** For connections: the addresses that were looked at are those that are connected to. */
  lookup(refusal: (hostname: string) => Error): LookupFunction {
    return lookupExcept((address) => this.isRefused(address), refusal);
  }
}
