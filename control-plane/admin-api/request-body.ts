/**
 * The door for request bodies: bytes and their content type in, one JSON object out, safe to merge and to store
 * (shared/model/json-door.ts). What it means is checked by the definition of what it creates. Called by http-server.ts.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { takeJsonObject } from '../../shared/model/json-door.ts';
import { ProblemList } from '../../shared/model/problems.ts';
import { bodyUnreadable, schemaViolation, unsupportedMediaType } from './answer.ts';
import { parseForm, urlencodedPairs } from './form-body.ts';

/** How a body was written: a form carries text only and is given types by the definition of what it creates. */
export type RequestBody =
  | { readonly kind: 'json' | 'form' | 'none'; readonly value: JsonObject }
  /** Text that whoever asked for a document reads itself; `value` is empty. */
  | { readonly kind: 'document'; readonly value: JsonObject; readonly text: string };

/** YAML's is RFC 9512; the others are what tools send. */
const DOCUMENT_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']);

export const NO_BODY: RequestBody = { kind: 'none', value: {} };

/** Parses a body. `contentTypes` are all Content-Type headers as sent; `asDocument`: JSON and YAML as text; `maxItems` of a list in JSON, where it may be more than an entity's. */
export async function parseRequestBody(contentTypes: readonly string[], bytes: Buffer, asDocument = false, maxItems?: number): Promise<RequestBody> {
  if (contentTypes.length > 1) throw bodyUnreadable('Content-Type is given more than once; give it once');
  const [contentType] = contentTypes;
  if (contentType === undefined && bytes.length === 0) return NO_BODY;
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (asDocument && DOCUMENT_TYPES.has(mediaType ?? '')) return { kind: 'document', value: {}, text: decodeUtf8(bytes) };
  switch (mediaType) {
    case 'application/json':
      return { kind: 'json', value: bytes.length === 0 ? {} : takeObject(parseJson(decodeUtf8(bytes)), maxItems) };
    case 'application/x-www-form-urlencoded':
      return readForm(urlencodedPairs(decodeUtf8(bytes)));
    case 'multipart/form-data':
      return readForm(await multipartPairs(contentType ?? '', bytes));
    default:
      throw unsupportedMediaType();
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw bodyUnreadable('the body is not valid UTF-8', thrown);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw bodyUnreadable('Cannot parse JSON body', thrown);
  }
}

function readForm(pairs: Iterable<readonly [string, string]>): RequestBody {
  const parsed = parseForm(pairs);
  if (parsed.kind === 'refused') throw schemaViolation([parsed]);
  return { kind: 'form', value: takeObject(parsed.value) };
}

/** Multipart by the platform's own parser (Fetch standard, "formData()"); a file part counts as its text. */
async function multipartPairs(contentType: string, bytes: Buffer): Promise<readonly (readonly [string, string])[]> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData();
  } catch (thrown) {
    throw bodyUnreadable('Cannot parse multipart body', thrown);
  }
  const pairs: (readonly [string, string])[] = [];
  for (const [name, value] of form) pairs.push([name, typeof value === 'string' ? value : await value.text()]);
  return pairs;
}

/** What is well-formed JSON and yet not to be kept (NUL, `__proto__`, endless nesting) is refused by name. */
function takeObject(value: unknown, maxItems?: number): JsonObject {
  const problems = new ProblemList();
  const taken = takeJsonObject(value, problems, maxItems);
  if (taken === undefined) throw schemaViolation(problems.problems);
  return taken;
}
