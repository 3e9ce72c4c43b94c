/** An IP address or a block of addresses, to compare the ends of a connection with. Used by conditions and stream routes. */
import { BlockList, isIP } from 'node:net';
import type { AddressRange } from '../../shared/model/expression/syntax.ts';

export class AddressBlock {
  readonly #list = new BlockList();
  readonly #family: 4 | 6;

  constructor({ family, address, bits }: AddressRange) {
    this.#family = family;
    this.#list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** False for an address of the other family, and for what is no address. */
  includes(address: string): boolean {
    return isIP(address) === this.#family && this.#list.check(address, this.#family === 6 ? 'ipv6' : 'ipv4');
  }
}
