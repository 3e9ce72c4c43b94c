/**
 * Another log level for a while: set by an operator, back by itself, both told in the log. One per process, which says how a level
 * is applied. Bounded, so that nobody's debugging fills a disk for days (R5).
 */
import type { Clock, TimerHandle } from './clock.ts';
import type { Logger, LogLevel } from './log.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type SwitchableLevel = (typeof LOG_LEVELS)[number];

/** Where no time is given, as in Kong. */
export const USUAL_LEVEL_SECONDS = 60;
export const LONGEST_LEVEL_SECONDS = 3_600;

/** Kong's names of levels that have another one here. */
const KONG_LEVELS: ReadonlyMap<string, SwitchableLevel> = new Map([['notice', 'info'], ['crit', 'fatal'], ['alert', 'fatal'], ['emerg', 'fatal']]);

/** In our words or Kong's; undefined where it is neither. */
export function parseLogLevel(text: string): SwitchableLevel | undefined {
  return LOG_LEVELS.find((level) => level === text) ?? KONG_LEVELS.get(text);
}

export interface LogLevelState {
  readonly level: LogLevel;
  /** That of the settings, which it goes back to. */
  readonly usual: LogLevel;
  /** Wall clock, milliseconds; undefined where it is the usual one. */
  readonly untilMs: number | undefined;
}

export class LogLevelSwitch {
  readonly #options: { readonly usual: LogLevel; readonly apply: (level: LogLevel) => void; readonly clock: Clock; readonly log: Logger };
  #state: LogLevelState;
  #timer: TimerHandle | undefined;

  constructor(options: { readonly usual: LogLevel; readonly apply: (level: LogLevel) => void; readonly clock: Clock; readonly log: Logger }) {
    this.#options = options;
    this.#state = { level: options.usual, usual: options.usual, untilMs: undefined };
  }

  get state(): LogLevelState {
    return this.#state;
  }

  /** For at most LONGEST_LEVEL_SECONDS; a later call takes the place of this one. `who` is for the log. */
  set(level: SwitchableLevel, forMs: number, who: string): void {
    const { clock } = this.#options;
    const boundMs = Math.min(Math.max(0, forMs), LONGEST_LEVEL_SECONDS * 1_000);
    this.#timer?.cancel();
    this.#timer = clock.after(boundMs, () => this.#back());
    this.#change({ ...this.#state, level, untilMs: clock.nowMs() + boundMs }, `log level ${level} for ${Math.round(boundMs / 1_000)} s, by ${who}`);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #back(): void {
    const { usual } = this.#state;
    this.#change({ level: usual, usual, untilMs: undefined }, `log level ${usual} again`);
  }

  /** Told while the level that shows more is in force. */
  #change(state: LogLevelState, text: string): void {
    const { log, apply } = this.#options;
    const tell = (): void => log.warn({ event: 'log-level', level: state.level, untilMs: state.untilMs }, text);
    const isQuieter = rank(state.level) > rank(this.#state.level);
    this.#state = state;
    if (isQuieter) tell();
    apply(state.level);
    if (!isQuieter) tell();
  }
}

function rank(level: LogLevel): number {
  return level === 'silent' ? LOG_LEVELS.length : LOG_LEVELS.indexOf(level);
}
