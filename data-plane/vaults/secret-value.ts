/**
 * From a secret, as its vault gave it, to the value that a reference stands for: a member of its JSON, base64 decoded. Pure.
 */
import { vaultAnswerInvalid, vaultSecretMissing } from './vault-failures.ts';
import { parseMembers } from './vault-answer.ts';
import { MAX_SECRET_BYTES } from './vault-source.ts';

/** Throws VAULT_SECRET_MISSING, VAULT_ANSWER_INVALID; messages have the key and not the value. */
export function valueOf(secret: string, key: string | undefined, isBase64: boolean): string {
  const text = key === undefined ? secret : memberOf(secret, key);
  const value = isBase64 ? decodeBase64(text) : text;
  if (value === '') throw vaultSecretMissing(`the value${ofKey(key)} is empty`);
  if (Buffer.byteLength(value) > MAX_SECRET_BYTES) throw vaultAnswerInvalid(`the value${ofKey(key)} is larger than ${MAX_SECRET_BYTES} bytes`);
  return value;
}

function memberOf(secret: string, key: string): string {
  const members = parseMembers(secret);
  if (members === undefined) throw vaultAnswerInvalid(`the secret is no JSON object, so it has no key '${key}': write the reference without it, or with a slash behind it where it belongs to the name`);
  const value = Object.hasOwn(members, key) ? members[key] : undefined;
  if (value === undefined || value === null) throw vaultSecretMissing(`the secret has no key '${key}'`);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw vaultAnswerInvalid(`what the secret has under '${key}' is no text`);
}

function decodeBase64(text: string): string {
  const bytes = Buffer.from(text.replaceAll(/\s/g, ''), 'base64');
  const decoded = bytes.toString('utf8');
  if (bytes.length === 0 || !Buffer.from(decoded, 'utf8').equals(bytes)) throw vaultAnswerInvalid('the value is not base64 of text');
  return decoded;
}

function ofKey(key: string | undefined): string {
  return key === undefined ? '' : ` of '${key}'`;
}
