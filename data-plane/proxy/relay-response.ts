/**
 * The response on its way to the client: an upstream's head, body and trailers as they come, or an answer of our own. Called by
 * the life of the request (request-life.ts), which says when; this file knows how the body is delivered, when the upstream
 * must wait for a slow client (R5), and whether a head can still be taken back.
 */
import type { BodyReader } from '../http1/body-reader.ts';
import type { BodyDelivery } from '../http1/head-writer.ts';
import { EMPTY, type ResponseHead } from '../http1/message-head.ts';
import { Ranges } from '../http1/ranges.ts';
import { MAX_UNSENT_BYTES } from '../http1/wire-socket.ts';
import { isGrpcType } from '../http2/field-text.ts';
import type { UpstreamConnection } from '../upstreams/upstream-connection.ts';
import { CollectedBody } from './collect-response.ts';
import { ResponseCompressor } from './compress-response.ts';
import { planCompression, type CompressionPlan } from './compression-choice.ts';
import type { Exchange } from './exchange.ts';
import { refusalResponse, type GeneratedResponse } from './generated-response.ts';
import { asGrpcAnswer } from './grpc-answer.ts';
import { REFUSALS } from './refusals.ts';
import type { BodyWish, ResponsePluginContext } from './response-contexts.ts';
import { BodyObservers, runBody, runOwnHead, runUpstreamHead } from './run-response-plugins.ts';
import { trailerLines, trailersPass } from './trailers.ts';
import type { UpgradeRequest } from './upgrade.ts';
import { SentHeaders } from './sent-headers.ts';
import { configVersionLine, connectionLine, deliveryOf, writeGenerated, writeInterimHead, writeUpstreamHead } from './write-response.ts';

