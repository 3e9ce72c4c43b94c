/**
 * What the plugins of a thread sent out of their own accord (log entries, datagrams), counted by plugin for /metrics: counts only rise,
 * also where queues end. Kept by log-queues.ts and plugin-datagrams.ts, told with the thread's stats.
 */

/** Why something was not sent. */
export type DropReason =
  /** The queue's bound in entries, or in bytes (or that of all queues of the thread together). */
  | 'entries-full' | 'bytes-full'
  /** Tried for as long as the plugin says. */
  | 'retries-over'
  /** The receiver, or the data plane itself, said that trying again is of no use. */
  | 'refused'
  /** Still there when the plugin, or the data plane, ended. */
  | 'drain'
  /** Of datagrams: the name is not known yet; the socket takes no more; the network says no. */
  | 'unresolved' | 'socket-full' | 'network';

export interface PluginOutput {
  /** Entries that a delivery took. A datagram that then failed is among the dropped as well. */
  readonly sent: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Deliveries, each of a batch, that failed; most are tried again. */
  readonly failedDeliveries: number;
  /** Now: entries, and their bytes, that wait or are on their way. */
  readonly waiting: number;
  readonly waitingBytes: number;
}

/** By the plugin's name. */
export type PluginOutputs = Readonly<Record<string, PluginOutput>>;

export class OutputCounter implements PluginOutput {
  sent = 0;
  failedDeliveries = 0;
  waiting = 0;
  waitingBytes = 0;
  readonly dropped: Partial<Record<DropReason, number>> = {};

  drop(reason: DropReason, count: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }
}

export class OutputCounters {
  readonly #counters = new Map<string, OutputCounter>();

  of(pluginName: string): OutputCounter {
    const known = this.#counters.get(pluginName) ?? new OutputCounter();
    this.#counters.set(pluginName, known);
    return known;
  }

  /** A copy, as messages between threads are. */
  get totals(): PluginOutputs {
    return Object.fromEntries([...this.#counters].map(([name, { sent, dropped, failedDeliveries, waiting, waitingBytes }]) => [name, { sent, dropped: { ...dropped }, failedDeliveries, waiting, waitingBytes }]));
  }
}

/** Of two threads. */
export function addOutputs(a: PluginOutputs, b: PluginOutputs): PluginOutputs {
  const sums: Record<string, PluginOutput> = { ...a };
  for (const [name, output] of Object.entries(b)) sums[name] = addOutput(sums[name], output);
  return sums;
}

/** What stays of a thread that has ended. */
export function withoutWaiting(outputs: PluginOutputs): PluginOutputs {
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, { ...output, waiting: 0, waitingBytes: 0 }]));
}

function addOutput(a: PluginOutput | undefined, b: PluginOutput): PluginOutput {
  if (a === undefined) return b;
  const dropped: Partial<Record<DropReason, number>> = { ...a.dropped };
  // The door: the reasons are those of a counter.
  for (const [reason, count] of Object.entries(b.dropped) as [DropReason, number][]) dropped[reason] = (dropped[reason] ?? 0) + count;
  return { sent: a.sent + b.sent, failedDeliveries: a.failedDeliveries + b.failedDeliveries, waiting: a.waiting + b.waiting, waitingBytes: a.waitingBytes + b.waitingBytes, dropped };
}
