/**
 * What plugins see and may do, per phase (contract v1). Thin views of the exchange; run-plugins.ts hands them out. After
 * the request ended they show what was known then and change nothing.
 */
import type { ConfigLookup, ConsumerRef, CredentialRef } from '../../shared/plugins/config-lookup.ts';
import type { LogContext, NamedRef, PluginInstance, RequestContext, RequestView, ResponseContext } from '../../shared/plugins/contract.ts';
import { defined } from '../../shared/assert.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { HEADER } from '../http1/header-names.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { Exchange } from './exchange.ts';
import { type HeaderEdits, utf8Text } from './header-edits.ts';

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/;

/** What all three phases have in common. */
class SharedContext {
  protected readonly exchange: Exchange;
  readonly request: RequestView;
  readonly requestId: string;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.request = exchange.request;
    this.requestId = exchange.requestId;
  }

  get config(): ConfigLookup {
    return defined(this.exchange.pinned, 'pinned configuration').config;
  }

  get configVersion(): string {
    return formatVersion(defined(this.exchange.pinned, 'pinned configuration').config.version);
  }

  get route(): NamedRef {
    return defined(this.exchange.route, 'matched route');
  }

  get service(): NamedRef | undefined {
    return this.exchange.service;
  }

  get consumer(): ConsumerRef | undefined {
    return this.exchange.consumer;
  }

  get credential(): CredentialRef | undefined {
    return this.exchange.credential;
  }

  get authenticatedGroups(): readonly string[] | undefined {
    return this.exchange.authenticatedGroups;
  }
}

export class RequestPluginContext extends SharedContext implements RequestContext {
  /** Whose turn it is: decides what `body` shows. */
  current: PluginInstance | undefined;

  get body(): Uint8Array | undefined {
    const body = this.exchange.replacedBody ?? this.exchange.collectedBody;
    const wanted = this.current?.requestBody;
    return wanted !== undefined && body !== undefined && body.length <= wanted.maxBytes ? body : undefined;
  }

  authenticate(consumer: ConsumerRef, credential: CredentialRef | undefined): void {
    const { exchange } = this;
    exchange.consumer = consumer;
    exchange.credential = credential;
    const edits = exchange.editUpstream();
    setOrRemove(edits, 'X-Consumer-ID', consumer.id);
    setOrRemove(edits, 'X-Consumer-Custom-ID', consumer.customId);
    setOrRemove(edits, 'X-Consumer-Username', consumer.username);
    setOrRemove(edits, 'X-Credential-Identifier', credential?.id ?? null);
    setOrRemove(edits, 'X-Anonymous-Consumer', credential === undefined ? 'true' : null);
    // Same inputs, same object: the chain only changes where the consumer has plugins of its own.
    exchange.chain = defined(exchange.route, 'matched route').chainFor(consumer.id);
  }

  setAuthenticatedGroups(groups: readonly string[]): void {
    const { exchange } = this;
    setOrRemove(exchange.editUpstream(), 'X-Authenticated-Groups', groups.length === 0 ? null : groups.join(', '));
    exchange.authenticatedGroups = Object.freeze([...groups]);
  }

  setUpstreamHeader(name: string, value: string): void {
    if (name.toLowerCase() === 'host' && !HOST.test(value)) {
      throw new HoldfastError({
        code: 'PLUGIN_HOST_INVALID',
        source: 'gateway',
        publicMessage: 'a plugin set a Host that is not valid',
        message: `${JSON.stringify(value)} can't be the Host of a request; use a host name or address, with :port if needed`,
      });
    }
    this.exchange.editUpstream().set(name, value);
  }

  removeUpstreamHeader(name: string): void {
    this.exchange.editUpstream().remove(name);
  }

  removeQueryArgument(name: string): void {
    (this.exchange.removedArguments ??= new Set()).add(name);
  }

  replaceBody(bytes: Uint8Array): void {
    if (this.body === undefined) {
      throw new HoldfastError({
        code: 'PLUGIN_BODY_NOT_COLLECTED',
        source: 'gateway',
        publicMessage: 'a plugin replaced a body that it does not have',
        message: 'replaceBody needs a body in context.body: declare requestBody, and leave requests alone whose body was larger',
      });
    }
    this.exchange.replacedBody = Buffer.from(bytes);
  }

  setResponseHeader(name: string, value: string): void {
    this.exchange.editResponse().set(name, value);
  }
}

/** Looks a header of the response up; undefined where absent. */
export type HeaderSource = (lowerCaseName: string) => string | undefined;

export class ResponsePluginContext extends SharedContext implements ResponseContext {
  readonly status: number;
  readonly generated: boolean;
  #source: HeaderSource;

  constructor(exchange: Exchange, status: number, generated: boolean, source: HeaderSource) {
    super(exchange);
    this.status = status;
    this.generated = generated;
    this.#source = source;
  }

  responseHeader(lowerCaseName: string): string | undefined {
    const edits = this.exchange.responseEdits;
    return edits?.touches(lowerCaseName) === true ? edits.value(lowerCaseName) : this.#source(lowerCaseName);
  }

  setResponseHeader(name: string, value: string): void {
    this.exchange.editResponse().set(name, value);
  }

  removeResponseHeader(name: string): void {
    this.exchange.editResponse().remove(name);
  }

  /** The head's bytes are only there during the phase. */
  close(): void {
    this.#source = () => undefined;
  }
}

export class LogPluginContext extends SharedContext implements LogContext {
  readonly status: number;
  readonly generated: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly startedAtMs: number;
  readonly totalMs: number;

  constructor(exchange: Exchange, totalMs: number) {
    super(exchange);
    this.status = exchange.status;
    this.generated = exchange.generated;
    this.bytesIn = exchange.bytesIn;
    this.bytesOut = exchange.bytesOut;
    this.startedAtMs = exchange.core.clock.nowMs() - totalMs;
    this.totalMs = totalMs;
  }

  responseHeader(lowerCaseName: string): string | undefined {
    return this.exchange.sentHeaders?.get(lowerCaseName);
  }
}

/** The first value of a header that comes from an upstream and reaches the client. */
export function upstreamHeader(head: ResponseHead, droppedMask: number): HeaderSource {
  return (lowerCaseName) => {
    const line = head.fields.find(head.buffer, lowerCaseName, 0);
    const isSent = line !== -1 && head.fields.classOf(line) !== HEADER.REMOVED && ((droppedMask >> head.fields.classOf(line)) & 1) === 0;
    return isSent ? head.text(head.fields.valueStart(line), head.fields.valueEnd(line)) : undefined;
  };
}

function setOrRemove(edits: HeaderEdits, name: string, value: string | null): void {
  if (value === null) edits.remove(name);
  else edits.set(name, utf8Text(value));
}
