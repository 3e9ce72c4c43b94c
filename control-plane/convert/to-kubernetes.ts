/**
 * From a declarative file to Kubernetes Gateway API resources (gateway.networking.k8s.io): a Gateway with its listeners, a route
 * resource for each route, Services for where they lead. What that API has no words for is told as a warning: plugins, consumers,
 * priorities. Pure. The backends are in kubernetes-backends.ts, the matches in kubernetes-matches.ts.
 */
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { dnsName, UniqueNames, type Converted } from './convert-result.ts';
import { flatContent, type FlatEntity } from './flat-content.ts';
import { Backends } from './kubernetes-backends.ts';
import { textAt, texts } from './json-values.ts';
import { grpcMatches, httpMatches, rewriteOf, usableHosts } from './kubernetes-matches.ts';

export interface KubernetesOptions {
  /** Of every resource; left to kubectl where not given. */
  readonly namespace: string | undefined;
  readonly gatewayName: string;
  readonly gatewayClass: string;
}

/** Of one rule (HTTPRouteRule.matches). */
const MAX_MATCHES = 64;
/** Of one route (HTTPRouteSpec.rules). */
const MAX_RULES = 16;

type ListenerProtocol = 'HTTP' | 'HTTPS' | 'TLS' | 'TCP';
interface Listener {
  readonly name: string;
  readonly port: number;
  readonly protocol: ListenerProtocol;
}

const HTTP: Listener = { name: 'http', port: 80, protocol: 'HTTP' };
const HTTPS: Listener = { name: 'https', port: 443, protocol: 'HTTPS' };
const PASSTHROUGH: Listener = { name: 'tls-passthrough', port: 8899, protocol: 'TLS' };

/** The resources in the order in which they can be applied. Throws CONVERT_CONTENT_INVALID. */
export function toKubernetes(content: JsonObject, options: KubernetesOptions): Converted<readonly JsonObject[]> {
  return new KubernetesConversion(flatContent(content), options).convert();
}

class KubernetesConversion {
  readonly #entities: readonly FlatEntity[];
  readonly #options: KubernetesOptions;
  readonly #warnings: string[] = [];
  readonly #names = new UniqueNames();
  readonly #listeners = new Map<string, Listener>();
  readonly #backends: Backends;

  constructor(entities: readonly FlatEntity[], options: KubernetesOptions) {
    this.#entities = entities;
    this.#options = options;
    this.#backends = new Backends(entities, (kind, name, rest) => this.#resource('v1', kind, name, rest), this.#warnings);
  }

