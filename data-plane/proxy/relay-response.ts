/**
 * The response on its way to the client: an upstream's head, body and trailers as they come, or an answer of our own. Called by
 * the life of the request (request-life.ts), which says when; this file knows how the body is delivered, when the upstream
 * must wait for a slow client (R5), and whether a head can still be taken back.
 */
import type { BodyReader } from '../http1/body-reader.ts';
import type { BodyDelivery } from '../http1/head-writer.ts';
import { DROPPED_FROM_RESPONSE } from '../http1/header-names.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import { MAX_UNSENT_BYTES } from '../http1/wire-socket.ts';
import { isGrpcType } from '../http2/field-text.ts';
import type { UpstreamConnection } from '../upstreams/upstream-connection.ts';
import { ResponseCompressor } from './compress-response.ts';
import { planCompression, type CompressionPlan } from './compression-choice.ts';
import type { Exchange } from './exchange.ts';
import { refusalResponse, type GeneratedResponse } from './generated-response.ts';
import { asGrpcAnswer } from './grpc-answer.ts';
import { upstreamHeader } from './plugin-contexts.ts';
import { REFUSALS } from './refusals.ts';
import { runResponseHead } from './run-plugins.ts';
import { trailerLines, trailersPass } from './trailers.ts';
import type { UpgradeRequest } from './upgrade.ts';
import { collectHeaders, configVersionLine, connectionLine, deliveryOf, generatedHeader, writeGenerated, writeInterimHead, writeUpstreamHead } from './write-response.ts';

/** What the relay tells the life of the request later than in the call that led to it. */
export interface RelayEvents {
  /** All of a response that was still under way when its upstream had ended is with the client's connection. */
  delivered(): void;
  /** The response can't be completed. */
  deliveryFailed(thrown: unknown): void;
}

export class ResponseRelay {
  readonly #exchange: Exchange;
  readonly #events: RelayEvents;
  #delivery: BodyDelivery = 'none';
  #closes = false;
  /** The upstream that waits until the client has taken what is there. */
  #paused: UpstreamConnection | undefined;
  /** A response head stands in the outgoing bytes and was not sent yet. */
  #headPending = false;
  #plan: CompressionPlan | undefined;
  #compressor: ResponseCompressor | undefined;
  /** Lines that go out when the compressor has ended. */
  #trailers = '';
  /** A compressor still has bytes of a response whose upstream has ended. */
  #isDelivering = false;

  constructor(exchange: Exchange, events: RelayEvents) {
    this.#exchange = exchange;
    this.#events = events;
  }

  /** What the client was told about its connection. */
  get closes(): boolean {
    return this.#closes;
  }

  /** False once the upstream's response is complete while the client's is not; `delivered` follows. */
  get isDelivered(): boolean {
    return !this.#isDelivering;
  }

  /** The end of the connection would look like the end of the body. */
  get endsWithConnection(): boolean {
    return this.#delivery === 'until-close';
  }

  /** A chunked body is wanted with its framing; else as data. */
  get keepsChunks(): boolean {
    return this.#delivery === 'as-is';
  }

