/**
 * Who the client is: the peer of the connection, or, where the peer is one of our trusted load balancers, who they say it is.
 */
import { BlockList, isIP } from 'node:net';
import { HoldfastError } from '../../shared/errors.ts';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** More hops than this are no honest chain. */
const MAX_HOPS = 64;

export class TrustedAddresses {
  readonly #trusted = new BlockList();
  readonly #isEmpty: boolean;

  /** Addresses and CIDR blocks. Throws PROXY_TRUSTED_ADDRESS_INVALID naming the one that is neither. */
  constructor(addresses: readonly string[]) {
    this.#isEmpty = addresses.length === 0;
    for (const text of addresses) this.#add(text);
  }

  includes(address: string): boolean {
    if (this.#isEmpty) return false;
    const kind = isIP(address);
    return kind !== 0 && this.#trusted.check(address, kind === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The client behind a trusted peer: the last address in X-Forwarded-For that is not itself trusted, else X-Real-IP,
   * else the peer. What is no address ends the search.
   */
  clientBehind(peer: string, forwardedFor: readonly string[], realIp: string | undefined): string {
    const hops = forwardedFor.join(',').split(',', MAX_HOPS + 1);
    if (forwardedFor.length === 0 || hops.length > MAX_HOPS) {
      const claimed = plainAddress(realIp?.trim() ?? '');
      return forwardedFor.length === 0 && isIP(claimed) !== 0 ? claimed : peer;
    }
    let client = peer;
    for (const hop of hops.toReversed()) {
      const address = plainAddress(hop.trim());
      if (isIP(address) === 0) return client;
      client = address;
      if (!this.includes(address)) return client;
    }
    return client;
  }

  #add(text: string): void {
    const [address = '', bits, ...more] = text.split('/');
    const kind = isIP(address);
    const most = kind === 6 ? 128 : 32;
    const isBlock = bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
    if (kind === 0 || more.length > 0 || (bits !== undefined && !isBlock)) {
      throw new HoldfastError({
        code: 'PROXY_TRUSTED_ADDRESS_INVALID',
        source: 'gateway',
        publicMessage: 'a trusted address is not valid',
        message: `trusted address "${text}" is neither an IP address nor a CIDR block; write it as 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32`,
      });
    }
    this.#trusted.addSubnet(address, bits === undefined ? most : Number(bits), kind === 6 ? 'ipv6' : 'ipv4');
  }
}

/** IPv4 addresses as such even where the listener is IPv6. */
export function plainAddress(address: string): string {
  return MAPPED_IPV4.exec(address)?.[1] ?? address;
}
