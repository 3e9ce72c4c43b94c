/** What a sink is to the forwarder that feeds it: it makes one body of some rows, and sends it as often as it is asked to. */
import type { SinkName, SinkRows, SinkStream } from '../store/sink-store.ts';

/** Rows that are sent together, always the same ones under the same id. */
export interface SinkBatch {
  readonly id: string;
  /** What the batch tells of came to this control plane in (from, until]. */
  readonly from: Date;
  readonly until: Date;
  readonly rows: SinkRows;
}

/** Ready to be sent, and sent again. */
export interface SinkMessage {
  readonly batchId: string;
  readonly stream: SinkStream;
  /** Compressed. */
  readonly body: Uint8Array;
}

export type SendOutcome =
  /** Of its items, so many were turned away for good. */
  | { readonly kind: 'taken'; readonly rejected: number }
  /** It will never be taken as it is. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** `retryAfterMs`: what the other side asks for, 0 where it says nothing. */
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfterMs: number };

export interface Sink {
  readonly name: SinkName;
  readonly streams: readonly SinkStream[];
  /** Of one batch: rows, and their bytes as they stand in the database. */
  readonly bounds: { readonly rows: number; readonly bytes: number };
  /** How often a stream that is up to date is looked at, milliseconds. */
  readonly everyMs: Readonly<Record<SinkStream, number>>;
  /** `breathe` is awaited between rows, so that the event loop is not held. */
  encode(batch: SinkBatch, breathe: () => Promise<void>): Promise<SinkMessage>;
  /** Never throws. No reason that it gives holds a secret. */
  send(message: SinkMessage): Promise<SendOutcome>;
  close(): Promise<void>;
}
