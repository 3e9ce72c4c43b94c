/** What a frame that is not in the form of the protocol is answered with: thrown by sync-codec.ts and counts-codec.ts. */
import { HoldfastError } from '../errors.ts';

export function malformed(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'WIRE_FRAME_MALFORMED', source: 'gateway', publicMessage: `a frame is not in the form of the protocol: ${what}`, cause });
}
