/**
 * What keeps a struggling target from being buried: bounds, ejection of outliers, a slow start. Fields of ours beside
 * Kong's health checks, all off unless set. Used by upstream.ts only.
 */
import type { Field } from '../definition.ts';

const AT_MOST = { kind: 'integer', between: [1, 2_147_483_647] } as const;

const OUTLIER_DETECTION = [
  { name: 'consecutive_failures', tag: 1, type: { kind: 'integer', between: [0, 255] }, required: true, default: 0, description: 'Failed requests in a row (no connection, reset, timeout, status 5xx) that eject a target; 0 turns this off.' },
  { name: 'base_ejection_time', tag: 3, type: { kind: 'number', between: [0.1, 86_400] }, required: true, default: 30, description: 'Seconds of the first ejection; each further one in a row is longer by as much.' },
  { name: 'max_ejected_percent', tag: 4, type: { kind: 'number', between: [0, 100] }, required: true, default: 50, description: 'Most of the targets, as a percentage, that are ejected at once.' },
] as const satisfies readonly Field[];

export const protectionFields = [
  { name: 'max_connections', tag: 29, type: AT_MOST, description: 'Not in Kong. Connections to each target, at most, per proxy thread; null is without bound.' },
  { name: 'max_pending_requests', tag: 30, type: AT_MOST, description: 'Not in Kong. Requests that wait for a connection to each target, at most, per proxy thread; null is without bound.' },
  { name: 'outlier_detection', tag: 31, type: { kind: 'record', fields: OUTLIER_DETECTION }, required: true, default: {}, description: 'Not in Kong. Leaves out targets that keep failing, for a while.' },
  { name: 'slow_start', tag: 32, type: { kind: 'number', between: [0, 3_600] }, required: true, default: 0, description: 'Not in Kong. Seconds over which a target that is new or healthy again comes to its full weight; 0 gives it at once.' },
] as const satisfies readonly Field[];
