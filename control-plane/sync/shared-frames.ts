/**
 * Frames that are the same for many sessions, encoded once: the announcement and the bytes of a small transfer, the head of
 * a gateway. So a release to ten thousand data planes is ten thousand writes and one encoding (C2). One per sync server.
 */
import type { GatewayId } from '../../shared/model/ids.ts';
import { encodeFrame } from '../../shared/wire/sync-codec.ts';
import type { OutgoingTransfer } from '../publish/publisher.ts';
import { CHUNK_BYTES } from './session-state.ts';

interface TransferFrames {
  readonly transferId: number;
  /** Of the newest announcement; statements are signed again when keys change. */
  announcement: { readonly manifestStatement: string; readonly transferStatement: string; readonly epochStatement: string; readonly startOffset: number; readonly frame: Uint8Array } | undefined;
  /** Where one chunk is all. */
  chunk: Uint8Array | undefined;
}

const LARGEST_TRANSFER_ID = 0xffff_ffff;

export class SharedFrames {
  /** By the packed bytes, which the publisher hands to all sessions as one object. */
  readonly #transfers = new WeakMap<Uint8Array, TransferFrames>();
  readonly #heads = new Map<GatewayId, { readonly statement: string; readonly frame: Uint8Array }>();
  #made = 0;

  /** The same for the same bytes. */
  transferIdOf({ bytes }: OutgoingTransfer): number {
    return this.#of(bytes).transferId;
  }

  announcement(gatewayId: GatewayId, transfer: OutgoingTransfer, startOffset: number): Uint8Array {
    const frames = this.#of(transfer.bytes);
    const { kind, manifestStatement, transferStatement, epochStatement } = transfer;
    const known = frames.announcement;
    if (known?.startOffset === startOffset && known.manifestStatement === manifestStatement && known.transferStatement === transferStatement && known.epochStatement === epochStatement) return known.frame;
    const announced = { transferId: frames.transferId, manifestStatement, transferStatement, compression: 'zstd', startOffset };
    const frame = encodeFrame({ gatewayId, message: kind === 'snapshot' ? { kind, ...announced, epochStatement } : { kind, ...announced } });
    frames.announcement = { manifestStatement, transferStatement, epochStatement, startOffset, frame };
    return frame;
  }

  chunk(gatewayId: GatewayId, { bytes }: OutgoingTransfer, offset: number, length: number): Uint8Array {
    const frames = this.#of(bytes);
    const isWhole = length === bytes.length && length <= CHUNK_BYTES;
    if (isWhole && frames.chunk !== undefined) return frames.chunk;
    const frame = encodeFrame({ gatewayId, message: { kind: 'chunk', transferId: frames.transferId, offset, bytes: bytes.subarray(offset, offset + length) } });
    if (isWhole) frames.chunk = frame;
    return frame;
  }

  head(gatewayId: GatewayId, statement: string): Uint8Array {
    const known = this.#heads.get(gatewayId);
    if (known?.statement === statement) return known.frame;
    const frame = encodeFrame({ gatewayId, message: { kind: 'head', headStatement: statement } });
    this.#heads.set(gatewayId, { statement, frame });
    return frame;
  }

  /** The last session of the gateway has gone. */
  forget(gatewayId: GatewayId): void {
    this.#heads.delete(gatewayId);
  }

  #of(bytes: Uint8Array): TransferFrames {
    const known = this.#transfers.get(bytes);
    if (known !== undefined) return known;
    this.#made = this.#made === LARGEST_TRANSFER_ID ? 1 : this.#made + 1;
    const frames: TransferFrames = { transferId: this.#made, announcement: undefined, chunk: undefined };
    this.#transfers.set(bytes, frames);
    return frames;
  }
}
