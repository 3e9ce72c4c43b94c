/**
 * When a request is tried again on another target. Fields of ours beside Kong's `retries`; their defaults are what Kong
 * does: again after an error or a timeout, and never again what is not idempotent once it was sent. Used by service.ts
 * only.
 */
import type { Field } from '../definition.ts';

export const retryFields = [
  {
    name: 'retry_on', tag: 25, required: true, default: ['connect-failure', 'reset', 'timeout'],
    type: { kind: 'set', of: { kind: 'string', oneOf: ['connect-failure', 'reset', 'timeout'] } },
    description: 'Not in Kong. What a request is tried again after, up to `retries` times: no connection; a connection that ended before the response; no response in time. Once sent, only idempotent methods are.',
  },
  {
    name: 'retry_statuses', tag: 26, required: true, default: [],
    type: { kind: 'set', of: { kind: 'integer', between: [400, 599] } },
    description: 'Not in Kong. Statuses of responses after which a request with an idempotent method is tried again.',
  },
  {
    name: 'retry_budget', tag: 27, required: true, default: 20,
    type: { kind: 'number', between: [0, 100] },
    description: 'Not in Kong. Retries in 10 s, as a percentage of the requests begun in them; 10 a second are allowed however few those are. Counted for each upstream (or host), by each proxy thread.',
  },
] as const satisfies readonly Field[];
