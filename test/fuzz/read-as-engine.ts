/** Reads a stream of messages with the wire engine's parsers, in pieces, as a client's or an upstream's connection does. */
import { BodyReader } from '../../data-plane/http1/body-reader.ts';
import { parseRequestHead, parseResponseHead, type ParseResult } from '../../data-plane/http1/head-parser.ts';
import { RequestHead, ResponseHead } from '../../data-plane/http1/message-head.ts';
import type { MessageKind } from './generate-message.ts';
import { closesAfter, type Reading, type ReadMessage } from './reading.ts';

const LIMITS = { maxHeadBytes: 8_192, maxTargetBytes: 4_096 };
const MAX_LINES = 60;
const MAX_EXTRA_BYTES = 1_024;

/** `cuts`: ascending offsets where one read ends and the next begins. `ended`: the connection ends behind the stream. */
export function readAsEngine(stream: Buffer, kind: MessageKind, cuts: readonly number[]): Reading {
  const reader = new EngineReader(kind);
  for (const to of [...cuts, stream.length]) reader.read(stream, to);
  return reader.finish(stream.length);
}

class EngineReader {
  readonly #kind: MessageKind;
  readonly #request = new RequestHead(MAX_LINES);
  readonly #response = new ResponseHead(MAX_LINES);
  readonly #body = new BodyReader();
  readonly #messages: ReadMessage[] = [];
  #current: ReadMessage | undefined;
  /** A head has begun that is not complete. */
  #inHead = false;
  #skippedLine = false;
  #at = 0;
  #refused = '';
  #closed = false;

  constructor(kind: MessageKind) {
    this.#kind = kind;
  }

  /** What is before `to` has come. */
  read(stream: Buffer, to: number): void {
    while (this.#refused === '' && !this.#closed && this.#at < to) {
      if (this.#current !== undefined) this.#readBody(this.#current, stream, to);
      else if (!this.#readHead(stream, to)) return;
    }
  }

  finish(length: number): Reading {
    const current = this.#current;
    if (current !== undefined && this.#body.kind === 'close') {
      this.#messages.push(current);
      this.#current = undefined;
    }
    const outcome = this.#refused !== '' ? 'refused' : this.#current !== undefined || (this.#at < length && !this.#closed) ? 'incomplete' : 'clean';
    return { messages: this.#messages, outcome, why: this.#refused, begun: this.#current?.line ?? '' };
  }

  #readBody(message: ReadMessage, stream: Buffer, to: number): void {
    const behind = this.#body.read(stream, this.#at, to);
    if (behind === -1) {
      this.#refused = 'HTTP1_CHUNK_INVALID';
      return;
    }
    const { ranges } = this.#body;
    for (let index = 0; index < ranges.count; index++) message.body += stream.toString('latin1', ranges.start(index), ranges.end(index));
    this.#at = behind;
    if (this.#body.complete) this.#complete(message);
  }

  #readHead(stream: Buffer, to: number): boolean {
    const head = this.#kind === 'request' ? this.#request : this.#response;
    if (!this.#inHead) {
      if (this.#kind === 'request' && !this.#skippedLine && stream[this.#at] === 0x0d) {
        // As long as only the CR of an empty line has come, nothing is known.
        if (this.#at + 1 === to) return false;
        if (stream[this.#at + 1] === 0x0a) {
          this.#skippedLine = true;
          this.#at += 2;
          return true;
        }
      }
      head.begin(this.#at);
    }
    const result: ParseResult = this.#kind === 'request' ? parseRequestHead(this.#request, stream, to, LIMITS) : parseResponseHead(this.#response, stream, to, LIMITS.maxHeadBytes);
    this.#inHead = result === 'incomplete';
    if (this.#inHead) return false;
    if (result === 'refused') {
      this.#refused = head.fault?.code ?? 'unknown';
      return false;
    }
    this.#skippedLine = false;
    this.#at = head.end;
    this.#begin();
    return true;
  }

  #begin(): void {
    const isRequest = this.#kind === 'request';
    const head = isRequest ? this.#request : this.#response;
    const fields = Array.from({ length: head.fields.count }, (_, line): readonly [string, string] => [
      head.text(head.fields.lineStart(line), head.fields.nameEnd(line)).toLowerCase(),
      head.text(head.fields.valueStart(line), head.fields.valueEnd(line)),
    ]);
    const line = isRequest ? head.text(this.#request.start, this.#request.targetEnd) : String(this.#response.status);
    const message: ReadMessage = { line, minor: head.minor, fields, body: '' };
    this.#current = message;
    const hasNoBody = !isRequest && (this.#response.status < 200 || this.#response.status === 204 || this.#response.status === 304);
    if (hasNoBody) this.#body.beginNone();
    else if (head.chunked) this.#body.beginChunked(false, MAX_EXTRA_BYTES, false);
    else if (head.contentLength !== -1) this.#body.beginLength(head.contentLength);
    else if (isRequest) this.#body.beginNone();
    else this.#body.beginUntilClose();
    if (this.#body.complete) this.#complete(message);
  }

  #complete(message: ReadMessage): void {
    this.#messages.push(message);
    this.#current = undefined;
    // A connection to an upstream takes one response (after interim ones); what follows ends it.
    this.#closed = this.#kind === 'request' ? closesAfter(message) : !message.line.startsWith('1');
  }
}
