/**
 * Names under which secrets travel: of headers, query arguments, JSON members. Masking one too many costs a value in a record, one too
 * few a secret, so parts of names count besides the names that every log masks. Used by masked-text.ts.
 */
import { isSecretArgument, isSecretHeader } from '../../plugin-parts/masked-secrets.ts';

/** Anywhere in a name without its punctuation: `X-Access-Token`, `user[password]`, `clientSecret`. */
const PARTS: readonly string[] = [
  'password', 'passwd', 'passphrase', 'secret', 'token', 'apikey', 'credential', 'authoriz', 'authenticat', 'signature', 'cookie', 'session', 'privatekey', 'accesskey', 'bearer', 'assertion', 'samlresponse', 'samlrequest', 'csrf', 'xsrf',
];
/** As a word of a name: `code`, `sig`, `verification-code`. */
const WORDS: ReadonlySet<string> = new Set(['code', 'key', 'pwd', 'pass', 'pin', 'otp', 'totp', 'sig', 'auth', 'sid', 'jwt', 'nonce', 'state', 'ticket', 'ssn', 'cvv', 'cvc', 'iban', 'card', 'pan', 'phpsessid', 'jsessionid', 'email', 'mail', 'phone']);
const PUNCTUATION = /[^a-z0-9]+/;

export class SecretNames {
  readonly #more: ReadonlySet<string>;

  /** `more`: names besides those that are known, in whatever case. */
  constructor(more: readonly string[]) {
    this.#more = new Set(more.map(compact));
  }

  has(name: string): boolean {
    const lower = name.toLowerCase();
    const whole = compact(lower);
    return isSecretHeader(lower) || isSecretArgument(lower) || this.#more.has(whole) || PARTS.some((part) => whole.includes(part)) || lower.split(PUNCTUATION).some((word) => WORDS.has(word));
  }
}

function compact(name: string): string {
  return name.toLowerCase().split(PUNCTUATION).join('');
}