/** What becomes of an upstream's response. */
export type Passage =
  /** It is on its way to the client, or waits for the rest of its body. */
  | 'goes-on'
  /** A plugin wants another answer instead: `replacement` sends it, once the upstream is let go of. */
  | 'replaced'
  /** A plugin failed over it. */
  | 'failed';

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
  /** The body is held back, because a plugin wants it whole; then the head waits for it, in memory of its own. */
  #collected: CollectedBody | undefined;
  #heldHead: ResponseHead | undefined;
  /** The body as plugins left it, on its way. */
  #ownBody: Buffer | undefined;
  #keepsAlive = false;
  #observers: BodyObservers | undefined;
  /** Who looks at the upstream's body, also where another one is sent. */
  #receivers: BodyObservers | undefined;
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
    return (this.#delivery === 'as-is' || this.#compressor !== undefined || this.#observers !== undefined || this.#receivers !== undefined) && trailersPass(this.#exchange);
  }

  /** Nothing of the response was sent yet, though its head has come. */
  get isCollecting(): boolean {
    return this.#collected !== undefined;
  }

  /** `100 Continue` to a client that waits for it. */
  invite(): void {
    this.#exchange.core.out.clear();
    this.#exchange.core.out.text('HTTP/1.1 100 Continue\r\n\r\n');
    this.#sendToClient();
    // From now on its silence counts.
    this.#exchange.client.bodyDemandChanged();
  }

  /** Interim responses are for clients that know them; the 100 is given by us. */
  interimHead(head: ResponseHead): void {
    if (this.#exchange.head.minor === 0 || head.status === 100) return;
    this.#exchange.core.out.clear();
    writeInterimHead(this.#exchange.core.out, head);
    this.#sendToClient();
  }

  /** 101: from here on the connection is a tunnel. Its status stays what it is, and it has no body. */
  switchingHead(head: ResponseHead, upgrade: UpgradeRequest): Passage {
    const exchange = this.#exchange;
    const passage = this.#lookAt(head);
    if (passage !== 'goes-on') return passage;
    exchange.responseWishes?.close();
    exchange.status = head.status;
    exchange.core.out.clear();
    writeUpstreamHead(exchange, head, 'none', `Connection: Upgrade\r\nUpgrade: ${upgrade.protocol}\r\n`, undefined);
    this.#sendToClient();
    return 'goes-on';
  }

  /** The response's head is put together here and sent with the first bytes of its body, unless plugins want the body before. */
  responseHead(head: ResponseHead, keepsAlive: boolean): Passage {
    const passage = this.#lookAt(head);
    if (passage !== 'goes-on') return passage;
    this.#keepsAlive = keepsAlive;
    const wishes = this.#exchange.responseWishes;
    if (wishes?.collectors !== undefined) return this.#collectFor(wishes, wishes.collectors, head);
    this.#begin(head);
    return 'goes-on';
  }

  #lookAt(head: ResponseHead): Passage {
    const exchange = this.#exchange;
    if (!runUpstreamHead(exchange, head)) return 'failed';
    return exchange.responseWishes?.own === undefined ? 'goes-on' : 'replaced';
  }

  /** Holds the body back, if there can be one and it may be short enough; else the plugins hear so at once. */
  #collectFor(wishes: ResponsePluginContext, collectors: readonly BodyWish[], head: ResponseHead): Passage {
    const { isHead, isGrpc, upstreamMethod, core } = this.#exchange;
    if (isHead || upstreamMethod === 'HEAD' || head.status === 204 || head.status === 304) return this.#bodyIsThere(wishes, head, EMPTY);
    const maxBytes = collectors.reduce((most, wish) => Math.max(most, wish.maxBytes), 0);
    const { limits, memory } = core;
    if (isGrpc || head.contentLength > maxBytes || memory.bufferedBytes >= limits.maxBufferedBytes) return this.#bodyIsThere(wishes, head, undefined);
    this.#collected = new CollectedBody(memory, limits, maxBytes, head.contentLength);
    this.#delivery = 'in-chunks';
    head.keep();
    this.#heldHead = head;
    return 'goes-on';
  }

  /** All of it, or undefined where that is too much. What is sent of a body that was there is sent by this. */
  #bodyIsThere(wishes: ResponsePluginContext, head: ResponseHead, body: Buffer | undefined): Passage {
    if (!runBody(this.#exchange, wishes, body)) return 'failed';
    if (wishes.own !== undefined) return 'replaced';
    const { whole } = wishes;
    wishes.close();
    // A response to HEAD describes the body of another: what stands in its place would be a lie.
    this.#begin(head, body === undefined || this.#exchange.isHead ? undefined : whole);
    return 'goes-on';
  }

  /** `whole`: the body, where it is ours to send. */
  #begin(head: ResponseHead, whole?: Buffer): void {
    const exchange = this.#exchange;
    const { core, responseWishes } = exchange;
    exchange.status = responseWishes?.status ?? head.status;
    core.out.clear();
    const observers = responseWishes?.observers;
    const receivers = responseWishes?.receivers;
    const isData = this.#collected !== undefined || observers !== undefined || receivers !== undefined || whole !== undefined;
    const delivery = deliveryOf(exchange, head, isData);
    this.#delivery = whole === undefined || delivery === 'none' ? delivery : 'as-is';
    if (core.messages.compression !== undefined) this.#plan = planCompression(exchange, core.messages.compression, head, this.#delivery, whole?.length);
    const coding = this.#plan?.coding;
    if (coding !== undefined) this.#delivery = 'in-chunks';
    // Of a body that nobody waits for any more the client should hear now, not from a connection that closes on it.
    this.#closes = !this.#keepsAlive || this.#delivery === 'until-close' || !exchange.body.complete;
    writeUpstreamHead(exchange, head, this.#delivery, connectionLine(exchange.head.minor, this.#closes), this.#plan, whole?.length);
    if (observers !== undefined) this.#observers = new BodyObservers(exchange, observers);
    if (receivers !== undefined) this.#receivers = new BodyObservers(exchange, receivers);
    if (coding === undefined) this.#headPending = true;
    else {
      this.#compressor = new ResponseCompressor(coding, core.messages.compression?.levels[coding] ?? 1, this.#plan?.flushesPieces === true, this.#compressorEvents());
      core.counters.compressing += 1;
      this.#sendToClient();
    }
    this.#ownBody = whole;
  }

  /** What a read brought of a body that is held back. */
  #collect(collected: CollectedBody, head: ResponseHead, wishes: ResponsePluginContext, upstream: UpstreamConnection, buffer: Buffer, body: BodyReader): Passage {
    const fits = collected.add(buffer, body.ranges);
    if (fits && !body.complete) return 'goes-on';
    const held = collected.bytes;
    const passage = this.#bodyIsThere(wishes, head, fits ? held : undefined);
    if (passage !== 'goes-on') return passage;
    this.#dropCollected();
    if (this.#ownBody === undefined) this.#passOn(upstream, held, rangesOf(held), body.complete, undefined);
    else this.#sendOwnBody(upstream, this.#ownBody, held);
    return 'goes-on';
  }

  #dropCollected(): void {
    this.#collected?.release();
    this.#collected = undefined;
    this.#heldHead?.release();
    this.#heldHead = undefined;
  }

  /** What a read brought of the body; `upstream` is told to wait where the client does not take it. */
  responseBytes(upstream: UpstreamConnection, buffer: Buffer, body: BodyReader): Passage {
    const { responseWishes } = this.#exchange;
    if (this.#collected !== undefined && this.#heldHead !== undefined && responseWishes !== undefined) return this.#collect(this.#collected, this.#heldHead, responseWishes, upstream, buffer, body);
    if (this.#ownBody !== undefined) this.#sendOwnBody(upstream, this.#ownBody, EMPTY);
    else this.#passOn(upstream, buffer, body.ranges, body.complete, body.keepsTrailers ? body.trailers : undefined);
    return 'goes-on';
  }

  /** `received`: what it takes the place of. */
  #sendOwnBody(upstream: UpstreamConnection, body: Buffer, received: Buffer): void {
    this.#ownBody = undefined;
    if (received.length > 0) this.#receivers?.pass(received);
    this.#receivers?.pass(undefined);
    this.#receivers = undefined;
    this.#passOn(upstream, body, rangesOf(body), true, undefined);
  }

  /** `trailers`: undefined where they are not kept aside. */
  #passOn(upstream: UpstreamConnection, buffer: Buffer, ranges: Ranges, isComplete: boolean, trailers: Buffer | undefined): void {
    const { core, responseEdits } = this.#exchange;
    const hasBody = this.#delivery !== 'none' && this.#delivery !== 'empty';
    if (hasBody) {
      this.#observers?.passEach(buffer, ranges);
      this.#receivers?.passEach(buffer, ranges);
    }
    if (this.#compressor !== undefined) this.#compress(this.#compressor, upstream, buffer, ranges, isComplete, trailers);
    else {
      if (this.#delivery === 'in-chunks') {
        for (let index = 0; index < ranges.count; index++) this.#writeChunk(buffer, ranges.start(index), ranges.end(index));
        if (isComplete) core.out.text(`0\r\n${trailerLines(trailers ?? EMPTY, responseEdits)}\r\n`);
      } else if (hasBody) {
        for (let index = 0; index < ranges.count; index++) core.out.bytes(buffer, ranges.start(index), ranges.end(index));
        if (isComplete && trailers !== undefined) core.out.text(`${trailerLines(trailers, responseEdits)}\r\n`);
      }
      this.#headPending = false;
      this.#sendToClient();
      if (!isComplete && this.#clientIsFull()) this.#holdUp(upstream);
    }
    if (!isComplete) return;
    this.#observers?.pass(undefined);
    this.#receivers?.pass(undefined);
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

  #compress(compressor: ResponseCompressor, upstream: UpstreamConnection, buffer: Buffer, ranges: Ranges, isComplete: boolean, trailers: Buffer | undefined): void {
    const piece = Buffer.allocUnsafe(ranges.bytes);
    let at = 0;
    for (let index = 0; index < ranges.count; index++) at += buffer.copy(piece, at, ranges.start(index), ranges.end(index));
    compressor.write(piece);
    if (isComplete) {
      this.#trailers = trailerLines(trailers ?? EMPTY, this.#exchange.responseEdits);
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
    this.#dropCollected();
    if (!this.#headPending) return;
    this.#headPending = false;
    this.#exchange.core.out.clear();
    this.#exchange.status = 0;
  }

  /** An answer of our own, whole; a plugin that fails over it changes it to a refusal. */
  generated(response: GeneratedResponse, keepsAlive: boolean): void {
    // They may have looked at an upstream's.
    this.#exchange.responseWishes?.forgetBody();
    this.#exchange.responseWishes = undefined;
    this.#sendOwn(runOwnHead(this.#exchange, response) ? this.#afterBody(response) : undefined, keepsAlive);
  }

  /** What a plugin wants instead of the upstream's response. */
  replacement(keepsAlive: boolean): void {
    const own = this.#exchange.responseWishes?.own;
    this.#sendOwn(own === undefined ? undefined : this.#afterBody(own), keepsAlive);
  }

  /** What plugins make of an answer of our own whose head they have seen; undefined where one fails. */
  #afterBody(response: GeneratedResponse): GeneratedResponse | undefined {
    const wishes = this.#exchange.responseWishes;
    if (wishes === undefined) return response;
    const seen = wishes.own ?? response;
    if (wishes.collectors !== undefined && !runBody(this.#exchange, wishes, this.#exchange.isGrpc ? undefined : seen.body)) return undefined;
    const own = wishes.own ?? response;
    const { status, whole = own.body } = wishes;
    wishes.close();
    return status === own.status && whole === own.body ? own : { ...own, status, body: whole };
  }

  /** `response` undefined: a plugin failed over it. */
  #sendOwn(response: GeneratedResponse | undefined, keepsAlive: boolean): void {
    const exchange = this.#exchange;
    const { core, requestId } = exchange;
    this.#dropCollected();
    exchange.generated = true;
    let answer = response;
    if (answer === undefined) {
      exchange.responseEdits = undefined;
      exchange.responseWishes = undefined;
      core.counters.countRefusal(REFUSALS.pluginFailed.code);
      answer = refusalResponse(REFUSALS.pluginFailed, exchange.request.header('accept'), requestId);
    }
    exchange.errorCode = answer.code;
    if (exchange.client.facts.isHttp2 && isGrpcType(exchange.request.header('content-type') ?? '')) answer = asGrpcAnswer(answer);
    exchange.status = answer.countsAs ?? answer.status;
    this.#closes = !keepsAlive || !exchange.body.complete;
    exchange.respondedAtMs = core.clock.monotonicMs();
    core.out.clear();
    const lines = writeGenerated(core.out, answer, {
      product: core.product,
      date: core.date.now(),
      requestId,
      latencyMs: exchange.latencyMs(exchange.respondedAtMs),
      isHead: exchange.isHead,
      configVersion: configVersionLine(exchange),
      connection: connectionLine(exchange.head.minor, this.#closes),
      edits: exchange.responseEdits,
    });
    if (exchange.keepsSentHeaders) exchange.sentHeaders = new SentHeaders(lines);
    this.#sendToClient();
    const observers = exchange.responseWishes?.observers;
    if (observers === undefined) return;
    const own = new BodyObservers(exchange, observers);
    if (answer.body.length > 0 && !exchange.isHead && answer.status !== 204 && answer.status !== 304) own.pass(answer.body);
    own.pass(undefined);
  }

  /** The request is over, however it ended. */
  release(): void {
    this.#dropCollected();
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

function rangesOf(bytes: Buffer): Ranges {
  const ranges = new Ranges();
  if (bytes.length > 0) ranges.add(0, bytes.length);
  return ranges;
}
