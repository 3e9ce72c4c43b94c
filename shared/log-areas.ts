/**
 * The areas of a process's log, each with a level of its own: whoever hunts a fault in `sync` need not read what the rest says at
 * `debug`. Made once per process or thread; log-level-switch.ts changes levels at run time. Lines carry their area as `area`.
 */
import type { Logger, LogLevel } from './log.ts';

/** What people name in HOLDFAST_LOG_LEVELS and at the log-level routes. Not every process has all of them. */
export const LOG_AREAS = ['admin', 'alarms', 'audit', 'config', 'keys', 'listeners', 'plugins', 'proxy', 'publish', 'store', 'sync', 'telemetry', 'vaults'] as const;
export type LogArea = (typeof LOG_AREAS)[number];

export function parseLogArea(text: string): LogArea | undefined {
  return LOG_AREAS.find((area) => area === text);
}

export interface LevelsInForce {
  /** Of what belongs to no area, and of areas that are not named. */
  readonly level: LogLevel;
  readonly areas: Readonly<Partial<Record<LogArea, LogLevel>>>;
}

/** From the settings, which were checked when they were parsed. */
export function usualLevels(level: LogLevel, areas: ReadonlyMap<string, string>, levels: readonly LogLevel[]): LevelsInForce {
  const named = LOG_AREAS.flatMap((area) => {
    const wanted = levels.find((one) => one === areas.get(area));
    return wanted === undefined ? [] : [[area, wanted] as const];
  });
  return { level, areas: Object.fromEntries(named) };
}

export class LogAreas {
  readonly #root: Logger;
  readonly #loggers = new Map<LogArea, Logger>();
  #levels: LevelsInForce;

  /** `root` has the level that it was made with until `apply`. */
  constructor(root: Logger, levels: LevelsInForce) {
    this.#root = root;
    this.#levels = levels;
  }

  /** The same logger each time. */
  of(area: LogArea): Logger {
    const known = this.#loggers.get(area);
    if (known !== undefined) return known;
    const own = this.#levels.areas[area];
    const logger = this.#root.child({ area }, own === undefined ? {} : { level: own });
    this.#loggers.set(area, logger);
    return logger;
  }

  apply(levels: LevelsInForce): void {
    this.#levels = levels;
    this.#root.level = levels.level;
    for (const [area, logger] of this.#loggers) logger.level = levels.areas[area] ?? levels.level;
  }
}
