/** The memory of one proxy thread: `services.store`, which outlives changes of the config (R3) and is bounded by bytes (R5). */
import type { PluginServices, PluginStore } from '../plugin-services.ts';
import { variantPlace } from './cache-key.ts';
import { purgedName, variantNames, type CacheRecord, type CacheStorage, type Place, type VariesRecord } from './cache-storage.ts';
import { Invalidations } from './invalidations.ts';
import type { StoredResponse } from './stored-response.ts';

const MAX_ENTRIES = 1_000_000;
/** Of a record besides its texts and bytes, and of each header line: as measured, with the answer that a hit leaves behind. */
const RECORD_BYTES = 1_400;
const LINE_BYTES = 170;
const VARIES_KEPT_MS = 86_400_000;

interface Kept {
  /** In the store. */
  readonly text: string;
  readonly record: CacheRecord;
}

export class MemoryStorage implements CacheStorage {
  readonly #kept: PluginStore<Kept>;
  readonly #invalidations: Invalidations;

  constructor(services: PluginServices, maxBytes: number) {
    this.#kept = services.store('responses', { maxEntries: MAX_ENTRIES, maxBytes });
    this.#invalidations = new Invalidations(services);
  }

  find(place: Place): StoredResponse | undefined {
    const record = this.#recordAt(place);
    return record === undefined || this.#invalidations.concern(place.key.uri, record.lifetime.requestedAtMs) ? undefined : record;
  }

  #recordAt(place: Place): StoredResponse | undefined {
    place.text = place.key.text;
    const first = this.#kept.get(place.text)?.record;
    if (first?.kind !== 'varies') return first;
    place.text = variantPlace(place.key.text, first.nonce, first.names, (name) => place.header(name));
    const second = this.#kept.get(place.text)?.record;
    return second?.kind === 'response' ? second : undefined;
  }

  put(place: Place, names: readonly string[], response: StoredResponse): void {
    const { requestedAtMs } = response.lifetime;
    if (this.#invalidations.concern(place.key.uri, requestedAtMs) || this.#invalidations.concern(purgedName(place.cacheKey), requestedAtMs)) return;
    const first = this.#kept.get(place.key.text)?.record;
    const known = first?.kind === 'varies' ? first : undefined;
    const all = variantNames(known, names);
    if (all === undefined) return;
    if (all.length === 0) return this.#set(place.key.text, response, response.lifetime.keptMs);
    const varies: VariesRecord = known?.names === all ? known : { kind: 'varies', cacheKey: place.cacheKey, nonce: place.requestId, names: all };
    this.#set(place.key.text, varies, VARIES_KEPT_MS);
    this.#set(variantPlace(place.key.text, varies.nonce, all, (name) => place.header(name)), response, response.lifetime.keptMs);
  }

  #set(text: string, record: CacheRecord, ttlMs: number): void {
    this.#kept.set(text, { text, record }, { ttlMs, bytes: RECORD_BYTES + 2 * text.length + (record.kind === 'response' ? sizeOf(record) : 0) });
  }

  remove(place: Place): void {
    this.#kept.delete(place.text);
  }

  invalidate(uri: string): void {
    this.#invalidations.add(uri);
  }

  purge(cacheKey: string | undefined): void {
    if (cacheKey === undefined) {
      this.#kept.clear();
      return this.#invalidations.addAll();
    }
    this.#invalidations.add(purgedName(cacheKey));
    for (const { text, record } of [...this.#kept.values()]) if (record.cacheKey === cacheKey) this.#kept.delete(text);
  }
}

function sizeOf({ headers, body }: StoredResponse): number {
  let size = body.length;
  for (const [name, value] of headers) size += name.length + value.length + LINE_BYTES;
  return size;
}
