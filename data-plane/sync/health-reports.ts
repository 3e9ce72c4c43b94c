/**
 * Tells the control plane how the targets of upstreams are: the whole, when it is not what was told last, and at the beginning
 * of each session. Nothing queues: the newest takes the place of what was not sent. Asked some once a second, because the thread
 * that leads reports that often (threads/proxy-thread.ts). Owned by the sync client.
 */
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import type { AddressHealth, Health, TargetHealth } from '../../shared/wire/sync-message.ts';
import type { TargetReport, TargetsReport } from '../upstreams/upstream-control.ts';

const MOST_TARGETS = 1_000;
/** Of one target; a name with more is told by the first of them. */
const MOST_ADDRESSES = 64;
/** Of one report: it is stored for each data plane (R5). */
const MOST_BYTES = 96 * 1024;
/** Besides its texts, with what the encoding adds. */
const ENTRY_BYTES = 24;

export class HealthReports {
  #newest: Health | undefined;
  #told = '';
  #send: ((health: Health) => void) | undefined;

  changed(report: TargetsReport): void {
    this.#newest = healthOf(report);
    this.#tell();
  }

  /** A session that takes such reports. */
  connected(send: (health: Health) => void): void {
    this.#send = send;
    this.#told = '';
    this.#tell();
  }

  disconnected(): void {
    this.#send = undefined;
  }

  #tell(): void {
    if (this.#newest === undefined || this.#send === undefined) return;
    const text = JSON.stringify(this.#newest);
    if (text === this.#told) return;
    this.#told = text;
    this.#send(this.#newest);
  }
}

/** What is down stands first, so that a bound leaves out what matters least. Targets that are up and have no name are not named. */
export function healthOf({ targets, unresolved }: TargetsReport): Health {
  const byTarget = Map.groupBy(targets, ({ targetId }) => targetId);
  const down: TargetHealth[] = unresolved.flatMap((text) => entry(text, []));
  const up: TargetHealth[] = [];
  for (const [text, rows] of byTarget) {
    const isUp = rows.every(({ state }) => state === 'closed');
    if (isUp && !rows.some(({ isNamed }) => isNamed)) continue;
    (isUp ? up : down).push(...entry(text, rows));
  }
  let bytes = 0;
  const fits = (target: TargetHealth, place: number): boolean => place < MOST_TARGETS && (bytes += sizeOf(target)) <= MOST_BYTES;
  const told = [...down, ...up].filter(fits);
  return { kind: 'health', targets: told, leftOut: Math.max(0, down.length - told.length) };
}

function entry(text: string, rows: readonly TargetReport[]): readonly TargetHealth[] {
  const id = parseId<EntityId>(text);
  const downFirst = rows.toSorted((a, b) => Number(a.state === 'closed') - Number(b.state === 'closed'));
  return id === undefined ? [] : [{ id, addresses: downFirst.slice(0, MOST_ADDRESSES).map(addressOf) }];
}

function addressOf({ address, port, state, reason, since }: TargetReport): AddressHealth {
  return { ip: address, port, state, cause: reason ?? '', sinceMs: Date.parse(since) };
}

function sizeOf({ addresses }: TargetHealth): number {
  return addresses.reduce((sum, { ip, cause }) => sum + ENTRY_BYTES + ip.length + cause.length, ENTRY_BYTES);
}
