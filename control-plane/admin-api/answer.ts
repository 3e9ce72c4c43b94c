/**
 * What the admin API answers, and the refusals it throws: Kong's error bodies and codes, born here and turned into an
 * HTTP response in http-server.ts. Called by everything in this folder.
 */
import type { ServerResponse } from 'node:http';
import { HoldfastError } from '../../shared/errors.ts';
import type { JsonObject, JsonValue, Problem } from '../../shared/model/definition.ts';
import { formatSchemaViolation, problemsToFields } from '../../shared/model/problems.ts';

export interface Answer {
  readonly status: number;
  /** Sent as JSON; absent where the answer has no body. */
  readonly body?: JsonValue;
  /** JSON that is text already, instead of `body`. */
  readonly json?: string;
  /** Sent as plain text instead. */
  readonly text?: string;
  /** Sent as they are instead; `headers` say what they are. */
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** `Set-Cookie` lines. */
  readonly cookies?: readonly string[];
  /** In place of a body: goes on writing after the head is out, and ends the response. Must not throw. */
  readonly stream?: (response: ServerResponse) => void;
}

/** 200 with a body. */
export function ok(body: JsonValue): Answer {
  return { status: 200, body };
}

/** 201 with the new thing. */
export function created(body: JsonValue): Answer {
  return { status: 201, body };
}

export const NO_CONTENT: Answer = { status: 204 };

export interface RefusalOptions {
  /** `ADMIN_…`, listed in ERRORS.md. */
  readonly code: string;
  readonly status: number;
  readonly body: { readonly message: string } & JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryable?: boolean;
  /** For the log; defaults to the public message. */
  readonly message?: string;
  readonly cause?: unknown;
}

/** A request that is not carried out, with the answer that says why. Nothing was stored. */
export class Refusal extends HoldfastError {
  readonly answer: Answer;

