/**
 * Plugin contract v1. A plugin is one folder, shared/plugins/<name>/: schema.ts (what the control plane needs),
 * handler.ts (what runs on a data plane; imports only this file and its own folder), tests, README. It is listed in
 * catalog.ts (schemas) and registry.ts (handlers). Every later change of this contract is recorded in ARCHITECTURE.md.
 *
 * Life of a request as a plugin sees it, in call order. Plugins run by descending priority, ties by descending name:
 *   requestHead   after routing; may answer, authenticate the client, edit what goes upstream
 *   responseHead  after the upstream's (or our own) response head; may edit response headers
 *   log           after the last byte; may only read
 * An absent method costs one comparison.
 */
import type { Field, EntityCheck } from '../model/definition.ts';
import type { PartialTypeName } from './partial-types.ts';

export type PluginScope = 'global' | 'service' | 'route' | 'consumer' | 'consumer_group';
export type PluginProtocol = 'http' | 'https' | 'grpc' | 'grpcs';

/** The static half: catalogued by the control plane, checked at write time. */
export interface PluginSchema {
  readonly name: string;
  /** Semantic version of the plugin's behaviour and config. */
  readonly version: string;
  /** Higher runs earlier. */
  readonly priority: number;
  /** Where an instance may be attached. `global` means: to nothing in particular. */
  readonly scopes: readonly PluginScope[];
  readonly protocols: readonly PluginProtocol[];
  readonly description: string;
  /**
   * The fields of `config`: descriptions, limits, defaults; unknown fields are refused. A password, a client's secret, a key:
   * `{ …, type: { kind: 'string' }, secret: 'sealed', referenceable: true }`, text or a list of text, in `config` or records inside
   * it, without a default. It is then encrypted wherever it is stored or published, shown to nobody who may not reveal it, and given
   * to `create` in the clear: keep it out of errors, logs and headers. `referenceable` lets a `{vault://…}` stand in its place.
   */
  readonly config: readonly Field[];
  /** Rules over several config fields. They get the whole plugin entity, so paths start at `config.` (`atLeastOneOf(['config.minute', …])`). */
  readonly checks?: readonly EntityCheck[];
  /** Which partials an instance may have, and where in `config` they go; of several places for one type the first is the usual one. */
  readonly partials?: readonly PluginPartial[];
}

export interface PluginPartial {
  readonly type: PartialTypeName;
  /** From the entity, to a record: `config.redis`. It gets those values that it has fields for. */
  readonly path: string;
}

/** The dynamic half: builds one instance per plugin entity and configuration. */
export interface PluginFactory<Config> {
  readonly name: string;
  /**
   * Called in each proxy thread when the plugin entity is new or its bytes changed; configurations share the instance
   * until then. Throwing quarantines the entity (S6): what it was to protect answers 503. Must not block.
   */
  create(config: Config, services: PluginServices): PluginInstance;
}

export interface PluginInstance {
  /**
   * Present where the plugin needs the request body before `requestHead`: the proxy then collects at most
   * `maxBytes` first and hands it over as `context.body` (undefined where the body was larger).
   */
  readonly requestBody?: { readonly maxBytes: number };
  /** Undefined lets the request go on. */
  readonly requestHead?: (context: RequestContext) => Verdict | undefined;
  readonly responseHead?: (context: ResponseContext) => void;
  readonly log?: (context: LogContext) => void;
  /** Frees what `create` took. Called once, after the last request pinned to a configuration with the instance ended. */
  readonly close?: () => void;
}

/** An expected refusal or answer by a plugin: a value, never a throw. */
export interface Verdict {
  readonly kind: 'respond';
  readonly status: number;
  /** Sent as `{"message": …, "request_id": …}` in the format that Accept asks for, unless `body` is set. */
  readonly message?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** A complete body with its own Content-Type. */
  readonly body?: { readonly contentType: string; readonly bytes: Uint8Array };
}

/** The one parsed, immutable view of the request: routing, plugins, logging and forwarding all read this (R1). */
export interface RequestView {
  /** As sent, case kept: `GET`. */
  readonly method: string;
  /** The request target as received, byte for byte (latin1). */
  readonly target: string;
  /** Path in normal form (RFC 3986 §6.2.2, reserved characters kept encoded, dot segments removed, slashes merged), without query. */
  readonly path: string;
  /** What follows `?`, as received; '' where there is none. */
  readonly query: string;
  /** Host without port, lower case; '' where HTTP/1.0 sent none. */
  readonly host: string;
  /** Port in the Host header, else the listener's. */
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly httpVersion: '1.0' | '1.1' | '2';
  /** The client's address after `trusted_ips`; the peer's otherwise. */
  readonly clientAddress: string;
  /** Source port of the connection; 0 where `clientAddress` was taken from a header. */
  readonly clientPort: number;
  /** Where the connection was accepted. */
  readonly localAddress: string;
  readonly localPort: number;
  /** The name of the TLS handshake (SNI), lower case; undefined where there was none. */
  readonly serverName: string | undefined;
  /** Undefined where the client showed none. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** The first value of a header by lower-case name; undefined where absent. Latin1, surrounding white space removed. */
  header(lowerCaseName: string): string | undefined;
  /** All values, in order, one per header line. */
  headerValues(lowerCaseName: string): readonly string[];
  /** All values of a query argument, percent-decoded once, in order. */
  queryValues(name: string): readonly string[];
}

