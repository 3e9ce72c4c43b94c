/**
 * How many connections each address has, so that one client can't take them all (R5). Trusted addresses are proxies in front
 * of many clients and are not counted. Asked once per connection by create-proxy.ts; costs nothing where there is no bound.
 */
import { plainAddress, type TrustedAddresses } from './client-address.ts';

export class ConnectionsPerAddress {
  readonly #maximum: number | undefined;
  readonly #trusted: TrustedAddresses;
  readonly #counts = new Map<string, number>();

  constructor(maximum: number | undefined, trusted: TrustedAddresses) {
    this.#maximum = maximum;
    this.#trusted = trusted;
  }

  /** Counts one more where the address may have it; then `release` must follow, once. */
  admit(address: string): boolean {
    if (this.#maximum === undefined) return true;
    const peer = plainAddress(address);
    const count = this.#counts.get(peer) ?? 0;
    if (count >= this.#maximum && !this.#trusted.includes(peer)) return false;
    this.#counts.set(peer, count + 1);
    return true;
  }

  release(address: string): void {
    if (this.#maximum === undefined) return;
    const peer = plainAddress(address);
    const count = (this.#counts.get(peer) ?? 0) - 1;
    if (count > 0) this.#counts.set(peer, count);
    else this.#counts.delete(peer);
  }
}
