/**
 * Fields of a request body by name, and the same body without some of them: byte for byte but for what is taken out.
 * Forms, multipart forms and JSON objects. Bounded: what has too many fields or another form counts as unreadable.
 */

export type BodyFields =
  | {
      readonly kind: 'fields';
      /** Every value given under that name; a list or record counts as several. */
      valuesOf(name: string): readonly string[];
      without(names: readonly string[]): Uint8Array;
    }
  | { readonly kind: 'unreadable' };

const MAX_FIELDS = 1_000;
const UNREADABLE: BodyFields = { kind: 'unreadable' };
const NO_FIELDS: BodyFields = { kind: 'fields', valuesOf: () => [], without: () => new Uint8Array(0) };

/** `body` undefined means that it was too large to be collected. */
export function readBodyFields(contentType: string | undefined, body: Uint8Array | undefined): BodyFields {
  if (body === undefined) return UNREADABLE;
  if (body.length === 0) return NO_FIELDS;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'application/x-www-form-urlencoded') return readForm(text);
  if (mediaType === 'multipart/form-data') return readMultipart(text, contentType ?? '');
  if (mediaType === 'application/json') return readJson(text);
  return UNREADABLE;
}

/** A stretch of the body that holds one field. Texts are latin1, one character a byte, until they are values. */
interface Piece {
  readonly name: string;
  readonly values: readonly string[];
  readonly raw: string;
}

function fieldsOf(pieces: readonly Piece[], join: (kept: readonly Piece[]) => string): BodyFields {
  return {
    kind: 'fields',
    valuesOf: (name) => pieces.flatMap((piece) => (piece.name === name ? piece.values : [])),
    without: (names) => Buffer.from(join(pieces.filter((piece) => !names.includes(piece.name))), 'latin1'),
  };
}

function readForm(text: string): BodyFields {
  const pairs = text.split('&', MAX_FIELDS + 1);
  if (pairs.length > MAX_FIELDS) return UNREADABLE;
  const pieces = pairs.map((raw) => {
    const equals = raw.indexOf('=');
    const [name, value] = equals < 0 ? [raw, ''] : [raw.slice(0, equals), raw.slice(equals + 1)];
    return { name: decodeFormText(name), values: [decodeFormText(value)], raw };
  });
  return fieldsOf(pieces, (kept) => kept.map((piece) => piece.raw).join('&'));
}

function decodeFormText(text: string): string {
  const bytes = text.replaceAll('+', ' ').replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return latin1ToUtf8(bytes);
}

/** RFC 7578: parts between delimiter lines, the last one closed by `--`. */
function readMultipart(text: string, contentType: string): BodyFields {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return UNREADABLE;
  // A leading line break lets the first delimiter look like the others.
  const [, ...sections] = `\r\n${text}`.split(`\r\n--${boundary}`, MAX_FIELDS + 2);
  const closing = sections.pop();
  if (sections.length > MAX_FIELDS || closing?.startsWith('--') !== true) return UNREADABLE;
  const pieces: Piece[] = [];
  for (const raw of sections) {
    const headEnd = raw.indexOf('\r\n\r\n');
    const [, quotedName, plainName] = /\r\ncontent-disposition:[^\r\n]*;[ \t]*name=(?:"([^"\r\n]*)"|([^\s;"]+))/i.exec(raw.slice(0, headEnd)) ?? [];
    const name = quotedName ?? plainName;
    if (headEnd < 0 || name === undefined) return UNREADABLE;
    pieces.push({ name: latin1ToUtf8(name), values: [latin1ToUtf8(raw.slice(headEnd + 4))], raw });
  }
  const delimiter = `--${boundary}`;
  return fieldsOf(pieces, (kept) => `${kept.map((piece) => `${delimiter}${piece.raw}\r\n`).join('')}${delimiter}${closing}`);
}

function readJson(text: string): BodyFields {
  try {
    const parsed: unknown = JSON.parse(latin1ToUtf8(text));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return UNREADABLE;
  } catch {
    return UNREADABLE;
  }
  const members = topLevelMembers(text);
  if (members.length > MAX_FIELDS) return UNREADABLE;
  const pieces = members.map(({ raw, colon }) => ({ name: parseText(raw.slice(0, colon)), values: valuesOfJson(raw.slice(colon + 1)), raw }));
  return fieldsOf(pieces, (kept) => `{${kept.map((piece) => piece.raw).join(',')}}`);
}

/** Cuts a valid JSON object into its members, so that repeated names are seen and numbers keep their digits. */
function topLevelMembers(text: string): readonly { readonly raw: string; readonly colon: number }[] {
  const members: { raw: string; colon: number }[] = [];
  let [depth, start, colon, inString] = [0, 0, -1, false];
  for (let at = 0; at < text.length && members.length <= MAX_FIELDS; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (character === ':' && depth === 1) colon = at;
    else if ((character === ',' && depth === 1) || character === '}' || character === ']') {
      if (depth === 1 && colon >= 0) members.push({ raw: text.slice(start, at), colon: colon - start });
      if (depth === 1) [start, colon] = [at + 1, -1];
      if (character !== ',') depth -= 1;
    }
  }
  return members;
}

function parseText(json: string): string {
  const parsed: unknown = JSON.parse(latin1ToUtf8(json));
  return String(parsed);
}

function valuesOfJson(json: string): readonly string[] {
  const first = json.trimStart()[0];
  if (first === '"') return [parseText(json)];
  // A list or a record under a key's name is never one key.
  return first === '[' || first === '{' ? ['', ''] : [];
}

function latin1ToUtf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