/** A certificate that a client showed in the TLS handshake. */
export interface ClientCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Subject alternative names as `DNS:a.example`, `URI:spiffe://…`, `email:…`, `IP Address:…`. */
  readonly alternativeNames: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** DER, the client's own certificate. */
  readonly der: Uint8Array;
  /** DER, the others of its chain in the order of issue: those that it sent, completed from the configured authorities. */
  readonly chain: readonly Uint8Array[];
  /** Ids of the `ca_certificates` it chains up to and that are configured for its connection; empty where it was not verified. */
  readonly verifiedBy: readonly string[];
}

export interface NamedRef {
  readonly id: string;
  readonly name: string | null;
}

export interface ConsumerRef {
  readonly id: string;
  readonly username: string | null;
  readonly customId: string | null;
}

export interface CredentialRef {
  readonly id: string;
  readonly consumerId: string;
}

/** What a plugin may look up in the configuration its request is pinned to. All are O(1). */
export interface ConfigLookup {
  consumerById(id: string): ConsumerRef | undefined;
  consumerByUsername(username: string): ConsumerRef | undefined;
  /** A credential by the keyed digest of what the client presented; the raw value exists nowhere on a data plane. */
  credentialBySecret(kind: 'keyauth_credentials', presented: string): CredentialRef | undefined;
  /** The acl groups of a consumer; the same frozen array for the life of the configuration. */
  groupsOf(consumerId: string): readonly string[];
}

export interface RequestContext {
  readonly request: RequestView;
  readonly config: ConfigLookup;
  readonly route: NamedRef;
  readonly service: NamedRef | undefined;
  /** Only with `requestBody`, and only where the body fitted. */
  readonly body: Uint8Array | undefined;
  /** 32 hex digits, also sent as X-Kong-Request-Id. */
  readonly requestId: string;
  /** The version of the configuration that the request is pinned to, for logs and telemetry: `epoch.sequence`, e.g. `1.42`. */
  readonly configVersion: string;
  readonly consumer: ConsumerRef | undefined;
  readonly credential: CredentialRef | undefined;
  /** Groups set by `setAuthenticatedGroups`; undefined where no plugin did. */
  readonly authenticatedGroups: readonly string[] | undefined;
  /**
   * Sets the client's identity: the X-Consumer-* and X-Credential-Identifier headers go upstream. Consumer-scoped plugins of lower
   * priority join the chain from here on. `credential` undefined means the anonymous consumer.
   */
  authenticate(consumer: ConsumerRef, credential: CredentialRef | undefined): void;
  /** Sets the groups that the client was found to be in, by something else than the acl entities (LDAP, a token's claim): X-Authenticated-Groups goes upstream. */
  setAuthenticatedGroups(groups: readonly string[]): void;
  /** Replaces any header of that name sent by the client. Throws on control characters (R2). */
  setUpstreamHeader(name: string, value: string): void;
  removeUpstreamHeader(name: string): void;
  /** Drops all arguments of that name from the query that goes upstream. */
  removeQueryArgument(name: string): void;
  /** Replaces the body that goes upstream; only with `requestBody`. */
  replaceBody(bytes: Uint8Array): void;
  /** Added to the response, whoever makes it. Throws on control characters. */
  setResponseHeader(name: string, value: string): void;
}

export interface ResponseContext extends Omit<RequestContext, 'authenticate' | 'setAuthenticatedGroups' | 'setUpstreamHeader' | 'removeUpstreamHeader' | 'removeQueryArgument' | 'replaceBody' | 'body'> {
  readonly status: number;
  /** True where the gateway made the response itself. */
  readonly generated: boolean;
  responseHeader(lowerCaseName: string): string | undefined;
  removeResponseHeader(name: string): void;
}

export interface LogContext extends Omit<ResponseContext, 'setResponseHeader' | 'removeResponseHeader'> {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly startedAtMs: number;
  readonly totalMs: number;
}

/** One fixed window that a request must fit in. */
export interface CounterWindow {
  /** Window length in milliseconds; windows start at multiples of it since the epoch unless `startMs` says otherwise. */
  readonly windowMs: number;
  /** Start of the current window, epoch milliseconds. */
  readonly startMs: number;
  readonly limit: number;
}

export type TakeResult =
  /** Counted in every window; `remaining` in the order of the windows. */
  | { readonly kind: 'taken'; readonly remaining: readonly number[] }
  /** Nothing was counted; `exceeded` are the indices of the windows that are full. */
  | { readonly kind: 'over'; readonly exceeded: readonly number[]; readonly remaining: readonly number[] }
  /** The table has no room even after dropping expired entries; nothing was counted. */
  | { readonly kind: 'full' };

/** A key that is used again and again: keep the object, and the table need not work out anew where it stands. */
export interface CounterKey {
  readonly text: string;
  /** The table's own; undefined at first. */
  known: object | undefined;
}

/** Counters shared by all proxy threads of the process. */
export interface CounterTable {
  /** Checks every window and counts in all of them, or in none: one atomic step over all threads. `key` identifies plugin and client. */
  take(key: string | CounterKey, windows: readonly CounterWindow[]): TakeResult;
}

export interface PluginServices {
  /** Id of the plugin entity this instance belongs to. */
  readonly pluginId: string;
  readonly clock: { nowMs(): number };
  readonly counters: CounterTable;
  /** Rate-limited by the host; never pass secrets. */
  readonly log: { warn(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void };
}
