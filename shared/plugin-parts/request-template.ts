/**
 * Texts in a plugin's config with `$(…)` in them, which stand for parts of the request: `$(headers["x-tenant"] or "none")`. Parsed once, in
 * a plugin's `create` (and by the schemas, to refuse what can't be parsed); rendering takes time linear in what comes out, which is bounded.
 * Used by request-transformer and whoever takes templates. Kong runs Lua here; these are the data accesses and defaults that its
 * documentation shows, and nothing else. Texts are bytes, one latin1 character each, as header values are.
 */
import { HoldfastError } from '../errors.ts';
import { bytesOf, encodeBytes, percentEncoded } from './byte-text.ts';
import type { RequestContext } from '../plugins/contract.ts';
import { argumentOf } from './query-arguments.ts';

/** Where the text goes decides what must be escaped: control characters in a header; in a path whatever is not of one segment. */
export type TemplatePlace = 'header' | 'path' | 'text';

/** A longer text is no header, path or argument that anybody means (R5). */
export const MAX_RENDERED_BYTES = 65_536;
/** Of all texts that are rendered together. */
export const MAX_RENDERED_TOGETHER = 262_144;

export interface RequestTemplate {
  /** The text where nothing of the request is in it. */
  readonly fixed: string | undefined;
  /** As bytes (latin1). What is absent from the request is nothing. Undefined where it would be longer than MAX_RENDERED_BYTES. */
  render(request: TemplateSource): string | undefined;
}

export type TemplateResult = { readonly kind: 'template'; readonly template: RequestTemplate } | { readonly kind: 'problem'; readonly problem: string };

type Operand =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'header' | 'argument' | 'capture'; readonly name: string };

/** The first operand that is there counts. */
type Piece = string | readonly Operand[];

const SPACES = /[ \t]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED = /"([^"\\]*)"|'([^'\\]*)'/y;
const FIELD = /\.([A-Za-z_][A-Za-z0-9_]*)|\[[ \t]*(?:"([^"\\]+)"|'([^'\\]+)'|(\d{1,4}))[ \t]*\]/y;
const SOURCES: ReadonlyMap<string, 'header' | 'argument' | 'capture'> = new Map([['headers', 'header'], ['query_params', 'argument'], ['uri_captures', 'capture']]);
const HOW_TO = 'a template is $(headers.name), $(headers["x-name"]), $(query_params.name), $(uri_captures.name) or $(uri_captures[1]), with a default as in $(headers.name or "none"); to send the characters themselves write $$(';

/** What of a request templates show. */
export type TemplateSource = Pick<RequestContext, 'request' | 'upstreamHeaderValues' | 'upstreamQuery' | 'uriCaptures'>;

/** Several templates over one request, in their order. Undefined where one, or all together, would be longer than may be. */
export function renderTogether(templates: readonly RequestTemplate[], context: RequestContext): readonly string[] | undefined {
  const source = templates.length > 1 ? new RememberingSource(context) : context;
  const rendered: string[] = [];
  let length = 0;
  for (const template of templates) {
    const text = template.render(source);
    if (text === undefined || (length += text.length) > MAX_RENDERED_TOGETHER) return undefined;
    rendered.push(text);
  }
  return rendered;
}

/** Puts the query together once. */
class RememberingSource implements TemplateSource {
  readonly #context: RequestContext;
  readonly request: RequestContext['request'];
  #query: string | undefined;

  constructor(context: RequestContext) {
    this.#context = context;
    this.request = context.request;
  }

  upstreamHeaderValues(lowerCaseName: string): readonly string[] {
    return this.#context.upstreamHeaderValues(lowerCaseName);
  }

  get upstreamQuery(): string {
    return (this.#query ??= this.#context.upstreamQuery);
  }

  get uriCaptures(): RequestContext['uriCaptures'] {
    return this.#context.uriCaptures;
  }
}

/** Never throws: the problem is a sentence for who writes the config. */
export function parseTemplate(text: string, place: TemplatePlace): TemplateResult {
  try {
    const pieces = new TemplateReader(text).pieces();
    return { kind: 'template', template: templateOf(pieces, place) };
  } catch (thrown) {
    if (!(thrown instanceof HoldfastError)) throw thrown;
    return { kind: 'problem', problem: `value '${text}' is not in supported format, error: ${thrown.message}` };
  }
}

/** For `create`, where the schema has refused what can't be parsed. */
export function requestTemplate(text: string, place: TemplatePlace): RequestTemplate {
  const result = parseTemplate(text, place);
  if (result.kind === 'template') return result.template;
  throw invalid(result.problem);
}

class TemplateReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  pieces(): readonly Piece[] {
    const pieces: Piece[] = [];
    let literal = '';
    for (;;) {
      const dollar = this.#text.indexOf('$', this.#at);
      if (dollar < 0) break;
      literal += this.#text.slice(this.#at, dollar);
      this.#at = dollar + 1;
      if (this.#text.startsWith('$(', this.#at)) {
        literal += '$(';
        this.#at += 2;
      } else if (this.#text.startsWith('(', this.#at)) {
        this.#at += 1;
        if (literal !== '') pieces.push(bytesOf(literal));
        literal = '';
        pieces.push(this.#expression());
      } else literal += '$';
    }
    literal += this.#text.slice(this.#at);
    if (literal !== '') pieces.push(bytesOf(literal));
    return pieces;
  }

