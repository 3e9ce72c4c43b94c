/**
 * In which order the plugins of a request have their turn: by priority, and as their `ordering` says. Pure; used when a chain is
 * made (plugin-chains.ts), so requests pay nothing for it.
 */
import type { PublishedEntities } from '../../shared/model/registry.ts';

/** What an entity's `ordering` says: names of plugins. */
export interface PluginOrdering {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What an entity's `ordering` says; undefined where that is nothing. */
export function orderingOf({ ordering }: Pick<PublishedEntities['plugins'], 'ordering'>): PluginOrdering | undefined {
  const [before, after] = [ordering?.before?.access ?? [], ordering?.after?.access ?? []];
  return before.length + after.length === 0 ? undefined : { before, after };
}

export interface Orderable {
  readonly name: string;
  readonly priority: number;
  /** Undefined where its priority alone decides. */
  readonly ordering: PluginOrdering | undefined;
}

export type Ordered<T> =
  | { readonly kind: 'ordered'; readonly entries: readonly T[] }
  /** No order is possible. The names that stand in each other's way, sorted. */
  | { readonly kind: 'cycle'; readonly names: readonly string[] };

/** Descending priority, ties by descending name. */
export function byPriority(a: Orderable, b: Orderable): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return a.name === b.name ? 0 : a.name < b.name ? 1 : -1;
}

/**
 * The entries, whose names differ, so that everything that their ordering says holds; beyond that by priority. Who is to run
 * before another comes right before it, and who is to run after another waits for it: all others stay where they are. Names
 * of plugins that are not among the entries mean nothing. The same whatever the order of the input.
 */
export function orderPlugins<T extends Orderable>(entries: readonly T[]): Ordered<T> {
  const sorted = entries.toSorted(byPriority);
  if (sorted.every(({ ordering }) => ordering === undefined)) return { kind: 'ordered', entries: sorted };
  const waiting = sorted.map((entry, place) => ({ entry, place, turn: place, behind: new Set<string>() }));
  const byName = new Map(waiting.map((one) => [one.entry.name, one]));
  for (const { entry, behind } of waiting) {
    for (const name of entry.ordering?.before ?? []) byName.get(name)?.behind.add(entry.name);
    for (const name of entry.ordering?.after ?? []) if (byName.has(name)) behind.add(name);
  }
  // Who must come before another has the turn of that one; along chains of them as many rounds as there are links.
  for (let round = 0; round < waiting.length; round += 1) {
    for (const one of waiting) for (const name of one.entry.ordering?.before ?? []) one.turn = Math.min(one.turn, byName.get(name)?.turn ?? one.turn);
  }
  const done: T[] = [];
  const left = new Set(waiting);
  while (left.size > 0) {
    const free = [...left].filter(({ behind }) => behind.size === 0);
    const [next] = free.toSorted((a, b) => a.turn - b.turn || a.place - b.place);
    if (next === undefined) return { kind: 'cycle', names: cyclic([...left].map(({ entry, behind }) => [entry.name, behind])) };
    left.delete(next);
    for (const { behind } of left) behind.delete(next.entry.name);
    done.push(next.entry);
  }
  return { kind: 'ordered', entries: done };
}

/** Of those that wait for each other, the ones that others of them wait for; the rest only stand behind the cycle. */
function cyclic(waiting: readonly (readonly [name: string, behind: ReadonlySet<string>])[]): readonly string[] {
  let names = waiting;
  for (;;) {
    const needed = names.filter(([name]) => names.some(([, behind]) => behind.has(name)));
    if (needed.length === names.length) return needed.map(([name]) => name).toSorted();
    names = needed;
  }
}
