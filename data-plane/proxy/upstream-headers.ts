/**
 * The header lines that go upstream as plugins see them: the client's that pass through, with the edits so far. What only the engine
 * writes (framing, X-Forwarded-*, Via) is not among them unless a plugin set it. Called by plugin-contexts.ts; says the same as
 * send-request.ts sends.
 */
import { DROPPED_FROM_REQUEST, FRAMING } from '../http1/header-names.ts';
import type { Exchange } from './exchange.ts';
import { hostFor } from './send-request.ts';

const NOT_THE_CLIENTS = DROPPED_FROM_REQUEST | FRAMING;

/** One per line. */
export function upstreamValues(exchange: Exchange, lowerCaseName: string): readonly string[] {
  const { head, upstreamEdits } = exchange;
  if (upstreamEdits?.touches(lowerCaseName) === true) return upstreamEdits.values(lowerCaseName);
  if (lowerCaseName === 'host') return hostKnown(exchange);
  const { fields, buffer } = head;
  const values: string[] = [];
  for (let line = fields.find(buffer, lowerCaseName, 0); line !== -1; line = fields.find(buffer, lowerCaseName, line + 1)) {
    if (passes(fields.classOf(line))) values.push(head.text(fields.valueStart(line), fields.valueEnd(line)));
  }
  return values;
}

/** Lower case, each once, in the order in which they are sent. */
export function upstreamNames({ head, upstreamEdits }: Exchange): readonly string[] {
  const { fields } = head;
  const names = new Set<string>();
  for (let line = 0; line < fields.count; line++) {
    if (!passes(fields.classOf(line))) continue;
    const name = head.text(fields.lineStart(line), fields.nameEnd(line)).toLowerCase();
    if (upstreamEdits?.touches(name) !== true) names.add(name);
  }
  for (const name of upstreamEdits?.names() ?? []) if (upstreamEdits?.value(name) !== undefined) names.add(name);
  return [...names];
}

/** Of an upstream entity without a Host of its own it is the target's, which is chosen later. */
function hostKnown(exchange: Exchange): readonly string[] {
  const host = hostFor(exchange, undefined);
  return host === undefined ? [] : [host];
}

function passes(headerClass: number): boolean {
  return ((NOT_THE_CLIENTS >> headerClass) & 1) === 0;
}
