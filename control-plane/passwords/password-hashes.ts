/**
 * Passwords of consumers (basic-auth), as argon2id in PHC's string form: made here before anything is stored, verified on data planes.
 * 7 MiB and five passes (RFC 9106 §4; among OWASP's equal choices the one with the least memory): 20 ms of CPU for who guesses, once
 * per client for a data plane, which remembers those that were right, and little memory where several are verified at once. Hashed off
 * the event loop, few at a time, in the order in which they were asked for; the same for who compares one with its hash.
 */
import { argon2, createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { isPasswordHash, PASSWORD_COST, SHA1_FIRST } from '../../shared/plugin-parts/password-form.ts';

const NONCE_BYTES = 16;
/** In this process. Leaves a CPU to everything else, and half of libuv's threads to files and names. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));
/** Comparisons that came out right: a file that is synced again and again names the same passwords. Some 200 bytes each. */
const REMEMBERED = 50_000;
const KONG_HASH = /^[0-9a-f]{40}$/i;

/** What one costs, for who has to tell that many take long. */
export const MS_PER_PASSWORD = 20;

const memory = new LRUCache<string, true>({ max: REMEMBERED });
/** Of this process alone: what is remembered can't be guessed from it. */
const memoryKey = randomBytes(32);

export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(NONCE_BYTES);
  const tag = await derive(password, nonce, PASSWORD_COST);
  const hashed = `$argon2id$v=19$m=${PASSWORD_COST.memory},t=${PASSWORD_COST.passes},p=${PASSWORD_COST.parallelism}$${encode(nonce)}$${encode(tag)}`;
  memory.set(memoryOf(hashed, password), true);
  return hashed;
}

/** Wraps what Kong stores of a password: `sha1(password + consumer id)` in hex. Undefined where that is something else. */
export async function hashKongHash(text: string): Promise<string | undefined> {
  return isKongHash(text) ? SHA1_FIRST + (await hashPassword(text.toLowerCase())) : undefined;
}

export function isKongHash(text: string): boolean {
  return KONG_HASH.test(text);
}

/** Whether a password is the one that was hashed. What is no hash of ours is nobody's. */
export async function isPasswordOf(hashed: string, password: string, consumerId: string): Promise<boolean> {
  if (!isPasswordHash(hashed)) return false;
  const isOfKong = hashed.startsWith(SHA1_FIRST);
  return isOf(isOfKong ? hashed.slice(SHA1_FIRST.length) : hashed, isOfKong ? hash('sha1', `${password}${consumerId}`) : password);
}

/** Whether a hash of Kong's is the one that was wrapped. */
export async function isKongHashOf(hashed: string, text: string): Promise<boolean> {
  return isPasswordHash(hashed) && hashed.startsWith(SHA1_FIRST) && isKongHash(text) && isOf(hashed.slice(SHA1_FIRST.length), text.toLowerCase());
}

/** Whether one of these is known to come out right. `consumerId` undefined: `text` is Kong's hash. */
export function isRemembered(hashed: string, text: string, consumerId: string | undefined): boolean {
  if (!hashed.startsWith(SHA1_FIRST)) return consumerId !== undefined && memory.has(memoryOf(hashed, text));
  return memory.has(memoryOf(hashed.slice(SHA1_FIRST.length), consumerId === undefined ? text.toLowerCase() : hash('sha1', `${text}${consumerId}`)));
}

async function isOf(hashed: string, text: string): Promise<boolean> {
  const remembered = memoryOf(hashed, text);
  if (memory.has(remembered)) return true;
  const [, , , numbers = '', nonce = '', tag = ''] = hashed.split('$');
  const [m = 0, t = 0] = numbers.split(',').map((number) => Number(number.slice(2)));
  const expected = Buffer.from(tag, 'base64');
  const given = await derive(text, Buffer.from(nonce, 'base64'), { ...PASSWORD_COST, memory: m, passes: t });
  if (!timingSafeEqual(given, expected)) return false;
  memory.set(remembered, true);
  return true;
}

function memoryOf(hashed: string, text: string): string {
  return createHmac('sha256', memoryKey).update(`${hashed} ${text}`).digest('base64');
}

/** Turns are given in the order of asking. */
const waiting: (() => void)[] = [];
let running = 0;

async function derive(message: string, nonce: Buffer, parameters: { readonly memory: number; readonly passes: number; readonly parallelism: number; readonly tagLength: number }): Promise<Buffer> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', { message, nonce, ...parameters }, (error, tag) => (error === null ? resolve(tag) : reject(error)));
    });
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

/** Base64 without padding, as PHC has it. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
