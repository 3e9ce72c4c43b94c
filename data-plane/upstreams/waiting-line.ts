/**
 * Requests that wait for a connection to an endpoint which has as many as it may (`max_connections`), first come first
 * served, at most `max_pending_requests`, each until its deadline (R5). The pool says when a connection is free.
 */
import type { Deadlines, Timed } from '../http1/deadlines.ts';

export interface Waiter {
  /** A connection may be taken or opened now. */
  admitted(): void;
  waitedTooLong(): void;
}

class Place implements Timed {
  deadlineMs: number;
  readonly waiter: Waiter;
  readonly #line: WaitingLine;

  constructor(waiter: Waiter, deadlineMs: number, line: WaitingLine) {
    this.waiter = waiter;
    this.deadlineMs = deadlineMs;
    this.#line = line;
  }

  deadlinePassed(): void {
    this.#line.leave(this.waiter);
    this.waiter.waitedTooLong();
  }
}

export class WaitingLine {
  readonly #places = new Map<Waiter, Place>();
  readonly #deadlines: Deadlines;
  readonly #endpoint: { readonly isFull: boolean };
  #calls = 0;

  constructor(deadlines: Deadlines, endpoint: { readonly isFull: boolean }) {
    this.#deadlines = deadlines;
    this.#endpoint = endpoint;
  }

  get length(): number {
    return this.#places.size;
  }

  join(waiter: Waiter, timeoutMs: number): void {
    const place = new Place(waiter, this.#deadlines.in(timeoutMs), this);
    this.#places.set(waiter, place);
    this.#deadlines.watch(place);
  }

  /** Idempotent. */
  leave(waiter: Waiter): void {
    const place = this.#places.get(waiter);
    if (place === undefined) return;
    this.#places.delete(waiter);
    this.#deadlines.forget(place);
  }

  /** A connection went idle or is gone. The next in line hears in a turn of its own: others are in the middle of their work now. */
  freed(): void {
    if (this.#places.size <= this.#calls) return;
    this.#calls += 1;
    setImmediate(() => {
      this.#calls -= 1;
      const next = this.#places.keys().next();
      if (next.done === true) return;
      this.leave(next.value);
      next.value.admitted();
      // More may have come free than were in line then.
      if (!this.#endpoint.isFull) this.freed();
    });
  }
}