  constructor(options: RefusalOptions) {
    super({
      code: options.code,
      source: options.status >= 500 ? 'control-plane' : 'downstream',
      retryable: options.retryable ?? false,
      publicMessage: options.body.message,
      ...(options.message === undefined ? {} : { message: options.message }),
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.name = 'Refusal';
    this.answer = { status: options.status, body: options.body, ...(options.headers === undefined ? {} : { headers: options.headers }) };
  }
}

/** 404 as Kong says it, for unknown paths and unknown entities alike. */
/** `message` where more can be said than Kong does. */
export function notFound(message = 'Not found'): Refusal {
  return new Refusal({ code: 'ADMIN_NOT_FOUND', status: 404, body: { message } });
}

/** `allow` are the methods that the path knows. */
export function methodNotAllowed(allow: readonly string[]): Refusal {
  return new Refusal({ code: 'ADMIN_METHOD_NOT_ALLOWED', status: 405, body: { message: 'Method not allowed' }, headers: { allow: allow.join(', ') } });
}

export function unsupportedMediaType(): Refusal {
  const message = 'Unsupported media type; send application/json, application/x-www-form-urlencoded or multipart/form-data';
  return new Refusal({ code: 'ADMIN_UNSUPPORTED_MEDIA_TYPE', status: 415, body: { message } });
}

/** 415 too (RFC 9110 §15.5.16): nothing is inflated, so that no body grows beyond its limit. */
export function unsupportedContentEncoding(): Refusal {
  return new Refusal({ code: 'ADMIN_UNSUPPORTED_MEDIA_TYPE', status: 415, body: { message: 'Unsupported content encoding; send the body uncompressed' } });
}

export function bodyTooLarge(maxBytes: number): Refusal {
  return new Refusal({ code: 'ADMIN_BODY_TOO_LARGE', status: 413, body: { message: `Payload too large: a body may have at most ${maxBytes} bytes` } });
}

/** 400: bytes that are no body of their type. */
export function bodyUnreadable(message: string, cause?: unknown): Refusal {
  return new Refusal({ code: 'ADMIN_BODY_UNREADABLE', status: 400, body: { message }, cause });
}

/** 400: a path or query that is not well-formed. */
export function targetUnreadable(message: string): Refusal {
  return new Refusal({ code: 'ADMIN_TARGET_UNREADABLE', status: 400, body: { message } });
}

/** 401: no credential, or one that is not valid. */
export function unauthenticated(message: string): Refusal {
  return new Refusal({ code: 'ADMIN_UNAUTHENTICATED', status: 401, body: { message: `Unauthorized: ${message}`, error: 'ADMIN_UNAUTHENTICATED' }, headers: { 'www-authenticate': 'Bearer realm="holdfast"' } });
}

/** 403: known, and not allowed to. */
export function forbidden(message: string): Refusal {
  return new Refusal({ code: 'ADMIN_FORBIDDEN', status: 403, body: { message: `Forbidden: ${message}`, error: 'ADMIN_FORBIDDEN' } });
}

/** 429 with the seconds to wait: the tenant's quota of requests is used up. */
export function rateLimited(perSecond: number, waitMs: number): Refusal {
  const message = `too many requests: the quota requests_per_second of this tenant is ${perSecond}; send fewer, or have it raised (PATCH /v1/tenants/{tenant}/quotas)`;
  return new Refusal({ code: 'ADMIN_RATE_LIMITED', status: 429, body: { message, error: 'ADMIN_RATE_LIMITED' }, headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } });
}

/** Kong's code 2: one problem or several, each under its field's path. */
export function schemaViolation(problems: readonly Problem[]): Refusal {
  return new Refusal({
    code: 'ADMIN_SCHEMA_VIOLATION',
    status: 400,
    body: { code: 2, name: 'schema violation', message: formatSchemaViolation(problems), fields: problemsToFields(problems) },
  });
}

/** Kong's code 4: a reference to something that does not exist in this gateway. */
export function foreignKeyViolation(field: string, id: string, kind: string): Refusal {
  return new Refusal({
    code: 'ADMIN_FOREIGN_KEY_VIOLATION',
    status: 400,
    body: {
      code: 4,
      name: 'foreign key violation',
      message: `the foreign key '{id="${id}"}' does not reference an existing '${kind}' entity.`,
      fields: { [field]: { id } },
    },
  });
}

/** Kong's code 13: a reference by name to something that does not exist in this gateway. */
export function foreignKeyUnresolved(field: string, key: string, name: string, kind: string): Refusal {
  const problem = `the foreign key cannot be resolved with '{${key}=${JSON.stringify(name)}}' for an existing '${kind}' entity`;
  return new Refusal({
    code: 'ADMIN_FOREIGN_KEY_VIOLATION',
    status: 400,
    body: { code: 13, name: 'foreign keys unresolved', message: `foreign key unresolved (${field}.${key}: ${problem})`, fields: { [field]: { [key]: problem } } },
  });
}

/** Kong's code 5: another entity of the gateway has these values. `values` must not hold secrets. */
export function uniqueViolation(values: JsonObject): Refusal {
  const shown = Object.entries(values).map(([field, value]) => `${field}=${typeof value === 'string' ? JSON.stringify(value) : inLua(value)}`);
  return new Refusal({
    code: 'ADMIN_UNIQUE_VIOLATION',
    status: 409,
    body: { code: 5, name: 'unique constraint violation', message: `UNIQUE violation detected on '{${shown.join(',')}}'`, fields: values },
  });
}

/** Kong's code 3: the id is taken, here or in another gateway. */
export function primaryKeyViolation(id: string): Refusal {
  return new Refusal({
    code: 'ADMIN_PRIMARY_KEY_VIOLATION',
    status: 409,
    body: { code: 3, name: 'primary key violation', message: `primary key violation on key '{id="${id}"}'`, fields: { id } },
  });
}

/** Also Kong's code 4: `kind` can't be deleted, because `by` refers to it. */
export function referencedBy(by: string, kind: string): Refusal {
  return new Refusal({
    code: 'ADMIN_REFERENCED_BY',
    status: 400,
    body: { code: 4, name: 'foreign key violation', message: `an existing '${by}' entity references this '${kind}' entity`, fields: { '@referenced_by': by } },
  });
}

/** Kong's codes 7, 9 and 11: what follows the `?`. */
export function invalidQuery(problem: 'offset' | 'size' | 'options', field: string, message: string): Refusal {
  const known = { offset: [7, 'invalid offset'], size: [9, 'invalid size'], options: [11, 'invalid options'] } as const;
  const [code, name] = known[problem];
  const text = problem === 'options' ? `invalid option (${field}: ${message})` : message;
  return new Refusal({ code: 'ADMIN_INVALID_QUERY', status: 400, body: { code, name, message: text, fields: { [field]: message } } });
}

/** A reference or null as Kong prints it. */
function inLua(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value !== 'object' || Array.isArray(value)) return String(value);
  return `{${Object.entries(value).map(([key, inner]) => `${key}=${JSON.stringify(inner)}`).join(',')}}`;
}
