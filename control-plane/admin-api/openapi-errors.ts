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
  413: { name: 'PayloadTooLarge', schema: 'Error', description: 'The body is too large.' },
  415: { name: 'UnsupportedMediaType', schema: 'Error', description: 'The body is neither JSON nor a form.' },
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

/** `responses` entries for these statuses. */
export function errors(...statuses: readonly ErrorStatus[]): JsonObject {
  return Object.fromEntries(statuses.map((status) => [String(status), { $ref: `#/components/responses/${STATUSES[status].name}` }]));
}
