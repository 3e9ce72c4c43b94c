/** What a request allows to be answered with, given what is stored (RFC 9111 §4.2.4 and §5.2.1). */
import type { RequestView } from '../contract.ts';
import { parseDirectives, secondsOf, type CacheDirectives } from './cache-directives.ts';
import { ageMs, freshnessLeftMs, type Lifetime } from './stored-response.ts';

export type Wish =
  /** As it is. */
  | 'as-stored'
  /** As it is, and it is fetched anew meanwhile. */
  | 'stored-while-fetched'
  /** Only what the upstream says. */
  | 'fetched'
  /** Likewise, and nothing of it is to be stored. */
  | 'no-store';

export class RequestWishes {
  /** False: what clients say of caching counts for nothing, as in Kong. */
  readonly #counts: boolean;

  constructor(counts: boolean) {
    this.#counts = counts;
  }

  of(request: RequestView, stored: Lifetime | undefined, nowMs: number): Wish {
    const directives = this.#directivesOf(request);
    if (directives?.has('no-store') === true) return 'no-store';
    if (stored === undefined) return 'fetched';
    const leftMs = freshnessLeftMs(stored, nowMs);
    if (directives !== undefined) {
      if (directives.has('no-cache')) return 'fetched';
      const maxAge = secondsOf(directives, 'max-age');
      if (maxAge !== undefined && ageMs(stored, nowMs) > maxAge * 1_000) return 'fetched';
      const minFresh = secondsOf(directives, 'min-fresh');
      if (minFresh !== undefined && leftMs < minFresh * 1_000) return 'fetched';
      const maxStale = directives.get('max-stale');
      if (maxStale !== undefined && leftMs <= 0 && !stored.mustRevalidate && (maxStale === '' || -leftMs <= (secondsOf(directives, 'max-stale') ?? 0) * 1_000)) return 'as-stored';
    }
    if (leftMs > 0) return 'as-stored';
    return -leftMs < stored.staleWhileRevalidateMs ? 'stored-while-fetched' : 'fetched';
  }

  isOnlyIfCached(request: RequestView): boolean {
    return this.#directivesOf(request)?.has('only-if-cached') === true;
  }

  /** Undefined where it says nothing that counts. `Pragma: no-cache` of HTTP/1.0 clients counts where there is no Cache-Control. */
  #directivesOf(request: RequestView): CacheDirectives | undefined {
    if (!this.#counts) return undefined;
    if (request.header('cache-control') !== undefined) return parseDirectives(request.headerValues('cache-control'));
    return request.header('pragma') === undefined ? undefined : parseDirectives(request.headerValues('pragma'));
  }
}
