/**
 * What plugins see and may do of a response, an upstream's or our own: its head, and its body where they asked for that. Views of
 * what is to be sent, with the edits so far; run-response-plugins.ts hands them out. Their effects end with the response.
 */
import type { ResponseBodyContext, Verdict } from '../../shared/plugins/contract.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { ChainEntry } from '../config/active-config.ts';
import { DROPPED_FROM_RESPONSE, FRAMING, HEADER } from '../http1/header-names.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { Exchange } from './exchange.ts';
import { verdictResponse, type GeneratedResponse } from './generated-response.ts';
import { SharedContext } from './plugin-contexts.ts';
import { invalid } from './request-edits.ts';

type HeaderLine = readonly [name: string, value: string];

/** A response before plugins changed it. */
export interface ResponseSource {
  readonly status: number;
  /** Lines that reach the client, without those that the engine writes itself. */
  lines(): readonly HeaderLine[];
  /** All values of one header. */
  values(lowerCaseName: string): readonly string[];
}

/** What stands between a body and the head that was there for another. */
const OF_THE_BODY = ['content-type', 'content-encoding', 'content-language', 'content-range', 'content-location', 'etag', 'last-modified', 'accept-ranges'];

export interface BodyWish {
  readonly entry: ChainEntry;
  readonly maxBytes: number;
}

export class ResponsePluginContext extends SharedContext implements ResponseBodyContext {
  /** Who waits for the body, and who looks at it. */
  collectors: BodyWish[] | undefined;
  observers: ChainEntry[] | undefined;
  /** Likewise, at the upstream's, whatever becomes of it. */
  receivers: ChainEntry[] | undefined;
  /** The gateway's own response; undefined while it is the upstream's. */
  own: GeneratedResponse | undefined;
  /** Whose turn it is. */
  current: ChainEntry | undefined;
  /** The whole body, during `responseBody`. */
  whole: Buffer | undefined;
  /** Most of it that the plugin whose turn it is may see. */
  mostBytes = 0;
  /** Nothing more can be asked of the body. */
  isBodyPhase = false;
  #source: ResponseSource;
  #status: number;

  constructor(exchange: Exchange, source: ResponseSource, own: GeneratedResponse | undefined) {
    super(exchange);
    this.#source = source;
    this.#status = source.status;
    this.own = own;
  }

  get status(): number {
    return this.#status;
  }

  get generated(): boolean {
    return this.own !== undefined && this.own.isStored !== true;
  }

  get message(): string | undefined {
    return this.own?.message;
  }

  get errorCode(): string | undefined {
    return this.own?.code;
  }

  responseHeader(lowerCaseName: string): string | undefined {
    const edits = this.exchange.responseEdits;
    return edits?.touches(lowerCaseName) === true ? edits.value(lowerCaseName) : this.#source.values(lowerCaseName)[0];
  }

  responseHeaderValues(lowerCaseName: string): readonly string[] {
    const edits = this.exchange.responseEdits;
    return edits?.touches(lowerCaseName) === true ? edits.values(lowerCaseName) : this.#source.values(lowerCaseName);
  }

  responseHeaders(): readonly HeaderLine[] {
    const edits = this.exchange.responseEdits;
    const lines = this.#source.lines();
    return edits === undefined ? lines : [...lines.filter(([name]) => !edits.touches(name.toLowerCase())), ...edits.pairs()];
  }

  receivedHeaders(): readonly HeaderLine[] {
    return this.#source.lines();
  }

  get receivedStatus(): number {
    return this.#source.status;
  }

  setResponseHeader(name: string, value: string | readonly string[]): void {
    this.exchange.editResponse().set(name, value);
  }

  removeResponseHeader(name: string): void {
    this.exchange.editResponse().remove(name);
  }

  setStatus(status: number): void {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw invalid(`${status} can't be the status of a response; use 200 to 599`);
    this.#status = status;
  }

  /** What plugins set so far stays, but for what the new response says itself and what was said of the old one's body. */
  respondInstead(verdict: Verdict): void {
    const { exchange } = this;
    const own = verdictResponse(verdict, exchange.request.header('accept'), exchange.requestId);
    this.forgetBody();
    for (const name of own.headers?.names() ?? []) exchange.responseEdits?.forget(name);
    this.own = own;
    this.#source = generatedSource(own);
    this.#status = own.status;
    if (this.whole !== undefined) this.whole = own.body;
  }

