/**
 * The question "what would become of this request?", as the admin API takes it and a data plane gets it. Both parse it with
 * the fields here; the request itself is parsed by the data plane's own parser, as if it had come over the wire.
 */
import { isIP } from 'node:net';
import { defined } from '../assert.ts';
import type { Field, JsonValue, StringRule } from './definition.ts';
import { HoldfastError } from '../errors.ts';
import type { RecordOf } from './entity-types.ts';
import { parseFields, refuseUnknownFields } from './parse-fields.ts';
import { formatSchemaViolation, ProblemList } from './problems.ts';
import { headerNameRule, printableRule } from './string-rules.ts';

const URL_PARTS = /^(https?):\/\/([^/?#]+)([^#]*)$/i;

const urlRule: StringRule = { name: 'http-url', check: (text) => (URL_PARTS.test(text) ? undefined : 'expected a whole URL without fragment, like https://api.example.com/orders/7') };

const addressRule: StringRule = { name: 'ip', check: (text) => (isIP(text) === 0 ? `invalid ip: '${text}'` : undefined) };

export const explainQuestionFields = [
  { name: 'method', tag: 1, type: { kind: 'string', maxLength: 32, rules: [printableRule] }, default: 'GET', description: 'Method of the request.' },
  { name: 'url', tag: 2, type: { kind: 'string', maxLength: 16_384, rules: [printableRule, urlRule] }, required: true, description: 'Whole URL as a client would write it: `https://api.example.com/orders/7?full=1`.' },
  {
    name: 'headers', tag: 3, default: {},
    type: { kind: 'map', keys: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, values: { kind: 'array', of: { kind: 'string', minLength: 0, maxLength: 8_192, rules: [printableRule] } } },
    description: 'Header fields, each with its values.',
  },
  { name: 'client_ip', tag: 4, type: { kind: 'string', maxLength: 64, rules: [addressRule] }, default: '127.0.0.1', description: "Address that the connection comes from: the client's, or that of a proxy before the gateway, whose X-Forwarded-* headers count where it is trusted." },
  { name: 'server_name', tag: 5, type: { kind: 'string', maxLength: 253, rules: [printableRule] }, description: "Name in the TLS handshake (SNI); the URL's host where it is not given and the scheme is https." },
  { name: 'http_version', tag: 6, type: { kind: 'string', oneOf: ['1.0', '1.1', '2'] }, default: '1.1', description: 'Version of HTTP that the client speaks.' },
  { name: 'port', tag: 7, type: { kind: 'integer', between: [1, 65_535] }, description: "Port of the data plane that it comes to; that of its listener for the scheme where it is not given." },
  { name: 'consumer', tag: 8, type: { kind: 'string', maxLength: 512 }, description: 'Username or id of the consumer that an authentication plugin would find.' },
  { name: 'route', tag: 9, type: { kind: 'string', maxLength: 512 }, description: 'Name or id of a route about which to tell in any case why it was not taken.' },
] as const satisfies readonly Field[];

export type ExplainQuestion = RecordOf<typeof explainQuestionFields>;

/** Throws EXPLAIN_QUESTION_INVALID, which names the field. */
export function parseExplainQuestion(document: unknown): ExplainQuestion {
  const problems = new ProblemList();
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw invalid('a question is a JSON object');
  // The door: JSON came in, and every field is checked below.
  const input = document as { readonly [name: string]: JsonValue };
  refuseUnknownFields(input, explainQuestionFields.map(({ name }) => name), '', problems);
  const parsed = parseFields(explainQuestionFields, input, '', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  if (problems.problems.length > 0) throw invalid(formatSchemaViolation(problems.problems));
  return parsed as ExplainQuestion;
}

/** The URL of a question that was parsed, in the parts that go into a request. */
export function questionUrl(url: string): { readonly isHttps: boolean; readonly authority: string; readonly target: string } {
  const [, scheme = '', authority = '', rest = ''] = defined(URL_PARTS.exec(url) ?? undefined, 'a URL that follows its rule');
  return { isHttps: scheme.toLowerCase() === 'https', authority, target: rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest };
}

function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'EXPLAIN_QUESTION_INVALID', source: 'gateway', publicMessage: message });
}
