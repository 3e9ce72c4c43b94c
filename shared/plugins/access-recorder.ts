/**
 * What a plugin gives the engine that says which requests become access records and what their texts are (access-records). The engine
 * asks at the end of each request (data-plane/proxy/record-access.ts), adds what it knows itself, and hands the record on.
 */
import type { AccessRecord, RecordReason } from '../wire/access-record-codec.ts';
import type { LogContext } from './contract.ts';

/** Those parts of a record that somebody may not want in it; '' where they are left out. */
export type RecordedTexts = Pick<AccessRecord, 'host' | 'path' | 'query' | 'clientAddress' | 'userAgent' | 'target' | 'tlsVersion' | 'tlsCipher' | 'traceId' | 'headers'> & { readonly showsConsumer: boolean };

export interface AccessRecorder {
  /** Whether `texts` reads headers of the response, which are then kept until the request's end. */
  readonly readsResponseHeaders: boolean;
  /**
   * On the hot path. `status` is 0 where the client went away before; `failed`: answered 5xx, or broken off by the gateway or the upstream;
   * `nowMs` is monotonic; `random` uniform in [0, 1). `over-rate`: it would have been chosen, but for the bound per second.
   */
  choose(status: number, failed: boolean, totalMs: number, nowMs: number, random: () => number): RecordReason | 'over-rate' | undefined;
  /** For a request that was chosen. Nothing secret or personal that the rules know of is left in them. */
  texts(context: LogContext): RecordedTexts;
}
