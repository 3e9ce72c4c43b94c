/** What a plugin's handler meets on a data plane, with everything it did written down. */
import type { ConfigLookup, ConsumerRef, CredentialRef, PluginServices, RequestContext } from '../../shared/plugins/contract.ts';
import { requestView, type RequestParts } from './request-view.ts';

export interface HostParts extends RequestParts {
  readonly body?: Uint8Array | undefined;
  readonly config?: Partial<ConfigLookup>;
  readonly consumer?: ConsumerRef;
  readonly credential?: CredentialRef;
  readonly authenticatedGroups?: readonly string[];
  readonly service?: string;
}

/** The effects of a plugin on one request, in call order: `set-upstream X: 1`, `remove-upstream x`, … */
export interface RecordedContext extends RequestContext {
  readonly effects: readonly string[];
  readonly responseHeaders: ReadonlyMap<string, string>;
  readonly sentBody: Uint8Array | undefined;
}

export function pluginContext(parts: HostParts = {}): RecordedContext {
  const effects: string[] = [];
  const responseHeaders = new Map<string, string>();
  let { consumer, credential } = parts;
  let sentBody: Uint8Array | undefined;
  return {
    effects, responseHeaders,
    request: requestView(parts),
    config: { consumerById: () => undefined, consumerByUsername: () => undefined, credentialBySecret: () => undefined, groupsOf: () => [], ...parts.config },
    route: { id: 'route-1', name: 'route' },
    service: parts.service === undefined ? undefined : { id: parts.service, name: null },
    body: parts.body,
    requestId: '0'.repeat(32),
    configVersion: '1.1',
    authenticatedGroups: parts.authenticatedGroups,
    get consumer() { return consumer; },
    get credential() { return credential; },
    get sentBody() { return sentBody; },
    authenticate(newConsumer, newCredential) {
      [consumer, credential] = [newConsumer, newCredential];
      effects.push(`authenticate ${newConsumer.id} by ${newCredential?.id ?? 'nothing'}`);
    },
    setAuthenticatedGroups: (groups) => void effects.push(`set-groups ${groups.join(', ')}`),
    setUpstreamHeader: (name, value) => void effects.push(`set-upstream ${name}: ${value}`),
    removeUpstreamHeader: (name) => void effects.push(`remove-upstream ${name}`),
    removeQueryArgument: (name) => void effects.push(`remove-argument ${name}`),
    replaceBody(bytes) {
      sentBody = bytes;
      effects.push('replace-body');
    },
    setResponseHeader(name, value) {
      responseHeaders.set(name, value);
      effects.push(`set-response ${name}: ${value}`);
    },
  };
}

/** Services of a plugin instance; `warnings` are the events it logged. */
export function pluginServices(overrides: Partial<PluginServices> = {}): PluginServices & { readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  return {
    pluginId: '00000000-0000-7000-8000-000000000001',
    clock: { nowMs: () => 0 },
    counters: { take: () => ({ kind: 'full' }) },
    log: { warn: (event) => void warnings.push(event) },
    warnings,
    ...overrides,
  };
}
