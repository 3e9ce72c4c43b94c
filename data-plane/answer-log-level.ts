/**
 * A control plane's question about this data plane's log level: tells it, or sets another one for a while. The question is
 * unknown text here (a door). Called by enrolled-parts.ts.
 */
import { HoldfastError } from '../shared/errors.ts';
import { LOG_AREAS, parseLogArea } from '../shared/log-areas.ts';
import { describeLevels, parseLogLevel, type LogLevelSwitch } from '../shared/log-level-switch.ts';

/** JSON. Throws DATA_PLANE_LOG_LEVEL_INVALID. */
export function answerLogLevel(levels: LogLevelSwitch, document: Uint8Array): string {
  const order = parseOrder(document);
  if (order !== undefined) levels.set(order.level, order.forMs, order.by, order.area);
  return JSON.stringify(describeLevels(levels));
}

/** Undefined where it only asks. */
function parseOrder(document: Uint8Array) {
  const asked: unknown = JSON.parse(Buffer.from(document).toString('utf8'));
  if (typeof asked !== 'object' || asked === null || !('level' in asked)) return undefined;
  const level = parseLogLevel(String(asked.level));
  const seconds = 'seconds' in asked ? asked.seconds : undefined;
  const askedArea = 'area' in asked ? asked.area : null;
  const area = typeof askedArea === 'string' ? parseLogArea(askedArea) : undefined;
  const isUnknownArea = askedArea !== null && area === undefined;
  if (level !== undefined && !isUnknownArea && typeof seconds === 'number' && Number.isFinite(seconds)) return { level, area, forMs: seconds * 1_000, by: 'by' in asked ? String(asked.by) : 'a control plane' };
  throw new HoldfastError({ code: 'DATA_PLANE_LOG_LEVEL_INVALID', source: 'control-plane', publicMessage: `a log level is trace, debug, info, warn, error or fatal, for a number of seconds, of all or one of the areas ${LOG_AREAS.join(', ')}` });
}