  get keepsTrailers(): boolean {
    return (this.#delivery === 'as-is' || this.#compressor !== undefined) && trailersPass(this.#exchange);
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

  /** 101: from here on the connection is a tunnel. False where a plugin failed over it. */
  switchingHead(head: ResponseHead, upgrade: UpgradeRequest): boolean {
    if (!this.#runPlugins(head)) return false;
    writeUpstreamHead(this.#exchange, head, 'none', `Connection: Upgrade\r\nUpgrade: ${upgrade.protocol}\r\n`, undefined);
    this.#sendToClient();
    return true;
  }

  /** The response's head is put together here and sent with the first bytes of its body. False where a plugin failed over it. */
  responseHead(head: ResponseHead, keepsAlive: boolean): boolean {
    const exchange = this.#exchange;
    if (!this.#runPlugins(head)) return false;
    this.#delivery = deliveryOf(exchange, head);
    if (exchange.core.messages.compression !== undefined) this.#plan = planCompression(exchange, exchange.core.messages.compression, head, this.#delivery);
    const coding = this.#plan?.coding;
    if (coding !== undefined) this.#delivery = 'in-chunks';
    // Of a body that nobody waits for any more the client should hear now, not from a connection that closes on it.
    this.#closes = !keepsAlive || this.#delivery === 'until-close' || !exchange.body.complete;
    writeUpstreamHead(exchange, head, this.#delivery, connectionLine(exchange.head.minor, this.#closes), this.#plan);
    if (coding === undefined) this.#headPending = true;
    else {
      this.#compressor = new ResponseCompressor(coding, exchange.core.messages.compression?.levels[coding] ?? 1, this.#plan?.flushesPieces === true, this.#compressorEvents());
      exchange.core.counters.compressing += 1;
      this.#sendToClient();
    }
    return true;
  }

  #runPlugins(head: ResponseHead): boolean {
    const exchange = this.#exchange;
    exchange.respondedAtMs = exchange.core.clock.monotonicMs();
    if (!runResponseHead(exchange, head.status, false, upstreamHeader(head, DROPPED_FROM_RESPONSE))) return false;
    exchange.status = head.status;
    exchange.core.out.clear();
    return true;
  }

  /** What a read brought of the body; `upstream` is told to wait where the client does not take it. */
  responseBytes(upstream: UpstreamConnection, buffer: Buffer, body: BodyReader): void {
    if (this.#compressor !== undefined) return this.#compress(this.#compressor, upstream, buffer, body);
    const { core } = this.#exchange;
    if (this.#delivery === 'in-chunks') {
      for (let index = 0; index < body.ranges.count; index++) this.#writeChunk(buffer, body.ranges.start(index), body.ranges.end(index));
      if (body.complete) core.out.text('0\r\n\r\n');
    } else if (this.#delivery !== 'none') {
      for (let index = 0; index < body.ranges.count; index++) core.out.bytes(buffer, body.ranges.start(index), body.ranges.end(index));
      if (body.complete && body.keepsTrailers) core.out.text(`${trailerLines(body.trailers, this.#exchange.responseEdits)}\r\n`);
    }
    this.#headPending = false;
    this.#sendToClient();
    if (!body.complete && this.#clientIsFull()) this.#holdUp(upstream);
  }

  /** A slow client may have more in memory where the route buffers responses, as long as all of them together have not too much. */
  #clientIsFull(): boolean {
    const { client, core, route } = this.#exchange;
    if (client.unsentBytes <= MAX_UNSENT_BYTES) return false;
    const mayBuffer = route?.responseBuffering === true && core.memory.bufferedBytes < core.limits.maxBufferedBytes;
    return !mayBuffer || client.unsentBytes > core.limits.maxBufferedResponseBytes;
  }

  #holdUp(upstream: UpstreamConnection): void {
    this.#paused = upstream;
    upstream.pause();
  }

  #goOn(): void {
    const upstream = this.#paused;
    this.#paused = undefined;
    upstream?.resume();
  }

  #writeChunk(buffer: Buffer, start: number, end: number): void {
    const { out } = this.#exchange.core;
    out.text(`${(end - start).toString(16)}\r\n`);
    out.bytes(buffer, start, end);
    out.text('\r\n');
  }

  #compress(compressor: ResponseCompressor, upstream: UpstreamConnection, buffer: Buffer, body: BodyReader): void {
    const piece = Buffer.allocUnsafe(body.ranges.bytes);
    let at = 0;
    for (let index = 0; index < body.ranges.count; index++) at += buffer.copy(piece, at, body.ranges.start(index), body.ranges.end(index));
    compressor.write(piece);
    if (body.complete) {
      this.#trailers = trailerLines(body.trailers, this.#exchange.responseEdits);
      this.#isDelivering = true;
      // A read that was under way may bring the rest to one that waits: it is somebody else's from now on.
      this.#paused = undefined;
      compressor.end();
    } else if (compressor.isFull) this.#holdUp(upstream);
  }

  #compressorEvents(): ConstructorParameters<typeof ResponseCompressor>[3] {
    const { core, client } = this.#exchange;
    return {
      bytes: (chunk) => {
        core.out.clear();
        this.#writeChunk(chunk, 0, chunk.length);
        this.#sendToClient();
        if (client.unsentBytes > MAX_UNSENT_BYTES) this.#compressor?.pause();
      },
      drained: () => this.#goOn(),
      ended: () => {
        core.out.clear();
        core.out.text(`0\r\n${this.#trailers}\r\n`);
        this.#sendToClient();
        this.#isDelivering = false;
        this.release();
        this.#events.delivered();
      },
      failed: (thrown) => this.#events.deliveryFailed(thrown),
    };
  }

  clientFlushed(): void {
    if (this.#compressor !== undefined) this.#compressor.resume();
    else this.#goOn();
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
    if (exchange.client.facts.isHttp2 && isGrpcType(exchange.request.header('content-type') ?? '')) answer = asGrpcAnswer(answer);
    exchange.status = answer.countsAs ?? answer.status;
    this.#closes = !keepsAlive || !exchange.body.complete;
    core.out.clear();
    const lines = writeGenerated(core.out, answer, {
      product: core.product,
      date: core.date.now(),
      requestId,
      latencyMs: exchange.latencyMs(core.clock.monotonicMs()),
      isHead: exchange.isHead,
      configVersion: configVersionLine(exchange),
      connection: connectionLine(exchange.head.minor, this.#closes),
      edits: exchange.responseEdits,
    });
    if (exchange.chain.log.length > 0) exchange.sentHeaders = collectHeaders(lines);
    this.#sendToClient();
  }

  /** The request is over, however it ended. */
  release(): void {
    if (this.#compressor === undefined) return;
    this.#compressor.destroy();
    this.#compressor = undefined;
    this.#exchange.core.counters.compressing -= 1;
  }

  #sendToClient(): void {
    const { core, client } = this.#exchange;
    this.#exchange.bytesOut += core.out.length;
    client.sendOutgoing();
  }
}
