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
import { EMPTY_TREE, isEmptyTree, searchTree, TreeEditor, type PathTree } from './path-tree.ts';

export interface RouteHit {
  readonly routeId: string;
  /** How many characters of the path the prefix or the pattern matched; 0 where the route has no paths. */
  readonly matchedPathLength: number;
}

/** Hosts whose trees are remembered; beyond it all are forgotten (R5). */
const MAX_REMEMBERED_HOSTS = 4_096;
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
  readonly #remembered = new Map<string, readonly PathTree[]>();

  constructor(hosts: HostIndex = { exact: new PersistentMap(), suffixes: new PersistentMap(), prefixes: new PersistentMap(), anyHost: EMPTY_TREE }) {
    this.#hosts = hosts;
  }

  /** Undefined where no route matches. Whether the route serves the request's protocol is for the caller to see. */
  match(request: RequestView): RouteHit | undefined {
    const search: Search = { request, best: undefined, matchedPathLength: 0 };
    for (const tree of this.#treesOf(request.host)) searchTree(tree, search);
    return search.best === undefined ? undefined : { routeId: search.best.routeId, matchedPathLength: search.matchedPathLength };
  }

  draft(): RouterDraft {
    return new RouterDraft(this, this.#hosts);
  }

  /** Every tree with routes that take this host. */
  #treesOf(host: string): readonly PathTree[] {
    const known = this.#remembered.get(host);
    if (known !== undefined) return known;
    const trees = host.length > MAX_HOST_LENGTH ? [this.#hosts.anyHost] : this.#findTrees(unbracketed(host));
    if (this.#remembered.size >= MAX_REMEMBERED_HOSTS) this.#remembered.clear();
    if (host.length <= MAX_HOST_LENGTH) this.#remembered.set(host, trees);
    return trees;
  }

  #findTrees(host: string): readonly PathTree[] {
    const { exact, suffixes, prefixes, anyHost } = this.#hosts;
    const found = [exact.get(host)];
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) found.push(suffixes.get(host.slice(dot)), prefixes.get(host.slice(0, dot + 1)));
    return [...found.filter((tree) => tree !== undefined), anyHost];
  }
}

/** Changes on top of a router. Not to be used after `finish`. */
export class RouterDraft {
  readonly #exact: MapDraft<PathTree>;
  readonly #suffixes: MapDraft<PathTree>;
  readonly #prefixes: MapDraft<PathTree>;
  readonly #original: Router;
  readonly #editor = new TreeEditor();
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
    for (const matcher of matchers) this.#change(route, matcher, (tree, own) => this.#editor.add(tree, own));
    return problem;
  }

  /** Takes out a route as it was when it was added. */
  remove(route: RoutingAttributes): void {
    for (const matcher of matchersOf(route).matchers) this.#change(route, matcher, (tree, own) => this.#editor.remove(tree, own));
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

/** `[::1]` as routes are kept: the brackets say nothing that the colons do not. */
function unbracketed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
