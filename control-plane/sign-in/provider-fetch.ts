/**
 * How identity providers are asked. A tenant names them, so the control plane that all tenants share must come to no harm by one: not
 * this machine, nor where clouds give out its identity; no redirects; an answer of a megabyte at most, not inflated. Private networks may
 * be asked: companies have their providers there. Given to openid-client by oidc.ts.
 */
import type { CustomFetch } from 'openid-client';
import { Agent, request } from 'undici';
import { HoldfastError } from '../../shared/errors.ts';
import { isMetadataAddress, isOwnAddress, literalAddress, lookupExcept } from '../../shared/outward-addresses.ts';

/** Metadata and keys are some 10 kB; groups make the largest answers. */
const MAX_ANSWER_BYTES = 1_048_576;
const MAX_CONNECTIONS_PER_HOST = 8;
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

export interface ProviderFetch {
  readonly fetch: CustomFetch;
  readonly close: () => Promise<void>;
}

/** `mayAskItself`: for trying it out on one machine. */
export function createProviderFetch({ mayAskItself }: { readonly mayAskItself: boolean }): ProviderFetch {
  const agent = new Agent({ connections: MAX_CONNECTIONS_PER_HOST, maxResponseSize: MAX_ANSWER_BYTES, connect: { lookup: lookupExcept((address) => isRefused(address, mayAskItself), refused) } });
  return {
    async fetch(url, { method, headers, body, signal }) {
      if (isRefusedAddress(new URL(url), mayAskItself)) throw refused(new URL(url).hostname);
      const bytes = body === undefined || body === null ? null : Buffer.from(await new Response(body).arrayBuffer());
      const answer = await request(url, { dispatcher: agent, method, headers, body: bytes, ...(signal === undefined ? {} : { signal }) });
      const text = await answer.body.text();
      const given = Object.entries(answer.headers).flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one])));
      return new Response(WITHOUT_BODY.has(answer.statusCode) ? null : text, { status: answer.statusCode, headers: given });
    },
    close: () => agent.destroy(),
  };
}

/** Whether a URL names an address at which no provider may be, with no name to look up. */
export function isRefusedAddress(url: URL, mayAskItself: boolean): boolean {
  const address = literalAddress(url);
  return address !== undefined && isRefused(address, mayAskItself);
}

function isRefused(address: string, mayAskItself: boolean): boolean {
  return isMetadataAddress(address) || (!mayAskItself && isOwnAddress(address));
}

function refused(host: string): HoldfastError {
  return new HoldfastError({ code: 'SIGN_IN_PROVIDER_FAILED', source: 'control-plane', retryable: true, publicMessage: `${host} is this machine, or where a cloud gives out its identity: no identity provider is asked there` });
}
