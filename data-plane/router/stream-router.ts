/**
 * Finds the route of a stream connection. Routes are looked up by server name, or by the port they are for; only those that say
 * neither (sources alone, destinations without a port, some expressions) are tried one after the other. Immutable like the router
 * for requests; built by compile.ts.
 */
import type { StreamView } from '../config/active-config.ts';
import { PersistentMap, type MapDraft } from '../config/persistent-map.ts';
import { inserted } from './ranked-list.ts';
import { compareStreamMatchers, streamFits, streamMatcherOf, UNKEYED, type StreamAttributes, type StreamMatcher } from './stream-matcher.ts';
import { wildcardKeys } from './wildcard-keys.ts';

/** A server name or wildcard, a port, or '' for what has neither. Best first. */
type MatchersByKey = PersistentMap<readonly StreamMatcher[]>;

export class StreamRouter {
  readonly #byKey: MatchersByKey;

  /** Without an argument there are no routes; the argument is for drafts. */
  constructor(byKey: MatchersByKey = new PersistentMap()) {
    this.#byKey = byKey;
  }

  /** The id of the route; undefined where none matches. */
  match(stream: StreamView): string | undefined {
    if (this.#byKey.size === 0) return undefined;
    const names = stream.serverName === undefined ? [] : wildcardKeys(stream.serverName);
    let best: StreamMatcher | undefined;
    for (const key of [...names, String(stream.destinationPort), UNKEYED]) {
      const found = this.#byKey.get(key)?.find((matcher) => streamFits(matcher, stream));
      if (found !== undefined && (best === undefined || compareStreamMatchers(found, best) < 0)) best = found;
    }
    return best?.routeId;
  }

  draft(): StreamRouterDraft {
    return new StreamRouterDraft(this, this.#byKey.draft());
  }
}

/** Changes on top of a router. Not to be used after `finish`. */
export class StreamRouterDraft {
  readonly #original: StreamRouter;
  readonly #byKey: MapDraft<readonly StreamMatcher[]>;

  constructor(original: StreamRouter, byKey: MapDraft<readonly StreamMatcher[]>) {
    this.#original = original;
    this.#byKey = byKey;
  }

  /** Adds a route that is not there. Returns what is wrong with it: what can be read of it is matched all the same. */
  add(route: StreamAttributes): string | undefined {
    const made = streamMatcherOf(route);
    if (made.kind === 'problem') return made.problem;
    for (const key of made.keys) this.#byKey.set(key, inserted(this.#byKey.get(key) ?? [], made.matcher, compareStreamMatchers));
    return made.problem;
  }

  /** Takes out a route as it was when it was added. */
  remove(route: StreamAttributes): void {
    const made = streamMatcherOf(route);
    if (made.kind === 'problem') return;
    for (const key of made.keys) {
      const rest = (this.#byKey.get(key) ?? []).filter(({ routeId }) => routeId !== route.id);
      if (rest.length === 0) this.#byKey.delete(key);
      else this.#byKey.set(key, rest);
    }
  }

  finish(): StreamRouter {
    const byKey = this.#byKey.finish();
    return this.#byKey.changed ? new StreamRouter(byKey) : this.#original;
  }
}
