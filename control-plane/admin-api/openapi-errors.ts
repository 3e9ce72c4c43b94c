/**
 * Error answers in the OpenAPI document: Kong's bodies with their codes. Used by openapi.ts and openapi-paths.ts.
 */
import type { JsonObject } from '../../shared/model/definition.ts';

const STATUSES = {
  400: { name: 'BadRequest', schema: 'DetailedError', description: 'The body, a reference or a query argument is not valid; `fields` says where.' },
  401: { name: 'Unauthorized', schema: 'Error', description: 'No credential, or one that is not valid.' },
  403: { name: 'Forbidden', schema: 'Error', description: 'The credential does not allow this.' },
  404: { name: 'NotFound', schema: 'Error', description: 'There is no such path or entity.' },
  405: { name: 'MethodNotAllowed', schema: 'Error', description: 'The path does not know the method; `Allow` lists those it knows.' },
  409: { name: 'Conflict', schema: 'DetailedError', description: 'Another entity has this value or id.' },
  412: { name: 'PreconditionFailed', schema: 'Error', description: 'It is not in the state (If-Match, If-None-Match) or at the version that the request is for; nothing was changed.' },
  413: { name: 'PayloadTooLarge', schema: 'Error', description: 'The body is too large.' },
  415: { name: 'UnsupportedMediaType', schema: 'Error', description: 'The body is neither JSON nor a form.' },
  423: { name: 'Frozen', schema: 'Error', description: 'The gateway is frozen: its configuration stays as it is.' },
  429: { name: 'TooManyRequests', schema: 'Error', description: 'The quota of requests of the tenant is used up; `Retry-After` says for how long.' },
  500: { name: 'Unexpected', schema: 'Error', description: 'A defect of ours; the log has the reason under the request id in `X-Kong-Admin-Request-Id`.' },
  503: { name: 'Unavailable', schema: 'Error', description: 'The database is away or too busy; nothing was changed. `Retry-After` says when to try again.' },
} as const;

export type ErrorStatus = keyof typeof STATUSES;

export const errorSchemas: JsonObject = {
  Error: {
    type: 'object',
    properties: { message: { type: 'string' } },
    required: ['message'],
  },
  DetailedError: {
    type: 'object',
    properties: {
      code: { type: 'integer', description: "Kong's number: 2 schema violation, 3 primary key, 4 foreign key, 5 unique constraint, 7 offset, 9 size, 11 options." },
      name: { type: 'string', examples: ['schema violation'] },
      message: { type: 'string', examples: ['schema violation (host: required field missing)'] },
      fields: { type: 'object', description: 'Nested as the input is; rules over several fields stand as a list under `@entity`.', examples: [{ host: 'required field missing' }] },
    },
    required: ['message'],
  },
};

export const errorResponses: JsonObject = Object.fromEntries(
  Object.values(STATUSES).map(({ name, schema, description }) => [name, { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } }]),
);

/** Every operation may be answered with these. */
const EVERYWHERE: readonly ErrorStatus[] = [429, 500, 503];

/** `responses` entries for these statuses, and for those that every operation may be answered with. */
export function errors(...statuses: readonly ErrorStatus[]): JsonObject {
  return Object.fromEntries([...statuses, ...EVERYWHERE].toSorted((a, b) => a - b).map((status) => [String(status), { $ref: `#/components/responses/${STATUSES[status].name}` }]));
}
