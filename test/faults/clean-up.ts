/** What must be undone however a fault's scene ends: in reverse order, once, also when one step fails or Ctrl-C comes. */
export class CleanUp {
  readonly #steps: (() => Promise<unknown> | void)[] = [];
  #running: Promise<readonly string[]> | undefined;

  add(step: () => Promise<unknown> | void): void {
    this.#steps.push(step);
  }

  /** Returns what could not be undone, in words. Idempotent. */
  run(): Promise<readonly string[]> {
    return (this.#running ??= this.#undo());
  }

  async #undo(): Promise<readonly string[]> {
    const problems: string[] = [];
    // One that is added while this goes on is undone too.
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (thrown) {
        problems.push(thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
    return problems;
  }
}
