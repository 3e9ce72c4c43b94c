/**
 * The tables of one proxy thread, seen from the agent: those it counts into now, and those before that were not folded for the last
 * time. A thread that is gone leaves them as they are, so nothing that it counted is lost (T3).
 */
import type { FoldedCounts } from './folded-counts.ts';
import { LatencyReader, NO_VALUE } from './latency-log.ts';
import { RouteVersionReader } from './route-version-table.ts';
import { TargetReader, type TargetKey } from './target-table.ts';
import { UsageReader, type NamedUsageKey } from './usage-table.ts';
import { VersionReader } from './version-table.ts';

/** In an entry of the latency log: this is an attempt at a target, not a request. */
export const TARGET_MARK = 0x80_00_00_00;
export const LATENCY_DROPS = 'latencies';

/** What a thread counts into from now on. */
export interface TelemetryTable {
  readonly of: 'usage' | 'versions' | 'targets' | 'route-versions' | 'latencies';
  readonly memory: SharedArrayBuffer;
}

export class ThreadTables {
  /** Of each, the one in use last. */
  #usage: UsageReader[] = [];
  #versions: VersionReader[] = [];
  #targets: TargetReader[] = [];
  #routeVersions: RouteVersionReader[] = [];
  #latencies: LatencyReader[] = [];

  add({ of, memory }: TelemetryTable): void {
    if (of === 'usage') this.#usage.push(new UsageReader(memory));
    else if (of === 'versions') this.#versions.push(new VersionReader(memory));
    else if (of === 'targets') this.#targets.push(new TargetReader(memory));
    else if (of === 'route-versions') this.#routeVersions.push(new RouteVersionReader(memory));
    else this.#latencies.push(new LatencyReader(memory));
  }

  /** Takes what was counted since the last time. Latencies first: what they are of is counted by then. */
  fold(into: FoldedCounts): void {
    this.#drain(into);
    for (const reader of this.#usage) reader.fold((key, counts) => into.addCounts(key, counts));
    for (const reader of this.#targets) reader.fold((key, counts) => into.addTargetCounts(key, counts));
    for (const reader of this.#versions) reader.fold((row) => into.addVersion(row));
    for (const reader of this.#routeVersions) reader.fold((row) => into.addRouteVersion(row));
    // The thread had gone on to the next before it told of it, and the log has nothing of them any more: it is in order.
    this.#usage = this.#usage.slice(-1);
    this.#versions = this.#versions.slice(-1);
    this.#targets = this.#targets.slice(-1);
    this.#routeVersions = this.#routeVersions.slice(-1);
  }

  /** The thread is gone: all that it counted, for the last time. */
  finish(into: FoldedCounts): void {
    this.fold(into);
    for (const reader of this.#latencies) into.addDrops(LATENCY_DROPS, reader.length);
  }

  #drain(into: FoldedCounts): void {
    for (const [index, reader] of this.#latencies.entries()) {
      const isDrained = reader.drain((of, first, second, third) => this.#addLatency(into, of, first, second, third));
      into.addDrops(LATENCY_DROPS, reader.takeDropped());
      if (isDrained) continue;
      this.#latencies = this.#latencies.slice(index);
      return;
    }
    this.#latencies = this.#latencies.slice(-1);
  }

  /** False where it is of a table that the thread has not told of yet. */
  #addLatency(into: FoldedCounts, of: number, first: number, second: number, third: number): boolean {
    if (of >= TARGET_MARK) {
      const target = this.#targetAt(of - TARGET_MARK);
      if (target !== undefined && first !== NO_VALUE) into.addTargetLatency(target, first);
      return target !== undefined;
    }
    const key = this.#usageAt(of);
    if (key !== undefined) into.addLatency(key, first, second, third);
    return key !== undefined;
  }

  #usageAt(slot: number): NamedUsageKey | undefined {
    for (const reader of this.#usage) {
      const key = reader.keyAt(slot);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  #targetAt(slot: number): TargetKey | undefined {
    for (const reader of this.#targets) {
      const key = reader.keyAt(slot);
      if (key !== undefined) return key;
    }
    return undefined;
  }
}
