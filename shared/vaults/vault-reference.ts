/**
 * The text that stands for a secret elsewhere, as Kong writes it: `{vault://<vault>/<name…>[/<key>][?option=…][#version]}`. The
 * vault is the prefix of a vaults entity, or a kind of vault (`env`) with its defaults. Of several parts after it the last is a
 * key in the secret's JSON, unless a slash follows. Parsed by the control plane at write time and by data planes, which look it up.
 */
import type { JsonValue } from '../model/definition.ts';
import { didYouMean } from '../nearest.ts';

export interface VaultReference {
  readonly vault: string;
  /** Percent-decoded parts, joined by slashes. */
  readonly name: string;
  /** Of a member of the secret's JSON; undefined takes the whole. */
  readonly key: string | undefined;
  /** As written: of `REFERENCE_OPTIONS`. */
  readonly options: Readonly<Record<string, string>>;
  readonly version: string | undefined;
}

export const REFERENCE_START = '{vault://';
/** UTF-16 code units. Longer than any vault's longest name. */
const MAX_LENGTH = 2_048;

const seconds = (text: string): string | undefined => (/^\d{1,9}$/.test(text) ? undefined : 'expected whole seconds');
const word = (text: string): string | undefined => (/^[A-Za-z0-9_.-]{1,256}$/.test(text) ? undefined : 'expected letters, digits, -, _ and .');
/**
 * What a reference may say otherwise than its vault's config, each with its rule. Never where a vault is or how one logs in: who may
 * write a plugin is not always who may write a vault.
 */
const REFERENCE_OPTIONS: Readonly<Record<string, (text: string) => string | undefined>> = {
  ttl: seconds,
  neg_ttl: seconds,
  resurrect_ttl: seconds,
  base64_decode: (text) => (text === 'true' || text === 'false' ? undefined : 'expected true or false'),
  prefix: word,
  region: word,
  project_id: word,
};

/** Whether the text is meant to be a reference, right or wrong. */
export function looksLikeReference(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.startsWith(REFERENCE_START);
}

export function isVaultReference(value: JsonValue | undefined): value is string {
  return looksLikeReference(value) && typeof parseVaultReference(value) === 'object';
}

const MARK = Buffer.from(REFERENCE_START);
/** Nine bytes: base64 of them is the beginning of base64 of whatever begins with them. */
const BASE64_MARK = MARK.toString('base64');

/** Whether there can be a reference in the bytes of an entity, or of many: cheap, asked of all. */
export function mayRefer(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(MARK);
}

/** The reference that is published in the place of a secret's envelope (base64); undefined where an envelope is. */
export function publishedReference(base64: JsonValue | undefined): string | undefined {
  return typeof base64 === 'string' && base64.startsWith(BASE64_MARK) ? Buffer.from(base64, 'base64').toString('utf8') : undefined;
}

/** The reference, or what is wrong with it: one sentence, with the way out. */
export function parseVaultReference(text: string): VaultReference | string {
  if (!text.startsWith(REFERENCE_START)) return `a vault reference begins with ${REFERENCE_START}`;
  if (!text.endsWith('}')) return "a vault reference ends with '}'";
  if (text.length > MAX_LENGTH) return `a vault reference has at most ${MAX_LENGTH} characters`;
  const inner = text.slice(REFERENCE_START.length, -1);
  // So that a reference stands in JSON and in bytes as it is.
  if (!/^[!#-[\]-z|~]*$/.test(inner)) return 'a vault reference holds printable ASCII only, without spaces, quotes, backslashes and braces: write others percent-encoded';
  const [beforeVersion = '', version, ...moreVersions] = inner.split('#');
  if (moreVersions.length > 0) return "a vault reference has one '#', before the version";
  if (version !== undefined && word(version) !== undefined) return "the version behind '#' must be letters, digits, -, _ and .";
  const [path = '', query, ...moreQueries] = beforeVersion.split('?');
  if (moreQueries.length > 0) return "a vault reference has one '?', before its options, which are separated by '&'";
  const options = parseOptions(query);
  if (typeof options === 'string') return options;
  const [vault = '', ...parts] = path.split('/');
  if (!/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(vault)) return `a vault reference names a vault first: the prefix of one, or its kind, as in ${REFERENCE_START}env/name}`;
  const whole = parts.length > 1 && parts.at(-1) === '';
  const decoded = (whole ? parts.slice(0, -1) : parts).map(decodePart);
  if (path.length <= vault.length + 1) return `a vault reference names a secret: ${REFERENCE_START}${vault}/name}`;
  if (!decoded.every((part) => part !== undefined)) return "a vault reference has a part that is empty, '.' or '..', or is not percent-encoded as it should";
  const hasKey = !whole && decoded.length > 1;
  return { vault, name: (hasKey ? decoded.slice(0, -1) : decoded).join('/'), key: hasKey ? decoded.at(-1) : undefined, options, version };
}

/** Undefined where it could name something else than one part of a path. */
function decodePart(part: string): string | undefined {
  try {
    const decoded = decodeURIComponent(part);
    return decoded === '' || decoded === '.' || decoded === '..' || /[/\\\p{Cc}]/u.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function parseOptions(query: string | undefined): Readonly<Record<string, string>> | string {
  const options: Record<string, string> = {};
  for (const pair of query === undefined ? [] : query.split('&')) {
    const [name = '', value = '', ...more] = pair.split('=');
    const rule = Object.hasOwn(REFERENCE_OPTIONS, name) ? REFERENCE_OPTIONS[name] : undefined;
    const known = Object.keys(REFERENCE_OPTIONS);
    if (rule === undefined) return `a vault reference has no option '${name}'${didYouMean(name, known)}; it may have ${known.join(', ')}`;
    if (Object.hasOwn(options, name)) return `a vault reference has the option '${name}' once`;
    const problem = more.length > 0 ? 'expected one =' : rule(value);
    if (problem !== undefined) return `the option '${name}' of a vault reference: ${problem}`;
    options[name] = value;
  }
  return options;
}