  convert(): Converted<readonly JsonObject[]> {
    const secrets = this.#entities.filter(({ kind }) => kind === 'certificates').flatMap((certificate) => this.#secret(certificate));
    const routes = this.#entities.filter(({ kind }) => kind === 'routes').flatMap((route) => this.#route(route));
    this.#warnOfTheRest();
    const gateway = this.#gateway(secrets.map(({ metadata }) => metadata).flatMap((metadata) => (typeof metadata === 'object' && metadata !== null && 'name' in metadata ? [metadata['name']] : [])));
    return { value: [...secrets, gateway, ...this.#backends.resources, ...routes], warnings: this.#warnings };
  }

  #resource(apiVersion: string, kind: string, name: string, rest: JsonObject): JsonObject {
    const { namespace } = this.#options;
    return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: { 'app.kubernetes.io/managed-by': 'holdfast-convert' } }, ...rest };
  }

  #gateway(secretNames: readonly JsonValue[]): JsonObject {
    const listeners = [...this.#listeners.values()].map(({ name, port, protocol }) => {
      // A listener that ends TLS without a certificate is refused by the API.
      const certificates = secretNames.length === 0 ? [`${this.#options.gatewayName}-tls`] : secretNames;
      const tls = protocol === 'HTTPS' ? { mode: 'Terminate', certificateRefs: certificates.map((secret) => ({ name: secret })) } : protocol === 'TLS' ? { mode: 'Passthrough' } : undefined;
      if (protocol === 'HTTPS' && secretNames.length === 0) this.#warnings.push(`listener https: the file holds no certificate; make the Secret ${this.#options.gatewayName}-tls of type kubernetes.io/tls`);
      return { name, port, protocol, ...(tls === undefined ? {} : { tls }), allowedRoutes: { namespaces: { from: 'Same' } } };
    });
    return this.#resource('gateway.networking.k8s.io/v1', 'Gateway', this.#options.gatewayName, { spec: { gatewayClassName: this.#options.gatewayClass, listeners } });
  }

  #secret({ label, fields }: FlatEntity): readonly JsonObject[] {
    const { cert, key } = fields;
    if (typeof cert !== 'string' || typeof key !== 'string' || !cert.includes('-----BEGIN') || !key.includes('-----BEGIN')) {
      this.#warnings.push(`certificate ${label}: its certificate and key are not in the file as PEM; make a Secret of type kubernetes.io/tls for it`);
      return [];
    }
    if (fields['cert_alt'] !== undefined) this.#warnings.push(`certificate ${label}: its second pair (cert_alt) has no place in a Secret`);
    return [this.#resource('v1', 'Secret', this.#names.take(dnsName(`certificate-${label}`)), { type: 'kubernetes.io/tls', stringData: { 'tls.crt': cert, 'tls.key': key } })];
  }

  #route(route: FlatEntity): readonly JsonObject[] {
    const protocols = texts(route.fields['protocols'], ['http', 'https']);
    const name = this.#names.take(dnsName(route.label));
    const serviceName = route.references.get('service')?.label;
    const service = this.#entities.find(({ kind, label }) => kind === 'services' && label === serviceName);
    for (const field of ['expression', 'sources', 'snis', 'regex_priority'] as const) {
      const value = route.fields[field];
      if (value !== undefined && value !== null && value !== 0 && !(field === 'snis' && protocols.includes('tls_passthrough'))) this.#warnings.push(`route ${route.label}: ${field} can not be said there`);
    }
    if (protocols.some((protocol) => protocol === 'tcp' || protocol === 'tls' || protocol === 'udp')) return this.#streamRoute(route, name, service, protocols);
    if (protocols.includes('tls_passthrough')) {
      const spec = { parentRefs: this.#parents([PASSTHROUGH]), hostnames: texts(route.fields['snis'], []), rules: [{ backendRefs: this.#backends.of(service, route) }] };
      return [this.#resource('gateway.networking.k8s.io/v1alpha2', 'TLSRoute', name, { spec })];
    }
    const isGrpc = protocols.some((protocol) => protocol.startsWith('grpc'));
    const isOpen = protocols.includes('http') || protocols.includes('grpc');
    const isSecure = protocols.includes('https') || protocols.includes('grpcs');
    const parentRefs = this.#parents([...(isOpen ? [HTTP] : []), ...(isSecure ? [HTTPS] : [])]);
    const hostnames = usableHosts(route, this.#warnings);
    const hosts = hostnames.length === 0 ? {} : { hostnames };
    if (isGrpc) {
      const rules = this.#rules(route, grpcMatches(route, this.#warnings), { backendRefs: this.#backends.of(service, route) });
      return [this.#resource('gateway.networking.k8s.io/v1', 'GRPCRoute', name, { spec: { parentRefs, ...hosts, rules } })];
    }
    const groups = httpMatches(route, this.#warnings);
    const rules = groups.flatMap(({ path, matches }) => {
      const filters = rewriteOf(route, service, path, this.#warnings);
      return this.#rules(route, matches, { ...(filters.length === 0 ? {} : { filters }), ...timeoutsOf(service), backendRefs: this.#backends.of(service, route) });
    });
    const resource = this.#resource('gateway.networking.k8s.io/v1', 'HTTPRoute', name, { spec: { parentRefs, ...hosts, rules: this.#bounded(route, rules) } });
    return isOpen || !isSecure ? [resource] : [resource, this.#redirect(route, hosts, groups.flatMap(({ matches }) => matches))];
  }

  /** A route for https alone answers http with where to go. */
  #redirect(route: FlatEntity, hosts: JsonObject, matches: readonly JsonObject[]): JsonObject {
    const asked = route.fields['https_redirect_status_code'];
    if (asked === undefined || asked === 426) this.#warnings.push(`route ${route.label}: http is answered with a redirect (301), not with 426`);
    // 307 and 308 are not in the standard channel's list.
    const statusCode = asked === 302 || asked === 307 ? 302 : 301;
    const rules = this.#rules(route, matches, { filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode } }] });
    return this.#resource('gateway.networking.k8s.io/v1', 'HTTPRoute', this.#names.take(dnsName(`${route.label}-to-https`)), { spec: { parentRefs: this.#parents([HTTP]), ...hosts, rules } });
  }

  #streamRoute(route: FlatEntity, name: string, service: FlatEntity | undefined, protocols: readonly string[]): readonly JsonObject[] {
    const { destinations } = route.fields;
    const ports = Array.isArray(destinations) ? destinations.flatMap((destination: JsonValue) => (typeof destination === 'object' && destination !== null && 'port' in destination && typeof destination['port'] === 'number' ? [destination['port']] : [])) : [];
    if (ports.length === 0 || protocols.includes('tls') || protocols.includes('udp')) {
      this.#warnings.push(`route ${route.label}: left out: only tcp routes with a destination port can be said there`);
      return [];
    }
    const listeners = ports.map((port): Listener => ({ name: `tcp-${port}`, port, protocol: 'TCP' }));
    return [this.#resource('gateway.networking.k8s.io/v1alpha2', 'TCPRoute', name, { spec: { parentRefs: this.#parents(listeners), rules: [{ backendRefs: this.#backends.of(service, route) }] } })];
  }

  #rules(route: FlatEntity, matches: readonly JsonObject[], rest: JsonObject): readonly JsonObject[] {
    if (matches.length === 0) return [rest];
    const rules = Array.from({ length: Math.ceil(matches.length / MAX_MATCHES) }, (_, index) => ({ matches: matches.slice(index * MAX_MATCHES, (index + 1) * MAX_MATCHES), ...rest }));
    return this.#bounded(route, rules);
  }

  #bounded(route: FlatEntity, rules: readonly JsonObject[]): readonly JsonObject[] {
    if (rules.length > MAX_RULES) this.#warnings.push(`route ${route.label}: it takes ${rules.length} rules and a resource may hold ${MAX_RULES}: split the route`);
    return rules;
  }

  #parents(listeners: readonly Listener[]): readonly JsonObject[] {
    return listeners.map((listener) => {
      this.#listeners.set(listener.name, listener);
      return { name: this.#options.gatewayName, sectionName: listener.name };
    });
  }

  #warnOfTheRest(): void {
    const said = new Set(['routes', 'services', 'upstreams', 'targets', 'certificates', 'snis']);
    const counts = new Map<string, number>();
    for (const { kind, fields } of this.#entities) {
      const what = kind === 'plugins' ? `plugin ${textAt(fields, 'name')}` : kind;
      if (!said.has(kind)) counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    for (const [what, count] of counts) this.#warnings.push(`${what} (${count}): the Gateway API has no word for it`);
  }
}

function timeoutsOf(service: FlatEntity | undefined): JsonObject {
  const timeout = service?.fields['read_timeout'];
  return typeof timeout === 'number' ? { timeouts: { backendRequest: duration(timeout) } } : {};
}

/** At most five digits of each unit (GEP-2257). */
function duration(milliseconds: number): string {
  const parts: readonly (readonly [number, string])[] = [[Math.floor(milliseconds / 3_600_000), 'h'], [Math.floor(milliseconds / 1_000) % 3_600, 's'], [milliseconds % 1_000, 'ms']];
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`).join('') || '0s';
}
