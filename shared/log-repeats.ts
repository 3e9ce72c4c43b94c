/**
 * Bounds how often one event is logged (R5): a fault that repeats thousands of times a second must not become the load, nor bury the line
 * that says why. The first ones are written, then one line with how many were left out; the first line of another problem under the same
 * event is always written, up to a bound. Part of createLogger (log.ts).
 */
import type { Clock } from './clock.ts';

export const REPEAT_WINDOW_MS = 10_000;
/** In one window. What is fatal is always written, and so is what somebody asked for by `debug` or `trace`. */
const MOST: Readonly<Record<number, number>> = { 30: 100, 40: 20, 50: 20 };
/** Names are literals in our sources, and of plugins: they do not grow without end. */
const MOST_NAMES = 5_000;
/** Of one event in one window, beyond the lines above: each has one line. */
const MOST_PROBLEMS = 100;

interface Window {
  readonly name: string;
  written: number;
  /** What its lines were about. */
  readonly problems: Set<string>;
  leftOut: number;
}

export type TellLeftOut = (event: string, leftOut: number) => void;

export class LogRepeats {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `problem`: what tells this line from others of the event. `tell` is called at the end of the window where lines were left out. */
  mayWrite(event: string, level: number, problem: () => string, tell: TellLeftOut): boolean {
    const most = MOST[level];
    if (most === undefined) return true;
    const key = `${level} ${event}`;
    const window = this.#windows.get(key) ?? this.#open(key, event, tell);
    const isOther = window.problems.size < MOST_PROBLEMS && window.problems.size < window.problems.add(problem()).size;
    if (isOther || window.written < most) {
      window.written += 1;
      return true;
    }
    window.leftOut += 1;
    return false;
  }

  #open(key: string, name: string, tell: TellLeftOut): Window {
    const window = { name, written: 0, leftOut: 0, problems: new Set<string>() };
    if (this.#windows.size >= MOST_NAMES) return window;
    this.#windows.set(key, window);
    this.#clock.after(REPEAT_WINDOW_MS, () => {
      this.#windows.delete(key);
      if (window.leftOut > 0) tell(name, window.leftOut);
    });
    return window;
  }
}
