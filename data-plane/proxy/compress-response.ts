/**
 * Compresses one response body as it comes, with bounded memory both ways: what a client does not take stops the compressor,
 * and a full compressor says so. Made by the relay of a response that compression-choice.ts chose a coding for. The work itself
 * is done by Node's thread pool.
 */
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import type { Coding } from './compression-choice.ts';

export interface CompressorEvents {
  /** Compressed bytes; the memory is the receiver's. */
  bytes(chunk: Buffer): void;
  /** It takes more again, after `isFull`. */
  drained(): void;
  /** All bytes were given. */
  ended(): void;
  /** Nothing more will come, and something is missing. Also where one of the other events threw. */
  failed(thrown: unknown): void;
}

/** Windows that keep one response below 1 MiB of memory; larger ones hardly pay for what is sent over HTTP. */
const BROTLI_WINDOW_BITS = 18;
const ZSTD_WINDOW_BITS = 18;

export class ResponseCompressor {
  readonly #transform: ReturnType<typeof createTransform>;
  #isOver = false;

  /** With `flushesPieces` every piece that is written can be decompressed at once (server-sent events). */
  constructor(coding: Coding, level: number, flushesPieces: boolean, events: CompressorEvents) {
    const transform = createTransform(coding, level, flushesPieces);
    this.#transform = transform;
    const guarded = (step: () => void): void => {
      if (this.#isOver) return;
      try {
        step();
      } catch (thrown) {
        this.destroy();
        events.failed(thrown);
      }
    };
    transform.on('data', (chunk: Buffer) => guarded(() => events.bytes(chunk)));
    transform.on('drain', () => guarded(() => events.drained()));
    transform.on('end', () => guarded(() => events.ended()));
    transform.on('error', (error) => guarded(() => {
      throw error;
    }));
  }

  /** More should wait for `drained`. */
  get isFull(): boolean {
    return this.#transform.writableNeedDrain;
  }

  /** The bytes must be the compressor's. */
  write(bytes: Buffer): void {
    if (bytes.length > 0) this.#transform.write(bytes);
  }

  end(): void {
    this.#transform.end();
  }

  pause(): void {
    this.#transform.pause();
  }

  resume(): void {
    this.#transform.resume();
  }

  /** Nothing is heard of it any more. */
  destroy(): void {
    this.#isOver = true;
    this.#transform.destroy();
  }
}

function createTransform(coding: Coding, level: number, flushesPieces: boolean): ReturnType<typeof createGzip | typeof createBrotliCompress | typeof createZstdCompress> {
  switch (coding) {
    case 'gzip':
      return createGzip({ level, flush: flushesPieces ? constants.Z_SYNC_FLUSH : constants.Z_NO_FLUSH });
    case 'br':
      return createBrotliCompress({
        flush: flushesPieces ? constants.BROTLI_OPERATION_FLUSH : constants.BROTLI_OPERATION_PROCESS,
        params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS },
      });
    case 'zstd':
      return createZstdCompress({
        flush: flushesPieces ? constants.ZSTD_e_flush : constants.ZSTD_e_continue,
        params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_BITS },
      });
  }
}
