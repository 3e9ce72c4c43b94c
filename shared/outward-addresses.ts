/**
 * Addresses that nobody's configuration may have us ask: a name or URL that a tenant gives must not reach what only this machine should
 * (SSRF). Used where a plane asks a host that was configured: data-plane/vaults, control-plane/sign-in.
 */
import { lookup } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16);
metadata.addAddress('168.63.129.16');
metadata.addAddress('100.100.100.200');
metadata.addAddress('192.0.0.192');
metadata.addSubnet('fe80::', 10, 'ipv6');
// Metadata, credentials of pods, time and names.
metadata.addSubnet('fd00:ec2::', 32, 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');

const own = new BlockList();
own.addSubnet('0.0.0.0', 8);
own.addSubnet('127.0.0.0', 8);
own.addAddress('::', 'ipv6');
own.addAddress('::1', 'ipv6');

/** Where clouds give out credentials of the machine; link-local addresses all. IPv4 addresses also in their IPv6 forms. */
export function isMetadataAddress(address: string): boolean {
  return metadata.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** This machine itself. */
export function isOwnAddress(address: string): boolean {
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The address that a URL names itself, without a name to look up. */
export function literalAddress({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) === 0 ? undefined : address;
}

/** Looks names up for a connection, and fails with `refusal` where one leads to an address that is refused: what was looked at is what is connected to. */
export function lookupExcept(isRefused: (address: string) => boolean, refusal: (hostname: string) => Error): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = error === null ? addresses : [];
      if (error !== null || first === undefined) return callback(error ?? new Error(`${hostname} has no address`), '');
      if (addresses.some(({ address }) => isRefused(address))) return callback(refusal(hostname), '');
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
