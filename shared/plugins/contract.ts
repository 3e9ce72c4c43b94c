/**
 * Plugin contract v2. A plugin is one folder, shared/plugins/<name>/: schema.ts (what the control plane needs),
 * handler.ts (what runs on a data plane; imports this file, its own folder, ../plugin-parts and libraries), tests, README. It is
 * listed in catalog.ts (schemas) and registry.ts (handlers). Every later change of this contract is recorded in ARCHITECTURE.md.
 *
 * Life of a request as a plugin sees it, in call order. Plugins run by descending priority, ties by descending name:
 *   certificate      in the TLS handshake, before there is a request; may ask for the client's certificate
 *   begin            after routing, before any plugin's requestHead; only looks, and chooses what is kept of the request
 *   requestHead      after routing; may answer, authenticate the client, edit what goes upstream
 *   upstreamRequest  after every plugin's requestHead, when it is known what goes upstream; may edit it or answer
 *   responseHead     after the upstream's (or our own) response head; may edit it, answer instead, ask for the body
 *   responseBody     with the whole body, where responseHead asked for it (`collectBody`)
 *   responseBytes    with each piece of the body as it passes, where responseHead asked for it (`observeBody`)
 *   log              after the last byte; may only read
 * Instead of those of a response: webSocketFrame, with each frame of a tunnel; stream, for a TCP or TLS connection on a stream route.
 * An absent phase costs one comparison. Bodies are only touched where a plugin asks for them. A phase may only wait where the
 * instance says `isAsync`.
 */
import type { Field, EntityCheck } from '../model/definition.ts';
import type { RecordOf } from '../model/entity-types.ts';
import type { AccessRecorder } from './access-recorder.ts';
import type { ConfigLookup, ConsumerRef, CredentialRef } from './config-lookup.ts';
import type { PartialTypeName } from './partial-types.ts';
import type { PluginServices } from './plugin-services.ts';

export type PluginScope = 'global' | 'service' | 'route' | 'consumer' | 'consumer_group';
/** `ws` and `wss` are WebSockets on routes for http and https; the last three are streams. */
export type PluginProtocol = 'http' | 'https' | 'grpc' | 'grpcs' | 'ws' | 'wss' | 'tcp' | 'tls' | 'tls_passthrough';

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
  /** What an instance has that does not say: all of them where absent. Those of a plugin that older data planes know stay as they are, because those quarantine a plugin for a protocol that is new to them. */
  readonly defaultProtocols?: readonly PluginProtocol[];
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

/** The config of a plugin, typed by its schema: `ConfigOf<typeof schema>`, where the schema is `as const`. */
export type ConfigOf<S extends PluginSchema> = RecordOf<S['config']>;

/** The dynamic half: builds one instance per plugin entity and configuration. */
export interface PluginFactory<Config> {
  readonly name: string;
  /**
   * Called in each proxy thread when the plugin entity is new or its bytes changed; configurations share the instance
   * until then. Throwing quarantines the entity (S6): what it was to protect answers 503. Must not block.
   */
  create(config: Config, services: PluginServices): PluginInstance;
}

/** `State` is what the plugin keeps of one request, from phase to phase. */
export interface PluginInstance<State = unknown> {
  /** `requestHead` and `upstreamRequest` may give a promise. Where the answer is at hand they should not: waiting costs a turn of the event loop. */
  readonly isAsync?: true;
  /** Makes the state of a request when the plugin's first phase comes; every phase of that request gets the same. */
  newState?(): State;
  /**
   * Present where the plugin needs the request body before `requestHead`: the proxy then collects at most
   * `maxBytes` first and hands it over as `context.body` (undefined where the body was larger).
   */
  readonly requestBody?: { readonly maxBytes: number };
  /** Whether a TLS client is asked for its certificate. Called for the plugins whose scope takes in a route that the server name can reach. */
  certificate?(context: CertificateContext): CertificateWish | undefined;
  /**
   * For what must see a request whoever answers it, as a trace does: of all plugins of the route before the first `requestHead`, by
   * priority. Not of one that joins the chain later, as that of a consumer. No client is known yet.
   */
  begin?(context: RequestContext, state: State): void;
  /** Undefined lets the request go on. */
  requestHead?(context: RequestContext, state: State): Answer;
  /** Likewise, after every plugin's `requestHead`. */
  upstreamRequest?(context: RequestContext, state: State): Answer;
  responseHead?(context: ResponseContext, state: State): void;
  responseBody?(context: ResponseBodyContext, state: State): void;
  /** `bytes` are valid during the call. After the last piece it is called once more with undefined if the body is complete; where it broke off, never. */
  responseBytes?(context: LogContext, bytes: Uint8Array | undefined, state: State): void;
  log?(context: LogContext, state: State): void;
  /** Headers and arguments, in lower case, in which the plugin takes credentials: no log shows what stands there. */
  readonly credentialNames?: readonly string[];
  /** Which requests become access records, and what of them is recorded. */
  readonly accessRecorder?: AccessRecorder;
  /** Each frame of a WebSocket, in both directions, whole and unmasked, up to `maxFrameBytes`; larger ones end the connection with 1009. */
  webSocketFrame?(context: RequestContext, frame: WebSocketFrame, state: State): FrameVerdict | undefined;
  /** Largest payload that `webSocketFrame` is given; 65,536 where absent. */
  readonly maxFrameBytes?: number;
  /** A connection on a stream route, before anything is sent upstream. */
  stream?(context: StreamContext): StreamVerdict | undefined;
  /** Frees what `create` took. Called once, after the last request pinned to a configuration with the instance ended. */
  close?(): void;
}

