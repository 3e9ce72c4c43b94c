/**
 * Where routes lead, as Kubernetes Services: an ExternalName for a host, a headless Service with an EndpointSlice for addresses,
 * and a BackendTLSPolicy for https. An upstream is as many backends with weights as it has targets. Used by to-kubernetes.ts.
 */
import { isIP, isIPv6 } from 'node:net';
import type { JsonObject } from '../../shared/model/definition.ts';
import { dnsName, UniqueNames } from './convert-result.ts';
import type { FlatEntity } from './flat-content.ts';
import { textAt } from './json-values.ts';

const DEFAULT_TARGET_PORT = 8000;

type MakeResource = (kind: string, name: string, rest: JsonObject) => JsonObject;

interface Place {
  readonly host: string;
  readonly port: number;
  readonly weight: number | undefined;
}

export class Backends {
  readonly resources: JsonObject[] = [];
  readonly #entities: readonly FlatEntity[];
  readonly #make: MakeResource;
  readonly #warnings: string[];
  readonly #names = new UniqueNames();
  readonly #refs = new Map<FlatEntity, readonly JsonObject[]>();

  constructor(entities: readonly FlatEntity[], make: MakeResource, warnings: string[]) {
    this.#entities = entities;
    this.#make = make;
    this.#warnings = warnings;
  }

  /** `backendRefs` of a service, made once. */
  of(service: FlatEntity | undefined, route: FlatEntity): readonly JsonObject[] {
    if (service === undefined) {
      this.#warnings.push(`route ${route.label}: it has no service in the file, so it has no backend`);
      return [];
    }
    const known = this.#refs.get(service);
    if (known !== undefined) return known;
    const places = this.#placesOf(service);
    const refs = places.map((place) => this.#backend(service, place));
    this.#refs.set(service, refs);
    return refs;
  }

  #placesOf(service: FlatEntity): readonly Place[] {
    const { host, port, protocol } = service.fields;
    const upstream = this.#entities.find(({ kind, label }) => kind === 'upstreams' && label === host);
    if (upstream === undefined) return [{ host: textAt(service.fields, 'host') ?? '', port: typeof port === 'number' ? port : protocol === 'https' || protocol === 'grpcs' ? 443 : 80, weight: undefined }];
    if (upstream.fields['algorithm'] !== undefined && upstream.fields['algorithm'] !== 'round-robin') this.#warnings.push(`upstream ${upstream.label}: the balancing ${textAt(upstream.fields, 'algorithm')} can not be said there`);
    if (upstream.fields['healthchecks'] !== undefined) this.#warnings.push(`upstream ${upstream.label}: its health checks can not be said there`);
    const targets = this.#entities.filter(({ kind, references }) => kind === 'targets' && references.get('upstream')?.label === upstream.label);
    if (targets.length === 0) this.#warnings.push(`upstream ${upstream.label}: it has no targets in the file`);
    return targets.map(({ fields }) => ({ ...addressOf(textAt(fields, 'target') ?? ''), weight: typeof fields['weight'] === 'number' ? fields['weight'] : 100 }));
  }

  #backend(service: FlatEntity, { host, port, weight }: Place): JsonObject {
    // Names of Services begin with a letter (RFC 1035).
    const name = this.#names.take(dnsName(service.label.replace(/^[^a-zA-Z]*(?=\d)/, 'service-')));
    const isSecure = service.fields['protocol'] === 'https' || service.fields['protocol'] === 'grpcs';
    const ports = [{ name: 'main', port, ...(service.fields['protocol'] === 'grpc' ? { appProtocol: 'kubernetes.io/h2c' } : {}) }];
    if (isIP(host) === 0) this.resources.push(this.#make('Service', name, { spec: { type: 'ExternalName', externalName: host, ports } }));
    else {
      this.resources.push(this.#make('Service', name, { spec: { clusterIP: 'None', ports } }));
      const slice = this.#make('EndpointSlice', name, { addressType: isIPv6(host) ? 'IPv6' : 'IPv4', ports: [{ name: 'main', port, protocol: 'TCP' }], endpoints: [{ addresses: [host] }] });
      this.resources.push({ ...slice, apiVersion: 'discovery.k8s.io/v1', metadata: { ...Object(slice['metadata']), labels: { 'kubernetes.io/service-name': name, 'app.kubernetes.io/managed-by': 'holdfast-convert' } } });
    }
    if (isSecure) this.#verifyTls(service, name, host);
    return { name, port, ...(weight === undefined ? {} : { weight }) };
  }

  #verifyTls(service: FlatEntity, name: string, host: string): void {
    if (service.fields['tls_verify'] === false) this.#warnings.push(`service ${service.label}: its certificate is verified there, although tls_verify is false`);
    if (Array.isArray(service.fields['ca_certificates'])) this.#warnings.push(`service ${service.label}: its own authorities (ca_certificates) must be put into a ConfigMap by hand; the system's are used`);
    const policy = this.#make('BackendTLSPolicy', name, { spec: { targetRefs: [{ group: '', kind: 'Service', name }], validation: { hostname: host, wellKnownCACertificates: 'System' } } });
    this.resources.push({ ...policy, apiVersion: 'gateway.networking.k8s.io/v1' });
  }
}

/** `host:port`, `[::1]:port` or either without a port. */
function addressOf(target: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(target) ?? [];
  return { host: bracketed ?? plain ?? target, port: port === undefined ? DEFAULT_TARGET_PORT : Number(port) };
}
