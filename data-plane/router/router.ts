/**
 * Finds the route of a request by the rules of Kong's default flavour, at a cost that does not grow with the number of
 * routes: hosts are looked up, paths walked down a tree, few candidates compared. Immutable; `draft` makes the next one
 * at the cost of its changes, so a request keeps the router it started with (R3). Built by compile.ts.
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import { PersistentMap, type MapDraft } from '../config/persistent-map.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import { matchersOf, type Matcher, type RoutingAttributes } from './matcher.ts';
import type { Search } from './matcher-set.ts';
import { EMPTY_TREE, isEmptyTree, searchTree, withoutPath, withPath, type PathTree } from './path-tree.ts';

export interface RouteHit {
  readonly routeId: string;
  /** How many characters of the path the prefix or the pattern matched; 0 where the route has no paths. */
  readonly matchedPathLength: number;
}

/** Longer than any name in the DNS: such a host can only match routes without hosts. */
const MAX_HOST_LENGTH = 255;

type TreesByHost = PersistentMap<PathTree>;

interface HostIndex {
  readonly exact: TreesByHost;
  /** `*.example.com` under `.example.com`. */
  readonly suffixes: TreesByHost;
  /** `example.*` under `example.`. */
  readonly prefixes: TreesByHost;
  readonly anyHost: PathTree;
}

export class Router {
  readonly #hosts: HostIndex;

  constructor(hosts: HostIndex = { exact: new PersistentMap(), suffixes: new PersistentMap(), prefixes: new PersistentMap(), anyHost: EMPTY_TREE }) {
    this.#hosts = hosts;
  }

  /** Undefined where no route matches. Whether the route serves the request's protocol is for the caller to see. */
  match(request: RequestView): RouteHit | undefined {
    const search: Search = { request, best: undefined, matchedPathLength: 0 };
    const host = unbracketed(request.host);
    if (host !== '' && host.length <= MAX_HOST_LENGTH) this.#searchHosts(host, search);
    searchTree(this.#hosts.anyHost, search);
    return search.best === undefined ? undefined : { routeId: search.best.routeId, matchedPathLength: search.matchedPathLength };
  }

  draft(): RouterDraft {
    return new RouterDraft(this, this.#hosts);
  }

  #searchHosts(host: string, search: Search): void {
    const { exact, suffixes, prefixes } = this.#hosts;
    searchHost(exact, host, search);
    if (suffixes.size === 0 && prefixes.size === 0) return;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      if (suffixes.size > 0) searchHost(suffixes, host.slice(dot), search);
      if (prefixes.size > 0) searchHost(prefixes, host.slice(0, dot + 1), search);
    }
  }
}

/** Changes on top of a router. Not to be used after `finish`. */
export class RouterDraft {
  readonly #exact: MapDraft<PathTree>;
  readonly #suffixes: MapDraft<PathTree>;
  readonly #prefixes: MapDraft<PathTree>;
  readonly #original: Router;
  #anyHost: PathTree;
  #changed = false;

  constructor(original: Router, hosts: HostIndex) {
    this.#original = original;
    this.#exact = hosts.exact.draft();
    this.#suffixes = hosts.suffixes.draft();
    this.#prefixes = hosts.prefixes.draft();
    this.#anyHost = hosts.anyHost;
  }

  /** Adds a route that is not there. Returns what is wrong with it: the rest of it is matched all the same. */
  add(route: RoutingAttributes): string | undefined {
    const { matchers, problem } = matchersOf(route);
    for (const matcher of matchers) this.#change(route, matcher, withPath);
    return problem;
  }

  /** Takes out a route as it was when it was added. */
  remove(route: RoutingAttributes): void {
    for (const matcher of matchersOf(route).matchers) this.#change(route, matcher, withoutPath);
  }

  finish(): Router {
    if (!this.#changed) return this.#original;
    return new Router({ exact: this.#exact.finish(), suffixes: this.#suffixes.finish(), prefixes: this.#prefixes.finish(), anyHost: this.#anyHost });
  }

  #change(route: RoutingAttributes, matcher: Matcher, change: (tree: PathTree, matcher: Matcher) => PathTree): void {
    this.#changed = true;
    const hosts = route.hosts ?? [];
    if (hosts.length === 0) this.#anyHost = change(this.#anyHost, matcher);
    for (const text of hosts) {
      const { host, port } = splitPort(text.toLowerCase()) ?? { host: text.toLowerCase() };
      const [trees, key] = host.startsWith('*') ? [this.#suffixes, host.slice(1)] : host.endsWith('*') ? [this.#prefixes, host.slice(0, -1)] : [this.#exact, host];
      const tree = change(trees.get(key) ?? EMPTY_TREE, port === undefined ? matcher : { ...matcher, port });
      if (isEmptyTree(tree)) trees.delete(key);
      else trees.set(key, tree);
    }
  }
}

function searchHost(trees: TreesByHost, key: string, search: Search): void {
  const tree = trees.get(key);
  if (tree !== undefined) searchTree(tree, search);
}

/** `[::1]` as routes are kept: the brackets say nothing that the colons do not. */
function unbracketed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