export type Answer = Verdict | undefined | Promise<Verdict | undefined>;

/** An expected refusal or answer by a plugin: a value, never a throw. One that is frozen and has a body is put together once, however often it is given. */
export interface Verdict {
  readonly kind: 'respond';
  readonly status: number;
  /** Sent as `{"message": …, "request_id": …}` in the format that Accept asks for, unless `body` is set. */
  readonly message?: string;
  /** One line each, also of one name. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** A complete body with its own Content-Type; undefined sends none. */
  readonly body?: { readonly contentType: string | undefined; readonly bytes: Uint8Array };
  /** An upstream's response that was kept: to the plugins that look at responses it is that, and no answer of the gateway's own. Given by `respondInstead`, their `responseHead` comes anew, over this one. */
  readonly stored?: true;
  /** The client has its answer, and the request goes upstream all the same, once, for the plugins that look at the response. Without a request body only. */
  readonly refresh?: true;
}

/** What a plugin wants of a TLS handshake. */
export interface CertificateWish {
  readonly kind: 'ask';
  /** Ids of the `ca_certificates` whose names are sent; all that are configured where empty. */
  readonly authorities: readonly string[];
}

export interface CertificateContext {
  /** The name that the client asks for (SNI), lower case; undefined where it asked for none. */
  readonly serverName: string | undefined;
  readonly config: ConfigLookup;
}

export interface WebSocketFrame {
  readonly from: 'client' | 'upstream';
  readonly kind: 'text' | 'binary' | 'continuation' | 'close' | 'ping' | 'pong';
  readonly isFinal: boolean;
  /** Unmasked. Of a text it is not checked that it is UTF-8; its pieces may end within a character. */
  readonly payload: Uint8Array;
}

export type FrameVerdict =
  | { readonly kind: 'drop' }
  | { readonly kind: 'replace'; readonly payload: Uint8Array }
  /** Ends the connection, to both sides, with this status (RFC 6455 §7.4: 1000–1003, 1007–1014, 3000–4999) and reason, of which 123 bytes are sent at most. */
  | { readonly kind: 'close'; readonly status: number; readonly reason: string };

export interface StreamContext {
  readonly protocol: 'tcp' | 'tls' | 'tls_passthrough';
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly serverName: string | undefined;
  readonly route: NamedRef;
  readonly service: NamedRef | undefined;
  readonly config: ConfigLookup;
}

/** Nothing is sent; the connection is closed. */
export interface StreamVerdict {
  readonly kind: 'refuse';
  /** For the log. */
  readonly reason: string;
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
  /** DER, the others of its chain in the order of issue: those that it sent, as far as Node tells of them, completed from the configured authorities. */
  readonly chain: readonly Uint8Array[];
  /** Ids of the `ca_certificates` it chains up to and that are configured for its connection; empty where it was not verified. */
  readonly verifiedBy: readonly string[];
}

export interface NamedRef {
  readonly id: string;
  readonly name: string | null;
}

/** What all phases of a request show. */
export interface ExchangeContext {
  readonly request: RequestView;
  readonly config: ConfigLookup;
  readonly route: NamedRef;
  readonly service: NamedRef | undefined;
  /** What the groups of the route's path pattern caught: numbers from 1 as text, and names. Undefined where it has none. */
  readonly uriCaptures: ReadonlyMap<string, string> | undefined;
  /** 32 hex digits, also sent as X-Kong-Request-Id. */
  readonly requestId: string;
  /** The version of the configuration that the request is pinned to, for logs and telemetry: `epoch.sequence`, e.g. `1.42`. */
  readonly configVersion: string;
  readonly consumer: ConsumerRef | undefined;
  readonly credential: CredentialRef | undefined;
  /** Of the trace that the request belongs to, as a plugin set it; 32 hex digits. */
  readonly traceId: string | undefined;
  /** Groups set by `setAuthenticatedGroups`; undefined where no plugin did. */
  readonly authenticatedGroups: readonly string[] | undefined;
}

