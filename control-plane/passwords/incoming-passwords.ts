/**
 * Passwords in what clients write: hashed before anything else sees them, outside of transactions, so that none holds locks for as long
 * as that takes. Asked by the admin API for single entities and batches; a declarative content, which compares first, has
 * declarative/content-passwords.ts.
 */
import type { EntityDefinition, Field, JsonObject, JsonValue, Problem } from '../../shared/model/definition.ts';
import { hashKongHash, hashPassword, MS_PER_PASSWORD } from './password-hashes.ts';

/** In one request: more would take longer than clients wait (R5). */
export const MOST_PASSWORDS = 1_000;

/** Of one request at a time: others take their turns between. */
const ASKED_AT_ONCE = 2;

export const TOO_MANY_PASSWORDS = `at most ${MOST_PASSWORDS.toLocaleString('en')} passwords can be hashed in one request, because each takes ${MS_PER_PASSWORD} ms: send them in several`;
export const NO_KONG_HASH = "with skip_hash this is what Kong stores of a password, sha1(password + consumer id) as 40 hexadecimal digits; the consumer keeps the id that it has in Kong";

export type Incoming = { readonly kind: 'input'; readonly input: JsonObject } | { readonly kind: 'problem'; readonly problem: Problem };

/** Undefined for kinds without a password. */
export function passwordFieldOf({ fields }: EntityDefinition): Field | undefined {
  return fields.find(({ hashed }) => hashed === true);
}

/** The input with its password hashed, or what is wrong with it. A password that breaks a rule stays as it is, for the rule to refuse. `areHashed`: they come from Kong. */
export async function withHashedPassword(definition: EntityDefinition, input: JsonObject, areHashed: boolean): Promise<Incoming> {
  const field = passwordFieldOf(definition);
  const password = field === undefined ? undefined : clearPassword(field, input[field.name]);
  if (field === undefined || password === undefined) return { kind: 'input', input };
  const hashed = areHashed ? await hashKongHash(password) : await hashPassword(password);
  return hashed === undefined ? { kind: 'problem', problem: { field: field.name, message: NO_KONG_HASH } } : { kind: 'input', input: { ...input, [field.name]: hashed } };
}

export function clearPassword({ type }: Field, value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string' || value === '' || type.kind !== 'string') return undefined;
  return value.length <= (type.maxLength ?? Infinity) && (type.rules ?? []).every(({ check }) => check(value) === undefined) ? value : undefined;
}

/** In the order of the list, few at a time. */
export async function inParallel<T, Result>(list: readonly T[], work: (one: T) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length) {
      const index = next;
      next += 1;
      const one = list[index];
      // The door: a hole in a list is no index of it.
      if (one !== undefined) results[index] = await work(one);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker));
  return results;
}
