/**
 * What an operator should know about this data plane, told to the control plane once, in the first session that takes it. Most of it
 * happens at the start, before there is a session, so the latest wait here. Owned by the sync client.
 */
import type { Notice } from '../../shared/wire/sync-message.ts';

/** The first of them tell most; what comes beyond is in the log. A control plane takes 20 at once (R5). */
const MOST_WAITING = 16;

export class Notices {
  #waiting: readonly Notice[] = [];
  #send: ((notice: Notice) => void) | undefined;

  tell(notice: Omit<Notice, 'kind'>): void {
    const told: Notice = { kind: 'notice', ...notice };
    if (this.#send !== undefined) this.#send(told);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting = [...this.#waiting, told];
  }

  /** A session that takes notices. */
  connected(send: (notice: Notice) => void): void {
    this.#send = send;
    for (const notice of this.#waiting) send(notice);
    this.#waiting = [];
  }

  disconnected(): void {
    this.#send = undefined;
  }
}