  /** What plugins said of the body counts no more: another stands in its place. */
  forgetBody(): void {
    for (const name of OF_THE_BODY) this.exchange.responseEdits?.forget(name);
  }

  collectBody(maxBytes: number): void {
    if (Number.isNaN(maxBytes) || maxBytes < 0) throw invalid(`${maxBytes} is no bound for a body; use a number of bytes from 0`);
    const entry = this.current;
    if (entry === undefined || this.isBodyPhase) return;
    const others = this.collectors?.filter((wish) => wish.entry !== entry) ?? [];
    const before = this.collectors?.find((wish) => wish.entry === entry)?.maxBytes ?? 0;
    this.collectors = [...others, { entry, maxBytes: Math.max(before, maxBytes) }];
  }

  observeBody(of: 'sent' | 'received' = 'sent'): void {
    if (this.current === undefined) return;
    const watching = of === 'sent' ? (this.observers ??= []) : (this.receivers ??= []);
    if (!watching.includes(this.current)) watching.push(this.current);
  }

  get body(): Uint8Array | undefined {
    return this.whole !== undefined && this.whole.length <= this.mostBytes ? this.whole : undefined;
  }

  replaceBody(bytes: Uint8Array): void {
    if (this.body === undefined) {
      throw new HoldfastError({
        code: 'PLUGIN_BODY_NOT_COLLECTED',
        source: 'gateway',
        publicMessage: 'a plugin replaced a body that it does not have',
        message: 'replaceBody needs a body in context.body: call collectBody in responseHead, and leave responses alone whose body was larger',
      });
    }
    this.whole = Buffer.from(bytes);
  }

  /** The head's bytes are only there until it is sent. */
  close(): void {
    this.#source = NOTHING;
    this.current = undefined;
    this.whole = undefined;
  }
}

const NOTHING: ResponseSource = { status: 0, lines: () => [], values: () => [] };

/** The head of an upstream's response, as far as it reaches the client. */
export class UpstreamSource implements ResponseSource {
  readonly #head: ResponseHead;

  constructor(head: ResponseHead) {
    this.#head = head;
  }

  get status(): number {
    return this.#head.status;
  }

  lines(): readonly HeaderLine[] {
    const { fields } = this.#head;
    const lines: HeaderLine[] = [];
    for (let line = 0; line < fields.count; line++) {
      if (this.#isSent(line)) lines.push([this.#head.text(fields.lineStart(line), fields.nameEnd(line)), this.#value(line)]);
    }
    return lines;
  }

  /** Content-Length is the upstream's, where it said one. */
  values(lowerCaseName: string): readonly string[] {
    const { fields, buffer, contentLength } = this.#head;
    if (lowerCaseName === 'content-length') return contentLength === -1 ? [] : [String(contentLength)];
    const values: string[] = [];
    for (let line = fields.find(buffer, lowerCaseName, 0); line !== -1; line = fields.find(buffer, lowerCaseName, line + 1)) {
      if (this.#isSent(line)) values.push(this.#value(line));
    }
    return values;
  }

  #value(line: number): string {
    const { fields } = this.#head;
    return this.#head.text(fields.valueStart(line), fields.valueEnd(line));
  }

  #isSent(line: number): boolean {
    const headerClass = this.#head.fields.classOf(line);
    return headerClass !== HEADER.REMOVED && (((DROPPED_FROM_RESPONSE | FRAMING) >> headerClass) & 1) === 0;
  }
}

/** What a generated answer says before plugins look at it. */
export function generatedSource(response: GeneratedResponse): ResponseSource {
  const values = (lowerCaseName: string): readonly string[] => {
    if (response.headers?.touches(lowerCaseName) === true) return response.headers.values(lowerCaseName);
    if (lowerCaseName === 'content-type') return response.contentType === undefined ? [] : [response.contentType];
    return lowerCaseName === 'content-length' ? [String(response.body.length)] : [];
  };
  const lines = (): readonly HeaderLine[] => [...(response.contentType === undefined || response.headers?.touches('content-type') === true ? [] : [['Content-Type', response.contentType] as const]), ...(response.headers?.pairs() ?? [])];
  return { status: response.status, lines, values };
}
