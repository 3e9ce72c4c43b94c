/**
 * The door for request bodies: bytes and their content type in, one JSON object out. What passes has no bytes that are not
 * UTF-8, no NUL, no field called `__proto__` and bounded nesting (R5); its meaning is checked by the entity's definition.
 * Called by http-server.ts.
 */
import type { JsonObject, Problem } from '../../shared/model/definition.ts';
import { Refusal, schemaViolation } from './answer.ts';
import { parseForm } from './form-body.ts';

const MAX_DEPTH = 64;

/** How a body was written: a form carries text only and is given types by the definition of what it creates. */
export interface RequestBody {
  readonly kind: 'json' | 'form' | 'none';
  readonly value: JsonObject;
}

export const NO_BODY: RequestBody = { kind: 'none', value: {} };

/** Parses a body. `contentType` is the header as sent; undefined where there is none. */
export async function parseRequestBody(contentType: string | undefined, bytes: Buffer): Promise<RequestBody> {
  if (contentType === undefined && bytes.length === 0) return NO_BODY;
  // Node joins repeated headers with a comma, which no media type we take contains outside quotes.
  if (contentType?.includes(',') === true) throw new Refusal({ code: 'ADMIN_CONTENT_TYPE_REPEATED', status: 400, body: { message: 'Content-Type is given more than once; give it once' } });
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  switch (mediaType) {
    case 'application/json':
      return { kind: 'json', value: parseJsonObject(decodeUtf8(bytes)) };
    case 'application/x-www-form-urlencoded':
      return readForm(new URLSearchParams(decodeUtf8(bytes)));
    case 'multipart/form-data':
      return readForm(await multipartPairs(contentType ?? '', bytes));
    default:
      throw new Refusal({
        code: 'ADMIN_UNSUPPORTED_MEDIA_TYPE',
        status: 415,
        body: { message: 'Unsupported media type; send application/json, application/x-www-form-urlencoded or multipart/form-data' },
      });
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new Refusal({ code: 'ADMIN_BODY_UNREADABLE', status: 400, body: { message: 'the body is not valid UTF-8' }, cause: thrown });
  }
}

function parseJsonObject(text: string): JsonObject {
  if (text === '') return {};
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw cannotParse();
  const checked = checkJson(value, '', 0);
  if (checked !== undefined) throw schemaViolation([checked]);
  return value as JsonObject;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw cannotParse();
  }
}

function cannotParse(): Refusal {
  return new Refusal({ code: 'ADMIN_BODY_UNREADABLE', status: 400, body: { message: 'Cannot parse JSON body' } });
}

function readForm(pairs: Iterable<readonly [string, string]>): RequestBody {
  const parsed = parseForm(pairs);
  if (parsed.kind === 'refused') throw schemaViolation([parsed]);
  const checked = checkJson(parsed.value, '', 0);
  if (checked !== undefined) throw schemaViolation([checked]);
  return { kind: 'form', value: parsed.value };
}

/** Multipart by the platform's own parser (Fetch standard, "formData()"); a file part counts as its text. */
async function multipartPairs(contentType: string, bytes: Buffer): Promise<readonly (readonly [string, string])[]> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData();
  } catch (thrown) {
    throw new Refusal({ code: 'ADMIN_BODY_UNREADABLE', status: 400, body: { message: 'Cannot parse multipart body' }, cause: thrown });
  }
  const pairs: (readonly [string, string])[] = [];
  for (const [name, value] of form) pairs.push([name, typeof value === 'string' ? value : await value.text()]);
  return pairs;
}

/** What JSON allows and we can't keep; undefined where there is nothing of it. */
function checkJson(value: unknown, path: string, depth: number): Problem | undefined {
  if (typeof value === 'string') return checkText(value, path);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_DEPTH) return { field: path.slice(0, 100), message: `may be nested at most ${MAX_DEPTH} levels deep` };
  for (const [key, inner] of Object.entries(value)) {
    const field = path === '' ? key : `${path}.${key}`;
    if (key === '__proto__') return { field, message: 'is not a field name' };
    const problem = checkText(key, field) ?? checkJson(inner, field, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkText(text: string, path: string): Problem | undefined {
  if (text.includes('\0')) return { field: path.replaceAll('\0', '\\0'), message: 'may not contain the NUL character' };
  if (!text.isWellFormed()) return { field: path.toWellFormed(), message: 'contains half of a surrogate pair' };
  return undefined;
}
