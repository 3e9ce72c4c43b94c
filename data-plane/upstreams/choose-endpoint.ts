/**
 * Which address a request goes to next: one of its upstream entity (upstream-groups.ts), or an address of the service's
 * own host in turn. Called by the life of a request for the first try and for each further one, with what was tried
 * before; and told there how each try went.
 */
import { isIP } from 'node:net';
import type { RuntimeService } from '../config/active-config.ts';
import { Endpoint } from './endpoint.ts';
import type { BalancedRequest } from './hash-input.ts';
import type { HealthSurroundings } from './peer-health.ts';
import type { Peer } from './peer.ts';
import type { AddressBook, Resolved } from './resolve-address.ts';
import { RetryBudget } from './retry-budget.ts';
import { UpstreamGroups } from './upstream-groups.ts';

export type Choice =
  | Endpoint
  /** Resolve this name, then choose again. */
  | { readonly kind: 'unresolved'; readonly host: string }
  /** Nothing (more) to try; `nameFailed` where that is because a name has no address. */
  | { readonly kind: 'none'; readonly nameFailed: boolean };

const EXHAUSTED: Choice = { kind: 'none', nameFailed: false };
const NOTHING_TRIED: readonly Endpoint[] = [];

/** From so many endpoints on, those without connections are forgotten; names change their addresses. */
const MAX_UNUSED = 1_024;
const MAX_ENDPOINTS_OF_PEER = 8;

export class EndpointChooser {
  readonly groups: UpstreamGroups;
  readonly #addresses: AddressBook;
  /** Of services without an upstream entity. */
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #retryBudgets = new Map<string, RetryBudget>();
  /** Endpoints of services that name an address: the usual case costs one look-up. */
  readonly #fixed = new WeakMap<RuntimeService, Endpoint>();
  /** Called for an endpoint whose address is no longer one of its name's: idle connections should go. */
  onGone: (endpoint: Endpoint) => void = () => undefined;

  constructor(addresses: AddressBook, around: HealthSurroundings) {
    this.#addresses = addresses;
    this.groups = new UpstreamGroups(addresses, around);
    this.groups.onGone = (endpoint) => this.#gone(endpoint);
    addresses.onGone = (host, records) => this.#recordsGone(host, records);
  }

  /** `tried` holds what this request must not get again. */
  choose(service: RuntimeService, facts: BalancedRequest, tried: readonly Endpoint[] = NOTHING_TRIED): Choice {
    const { upstream } = service;
    if (upstream === undefined) return this.#chooseForService(service, tried);
    const choice = this.groups.choose(upstream, facts, tried);
    switch (choice.kind) {
      case 'peer':
        return this.#endpointOfPeer(service, choice.peer, choice.group.retryBudget, upstream.entity.use_srv_name === true);
      case 'unresolved':
        return choice;
      case 'none':
        return EXHAUSTED;
    }
  }

  #chooseForService(service: RuntimeService, tried: readonly Endpoint[]): Choice {
    const fixed = this.#fixed.get(service);
    if (fixed !== undefined) return tried.includes(fixed) ? EXHAUSTED : fixed;
    const host = plainHost(service.host);
    if (isIP(host) !== 0) {
      const endpoint = this.#endpoint(service, host, service.port, host);
      this.#fixed.set(service, endpoint);
      return tried.includes(endpoint) ? EXHAUSTED : endpoint;
    }
    const next = this.#addresses.next(host, (record) => tried.some(({ key }) => key === keyOf(service, host, record.port ?? service.port, record.address)));
    if (next === 'unknown') return { kind: 'unresolved', host };
    if (next === 'failed' || next === 'exhausted') return { kind: 'none', nameFailed: next === 'failed' };
    return this.#endpoint(service, host, next.port ?? service.port, next.address);
  }

  #endpoint(service: RuntimeService, host: string, port: number, address: string): Endpoint {
    const key = keyOf(service, host, port, address);
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      if (this.#endpoints.size >= MAX_UNUSED) this.#forgetUnused();
      endpoint = new Endpoint({ key, protocol: service.protocol, tls: service.tls, host, port, address, retryBudget: this.#retryBudgetOf(host, port), peer: undefined, proxyProtocol: service.proxyProtocol });
      this.#endpoints.set(key, endpoint);
    }
    endpoint.retired = false;
    return endpoint;
  }

  #endpointOfPeer(service: RuntimeService, peer: Peer, retryBudget: RetryBudget, usesSrvName: boolean): Endpoint {
    const host = usesSrvName && peer.srvName !== undefined ? peer.srvName : peer.host;
    for (const endpoint of peer.endpoints) {
      if (endpoint.protocol !== service.protocol || endpoint.tlsKey !== service.tls.key || endpoint.host !== host || endpoint.proxyProtocol !== service.proxyProtocol) continue;
      endpoint.retired = false;
      return endpoint;
    }
    const key = `${peer.upstreamId}|${keyOf(service, host, peer.port, peer.address)}`;
    const endpoint = new Endpoint({ key, protocol: service.protocol, tls: service.tls, host, port: peer.port, address: peer.address, retryBudget, peer, proxyProtocol: service.proxyProtocol });
    // TLS settings that are no longer in use leave their endpoints behind; connections of theirs end by themselves.
    if (peer.endpoints.length >= MAX_ENDPOINTS_OF_PEER) peer.endpoints.splice(0, 1);
    peer.endpoints.push(endpoint);
    return endpoint;
  }

  #retryBudgetOf(host: string, port: number): RetryBudget {
    const name = `${host}:${port}`;
    let budget = this.#retryBudgets.get(name);
    if (budget === undefined) {
      budget = new RetryBudget();
      this.#retryBudgets.set(name, budget);
    }
    return budget;
  }

  #forgetUnused(): void {
    for (const [key, endpoint] of this.#endpoints) {
      if (endpoint.connections === 0) this.#endpoints.delete(key);
    }
    const used = new Set(Array.from(this.#endpoints.values(), ({ retryBudget }) => retryBudget));
    for (const [name, budget] of this.#retryBudgets) if (!used.has(budget)) this.#retryBudgets.delete(name);
  }

  #recordsGone(host: string, records: readonly Resolved[]): void {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.host === host && records.some(({ address, port }) => address === endpoint.address && (port === undefined || port === endpoint.port))) this.#gone(endpoint);
    }
  }

  #gone(endpoint: Endpoint): void {
    endpoint.retired = true;
    this.onGone(endpoint);
  }
}

/** Without the brackets of an IPv6 literal. */
function plainHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function keyOf({ protocol, tls, proxyProtocol }: RuntimeService, host: string, port: number, address: string): string {
  return `${protocol}|${tls.key}|${proxyProtocol ?? ''}|${host}|${port}|${address}`;
}
