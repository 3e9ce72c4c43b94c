/**
 * The body that a rule of exit-transformer gives to an answer: text with `$(status)`, `$(message)`, `$(error_code)`, `$(request_id)` in it. Parsed when the
 * config is written and in `create`. What stands for a placeholder is escaped for the body's type: a message may hold what a client sent.
 */

const PLACEHOLDERS = ['status', 'message', 'error_code', 'request_id'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
export type Answered = Readonly<Record<Placeholder, string>>;

type Escape = (text: string) => string;
type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'placeholder'; readonly name: Placeholder };

const ENTITIES: ReadonlyMap<string, string> = new Map([['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'], ["'", '&#39;']]);
const SAMPLE: Answered = { status: '500', message: 'a "message"', error_code: 'UPSTREAM_CLOSED', request_id: 'f'.repeat(32) };

export interface BodyTemplate {
  render(answered: Answered): Uint8Array;
}

export type BodyTemplateResult = { readonly kind: 'template'; readonly template: BodyTemplate } | { readonly kind: 'problem'; readonly problem: string };

/** Time linear in the text. */
export function parseBodyTemplate(text: string, contentType: string): BodyTemplateResult {
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const escape = escapeFor(mediaType);
  const pieces: Piece[] = [];
  for (const [match] of text.matchAll(/\$\$\(|\$\([^)]{0,64}\)?|\$|[^$]+/g)) {
    if (match === '$$(') pieces.push({ kind: 'text', text: '$(' });
    else if (!match.startsWith('$(')) pieces.push({ kind: 'text', text: match });
    else {
      const name = PLACEHOLDERS.find((one) => match === `$(${one})`);
      if (name === undefined) return problem(`'${match}' is no placeholder; there are ${PLACEHOLDERS.map((one) => `$(${one})`).join(', ')}; to send the characters themselves write $$(`);
      if (escape === undefined) return problem(`placeholders need a content_type of JSON, HTML, XML or text/plain, so that they can be escaped; '${mediaType}' is none`);
      pieces.push({ kind: 'placeholder', name });
    }
  }
  const rendered = (answered: Answered): string => pieces.map((piece) => (piece.kind === 'text' ? piece.text : (escape ?? String)(answered[piece.name]))).join('');
  if (isJson(mediaType) && !isJsonText(rendered(SAMPLE))) return problem('is no JSON, as content_type says; texts such as $(message) stand between quotes');
  return { kind: 'template', template: { render: (answered) => Buffer.from(rendered(answered), 'utf8') } };
}

function escapeFor(mediaType: string): Escape | undefined {
  if (isJson(mediaType)) return (text) => JSON.stringify(text).slice(1, -1);
  if (mediaType === 'text/html' || mediaType === 'text/xml' || mediaType === 'application/xml' || mediaType.endsWith('+xml')) return (text) => text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '');
  return mediaType === 'text/plain' ? String : undefined;
}

function isJson(mediaType: string): boolean {
  return mediaType === 'application/json' || mediaType.endsWith('+json');
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function problem(sentence: string): BodyTemplateResult {
  return { kind: 'problem', problem: sentence };
}
