/**
 * How the password of a basic-auth credential is written: argon2id in PHC's string form, and what stands in front of it where the
 * password came from Kong. The control plane makes it (control-plane/passwords), basic-auth on a data plane reads it.
 */

/** What was hashed with argon2id is Kong's hash, `sha1(password + consumer id)` in lower-case hex: data planes make that first. */
export const SHA1_FIRST = 'sha1';

/** KiB and passes over them, among OWASP's equal choices the one with the least memory; why: control-plane/passwords/password-hashes.ts. */
export const PASSWORD_COST = { memory: 7_168, passes: 5, parallelism: 1, tagLength: 32 } as const;

/** Of 16 and 32 bytes. */
const FORM = /^(?:sha1)?\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;

export function isPasswordHash(text: string): boolean {
  return FORM.test(text);
}
