/**
 * A path that a plugin made of its config and a request, as it may go upstream: in normal form (R1), and not elsewhere than the config
 * meant. Used by request-transformer and canary.
 */
import { normalisePath } from '../model/normal-path.ts';

/** Dot segments, also between encoded slashes, and what servers take for the end of a text or for a slash. The engine refuses the last two in what clients send, too. */
const LEADS_ELSEWHERE = /(?:\/|%2f)(?:\.|%2e){1,2}(?=\/|%2f|$)|%00|%5c|\\/i;
/** Not in normal form for sure only where one of these is in it. */
const MAY_BE_ODD = /%|\/\//;
const OUTSIDE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@%/[\]]/;

/** Undefined where it leads elsewhere, or has characters that should be percent-encoded. `path` starts with `/`. */
export function sendablePath(path: string): string | undefined {
  if (LEADS_ELSEWHERE.test(path) || OUTSIDE.test(path)) return undefined;
  return MAY_BE_ODD.test(path) ? normalisePath(path) : path;
}
