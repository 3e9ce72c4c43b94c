/**
 * What spans, log records and metrics say of a request, by OpenTelemetry's semantic conventions for HTTP servers and with our own
 * `holdfast.*`. What many requests share is encoded once. Used by span-encoder.ts, log-encoder.ts and request-metrics.ts. Values
 * that may hold secrets (the query, headers but User-Agent) are not among them.
 */
import type { LogContext, NamedRef } from '../contract.ts';
import { attributeKey, written, type ProtobufWriter } from '../../plugin-parts/protobuf-writer.ts';

export const KEY = {
  method: attributeKey('http.request.method'),
  originalMethod: attributeKey('http.request.method_original'),
  status: attributeKey('http.response.status_code'),
  route: attributeKey('http.route'),
  resendCount: attributeKey('http.request.resend_count'),
  path: attributeKey('url.path'),
  scheme: attributeKey('url.scheme'),
  serverAddress: attributeKey('server.address'),
  serverPort: attributeKey('server.port'),
  clientAddress: attributeKey('client.address'),
  peerAddress: attributeKey('network.peer.address'),
  peerPort: attributeKey('network.peer.port'),
  protocolVersion: attributeKey('network.protocol.version'),
  userAgent: attributeKey('user_agent.original'),
  tlsVersion: attributeKey('tls.protocol.version'),
  errorType: attributeKey('error.type'),
  requestId: attributeKey('holdfast.request_id'),
  configVersion: attributeKey('holdfast.config_version'),
  routeId: attributeKey('holdfast.route.id'),
  routeName: attributeKey('holdfast.route.name'),
  serviceId: attributeKey('holdfast.service.id'),
  serviceName: attributeKey('holdfast.service.name'),
  consumerId: attributeKey('holdfast.consumer.id'),
  upstream: attributeKey('holdfast.upstream'),
  target: attributeKey('holdfast.target'),
  phase: attributeKey('holdfast.phase'),
  plugin: attributeKey('holdfast.plugin'),
  durationMs: attributeKey('holdfast.duration_ms'),
  gatewayMs: attributeKey('holdfast.gateway_ms'),
  bytesIn: attributeKey('holdfast.bytes_in'),
  bytesOut: attributeKey('holdfast.bytes_out'),
} as const;

const KNOWN_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The convention's word for methods that clients make up. */
export function knownMethod(method: string): string {
  return KNOWN_METHODS.has(method) ? method : '_OTHER';
}

/** What groups requests of one kind: the route's name, which an operator chose, or its id. */
export function routeLabel({ name, id }: NamedRef): string {
  return name ?? id;
}

/** Undefined where nothing went wrong on the gateway's side of it. */
export function errorTypeOf({ status, errorCode }: LogContext): string | undefined {
  if (errorCode !== undefined && (status >= 500 || status === 0)) return errorCode;
  if (status === 0) return 'client_gone';
  return status >= 500 ? String(status) : undefined;
}

interface PlaceBytes {
  readonly service: NamedRef | undefined;
  readonly bytes: Uint8Array;
}

/** Attributes under one tag: that of the message in which they stand. */
export class RequestAttributes {
  readonly #tag: number;
  /** By route, of the service that its last request went to: routes are objects that live as long as their configuration. */
  readonly #places = new WeakMap<NamedRef, PlaceBytes>();
  readonly #byMethod = new Map<string, Uint8Array>();
  readonly #byStatus = new Map<number, Uint8Array>();
  readonly #byProtocol = new Map<string, Uint8Array>();
  #version = '';
  #versionBytes: Uint8Array = new Uint8Array(0);

  constructor(tag: number) {
    this.#tag = tag;
  }

  /** Up to some 20 KiB. */
  write(writer: ProtobufWriter, context: LogContext): void {
    const { request, status } = context;
    writer.raw(this.#placeOf(context));
    this.method(writer, request.method);
    writer.raw(this.#protocolOf(request.scheme, request.httpVersion));
    if (status !== 0) this.status(writer, status);
    writer.raw(this.#versionOf(context.configVersion));
    this.text(writer, KEY.path, request.path);
    if (request.host !== '') this.text(writer, KEY.serverAddress, request.host);
    writer.integerAttribute(this.#tag, KEY.serverPort, request.port);
    this.text(writer, KEY.clientAddress, request.clientAddress);
    const userAgent = request.header('user-agent');
    if (userAgent !== undefined) this.text(writer, KEY.userAgent, userAgent);
    this.text(writer, KEY.requestId, context.requestId);
    if (context.consumer !== undefined) this.text(writer, KEY.consumerId, context.consumer.id);
    if (context.tls !== undefined) this.text(writer, KEY.tlsVersion, context.tls.version);
    const errorType = errorTypeOf(context);
    if (errorType !== undefined) this.text(writer, KEY.errorType, errorType);
  }

  text(writer: ProtobufWriter, key: Uint8Array, value: string): void {
    writer.textAttribute(this.#tag, key, value);
  }

  integer(writer: ProtobufWriter, key: Uint8Array, value: number): void {
    writer.integerAttribute(this.#tag, key, value);
  }

  status(writer: ProtobufWriter, status: number): void {
    writer.raw(kept(this.#byStatus, status, () => written((one) => one.integerAttribute(this.#tag, KEY.status, status))));
  }

  method(writer: ProtobufWriter, method: string): void {
    const known = knownMethod(method);
    writer.raw(kept(this.#byMethod, known, () => written((one) => one.textAttribute(this.#tag, KEY.method, known))));
    if (known !== method) this.text(writer, KEY.originalMethod, method);
  }

  #placeOf({ route, service }: LogContext): Uint8Array {
    const known = this.#places.get(route);
    if (known !== undefined && known.service === service) return known.bytes;
    const bytes = written((writer) => {
      this.text(writer, KEY.route, routeLabel(route));
      this.text(writer, KEY.routeId, route.id);
      if (route.name !== null) this.text(writer, KEY.routeName, route.name);
      if (service === undefined) return;
      this.text(writer, KEY.serviceId, service.id);
      if (service.name !== null) this.text(writer, KEY.serviceName, service.name);
    });
    this.#places.set(route, { service, bytes });
    return bytes;
  }

  #protocolOf(scheme: string, version: string): Uint8Array {
    return kept(this.#byProtocol, scheme === 'https' ? version : `plain ${version}`, () => written((writer) => {
      this.text(writer, KEY.scheme, scheme);
      this.text(writer, KEY.protocolVersion, version);
    }));
  }

  #versionOf(version: string): Uint8Array {
    if (version !== this.#version) {
      this.#versionBytes = written((writer) => this.text(writer, KEY.configVersion, version));
      this.#version = version;
    }
    return this.#versionBytes;
  }
}

/** Of few keys: methods, statuses, names of phases. */
export function kept<Key>(map: Map<Key, Uint8Array>, key: Key, make: () => Uint8Array): Uint8Array {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
