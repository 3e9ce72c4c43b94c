/**
 * Addresses of a host name as this machine's configuration says: the hosts file, else DNS, with search domains; names like
 * `_http._tcp.example` by SRV records. Given to the proxy as its LookUp. Why not node:dns: it tells no TTL of SRV records and
 * none by getaddrinfo, and asks one server list for all of the process.
 */
import { readFile, stat } from 'node:fs/promises';
import { getServers } from 'node:dns';
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import { DnsClient, type DnsServer, type Records } from './dns-client.ts';
import { isAskable, type SrvTarget } from './dns-message.ts';
import { candidates, parseHosts, parseResolvConf, plainName, type ResolverConfig } from './name-files.ts';
import type { LookUp, NameAnswer, Resolved } from './resolve-address.ts';

export interface LookUpOptions {
  readonly clock: Clock;
  /** Instead of those in resolv.conf; empty: those. */
  readonly servers: readonly DnsServer[];
  readonly resolvConfPath: string;
  readonly hostsPath: string;
  /** Whether the machine has an IPv6 address beyond itself; without one there is no use in asking for others'. */
  readonly hasIpv6: () => boolean;
}

/** Files are looked at for changes at most this often. */
const FILES_CHECK_MS = 5_000;
const FILE_TTL_MS = 5_000;
const MAX_SRV_TARGETS = 256;
const SERVICE_NAME = /^_[a-z0-9-]+\._[a-z]+\./i;

interface Names {
  readonly resolver: ResolverConfig;
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly client: DnsClient;
  readonly hasIpv6: boolean;
}

interface Told extends NameAnswer {
  /** Why one of the families is not known. */
  readonly failure?: unknown;
}

export function createLookUp(options: LookUpOptions): LookUp {
  const looker = new SystemLookUp(options);
  return (host) => looker.lookUp(host);
}

/** By the machine's own configuration; `servers` instead of those in resolv.conf, where there are any. */
export function systemLookUp(clock: Clock, servers: readonly DnsServer[]): LookUp {
  return createLookUp({ clock, servers, resolvConfPath: '/etc/resolv.conf', hostsPath: '/etc/hosts', hasIpv6: machineHasIpv6 });
}

class SystemLookUp {
  readonly #options: LookUpOptions;
  #names: Promise<Names> | undefined;
  #stamp = '';
  #checkedAtMs = 0;

  constructor(options: LookUpOptions) {
    this.#options = options;
  }

  async lookUp(host: string): Promise<NameAnswer> {
    const names = await this.#current();
    const plain = plainName(host);
    const inFile = names.hosts.get(plain);
    if (inFile !== undefined) return { records: plainRecords(inFile), ttlMs: FILE_TTL_MS };
    // RFC 6761 §6.3.
    if (plain === 'localhost' || plain.endsWith('.localhost')) return { records: plainRecords(['127.0.0.1', '::1']), ttlMs: FILE_TTL_MS };
    let negative: NameAnswer = { records: [], ttlMs: FILE_TTL_MS };
    let failure: unknown;
    for (const name of candidates(host, names.resolver)) {
      if (!isAskable(name)) continue;
      const answer: Told = SERVICE_NAME.test(name) ? await service(names, name) : await addresses(names, name);
      if (answer.records.length > 0) return answer;
      negative = answer;
      failure ??= answer.failure;
    }
    // Half an answer is not that there is none: what was known before goes on (S1).
    if (failure !== undefined) throw failure;
    return negative;
  }

  async #current(): Promise<Names> {
    const { clock, resolvConfPath, hostsPath } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#names !== undefined && nowMs - this.#checkedAtMs < FILES_CHECK_MS) return this.#names;
    this.#checkedAtMs = nowMs;
    const stamp = `${await stampOf(resolvConfPath)} ${await stampOf(hostsPath)}`;
    if (this.#names === undefined || stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#names = this.#read();
    }
    return this.#names;
  }

  async #read(): Promise<Names> {
    const { clock, servers, resolvConfPath, hostsPath, hasIpv6 } = this.#options;
    const resolver = parseResolvConf(await textOf(resolvConfPath));
    const asked = [servers, resolver.servers].find((list) => list.length > 0) ?? systemServers();
    const client = new DnsClient({ clock, servers: asked, timeoutMs: resolver.timeoutMs, attempts: resolver.attempts });
    return { resolver, hosts: parseHosts(await textOf(hostsPath)), client, hasIpv6: hasIpv6() };
  }
}

