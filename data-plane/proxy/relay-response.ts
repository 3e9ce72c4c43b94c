/**
 * The response on its way to the client: an upstream's head and body as they come, or an answer of our own. Called by the
 * life of the request (request-life.ts), which says when; this file knows how the body is delivered, when the upstream must
 * wait for a slow client (R5), and whether a head can still be taken back.
 */
import type { BodyReader } from '../http1/body-reader.ts';
import type { BodyDelivery } from '../http1/head-writer.ts';
import { DROPPED_FROM_RESPONSE } from '../http1/header-names.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import { MAX_UNSENT_BYTES } from '../http1/wire-socket.ts';
import type { UpstreamConnection } from '../upstreams/upstream-connection.ts';
import type { Exchange } from './exchange.ts';
import { refusalResponse, type GeneratedResponse } from './generated-response.ts';
import { upstreamHeader } from './plugin-contexts.ts';
import { REFUSALS } from './refusals.ts';
import { runResponseHead } from './run-plugins.ts';
import { collectHeaders, connectionLine, deliveryOf, generatedHeader, writeGenerated, writeInterimHead, writeUpstreamHead } from './write-response.ts';

export class ResponseRelay {
  readonly #exchange: Exchange;
  #delivery: BodyDelivery = 'none';
  #closes = false;
  /** The upstream that waits until the client has taken what is there. */
  #paused: UpstreamConnection | undefined;
  /** A response head stands in the outgoing bytes and was not sent yet. */
  #headPending = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** What the client was told about its connection. */
  get closes(): boolean {
    return this.#closes;
  }

  /** The end of the connection would look like the end of the body. */
  get endsWithConnection(): boolean {
    return this.#delivery === 'until-close';
  }

  /** `100 Continue` to a client that waits for it. */
  invite(): void {
    this.#exchange.core.out.clear();
    this.#exchange.core.out.text('HTTP/1.1 100 Continue\r\n\r\n');
    this.#sendToClient();
  }

  /** Interim responses are for clients that know them; the 100 is given by us. */
  interimHead(head: ResponseHead): void {
    if (this.#exchange.head.minor === 0 || head.status === 100) return;
    this.#exchange.core.out.clear();
    writeInterimHead(this.#exchange.core.out, head);
    this.#sendToClient();
  }

  /** The response's head is put together here and sent with the first bytes of its body. False where a plugin failed over it. */
  responseHead(head: ResponseHead, keepsAlive: boolean): boolean {
    const exchange = this.#exchange;
    exchange.respondedAtMs = exchange.core.clock.monotonicMs();
    if (!runResponseHead(exchange, head.status, false, upstreamHeader(head, DROPPED_FROM_RESPONSE))) return false;
    exchange.status = head.status;
    this.#delivery = deliveryOf(exchange, head);
    // Of a body that nobody waits for any more the client should hear now, not from a connection that closes on it.
    this.#closes = !keepsAlive || this.#delivery === 'until-close' || !exchange.body.complete;
    exchange.core.out.clear();
    writeUpstreamHead(exchange, head, this.#delivery, this.#closes);
    this.#headPending = true;
    return true;
  }

  /** What a read brought of the body; `upstream` is told to wait where the client does not take it. */
  responseBytes(upstream: UpstreamConnection, buffer: Buffer, body: BodyReader): void {
    const { client, core } = this.#exchange;
    if (this.#delivery === 'in-chunks') this.#writeChunk(buffer, body);
    else if (this.#delivery !== 'none') {
      for (let index = 0; index < body.ranges.count; index++) core.out.bytes(buffer, body.ranges.start(index), body.ranges.end(index));
    }
    this.#headPending = false;
    this.#sendToClient();
    if (!body.complete && client.unsentBytes > MAX_UNSENT_BYTES) {
      this.#paused = upstream;
      upstream.pause();
    }
  }

  #writeChunk(buffer: Buffer, body: BodyReader): void {
    const { out } = this.#exchange.core;
    for (let index = 0; index < body.ranges.count; index++) {
      const start = body.ranges.start(index);
      const end = body.ranges.end(index);
      out.text(`${(end - start).toString(16)}\r\n`);
      out.bytes(buffer, start, end);
      out.text('\r\n');
    }
    if (body.complete) out.text('0\r\n\r\n');
  }

  clientFlushed(): void {
    const upstream = this.#paused;
    this.#paused = undefined;
    upstream?.resume();
  }

  /** The first bytes of the body turned out to be wrong before the head was sent: there is still time for a proper answer. */
  takeBackHead(): void {
    if (!this.#headPending) return;
    this.#headPending = false;
    this.#exchange.core.out.clear();
    this.#exchange.status = 0;
  }

  /** An answer of our own, whole; a plugin that fails over it changes it to a refusal. */
  generated(response: GeneratedResponse, keepsAlive: boolean): void {
    const exchange = this.#exchange;
    const { core, requestId } = exchange;
    exchange.generated = true;
    let answer = response;
    if (!runResponseHead(exchange, response.status, true, generatedHeader(response))) {
      exchange.responseEdits = undefined;
      core.counters.countRefusal(REFUSALS.pluginFailed.code);
      answer = refusalResponse(REFUSALS.pluginFailed, exchange.request.header('accept'), requestId);
    }
    exchange.status = answer.status;
    this.#closes = !keepsAlive || !exchange.body.complete;
    core.out.clear();
    const lines = writeGenerated(core.out, answer, {
      product: core.product,
      date: core.date.now(),
      requestId,
      latencyMs: exchange.latencyMs(core.clock.monotonicMs()),
      isHead: exchange.isHead,
      connection: connectionLine(exchange.head.minor, this.#closes),
      edits: exchange.responseEdits,
    });
    if (exchange.chain.log.length > 0) exchange.sentHeaders = collectHeaders(lines);
    this.#sendToClient();
  }

  #sendToClient(): void {
    const { core, client } = this.#exchange;
    this.#exchange.bytesOut += core.out.length;
    client.sendOutgoing();
  }
}
