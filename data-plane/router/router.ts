/**
 * Finds the route of a request by the rules of Kong's default flavour and of its expressions, at a cost that does not grow with
 * the number of routes: hosts are looked up, paths walked down a tree, few candidates compared. Immutable; `draft` makes the
 * next one at the cost of its changes, so a request keeps the router it started with (R3). Built by compile.ts.
 *
 * What still costs by the number of routes: those that stand at the same place and differ only by what no index tells apart.
 * These are patterns with the same host and skeleton (`~/a/\d+`, `~/a/\w+`; plain-pattern.ts), header patterns (`~*`), methods,
 * and expressions without a part that says their place (expression-matcher.ts). They are tried one after the other, best
 * first, until one fits: 0.05 to 0.5 µs each.
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import { PersistentMap, type MapDraft } from '../config/persistent-map.ts';
import { matchersOfExpression } from './expression-matcher.ts';
import { matchersOfAttributes, type Matcher, type MatchersOfRoute, type RoutingAttributes } from './matcher.ts';
import { searchTree } from './path-tree.ts';
import { NO_NODE, TreeArena, type NodeAt } from './tree-arena.ts';
import { copyTree, TreeEditor } from './tree-editor.ts';
import { Search } from './search.ts';
import { wildcardKeys, wildcardShape } from './wildcard-keys.ts';

/** What was found. Made for each match, so that captures cost nothing until somebody asks. */
export class RouteHit {
  readonly routeId: string;
  /** How many characters of the path the prefix or the pattern matched; 0 where the route has no paths. */
  readonly matchedPathLength: number;
  readonly #path: string;
  readonly #pattern: { captures(path: string): ReadonlyMap<string, string> | undefined } | undefined;

  constructor(search: Search, matcher: Matcher) {
    const pathMatch = matcher.more?.condition?.pathMatch(search.fields);
    this.routeId = matcher.routeId;
    this.matchedPathLength = pathMatch?.length ?? search.matchedPathLength;
    this.#path = search.path;
    this.#pattern = pathMatch === undefined ? matcher.more?.pattern : pathMatch.pattern;
  }

  /** What the groups of the pattern caught, by number from 1 and by name; undefined where it has none. Worked out anew for each call, in some 2 µs: who asks keeps it. */
  captures(): ReadonlyMap<string, string> | undefined {
    return this.#pattern?.captures(this.#path);
  }
}

/** Hosts whose trees are remembered; beyond it all are forgotten (R5). */
const MAX_REMEMBERED_HOSTS = 16_384;
/** Longer hosts are not remembered, and match only routes without hosts. */
const MAX_REMEMBERED_LENGTH = 255;

/** By host as routes name them: `a.test`, `*.example.com`, `example.*`. */
type TreesByHost = PersistentMap<NodeAt>;
/** Of the hosts and server names with wildcards, among them maybe some that are gone. */
type Shapes = ReadonlySet<number>;

export class Router {
  readonly #arena: TreeArena;
  readonly #byHost: TreesByHost;
  readonly #anyHost: NodeAt;
  readonly #shapes: Shapes;
  readonly #remembered = new Map<string, readonly NodeAt[]>();

  /** Without arguments there are no routes; the arguments are for drafts. */
  constructor(arena = new TreeArena(), byHost: TreesByHost = new PersistentMap(), anyHost: NodeAt = NO_NODE, shapes: Shapes = new Set()) {
    this.#arena = arena;
    this.#byHost = byHost;
    this.#anyHost = anyHost;
    this.#shapes = shapes;
  }

