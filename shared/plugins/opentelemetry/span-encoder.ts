/**
 * The spans of one request as OTLP has them (opentelemetry/proto/trace/v1): the server's; the gateway's parts and each plugin's phases
 * below it; and one of a client for each attempt at a target, of which the last has the id that went upstream. Called once for each
 * sampled request, when it is over; what it gives is sent with others by the handler.
 */
import type { LogContext, PhaseTime, UpstreamTry } from '../contract.ts';
import { OTLP_ITEM_TAG } from '../../plugin-parts/otlp-envelope.ts';
import { ProtobufWriter, written, type EncodedEntry } from '../../plugin-parts/protobuf-writer.ts';
import { newSpanId, nextSpanId, spanIdBytes } from '../../plugin-parts/trace-ids.ts';
import type { TracedRequest } from '../../plugin-parts/traced-request.ts';
import { errorTypeOf, KEY, kept, knownMethod, RequestAttributes, routeLabel } from './request-attributes.ts';

const TAG = { traceId: 0x0a, spanId: 0x12, state: 0x1a, parent: 0x22, name: 0x2a, kind: 0x30, start: 0x39, end: 0x41, attribute: 0x4a, status: 0x7a } as const;
const KIND = { internal: 1, server: 2, client: 3 } as const;
/** Field 16, fixed32: sampled; whether the parent is of another process, which is known. */
const FLAGS_TAG = [0x85, 0x01] as const;
const FLAGS = { localParent: 0x101, remoteParent: 0x301 } as const;
const STATUS_ERROR = Uint8Array.of(TAG.status, 2, 0x18, 2);

const MOST_PHASES = 64;
const MOST_TRIES = 32;
/** With tag and length; and with the length alone. */
const TRACE_ID_BYTES = 18;
const SPAN_ID_BYTES = 9;
/** Addresses of targets; more of them are encoded anew. */
const MOST_PLACES = 1_000;
/** Room that a span takes at most: its texts are cut at 1,024 characters. */
const SERVER_SPAN_BYTES = 32_768;
const CLIENT_SPAN_BYTES = 16_384;
const PHASE_SPAN_BYTES = 4_096;

interface PlaceBytes {
  readonly upstream: string;
  readonly target: string;
  readonly port: number;
  readonly bytes: Uint8Array;
}

export class SpanEncoder {
  readonly #writer = new ProtobufWriter();
  readonly #attributes = new RequestAttributes(TAG.attribute);
  /** Where the server's span says its trace and itself: those below it say it again. */
  #idsAt = 0;
  /** By route and method. */
  readonly #serverNames = new WeakMap<object, Map<string, Uint8Array>>();
  readonly #clientNames = new Map<string, Uint8Array>();
  /** By address, where the last attempt there went. */
  readonly #places = new Map<string, PlaceBytes>();
  readonly #phaseNames = new Map<string, Map<string, Uint8Array>>();

  encode(context: LogContext, traced: TracedRequest): EncodedEntry {
    const { phases, tries } = context;
    this.#server(context, traced);
    const phaseCount = Math.min(phases?.length ?? 0, MOST_PHASES);
    for (let index = 0; index < phaseCount; index += 1) {
      const phase = phases?.[index];
      if (phase !== undefined) this.#phase(phase);
    }
    const firstTry = Math.max(0, tries.length - MOST_TRIES);
    for (let index = firstTry; index < tries.length; index += 1) {
      const one = tries[index];
      const isLast = index === tries.length - 1;
      if (one !== undefined) this.#client(context, one, index, isLast && traced.sentSpanId !== '' ? traced.sentSpanId : newSpanId());
    }
    return this.#writer.takeEntry();
  }

  #server(context: LogContext, { traceId, spanId, parentSpanId, state }: TracedRequest): void {
    const writer = this.#writer;
    writer.ensure(SERVER_SPAN_BYTES);
    const begun = writer.begin(OTLP_ITEM_TAG);
    this.#idsAt = writer.length;
    writer.byte(TAG.traceId);
    writer.hex(traceId);
    writer.byte(TAG.spanId);
    writer.hex(spanId);
    if (state !== undefined) {
      writer.byte(TAG.state);
      writer.text(state);
    }
    if (parentSpanId !== undefined) {
      writer.byte(TAG.parent);
      writer.hex(parentSpanId);
    }
    this.#flags(parentSpanId === undefined ? FLAGS.localParent : FLAGS.remoteParent);
    writer.raw(this.#serverName(context));
    this.#times(context.startedAtMs, context.startedAtMs + context.totalMs);
    this.#attributes.write(writer, context);
    if (errorTypeOf(context) !== undefined) writer.raw(STATUS_ERROR);
    writer.end(begun);
  }

