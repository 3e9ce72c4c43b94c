/**
 * What a verification answers when it says no. A refusal is an expected outcome, so it is a value: the data plane logs
 * it, reports it to the control plane as Rejected, and goes on serving what it has (S3).
 */

/** `code` is listed in ERRORS.md; `reasons` are sentences for the operator, without secrets. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly reasons: readonly string[];
}

/** A refusal with its literal code, so that a search for the code finds where it is born. */
export function refused(refusal: { readonly code: string; readonly reason: string }): Refusal {
  return { kind: 'refused', code: refusal.code, reasons: [refusal.reason] };
}
