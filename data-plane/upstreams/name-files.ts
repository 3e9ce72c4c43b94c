/**
 * `/etc/resolv.conf` and `/etc/hosts` as the system's resolver reads them (resolv.conf(5), hosts(5)). Pure; system-look-up.ts
 * reads the files again when they change.
 */
import { isIP } from 'node:net';
import type { DnsServer } from './dns-client.ts';

export interface ResolverConfig {
  readonly servers: readonly DnsServer[];
  /** Domains to complete short names with, in order. */
  readonly search: readonly string[];
  /** A name with at least so many dots is tried as it is first. */
  readonly ndots: number;
  readonly timeoutMs: number;
  readonly attempts: number;
}

const DNS_PORT = 53;
const MAX_SERVERS = 3;
const MAX_SEARCH = 6;

export function parseResolvConf(text: string): ResolverConfig {
  const servers: DnsServer[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  let timeoutMs = 2_000;
  let attempts = 2;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.replace(/[#;].*/, '').trim().split(/\s+/);
    // An IPv6 zone stays: it is part of a link-local address.
    if (keyword === 'nameserver' && values[0] !== undefined && isIP(values[0].replace(/%.*/, '')) !== 0) servers.push({ address: values[0], port: DNS_PORT });
    // The last of the two wins.
    if (keyword === 'search' || keyword === 'domain') search = values.map(plainName).filter((domain) => domain !== '').slice(0, MAX_SEARCH);
    if (keyword !== 'options') continue;
    for (const option of values) {
      const [name = '', value = ''] = option.split(':');
      const number = /^\d{1,2}$/.test(value) ? Number(value) : undefined;
      if (name === 'ndots' && number !== undefined) ndots = Math.min(15, number);
      if (name === 'timeout' && number !== undefined) timeoutMs = Math.min(30, Math.max(1, number)) * 1_000;
      if (name === 'attempts' && number !== undefined) attempts = Math.min(5, Math.max(1, number));
    }
  }
  return { servers: servers.slice(0, MAX_SERVERS), search, ndots, timeoutMs, attempts };
}

/** Addresses by lower-case name, in the order of the file. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names) {
      const known = hosts.get(plainName(name)) ?? [];
      if (!known.includes(address)) hosts.set(plainName(name), [...known, address]);
    }
  }
  return hosts;
}

/** The names to ask for, in order, for one that may be short. */
export function candidates(name: string, { search, ndots }: Pick<ResolverConfig, 'search' | 'ndots'>): readonly string[] {
  if (name.endsWith('.')) return [plainName(name)];
  const plain = plainName(name);
  const completed = search.map((domain) => `${plain}.${domain}`);
  return plain.split('.').length - 1 >= ndots ? [plain, ...completed] : [...completed, plain];
}

export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** `10.0.0.2`, `10.0.0.2:5353`, `fd00::2` or `[fd00::2]:5353`; undefined where it is none of these. */
export function parseServerAddress(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const port = Number(digits);
  return isIP(address) === (bracketed === undefined ? 4 : 6) && port >= 1 && port <= 65_535 ? { address, port } : undefined;
}
