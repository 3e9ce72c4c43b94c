/**
 * From an OpenAPI document to a declarative file: a service for its servers, a route for each operation, plugins where
 * `x-kong-plugin-…` says so, request validators where asked for. The names of the extensions are decK's. Pure.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { slug, UniqueNames, type Converted } from './convert-result.ts';
import { listAt, objectAt, textAt } from './json-values.ts';
import { OpenApiDocument, type OpenApiOperation } from './openapi-document.ts';
import { requestValidator } from './request-validator.ts';

export interface OpenApiOptions {
  /** On every entity, besides those of `x-kong-tags`. */
  readonly tags: readonly string[];
  /** A request-validator for every operation that has parameters or a body, also where the document does not ask for one. */
  readonly validators: boolean;
}

const PLUGIN = 'x-kong-plugin-';
const VALIDATOR = 'request-validator';
/** More specific first: a path without parameters is asked before one with. */
const PLAIN_PRIORITY = 200;
const PATTERN_PRIORITY = 100;

/** Throws CONVERT_NOT_OPENAPI, CONVERT_REFERENCE_UNKNOWN or CONVERT_SERVER_UNUSABLE. */
export function openApiToContent(root: JsonObject, options: OpenApiOptions): Converted<JsonObject> {
  return new OpenApiConversion(OpenApiDocument.parse(root), options).convert();
}

interface ServiceDraft {
  readonly service: JsonObject;
  readonly routes: JsonObject[];
}

class OpenApiConversion {
  readonly #document: OpenApiDocument;
  readonly #options: OpenApiOptions;
  readonly #base: string;
  readonly #tags: readonly string[];
  readonly #warnings: string[] = [];
  readonly #serviceNames = new UniqueNames();
  readonly #routeNames = new UniqueNames();
  readonly #services = new Map<string, ServiceDraft>();
  readonly #upstreams: JsonObject[] = [];

  constructor(document: OpenApiDocument, options: OpenApiOptions) {
    const { root } = document;
    this.#document = document;
    this.#options = options;
    this.#base = slug(textAt(root, 'x-kong-name') ?? textAt(objectAt(root, 'info'), 'title') ?? 'api');
    this.#tags = [...new Set([...listAt(root, 'x-kong-tags').filter((tag) => typeof tag === 'string'), ...options.tags])];
  }