  /** Undefined where no route matches. Whether the route serves the request's protocol is for the caller to see. */
  match(request: RequestView): RouteHit | undefined {
    const search = new Search(request, this.#shapes);
    for (const tree of this.#treesOf(request.host)) searchTree(this.#arena, tree, search);
    return search.best === undefined ? undefined : new RouteHit(search, search.best);
  }

  draft(): RouterDraft {
    return new RouterDraft(this, this.#arena, this.#byHost, this.#anyHost, this.#shapes);
  }

  /** The same routes in memory of their own, without what changes have left behind. Pauses after each piece of work. */
  *compacted(): Generator<void, Router> {
    const arena = new TreeArena();
    const byHost = new PersistentMap<NodeAt>().draft();
    for (const [host, tree] of this.#byHost.entries()) byHost.set(host, yield* copyTree(this.#arena, tree, arena));
    return new Router(arena, byHost.finish(), yield* copyTree(this.#arena, this.#anyHost, arena), this.#shapes);
  }

  /** Every tree with routes that take this host. */
  #treesOf(host: string): readonly NodeAt[] {
    const known = this.#remembered.get(host);
    if (known !== undefined) return known;
    const found = wildcardKeys(unbracketed(host), this.#shapes).map((key) => this.#byHost.get(key));
    const trees = [...found.filter((tree) => tree !== undefined), this.#anyHost];
    if (this.#remembered.size >= MAX_REMEMBERED_HOSTS) this.#remembered.clear();
    if (host.length <= MAX_REMEMBERED_LENGTH) this.#remembered.set(host, trees);
    return trees;
  }
}

/** Changes on top of a router. Not to be used after `finish`. */
export class RouterDraft {
  readonly #original: Router;
  readonly #arena: TreeArena;
  readonly #byHost: MapDraft<NodeAt>;
  readonly #editor: TreeEditor;
  #anyHost: NodeAt;
  #shapes: Shapes;
  #changed = false;
  #isWasteful = false;

  constructor(original: Router, arena: TreeArena, byHost: TreesByHost, anyHost: NodeAt, shapes: Shapes) {
    this.#original = original;
    this.#arena = arena;
    this.#byHost = byHost.draft();
    this.#anyHost = anyHost;
    this.#shapes = shapes;
    this.#editor = new TreeEditor(arena);
  }

  /** Adds a route that is not there. Returns what is wrong with it: the rest of it is matched all the same. */
  add(route: RoutingAttributes): string | undefined {
    const { matchers, problem } = matchersOf(route);
    for (const { place, matcher } of matchers) {
      this.#setTree(place.host, this.#editor.add(this.#treeOf(place.host), place, matcher));
      this.#noteShape(place.host ?? '');
      for (const serverName of matcher.more?.serverNames ?? []) this.#noteShape(serverName);
    }
    return problem;
  }

  /** Takes out a route as it was when it was added. */
  remove(route: RoutingAttributes): void {
    for (const { place, matcher } of matchersOf(route).matchers) this.#setTree(place.host, this.#editor.remove(this.#treeOf(place.host), place, matcher));
  }

  finish(): Router {
    if (!this.#changed) return this.#original;
    this.#isWasteful = this.#editor.finish();
    return new Router(this.#arena, this.#byHost.finish(), this.#anyHost, this.#shapes);
  }

  /** After `finish`: the router should be `compacted` before it is used, because most of its memory is nobody's or in no good order. */
  get isWasteful(): boolean {
    return this.#isWasteful;
  }

  #treeOf(host: string | undefined): NodeAt {
    return host === undefined ? this.#anyHost : (this.#byHost.get(host) ?? NO_NODE);
  }

  #setTree(host: string | undefined, tree: NodeAt): void {
    this.#changed = true;
    if (host === undefined) this.#anyHost = tree;
    else if (tree === NO_NODE) this.#byHost.delete(host);
    else this.#byHost.set(host, tree);
  }

  #noteShape(name: string): void {
    const shape = wildcardShape(name);
    if (shape !== 0 && !this.#shapes.has(shape)) this.#shapes = new Set([...this.#shapes, shape]);
  }
}

function matchersOf(route: RoutingAttributes): MatchersOfRoute {
  return route.expression === null ? matchersOfAttributes(route) : matchersOfExpression(route, route.expression);
}

/** `[::1]` as routes are kept: the brackets say nothing that the colons do not. */
function unbracketed(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
