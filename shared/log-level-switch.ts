/**
 * Other log levels for a while, of the whole process or of one area: set by an operator, back by itself, both told in the log. One per
 * process, which says how levels are applied. Bounded, so that nobody's debugging fills a disk for days (R5).
 */
import type { Clock, TimerHandle } from './clock.ts';
import type { Logger, LogLevel } from './log.ts';
import { LOG_AREAS, type LevelsInForce, type LogArea } from './log-areas.ts';

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

export interface LogLevelSwitchOptions {
  readonly usual: LevelsInForce;
  readonly apply: (levels: LevelsInForce) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Switched {
  readonly level: SwitchableLevel;
  readonly untilMs: number;
  readonly timer: TimerHandle;
}

export class LogLevelSwitch {
  readonly #options: LogLevelSwitchOptions;
  /** By area; undefined: of everything, which counts where an area has none of its own. */
  readonly #switched = new Map<LogArea | undefined, Switched>();

  constructor(options: LogLevelSwitchOptions) {
    this.#options = options;
  }

  /** Of what belongs to no area. */
  get state(): LogLevelState {
    const { usual } = this.#options;
    const all = this.#switched.get(undefined);
    return { level: all?.level ?? usual.level, usual: usual.level, untilMs: all?.untilMs };
  }

  /** Of the areas that have a level of their own, by the settings or for now. */
  get areas(): readonly (LogLevelState & { readonly area: LogArea })[] {
    const { usual } = this.#options;
    return LOG_AREAS.flatMap((area) => {
      const usualLevel = usual.areas[area];
      const own = this.#switched.get(area);
      if (usualLevel === undefined && own === undefined) return [];
      const inForce = own ?? this.#switched.get(undefined);
      return [{ area, level: inForce?.level ?? usualLevel ?? usual.level, usual: usualLevel ?? usual.level, untilMs: inForce?.untilMs }];
    });
  }

  /** For at most LONGEST_LEVEL_SECONDS; a later call for the same takes the place of this one. `who` is for the log. */
  set(level: SwitchableLevel, forMs: number, who: string, area?: LogArea): void {
    const { clock } = this.#options;
    const boundMs = Math.min(Math.max(0, forMs), LONGEST_LEVEL_SECONDS * 1_000);
    this.#switched.get(area)?.timer.cancel();
    const before = this.#levelOf(area);
    this.#switched.set(area, { level, untilMs: clock.nowMs() + boundMs, timer: clock.after(boundMs, () => this.#back(area)) });
    this.#change(area, before, `log level ${level}${of(area)} for ${Math.round(boundMs / 1_000)} s, by ${who}`);
  }

  stop(): void {
    for (const { timer } of this.#switched.values()) timer.cancel();
  }

  #back(area: LogArea | undefined): void {
    const before = this.#levelOf(area);
    this.#switched.delete(area);
    this.#change(area, before, `log level ${this.#levelOf(area)}${of(area)} again`);
  }

  #levelOf(area: LogArea | undefined): LogLevel {
    const { usual } = this.#options;
    return (this.#switched.get(area) ?? this.#switched.get(undefined))?.level ?? (area === undefined ? undefined : usual.areas[area]) ?? usual.level;
  }

  /** Told while the level that shows more is in force. */
  #change(area: LogArea | undefined, before: LogLevel, text: string): void {
    const { log, apply } = this.#options;
    const level = this.#levelOf(area);
    const tell = (): void => log.warn({ event: 'log-level', level, ofArea: area, untilMs: this.#switched.get(area)?.untilMs }, text);
    const isQuieter = rank(level) > rank(before);
    if (isQuieter) tell();
    apply({ level: this.#levelOf(undefined), areas: Object.fromEntries(this.areas.map((state) => [state.area, state.level])) });
    if (!isQuieter) tell();
  }
}

function of(area: LogArea | undefined): string {
  return area === undefined ? '' : ` of ${area}`;
}

function rank(level: LogLevel): number {
  return level === 'silent' ? LOG_LEVELS.length : LOG_LEVELS.indexOf(level);
}

/** For people and programs who ask: JSON. */
export function describeLevels({ state, areas }: LogLevelSwitch): DescribedLevels {
  return { ...described(state), areas: Object.fromEntries(areas.map((one) => [one.area, described(one)])) };
}

type DescribedLevel = Readonly<Record<'level' | 'usual_level', string>> & { readonly until: string | null };
type DescribedLevels = DescribedLevel & { readonly areas: Readonly<Record<string, DescribedLevel>> };

function described({ level, usual, untilMs }: LogLevelState): DescribedLevel {
  return { level, usual_level: usual, until: untilMs === undefined ? null : new Date(untilMs).toISOString() };
}
