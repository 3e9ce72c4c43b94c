/**
 * What of a configuration cannot be used, and why (S6). Immutable like the tables; kept apart from them because an entity
 * may be here without being readable. Built by compile.ts, reported to the control plane, asked by runtime-routes.ts.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { Quarantined, QuarantineCode } from './compile-contract.ts';
import type { Published } from './config-tables.ts';
import { PersistentMap, type MapDraft } from './persistent-map.ts';

/** Of several problems of one entity the first of these is told: whichever was found first, so that a delta tells what a snapshot tells. */
const PRECEDENCE: Readonly<Record<QuarantineCode, number>> = {
  CONFIG_KIND_UNKNOWN: 0,
  CONFIG_ENTITY_UNREADABLE: 1,
  CONFIG_CONTENT_KEY_MISSING: 2,
  CONFIG_VAULT_UNRESOLVED: 3,
  CONFIG_VAULT_VALUE_INVALID: 4,
  CONFIG_PROTOCOL_UNSUPPORTED: 5,
  CONFIG_ROUTE_UNMATCHABLE: 6,
  CONFIG_TARGET_INVALID: 7,
  CONFIG_CERTIFICATE_UNUSABLE: 8,
  CONFIG_PLUGIN_UNKNOWN: 9,
  CONFIG_PLUGIN_SECRET_UNOPENED: 10,
  CONFIG_PLUGIN_FAILED: 11,
  CONFIG_REFERENCE_DANGLING: 12,
  CONFIG_PLUGIN_OUT_OF_PLACE: 13,
  CONFIG_PLUGIN_ORDER_CYCLE: 14,
};

/** Of how many entities is told at most (R5): as many as a frame of the session carries. */
const MOST_TOLD = 1_000;

/** The problems of one entity, by precedence; never empty. */
type Problems = readonly [Quarantined, ...Quarantined[]];

export class QuarantineList {
  readonly #entries: PersistentMap<Problems>;
  #told: readonly Quarantined[] | undefined;

  /** Without an argument the empty list; the argument is for drafts. */
  constructor(entries: PersistentMap<Problems> = new PersistentMap()) {
    this.#entries = entries;
  }

  /** One for each entity, MOST_TOLD at most: causes first and then what depends on others, each by kind and id. The same list each time. */
  told(): readonly Quarantined[] {
    if (this.#told !== undefined) return this.#told;
    const [causes, dependants]: [string[], string[]] = [[], []];
    for (const [key, [first]] of this.#entries.entries()) (first.code === 'CONFIG_REFERENCE_DANGLING' ? dependants : causes).push(key);
    const keys = [...causes.toSorted(), ...dependants.toSorted()].slice(0, MOST_TOLD);
    return (this.#told = keys.flatMap((key) => this.#entries.get(key)?.[0] ?? []));
  }

  get(kind: EntityKind, id: string): Quarantined | undefined {
    return this.#entries.get(keyOf(kind, id))?.[0];
  }

  /** The code with which a route answers 503: its own, or that of its service. */
  codeOf(route: Published<'routes'>): QuarantineCode | undefined {
    const own = this.get('routes', route.id);
    const service = route.service === null ? undefined : this.get('services', route.service.id);
    return (own ?? service)?.code;
  }

  draft(): QuarantineDraft {
    return new QuarantineDraft(this, this.#entries.draft());
  }
}

/** Changes on top of a list; one problem of a code per entity, the first reason stays. */
export class QuarantineDraft {
  readonly #original: QuarantineList;
  readonly #entries: MapDraft<Problems>;

  constructor(original: QuarantineList, entries: MapDraft<Problems>) {
    this.#original = original;
    this.#entries = entries;
  }

  get(kind: EntityKind, id: string): Quarantined | undefined {
    return this.#entries.get(keyOf(kind, id))?.[0];
  }

  add(entry: Quarantined): void {
    const key = keyOf(entry.kind, entry.id);
    const known = this.#entries.get(key);
    if (known?.some(({ code }) => code === entry.code) === true) return;
    const [first = entry, ...others] = [entry, ...(known ?? [])].toSorted((a, b) => PRECEDENCE[a.code] - PRECEDENCE[b.code]);
    this.#entries.set(key, [first, ...others]);
  }

  /** What is known about the entity no longer holds: it was put or deleted. */
  clear(kind: string, id: string): void {
    // Mostly there is nothing, and a snapshot asks for each of its entities.
    if (this.#entries.size === 0) return;
    this.#entries.delete(keyOf(kind, id));
  }

  /** One of its problems is no more: what it lacked is there. */
  clearOf(kind: EntityKind, id: string, code: QuarantineCode): void {
    if (this.#entries.size === 0) return;
    const known = this.#entries.get(keyOf(kind, id));
    if (known === undefined || !known.some((entry) => entry.code === code)) return;
    const [first, ...others] = known.filter((entry) => entry.code !== code);
    if (first === undefined) this.#entries.delete(keyOf(kind, id));
    else this.#entries.set(keyOf(kind, id), [first, ...others]);
  }

  /** The list with the changes; the original itself where there were none. */
  finish(): QuarantineList {
    const entries = this.#entries.finish();
    return this.#entries.changed ? new QuarantineList(entries) : this.#original;
  }
}

function keyOf(kind: string, id: string): string {
  return `${kind}/${id}`;
}
