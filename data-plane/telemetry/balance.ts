/**
 * T3 in one place: nothing is counted twice, nothing lost unsaid. Telemetry tells whether its own books are even (/metrics); tests hold
 * what clients counted against what is stored, through crashes. All numbers are requests.
 */

export interface Balance {
  /** Counted, since the books were opened. */
  readonly produced: number;
  /** Found in the spool when they were opened: left by earlier runs. What was acknowledged shortly before may be among it; the control plane knows it. */
  readonly recovered: number;
  /** Stored at a control plane. */
  readonly delivered: number;
  /** Waiting: in the spool and in memory. */
  readonly buffered: number;
  /** Given up, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Gone with a process that was killed. */
  readonly lostAtCrash: number;
}

/** produced + recovered = delivered + buffered + dropped + lost at a crash. */
export function checkBalance(books: Balance): { readonly kind: 'even' } | { readonly kind: 'missing' | 'surplus'; readonly requests: number } {
  const { produced, recovered, delivered, buffered, dropped, lostAtCrash } = books;
  const difference = produced + recovered - delivered - buffered - lostAtCrash - Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (difference === 0) return { kind: 'even' };
  return { kind: difference > 0 ? 'missing' : 'surplus', requests: Math.abs(difference) };
}