  #phase({ name, plugin = '', startMs, endMs }: PhaseTime): void {
    const writer = this.#writer;
    writer.ensure(PHASE_SPAN_BYTES);
    const begun = writer.begin(OTLP_ITEM_TAG);
    this.#below();
    writer.byte(TAG.spanId);
    writer.byte(8);
    writer.piece(spanIdBytes, nextSpanId(), 8);
    writer.raw(this.#phaseName(name, plugin));
    this.#times(startMs, endMs);
    writer.end(begun);
  }

  #client({ request }: LogContext, one: UpstreamTry, before: number, spanId: string): void {
    const writer = this.#writer;
    const attributes = this.#attributes;
    writer.ensure(CLIENT_SPAN_BYTES);
    const begun = writer.begin(OTLP_ITEM_TAG);
    this.#below();
    writer.byte(TAG.spanId);
    writer.hex(spanId);
    writer.raw(kept(this.#clientNames, knownMethod(request.method), () => named(shownMethod(request.method), KIND.client)));
    this.#times(one.startedAtMs, one.startedAtMs + one.totalMs);
    attributes.method(writer, request.method);
    writer.raw(this.#placeOf(one));
    if (before > 0) attributes.integer(writer, KEY.resendCount, before);
    if (one.status !== undefined) attributes.status(writer, one.status);
    const isError = one.status === undefined || one.status >= 400;
    if (isError) {
      attributes.text(writer, KEY.errorType, one.failure ?? (one.status === undefined ? 'unknown' : String(one.status)));
      writer.raw(STATUS_ERROR);
    }
    writer.end(begun);
  }

  /** What all spans below the server's have in common. */
  #below(): void {
    const writer = this.#writer;
    writer.repeat(this.#idsAt, TRACE_ID_BYTES);
    writer.byte(TAG.parent);
    writer.repeat(this.#idsAt + TRACE_ID_BYTES + 1, SPAN_ID_BYTES);
    this.#flags(FLAGS.localParent);
  }

  #flags(flags: number): void {
    const [first, second] = FLAGS_TAG;
    this.#writer.byte(first);
    this.#writer.byte(second);
    this.#writer.fixed32(flags);
  }

  #times(startMs: number, endMs: number): void {
    this.#writer.byte(TAG.start);
    this.#writer.nanoseconds(startMs);
    this.#writer.byte(TAG.end);
    this.#writer.nanoseconds(Math.max(startMs, endMs));
  }

  #placeOf({ upstream, target, address, port }: UpstreamTry): Uint8Array {
    const known = this.#places.get(address);
    if (known?.upstream === upstream && known.target === target && known.port === port) return known.bytes;
    const bytes = written((writer) => {
      this.#attributes.text(writer, KEY.serverAddress, upstream);
      this.#attributes.integer(writer, KEY.serverPort, port);
      this.#attributes.text(writer, KEY.target, target);
      if (address !== '') this.#attributes.text(writer, KEY.peerAddress, address);
    });
    if (this.#places.size === MOST_PLACES) this.#places.clear();
    this.#places.set(address, { upstream, target, port, bytes });
    return bytes;
  }

  #serverName({ route, request }: LogContext): Uint8Array {
    let byMethod = this.#serverNames.get(route);
    if (byMethod === undefined) this.#serverNames.set(route, (byMethod = new Map()));
    return kept(byMethod, knownMethod(request.method), () => named(`${shownMethod(request.method)} ${routeLabel(route)}`, KIND.server));
  }

  #phaseName(name: string, plugin: string): Uint8Array {
    let byPhase = this.#phaseNames.get(plugin);
    if (byPhase === undefined) this.#phaseNames.set(plugin, (byPhase = new Map()));
    return kept(byPhase, name, () => {
      const attributes = [[KEY.phase, name], ...(plugin === '' ? [] : [[KEY.plugin, plugin] as const])] as const;
      return Buffer.concat([named(plugin === '' ? name : `${plugin} ${name}`, KIND.internal), ...attributes.map(([key, value]) => written((writer) => writer.textAttribute(TAG.attribute, key, value)))]);
    });
  }
}

/** Of a method that a client made up the convention says HTTP. */
function shownMethod(method: string): string {
  const known = knownMethod(method);
  return known === '_OTHER' ? 'HTTP' : known;
}

function named(name: string, kind: number): Uint8Array {
  return written((writer) => {
    writer.byte(TAG.name);
    writer.text(name);
    writer.byte(TAG.kind);
    writer.byte(kind);
  });
}
