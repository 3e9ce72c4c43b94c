/**
 * Puts batches of telemetry that come at once into few transactions: while one of a tenant runs, those that come wait and share the next.
 * Old ones (after an outage) wait apart, go one transaction at a time, and rest for as long as it took, so that what is measured now
 * stays quick however much is told late. Resolves when the batch is committed; used by ingest.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';

export interface GroupCommitOptions<Item, Result> {
  /** Commits all of them, or throws and has committed none. */
  readonly store: (group: string, items: readonly Item[]) => Promise<readonly Result[]>;
  /** How much of a transaction an item is. */
  readonly rowsOf: (item: Item) => number;
  /** Items of one kind share transactions: their tenant. */
  readonly groupOf: (item: Item) => string;
  readonly isOld: (item: Item) => boolean;
  readonly clock: Clock;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Of one transaction, by what its items say; a single item may be more. */
const MAXIMUM_ROWS = 10_000;
const MAXIMUM_ITEMS = 200;
/** Of a transaction of old items: what a live one may have to wait for. */
const MAXIMUM_OLD_ROWS = 2_000;
/** Groups whose transactions run at once: the pool has connections for others too. */
const LANES = 3;

export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  /** Of each group, in the order in which they came; a group that had its turn goes to the end. */
  readonly #live = new Map<string, Waiting<Item, Result>[]>();
  readonly #old = new Map<string, Waiting<Item, Result>[]>();
  readonly #busy = new Set<string>();
  #oldRests = false;
  #waiting = 0;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  /** Items that are not committed yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the item is committed; what `store` throws of it alone is thrown. */
  async add(item: Item): Promise<Result> {
    const { groupOf, isOld } = this.#options;
    const group = groupOf(item);
    const line = isOld(item) ? this.#old : this.#live;
    this.#waiting += 1;
    try {
      return await new Promise<Result>((resolve, reject) => {
        const waiting = line.get(group);
        if (waiting === undefined) line.set(group, [{ item, resolve, reject }]);
        else waiting.push({ item, resolve, reject });
        this.#start();
      });
    } finally {
      this.#waiting -= 1;
    }
  }

  #start(): void {
    for (const group of this.#live.keys()) {
      if (this.#busy.size >= LANES) break;
      if (!this.#busy.has(group)) void this.#run(group);
    }
    const [oldGroup] = this.#old.keys();
    if (oldGroup !== undefined && !this.#oldRests) void this.#runOld(oldGroup);
  }

  async #run(group: string): Promise<void> {
    this.#busy.add(group);
    await this.#commit(group, take(this.#live, group, MAXIMUM_ROWS, this.#options.rowsOf));
    this.#busy.delete(group);
    this.#start();
  }

  async #runOld(group: string): Promise<void> {
    const { clock, rowsOf } = this.#options;
    this.#oldRests = true;
    const begunMs = clock.monotonicMs();
    await this.#commit(group, take(this.#old, group, MAXIMUM_OLD_ROWS, rowsOf));
    const rest = (): void => {
      this.#oldRests = false;
      this.#start();
    };
    // With nothing live about there is nobody to spare.
    if (this.#live.size === 0 && this.#busy.size === 0) rest();
    else clock.after(clock.monotonicMs() - begunMs, rest);
  }

  /** Where a group fails for what stands in it, its halves are tried: only the wrong one is refused, after a few transactions. Never throws. */
  async #commit(group: string, items: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.store(group, items.map(({ item }) => item));
      for (const [index, result] of results.entries()) items[index]?.resolve(result);
    } catch (thrown) {
      const isAbsence = thrown instanceof HoldfastError && thrown.retryable;
      if (items.length === 1 || isAbsence) {
        for (const { reject } of items) reject(thrown);
        return;
      }
      const half = items.length >> 1;
      await this.#commit(group, items.slice(0, half));
      await this.#commit(group, items.slice(half));
    }
  }
}

/** The first of a group, up to a bound of rows, at least one; what is left of it goes to the end. */
function take<Item, Result>(line: Map<string, Waiting<Item, Result>[]>, group: string, maximumRows: number, rowsOf: (item: Item) => number): readonly Waiting<Item, Result>[] {
  const waiting = line.get(group) ?? [];
  line.delete(group);
  let rows = 0;
  let count = 0;
  for (const { item } of waiting) {
    rows += rowsOf(item);
    if (count > 0 && (rows > maximumRows || count >= MAXIMUM_ITEMS)) break;
    count += 1;
  }
  if (count < waiting.length) line.set(group, waiting.slice(count));
  return waiting.slice(0, count);
}
