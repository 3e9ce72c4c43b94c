/**
 * What all vaults' answers have in common: which statuses mean what, and JSON that holds what is looked for. No text of an answer
 * gets into a message: it could be the secret.
 */
import { vaultAnswerInvalid, vaultDenied, vaultSecretMissing, vaultUnreachable } from './vault-failures.ts';
import type { VaultAnswer } from './vault-http.ts';

/** The members of the answer's JSON. `who` is asked, `what` is looked for: for the message. Throws VAULT_… for any other status than 2xx. */
export function membersOf({ status, text }: VaultAnswer, who: string, what: string): Readonly<Record<string, unknown>> {
  if (status === 429 || status >= 500) throw vaultUnreachable(`${who} answered ${status} for ${what}`);
  if (status === 404) throw vaultSecretMissing(`${who} has no ${what} (404)`);
  if (status === 400 || status === 401 || status === 403) throw vaultDenied(`${who} refused ${what} (${status}): look at the permissions of this data plane, and at the vault's config`);
  if (status < 200 || status > 299) throw vaultAnswerInvalid(`${who} answered ${status} for ${what}`);
  const members = parseMembers(text);
  if (members === undefined) throw vaultAnswerInvalid(`${who} answered ${what} with something that is no JSON object`);
  return members;
}

/** Undefined where it is no JSON object. */
export function parseMembers(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isMembers(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that has to be text. */
export function textMember(members: Readonly<Record<string, unknown>>, name: string, who: string): string {
  const value = members[name];
  if (typeof value === 'string' && value !== '') return value;
  throw vaultAnswerInvalid(`${who} gave an answer without ${name}`);
}
