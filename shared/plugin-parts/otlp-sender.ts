/**
 * Sends what was encoded to a collector by OTLP over HTTP, with a binary body. Which answers are worth another try is the protocol's to
 * say (https://opentelemetry.io/docs/specs/otlp/#failures): 429, 502, 503 and 504, not before Retry-After; all other refusals are final.
 * When and how often is the queue's business.
 */
import { HoldfastError } from '../errors.ts';
import type { FetchAnswer, PluginServices } from '../plugins/plugin-services.ts';
import { partialSuccess, type OtlpEnvelope } from './otlp-envelope.ts';
import type { EncodedEntry } from './protobuf-writer.ts';

export type OtlpSignal = 'traces' | 'logs' | 'metrics';

export interface OtlpSenderOptions {
  readonly signal: OtlpSignal;
  /** Null: what is still in the queue is of a config that had one. */
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** For all of one request. */
  readonly timeoutMs: number;
  readonly envelope: OtlpEnvelope;
  /** The collector answered with 200 and left out so many. */
  readonly rejected: (count: number) => void;
}

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const MOST_ANSWER_BYTES = 65_536;
/** Of a body that is over. */
const MOST_KEPT_BYTES = 1_048_576;
const LONGEST_WAIT_MS = 300_000;
const NOTHING = Buffer.alloc(0);

export class OtlpSender {
  readonly #services: Pick<PluginServices, 'fetch' | 'clock' | 'log'>;
  readonly #options: OtlpSenderOptions;
  /** The collector asked for peace until then. */
  #notBeforeMs = 0;
  /** Where a body stood that was sent, for the next one. */
  #memory: Buffer = NOTHING;

  constructor(services: Pick<PluginServices, 'fetch' | 'clock' | 'log'>, options: OtlpSenderOptions) {
    this.#services = services;
    this.#options = options;
  }

  /** Rejects as `services.queue` wants it: with `retryable`. */
  async send(entries: readonly EncodedEntry[]): Promise<void> {
    const { url, headers, timeoutMs, envelope, signal } = this.#options;
    const { fetch, clock } = this.#services;
    if (url === null) throw refused(signal, 'the config names no endpoint for them any more');
    if (clock.nowMs() < this.#notBeforeMs) throw unavailable(signal, 'the collector asked to wait');
    const memory = this.#memory;
    // Not of two requests at a time, nor of one that failed: its end may still be on its way.
    this.#memory = NOTHING;
    const body = envelope.around(entries, memory);
    const answer = await fetch(url, { method: 'POST', headers, body, timeoutMs, maxBytes: MOST_ANSWER_BYTES });
    const used = memory.length >= body.length ? memory : body;
    if (used.length <= MOST_KEPT_BYTES) this.#memory = used;
    if (answer.status >= 200 && answer.status < 300) return this.#taken(answer);
    if (!RETRYABLE.has(answer.status)) throw refused(signal, `the collector answered ${answer.status}`);
    this.#notBeforeMs = clock.nowMs() + retryAfterMs(answer.header('retry-after'), clock.nowMs());
    throw unavailable(signal, `the collector answered ${answer.status}`);
  }

  #taken(answer: FetchAnswer): void {
    const partial = answer.header('content-type')?.startsWith('application/x-protobuf') === true ? partialSuccess(answer.body) : undefined;
    if (partial === undefined) return;
    this.#options.rejected(partial.rejected);
    this.#services.log.warn('otlp-partial-success', { signal: this.#options.signal, rejected: partial.rejected, reason: printable(partial.message) });
  }
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
function retryAfterMs(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(0, wait), LONGEST_WAIT_MS);
}

function printable(text: string): string {
  return text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, '?');
}

function refused(signal: OtlpSignal, reason: string): HoldfastError {
  return new HoldfastError({ code: 'OTLP_REFUSED', source: 'gateway', publicMessage: 'a collector did not take telemetry', message: `${signal}: ${reason}` });
}

function unavailable(signal: OtlpSignal, reason: string): HoldfastError {
  return new HoldfastError({ code: 'OTLP_UNAVAILABLE', source: 'gateway', retryable: true, publicMessage: 'a collector takes no telemetry now', message: `${signal}: ${reason}` });
}
