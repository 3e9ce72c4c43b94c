/**
 * key-auth on a data plane: finds the key, looks its digest up in the pinned configuration, names the consumer. Fails
 * closed: whatever is odd about a key is a refusal. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { AnonymousClient } from '../../plugin-parts/anonymous-client.ts';
import type { PluginFactory, PluginInstance, RequestContext, RequestView, Verdict } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { challengeOf } from '../../plugin-parts/realm.ts';
import { readBodyFields, type BodyFields } from './body-fields.ts';
import type { KeyAuthConfig } from './schema.ts';

const MAX_BODY_BYTES = 1_048_576;

/** What a request holds under the configured names. */
type Finding =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'unreadable-body' };

export const keyAuthFactory: PluginFactory<KeyAuthConfig> = {
  name: 'key-auth',
  create: (config, services) => {
    const handler = new KeyAuth(config, services);
    const instance: PluginInstance = { requestHead: (context) => handler.authenticate(context), credentialNames: config.key_names.map((name) => name.toLowerCase()) };
    return config.key_in_body ? { ...instance, requestBody: { maxBytes: MAX_BODY_BYTES } } : instance;
  },
};

class KeyAuth {
  readonly #config: KeyAuthConfig;
  readonly #anonymous: AnonymousClient;
  readonly #names: readonly { readonly asGiven: string; readonly header: string }[];
  readonly #challenge: readonly (readonly [string, string])[];

  constructor(config: KeyAuthConfig, services: PluginServices) {
    this.#config = config;
    this.#anonymous = new AnonymousClient('key-auth', config.anonymous, services.log);
    this.#names = config.key_names.map((name) => ({ asGiven: name, header: name.toLowerCase() }));
    this.#challenge = [['WWW-Authenticate', challengeOf('Key', config.realm)]];
  }

  authenticate(context: RequestContext): Verdict | undefined {
    const { request } = context;
    const isLetBy = (!this.#config.run_on_preflight && request.method === 'OPTIONS') || this.#anonymous.isSettled(context);
    if (isLetBy && !this.#config.hide_credentials) return undefined;
    const body = this.#config.key_in_body ? readBodyFields(request.header('content-type'), context.body) : undefined;
    if (this.#config.hide_credentials) this.#hide(context, body);
    const refusal = isLetBy ? undefined : this.#identify(context, body);
    return refusal === undefined ? undefined : this.#anonymous.answer(refusal, context);
  }

  #identify(context: RequestContext, body: BodyFields | undefined): Verdict | undefined {
    const finding = this.#find(context.request, body);
    if (finding.kind === 'unreadable-body') return { kind: 'respond', status: 400, message: 'Cannot process request body' };
    if (finding.kind === 'duplicate') return this.#refuse('Duplicate API key found');
    if (finding.kind === 'none') return this.#refuse('No API key found in request');

    const credential = context.config.credentialBySecret('keyauth_credentials', finding.key);
    const consumer = credential === undefined ? undefined : context.config.consumerById(credential.consumerId);
    if (consumer === undefined) return this.#refuse('Unauthorized');
    context.authenticate(consumer, credential);
    return undefined;
  }

  /** Name by name, each in headers, query and body; the first name that is there decides. */
  #find(request: RequestView, body: BodyFields | undefined): Finding {
    for (const { asGiven, header } of this.#names) {
      const values = this.#valuesOf(request, body, asGiven, header);
      const key = values[0];
      if (values.length > 1) return { kind: 'duplicate' };
      if (key !== undefined) return key === '' ? { kind: 'none' } : { kind: 'key', key };
    }
    return body?.kind === 'unreadable' ? { kind: 'unreadable-body' } : { kind: 'none' };
  }

  #valuesOf(request: RequestView, body: BodyFields | undefined, name: string, header: string): readonly string[] {
    const inHeader = this.#config.key_in_header ? request.headerValues(header) : [];
    if (inHeader.length > 0) return inHeader.length === 1 ? [asUtf8(inHeader[0] ?? '')] : inHeader.map(asUtf8);
    const inQuery = this.#config.key_in_query ? request.queryValues(name) : [];
    if (inQuery.length > 0) return inQuery;
    return body?.kind === 'fields' ? body.valuesOf(name) : [];
  }

  /** All names, not only the one that was used: another may hold a credential just as well. */
  #hide(context: RequestContext, body: BodyFields | undefined): void {
    for (const { asGiven, header } of this.#names) {
      if (this.#config.key_in_header) context.removeUpstreamHeader(header);
      if (this.#config.key_in_query) context.removeQueryArgument(asGiven);
    }
    if (body?.kind !== 'fields') return;
    const names = this.#names.map((name) => name.asGiven);
    if (names.some((name) => body.valuesOf(name).length > 0)) context.replaceBody(body.without(names));
  }

  #refuse(message: string): Verdict {
    return { kind: 'respond', status: 401, message, headers: this.#challenge };
  }
}

/** Header values are latin1; a key is text, so what a client sent as UTF-8 is read as UTF-8. */
function asUtf8(value: string): string {
  for (let at = 0; at < value.length; at += 1) {
    if (value.charCodeAt(at) > 0x7f) return Buffer.from(value, 'latin1').toString('utf8');
  }
  return value;
}
