/**
 * Passwords, as argon2id in PHC's string form (RFC 9106 §4, second recommended option with OWASP's memory: 19 MiB, two passes). Few at
 * once: each takes a tenth of a second of a thread and its memory (R5). Used for break-glass sign-in alone.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { HoldfastError } from '../../shared/errors.ts';

const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
const NONCE_BYTES = 16;
/** Hashes computed at once in this process; more are refused. Half of libuv's threads, so that files and names go on being read. */
const MOST_AT_ONCE = 2;
/** Of the stored form; what is above is not ours and would cost what it likes. */
const MOST_MEMORY = 262_144;
const MOST_PASSES = 10;

/** Lengths in UTF-16 code units. NIST SP 800-63B §5.1.1.2 asks for 8; this one opens everything. */
export const PASSWORD_LENGTHS = [14, 512] as const;

let running = 0;

/** Throws SIGN_IN_BUSY. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(NONCE_BYTES);
  const tag = await derive(password, nonce, PARAMETERS);
  return `$argon2id$v=19$m=${PARAMETERS.memory},t=${PARAMETERS.passes},p=${PARAMETERS.parallelism}$${encode(nonce)}$${encode(tag)}`;
}

/** Takes as long where there is no such password, so that its absence does not show. Throws SIGN_IN_BUSY. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parsed = parse(stored ?? NOBODYS);
  if (parsed === undefined) return false;
  const { nonce, tag, ...parameters } = parsed;
  const given = await derive(password, nonce, parameters);
  return timingSafeEqual(given, tag) && stored !== undefined;
}

interface Parameters {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly tagLength: number;
}

const NOBODYS = `$argon2id$v=19$m=${PARAMETERS.memory},t=${PARAMETERS.passes},p=${PARAMETERS.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

async function derive(password: string, nonce: Buffer, parameters: Parameters): Promise<Buffer> {
  if (running >= MOST_AT_ONCE) {
    throw new HoldfastError({ code: 'SIGN_IN_BUSY', source: 'control-plane', retryable: true, publicMessage: 'too many passwords are being checked at this moment; try again in a second' });
  }
  running += 1;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', { message: password.normalize('NFKC'), nonce, ...parameters }, (error, tag) => (error === null ? resolve(tag) : reject(error)));
    });
  } finally {
    running -= 1;
  }
}

function parse(stored: string): (Parameters & { readonly nonce: Buffer; readonly tag: Buffer }) | undefined {
  const [, m, t, p, nonce, tag] = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored) ?? [];
  if (nonce === undefined || tag === undefined) return undefined;
  const bytes = Buffer.from(tag, 'base64');
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)];
  if (memory > MOST_MEMORY || passes > MOST_PASSES || parallelism !== 1) return undefined;
  return { memory, passes, parallelism, tagLength: bytes.length, nonce: Buffer.from(nonce, 'base64'), tag: bytes };
}

/** Base64 without padding, as PHC has it. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