/** Both families at once. One that nobody could tell costs only its own addresses. */
async function addresses({ client, hasIpv6: asksIpv6 }: Names, name: string): Promise<Told> {
  const [four, six] = await Promise.allSettled([client.ask(name, 'A'), asksIpv6 ? client.ask(name, 'AAAA') : Promise.resolve(NO_RECORDS)]);
  if (four.status === 'rejected' && (six.status === 'rejected' || six.value.addresses.length === 0)) throw four.reason;
  const told = [four, six].flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const found = told.filter((records) => records.addresses.length > 0);
  const records = plainRecords(found.flatMap((one) => one.addresses));
  const ttlMs = Math.min(...(found.length > 0 ? found : told).map((one) => one.ttlMs));
  return six.status === 'rejected' ? { records, ttlMs, failure: six.reason } : { records, ttlMs };
}

const NO_RECORDS: Records = { kind: 'records', addresses: [], targets: [], ttlMs: Number.MAX_SAFE_INTEGER };

/** RFC 2782. A target of which nobody can tell the address is left out, as long as there is another. */
async function service(names: Names, name: string): Promise<NameAnswer> {
  const { targets, ttlMs } = await names.client.ask(name, 'SRV');
  // A single target "." says that there is no such service.
  const real = targets.filter((target) => isAskable(target.name)).slice(0, MAX_SRV_TARGETS);
  const outcomes = await Promise.allSettled(real.map(async (target) => ({ target, answer: await addressesOfTarget(names, target) })));
  const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (found.length === 0 && failure !== undefined) throw failure.reason;
  const records = found.flatMap(({ target, answer }) => answer.records.filter(({ priority }) => priority === 0).map((record) => (
    { ...record, port: target.port, name: target.name, priority: target.priority, weight: Math.max(1, target.weight) }
  )));
  return { records: distinct(records), ttlMs: Math.min(ttlMs, ...found.map(({ answer }) => answer.ttlMs)) };
}

async function addressesOfTarget(names: Names, { name }: SrvTarget): Promise<NameAnswer> {
  const inFile = names.hosts.get(name);
  if (inFile !== undefined) return { records: plainRecords(inFile), ttlMs: FILE_TTL_MS };
  const answer = await addresses(names, name);
  if (answer.records.length === 0 && answer.failure !== undefined) throw answer.failure;
  return answer;
}

/** As Kong, IPv4 where there is any: names often list IPv6 addresses where nobody listens. These come when no other can be reached. */
function plainRecords(all: readonly string[]): readonly Resolved[] {
  const hasIpv4 = all.some((address) => isIPv4(address));
  return distinct(all.map((address) => ({ address, port: undefined, name: undefined, weight: 1, priority: hasIpv4 && isIPv6(address) ? 1 : 0 })));
}

function distinct(records: readonly Resolved[]): readonly Resolved[] {
  return [...new Map(records.map((record) => [`${record.address} ${record.port}`, record])).values()];
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Not there: nothing in it.
    return '';
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
}

/** Where there is no resolv.conf, as on Windows. */
function systemServers(): readonly DnsServer[] {
  return getServers().map((server) => {
    const [, bracketed, port] = /^\[(.+)\]:(\d+)$/.exec(server) ?? /^([^:]+):(\d+)$/.exec(server) ?? [];
    return bracketed === undefined ? { address: server, port: 53 } : { address: bracketed, port: Number(port) };
  });
}

function machineHasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ internal, family, address }) => !internal && family === 'IPv6' && !address.startsWith('fe80')) === true);
}
