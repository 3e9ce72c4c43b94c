/**
 * Whether a response is compressed for its client, and how (RFC 9110 §12.5.3). Pure: compress-response.ts does the work. A
 * response is left alone unless everything speaks for it, because a changed body is a changed representation.
 */
import type { BodyDelivery } from '../http1/head-writer.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { Exchange } from './exchange.ts';
import { qualityOf } from './generated-response.ts';

export type Coding = 'gzip' | 'br' | 'zstd';

export interface CompressionOptions {
  /** In order of preference among those that the client likes equally. */
  readonly codings: readonly Coding[];
  /** Bodies whose length is known and smaller go through as they are. */
  readonly minBytes: number;
  /** Media types, lower case, without parameters; `text/*` for all of a kind. */
  readonly types: readonly string[];
  /** 1 is fastest; gzip takes up to 9, br 11, zstd 19. */
  readonly levels: Readonly<Record<Coding, number>>;
}

/** Statuses without a body, or with a part of one. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 206, 304]);

/** What compresses well and is not compressed already. */
export const COMPRESSIBLE_TYPES: readonly string[] = [
  'text/*', 'application/json', 'application/*+json', 'application/xml', 'application/*+xml', 'application/javascript', 'application/graphql-response', 'application/x-ndjson',
  'application/manifest', 'application/wasm', 'image/svg+xml', 'font/ttf', 'font/otf',
];

export const DEFAULT_LEVELS: Readonly<Record<Coding, number>> = { gzip: 5, br: 4, zstd: 3 };

/** Compressed bodies at once, of one proxy; above it responses go through as they are. Each costs up to 1 MiB. */
const MAX_COMPRESSING = 256;
/** Types whose pieces are waited for. */
const LIVE_TYPES = /^(?:text\/event-stream|application\/x-ndjson)\b/i;

export interface CompressionPlan {
  /** Undefined where another client would have got another answer, so that `Vary` says so all the same. */
  readonly coding: Coding | undefined;
  readonly flushesPieces: boolean;
}

/** Undefined where the response does not depend on Accept-Encoding. `length` of its body; -1 where it is not known. */
export function planCompression(exchange: Exchange, options: CompressionOptions, head: ResponseHead, delivery: BodyDelivery, length = head.contentLength): CompressionPlan | undefined {
  if (exchange.responseEdits?.touches('content-encoding') === true || !isCompressible(options, head, exchange.status, length)) return undefined;
  const flushesPieces = LIVE_TYPES.test(head.value('content-type') ?? '') || head.value('x-accel-buffering')?.toLowerCase() === 'no' || exchange.route?.responseBuffering === false;
  const isPossible = delivery !== 'none' && delivery !== 'empty' && exchange.head.minor === 1 && exchange.core.counters.compressing < MAX_COMPRESSING && wantsItWhole(exchange);
  return { coding: isPossible ? chooseCoding(options, exchange.request.headerValues('accept-encoding')) : undefined, flushesPieces };
}

/** No part of it, and as it is (RFC 9111 §5.2.1.6). */
function wantsItWhole({ request }: Exchange): boolean {
  return request.header('range') === undefined && !saysNoTransform(request.headerValues('cache-control'));
}

function saysNoTransform(cacheControl: readonly string[]): boolean {
  return /(?:^|[\s,])no-transform(?:[\s,]|$)/i.test(cacheControl.join(','));
}

function isCompressible(options: CompressionOptions, head: ResponseHead, status: number, length: number): boolean {
  if (WITHOUT_CONTENT.has(status)) return false;
  if (head.value('content-encoding') !== undefined || head.value('content-range') !== undefined) return false;
  if (saysNoTransform(head.values('cache-control'))) return false;
  if (length !== -1 && length < options.minBytes) return false;
  const type = (head.value('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return options.types.some((pattern) => matchesType(pattern, type));
}

function matchesType(pattern: string, type: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === type;
  return type.length >= pattern.length && type.startsWith(pattern.slice(0, star)) && type.endsWith(pattern.slice(star + 1));
}

/** The coding that the client likes best among ours; undefined where it is best left as it is. */
export function chooseCoding(options: CompressionOptions, acceptEncoding: readonly string[]): Coding | undefined {
  const text = acceptEncoding.join(',');
  if (text === '' || text.length > 1_000) return undefined;
  const qualities = new Map<string, number>();
  for (const part of text.split(',')) {
    const [name = '', ...parameters] = part.split(';');
    qualities.set(name.trim().toLowerCase(), qualityOf(parameters));
  }
  let best: Coding | undefined;
  let bestQuality = 0;
  for (const coding of options.codings) {
    const quality = qualities.get(coding) ?? (coding === 'gzip' ? qualities.get('x-gzip') : undefined) ?? qualities.get('*') ?? 0;
    if (quality > bestQuality) {
      best = coding;
      bestQuality = quality;
    }
  }
  return bestQuality >= (qualities.get('identity') ?? 0) ? best : undefined;
}
