/**
 * What the proxy threads know together of the health of upstreams' targets: passes on to all what one found, tells a new
 * thread what is open, and has one of them lead, which runs the active checks and reports for `/status`. When that one dies,
 * another leads. Lives in the agent thread; owned by proxy-pool.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { PeerChange } from '../upstreams/peer-health.ts';
import type { TargetReport, TargetsReport } from '../upstreams/upstream-control.ts';
import type { ToThread } from './thread-messages.ts';

/** A proxy thread, as far as this is concerned. */
export interface BoardMember {
  readonly listening: boolean;
  tell(message: ToThread): void;
}

/** What the leading thread reports may be from before it heard of a change; after so long it has heard. */
const HEARD_WITHIN_MS = 5_000;
/** Open circuits that a new thread is told of; more and the oldest are left for it to find out. */
const MAX_OPEN = 10_000;

export class HealthBoard {
  readonly #clock: Clock;
  readonly #members: () => readonly BoardMember[];
  readonly #open = new Map<string, { readonly change: PeerChange; readonly atMs: number }>();
  readonly #onReport: (report: TargetsReport) => void;
  #leader: BoardMember | undefined;
  #targets: readonly TargetReport[] = [];

  constructor(clock: Clock, members: () => readonly BoardMember[], onReport: (report: TargetsReport) => void = () => undefined) {
    this.#clock = clock;
    this.#onReport = onReport;
    this.#members = members;
  }

  /** As the leading thread told last. */
  get targets(): readonly TargetReport[] {
    return this.#targets;
  }

  changed(from: BoardMember, change: PeerChange): void {
    const name = `${change.upstreamId}/${change.key}`;
    this.#open.delete(name);
    if (change.kind === 'open') this.#open.set(name, { change, atMs: this.#clock.monotonicMs() });
    if (this.#open.size > MAX_OPEN) {
      const oldest = this.#open.keys().next();
      if (oldest.done !== true) this.#open.delete(oldest.value);
    }
    for (const member of this.#members()) if (member !== from) member.tell({ kind: 'peer-changes', changes: [change] });
  }

  /**
   * The leading thread has the last word, because the others may wait for its checks: what is closed there is closed. Another
   * one may know it as open where the target was gone for a while, from the configuration or from DNS, and is new to the leader.
   */
  reported(from: BoardMember, report: TargetsReport): void {
    if (from !== this.#leader) return;
    const { targets } = report;
    this.#targets = targets;
    this.#onReport(report);
    if (this.#open.size === 0) return;
    const heardBeforeMs = this.#clock.monotonicMs() - HEARD_WITHIN_MS;
    for (const { upstreamId, target, address, state } of targets) {
      const known = state === 'closed' ? this.#open.get(`${upstreamId}/${target}/${address}`) : undefined;
      if (known !== undefined && known.atMs < heardBeforeMs) this.changed(from, { ...known.change, kind: 'closed', cause: undefined, attempt: 0, retryInMs: 0 });
    }
  }

  /** A thread accepts connections from now on. */
  joined(member: BoardMember): void {
    const nowMs = this.#clock.monotonicMs();
    const changes = [...this.#open.values()].map(({ change, atMs }) => ({ ...change, retryInMs: Math.max(0, change.retryInMs - (nowMs - atMs)) }));
    if (changes.length > 0) member.tell({ kind: 'peer-changes', changes });
    this.#elect();
  }

  left(member: BoardMember): void {
    if (member === this.#leader) this.#leader = undefined;
    this.#elect();
  }

  #elect(): void {
    if (this.#leader !== undefined) return;
    this.#leader = this.#members().find(({ listening }) => listening);
    this.#leader?.tell({ kind: 'lead' });
  }
}
