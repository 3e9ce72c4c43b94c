/** Where responses are kept. What a place holds is a response, or says by which request headers the responses for its key differ. */
import type { CacheKey } from './cache-key.ts';
import type { StoredResponse } from './stored-response.ts';

/** The variants stand under the key, the nonce and the values of these headers. When the record is gone, no variant is found any more. */
export interface VariesRecord {
  readonly kind: 'varies';
  readonly cacheKey: string;
  readonly nonce: string;
  /** Lower case, sorted. */
  readonly names: readonly string[];
}

export type CacheRecord = StoredResponse | VariesRecord;

/** One request's way into the cache. */
export interface Place {
  readonly key: CacheKey;
  /** X-Cache-Key; also what it is called in a store that others can read. */
  readonly cacheKey: string;
  readonly requestId: string;
  /** Milliseconds of the clock that never goes back. */
  readonly askedAtMs: number;
  /** Under which a response to the request is kept, as far as is known before there is one. */
  text: string;
  /** What goes upstream under that name, one value per line. */
  header(lowerCaseName: string): readonly string[];
  /** To be called before `header` is asked for when the request may be over. */
  keepHeaders(): void;
}

/** `unavailable`: whether there is a response is not known, because where they are kept can't be asked. */
export type Found = StoredResponse | 'unavailable' | undefined;

export interface CacheStorage {
  /** Also says where the place is. What was stored before its URI was changed, or the cache purged, is not there. */
  find(place: Place): Found | Promise<Found>;
  /** `names`: lower-case names in the response's Vary. What can't be written is left out. A promise is resolved once others can find it, or it is known that they can't. */
  put(place: Place, names: readonly string[], response: StoredResponse): void | Promise<void>;
  remove(place: Place): void;
  /** All responses for that URI, whoever they are for. */
  invalidate(uri: string): void;
  /** All with that X-Cache-Key, or all. */
  purge(cacheKey: string | undefined): void;
}

/** Among them what one response names and what others did. */
const MOST_NAMES = 32;

/** The names under which variants are to stand: no fewer than before, so that what was told apart stays so. Undefined where they would be too many (R5). */
export function variantNames(known: VariesRecord | undefined, names: readonly string[]): readonly string[] | undefined {
  if (known === undefined || names.every((name) => known.names.includes(name))) return known?.names ?? names;
  const all = [...new Set([...known.names, ...names])].toSorted();
  return all.length > MOST_NAMES ? undefined : all;
}

/** Of a key, among the URIs that are void. */
export function purgedName(cacheKey: string): string {
  return `key ${cacheKey}`;
}
