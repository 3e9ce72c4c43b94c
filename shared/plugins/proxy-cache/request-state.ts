/** What the cache keeps of one request, from phase to phase. */
import type { RequestContext, RequestView } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import type { BodySoFar } from './body-so-far.ts';
import type { CacheKey } from './cache-key.ts';
import type { Place } from './cache-storage.ts';
import type { Flight } from './flights.ts';
import type { StorableHead } from './storable.ts';
import type { StoredResponse } from './stored-response.ts';

/** A response that is being stored while it passes. */
export interface Storing {
  readonly head: StorableHead;
  readonly status: number;
  readonly body: BodySoFar;
}

export class RequestState {
  /**
   * `passing`: the cache has nothing to do with the response, or answered from what it had. `fetching`: the response may be stored.
   * `refreshing`: likewise, and the client has its answer already. `answered`: it is known what becomes of the response.
   */
  step: 'passing' | 'fetching' | 'refreshing' | 'answered' = 'passing';
  place: RequestPlace | undefined;
  /** Of the client, when the key was made. */
  identity = '';
  /** What the upstream is asked about. */
  stale: StoredResponse | undefined;
  /** It was asked whether that is still good. */
  isConditional = false;
  /** Others wait for this request, or may. */
  flight: Flight | undefined;
  /** Until when this request waits for another one at most. */
  waitsUntilMs: number | undefined;
  storing: Storing | undefined;
  /** What of the room for bodies on their way into the cache is taken by its. */
  heldBytes = 0;
  /** It is being written to where it is kept. */
  isWriting = false;
  /** Made void where the request succeeds. */
  changedUri: string | undefined;
  /** The client has its answer, or went away; a refresh may go on. */
  isOver = false;
}

export class RequestPlace implements Place {
  readonly key: CacheKey;
  readonly request: RequestView;
  readonly requestId: string;
  /** The client showed that it is somebody whom the gateway knows. */
  readonly isIdentified: boolean;
  /** When it went upstream, as far as is known. */
  askedAtMs: number;
  text: string;
  readonly #services: PluginServices;
  #context: RequestContext | undefined;
  /** Made where it is needed: few responses vary. */
  #headers: Map<string, readonly string[]> | undefined;
  #cacheKey: string | undefined;

  constructor(key: CacheKey, context: RequestContext, services: PluginServices) {
    this.key = key;
    this.text = key.text;
    this.#context = context;
    this.request = context.request;
    this.requestId = context.requestId;
    this.isIdentified = context.credential !== undefined;
    this.askedAtMs = services.clock.monotonicMs();
    this.#services = services;
  }

  /** Not made before it is needed: a hit has that of what it found. */
  get cacheKey(): string {
    return (this.#cacheKey ??= this.#services.secrets.keyedHash(this.key.text));
  }

  header(lowerCaseName: string): readonly string[] {
    const known = this.#headers?.get(lowerCaseName);
    if (known !== undefined) return known;
    const values = this.#context?.upstreamHeaderValues(lowerCaseName) ?? [];
    (this.#headers ??= new Map()).set(lowerCaseName, values);
    return values;
  }

  /** Before the request ends while another goes on in its name, or what came of it is still to be stored: of what is asked for later there is nothing left. */
  keepHeaders(): void {
    if (this.#context === undefined) return;
    for (const name of ['host', ...this.#context.upstreamHeaderNames()]) this.header(name);
    this.#context = undefined;
  }
}
