/**
 * Waits for a plugin that has no answer yet (`isAsync`), for a bounded time, and then lets the phases go on. The client's connection
 * takes no further request meanwhile, so answers stay in order; a request that ends first gives up. Used by request-life.ts.
 */
import type { Exchange } from './exchange.ts';
import { type HeadOutcome, reportPluginError, settle } from './run-plugins.ts';

/** Longer than that, nobody waits. */
const LONGEST_WAIT_MS = 30_000;

const TOO_LATE: HeadOutcome = { kind: 'too-late' };
const FAILED: HeadOutcome = { kind: 'failed' };

export interface AwaitedPlugin {
  /** Whatever it will say, nobody listens any more. Idempotent. */
  giveUp(): void;
}

/** Calls `goOn` once, in a later turn of the event loop, unless given up. A promise that fails is reported like a plugin that throws. */
export function awaitPlugin(exchange: Exchange, waiting: Extract<HeadOutcome, { kind: 'waiting' }>, goOn: (next: () => HeadOutcome) => void): AwaitedPlugin {
  const { entry, answer } = waiting;
  let isOver = false;
  const once = (step: () => void): void => {
    if (isOver) return;
    isOver = true;
    timer.cancel();
    step();
  };
  const timer = exchange.core.clock.after(LONGEST_WAIT_MS, () =>
    once(() => {
      reportPluginError(exchange, entry, exchange.phase, new Error(`no answer within ${LONGEST_WAIT_MS / 1_000} seconds`));
      goOn(() => TOO_LATE);
    }),
  );
  answer
    .then((verdict) => once(() => goOn(() => settle(exchange, waiting, verdict))))
    .catch((thrown: unknown) =>
      once(() => {
        reportPluginError(exchange, entry, exchange.phase, thrown);
        goOn(() => FAILED);
      }),
    );
  return { giveUp: () => once(() => undefined) };
}