export interface RequestTarget {
  readonly host?: string;
  readonly port?: number;
  readonly protocol?: 'http' | 'https';
  /** `host` is the name of an upstream entity, and nothing else. */
  readonly isUpstream?: boolean;
}

export interface RequestContext extends ExchangeContext {
  /** Only with `requestBody`, and only where the body fitted. */
  readonly body: Uint8Array | undefined;
  /**
   * Sets the client's identity: the X-Consumer-* and X-Credential-Identifier headers go upstream. Consumer-scoped plugins of lower
   * priority join the chain from here on; do it in `requestHead`, or theirs is past. `credential` undefined means the anonymous consumer; `consumer` undefined a client that
   * proved who it is and is no consumer of ours.
   */
  authenticate(consumer: ConsumerRef | undefined, credential: CredentialRef | undefined): void;
  /** Sets the groups that the client was found to be in, by something else than the acl entities (LDAP, a token's claim): X-Authenticated-Groups goes upstream, without those with a comma. */
  setAuthenticatedGroups(groups: readonly string[]): void;
  /** The values that go upstream under that name now, one per line: the client's, or what plugins made of them. */
  upstreamHeaderValues(lowerCaseName: string): readonly string[];
  /** Lower-case names of the headers that go upstream now, without those that the engine writes itself. */
  upstreamHeaderNames(): readonly string[];
  /** Replaces any header of that name. A list gives one line each. Throws on control characters (R2). */
  setUpstreamHeader(name: string, value: string | readonly string[]): void;
  removeUpstreamHeader(name: string): void;
  readonly upstreamMethod: string;
  /** A token (RFC 9110 §9.1). Throws for CONNECT and TRACE. */
  setUpstreamMethod(method: string): void;
  /** The path that goes upstream now, encoded, with the service's path in front; without query. */
  readonly upstreamPath: string;
  /** The whole path, encoded. Throws where it does not begin with `/` or holds `?`, `#`, blanks or control characters. */
  setUpstreamPath(path: string): void;
  /** The query that goes upstream now, without `?`. */
  readonly upstreamQuery: string;
  /** The whole query, encoded, without `?`. Throws on `#`, blanks and control characters. */
  setUpstreamQuery(query: string): void;
  /** Drops all arguments of that name from the query that goes upstream. */
  removeQueryArgument(name: string): void;
  /**
   * Sends the request there instead: the name of an upstream entity, or a host; of an upstream entity only with `isUpstream`. What is
   * undefined stays as it is. Throws where the upstream is quarantined, and with `isUpstream` where there is none of that name.
   */
  useTarget(target: RequestTarget): void;
  /** Whether the upstream entity of that name has a target that takes requests now, as this proxy thread knows. False where there is none of that name. */
  isUpstreamAvailable(name: string): boolean;
  /** Where it goes now, and with which Host, as one text for comparing; undefined where plugins left both as the service has them. */
  readonly upstreamTarget: string | undefined;
  /** Milliseconds. What is undefined stays the service's. */
  setTimeouts(timeouts: { readonly connectMs?: number; readonly writeMs?: number; readonly readMs?: number }): void;
  /** A body that turns out to be longer is answered by this, where the answer has not begun; the smallest of several limits counts. */
  limitRequestBody(maxBytes: number, verdict: Verdict): void;
  /** Replaces the body that goes upstream; only with `requestBody`. */
  replaceBody(bytes: Uint8Array): void;
  /** Added to the response, whoever makes it. Throws on control characters. */
  setResponseHeader(name: string, value: string): void;
  /** The times of the phases of this request are kept from here on, for `LogContext.phases`: from its arrival where it is called in `begin`. Costs some 0.1 µs for each plugin's phase. */
  timePhases(): void;
  /** The trace that the request belongs to, for other plugins' logs and for access records: 32 hex digits. */
  setTraceId(traceId: string): void;
}

