/**
 * Takes secrets and personal data out of texts that a client sent, before they stand in a record. A text is looked at in units (the
 * segments of a path, the arguments of a query, the words of a header), each also as it reads when its percent-encoding is taken off, up
 * to four times; a unit with something in it that must not be seen is masked as a whole. Time is linear in the text, whatever it says.
 */
import { RE2JS } from 're2js';
import { MASK } from '../../plugin-parts/masked-secrets.ts';
import { SecretNames } from './secret-names.ts';

/** What is personal: found by its form, wherever it stands. */
export type PersonalPattern = 'email' | 'card' | 'jwt';

/** Layers of percent-encoding that are looked under. What has more is masked: nobody writes so who has nothing to hide. */
const MAX_LAYERS = 4;
/** Characters of a text that are looked at; a unit that reaches beyond is left out. */
const MAX_LENGTH = 2_048;
/** What a name in a unit comes behind. */
const BEFORE_NAME = new Set('?&;#/ \t{,(|<>');
const QUOTES = new Set('"\'` \t');
/** At least 14 digits, with one sign or none between two. */
const DIGITS = /\d(?:[ .+-]?\d){13,}/g;
const CARD_DIGITS = 19;
/** `password: …`, `"password": …` */
const NAME_AND_WORD = /[=:]["'`]*\s/;
const SCHEME = /^\s*(?:basic|bearer|digest|negotiate)\s/i;

export class TextMasks {
  readonly #given: readonly string[];
  readonly #names: SecretNames;
  readonly #patterns: ReadonlySet<PersonalPattern>;
  readonly #expressions: readonly RE2JS[];

  /** `names` of secrets, besides those that are known. `expressions`: RE2, which takes linear time. */
  constructor(names: readonly string[], patterns: Iterable<PersonalPattern>, expressions: readonly (string | RE2JS)[]) {
    this.#given = names;
    this.#names = new SecretNames(names);
    this.#patterns = new Set(patterns);
    this.#expressions = expressions.map((expression) => (typeof expression === 'string' ? RE2JS.compile(expression) : expression));
  }

  /** The same with more names of secrets; nothing is compiled anew. */
  with(names: readonly string[]): TextMasks {
    return names.length === 0 ? this : new TextMasks([...this.#given, ...names], this.#patterns, this.#expressions);
  }

  path(path: string): string {
    return inUnits(path, /(\/)/, (unit) => (this.#hasSecret(unit) ? MASK : unit));
  }

  /** Argument by argument, names as they were sent. `showsValues` false: names alone. */
  query(query: string, showsValues: boolean): string {
    return inUnits(query, /([&;])/, (unit) => {
      const equals = unit.indexOf('=');
      const name = unit.slice(0, Math.max(0, equals));
      // Without a name all of it may be the secret.
      if (equals === -1 || this.#isPersonal(name)) return showsValues && !this.#hasSecret(unit) ? unit : MASK;
      return showsValues && !this.#hasSecret(unit) ? unit : `${name}=${MASK}`;
    });
  }

  header(lowerCaseName: string, value: string): string {
    return this.#names.has(lowerCaseName) ? MASK : this.words(value);
  }

  /** A text in no form that is known. */
  words(text: string): string {
    // Of two words the second is the secret.
    if (SCHEME.test(text) || (NAME_AND_WORD.test(text) && this.#hasSecret(text))) return MASK;
    return inUnits(text, /([\s,;&?#/]+)/, (unit) => (this.#hasSecret(unit) ? MASK : unit));
  }

  #hasSecret(unit: string): boolean {
    return underAllLayers(unit, (text) => this.#namesSecret(text) || this.#looksPersonal(text));
  }

  #isPersonal(unit: string): boolean {
    return underAllLayers(unit, (text) => this.#looksPersonal(text));
  }

  /** `token=…`, `{"password": …`, `https://x/?code=…`. */
  #namesSecret(text: string): boolean {
    const pieces = text.split(/[=:]/);
    return pieces.some((piece, place) => place < pieces.length - 1 && this.#names.has(lastName(piece)));
  }

  #looksPersonal(text: string): boolean {
    if (this.#patterns.has('email') && hasEmail(text)) return true;
    if (this.#patterns.has('card') && hasCard(text)) return true;
    if (this.#patterns.has('jwt') && hasSignedToken(text)) return true;
    return this.#expressions.some((expression) => expression.test(text));
  }
}

/** A unit that was cut is not known whole, so nothing of it is shown. */
function inUnits(text: string, separator: RegExp, mask: (unit: string) => string): string {
  const isCut = text.length > MAX_LENGTH;
  const parts = (isCut ? text.slice(0, MAX_LENGTH - 1) : text).split(separator);
  const last = parts.length - 1;
  // Separators stand at the odd places.
  return parts.map((part, place) => (isCut && place === last ? '…' : place % 2 === 1 || part === '' ? part : mask(part))).join('');
}

/** Whether it holds of the text, or of what is under its percent-encoding. */
function underAllLayers(unit: string, holds: (text: string) => boolean): boolean {
  let text = unit;
  for (let layer = 0; layer <= MAX_LAYERS; layer += 1) {
    if (holds(text)) return true;
    const decoded = decodeOnce(text);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

/** Escapes that are no UTF-8 are taken byte by byte; a `%` without two digits stays as it is. */
function decodeOnce(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return text;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

/** What is called so by the `=` or `:` behind the text: its last word, and what that stands in (`user[password]`). */
function lastName(text: string): string {
  let end = text.length;
  while (end > 0 && QUOTES.has(text[end - 1] ?? '')) end -= 1;
  let start = end;
  while (start > 0 && !BEFORE_NAME.has(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end);
}

function hasEmail(text: string): boolean {
  const at = text.indexOf('@', 1);
  return at !== -1 && text.indexOf('.', at + 2) !== -1;
}

function hasCard(text: string): boolean {
  for (const [found] of text.matchAll(DIGITS)) {
    const digits = found.replaceAll(/\D/g, '');
    if (digits.length > CARD_DIGITS || ('23456'.includes(digits[0] ?? '') && passesLuhn(digits))) return true;
  }
  return false;
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const weighed = place % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

/** A JWS in compact form begins with `{"` in base64url (RFC 7515 §7.1). */
function hasSignedToken(text: string): boolean {
  const start = text.indexOf('eyJ');
  return start !== -1 && text.indexOf('.', start) !== -1;
}
