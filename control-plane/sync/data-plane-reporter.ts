/**
 * Writes what a session learns of its data plane to the store: one write at a time, what comes meanwhile merged into the
 * next, so that a slow database makes nothing queue. A failed write is kept and tried again. Used by session.ts.
 */
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { compareVersions } from '../../shared/model/version.ts';
import type { DataPlaneReport } from '../store/data-plane-store.ts';

export class DataPlaneReporter {
  readonly #write: (report: DataPlaneReport) => Promise<unknown>;
  readonly #log: Logger;
  #pending: DataPlaneReport | undefined;
  #writing: Promise<void> | undefined;

  constructor(write: (report: DataPlaneReport) => Promise<unknown>, log: Logger) {
    this.#write = write;
    this.#log = log;
  }

  /** Writes soon; never throws. */
  add(report: DataPlaneReport): void {
    this.#pending = mergeReports(this.#pending ?? {}, report);
    this.#writing ??= this.#run().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when nothing is being written; what failed stays for the next `add`. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #run(): Promise<void> {
    for (let report = this.#pending; report !== undefined; report = this.#pending) {
      this.#pending = undefined;
      try {
        await this.#write(report);
      } catch (thrown) {
        this.#pending = mergeReports(report, this.#pending ?? {});
        this.#log.warn({ event: 'data-plane-report-failed', reason: describeThrown(thrown) }, 'the state of a data plane could not be stored; tried again with its next report');
        return;
      }
    }
  }
}

/** The later word counts; what was applied since clears a rejection that was not written yet. */
export function mergeReports(earlier: DataPlaneReport, later: DataPlaneReport): DataPlaneReport {
  const { rejection, ...rest } = { ...earlier, ...later };
  const isOutlived = rejection !== undefined && later.rejection === undefined && later.applied !== undefined && compareVersions(rejection, later.applied.version) <= 0;
  return rejection === undefined || isOutlived ? rest : { ...rest, rejection };
}