export interface ResponseContext extends ExchangeContext {
  readonly status: number;
  /** True where the gateway made the response itself. */
  readonly generated: boolean;
  /** Of a response of the gateway's own: the text of its message, and its code where it is an error of the gateway's (ERRORS.md). */
  readonly message: string | undefined;
  readonly errorCode: string | undefined;
  /** The first value, as it is to be sent now. */
  responseHeader(lowerCaseName: string): string | undefined;
  responseHeaderValues(lowerCaseName: string): readonly string[];
  /** Name as received and value, one per line, as they are to be sent now, without those that the engine writes itself. */
  responseHeaders(): readonly (readonly [name: string, value: string])[];
  /** The same before plugins changed anything: what the upstream said, or the answer that is in its place. */
  receivedHeaders(): readonly (readonly [name: string, value: string])[];
  /** Replaces any header of that name. A list gives one line each. Throws on control characters. */
  setResponseHeader(name: string, value: string | readonly string[]): void;
  removeResponseHeader(name: string): void;
  /** Likewise. */
  readonly receivedStatus: number;
  /** Between 200 and 599. */
  setStatus(status: number): void;
  /** This instead of the response, which is thrown away. Plugins that come later see this one. */
  respondInstead(verdict: Verdict): void;
  /** The body is held back and handed to `responseBody`, if it has at most `maxBytes`; a longer one passes as it is, and `responseBody` is told so. */
  collectBody(maxBytes: number): void;
  /**
   * `responseBytes` is to be called: with what the client is sent or, of `received`, with what the upstream sent, which nobody sees who
   * is sent another plugin's answer instead.
   */
  observeBody(of?: 'sent' | 'received'): void;
}

export interface ResponseBodyContext extends ResponseContext {
  /** As the upstream sent it, without its transfer coding; its content coding stands in Content-Encoding. Undefined where it was longer than asked for. */
  readonly body: Uint8Array | undefined;
  /** Content-Length follows; Content-Encoding and ETag are the plugin's to put right. Throws where `body` is undefined. */
  replaceBody(bytes: Uint8Array): void;
}

export interface LogContext extends ExchangeContext {
  /** As sent; 0 where the client went away before. */
  readonly status: number;
  /** What the upstream said; undefined where nothing came from it. */
  readonly upstreamStatus: number | undefined;
  readonly generated: boolean;
  readonly errorCode: string | undefined;
  responseHeader(lowerCaseName: string): string | undefined;
  /** Name and value, one per line, as they were received. */
  requestHeaders(): readonly (readonly [name: string, value: string])[];
  /** Likewise, as they were sent. */
  responseHeaders(): readonly (readonly [name: string, value: string])[];
  /** Headers and arguments, in lower case, in which plugins of the route take credentials, besides those that everybody knows. */
  readonly credentialNames: readonly string[];
  /** Path and query as they went upstream; undefined where the request did not. */
  readonly upstreamUri: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly startedAtMs: number;
  readonly totalMs: number;
  /**
   * From the first wish for a connection (from sending, where one was open) to the head of the response or the last failure, with the pauses between
   * attempts, also where no connection came about; 0 where no attempt was made (`tries` is empty).
   */
  readonly upstreamMs: number;
  /** From the head of the request to the head of the response, without `upstreamMs`: what the gateway itself added. */
  readonly gatewayMs: number;
  /** Attempts at targets, in order. */
  readonly tries: readonly UpstreamTry[];
  readonly tls: { readonly version: string; readonly cipher: string } | undefined;
  /** When each part of the request's way began and ended; undefined where no plugin asked for it (`timePhases`). */
  readonly phases: readonly PhaseTime[] | undefined;
}

/** An attempt at one target. Times are milliseconds since the epoch with fractions. */
export interface UpstreamTry {
  /** Name of the upstream entity, or the service's host. */
  readonly upstream: string;
  /** As configured, `host:port`; empty where no target could be had. */
  readonly target: string;
  readonly address: string;
  readonly port: number;
  readonly startedAtMs: number;
  /** From the wish for a connection until there was one, milliseconds; 0 for one that was open. */
  readonly connectMs: number;
  /** Until the head of the response, or the failure. */
  readonly totalMs: number;
  /** Undefined where no response came. */
  readonly status: number | undefined;
  /** Why no response came: `connect`, `timeout`, `reset`, `invalid` (no HTTP), `no-connection` (all in use), `abandoned` (by the client or by us). */
  readonly failure: string | undefined;
}

/** Of the gateway's own work, without `plugin`, or of one plugin in a phase, with its name; a plugin that waits for something is timed until it has its answer. */
export interface PhaseTime {
  readonly name: 'routing' | 'begin' | 'requestHead' | 'upstreamRequest' | 'responseHead' | 'responseBody';
  readonly plugin?: string;
  /** Since the epoch, milliseconds with fractions. */
  readonly startMs: number;
  readonly endMs: number;
}