  /** What stands between the parentheses, and the closing one. */
  #expression(): readonly Operand[] {
    const operands = [this.#operand()];
    for (;;) {
      this.#take(SPACES);
      if (this.#text.startsWith(')', this.#at)) break;
      if (this.#take(NAME)?.[0] !== 'or') throw invalid(`only \`or\` and a default may follow; ${HOW_TO}`);
      operands.push(this.#operand());
    }
    this.#at += 1;
    return operands;
  }

  #operand(): Operand {
    this.#take(SPACES);
    const quoted = this.#take(QUOTED);
    if (quoted !== undefined) return { kind: 'text', text: bytesOf(quoted[1] ?? quoted[2] ?? '') };
    const name = this.#take(NAME)?.[0] ?? '';
    if (name === 'shared') throw invalid('there is no `shared` here: plugins share nothing but the request');
    const kind = SOURCES.get(name);
    if (kind === undefined) throw invalid(`expressions in Lua do not run here; ${HOW_TO}`);
    const field = this.#take(FIELD);
    const [, word, double, single, number] = field ?? [];
    if (number !== undefined && kind !== 'capture') throw invalid('numbers are for uri_captures; of several values the first is taken');
    const key = word ?? double ?? single ?? number;
    if (key === undefined) throw invalid(`after ${name} comes .name or ["name"]; ${HOW_TO}`);
    return { kind, name: kind === 'header' ? key.toLowerCase() : kind === 'argument' ? bytesOf(key) : key };
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match ?? undefined;
  }
}

function templateOf(given: readonly Piece[], place: TemplatePlace): RequestTemplate {
  const pieces = place === 'path' ? given.map((piece) => (typeof piece === 'string' ? inPath(piece) : piece)) : given;
  const [only = ''] = pieces;
  if (pieces.length <= 1 && typeof only === 'string') return { fixed: only, render: () => only };
  return { fixed: undefined, render: (request) => render(pieces, place, request) };
}

function render(pieces: readonly Piece[], place: TemplatePlace, request: TemplateSource): string | undefined {
  let rendered = '';
  for (const piece of pieces) {
    rendered += typeof piece === 'string' ? piece : valueOf(piece, place, request);
    if (rendered.length > MAX_RENDERED_BYTES) return undefined;
  }
  return rendered;
}

function valueOf(operands: readonly Operand[], place: TemplatePlace, request: TemplateSource): string {
  for (const operand of operands) {
    const value = lookUp(operand, request);
    if (value === undefined) continue;
    // A capture is a piece of the path, in normal form: encoded already.
    if (place === 'path' && operand.kind !== 'capture') return operand.kind === 'text' ? inPath(value) : encodeBytes(value);
    return place === 'header' ? withoutControls(value) : value;
  }
  return '';
}

function lookUp(operand: Operand, source: TemplateSource): string | undefined {
  switch (operand.kind) {
    case 'text':
      return operand.text;
    case 'header':
      return headerOf(source, operand.name);
    case 'argument':
      return argumentOf(source.upstreamQuery, operand.name);
    case 'capture':
      return source.uriCaptures?.get(operand.name);
  }
}

/** As in Kong, `headers.x_tenant` also means x-tenant, and Host is the client's. */
function headerOf(source: TemplateSource, name: string): string | undefined {
  if (name === 'host') return source.request.header(name) ?? source.request.host;
  return source.upstreamHeaderValues(name)[0] ?? (name.includes('_') ? source.upstreamHeaderValues(name.replaceAll('_', '-'))[0] : undefined);
}

/** What the config says itself may be several segments, but no query. */
function inPath(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@%/[\]]/g, percentEncoded);
}

function withoutControls(value: string): string {
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, percentEncoded);
  }
  return value;
}

function invalid(problem: string): HoldfastError {
  return new HoldfastError({ code: 'PLUGIN_TEMPLATE_INVALID', source: 'control-plane', publicMessage: problem });
}
