/**
 * Addresses that nobody's configuration may have us ask: a name or URL that a tenant gives must not reach what only this machine should
 * (SSRF). Used where a plane asks a host that was configured: data-plane/vaults, data-plane/plugin-services, control-plane/sign-in.
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

const inside = new BlockList();
// IANA's registries of special-purpose addresses (RFC 6890): whatever is not reachable over the Internet, or leads back to IPv4.
for (const [network, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3]] as const) inside.addSubnet(network, bits);
for (const [network, bits] of [['::', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20], ['5f00::', 16], ['fc00::', 7], ['fe80::', 9], ['ff00::', 8]] as const) inside.addSubnet(network, bits, 'ipv6');

/** Not one of the open Internet: private, shared, loopback, link-local, multicast, reserved, or IPv6 that carries an IPv4 address to somewhere. */
export function isInsideAddress(address: string): boolean {
  return inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

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