  convert(): Converted<JsonObject> {
    for (const operation of this.#document.operations) this.#serviceOf(operation).routes.push(this.#route(operation));
    if (this.#services.size === 0) this.#warnings.push('the document has no operations: there are no routes');
    this.#warnOfSecurity();
    const services = [...this.#services.values()].map(({ service, routes }) => ({ ...service, routes }));
    const value = { _format_version: '3.0', services, ...(this.#upstreams.length === 0 ? {} : { upstreams: this.#upstreams }) };
    return { value, warnings: this.#warnings };
  }

  /** Operations with servers of their own get a service of their own, shared by those with the same. */
  #serviceOf({ path, method, item, operation }: OpenApiOperation): ServiceDraft {
    const own = [operation, item, this.#document.root].find((holder) => listAt(holder, 'servers').length > 0) ?? this.#document.root;
    const key = JSON.stringify(listAt(own, 'servers'));
    const known = this.#services.get(key);
    if (known !== undefined) return known;
    const where = own === operation ? `_${slug(path)}_${method.toLowerCase()}` : own === item ? `_${slug(path)}` : '';
    const draft = { service: this.#service(`${this.#base}${where}`, listAt(own, 'servers')), routes: [] };
    this.#services.set(key, draft);
    return draft;
  }

  #service(wish: string, servers: readonly JsonValue[]): JsonObject {
    const name = this.#serviceNames.take(wish);
    const { root } = this.#document;
    const urls = servers.map((server) => serverUrl(isJsonObject(server) ? server : {}));
    const [first] = urls;
    if (first === undefined) throw unusableServer('the document names no server', 'servers: [{ url: https://api.example.com/v1 }]');
    const alike = urls.filter((url) => url.protocol === first.protocol && url.pathname === first.pathname);
    if (alike.length < urls.length) this.#warnings.push(`service ${name}: its servers differ in protocol or path; only those like ${first.href} are used`);
    const path = first.pathname.replace(/\/+$/, '');
    const plugins = this.#pluginsOf(root).filter((plugin) => !isToBeMade(plugin));
    return {
      name,
      protocol: first.protocol.slice(0, -1),
      host: alike.length > 1 ? this.#upstream(name, alike) : first.hostname,
      port: portOf(first),
      path: path === '' ? '/' : path,
      ...this.#tagged(),
      ...this.#document.follow(root['x-kong-service-defaults']),
      ...(plugins.length === 0 ? {} : { plugins }),
    };
  }

  /** Its name is where the service's requests go. */
  #upstream(service: string, urls: readonly URL[]): string {
    const name = `${service}.upstream`;
    const targets = urls.map((url) => ({ target: `${url.hostname}:${portOf(url)}`, ...this.#tagged() }));
    this.#upstreams.push({ name, ...this.#tagged(), ...this.#document.follow(this.#document.root['x-kong-upstream-defaults']), targets });
    return name;
  }

  #route(of: OpenApiOperation): JsonObject {
    const { path, method, item, operation } = of;
    const named = textAt(operation, 'x-kong-name') ?? textAt(operation, 'operationId');
    const name = this.#routeNames.take(`${this.#base}_${slug(named ?? `${path}-${method}`)}`);
    const { pattern, isPlain } = pathPattern(path);
    const defaults = [this.#document.root, item, operation].map((holder) => this.#document.follow(holder['x-kong-route-defaults']));
    const plugins = this.#routePlugins(of, name);
    return {
      name,
      methods: [method],
      paths: [pattern],
      regex_priority: isPlain ? PLAIN_PRIORITY : PATTERN_PRIORITY,
      strip_path: false,
      ...this.#tagged(),
      ...Object.assign({}, ...defaults),
      ...(plugins.length === 0 ? {} : { plugins }),
    };
  }

  #routePlugins(of: OpenApiOperation, route: string): readonly JsonObject[] {
    const own = new Map([...this.#pluginsOf(of.item), ...this.#pluginsOf(of.operation)].map((plugin) => [plugin['name'], plugin]));
    const asked = own.get(VALIDATOR) ?? this.#pluginsOf(this.#document.root).find(isToBeMade);
    if (asked === undefined ? this.#options.validators : isToBeMade(asked)) {
      const validator = requestValidator(this.#document, of, asked === undefined ? {} : objectAt(asked, 'config'));
      if (validator !== undefined) own.set(VALIDATOR, { ...asked, name: VALIDATOR, config: validator, ...this.#tagged() });
      else if (asked !== undefined) this.#warnings.push(`route ${route}: there is nothing to validate: neither parameters nor a JSON body are described`);
    }
    return [...own.values()];
  }

  /** What `x-kong-plugin-…` beside it says. */
  #pluginsOf(holder: JsonObject): readonly JsonObject[] {
    return Object.entries(holder).filter(([name]) => name.startsWith(PLUGIN)).map(([key, value]) => {
      const { name, ...plugin } = this.#document.follow(value);
      return { name: typeof name === 'string' ? name : key.slice(PLUGIN.length), ...plugin, ...this.#tagged() };
    });
  }

  #tagged(): { readonly tags?: readonly string[] } {
    return this.#tags.length === 0 ? {} : { tags: this.#tags };
  }

  #warnOfSecurity(): void {
    const schemes = Object.keys(objectAt(objectAt(this.#document.root, 'components'), 'securitySchemes'));
    if (schemes.length > 0) this.#warnings.push(`the security schemes (${schemes.join(', ')}) are not turned into plugins: who may call is for the gateway to say, with an auth plugin on service ${this.#base}`);
  }
}

/** A validator without a schema: each route gets one with its own. */
function isToBeMade(plugin: JsonObject): boolean {
  const config = objectAt(plugin, 'config');
  return plugin['name'] === VALIDATOR && config['body_schema'] === undefined && config['parameter_schema'] === undefined;
}

function serverUrl(server: JsonObject): URL {
  const variables = objectAt(server, 'variables');
  const text = (textAt(server, 'url') ?? '').replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    const value = objectAt(variables, name)['default'];
    return typeof value === 'string' ? value : whole;
  });
  const url = URL.canParse(text) && !text.includes('{') ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw unusableServer(`"${text}" is no http or https URL of its own`, 'url: https://api.example.com/v1, and a default for each of its variables');
  return url;
}

function unusableServer(what: string, way: string): HoldfastError {
  return new HoldfastError({ code: 'CONVERT_SERVER_UNUSABLE', source: 'gateway', publicMessage: `requests need somewhere to go, but ${what}: write ${way}` });
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** `/pets/{petId}` becomes `~/pets/(?<petid>[^#?/]+)$`. */
function pathPattern(path: string): { readonly pattern: string; readonly isPlain: boolean } {
  const names = new UniqueNames();
  const pieces = path.split(/(\{[^{}]+\})/);
  const pattern = pieces.map((piece) => {
    if (!piece.startsWith('{')) return piece.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    const name = names.take(piece.slice(1, -1).toLowerCase().replace(/[^a-z0-9_]/g, '_').replace(/^(?![a-z_])/, 'p')).replaceAll('-', '_');
    return `(?<${name.slice(0, 32)}>[^#?/]+)`;
  });
  return { pattern: `~${pattern.join('')}$`, isPlain: pieces.length === 1 };
}
