/** The windows that a moment lies in, made anew only when one of them ends: requests meet the same objects. Of the plugins that limit. */
import type { CounterWindow } from '../plugins/plugin-services.ts';

export class CurrentWindows {
  readonly #windowsAt: readonly ((nowMs: number) => CounterWindow)[];
  #windows: readonly CounterWindow[] = [];
  #fromMs = Infinity;
  #untilMs = -Infinity;

  constructor(windowsAt: readonly ((nowMs: number) => CounterWindow)[]) {
    this.#windowsAt = windowsAt;
  }

  /** In the order given. */
  at(nowMs: number): readonly CounterWindow[] {
    if (nowMs >= this.#fromMs && nowMs < this.#untilMs) return this.#windows;
    this.#windows = this.#windowsAt.map((windowAt) => windowAt(nowMs));
    this.#fromMs = Math.max(...this.#windows.map(({ startMs }) => startMs));
    this.#untilMs = Math.min(...this.#windows.map(({ startMs, windowMs }) => startMs + windowMs));
    return this.#windows;
  }
}
