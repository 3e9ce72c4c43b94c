/** The headers that go upstream, to be edited by name. Host is always there: it can be replaced, and by nothing else be touched, as in Kong. */
import type { RequestContext } from '../contract.ts';
import type { NamedFields } from './operations.ts';

const HOST = /^(?:\[[0-9a-fA-F:.]{1,45}\]|[A-Za-z0-9._~-]{1,253})(?::\d{1,5})?$/;

export function hostProblem(value: string): string | undefined {
  return HOST.test(value) ? undefined : `'${value}' can't be the Host of a request; use a host name or address, with :port if needed`;
}

export class UpstreamHeaders implements NamedFields {
  readonly #context: RequestContext;
  /** Something was to be the Host that can't be one. */
  hasBadHost = false;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  remove(name: string): void {
    // Also where nothing shows: what the gateway writes last (X-Forwarded-*) is left out then.
    if (name.toLowerCase() !== 'host') this.#context.removeUpstreamHeader(name);
  }

  rename(name: string, newName: string): void {
    const [key, newKey] = [name.toLowerCase(), newName.toLowerCase()];
    const values = key === 'host' ? [] : this.#context.upstreamHeaderValues(key);
    if (values.length === 0) return;
    this.#context.removeUpstreamHeader(name);
    if (newKey === 'host') this.#setHost(newName, values[0] ?? '');
    else this.#context.setUpstreamHeader(newName, values);
  }

  replace(name: string, value: string): void {
    const key = name.toLowerCase();
    if (key === 'host') this.#setHost(name, value);
    else if (this.#context.upstreamHeaderValues(key).length > 0) this.#context.setUpstreamHeader(name, value);
  }

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    if (key !== 'host' && this.#context.upstreamHeaderValues(key).length === 0) this.#context.setUpstreamHeader(name, value);
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase();
    if (key === 'host') return;
    const values = this.#context.upstreamHeaderValues(key);
    this.#context.setUpstreamHeader(name, values.length === 0 ? value : [...values, value]);
  }

  #setHost(name: string, value: string): void {
    if (HOST.test(value)) this.#context.setUpstreamHeader(name, value);
    else this.hasBadHost = true;
  }
}
