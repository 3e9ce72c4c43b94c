/**
 * Handles what comes one after another, and of what comes meanwhile only the newest: never a queue, however much is sent (R5).
 * For frames each of which makes the ones before it of no use. Used by the sync client.
 */
export class NewestOnly<T> {
  readonly #handle: (item: T) => Promise<void>;
  readonly #failed: (thrown: unknown) => void;
  #next: { readonly item: T } | undefined;
  #isBusy = false;

  /** `failed`: told where handling one rejects; the next has its turn all the same. */
  constructor(handle: (item: T) => Promise<void>, failed: (thrown: unknown) => void) {
    this.#handle = handle;
    this.#failed = failed;
  }

  take(item: T): void {
    this.#next = { item };
    if (!this.#isBusy) void this.#handleAll();
  }

  async #handleAll(): Promise<void> {
    this.#isBusy = true;
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.#next = undefined;
      await this.#handle(next.item).catch(this.#failed);
    }
    this.#isBusy = false;
  }
}
