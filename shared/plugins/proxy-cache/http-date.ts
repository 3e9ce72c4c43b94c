/** Dates of HTTP, in the three forms that a recipient must know (RFC 9110 §5.6.7). What is none of them is no date: `Date.parse` alone takes `3600` for a year. */

const PREFERRED = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** Milliseconds since the epoch; NaN where it is none, which is neither before nor after anything. */
export function httpDateMs(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  if (PREFERRED.test(text) || RFC_850.test(text)) return Date.parse(text);
  return ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
}
