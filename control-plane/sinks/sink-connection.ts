/**
 * Posts bodies to a sink's address: bounded in time and in what is read of an answer, redirects not followed, because headers hold
 * secrets. Used by clickhouse-sink.ts and otlp-sink.ts.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Agent, request } from 'undici';
import { describeThrown } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { SendOutcome } from './sink.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MOST_ANSWER_BYTES = 65_536;
const LONGEST_WAIT_MS = 300_000;
/** Quick: what is sent is mostly numbers and repeated names. */
const LEVEL = 1;

export const compressed: (bytes: Uint8Array | string) => Promise<Uint8Array> = (bytes) => promisify(gzip)(bytes, { level: LEVEL });

export interface SinkAnswer {
  readonly status: number;
  /** The first of that name, in lower case. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

export class SinkConnection {
  readonly #agent = new Agent({ connections: 3, maxResponseSize: MOST_ANSWER_BYTES, connect: { timeout: CONNECT_TIMEOUT_MS } });
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor({ headers, timeoutMs, clock }: { readonly headers: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly clock: Clock }) {
    this.#headers = headers;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** What `judge` makes of the answer; `again` where there was none. */
  async post(url: URL, headers: Readonly<Record<string, string>>, body: Uint8Array, judge: (answer: SinkAnswer) => SendOutcome): Promise<SendOutcome> {
    try {
      const answer = await request(url, { dispatcher: this.#agent, method: 'POST', headers: { ...this.#headers, ...headers, 'content-encoding': 'gzip' }, body, signal: AbortSignal.timeout(this.#timeoutMs) });
      const header = (name: string): string | undefined => [answer.headers[name]].flat()[0];
      return judge({ status: answer.statusCode, header, body: new Uint8Array(await answer.body.arrayBuffer()) });
    } catch (thrown) {
      return { kind: 'again', reason: describeThrown(thrown), retryAfterMs: 0 };
    }
  }

  /** Retry-After: seconds, or a date (RFC 9110 §10.2.3). */
  retryAfterMs(answer: SinkAnswer): number {
    const text = answer.header('retry-after');
    if (text === undefined) return 0;
    const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - this.#clock.nowMs();
    return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(0, waitMs), LONGEST_WAIT_MS);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
