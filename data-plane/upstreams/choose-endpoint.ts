/**
 * Which address a request goes to next: target of the upstream in turn, then address of its name in turn. Called by the
 * life of a request for the first try and for each further one, with what was tried before.
 */
import { isIP } from 'node:net';
import type { RuntimeService, RuntimeTarget } from '../config/active-config.ts';
import { Balancer } from './balancer.ts';
import { Endpoint } from './endpoint.ts';
import type { AddressBook } from './resolve-address.ts';

export type Choice =
  | Endpoint
  /** Resolve this name, then choose again. */
  | { readonly kind: 'unresolved'; readonly host: string }
  /** Nothing (more) to try; `nameFailed` where that is because a name has no address. */
  | { readonly kind: 'none'; readonly nameFailed: boolean };

const EXHAUSTED: Choice = { kind: 'none', nameFailed: false };

/** From so many endpoints on, those without connections are forgotten; names change their addresses. */
const MAX_UNUSED = 1_024;

export class EndpointChooser {
  readonly #addresses: AddressBook;
  readonly #balancer = new Balancer();
  readonly #endpoints = new Map<string, Endpoint>();
  /** Endpoints of services that name an address: the usual case costs one look-up. */
  readonly #fixed = new WeakMap<RuntimeService, Endpoint>();

  constructor(addresses: AddressBook) {
    this.#addresses = addresses;
  }

  /** `tried` holds the keys of endpoints that this request must not get again. */
  choose(service: RuntimeService, tried: readonly string[]): Choice {
    const { upstream } = service;
    if (upstream === undefined) return this.#chooseForService(service, tried);
    let passedOver: Set<RuntimeTarget> | undefined;
    for (;;) {
      const target = this.#balancer.next(upstream, passedOver);
      if (target === undefined) return EXHAUSTED;
      const choice = this.#chooseAddress(service, target.host, target.port, tried);
      if (choice.kind !== 'none') return choice;
      passedOver ??= new Set();
      passedOver.add(target);
    }
  }

  #chooseForService(service: RuntimeService, tried: readonly string[]): Choice {
    const fixed = this.#fixed.get(service);
    if (fixed !== undefined) return tried.includes(fixed.key) ? EXHAUSTED : fixed;
    const choice = this.#chooseAddress(service, service.host, service.port, tried);
    if (choice.kind === 'endpoint' && isIP(plainHost(service.host)) !== 0) this.#fixed.set(service, choice);
    return choice;
  }

  #chooseAddress(service: RuntimeService, host: string, port: number, tried: readonly string[]): Choice {
    const name = plainHost(host);
    if (isIP(name) !== 0) {
      const key = keyOf(service, name, port, name);
      return tried.includes(key) ? EXHAUSTED : this.#endpoint(key, service, name, port, name);
    }
    const next = this.#addresses.next(name, (address) => tried.includes(keyOf(service, name, port, address)));
    if (next === 'unknown') return { kind: 'unresolved', host: name };
    if (next === 'failed' || next === 'exhausted') return { kind: 'none', nameFailed: next === 'failed' };
    return this.#endpoint(keyOf(service, name, port, next.address), service, name, port, next.address);
  }

  #endpoint(key: string, { protocol, tls }: RuntimeService, host: string, port: number, address: string): Endpoint {
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      if (this.#endpoints.size >= MAX_UNUSED) this.#forgetUnused();
      endpoint = new Endpoint(key, protocol, tls, host, port, address);
      this.#endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  #forgetUnused(): void {
    for (const [key, endpoint] of this.#endpoints) {
      if (endpoint.connections === 0) this.#endpoints.delete(key);
    }
  }
}

/** Without the brackets of an IPv6 literal. */
function plainHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function keyOf({ protocol, tls }: RuntimeService, host: string, port: number, address: string): string {
  return `${protocol}|${tls.key}|${host}|${port}|${address}`;
}
